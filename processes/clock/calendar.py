"""Working days: the published calendar, an agency's corrections, and counting on them.

Invariant: the start day is not counted, a day counts if it is a working day, and a result that
rests on a year whose list is not published yet says so (`provisional`). Calendars are values;
`processes.calendars` stores what administrators lay down.
Source: Administrative Licensing Law art. 82 (limits are working days without statutory holidays);
days off and make-up days 2004–2026 as published by the State Council (chinesecalendar).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

import chinese_calendar

from engine import clock
from engine.errors import LimitExceeded

Hours = tuple[tuple[time, time], ...]
OFFICE_HOURS: Final[Hours] = ((time(9), time(12)), (time(13), time(17)))
"""Office hours where an agency has laid down none; what arrives after the last of them counts as
received on the next working day."""
_LIST_FIRST: Final = min(chinese_calendar.constants.holidays).year
_LIST_LAST: Final = max(chinese_calendar.constants.holidays).year
YEARS: Final = range(_LIST_FIRST, 2061)
"""Years that can be looked at: those of the lists, and those that are reckoned from the statute."""
# days off by statute whatever the yearly list says (Regulation on public holidays, 2024 version)
_STATUTORY: Final = {(1, 1): "元旦", (5, 1): "劳动节", (5, 2): "劳动节"} | {
    (10, day): "国庆节" for day in (1, 2, 3)
}
MOST_DAYS: Final = 3_660
"""Working days that a limit may have at most: more than ten years."""


@dataclass(frozen=True, slots=True)
class WorkingDate:
    """A day reached by counting; `moved_by` names the holidays and make-up days on the way."""

    date: date
    provisional: bool = False
    moved_by: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What the administrator laid down for one day."""

    is_working: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The published calendar with corrections; a value, replaced when a correction is made."""

    corrections: Mapping[date, Correction] = field(default_factory=dict)
    hours: Hours = OFFICE_HOURS
    version: int = 0
    """Rises with every change that an administrator makes; 0: the published lists alone."""

    @property
    def closing(self) -> time:
        """The end of office hours."""
        return self.hours[-1][1]

    def is_published(self, year: int) -> bool:
        """Whether the year's list is known: to the library, or entered with its anchor days."""
        return _LIST_FIRST <= year <= _LIST_LAST or (
            date(year, 1, 1) in self.corrections and date(year, 10, 1) in self.corrections
        )

    def is_working(self, day: date) -> bool:
        """Whether offices work on that day."""
        if day in self.corrections:
            return self.corrections[day].is_working
        if _LIST_FIRST <= day.year <= _LIST_LAST:
            if day.weekday() < 5:
                return day not in chinese_calendar.constants.holidays
            return day in chinese_calendar.constants.workdays
        return day.weekday() < 5 and (day.month, day.day) not in _STATUTORY

    def name(self, day: date) -> str:
        """Why a day differs from its weekday: the holiday, or 调休上班; else empty."""
        working = self.is_working(day)
        if working == (day.weekday() < 5):
            return ""
        if day in self.corrections and self.corrections[day].name:
            return self.corrections[day].name
        if working:
            return "调休上班"
        if day in chinese_calendar.constants.holidays:
            return str(chinese_calendar.Holiday(chinese_calendar.constants.holidays[day]).chinese)
        return _STATUTORY.get((day.month, day.day), "节假日")


_current = Calendar()


def current() -> Calendar:
    """The calendar in force in this process."""
    return _current


def use(calendar: Calendar) -> None:
    """Put a calendar in force in this process."""
    global _current  # noqa: PLW0603 - one value, replaced as a whole
    _current = calendar


def is_working(day: date, *, calendar: Calendar | None = None) -> bool:
    """Whether offices work on that day."""
    return (calendar or _current).is_working(day)


def next_working_day(day: date, *, calendar: Calendar | None = None) -> date:
    """The day itself if offices work on it, else the first one after it."""
    used = calendar or _current
    while not used.is_working(day):
        day += timedelta(days=1)
    return day


def add_working_days(start: date, amount: int, *, calendar: Calendar | None = None) -> WorkingDate:
    """The working day that many after the start (before it, if negative); the start not counted.

    Zero gives the start, or the next working day if offices are closed on it.

    Raises:
        LimitExceeded: more than ten years.
    """
    if abs(amount) > MOST_DAYS:
        raise LimitExceeded(f"工作日数 {amount} 超过允许的 {MOST_DAYS}")
    used = calendar or _current
    if amount == 0:
        day = next_working_day(start, calendar=used)
        return _reached(used, start, day)
    step = timedelta(days=1 if amount > 0 else -1)
    day, left = start, abs(amount)
    while left:
        day += step
        left -= used.is_working(day)
    return _reached(used, start, day)


def working_days_between(start: date, end: date, *, calendar: Calendar | None = None) -> int:
    """How many working days lie after the start up to and with the end; negative backwards."""
    used = calendar or _current
    if end < start:
        return -working_days_between(end, start, calendar=used)
    if (end - start).days > 4 * MOST_DAYS:
        raise LimitExceeded("两个日期相距超过四十年")
    return sum(used.is_working(day) for day in _days(start, end))


def remaining(due: date, today: date | None = None, *, calendar: Calendar | None = None) -> int:
    """Working days left: 0 on the due day, negative when it is past."""
    return working_days_between(today or clock.today(), due, calendar=calendar)


def received_on(instant: datetime, *, calendar: Calendar | None = None) -> date:
    """The day on which something counts as received: after hours, the next working day."""
    used = calendar or _current
    local = instant.astimezone(clock.SHANGHAI)
    day = local.date()
    if local.time() > used.closing:
        day += timedelta(days=1)
    return next_working_day(day, calendar=used)


def _days(start: date, end: date) -> Iterator[date]:
    for offset in range(1, (end - start).days + 1):
        yield start + timedelta(days=offset)


def _reached(calendar: Calendar, start: date, day: date) -> WorkingDate:
    first, last = min(start, day), max(start, day)
    names = dict.fromkeys(
        name for passed in (first, *_days(first, last)) if (name := calendar.name(passed))
    )
    provisional = any(not calendar.is_published(year) for year in range(first.year, last.year + 1))
    return WorkingDate(day, provisional, "、".join(names))
