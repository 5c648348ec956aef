"""FEEL's types: the kinds of values, type expressions, conformance and implicit conversion.

Invariant: a kind is decided by the Python type alone; no method of a foreign object is called.
Source: DMN 1.5, 10.3.2.9 and 10.3.2.14.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

from engine.feel.errors import Problem
from engine.values import YearsMonths

DECIMAL: Final = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[DivisionByZero, InvalidOperation, Overflow],
)
"""The arithmetic of the language: 34 digits, as IEEE 754 decimal128."""

DATE_TIME: Final = "date and time"
DAYS: Final = "days and time duration"
MONTHS: Final = "years and months duration"

CHINESE: Final = {
    "boolean": "布尔值",
    "number": "数字",
    "string": "字符串",
    "date": "日期",
    "time": "时间",
    DATE_TIME: "日期时间",
    DAYS: "天时分秒时长",
    MONTHS: "年月时长",
    "list": "列表",
    "context": "上下文",
    "range": "区间",
    "function": "函数",
    "null": "空值",
    "any": "任意值",
}


@dataclass(frozen=True, slots=True)
class FeelType:
    """A type expression; `name` is a kind, or the name of an item definition yet to be looked up.

    `check` is what else a value must meet (allowed values); `label` what an author calls the type.
    """

    name: str
    items: tuple["FeelType", ...] = ()
    entries: tuple[tuple[str, "FeelType"], ...] = ()
    check: Callable[[Any], bool] | None = field(default=None, compare=False)
    label: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.label or CHINESE.get(self.name, self.name)


ANY: Final = FeelType("any")

WRITTEN: Final = {
    "any": "any", "Any": "any", "null": "null", "Null": "null", "number": "number",
    "string": "string", "boolean": "boolean", "date": "date", "time": "time", "list": "list",
    "context": "context", "function": "function", "range": "range", "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS, "yearMonthDuration": MONTHS,
    DATE_TIME: DATE_TIME, DAYS: DAYS, MONTHS: MONTHS,
}  # fmt: skip
"""How authors write the names of kinds."""


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; None as an end means unbounded there."""

    start: Any
    end: Any
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A callable value of the language: a literal, or one of ours by name."""

    parameters: tuple[tuple[str, FeelType | None], ...]
    invoke: Callable[[Any, list[Any]], Any]
    name: str = ""
    result: FeelType | None = None


_KINDS: Final[dict[type, str]] = {
    bool: "boolean",
    int: "number",
    Decimal: "number",
    float: "number",
    str: "string",
    date: "date",
    time: "time",
    datetime: DATE_TIME,
    timedelta: DAYS,
    YearsMonths: MONTHS,
    list: "list",
    tuple: "list",
    dict: "context",
    Range: "range",
    Function: "function",
    type(None): "null",
}


def kind(value: Any) -> str:
    """The name of a value's type; "unknown" for what is not plain data."""
    found = _KINDS.get(type(value))
    if found:
        return found
    if isinstance(value, Mapping):
        return "context"
    for base in (str, Decimal, list):
        if isinstance(value, base):
            return _KINDS[base]
    return "unknown"


def chinese(value: Any) -> str:
    """What a value is, for a message."""
    return CHINESE.get(kind(value), "无法识别的数据")


def conforms(value: Any, wanted: FeelType) -> bool:
    """Whether a value is an instance of a type; null is an instance of Any and Null alone."""
    found = kind(value)
    if wanted.name == "any":
        good = value is not None
    elif found != wanted.name:
        good = found in _GENERAL.get(wanted.name, ())
    else:
        inner = _INNER.get(found)
        good = inner is None or inner(value, wanted)
    return good and (wanted.check is None or wanted.check(value))


_GENERAL: Final = {"days duration": (DAYS,), "duration": (DAYS, MONTHS)}


def _list_conforms(value: Any, wanted: FeelType) -> bool:
    return not wanted.items or all(fits(item, wanted.items[0]) for item in value)


def _context_conforms(value: Any, wanted: FeelType) -> bool:
    return all(key in value and fits(value[key], inner) for key, inner in wanted.entries)


def _range_conforms(value: Range, wanted: FeelType) -> bool:
    ends = [end for end in (value.start, value.end) if end is not None]
    return not wanted.items or all(conforms(end, wanted.items[0]) for end in ends)


def _function_conforms(value: Function, wanted: FeelType) -> bool:
    if not wanted.items or value.name:
        return True
    *parameters, result = wanted.items
    if len(parameters) != len(value.parameters):
        return False
    # parameters the other way round: what is asked for must be accepted by the function
    accepted = all(
        narrower(asked, declared or ANY)
        for asked, (_, declared) in zip(parameters, value.parameters, strict=True)
    )
    # what a function literal gives is known only when it is called
    return accepted and (value.result is None or narrower(value.result, result))


_INNER: Final[dict[str, Callable[[Any, FeelType], bool]]] = {
    "list": _list_conforms,
    "context": _context_conforms,
    "range": _range_conforms,
    "function": _function_conforms,
}


def fits(value: Any, wanted: FeelType) -> bool:
    """Whether a value may stand where a type is declared: null may stand anywhere."""
    return value is None or conforms(value, wanted)


def resolve(wanted: FeelType, types: Mapping[str, FeelType] | None) -> FeelType:
    """A type expression with the names of item definitions replaced by what they mean."""
    if wanted.name not in CHINESE and wanted.name not in _GENERAL:
        found = (types or {}).get(wanted.name)
        if found is None:
            raise Problem(f"没有名为『{wanted.name}』的类型")
        return found
    if not wanted.items and not wanted.entries:
        return wanted
    items = tuple(resolve(item, types) for item in wanted.items)
    entries = tuple((key, resolve(inner, types)) for key, inner in wanted.entries)
    return replace(wanted, items=items, entries=entries)


def bare(wanted: FeelType) -> FeelType:
    """A type without its allowed values: these restrict a value, they do not make its type."""
    items = tuple(bare(item) for item in wanted.items)
    entries = tuple((key, bare(inner)) for key, inner in wanted.entries)
    return replace(wanted, items=items, entries=entries, check=None)


def narrower(one: FeelType, other: FeelType) -> bool:
    """Whether every value of one type is a value of the other."""
    if other.name == "any" or one.name == "null":
        return True
    if one.name != other.name or len(one.items) < len(other.items):
        return False
    mine = dict(one.entries)
    return all(narrower(a, b) for a, b in zip(one.items, other.items, strict=False)) and all(
        key in mine and narrower(mine[key], inner) for key, inner in other.entries
    )


def coerce(value: Any, wanted: FeelType) -> tuple[Any, bool]:
    """A value as a type wants it, by the implicit conversions of the standard; and whether it fits.

    Source: DMN 1.5, 10.3.2.9.4 (singleton lists both ways, date to date and time).
    """
    if fits(value, wanted):
        return value, True
    if isinstance(value, list) and len(value) == 1 and fits(value[0], wanted):
        return value[0], True
    if wanted.name == "list" and not isinstance(value, list) and fits([value], wanted):
        return [value], True
    if wanted.name == DATE_TIME and kind(value) == "date":
        return midnight(value), True
    return None, False


def midnight(day: date) -> datetime:
    """A date as date and time: midnight UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
