"""Dates, times and durations: reading, writing, properties.

Invariant: what `text` writes, the readers read back to an equal value.
Source: DMN 1.5, 10.3.2.3.4-8 and table 65; lexical forms of XML Schema 1.1.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.feel.errors import Problem
from engine.feel.kinds import DATE_TIME, DAYS, MONTHS, kind
from engine.values import YearsMonths

_DATE: Final = re.compile(r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})")
_TIME: Final = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+\-/]+)?"
)
_MONTHS: Final = re.compile(r"(-)?P(?:([0-9]+)Y)?(?:([0-9]+)M)?")
_DAYS: Final = re.compile(
    r"(-)?P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]+))?S)?)?"
)
_MOST_OFFSET: Final = timedelta(hours=18)


def parse_date(text: str) -> date:
    """`2026-11-22`."""
    found = _DATE.fullmatch(text)
    if not found:
        raise Problem(f"『{text[:40]}』不是日期（应为 YYYY-MM-DD）")
    return make_date(int(found[1]), int(found[2]), int(found[3]))


def make_date(year: int, month: int, day: int) -> date:
    """A date of the calendar from 0001 to 9999; others do not occur in administration."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError) as reason:
        raise Problem(f"没有 {year} 年 {month} 月 {day} 日这一天") from reason


def parse_time(text: str) -> time:
    """`10:30:00`, with fraction, offset or `@zone`."""
    found = _TIME.fullmatch(text)
    if not found:
        raise Problem(f"『{text[:40]}』不是时间（应为 hh:mm:ss）")
    hour = 0 if found[1] == "24" and found[2] == found[3] == "00" else int(found[1])
    try:
        micro = _micro(found[4])
        return time(hour, int(found[2]), int(found[3]), micro, tzinfo=zone(found[5]))
    except ValueError as reason:
        raise Problem(f"『{text[:40]}』不是时间（应为 hh:mm:ss）") from reason


def parse_date_time(text: str) -> datetime:
    """`2026-11-22T10:30:00`, or a date alone for its midnight."""
    day, separator, rest = text.partition("T")
    if not separator:
        return datetime.combine(parse_date(day), time())
    moment = datetime.combine(parse_date(day), parse_time(rest))
    if rest.startswith("24:"):
        moment = shift(moment, timedelta(days=1))
    return moment


def shift(moment: Any, by: timedelta) -> Any:
    """A date or date and time later or earlier."""
    try:
        return moment + by
    except OverflowError as reason:
        raise Problem("结果超出可表示的日期范围") from reason


def _micro(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


@lru_cache(maxsize=512)
def zone(text: str | None) -> tzinfo | None:
    """`Z`, an offset, or `@` with a name of the zone data base."""
    if not text:
        return None
    if text == "Z":
        return UTC
    if text.startswith("@"):
        try:
            return ZoneInfo(text[1:])
        except (ValueError, OSError, KeyError) as reason:
            raise Problem(f"没有名为『{text[1:]}』的时区") from reason
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    size = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    if size > _MOST_OFFSET or minutes > 59 or (seconds and seconds[0] > 59):
        raise Problem(f"时区偏移『{text}』超出范围")
    return offset_zone(-size if text.startswith("-") else size)


def offset_zone(offset: timedelta) -> tzinfo:
    """The zone of a fixed offset."""
    try:
        return UTC if not offset else timezone(offset)
    except ValueError as reason:
        raise Problem("时区偏移超出范围") from reason


def parse_duration(text: str) -> timedelta | YearsMonths:
    """`P1Y2M` or `P1DT2H3M4.5S`, with an optional minus in front."""
    if text.endswith(("P", "T")):
        raise Problem(f"『{text[:40]}』不是时长（如 P5D、PT2H、P1Y6M）")
    found = _MONTHS.fullmatch(text)
    if found:
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        if months > 12_000_000_000:
            raise Problem("时长超出可表示的范围")
        return YearsMonths(-months if found[1] else months)
    found = _DAYS.fullmatch(text)
    if not found:
        raise Problem(f"『{text[:40]}』不是时长（如 P5D、PT2H、P1Y6M）")
    days, hours, minutes, seconds = (int(part or 0) for part in found.group(2, 3, 4, 5))
    try:
        size = timedelta(days, seconds, _micro(found[6]), 0, minutes, hours)
    except OverflowError as reason:
        raise Problem("时长超出可表示的范围") from reason
    return -size if found[1] else size


def any_moment(text: str) -> Any:
    """What `@"…"` writes: a duration, date and time, time, or date."""
    if text.startswith(("P", "-P")):
        return parse_duration(text)
    if "T" in text.partition("@")[0]:
        return parse_date_time(text)
    return parse_time(text) if ":" in text[:3] else parse_date(text)


# ---------------------------------------------------------------------- writing


def text_of(value: Any) -> str:
    """A temporal value as the readers read it."""
    found = kind(value)
    if found == "time":
        return _time_text(value)
    if found == DATE_TIME:
        return f"{_date_text(value)}T{_time_text(value)}"
    if found == "date":
        return _date_text(value)
    return _days_text(value) if found == DAYS else str(value)


def _date_text(value: date) -> str:
    return f"{value.year:04}-{value.month:02}-{value.day:02}"


def _time_text(value: time | datetime) -> str:
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    if value.microsecond:
        text += f".{value.microsecond:06}".rstrip("0")
    if isinstance(value.tzinfo, ZoneInfo):
        return f"{text}@{value.tzinfo.key}"
    offset = value.utcoffset()
    if offset is None:
        return text
    return text + ("Z" if not offset else _offset_text(offset))


def _offset_text(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, seconds = "-" if seconds < 0 else "+", abs(seconds)
    text = f"{sign}{seconds // 3600:02}:{seconds % 3600 // 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def _days_text(value: timedelta) -> str:
    sign, size = ("-", -value) if value < timedelta(0) else ("", value)
    hours, rest = divmod(size.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{size.microseconds:06}".rstrip("0") if size.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or fraction:
        clock += f"{seconds}{fraction}S"
    days = f"{size.days}D" if size.days else ""
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days}" if days else "PT0S"


# ---------------------------------------------------------------------- properties


def _offset(value: Any) -> timedelta | None:
    found: timedelta | None = value.utcoffset()
    return found


def _zone_name(value: Any) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _seconds(value: timedelta) -> int:
    """Whole seconds of a duration without its sign."""
    return int(abs(value).total_seconds())


def _signed(value: timedelta, size: int) -> int:
    return -size if value < timedelta(0) else size


def _of_months(value: YearsMonths, *, years: bool) -> int:
    size = abs(value.months) // 12 if years else abs(value.months) % 12
    return -size if value.months < 0 else size


_DATE_PROPERTIES: Final[dict[str, Any]] = {
    "year": lambda v: v.year,
    "month": lambda v: v.month,
    "day": lambda v: v.day,
    "weekday": lambda v: v.isoweekday(),
}
_TIME_PROPERTIES: Final[dict[str, Any]] = {
    "hour": lambda v: v.hour,
    "minute": lambda v: v.minute,
    "second": lambda v: v.second,
    "time offset": _offset,
    "timezone": _zone_name,
}
PROPERTIES: Final[dict[str, dict[str, Any]]] = {
    # a date is the midnight of its day in UTC where a time of it is asked for
    "date": _DATE_PROPERTIES
    | {"hour": lambda _: 0, "minute": lambda _: 0, "second": lambda _: 0}
    | {"time offset": lambda _: timedelta(0), "timezone": lambda _: None},
    "time": _TIME_PROPERTIES,
    DATE_TIME: _DATE_PROPERTIES | _TIME_PROPERTIES,
    DAYS: {
        "days": lambda v: _signed(v, _seconds(v) // 86400),
        "hours": lambda v: _signed(v, _seconds(v) % 86400 // 3600),
        "minutes": lambda v: _signed(v, _seconds(v) % 3600 // 60),
        "seconds": lambda v: _signed(v, _seconds(v) % 60),
    },
    MONTHS: {
        "years": lambda v: _of_months(v, years=True),
        "months": lambda v: _of_months(v, years=False),
    },
}
