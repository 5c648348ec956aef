"""The tasks on a person's list, sorted and in pages, however many there are.

Invariant: a page is found by the key of its neighbour, never by counting lines. A long list is
read along an index up to the end of the page; a short or a filtered one is gathered, counted and
sorted by one statement, whose cost follows the tasks of the person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, case, func, literal, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from engine import clock
from engine.columns import Instant
from engine.model import UserTask
from processes import keyset
from processes.casefile import searching
from processes.desk.filters import Filters
from processes.keyset import Lines, Order, Place, Segment
from processes.model.cases import Case
from processes.rights.reach import Office, Reach

FEW: Final = 2_000
"""Up to so many tasks are sorted; more are read in the order of an index."""
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
_COLUMNS: Final = (UserTask.id, UserTask.instance_id, UserTask.due_at)


@dataclass(frozen=True, slots=True)
class Sort:
    """A way to sort tasks: by what, from the columns of a task (`_COLUMNS`) and its case.

    `indexed`: the indexes of tasks have them in this order.
    """

    value: Callable[[Any], Any] | None = None
    kind: type = datetime
    down: bool = False
    indexed: bool = False

    def at(self, task: Any) -> Any:
        """What a query reads as the value of each of these tasks."""
        return (self.value(task) if self.value else literal(None, Instant)).label("at")

    def order(self, found: Any) -> Order:
        """The order of a query by the columns `id` and `at` of another."""
        return Order(found.id, found.at if self.value else None, self.down)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a page is asked for."""

    sort: Sort
    place: Place | None
    limit: int


def place_of(session: Session, task_id: int, *, sort: str) -> Place | None:
    """Where an open task stands in a list sorted so; None for one that is over."""
    mine = select(*_COLUMNS).where(UserTask.id == task_id).cte("mine")
    query = select(mine.c.id, SORTS[sort].at(mine.c))
    row = session.execute(query.join_from(mine, Case, Case.id == mine.c.instance_id)).first()
    return None if row is None else Place(*row)


def size(session: Session, reach: Reach | Office) -> tuple[int, int]:
    """How many tasks are on the list, and how many of them are overdue."""
    mine = reach.tasks(UserTask.id, UserTask.due_at)
    late = func.sum(case((mine.c.due_at < clock.now(), 1), else_=0))
    total, overdue = session.execute(select(func.count(), late).select_from(mine)).one()
    return total, overdue or 0


def page(
    session: Session,
    reach: Reach | Office,
    filters: Filters,
    *,
    sort: str,
    at: str | None,
    limit: int,
) -> Lines:
    """A page of the list, one of `SORTS`; `at` is where it begins, as text."""
    way = SORTS[sort]
    asked = _Asked(way, keyset.place(at, way.kind), limit)
    if filters or not way.indexed:
        return _gathered(session, reach, filters, asked)
    total, _overdue = size(session, reach)
    if total <= FEW:
        return _gathered(session, reach, filters, asked)
    return keyset.cut(_along(session, reach, asked), total, limit=limit, at=asked.place)


def every(session: Session, reach: Reach | Office, filters: Filters, *, sort: str) -> list[int]:
    """The ids of all tasks of the list, in its order."""
    hit = _hit(reach, filters, SORTS[sort])
    order = SORTS[sort].order(hit.c)
    return list(session.scalars(select(hit.c.id).order_by(*order.clauses())))


def _gathered(session: Session, reach: Reach | Office, filters: Filters, asked: _Asked) -> Lines:
    """Find everything, count it, sort it."""
    hit = _hit(reach, filters, asked.sort)
    total = select(func.count()).select_from(hit).scalar_subquery()
    found = select(hit.c.id, hit.c.at, total)
    order = asked.sort.order(hit.c)
    if asked.place is not None:
        found = found.where(order.beyond(asked.place))
    ordered = found.order_by(*order.clauses(asked.place))
    rows = session.execute(ordered.limit(asked.limit + 1)).all()
    lines, counted = [(one, at) for one, at, _n in rows], rows[0][2] if rows else 0
    return keyset.cut(lines, counted, limit=asked.limit, at=asked.place)


def _hit(reach: Reach | Office, filters: Filters, sort: Sort) -> CTE:
    """The tasks that the filters let through, each with what it is sorted by."""
    mine = _narrowed(reach, filters)
    query = select(mine.c.id, sort.at(mine.c)).join(Case, Case.id == mine.c.instance_id)
    return query.where(*filters.of_cases()).cte("hit")


def _narrowed(reach: Reach | Office, filters: Filters) -> CTE:
    """The tasks of the list that the filters on tasks let through.

    With words the cases they find come first: there are fewer of them than tasks.
    """
    conditions = filters.of_tasks()
    if not filters.words:
        return reach.tasks(*_COLUMNS, only=conditions)
    first, *others = searching.hits(filters.words)
    named = first.cte("named")
    query = select(*_COLUMNS).join_from(named, UserTask, UserTask.instance_id == named.c[0])
    also = [UserTask.instance_id.in_(other) for other in others]
    return query.where(reach.holds(), *conditions, *also).cte("mine")


def _along(session: Session, reach: Reach | Office, asked: _Asked) -> list[tuple[int, Any]]:
    """Read the list in the order of an index, no further than the page goes."""
    found: list[tuple[int, Any]] = []
    value = asked.sort.value(UserTask) if asked.sort.value else None
    order = Order(UserTask.id, value, asked.sort.down)
    for valued in keyset.stretches(asked.place) if asked.sort.value else (False,):
        wanted = asked.limit + 1 - len(found)
        if wanted <= 0:
            break
        segment = order.segment(asked.place, valued=valued)
        found += session.execute(_read(reach, segment, asked, wanted)).tuples()
    return found


def _read(reach: Reach | Office, segment: Segment, asked: _Asked, wanted: int) -> Select[Any]:
    parts = [
        select(UserTask.id, asked.sort.at(UserTask))
        .where(held, *segment.where)
        .order_by(*segment.order)
        .limit(wanted)
        .subquery()
        for held in reach.parts()
    ]
    both = union_all(*(select(part) for part in parts)).subquery()
    order = asked.sort.order(both.c)
    return select(both).order_by(*order.clauses(asked.place)).limit(wanted)


def _risk(task: Any) -> ColumnElement[datetime]:
    """The first limit that could be missed: of the task, or the one the case is measured by."""
    own = func.coalesce(task.due_at, literal(_FAR, Instant))
    whole = func.coalesce(_EndOfDay(Case.due_on), literal(_FAR, Instant))
    return case((own <= whole, own), else_=whole)


def _pair(value: Callable[[Any], Any], kind: type, *, indexed: bool = False) -> tuple[Sort, Sort]:
    return Sort(value, kind, indexed=indexed), Sort(value, kind, down=True, indexed=indexed)


class _EndOfDay(FunctionElement[datetime]):
    """The instant at which a day ends in Shanghai."""

    type = Instant()
    inherit_cache = True


@compiles(_EndOfDay, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} || ' 15:59:59.999999')"


@compiles(_EndOfDay, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    day = compiler.process(element.clauses, **kw)
    return f"(({day} + time '23:59:59.999999') AT TIME ZONE 'Asia/Shanghai')"


_DUE: Final = _pair(lambda task: task.due_at, datetime, indexed=True)
_NUMBER: Final = _pair(lambda _task: Case.reference, str)
_CASE_DUE: Final = _pair(lambda _task: Case.due_on, date)
SORTS: Final[Mapping[str, Sort]] = {
    "due": _DUE[0],
    "risk": Sort(_risk),
    "arrived": Sort(indexed=True),
    "latest": Sort(down=True, indexed=True),
    "-due": _DUE[1],
    "case_due": _CASE_DUE[0],
    "-case_due": _CASE_DUE[1],
    "number": _NUMBER[0],
    "-number": _NUMBER[1],
}
"""Ways to sort a box of tasks, the first unless another is asked for; `-`: the last come first."""
