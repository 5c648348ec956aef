"""Lists in an order, and their pages, each found by the key of its neighbour.

Invariant: what has no value to be sorted by comes last whichever way a list goes, and equal values
by their ids, on SQLite and PostgreSQL alike; so the pages of a list hold each of its rows once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

T = TypeVar("T")
Value = str | date | datetime | None

PART: Final = 500
"""How many rows are read at a time by who reads a whole list."""
_MOST: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class Place:
    """The neighbour of a page: its id and its value; `back`: the page ends before it."""

    id: int
    value: Value = None
    back: bool = False

    def __str__(self) -> str:
        """The place as an address keeps it: `7`, `7~b`, `7~f~2026-11-30`."""
        if self.value is None:
            return f"{self.id}~b" if self.back else str(self.id)
        value = self.value if isinstance(self.value, str) else self.value.isoformat()
        return f"{self.id}~{'b' if self.back else 'f'}~{value}"


def place(text: str | None, kind: type = str) -> Place | None:
    """The place that an address keeps, its value of a kind; None for what is none."""
    number, _tilde, rest = (text or "").partition("~")
    way, told, value = rest.partition("~")
    if not (number.isascii() and number.isdigit() and way in ("", "f", "b")):
        return None
    found = Place(int(number), back=way == "b")
    if found.id >= _MOST:
        return None
    if not told:
        return found
    read = _read(value, kind)
    return None if read is None else replace(found, value=read)


def _read(text: str, kind: type) -> Value:
    if "\x00" in text:
        return None  # nothing that PostgreSQL could compare
    try:
        if kind is datetime:
            return datetime.fromisoformat(text).astimezone(UTC)
        return date.fromisoformat(text) if kind is date else text
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a list along one index."""

    where: Sequence[ColumnElement[bool]]
    order: Sequence[ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: a value, if any, and the id, both up or both down."""

    id: Any
    value: Any = None
    down: bool = False

    def clauses(self, at: Place | None = None) -> list[ColumnElement[Any]]:
        """By what a query is sorted that reads everything; backwards from a place that says so."""
        if self.value is None:
            return self._along(at, self.id)
        empty = self.value.is_(None)
        return [empty.desc() if _back(at) else empty.asc(), *self._along(at, self.value, self.id)]

    def beyond(self, at: Place) -> ColumnElement[bool]:
        """What lies behind a place in its direction."""
        if self.value is None:
            return self._further(at)
        if at.value is None:
            here = and_(self.value.is_(None), self._further(at))
            return or_(self.value.is_not(None), here) if at.back else here
        there = self._further_by_value(at)
        return there if at.back else or_(self.value.is_(None), there)

    def segment(self, at: Place | None, *, valued: bool) -> Segment:
        """The stretch with values or without, from a place on if that is in it."""
        order = (self.value, self.id) if valued else (self.id,)
        where: list[ColumnElement[bool]] = []
        if self.value is not None:
            where.append(self.value.is_not(None) if valued else self.value.is_(None))
        if at is not None and valued is (at.value is not None):
            where.append(self._further_by_value(at) if valued else self._further(at))
        return Segment(where, self._along(at, *order))

    def _falls(self, at: Place | None) -> bool:
        return self.down is not _back(at)

    def _along(self, at: Place | None, *columns: Any) -> list[ColumnElement[Any]]:
        return [one.desc() if self._falls(at) else one.asc() for one in columns]

    def _further(self, at: Place) -> ColumnElement[bool]:
        further: ColumnElement[bool] = self.id < at.id if self._falls(at) else self.id > at.id
        return further

    def _further_by_value(self, at: Place) -> ColumnElement[bool]:
        """As a range of an index, narrowed where values are equal."""
        if self._falls(at):
            return and_(self.value <= at.value, or_(self.value < at.value, self._further(at)))
        return and_(self.value >= at.value, or_(self.value > at.value, self._further(at)))


def stretches(at: Place | None) -> list[bool]:
    """What is read from a place on, in turn: True the rows with a value, False those without."""
    begun = at is not None and at.value is None
    if _back(at):
        return [False, True] if begun else [True]
    return [False] if begun else [True, False]


@dataclass(frozen=True, slots=True)
class Lines:
    """The ids of a page in their order, how many the list has, and the places of its neighbours."""

    ids: Sequence[int]
    total: int
    previous: Place | None = None
    next: Place | None = None


def cut(found: Sequence[tuple[int, Any]], total: int, *, limit: int, at: Place | None) -> Lines:
    """The page of the ids and values that were found, one more than it has if there are more."""
    more, shown = len(found) > limit, list(found[:limit])
    if _back(at):
        shown.reverse()
    if not shown:
        return Lines((), total)
    first, last = (Place(*shown[index]) for index in (0, -1))
    begun = more if _back(at) else at is not None
    return Lines(
        [one for one, _value in shown],
        total,
        replace(first, back=True) if begun else None,
        last if _back(at) or more else None,
    )


def parts(
    reading: Callable[[], AbstractContextManager[Session]],
    ids: Sequence[int],
    act: Callable[[Session, Sequence[int]], Iterable[T]],
) -> Iterator[T]:
    """What `act` makes of all rows of a list, part by part: there may be many.

    Each part has a session of its own, which `reading` opens; what is gone by then is left out.
    """
    for begun in range(0, len(ids), PART):
        with reading() as session:
            made = list(act(session, ids[begun : begun + PART]))
        yield from made


def _back(at: Place | None) -> bool:
    return at is not None and at.back
