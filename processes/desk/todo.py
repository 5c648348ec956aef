"""The tasks on a person's list, sorted and in pages, however many there are.

Invariant: a page is found by the key of its neighbour, never by counting lines. A long list is
read along an index up to the end of the page; a short or a filtered one is gathered, counted and
sorted by one statement, whose cost follows the tasks of the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from engine import clock
from engine.columns import Instant
from engine.model import UserTask
from processes.casefile import searching
from processes.desk.filters import Filters
from processes.model.cases import Case
from processes.rights.reach import Office, Reach

FEW: Final = 2_000
"""Up to so many tasks are sorted; more are read in the order of an index."""
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INDEXED: Final = ("due", "arrived", "latest")
_DOWN: Final = ("latest",)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the list: its key and id; `back` asks for the page that ends before it."""

    at: datetime
    id: int
    back: bool = False

    def __str__(self) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return f"{micros}~{self.id}{'~b' if self.back else ''}"


@dataclass(frozen=True, slots=True)
class Lines:
    """The ids of a page in their order, how many the list has, and the places of its neighbours."""

    ids: Sequence[int]
    total: int
    previous: Place | None = None
    next: Place | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a page is asked for: `down` is whether ids fall."""

    sort: str
    place: Place | None
    limit: int

    @property
    def down(self) -> bool:
        return (self.sort in _DOWN) is not (self.place is not None and self.place.back)


def place(text: str | None) -> Place | None:
    """The place that a text of `str(place)` stands for; None for anything else."""
    parts = (text or "").split("~")
    numbers = parts[:2]
    if len(numbers) < 2 or not all(one.isascii() and one.isdigit() for one in numbers):
        return None
    micros, task_id = (int(one) for one in numbers)
    if micros > (_FAR - _EPOCH) // timedelta(microseconds=1) or task_id >= 1 << 63:
        return None
    return Place(_EPOCH + timedelta(microseconds=micros), task_id, parts[2:] == ["b"])


def place_of(session: Session, task_id: int, *, sort: str) -> Place | None:
    """Where an open task stands in a list sorted so; None for one that is over."""
    mine = select(UserTask.id, UserTask.instance_id, UserTask.due_at).cte("mine")
    query = select(_key(sort)(mine)).join_from(mine, Case, Case.id == mine.c.instance_id)
    at = session.scalar(query.where(mine.c.id == task_id))
    return None if at is None else Place(at, task_id)


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
    """A page of the list, one of `filters.SORTS`; `at` is where it begins, as text."""
    asked = _Asked(sort, place(at), limit)
    if filters or sort not in _INDEXED:
        return _gathered(session, reach, filters, asked)
    total, _overdue = size(session, reach)
    if total <= FEW:
        return _gathered(session, reach, filters, asked)
    found = _along(session, reach, asked)
    return _cut(found, total, asked)


def _cut(found: Sequence[tuple[int, datetime]], total: int, asked: _Asked) -> Lines:
    """The page of what was found in the direction asked for, one line more than it has."""
    more, shown = len(found) > asked.limit, list(found[: asked.limit])
    back = asked.place is not None and asked.place.back
    if back:
        shown.reverse()
    if not shown:
        return Lines((), total)
    first, last = (Place(shown[index][1], shown[index][0]) for index in (0, -1))
    begun = more if back else asked.place is not None
    goes_on = back or more
    return Lines(
        [one for one, _at in shown],
        total,
        replace(first, back=True) if begun else None,
        last if goes_on else None,
    )


def _gathered(session: Session, reach: Reach | Office, filters: Filters, asked: _Asked) -> Lines:
    """Find everything, count it, sort it."""
    key = _key(asked.sort)
    mine = _narrowed(reach, filters)
    query = select(mine.c.id, key(mine).label("at")).join(Case, Case.id == mine.c.instance_id)
    hit = query.where(*filters.of_cases()).cte("hit")
    total = select(func.count()).select_from(hit).scalar_subquery()
    found = select(hit.c.id, hit.c.at, total)
    order = (hit.c.at, hit.c.id)
    if asked.place is not None:
        found = found.where(_beyond(*order, asked))
    rows = session.execute(found.order_by(*_ordered(order, asked)).limit(asked.limit + 1)).all()
    return _cut([(one, at) for one, at, _n in rows], rows[0][2] if rows else 0, asked)


def _narrowed(reach: Reach | Office, filters: Filters) -> CTE:
    """The tasks of the list that the filters on tasks let through.

    With words the cases they find come first: there are fewer of them than tasks.
    """
    columns = (UserTask.id, UserTask.instance_id, UserTask.due_at)
    conditions = filters.of_tasks()
    if not filters.words:
        return reach.tasks(*columns, only=conditions)
    first, *others = searching.hits(filters.words)
    named = first.cte("named")
    query = select(*columns).join_from(named, UserTask, UserTask.instance_id == named.c[0])
    also = [UserTask.instance_id.in_(other) for other in others]
    return query.where(reach.holds(), *conditions, *also).cte("mine")


def _along(session: Session, reach: Reach | Office, asked: _Asked) -> list[tuple[int, datetime]]:
    """Read the list in the order of an index, no further than the page goes."""
    found: list[tuple[int, datetime]] = []
    for segment in _segments(asked):
        wanted = asked.limit + 1 - len(found)
        if wanted <= 0:
            break
        found += [(one, at) for one, at in session.execute(_read(reach, segment, asked, wanted))]
    return found


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of the list along one index."""

    where: ColumnElement[bool]
    key: Any
    dated: bool


def _segments(asked: _Asked) -> list[_Segment]:
    """The stretches from the place on: tasks with a limit before those without."""
    if asked.sort != "due":
        return [_Segment(true(), literal(_EPOCH, Instant), dated=False)]
    dated = _Segment(UserTask.due_at.is_not(None), UserTask.due_at, dated=True)
    undated = _Segment(UserTask.due_at.is_(None), literal(_FAR, Instant), dated=False)
    if asked.down:
        from_there = asked.place is not None and asked.place.at == _FAR
        return [undated, dated] if from_there else [dated]
    beyond = asked.place is not None and asked.place.at == _FAR
    return [undated] if beyond else [dated, undated]


def _read(reach: Reach | Office, segment: _Segment, asked: _Asked, wanted: int) -> Select[Any]:
    order = (UserTask.due_at, UserTask.id) if segment.dated else (UserTask.id,)
    where = [segment.where]
    if asked.place is not None:
        starts_here = segment.dated == (asked.place.at != _FAR) or asked.sort != "due"
        if starts_here:
            where.append(_beyond(segment.key if segment.dated else None, UserTask.id, asked))
    parts = [
        select(UserTask.id, segment.key.label("at"))
        .where(held, *where)
        .order_by(*_ordered(order, asked))
        .limit(wanted)
        .subquery()
        for held in reach.parts()
    ]
    both = union_all(*(select(part) for part in parts)).subquery()
    return select(both).order_by(*_ordered((both.c.at, both.c.id), asked)).limit(wanted)


def _beyond(at: Any, one: Any, asked: _Asked) -> ColumnElement[bool]:
    """What lies behind the place in the direction asked for."""
    assert asked.place is not None  # noqa: S101 - callers have looked
    value, last = asked.place.at, asked.place.id
    further: ColumnElement[bool] = one < last if asked.down else one > last
    if at is None:
        return further
    if asked.down:
        return and_(at <= value, or_(at < value, further))
    return and_(at >= value, or_(at > value, further))


def _ordered(columns: tuple[Any, ...], asked: _Asked) -> list[Any]:
    return [column.desc() if asked.down else column.asc() for column in columns]


def _key(sort: str) -> Any:
    """The key of a line by the way of sorting, from the columns of a task and its case."""
    if sort == "due":
        return lambda mine: func.coalesce(mine.c.due_at, literal(_FAR, Instant))
    if sort == "risk":
        return _risk
    return lambda _mine: literal(_EPOCH, Instant)


def _risk(mine: CTE) -> ColumnElement[datetime]:
    """The first limit that could be missed: of the task, or the one the case is measured by."""
    own = func.coalesce(mine.c.due_at, literal(_FAR, Instant))
    whole = func.coalesce(_EndOfDay(Case.due_on), literal(_FAR, Instant))
    return case((own <= whole, own), else_=whole)


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
