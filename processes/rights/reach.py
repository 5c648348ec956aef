"""The open tasks on a person's list, gathered from their groups or read along an index.

Invariant: holds for the same tasks as `processes.listed`, which asks it of one task; a list, its
count and a search of it all begin here, so that they cost what the person's own tasks cost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, exists, or_, select, union, union_all

from engine.model import UserTask, UserTaskCandidate
from processes.identity.identity import User
from processes.model.cases import Case
from processes.rights import listed, permissions


@dataclass(frozen=True, slots=True)
class Share:
    """What comes to a list in one capacity: in person, or as the agent of somebody."""

    holder: str
    candidates: tuple[str, ...]
    covered: tuple[ColumnElement[bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """The shares that make up a list."""

    shares: Sequence[Share]

    def parts(self) -> list[ColumnElement[bool]]:
        """What is held, then what may be taken; each task asked by the key of its row.

        For a query that reads tasks in the order of an index.
        """
        held = [and_(UserTask.assignee == one.holder, *one.covered) for one in self.shares]
        offered = [and_(_may_take(one), *one.covered) for one in self.shares]
        return [or_(*held), and_(UserTask.assignee.is_(None), or_(*offered))]

    def holds(self) -> ColumnElement[bool]:
        """Whether a task found otherwise is on the list."""
        return or_(*self.parts())

    def tasks(self, *columns: Any, only: Iterable[ColumnElement[bool]] = ()) -> CTE:
        """All of the list, once each: begun at the person's own tasks and groups."""
        conditions, found = [*only], []
        for one in self.shares:
            wanted = UserTaskCandidate.candidate.in_(one.candidates)
            offered = UserTask.id.in_(select(UserTaskCandidate.task_id).where(wanted))
            for whose in (
                (UserTask.assignee == one.holder,),
                (UserTask.assignee.is_(None), offered),
            ):
                found.append(select(*columns).where(*whose, *one.covered, *conditions))
        # in one capacity a task is held or offered; in two it may be both
        both = union_all if len(self.shares) == 1 else union
        return both(*found).cte("mine")


@dataclass(frozen=True, slots=True)
class Office:
    """The tasks of all cases whose work a user assigns, in whose hands they may be."""

    cases: ColumnElement[bool]

    def parts(self) -> list[ColumnElement[bool]]:
        """Held ones and others: the two halves that the indexes know."""
        return [
            and_(UserTask.assignee.is_not(None), self.holds()),
            and_(UserTask.assignee.is_(None), self.holds()),
        ]

    def holds(self) -> ColumnElement[bool]:
        """Whether a task is among them."""
        return UserTask.instance_id.in_(select(Case.id).where(self.cases))

    def tasks(self, *columns: Any, only: Iterable[ColumnElement[bool]] = ()) -> CTE:
        """All of them."""
        return select(*columns).where(self.holds(), *only).cte("mine")


def of(user: User) -> Reach:
    """What is on a user's list today, in person and as an agent."""
    own = Share(str(user.id), (*listed.candidates(user),))
    as_agent = (
        Share(str(one.id), (*one.candidates,), (*listed.covered(one),)) for one in user.acts_for
    )
    return Reach((own, *as_agent))


def office(user: User) -> Office:
    """What a user assigns."""
    return Office(permissions.directed(user))


def _may_take(share: Share) -> ColumnElement[bool]:
    return exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        UserTaskCandidate.candidate.in_(share.candidates),
    )
