"""User tasks: claim, release, assign, complete.

Invariant: a task has at most one holder; claiming is one conditional statement; a task that is gone
says who ended it and when.
"""

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from engine import cache, clock, history
from engine.errors import Conflict, NotFound, TaskAlreadyClaimed, TaskNotActive
from engine.execution import execution
from engine.model import HistoryEvent, ProcessInstance, UserTask, UserTaskCandidate
from engine.variables import Variables


def get(session: Session, task_id: int) -> UserTask:
    """An open task.

    Raises:
        TaskNotActive: it is over; says by whom and when. NotFound: there never was one.
    """
    query = select(UserTask).where(UserTask.id == task_id)
    task = session.scalar(query.execution_options(populate_existing=True))
    if task is None:
        raise gone(session, task_id)
    return task


def gone(session: Session, task_id: int) -> NotFound | TaskNotActive:
    """Why there is no open task of that id."""
    ending = history.ending_of(session, task_id)
    if ending is None:
        return NotFound("没有这个任务", task=task_id)
    done = ending.type == "activity.completed"
    return TaskNotActive(
        "该任务已经办结" if done else "该任务已被撤销",
        by=ending.actor,
        at=ending.at,
        instance=ending.instance_id,
    )


def claim(session: Session, task_id: int, *, by: str) -> None:
    """Take a task that nobody holds; taking one's own again changes nothing.

    Raises:
        TaskAlreadyClaimed: somebody else holds it. TaskNotActive: it is over.
    """
    taken = session.execute(
        update(UserTask)
        .where(UserTask.id == task_id, UserTask.assignee.is_(None), UserTask.suspended.is_(False))
        .values(assignee=by, claimed_at=clock.now())
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        task = get(session, task_id)
        if task.suspended:
            raise Conflict("办件已挂起")
        if task.assignee != by:
            message = "该任务已被他人签收"
            raise TaskAlreadyClaimed(message, by=task.assignee, at=task.claimed_at)
        return
    _note(session, task_id, "task.claimed", by=by)


def release(session: Session, task_id: int, *, by: str) -> None:
    """Give a task back to its pool.

    Raises:
        Conflict: the caller does not hold it, or nobody else could take it.
    """
    pool = select(UserTaskCandidate.task_id).where(UserTaskCandidate.task_id == task_id)
    freed = session.execute(
        update(UserTask)
        .where(UserTask.id == task_id, UserTask.assignee == by, pool.exists())
        .values(assignee=None, claimed_at=None)
    )
    if freed.rowcount != 1:  # type: ignore[attr-defined]
        get(session, task_id)
        raise Conflict("只能退回自己签收的任务", task=task_id)
    _note(session, task_id, "task.released", by=by)


def assign(session: Session, task_id: int, *, by: str, assignee: str) -> None:
    """Give a task to somebody."""
    given = session.execute(
        update(UserTask)
        .where(UserTask.id == task_id)
        .values(assignee=assignee, claimed_at=clock.now())
    )
    if given.rowcount != 1:  # type: ignore[attr-defined]
        raise gone(session, task_id)
    _note(session, task_id, "task.assigned", by=by, assignee=assignee)


def add_candidate(session: Session, task_id: int, candidate: str) -> None:
    """Let a group (`role@org`) or a user (`user:<id>`) claim a task too."""
    session.execute(delete(UserTaskCandidate).where(*_is(task_id, candidate)))
    session.execute(insert(UserTaskCandidate).values(task_id=task_id, candidate=candidate))


def complete(
    session: Session,
    task_id: int,
    *,
    by: str,
    variables: Variables,
    expected_revision: int | None = None,
) -> None:
    """Complete a task and run its instance to the next wait states.

    Raises:
        TaskNotActive: it is over. TaskAlreadyClaimed: somebody else holds it.
        Conflict: the instance is not at the revision expected.
    """
    task = get(session, task_id)
    if task.assignee not in (None, by):
        raise TaskAlreadyClaimed("该任务已被他人签收", by=task.assignee, at=task.claimed_at)
    instance_id = task.instance_id
    session.expunge(task)  # the store deletes its row
    with execution(session, instance_id, actor=by) as step:
        if expected_revision is not None and step.revision != expected_revision:
            raise Conflict("办件已被他人更新，请刷新后再办", instance=instance_id)
        step.completing[task_id] = by
        step.complete(task_id, variables)


def _is(task_id: int, candidate: str) -> tuple[ColumnElement[bool], ...]:
    return UserTaskCandidate.task_id == task_id, UserTaskCandidate.candidate == candidate


def _note(session: Session, task_id: int, kind: str, *, by: str, **data: str) -> None:
    task = get(session, task_id)
    # the sequence rises with the event; the revision stays, for no token moved
    sequence = session.scalar(
        update(ProcessInstance)
        .where(ProcessInstance.id == task.instance_id)
        .values(sequence=ProcessInstance.sequence + 1)
        .returning(ProcessInstance.sequence)
    )
    revision = session.scalar(
        select(ProcessInstance.revision).where(ProcessInstance.id == task.instance_id)
    )
    session.execute(
        insert(HistoryEvent).values(
            instance_id=task.instance_id,
            sequence=sequence,
            revision=revision,
            type=kind,
            activity=task.activity,
            activity_id=task_id,
            actor=by,
            at=clock.now(),
            data=data,
        )
    )
    cache.forget(task.instance_id)
