"""The boards of an instance as commands use them: read where they stand, changed in one step.

Invariant: a change takes the instance at its revision, and fails if the work item it rests on has
changed hands since it was read.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import cache
from engine.approval.board import Board
from engine.errors import Conflict
from engine.model import UserTask
from engine.specs.approving import Approving
from engine.store import execution


@dataclass(frozen=True, slots=True)
class Placed:
    """A board and the user task that it belongs to; `task_id` is that of the task itself."""

    task_id: int
    activity: str
    name: str
    board: Board


def of_instance(session: Session, instance_id: int) -> list[Placed]:
    """The boards of a running instance that are not decided yet.

    Raises:
        NotFound: no such instance. TaskNotActive: it has ended.
    """
    found = []
    for token in cache.peek(session, instance_id).workflow.tasks.values():
        spec = token.task_spec
        if isinstance(spec, Approving) and "board" in token.internal_data:
            board = spec.board(token)
            if board.outcome is None:
                found.append(Placed(token.id, spec.element.id, spec.element.name, board))
    return sorted(found, key=lambda one: one.task_id)


def find(session: Session, instance_id: int, item_id: int) -> Placed | None:
    """The board that a work item is on; None while a task is one person's and has none."""
    for placed in of_instance(session, instance_id):
        if any(item.id == item_id for item in placed.board.items):
            return placed
    return None


def change(
    session: Session, task: UserTask, make: Callable[[Board], Board], *, by: str, holder: str
) -> None:
    """Change the board that an open work item is on.

    Raises:
        ApprovalRefused: the change is not allowed. Conflict: the item changed hands, or the
            instance is suspended. TaskNotActive: the instance has ended.
    """
    taken = session.execute(
        update(UserTask)
        .where(UserTask.id == task.id, UserTask.revision == task.revision)
        .where(UserTask.suspended.is_(False))
        .values(revision=UserTask.revision + 1)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        held = session.scalar(select(UserTask.suspended).where(UserTask.id == task.id))
        message = "办件已挂起，恢复后才能办理" if held else "任务已有变化，请刷新后再办"
        raise Conflict(message, task=task.id)
    change_of(session, task.instance_id, task.id, make, by=by, holder=holder)


def change_of(
    session: Session,
    instance_id: int,
    task_id: int,
    make: Callable[[Board], Board],
    *,
    by: str,
    holder: str = "",
) -> None:
    """Change the board of a task, or of a work item of it, that need not be open.

    Raises:
        ApprovalRefused: the change is not allowed. TaskNotActive: it is over.
    """
    with execution(session, instance_id, actor=by) as step:
        step.rearrange(task_id, make, holder=holder)
