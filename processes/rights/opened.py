"""An open task for a command, and why one that is gone is gone.

Invariant: whoever comes too late is told who ended the task, when, and by which operation.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import boards, clock, history, repository, tasks
from engine.approval.board import Stage
from engine.definition import elements as el
from engine.errors import NotFound, TaskNotActive
from engine.model import HistoryEvent, UserTask
from processes.identity import identity
from processes.model.cases import Opinion
from processes.rights import duties
from processes.rights.permissions import TaskFacts

MOVED: Final = {"returned": "退回", "reclaimed": "撤回", "jumped": "跳转"}
"""What a move is called, by its kind in the history."""


def get(session: Session, task_id: int) -> tuple[UserTask, TaskFacts]:
    """An open task and its facts.

    Raises:
        TaskNotActive: it is over; says by whom, when and how. NotFound: there never was one.
    """
    try:
        task = tasks.get(session, task_id)
    except NotFound:
        waiting = _elsewhere(session, task_id)
        if waiting is None:
            raise
        raise waiting from None
    except TaskNotActive as error:
        if error.at is None:
            raise
        name = person(session, error.by)
        message = _gone(session, task_id, name or "系统", error)
        raise TaskNotActive(message, by=name, at=error.at, **_case(error)) from error
    return task, duties.facts(session, task)


def element(session: Session, task: UserTask) -> el.UserTask | None:
    """What the model says of a task; None where its version no longer has it."""
    found = repository.compiled(session, task.definition_id).elements.get(task.activity)
    return found if isinstance(found, el.UserTask) else None


def person(session: Session, actor: str | None) -> str:
    """The name of who acted; empty for the system."""
    if not actor or not (actor.isascii() and actor.isdigit()):
        return ""
    return identity.name(session, int(actor))


def _gone(session: Session, task_id: int, name: str, error: TaskNotActive) -> str:
    assert error.at is not None  # noqa: S101 - looked at before
    when = error.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    ending = history.ending_of(session, task_id)
    if ending is None or ending.type in {"activity.completed", "task.decided"}:
        return f"该任务已由{name}于 {when} 办理"
    moved = history.move_of(session, ending)
    if moved is None:
        return f"该任务已于 {when} 被撤销"
    how = MOVED.get(str(moved.data.get("how")), "撤销")
    return f"该任务已由{name}于 {when} {how}，不再办理。理由：{_reason(moved)}"


def _elsewhere(session: Session, task_id: int) -> TaskNotActive | None:
    """Where a task is that waits for others to act first, or for those who sign after."""
    query = select(Opinion.case_id).where(Opinion.task_id == task_id)
    case_id = session.scalar(query.limit(1))
    if case_id is None:
        return None
    try:
        placed = boards.find(session, case_id, task_id)
    except TaskNotActive:
        return None
    if placed is None:
        return None
    item = placed.board.item(task_id)
    names = "、".join(person(session, one.user) for one in placed.board.below(task_id))
    if item.stage is Stage.APPROVING:
        message = f"您已办理，正由{names}后加签办理，全部办完后本环节才结束"
    elif item.stage is Stage.WAITING:
        message = f"本件正由{names}先行办理，办完后回到您的待办"
    else:
        return None
    return TaskNotActive(message, instance=case_id)


def _reason(moved: HistoryEvent) -> str:
    return str(moved.data.get("reason") or "未填写")


def _case(error: TaskNotActive) -> dict[str, object]:
    instance = error.details.get("instance")
    return {} if instance is None else {"instance": instance}
