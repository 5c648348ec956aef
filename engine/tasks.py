"""User tasks: claim, release, assign, complete.

Invariant: a task has at most one holder; claiming is one conditional statement; a task that is gone
says who ended it and when.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, update
from sqlalchemy.orm import Session

from engine import cache, clock, driver, history, store
from engine.errors import BanliError, Conflict, NotFound, TaskAlreadyClaimed, TaskNotActive
from engine.model import UserTask, UserTaskCandidate
from engine.store import execution
from engine.variables import Variables

_OPEN: Final = (
    "SELECT t.instance_id, t.assignee, t.suspended, t.revision, i.revision, i.status, t.activity"
    " FROM user_task t JOIN process_instance i ON i.id = t.instance_id WHERE t.id = ?"
)
# made once: to build a statement costs as much as to carry it out
_GET: Final = (
    select(UserTask).where(UserTask.id == bindparam("id")).execution_options(populate_existing=True)
)
_HAS_POOL: Final = UserTask.candidates != ""


def get(session: Session, task_id: int) -> UserTask:
    """An open task.

    Raises:
        TaskNotActive: it is over; says by whom and when. NotFound: there never was one.
    """
    task: UserTask | None = session.scalar(_GET, {"id": task_id})
    if task is None:
        raise gone(session, task_id)
    return task


def gone(session: Session, task_id: int) -> NotFound | TaskNotActive:
    """Why there is no open task of that id."""
    ending = history.ending_of(session, task_id)
    if ending is None:
        return NotFound("没有这个任务", task=task_id)
    done = ending.type in {"activity.completed", "task.decided"}
    return TaskNotActive(
        "该任务已经办结" if done else "该任务已被撤销",
        by=ending.actor,
        at=ending.at,
        instance=ending.instance_id,
    )


def claim(session: Session, task_id: int, *, by: str, principal: str = "") -> None:
    """Take a task that nobody holds; taking one's own again changes nothing.

    An agent takes it into the hands of the `principal`.

    Raises:
        TaskAlreadyClaimed: somebody else holds it. TaskNotActive: it is over.
        Conflict: the instance is suspended.
    """
    holder = principal or by
    if _change_hands(session, task_id, holder, UserTask.assignee.is_(None)):
        for_whom = {"principal": principal} if principal else {}
        _note(session, task_id, "task.claimed", by=by, **for_whom)
        return
    task = get(session, task_id)
    _refuse_suspended(task)
    _refuse_if_held(task, holder)


def release(session: Session, task_id: int, *, by: str) -> None:
    """Give a task back to its pool.

    Raises:
        Conflict: the caller does not hold it, or nobody else could take it.
        TaskNotActive: it is over.
    """
    if not _change_hands(session, task_id, None, UserTask.assignee == by, _HAS_POOL):
        _refuse_suspended(get(session, task_id))
        raise Conflict("只能退回自己签收的任务", task=task_id)
    _note(session, task_id, "task.released", by=by)


def take_back(session: Session, task_id: int, *, held_by: str, by: str) -> bool:
    """Put a task into its pool again because its holder may not do it any more, held or not.

    Returns whether it was still in that person's hands and there is a pool.
    """
    changed = session.execute(
        update(UserTask)
        .where(UserTask.id == task_id, UserTask.assignee == held_by, _HAS_POOL)
        .values(assignee=None, claimed_at=None, revision=UserTask.revision + 1)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    _note(session, task_id, "task.released", by=by, held_by=held_by)
    return True


def assign(
    session: Session,
    task_id: int,
    *,
    by: str,
    assignee: str,
    held_by: str | None = None,
    policy: str = "",
) -> None:
    """Give a task to somebody; with `held_by` only out of that person's hands, "" for nobody's.

    `policy`: by which rule that person was chosen.

    Raises:
        TaskNotActive: it is over. Conflict: the instance is suspended, or another holds it by now.
    """
    held = [] if held_by is None else [UserTask.assignee.is_not_distinct_from(held_by or None)]
    if not _change_hands(session, task_id, assignee, *held):
        _refuse_suspended(get(session, task_id))
        raise Conflict("任务未能转交，请重试", task=task_id)
    said = {"assignee": assignee, **({"policy": policy} if policy else {})}
    _note(session, task_id, "task.assigned", by=by, **said)


def complete(
    session: Session,
    task_id: int,
    *,
    by: str,
    variables: Variables,
    expected_revision: int | None = None,
    principal: str = "",
) -> None:
    """Complete a task and run its instance to the next wait states.

    An agent completes what is in the hands of the `principal`; the history names both.

    Raises:
        TaskNotActive: it is over; says by whom and when. TaskAlreadyClaimed: somebody else holds
            it. Conflict: the instance is suspended, or the task is not at the revision expected.
    """
    # nothing else of this transaction is lost if the step is
    lonely = expected_revision is None and getattr(session, "asleep", False)
    if lonely and _complete_unread(session, task_id, by=by, variables=variables):
        return
    found = driver.of(session).fetch(_OPEN, (task_id,))
    if not found:
        raise gone(session, task_id)
    instance_id, assignee, suspended, revision, at, status, activity = found[0]
    holder = principal or by
    if suspended or assignee not in (None, holder):
        task = get(session, task_id)
        _refuse_suspended(task)
        _refuse_if_held(task, holder)
    if expected_revision not in (None, revision):
        raise Conflict("任务已有变化，请刷新后再办", task=task_id, revision=revision)
    cache.foresee(session, instance_id, revision=at, status=status)
    try:
        with execution(session, instance_id, actor=by) as step:
            store.guard_task(step, task_id, revision)
            if principal:
                step.step.note(history.REPRESENTED, activity, task_id, principal=principal)
            step.complete(task_id, variables)
    except TaskNotActive as error:
        # it ended after we had looked; the history says by whom
        ended = gone(session, task_id)
        raise (ended if isinstance(ended, TaskNotActive) else error) from error


def _complete_unread(session: Session, task_id: int, *, by: str, variables: Variables) -> bool:
    """Complete a task of an instance that is at hand; the statements say if that was right."""
    step = cache.take_unread(session, task_id, by)
    if step is None:
        return False
    try:
        step.complete(task_id, variables)
        step.advance()
    except BanliError:
        return False  # whether it is really so, what is stored says
    store.guard_holder(step, task_id, by)
    store.save(session, step)
    return True


def query(
    *,
    assignee: str | None = None,
    candidates: Iterable[str] | None = None,
    instance_id: int | None = None,
    process_key: str | None = None,
) -> Select[tuple[UserTask]]:
    """Open tasks, to be narrowed, ordered and limited by the caller.

    With `assignee` and `candidates` both: those the person holds, and those that nobody holds and
    one of the candidates may claim.
    """
    found = select(UserTask)
    if instance_id is not None:
        found = found.where(UserTask.instance_id == instance_id)
    if process_key is not None:
        found = found.where(UserTask.process_key == process_key)
    mine = UserTask.assignee == assignee
    if candidates is None:
        return found if assignee is None else found.where(mine)
    claimable = UserTask.id.in_(
        select(UserTaskCandidate.task_id).where(UserTaskCandidate.candidate.in_([*candidates]))
    )
    pool = UserTask.assignee.is_(None) & claimable
    return found.where(pool if assignee is None else or_(mine, pool))


def _change_hands(
    session: Session, task_id: int, assignee: str | None, *only_if: ColumnElement[bool]
) -> bool:
    changed = session.execute(
        update(UserTask)
        .where(UserTask.id == task_id, UserTask.suspended.is_(False), *only_if)
        .values(
            assignee=assignee,
            claimed_at=None if assignee is None else clock.now(),
            revision=UserTask.revision + 1,
        )
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def _refuse_suspended(task: UserTask) -> None:
    if task.suspended:
        raise Conflict("办件已挂起，恢复后才能办理", task=task.id)


def _refuse_if_held(task: UserTask, by: str) -> None:
    if task.assignee not in (None, by):
        message = "该任务已被他人签收"
        raise TaskAlreadyClaimed(message, by=task.assignee, at=task.claimed_at)


def _note(session: Session, task_id: int, kind: str, *, by: str, **data: str) -> None:
    task = get(session, task_id)
    history.append(
        session,
        task.instance_id,
        kind,
        by=by,
        activity=task.activity,
        activity_id=task_id,
        **data,
    )
