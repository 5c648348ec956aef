"""撤回: whoever finished a task takes it back before anybody has acted on what followed (A.3).

Invariant: taking back undoes nothing that others have done or that has left the house; if anything
such happened, it is refused and the reason named.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import cache, history, move_places, moves, tasks
from engine.definition import elements as el
from engine.errors import Conflict, Forbidden, NotFound
from engine.execution import Execution
from engine.model import HistoryEvent, UserTask
from engine.moves import Plan
from engine.specs.token import called_path
from engine.store import execution
from processes.casefile.past import Past
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, FormDraft, Opinion
from processes.model.desk import TaskPresence
from processes.model.people import UserAccount
from processes.movement import movement, recalling, targets
from processes.rights import duties, opened, permissions

_OUTSIDE: Final = (el.ServiceTask, el.SendTask)
_ACTS: Final = frozenset({"message.thrown", "activity.completed", "activity.moved"})


def reclaim(session: Session, task_id: int, *, by: User, reason: str) -> Sequence[UserTask]:
    """Take back the task that one has finished; the next tasks are withdrawn.

    Raises:
        NotFound: no such task of this user's. Forbidden: not his, or not permitted on this node.
        Conflict: somebody has acted since, or something has left the house; says what.
    """
    ending, case = _ended(session, task_id, by)
    movement.refuse_no_reason(reason, "撤回须填写理由")
    past = _allowed(session, case, ending)
    with execution(session, case.id, actor=str(by.id)) as step:
        planned = _plan(step, ending, past)
        lost = movement.previewed(session, planned, 0).cancelled
        _refuse_others(session, [one.task_id for one in lost], task_id, by)
        _refuse_opened(session, past.of(ending)[1], [one.task_id for one in lost], by)
        recalling.recall(session, step, planned)
        at = moves.move(step, planned, kind="reclaimed", reason=reason)
    made = movement.open_at(session, step, at)
    for task in made:
        if task.assignee is None and permissions.may_claim(by, duties.facts(session, task)):
            tasks.assign(session, task.id, by=str(by.id), assignee=str(by.id))
    made = list(movement.fresh(session, made))
    names = "、".join(dict.fromkeys(one.name for one in lost))
    decision = f"撤回；撤销后续环节：{names}" if names else "撤回"
    if made:
        movement.tell(session, case, made[0], by=by, said=(decision, reason), action="reclaimed")
    movement.notify(session, case, by, "撤回", reason, lost=lost, made=())
    audit.record(session, "task.reclaimed", by=by, subject=("task", task_id), detail=reason)
    return made


def why_not(session: Session, task_id: int, *, by: User) -> str:
    """Why a finished task cannot be taken back now; empty if it can."""
    try:
        ending, case = _ended(session, task_id, by)
        past = _allowed(session, case, ending)
        planned = _plan(cache.peek(session, case.id), ending, past)
        lost = movement.previewed(session, planned, 0).cancelled
        _refuse_others(session, [one.task_id for one in lost], task_id, by)
        _refuse_opened(session, past.of(ending)[1], [one.task_id for one in lost], by)
    except (Conflict, Forbidden, NotFound, move_places.MoveRefused) as refused:
        return str(refused.message)
    return ""


def reclaimable(session: Session, case_id: int, *, by: User) -> int | None:
    """The last task that a user finished in a case, if he may take it back now."""
    mine = select(Opinion.task_id).where(
        Opinion.case_id == case_id, Opinion.by == by.id, Opinion.action == "completed"
    )
    task_id = session.scalar(mine.order_by(Opinion.id.desc()).limit(1))
    if task_id is None or why_not(session, task_id, by=by):
        return None
    return task_id


def _ended(session: Session, task_id: int, by: User) -> tuple[HistoryEvent, Case]:
    permissions.require(by, Action.RECLAIM_TASK)
    ending = history.ending_of(session, task_id)
    if ending is None:
        raise NotFound("没有这个任务", task=task_id)
    case = permissions.case(session, ending.instance_id, by=by)
    if case.ended_at is not None:
        raise Conflict("办件已经办结，不能撤回", case=case.id)
    if case.status == "suspended":
        raise Conflict("办件已挂起，恢复后才能办理", case=case.id)
    if ending.type != "activity.completed" or ending.actor != str(by.id):
        raise Forbidden("只能撤回本人办结的任务", task=task_id)
    return ending, case


def _allowed(session: Session, case: Case, ending: HistoryEvent) -> Past:
    """The past of a case, if the model of a task allows taking it back and nobody has acted since.

    Where several people did it one by one, taking it back would undo what the others said.
    """
    past = Past(session, case.id)
    within, mine = past.of(ending)
    if not isinstance(mine, el.UserTask) or movement.RECLAIM not in mine.operations:
        raise Forbidden("本环节不允许撤回", task=ending.activity_id)
    assert within is not None  # noqa: S101 - whoever has the element
    beside = {done.event.actor for done in past.done() if _together(done.event, ending)}
    if beside - {ending.actor}:
        raise Conflict("本环节由多人分别办理，已办结的意见不能单独撤回", task=ending.activity_id)
    _refuse_acted(session, case, ending, past)
    return past


def _together(one: HistoryEvent, other: HistoryEvent) -> bool:
    """Whether two tasks were done in one multi-instance activity."""
    around = other.data.get("within")
    return "loop" in other.data and around is not None and one.data.get("within") == around


def _plan(step: Execution, ending: HistoryEvent, past: Past) -> Plan:
    """How to get back: from the first of those places that came after it."""
    within, _element = past.of(ending)
    assert within is not None  # noqa: S101 - looked at before
    around, processes = past.around(ending), past.processes
    for mover in sorted(step.workflow.tasks):
        token = step.workflow.tasks[mover]
        if mover <= (ending.activity_id or 0) or token.attached or token.task_spec.is_root:
            continue
        if targets.apart(token, ending.activity_id, around):
            continue
        path = targets.path_from(called_path(token), within, ending.activity, processes)
        planned = targets.plan_or_none(step, mover, path)
        if planned is not None and planned.backwards:
            return planned
    raise Conflict("后续环节已经结束，不能撤回", activity=ending.activity)


def _refuse_acted(session: Session, case: Case, ending: HistoryEvent, past: Past) -> None:
    for event in past.events:
        if event.sequence <= ending.sequence or event.type not in _ACTS:
            continue
        if event.type == "activity.moved":
            _refuse_moved(session, ending, event, past)
            continue
        _within, element = past.of(event)
        if element is None or past.beside(ending, event):
            continue
        if event.type == "message.thrown":
            raise Conflict("此后已向外发出消息，不能撤回", case=case.id)
        if isinstance(element, _OUTSIDE):
            raise Conflict(f"此后已执行『{element.name or element.id}』，不能撤回", case=case.id)
        if isinstance(element, el.UserTask):
            name = opened.person(session, event.actor) or "他人"
            raise Conflict(f"后续环节已由{name}办理，不能撤回", case=case.id)


def _refuse_moved(session: Session, ending: HistoryEvent, move: HistoryEvent, past: Past) -> None:
    """Whoever returned or moved the case since has acted on what followed."""
    origin = past.beginning(int(move.data.get("mover", 0)))
    if origin is not None and past.beside(ending, origin):
        return
    name = opened.person(session, move.actor) or "他人"
    how = opened.MOVED.get(str(move.data.get("how")), "移动")
    raise Conflict(f"此后办件已由{name}{how}，不能撤回", task=ending.activity_id)


def _refuse_others(session: Session, lost: Sequence[int], task_id: int, by: User) -> None:
    me = str(by.id)
    subjects = [f"task:{one}" for one in lost]
    query = select(FormDraft.user_id).where(
        FormDraft.subject.in_(subjects), FormDraft.user_id != by.id
    )
    for user_id in session.scalars(query.limit(1)):
        raise Conflict(f"后续环节已由{opened.person(session, str(user_id))}开始填写，不能撤回")
    said = select(Opinion.by_name).where(Opinion.task_id.in_(lost), Opinion.by != by.id)
    for name in session.scalars(said.limit(1)):
        raise Conflict(f"{name}已在后续环节发表意见，不能撤回", task=task_id)
    for one in session.scalars(select(UserTask).where(UserTask.id.in_(lost))):
        if one.claimed_at is not None and one.assignee not in (None, me):
            name = opened.person(session, one.assignee)
            raise Conflict(f"后续环节『{one.name}』已由{name}签收，不能撤回", task=task_id)


def _refuse_opened(
    session: Session, element: el.Element | None, lost: Sequence[int], by: User
) -> None:
    """Where the model has it so: whoever has opened the next task may have begun to think."""
    if not isinstance(element, el.UserTask) or element.reclaim_opened:
        return
    query = (
        select(UserAccount.name)
        .join(TaskPresence, TaskPresence.user_id == UserAccount.id)
        .where(TaskPresence.task_id.in_(lost), TaskPresence.user_id != by.id)
    )
    for name in session.scalars(query.limit(1)):
        raise Conflict(f"后续环节已由{name}打开查看，本环节规定不能再撤回")
