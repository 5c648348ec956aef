"""Conversion between kinds. Source: DMN 1.5, 10.3.4.1 and tables 73-74."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel import moments, operators
from engine.feel.errors import Problem
from engine.feel.kinds import DECIMAL, Function, Range, kind
from engine.feel.registry import builtin
from engine.feel.runtime import Runtime
from engine.values import YearsMonths

_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_IDENTIFIER: Final = re.compile(r"[^\W0-9]\w*")


def number_text(value: Any) -> str:
    """A number without exponent and without zeros at its end: equal numbers, equal texts."""
    text = format(operators.number(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def text_of(value: Any, runtime: Runtime, *, inner: bool = False) -> str:
    """Any value as text; strings inside lists and contexts are quoted."""
    runtime.charge(1)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"' if inner else value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | Mapping | Range | Function):
        return str(runtime.sized(_box_text(value, runtime)))
    return number_text(value) if kind(value) == "number" else moments.text_of(value)


def _box_text(value: Any, runtime: Runtime) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(text_of(item, runtime, inner=True) for item in value) + "]"
    if isinstance(value, Mapping):
        parts = (f"{_key(k)}: {text_of(v, runtime, inner=True)}" for k, v in value.items())
        return "{" + ", ".join(parts) + "}"
    return _range_text(value, runtime) if isinstance(value, Range) else "function"


def _key(key: str) -> str:
    return key if _IDENTIFIER.fullmatch(key) else f'"{key}"'


def _range_text(value: Range, runtime: Runtime) -> str:
    if value.start is None:
        return f"({'<=' if value.end_included else '<'} {text_of(value.end, runtime, inner=True)})"
    if value.end is None:
        sign = ">=" if value.start_included else ">"
        return f"({sign} {text_of(value.start, runtime, inner=True)})"
    ends = (text_of(end, runtime, inner=True) for end in (value.start, value.end))
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{'..'.join(ends)}{closing}"


@builtin("string", "from")
def _string(runtime: Runtime, value: Any) -> str | None:
    return None if value is None else text_of(value, runtime)


@builtin("number", "from: string|number")
def _number(_runtime: Runtime, value: Any) -> Decimal:
    if not isinstance(value, str):
        return operators.number(value)
    if not _NUMBER.fullmatch(value):
        raise Problem(f"『{value[:40]}』不是数字")
    return DECIMAL.create_decimal(value)


@builtin("number", "from: string, grouping separator, decimal separator")
def _grouped(runtime: Runtime, value: str, grouping: Any, point: Any) -> Decimal:
    if grouping not in {None, " ", ",", "."} or point not in {None, ",", "."}:
        raise Problem("分组符应为空格、逗号或句点，小数点应为逗号或句点")
    if grouping is not None and grouping == point:
        raise Problem("分组符与小数点不能相同")
    plain = value.replace(grouping, "") if grouping else value
    number: Decimal = _number(runtime, plain.replace(point, ".") if point else plain)
    return number


@builtin("date", "from: string|date|date and time")
def _date(_runtime: Runtime, value: Any) -> date:
    if isinstance(value, str):
        return moments.parse_date(value)
    return value.date() if isinstance(value, datetime) else value


@builtin("date", "year: number, month: number, day: number")
def _date_of(_runtime: Runtime, year: Any, month: Any, day: Any) -> date:
    return moments.make_date(whole(year), whole(month), whole(day))


def whole(value: Any) -> int:
    """A number without its fraction, of a size that can be counted with."""
    if abs(value) > 10**12:
        raise Problem("数字过大")
    return int(value)


@builtin("time", "from: string|time|date and time")
def _time(_runtime: Runtime, value: Any) -> time:
    if isinstance(value, str):
        return moments.parse_time(value)
    return value.timetz() if isinstance(value, datetime) else value


@builtin(
    "time", "hour: number, minute: number, second: number, offset?: days and time duration|null"
)
def _time_of(
    _runtime: Runtime, hour: Any, minute: Any, second: Any, offset: timedelta | None = None
) -> time:
    zone = None if offset is None else moments.offset_zone(offset)
    seconds = whole(second)
    micro = int((Decimal(second) - seconds) * 1_000_000)
    try:
        return time(whole(hour), whole(minute), seconds, micro, tzinfo=zone)
    except ValueError as reason:
        raise Problem("时、分、秒超出范围") from reason


@builtin("date and time", "from: string|date and time")
def _date_time(_runtime: Runtime, value: Any) -> datetime:
    return moments.parse_date_time(value) if isinstance(value, str) else value


@builtin("date and time", "date: date|date and time, time: time")
def _date_time_of(_runtime: Runtime, day: date, clock: time) -> datetime:
    return datetime(
        day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.microsecond,
        tzinfo=clock.tzinfo,
    )  # fmt: skip


@builtin("date and time", "date: date and time, timezone: string")
def _in_zone(_runtime: Runtime, moment: datetime, name: str) -> datetime:
    zone = moments.zone(f"@{name}")
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


@builtin("duration", "from: string|days and time duration|years and months duration")
def _duration(_runtime: Runtime, value: Any) -> timedelta | YearsMonths:
    return moments.parse_duration(value) if isinstance(value, str) else value


@builtin("years and months duration", "from: date|date and time, to: date|date and time")
def _months_between(_runtime: Runtime, start: date, end: date) -> YearsMonths:
    months = (end.year - start.year) * 12 + end.month - start.month
    # whole months by the calendar: the time of day does not count
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return YearsMonths(months)
