"""The boxes of a desk: 待办, 已办, 我发起, 草稿, 关注, with counts, search and keyset pages.

Invariant: whose line it is stands in the query, so a count, a page and a search always agree.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.model import ProcessInstance, UserTask
from processes import keyset
from processes.casefile import drafts
from processes.casework import case_lists
from processes.casework.case_lists import CaseList
from processes.desk import lines, todo
from processes.desk.filters import Filters
from processes.desk.lines import Colour, Row, holder_names, remaining
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.keyset import Lines
from processes.model.cases import BESIDE, Case, Opinion
from processes.model.desk import CaseFollow
from processes.rights import permissions, reach
from processes.rights.reach import Office, Reach

__all__ = ["Box", "Colour", "Filters", "Row", "holder_names", "remaining"]

Box = Literal["todo", "done", "mine", "followed", "office"]
BOXES: Final = ("todo", "done", "mine", "followed", "office")
TASK_BOXES: Final = ("todo", "office")
"""The boxes whose lines are tasks: sorted, filtered and paged as such."""
PAGE: Final = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a box; `next` and `previous` are the keys of the pages beside it, or None."""

    rows: Sequence[Row]
    total: int
    next: str | None
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a box is asked for: `after` is a key of a `Page`, `sort` one of `sorts` of the box."""

    filters: Filters = field(default_factory=Filters)
    sort: str = ""
    after: str | None = None
    limit: int = PAGE


def sorts(box: Box) -> Sequence[str]:
    """The ways to sort a box, the first unless another is asked for."""
    return tuple(todo.SORTS) if box in TASK_BOXES else case_lists.SORTS


def page(session: Session, user: User, *, box: Box = "todo", view: View | None = None) -> Page:
    """A page of a box, sorted as asked."""
    asked = view or View()
    listed = _LISTED[box](user)
    found = listed.page(session, asked, _sort(box, asked), min(asked.limit, 100))
    following, previous = (str(one) if one else None for one in (found.next, found.previous))
    return Page(listed.lines(session, found.ids), found.total, following, previous)


def every(
    reading: Callable[[], AbstractContextManager[Session]],
    user: User,
    act: Callable[[Session, Sequence[Row]], Iterable[T]],
    *,
    box: Box,
    view: View,
) -> tuple[int, Iterator[T]]:
    """How many lines a box has, and what `act` makes of all of them, part by part.

    Which they are is settled at once; `keyset.parts`.
    """
    listed = _LISTED[box](user)
    with reading() as session:
        ids = listed.every(session, view.filters, _sort(box, view))

    def told(session: Session, part: Sequence[int]) -> Iterable[T]:
        return act(session, listed.lines(session, part))

    return len(ids), keyset.parts(reading, ids, told)


def _sort(box: Box, asked: View) -> str:
    known = sorts(box)
    return asked.sort if asked.sort in known else known[0]


def counts(session: Session, user: User) -> dict[str, int]:
    """How many lines each box has, and how many of 待办 are overdue."""
    total, overdue = todo.size(session, reach.of(user))
    done = select(func.count(func.distinct(Opinion.case_id))).where(_handled(user))
    mine = select(func.count()).select_from(_started(user).subquery())
    followed = select(func.count()).select_from(_followed(user).subquery())
    return {
        "todo": total,
        "overdue": overdue,
        "done": session.scalar(done) or 0,
        "mine": session.scalar(mine) or 0,
        "followed": session.scalar(followed) or 0,
        "drafts": drafts.count(session, user),
        "office": todo.size(session, reach.office(user))[0] if _directs(user) else 0,
    }


def _directs(user: User) -> bool:
    return permissions.allowed(user, Action.ASSIGN_TASK)


def _handled(user: User) -> ColumnElement[bool]:
    """What a user said in handling a case, not as a reader or as one who was asked."""
    return and_(Opinion.by == user.id, Opinion.action.not_in(BESIDE))


def _started(user: User) -> Select[tuple[int]]:
    started = select(ProcessInstance.id).where(ProcessInstance.started_by == str(user.id))
    return select(Case.id).where(or_(Case.applicant_user == user.id, Case.id.in_(started)))


def _followed(user: User) -> Select[tuple[int]]:
    """Ids of the cases followed that are in the user's scope still."""
    kept = select(CaseFollow.case_id).where(CaseFollow.user_id == user.id)
    return permissions.visible_cases(user).where(Case.id.in_(kept))


def following(session: Session, user: User, *, view: View, task_id: int) -> int | None:
    """下一件: the task that comes after one in the user's list, else the list's first; None: none.

    Asked before the task is done: afterwards nobody knows where it stood.
    """
    sort = _sort("todo", view)
    place = todo.place_of(session, task_id, sort=sort)
    wanted = [str(place), None] if place is not None else [None]
    for at in wanted:
        found = todo.page(session, reach.of(user), view.filters, sort=sort, at=at, limit=2).ids
        others = [one for one in found if one != task_id]
        if others:
            return others[0]
    return None


@dataclass(frozen=True, slots=True)
class _Tasks:
    """A box whose lines are tasks."""

    user: User
    of: Reach | Office

    def page(self, session: Session, asked: View, sort: str, limit: int) -> Lines:
        """The ids of a page."""
        return todo.page(session, self.of, asked.filters, sort=sort, at=asked.after, limit=limit)

    def every(self, session: Session, filters: Filters, sort: str) -> Sequence[int]:
        """The ids of all."""
        return todo.every(session, self.of, filters, sort=sort)

    def lines(self, session: Session, ids: Sequence[int]) -> list[Row]:
        """The lines of these ids, in their order."""
        query = select(UserTask, Case).join(Case, Case.id == UserTask.instance_id)
        loaded = session.execute(query.where(UserTask.id.in_(ids))).tuples()
        by_id = {task.id: (task, case) for task, case in loaded}
        return lines.of_tasks(session, [by_id[one] for one in ids if one in by_id], by=self.user)


@dataclass(frozen=True, slots=True)
class _Cases:
    """A box whose lines are cases."""

    query: Select[Any]
    key: Any = Case.id

    def page(self, session: Session, asked: View, sort: str, limit: int) -> Lines:
        """The ids of a page."""
        listed = self._narrowed(asked.filters)
        return listed.page(session, sort=sort, after=asked.after, limit=limit)

    def every(self, session: Session, filters: Filters, sort: str) -> Sequence[int]:
        """The ids of all."""
        return self._narrowed(filters).every(session, sort=sort)

    def lines(self, session: Session, ids: Sequence[int]) -> list[Row]:
        """The lines of these ids, in their order."""
        found = case_lists.cases(session, ids)
        told = [(case, "" if case.ended_at else case.step, case.submitted_at) for case in found]
        return lines.of_cases(session, told)

    def _narrowed(self, filters: Filters) -> CaseList:
        return CaseList(self.key, self.query.where(*filters.of_cases(), *filters.by_text()))


class _Handled(_Cases):
    """已办: cases by what a user said last in each."""

    def lines(self, session: Session, ids: Sequence[int]) -> list[Row]:
        """The lines of these opinions, in their order."""
        query = select(Opinion, Case).join(Case, Case.id == Opinion.case_id)
        loaded = session.execute(query.where(Opinion.id.in_(ids))).tuples()
        by_id = {opinion.id: (case, opinion.activity_name, opinion.at) for opinion, case in loaded}
        return lines.of_cases(session, [by_id[one] for one in ids if one in by_id])


def _of_cases(ids: Select[tuple[int]]) -> _Cases:
    return _Cases(select(Case.id).where(Case.id.in_(ids)))


def _done(user: User) -> _Cases:
    last = select(func.max(Opinion.id).label("id")).where(_handled(user)).group_by(Opinion.case_id)
    said = last.subquery()
    query = select(Opinion.id).join(said, said.c.id == Opinion.id)
    return _Handled(query.join(Case, Case.id == Opinion.case_id), Opinion.id)


_LISTED: Final[dict[str, Callable[[User], _Tasks | _Cases]]] = {
    "todo": lambda user: _Tasks(user, reach.of(user)),
    "office": lambda user: _Tasks(user, reach.office(user)),
    "done": _done,
    "mine": lambda user: _of_cases(_started(user)),
    "followed": lambda user: _of_cases(_followed(user)),
}
