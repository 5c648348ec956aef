"""Moves a case by hand: 退回, 撤回, 跳转 (case-operations A.3).

Invariant: one operation is one transaction; whoever loses a task to it is named before and told
after; opinions and history are only added to.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine import cache, move_places, moves, store, tasks
from engine.errors import Conflict, Forbidden, TaskAlreadyClaimed
from engine.execution import Execution
from engine.model import Incident, UserTask
from engine.moves import Plan
from engine.store import execution
from processes.casefile import notices, opinions
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.principals import Principal
from processes.identity.roles import Action
from processes.model.cases import Case, FormDraft
from processes.movement import recalling, targets
from processes.movement.targets import Target
from processes.people import agents
from processes.rights import duties, opened, permissions
from processes.rights.permissions import TaskFacts

RETURN = "return"
RECLAIM = "reclaim"
MAIN = frozenset({"", "main", "owner"})


@dataclass(frozen=True, slots=True)
class Sibling:
    """Somebody's open task that a move takes away, or leaves alone."""

    task_id: int
    name: str
    people: str
    holder: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do: whose tasks it cancels, whose it leaves, what it skips."""

    cancelled: Sequence[Sibling]
    kept: Sequence[Sibling]
    skipped: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A move as somebody orders it; `confirmed` are the tasks whose end he has agreed to.

    `straight`: once done there, back to where it came from (直达), else node by node (逐级).
    `recompute`: the model says anew who does it, else whoever did it last.
    """

    to: str
    reason: str
    straight: bool = False
    recompute: bool = False
    confirmed: Collection[int] = frozenset()
    expected_revision: int | None = None


def return_targets(session: Session, task_id: int, *, by: User) -> Sequence[Target]:
    """To where this user may return a task, in the order in which it was done.

    Raises:
        Forbidden: not this user's to return, or the model does not allow it here.
    """
    task, _facts = _mine(session, task_id, by)
    return targets.performed(session, session.get_one(Case, task.instance_id), task_id)


def preview(
    session: Session, case_id: int, mover: int, *, to: str, returning: bool = False
) -> Preview:
    """What moving from an open place to another would do, as a return or as a jump.

    Raises:
        MoveRefused: it cannot be done.
    """
    planned = moves.plan(cache.peek(session, case_id), mover, to=to, redo=returning)
    return previewed(session, planned, mover)


def send_back(session: Session, task_id: int, *, by: User, order: Order) -> Sequence[UserTask]:
    """Return a task to a node that was done (退回); the tasks that are open there now.

    Raises:
        Forbidden: not permitted here. MoveRefused: not a node that was done before this one.
        Conflict: other tasks would be cancelled that were not confirmed, or it has changed.
    """
    task, facts = _mine(session, task_id, by)
    principal = permissions.principal(by, facts)
    refuse_stale(task, order)
    refuse_no_reason(order.reason, "退回须填写意见")
    case = session.get_one(Case, task.instance_id)
    offered = targets.by_path(targets.performed(session, case, task_id))
    target = offered.get(order.to)
    if target is None:
        raise move_places.MoveRefused("只能退回到本办件中已经办过的环节", element=order.to)
    with execution(session, task.instance_id, actor=str(by.id)) as step:
        store.guard_task(step, task_id, task.revision)
        planned = moves.plan(step, task_id, to=order.to, redo=True)
        lost = _confirmed(session, planned, task_id, order.confirmed)
        straight = order.straight
        recalling.recall(session, step, planned)
        at = moves.move(step, planned, kind="returned", reason=order.reason, straight=straight)
    made = open_at(session, step, at)
    if not order.recompute and target.performer is not None:
        _give(session, made, target.performer, by=by)
    way = "办结后直达本环节" if order.straight else "逐级办理"
    to = f"退回至『{target.name}』（{way}）"
    said = (to, order.reason)
    tell(session, case, task, by=by, said=said, action="returned", principal=principal)
    notify(session, case, by, "退回", order.reason, lost=lost, made=made)
    detail = f"{task.activity} → {order.to}; {[one.task_id for one in lost]}"
    agents.acted(session, task, "task.returned", by=by, principal=principal, detail=detail)
    return fresh(session, made)


def jump(
    session: Session, case_id: int, *, by: User, order: Order, mover: int | None = None
) -> Sequence[UserTask]:
    """Put the point of control of a case on a named node, forward or back (自由跳转).

    Raises:
        Forbidden: no permission. MoveRefused: the node cannot be begun from there.
        Conflict: others' tasks not confirmed, or the node lacks the data it needs.
    """
    case = permissions.case(session, case_id, by=by, action=Action.JUMP_CASE)
    refuse_no_reason(order.reason, "跳转须填写理由")
    task = _mover(session, case_id, mover)
    refuse_stale(task, order)
    stuck = _incidents(session, case_id)
    with execution(session, case_id, actor=str(by.id)) as step:
        store.guard_task(step, task.id, task.revision)
        planned = moves.plan(step, task.id, to=order.to)
        lost = _confirmed(session, planned, task.id, order.confirmed)
        recalling.recall(session, step, planned)
        at = moves.move(step, planned, kind="jumped", reason=order.reason)
    if broken := _incidents(session, case_id) - stuck:
        raise Conflict(f"目标环节缺少所需的数据，不能跳转：{'；'.join(sorted(broken))}")
    made = open_at(session, step, at)
    name = made[0].name if made else order.to.rsplit(move_places.SEPARATOR, 1)[-1]
    skipped = f"；跳过：{'、'.join(planned.skipped)}" if planned.skipped else ""
    to = f"跳转至『{name}』{skipped}"
    tell(session, case, task, by=by, said=(to, order.reason), action="jumped")
    notify(session, case, by, "跳转", order.reason, lost=lost, made=made)
    audit.record(
        session,
        "case.jumped",
        by=by,
        subject=("case", case_id),
        detail=f"{task.activity} → {order.to}{skipped}: {order.reason}",
    )
    return made


def jump_targets(
    session: Session, case_id: int, *, by: User, mover: int | None = None
) -> tuple[UserTask, Sequence[Target]]:
    """The task from which a case would jump, and to where.

    Raises:
        Forbidden: no permission. Conflict: no task is open to jump from.
    """
    permissions.case(session, case_id, by=by, action=Action.JUMP_CASE)
    task = _mover(session, case_id, mover)
    return task, targets.all_of(session, case_id, task.id)


def label(session: Session, task: UserTask) -> str:
    """What the model calls the button of a return on this node; empty where it does not say."""
    element = opened.element(session, task)
    return element.labels.get(RETURN, "") if element is not None else ""


def may_return(task: UserTask) -> bool:
    """Whether the model lets a task be returned."""
    return task.kind in MAIN and RETURN in task.operations.split()


def _mine(session: Session, task_id: int, by: User) -> tuple[UserTask, TaskFacts]:
    task, facts = opened.get(session, task_id)
    permissions.require(by, Action.RETURN_TASK, facts)
    holder = permissions.principal(by, facts) or by
    if task.assignee not in (None, str(holder.id)):
        name = opened.person(session, task.assignee)
        raise TaskAlreadyClaimed(f"该任务已由{name}签收", by=name, at=task.claimed_at)
    if task.suspended:
        raise Conflict("办件已挂起，恢复后才能办理", task=task_id)
    if not may_return(task):
        raise Forbidden("本环节不允许退回", task=task_id)
    return task, facts


def _mover(session: Session, case_id: int, mover: int | None) -> UserTask:
    query = select(UserTask).where(UserTask.instance_id == case_id).order_by(UserTask.id)
    if mover is not None:
        query = query.where(UserTask.id == mover)
    task = session.scalar(query.limit(1).execution_options(populate_existing=True))
    if task is None:
        raise Conflict("办件现在没有可以跳转的待办任务", case=case_id)
    return task


def refuse_stale(task: UserTask, order: Order) -> None:
    if order.expected_revision not in (None, task.revision):
        raise Conflict("任务已有变化，请刷新后再办", task=task.id, revision=task.revision)


def refuse_no_reason(reason: str, message: str) -> None:
    if not reason.strip():
        raise Conflict(message, field="reason")


def _confirmed(
    session: Session, planned: Plan, mover: int, confirmed: Collection[int]
) -> Sequence[Sibling]:
    """The tasks of others that the move takes away, all of which must have been agreed to."""
    lost = previewed(session, planned, mover).cancelled
    missing = [one for one in lost if one.task_id not in confirmed]
    if missing:
        named = "、".join(f"{one.name}（{one.people}）" for one in missing)
        raise Conflict(
            f"将同时撤销以下并行任务，请确认后再办：{named}",
            tasks=[str(one.task_id) for one in missing],
        )
    return lost


def previewed(session: Session, planned: Plan, mover: int) -> Preview:
    gone = [work for one in planned.withdrawn for work in one.work if work != mover]
    kept = [work for one in planned.beside for work in one.work]
    return Preview(_siblings(session, gone), _siblings(session, kept), planned.skipped)


def _siblings(session: Session, ids: Iterable[int]) -> list[Sibling]:
    query = select(UserTask).where(UserTask.id.in_([*ids])).order_by(UserTask.id)
    return [
        Sibling(
            task.id,
            task.name or task.activity,
            opened.person(session, task.assignee) or "待签收",
            int(task.assignee) if task.assignee and task.assignee.isdigit() else None,
        )
        for task in session.scalars(query)
    ]


def open_at(session: Session, step: Execution, token_id: int) -> list[UserTask]:
    """The tasks that a move has opened at its target, once its step is stored.

    Raises:
        MoveRefused: none; the case would go on without anybody knowing.
    """
    query = select(UserTask).where(UserTask.id.in_(moves.work_at(step, token_id)))
    made = list(session.scalars(query.order_by(UserTask.id)))
    if not made:
        raise move_places.MoveRefused("目标环节没有产生待办任务，不能移动到那里")
    return made


def _give(session: Session, made: Sequence[UserTask], performer: int, *, by: User) -> None:
    """Give the one task at the target to whoever did it last, if he still may do it."""
    if len(made) != 1:
        return
    facts = duties.facts(session, made[0])
    if made[0].assignee is not None and not (facts.groups or facts.users):
        return  # whom the model names; who was only picked from a pool gives way
    user = identity.user(session, performer)
    still = performer in identity.users_in_groups(session, facts.groups)
    if (still or str(performer) in facts.users) and permissions.may_claim(user, facts):
        tasks.assign(session, made[0].id, by=str(by.id), assignee=str(performer))


def fresh(session: Session, made: Sequence[UserTask]) -> Sequence[UserTask]:
    for task in made:
        session.refresh(task)
    return made


def tell(  # noqa: PLR0913 - the columns of one opinion
    session: Session,
    case: Case,
    task: UserTask,
    *,
    by: User,
    said: tuple[str, str],
    action: str,
    principal: Principal | None = None,
) -> None:
    decision, text = said
    session.execute(delete(FormDraft).where(FormDraft.subject == f"task:{task.id}"))
    opinions.record(
        session,
        case.id,
        by=by,
        activity=task.activity,
        activity_name=task.name or task.activity,
        task_id=task.id,
        decision=decision,
        text=text,
        action=action,
        principal=principal,
    )


def notify(  # noqa: PLR0913 - what is told to whom, by name
    session: Session,
    case: Case,
    by: User,
    how: str,
    reason: str,
    *,
    lost: Sequence[Sibling],
    made: Sequence[UserTask],
) -> None:
    """Tell those who get a task, and those who lose one."""
    for task in fresh(session, made):
        if task.assignee and task.assignee.isdigit():
            notice = notices.Notice(
                kind="returned",
                title=f"{how}：{case.title}",
                body=f"工作单 {case.reference} 由{by.name}{how}到“{task.name}”环节：{reason}",
                case_id=case.id,
                link=f"/tasks/{task.id}",
            )
            notices.send(session, [int(task.assignee)], notice)
    for one in lost:
        if one.holder is None:
            continue
        notice = notices.Notice(
            kind="withdrawn",
            title=f"任务已撤销：{case.title}",
            body=f"工作单 {case.reference} 的“{one.name}”因{by.name}{how}而撤销：{reason}",
            case_id=case.id,
        )
        notices.send(session, [one.holder], notice)


def _incidents(session: Session, case_id: int) -> frozenset[str]:
    found = session.scalars(select(Incident.message).where(Incident.instance_id == case_id))
    return frozenset(found)
