"""Equality, order and arithmetic, by the kinds of both sides.

Invariant: operands of kinds that do not belong together give null (a Problem with the reason), they
are never converted silently.
Source: DMN 1.5, 10.3.2.13 (equality), tables 50-57.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel import moments
from engine.feel.errors import Problem
from engine.feel.kinds import (
    DATE_TIME,
    DAYS,
    DECIMAL,
    MONTHS,
    Function,
    Range,
    chinese,
    kind,
    midnight,
)
from engine.feel.runtime import Runtime
from engine.values import YearsMonths

_DURATIONS: Final = (DAYS, MONTHS)
_MOMENTS: Final = frozenset({"date", DATE_TIME, "time"})


def number(value: Any) -> Decimal:
    """A number in the language's own form."""
    if isinstance(value, float):
        return DECIMAL.create_decimal(repr(value))
    return DECIMAL.create_decimal(value)


# ---------------------------------------------------------------------- equality


def equal(a: Any, b: Any, runtime: Runtime) -> bool | None:
    """`a = b`: null for kinds that cannot be compared, never an error."""
    if a is None or b is None:
        return a is b
    one, other = kind(a), kind(b)
    if one != other:
        return None
    inner = _EQUAL.get(one)
    if inner:
        return inner(a, b, runtime)
    return None if one == "unknown" else bool(a == b)


def _equal_lists(a: list[Any], b: list[Any], runtime: Runtime) -> bool | None:
    if len(a) != len(b):
        return False
    runtime.charge(len(a))
    return all(equal(x, y, runtime) for x, y in zip(a, b, strict=True))


def _equal_contexts(a: Mapping[str, Any], b: Mapping[str, Any], runtime: Runtime) -> bool | None:
    if a.keys() != b.keys():
        return False
    runtime.charge(len(a))
    return all(equal(a[key], b[key], runtime) for key in a)


def _equal_ranges(a: Range, b: Range, runtime: Runtime) -> bool | None:
    if (a.start_included, a.end_included) != (b.start_included, b.end_included):
        return False
    return bool(equal(a.start, b.start, runtime) and equal(a.end, b.end, runtime))


def _equal_functions(a: Function, b: Function, _runtime: Runtime) -> bool | None:
    return a is b


def _equal_clocks(a: Any, b: Any, _runtime: Runtime) -> bool | None:
    return bool(a == b)


_EQUAL: Final[dict[str, Callable[[Any, Any, Runtime], bool | None]]] = {
    "list": _equal_lists,
    "context": _equal_contexts,
    "range": _equal_ranges,
    "function": _equal_functions,
    "time": _equal_clocks,
}

# ---------------------------------------------------------------------- order

_DIRECT: Final = frozenset({Decimal, str, date, timedelta, YearsMonths})
_ORDERED: Final = frozenset({"number", "string", "date", "time", DATE_TIME, DAYS, MONTHS})
ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def ordered(sign: str, a: Any, b: Any) -> bool:
    """`a < b` and its kin; a Problem for kinds without a common order."""
    if type(a) is type(b) and type(a) in _DIRECT:
        return ORDERS[sign](a, b)
    one, other = kind(a), kind(b)
    if one == other and one in _ORDERED:
        if one in {"time", DATE_TIME} and (a.utcoffset() is None) != (b.utcoffset() is None):
            # neither zone could be assumed for the other without being wrong by hours at times
            raise Problem("带时区与不带时区的时间不能比较")
        return ORDERS[sign](a, b)
    raise Problem(f"{chinese(a)}与{chinese(b)}不能用『{sign}』比较")


def _moment(value: Any) -> Any:
    return value if isinstance(value, datetime) else midnight(value)


# ---------------------------------------------------------------------- arithmetic


def add(a: Any, b: Any) -> Any:
    """`a + b`."""
    one, other = kind(a), kind(b)
    if one == other == "number":
        return DECIMAL.add(number(a), number(b))
    if one == other == "string":
        return a + b
    if other in _DURATIONS:
        return _add_duration(a, b, one, other)
    if one in _DURATIONS and other in _MOMENTS:
        return _add_duration(b, a, other, one)
    raise _cannot("+", a, b)


def _add_duration(a: Any, b: Any, one: str, other: str) -> Any:
    if one == other == MONTHS:
        return YearsMonths(a.months + b.months)
    if one == other == DAYS:
        return moments.shift(a, b)
    if one in {"date", DATE_TIME} and other == MONTHS:
        return add_months(a, b.months)
    if one == DATE_TIME:
        return moments.shift(a, b)
    if one == "date":
        return (moments.shift(midnight(a), b)).date()
    if one == "time" and other == DAYS:
        return _shift_time(a, b)
    raise _cannot("+", a, b)


def add_months(moment: Any, months: int) -> Any:
    """A date some months later; the day is cut to the end of a shorter month."""
    total = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(total, 12)
    if not 1 <= year <= 9999:
        raise Problem("结果超出可表示的日期范围")
    return moment.replace(
        year=year, month=month + 1, day=min(moment.day, month_days(year, month + 1))
    )


def month_days(year: int, month: int) -> int:
    """How many days a month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def _shift_time(moment: time, by: timedelta) -> time:
    start = datetime.combine(date(2000, 1, 1), moment.replace(tzinfo=None))
    by = timedelta(seconds=by.seconds, microseconds=by.microseconds)
    return (start + by).time().replace(tzinfo=moment.tzinfo)


def subtract(a: Any, b: Any) -> Any:
    """`a - b`."""
    one, other = kind(a), kind(b)
    if one == other == "number":
        return DECIMAL.subtract(number(a), number(b))
    if other == DAYS:
        return _add_duration(a, -b, one, other)
    if other == MONTHS:
        return _add_duration(a, YearsMonths(-b.months), one, other)
    if one == other == "date":
        return a - b
    if {one, other} <= {"date", DATE_TIME}:
        return _distance(_moment(a), _moment(b))
    if one == other == "time":
        day = date(2000, 1, 1)
        return _distance(datetime.combine(day, a), datetime.combine(day, b))
    raise _cannot("-", a, b)


def _distance(a: datetime, b: datetime) -> timedelta:
    if (a.utcoffset() is None) != (b.utcoffset() is None):
        raise Problem("带时区与不带时区的时刻不能相减")
    if a.utcoffset() is None:
        return a - b
    # Python subtracts the wall clocks of one zone, even across a change of its offset
    return a.astimezone(UTC) - b.astimezone(UTC)


def multiply(a: Any, b: Any) -> Any:
    """`a * b`."""
    one, other = kind(a), kind(b)
    if one == other == "number":
        return DECIMAL.multiply(number(a), number(b))
    if one in _DURATIONS and other == "number":
        return _scale(a, number(b))
    if one == "number" and other in _DURATIONS:
        return _scale(b, number(a))
    raise _cannot("*", a, b)


def divide(a: Any, b: Any) -> Any:
    """`a / b`."""
    one, other = kind(a), kind(b)
    if other == "number" and one == "number":
        return DECIMAL.divide(number(a), _divisor(number(b)))
    if other == "number" and one in _DURATIONS:
        return _scale(a, DECIMAL.divide(Decimal(1), _divisor(number(b))), exact=(a, number(b)))
    if one == other == MONTHS:
        return DECIMAL.divide(Decimal(a.months), _divisor(Decimal(b.months)))
    if one == other == DAYS:
        return DECIMAL.divide(_micros(a), _divisor(_micros(b)))
    raise _cannot("/", a, b)


def _divisor(value: Decimal) -> Decimal:
    if not value:
        raise Problem("除数为零")
    return value


def _micros(value: timedelta) -> Decimal:
    return Decimal(value // timedelta(microseconds=1))


def _scale(value: Any, by: Decimal, exact: tuple[Any, Decimal] | None = None) -> Any:
    size = Decimal(value.months) if isinstance(value, YearsMonths) else _micros(value)
    scaled = DECIMAL.divide(size, exact[1]) if exact else DECIMAL.multiply(size, by)
    if abs(scaled) > Decimal(10) ** 20:
        raise Problem("时长超出可表示的范围")
    if isinstance(value, YearsMonths):
        return YearsMonths(int(scaled))
    try:
        return timedelta(microseconds=int(scaled))
    except OverflowError as reason:
        raise Problem("时长超出可表示的范围") from reason


def power(a: Any, b: Any) -> Any:
    """`a ** b`."""
    if kind(a) == kind(b) == "number":
        return DECIMAL.power(number(a), number(b))
    raise _cannot("**", a, b)


def negate(value: Any) -> Any:
    """`-a`."""
    found = kind(value)
    if found == "number":
        return DECIMAL.minus(number(value))
    if found == DAYS:
        return -value
    if found == MONTHS:
        return YearsMonths(-value.months)
    raise Problem(f"{chinese(value)}不能取负")


def _cannot(sign: str, a: Any, b: Any) -> Problem:
    return Problem(f"{chinese(a)}与{chinese(b)}不能作『{sign}』运算")


ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}


# ---------------------------------------------------------------------- ranges


def within(value: Any, bounds: Range) -> bool | None:
    """Whether a value lies in a range; a Problem where they have no common order."""
    if value is None or (bounds.start is None and bounds.end is None):
        return None
    above = bounds.start is None or ordered(
        ">=" if bounds.start_included else ">", value, bounds.start
    )
    below = bounds.end is None or ordered("<=" if bounds.end_included else "<", value, bounds.end)
    return above and below
