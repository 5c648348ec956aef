"""Cron expressions of timer cycles, in the time of Shanghai.

Source: Camunda 8, "Timer events", which takes Spring's `CronExpression`: six fields (second,
minute, hour, day of month, month, day of week), macros, and `L`, `W`, `#` for days.
Invariant: a day counts only if day of month, month and day of week all allow it.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from engine import clock

_MACROS: Final[Mapping[str, str]] = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS: Final = re.findall("...", "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC")
_DAYS: Final = re.findall("...", "SUNMONTUEWEDTHUFRISAT")
_RANGE: Final = re.compile(r"(\*|\d{1,2})(?:-(\d{1,2}))?(?:/(\d{1,2}))?")
_FIELDS: Final = (
    ("秒", 0, 59),
    ("分", 0, 59),
    ("时", 0, 23),
    ("日", 1, 31),
    ("月", 1, 12),
    ("星期", 0, 7),
)
# 29 February on a given weekday comes back after 40 years at most
_CHARACTERS: Final = 100
_LONGEST: Final = timedelta(days=366 * 41)

Day = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Cron:
    """When it is time: seconds, minutes, hours, and which days."""

    text: str
    second: int
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    days: tuple[Day, ...]
    weekdays: tuple[Day, ...]

    def after(self, instant: datetime) -> datetime:
        """The next time after an instant.

        Raises:
            ValueError: it never comes.
        """
        local = instant.astimezone(clock.SHANGHAI)
        for day in self._days(local.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    due = datetime.combine(day, time(hour, minute, self.second), clock.SHANGHAI)
                    if due > local:
                        return due
        raise ValueError(f"周期『{self.text}』永远不会到来")

    def _days(self, first: date) -> Iterator[date]:
        day, last = first, first + _LONGEST
        while day <= last:
            if day.month not in self.months:
                day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
                continue
            if any(fits(day) for fits in self.days) and any(fits(day) for fits in self.weekdays):
                yield day
            day += timedelta(days=1)


def is_cron(text: str) -> bool:
    """Whether a cycle is written as cron; ISO 8601 repetitions begin with `R`."""
    return text.startswith("@") or len(text.split()) == len(_FIELDS)


@lru_cache(maxsize=256)
def parse(text: str) -> Cron:
    """A cron expression.

    Raises:
        ValueError: with a Chinese sentence that names the field.
    """
    if len(text) > _CHARACTERS:
        raise ValueError(f"cron 周期超过 {_CHARACTERS} 字")
    fields = _MACROS.get(text.strip().lower(), text).upper().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"『{text}』不是 cron 周期（须有秒、分、时、日、月、星期六项）")
    seconds, minutes, hours, _day, months, _weekday = (
        _numbers(field, index) if index not in {3, 5} else frozenset[int]()
        for index, field in enumerate(fields)
    )
    if len(seconds) != 1:
        raise ValueError("周期短于 60 秒：cron 的秒只能有一个值")
    made = Cron(
        text,
        min(seconds),
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        months,
        tuple(_month_day(part) for part in fields[3].split(",")),
        tuple(_weekday_of(part) for part in fields[5].split(",")),
    )
    made.after(clock.now())
    return made


def _numbers(field: str, index: int) -> frozenset[int]:
    title, lowest, highest = _FIELDS[index]
    found: set[int] = set()
    for part in _named(field, index).split(","):
        match = _RANGE.fullmatch("*" if part == "?" and index in {3, 5} else part)
        if match is None:
            raise ValueError(f"cron 的{title}『{field}』不合格")
        first, last, step = match.groups()
        start = lowest if first == "*" else int(first)
        end = int(last) if last else highest if first == "*" or step else start
        if not (lowest <= start <= end <= highest and (step is None or int(step) > 0)):
            raise ValueError(f"cron 的{title}『{field}』超出 {lowest} 至 {highest}")
        if first == "*" and last:
            raise ValueError(f"cron 的{title}『{field}』不合格")
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def _named(field: str, index: int) -> str:
    """Names of months and weekdays as numbers."""
    names = {4: _MONTHS, 5: _DAYS}.get(index, [])
    offset = 1 if index == 4 else 0
    return re.sub(
        r"[A-Z]{3}", lambda m: str(names.index(m[0]) + offset) if m[0] in names else m[0], field
    )


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _month_day(part: str) -> Day:
    if part == "LW":
        return lambda day: day == _nearest_weekday(day, _length(day))
    if match := re.fullmatch(r"L(?:-(\d{1,2}))?", part):
        before = int(match[1] or 0)
        return lambda day: day.day == _length(day) - before
    if match := re.fullmatch(r"(\d{1,2})W", part):
        wanted = int(match[1])
        if not 1 <= wanted <= 31:
            raise ValueError(f"cron 的日『{part}』超出 1 至 31")
        return lambda day: wanted <= _length(day) and day == _nearest_weekday(day, wanted)
    numbers = _numbers(part, 3)
    return lambda day: day.day in numbers


def _nearest_weekday(day: date, wanted: int) -> date:
    """Monday to Friday nearest to a day of the month, within that month."""
    found = day.replace(day=wanted)
    if found.weekday() == calendar.SATURDAY:
        return found - timedelta(days=1) if wanted > 1 else found + timedelta(days=2)
    if found.weekday() == calendar.SUNDAY:
        return found + timedelta(days=1) if wanted < _length(day) else found - timedelta(days=2)
    return found


def _weekday_of(part: str) -> Day:
    numbered = _named(part, 5)
    if match := re.fullmatch(r"([0-7])L", numbered):
        last = int(match[1]) % 7
        return lambda day: day.isoweekday() % 7 == last and day.day > _length(day) - 7
    if match := re.fullmatch(r"([0-7])#([1-5])", numbered):
        wanted, nth = int(match[1]) % 7, int(match[2])
        return lambda day: day.isoweekday() % 7 == wanted and (day.day - 1) // 7 + 1 == nth
    numbers = {number % 7 for number in _numbers(_wrapped(numbered), 5)}
    return lambda day: day.isoweekday() % 7 in numbers


def _wrapped(field: str) -> str:
    """`SAT-MON` and `5-1` go over the end of the week."""
    match = re.fullmatch(r"([0-7])-([0-7])", field)
    if match and int(match[1]) > int(match[2]):
        return f"{match[1]}-6,0-{match[2]}"
    return field
