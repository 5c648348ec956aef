"""Which open tasks are on a person's list: those held, and those nobody holds that one may take.

Invariant: a list, its count and a search of it all begin here. Their cost follows the tasks of
the person, not those of the installation.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, exists, or_, select, union_all
from sqlalchemy.orm import Session

from engine.model import UserTask, UserTaskCandidate
from processes.duties import USER_PREFIX
from processes.identity import User


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose tasks, and those of which groups, are on a list."""

    holders: tuple[str, ...]
    candidates: tuple[str, ...]

    @property
    def held(self) -> ColumnElement[bool]:
        """Tasks in the hands of the person."""
        return UserTask.assignee.in_(self.holders)

    @property
    def offered(self) -> Select[tuple[int]]:
        """Ids of tasks that the person may take, whether somebody holds them or not."""
        wanted = UserTaskCandidate.candidate.in_(self.candidates)
        return select(UserTaskCandidate.task_id).where(wanted)

    def holds(self) -> ColumnElement[bool]:
        """Whether a task found otherwise is on the list: asked of each by the key of its row."""
        mine = exists().where(
            UserTaskCandidate.task_id == UserTask.id,
            UserTaskCandidate.candidate.in_(self.candidates),
        )
        return or_(self.held, and_(UserTask.assignee.is_(None), mine))

    def tasks(self, *columns: Any) -> CTE:
        """All of the list, once each: what is held beside what may be taken."""
        pool = select(*columns).where(UserTask.assignee.is_(None), UserTask.id.in_(self.offered))
        return union_all(select(*columns).where(self.held), pool).cte("mine", nesting=False)


def of(_session: Session, user: User) -> Reach:
    """What is on a user's list today."""
    return Reach((str(user.id),), (*sorted(user.groups), f"{USER_PREFIX}{user.id}"))
