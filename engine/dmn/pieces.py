"""The values of an ordered type cut at the marks that the cells of a column name.

Invariant: pieces are in order, none is empty, each has a sample inside; days and months are counted
in whole ones, everything else has always something between two values.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel import YearsMonths
from engine.feel.kinds import DATE_TIME, DAYS, MONTHS

_STEPS: Final[dict[str, Any]] = {
    "number": Decimal(1),
    "date": timedelta(days=1),
    DATE_TIME: timedelta(days=1),
    DAYS: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of a column's values; `low` to `high` of an ordered one, equal for one value.

    `silent` pieces are values that no cell and no type names: a table need not answer for them.
    """

    sample: Any
    low: Any = None
    high: Any = None
    silent: bool = False


def pieces(marks: list[Any], wanted: str, *, whole: bool) -> list[Atom]:
    """The pieces between and at some marks of an ordered type, in order; `whole` numbers from 0."""
    if not marks:
        return [Atom(_some(wanted))]
    found = []
    for before, mark in zip([None, *marks], marks, strict=False):
        found.append(_between(before, mark, wanted))
        found.append(Atom(mark, mark, mark))
    found.append(_between(marks[-1], None, wanted))
    kept = [atom for atom in found if atom is not None]
    return [atom for atom in map(_whole, kept) if atom is not None] if whole else kept


def _some(wanted: str) -> Any:
    return {
        "number": Decimal(0),
        "date": date(2000, 1, 1),
        "time": time(0),
        DATE_TIME: datetime(2000, 1, 1, tzinfo=UTC),
        DAYS: timedelta(0),
        MONTHS: YearsMonths(0),
    }[wanted]


def _between(low: Any, high: Any, wanted: str) -> Atom | None:
    """The open piece between two marks, None for no end; None if nothing lies in it."""
    try:
        sample = _inside(low, high, wanted)
    except OverflowError:
        return None
    if sample is None or sample in (low, high):
        return None
    return Atom(sample, low, high)


def _inside(low: Any, high: Any, wanted: str) -> Any:
    if wanted == "time":
        return _time_inside(low, high)
    if wanted == MONTHS:
        first = high.months - 2 if low is None else low.months
        last = low.months + 2 if high is None else high.months
        return YearsMonths((first + last) // 2)
    if low is None:
        return high - _STEPS[wanted]
    if high is None:
        return low + _STEPS[wanted]
    if wanted == "date":
        return low + timedelta(days=(high - low).days // 2)
    return low + (high - low) / 2


def _time_inside(low: time | None, high: time | None) -> time | None:
    zone = (low or high or time()).tzinfo
    first = datetime.combine(date(2000, 1, 1), low or time(0, tzinfo=zone))
    last = datetime.combine(date(2000, 1, 1), high or time(23, 59, 59, 999_999, tzinfo=zone))
    found = (first + (last - first) / 2).timetz()
    at_end = low is None and high is not None and high.replace(tzinfo=None) == time()
    return None if at_end else found


def _whole(atom: Atom) -> Atom | None:
    """The piece with a whole number from 0 as its sample, if there is one in it."""
    if atom.low is not None and atom.low == atom.high:
        return atom if atom.low >= 0 and atom.low == int(atom.low) else None
    first = Decimal(0) if atom.low is None else max(Decimal(0), Decimal(int(atom.low) + 1))
    if atom.low is not None and atom.low < 0:
        first = Decimal(0)
    if atom.high is not None and first >= atom.high:
        return None
    return Atom(first, atom.low, atom.high)
