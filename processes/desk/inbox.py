"""The boxes of a desk: 待办, 已办, 我发起, 草稿, 关注, with counts, search and keyset pages.

Invariant: whose line it is stands in the query, so a count, a page and a search always agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.model import ProcessInstance, UserTask
from processes.casefile import drafts
from processes.desk import lines, todo
from processes.desk.filters import SORTS, Filters
from processes.desk.lines import Colour, Row, holder_names, remaining
from processes.identity.identity import User
from processes.identity.roles import Action
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


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a box; `next` and `previous` are the keys of the pages beside it, or None."""

    rows: Sequence[Row]
    total: int
    next: str | None
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a box is asked for: `after` is a key of a `Page`, `sort` one of `filters.SORTS`."""

    filters: Filters = field(default_factory=Filters)
    sort: str = "due"
    after: str | None = None
    limit: int = PAGE


def page(session: Session, user: User, *, box: Box = "todo", view: View | None = None) -> Page:
    """A page of a box: 待办 sorted as asked, the others with the latest first."""
    asked = view or View()
    asked = replace(asked, limit=min(asked.limit, 100))
    return _BOXES[box](session, user, asked)


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
    place = todo.place_of(session, task_id, sort=view.sort)
    wanted = [str(place), None] if place is not None else [None]
    for at in wanted:
        found = todo.page(session, reach.of(user), view.filters, sort=view.sort, at=at, limit=2).ids
        others = [one for one in found if one != task_id]
        if others:
            return others[0]
    return None


def _todo(session: Session, user: User, asked: View) -> Page:
    return _tasks(session, user, reach.of(user), asked)


def _office(session: Session, user: User, asked: View) -> Page:
    return _tasks(session, user, reach.office(user), asked)


def _tasks(session: Session, user: User, of: Reach | Office, asked: View) -> Page:
    sort = asked.sort if asked.sort in SORTS else SORTS[0]
    found = todo.page(session, of, asked.filters, sort=sort, at=asked.after, limit=asked.limit)
    query = select(UserTask, Case).join(Case, Case.id == UserTask.instance_id)
    loaded = session.execute(query.where(UserTask.id.in_(found.ids))).tuples()
    by_id = {task.id: (task, case) for task, case in loaded}
    rows = lines.of_tasks(session, [by_id[one] for one in found.ids if one in by_id], by=user)
    following, previous = (str(one) if one else None for one in (found.next, found.previous))
    return Page(rows, found.total, following, previous)


def _done(session: Session, user: User, asked: View) -> Page:
    last = (
        select(func.max(Opinion.id).label("id"))
        .where(_handled(user))
        .group_by(Opinion.case_id)
        .subquery()
    )
    base = (
        select(Opinion, Case)
        .join(last, last.c.id == Opinion.id)
        .join(Case, Case.id == Opinion.case_id)
    )
    found = _sought(session, base, Opinion.id, asked)
    told = [(case, opinion.activity_name, opinion.at) for opinion, case in found.rows]
    return found.page(lines.of_cases(session, told))


def _mine(session: Session, user: User, asked: View) -> Page:
    return _cases(session, _started(user), asked)


def _kept(session: Session, user: User, asked: View) -> Page:
    return _cases(session, _followed(user), asked)


def _cases(session: Session, ids: Select[tuple[int]], asked: View) -> Page:
    found = _sought(session, select(Case, Case.id).where(Case.id.in_(ids)), Case.id, asked)
    told = [(case, "" if case.ended_at else case.step, case.submitted_at) for case, _ in found.rows]
    return found.page(lines.of_cases(session, told))


@dataclass(frozen=True, slots=True)
class _Sought:
    """The rows of a page as the database gave them."""

    rows: Sequence[Any]
    total: int
    next: str | None
    previous: str | None

    def page(self, rows: Sequence[Row]) -> Page:
        return Page(rows, self.total, self.next, self.previous)


def _sought(session: Session, base: Select[Any], key: Any, asked: View) -> _Sought:
    """A page of cases, the latest first, of those that the filters let through."""
    base = base.where(*asked.filters.of_cases(), *asked.filters.by_text())
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    text, _tilde, way = (asked.after or "").partition("~")
    at = int(text) if text.isascii() and text.isdigit() else None
    back = way == "b" and at is not None
    if at is not None:
        base = base.where(key > at if back else key < at)
    order = key.asc() if back else key.desc()
    found = session.execute(base.order_by(order).limit(asked.limit + 1)).all()
    more, shown = len(found) > asked.limit, found[: asked.limit]
    if back:
        shown = shown[::-1]
    ids = [row[0].id for row in shown]
    following = str(ids[-1]) if ids and (back or more) else None
    previous = f"{ids[0]}~b" if ids and (more if back else at is not None) else None
    return _Sought(shown, total, following, previous)


_BOXES: Final[dict[str, Callable[[Session, User, View], Page]]] = {
    "todo": _todo,
    "done": _done,
    "mine": _mine,
    "followed": _kept,
    "office": _office,
}
