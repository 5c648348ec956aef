"""Which open tasks are on a person's list: those held, and those nobody holds that one may take.

Invariant: a list, its count and a search of it all begin here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, exists, or_, select, union_all

from engine.model import UserTask, UserTaskCandidate
from processes.duties import USER_PREFIX
from processes.identity import User


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose tasks, and those of which groups, are on a list."""

    holders: tuple[str, ...]
    candidates: tuple[str, ...]

    def parts(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """What is held, and what may be taken; each task asked by the key of its row.

        For a query that reads tasks in the order of an index.
        """
        offered = exists().where(
            UserTaskCandidate.task_id == UserTask.id,
            UserTaskCandidate.candidate.in_(self.candidates),
        )
        held = UserTask.assignee.in_(self.holders)
        return held, and_(UserTask.assignee.is_(None), offered)

    def holds(self) -> ColumnElement[bool]:
        """Whether a task found otherwise is on the list."""
        return or_(*self.parts())

    def tasks(self, *columns: Any, only: Iterable[ColumnElement[bool]] = ()) -> CTE:
        """All of the list, once each: begun at the person's own tasks and groups."""
        wanted = UserTaskCandidate.candidate.in_(self.candidates)
        offered = UserTask.id.in_(select(UserTaskCandidate.task_id).where(wanted))
        conditions = [*only]
        held = select(*columns).where(UserTask.assignee.in_(self.holders), *conditions)
        pool = select(*columns).where(UserTask.assignee.is_(None), offered, *conditions)
        return union_all(held, pool).cte("mine")


def of(user: User) -> Reach:
    """What is on a user's list today."""
    return Reach((str(user.id),), (*sorted(user.groups), f"{USER_PREFIX}{user.id}"))
