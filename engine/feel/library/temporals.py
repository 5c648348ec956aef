"""Dates and times. Source: DMN 1.5, 10.3.4.6, 10.3.4.9 and 10.3.4.11."""

from datetime import date, datetime
from typing import Any, Final

from engine import clock
from engine.feel.kinds import kind
from engine.feel.operators import month_days
from engine.feel.registry import builtin
from engine.feel.runtime import Runtime

_DAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAY: Final = "date: date|date and time"


@builtin("now", "")
def _now(_runtime: Runtime) -> datetime:
    # in Shanghai, so that its date is the legal date
    return clock.now().astimezone(clock.SHANGHAI)


@builtin("today", "")
def _today(_runtime: Runtime) -> date:
    return clock.today()


@builtin("day of year", _DAY)
def _day_of_year(_runtime: Runtime, day: date) -> int:
    return day.timetuple().tm_yday


@builtin("day of week", _DAY)
def _day_of_week(_runtime: Runtime, day: date) -> str:
    return _DAYS[day.weekday()]


@builtin("month of year", _DAY)
def _month_of_year(_runtime: Runtime, day: date) -> str:
    return _MONTHS[day.month - 1]


@builtin("week of year", _DAY)
def _week_of_year(_runtime: Runtime, day: date) -> int:
    return day.isocalendar().week


@builtin("last day of month", _DAY)
def _last_day(_runtime: Runtime, day: date) -> date:
    return date(day.year, day.month, month_days(day.year, day.month))


@builtin("is", "value1, value2")
def _is(_runtime: Runtime, a: Any, b: Any) -> bool:
    """The same value in the same form: 10:00Z is not 11:00+01:00, though they are equal."""
    if kind(a) != kind(b):
        return False
    if kind(a) in {"time", "date and time"}:
        return bool(a.replace(tzinfo=None) == b.replace(tzinfo=None)) and (
            a.utcoffset() == b.utcoffset() and str(a.tzinfo) == str(b.tzinfo)
        )
    return bool(a == b)
