"""Counting a budget: whole days or hours, working or all, without the time that is suspended.

Invariant: spans are half-open, the day (or instant) they begin is not part of them; so what is
counted and what is suspended add up to what passed.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from engine.clock import SHANGHAI
from engine.errors import LimitExceeded
from processes.clock.calendar import MOST_DAYS, Calendar


class Unit(StrEnum):
    """What a budget is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    WORKING_HOURS = "working_hours"
    HOURS = "hours"


class Span(Protocol):
    """Time that is not counted; `until` is None while it lasts."""

    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime | None: ...


class Counter(Protocol):
    """Counts in one unit, on one calendar, around the suspended spans it was made with."""

    def used(self, start: datetime, end: datetime) -> int:
        """Units used up from start to end; a unit begun counts."""
        ...

    def paused(self, span: Span, now: datetime) -> int:
        """Units that fell into a suspended span."""
        ...

    def due(self, start: datetime, total: int) -> datetime:
        """The instant a budget is used up.

        Raises:
            LimitExceeded: more than twenty years away.
        """
        ...

    def past(self, due: datetime, moment: datetime) -> int:
        """By how many units a moment is past the end: at least 1, or 0 if it is not."""
        ...

    def rolled_from(self, start: datetime, total: int) -> date | None:
        """The day off on which the budget ended, if the end rolled on from it."""
        ...


def counter(unit: Unit, calendar: Calendar, pauses: Sequence[Span]) -> Counter:
    """What counts in this unit."""
    if unit in {Unit.WORKING_DAYS, Unit.CALENDAR_DAYS}:
        return _Days(calendar, pauses, working=unit is Unit.WORKING_DAYS)
    return _Hours(calendar, pauses, working=unit is Unit.WORKING_HOURS)


class _Days:
    """Counts whole days; the day a span begins is not part of it, the day it ends is."""

    def __init__(self, calendar: Calendar, pauses: Sequence[Span], *, working: bool) -> None:
        self._calendar = calendar
        self._working = working
        self._spans = [(day_of(p.since), day_of(p.until) if p.until else date.max) for p in pauses]

    def used(self, start: datetime, end: datetime) -> int:
        return sum(self._counts(day) for day in days_after(day_of(start), day_of(end)))

    def paused(self, pause: Span, now: datetime) -> int:
        first, last = day_of(pause.since), day_of(pause.until or now)
        return sum(self._is_unit(day) for day in days_after(first, last))

    def due(self, start: datetime, total: int) -> datetime:
        day = self._reached(day_of(start), total)
        if not self._working:
            day = self._rolled(day)
        return datetime.combine(day, self._calendar.closing, SHANGHAI)

    def past(self, due: datetime, moment: datetime) -> int:
        first, last = day_of(due), day_of(moment)
        if last <= first:
            return 0
        return max(1, sum(self._is_unit(day) for day in days_after(first, last)))

    def rolled_from(self, start: datetime, total: int) -> date | None:
        if self._working:
            return None
        day = self._reached(day_of(start), total)
        return day if self._rolled(day) != day else None

    def _reached(self, start: date, total: int) -> date:
        day, left = start, total
        while left > 0:
            day += timedelta(days=1)
            left -= self._counts(day)
            if (day - start).days > 2 * MOST_DAYS:
                raise LimitExceeded("期限超过二十年，请核对时限数量")
        return self._rolled(day) if total <= 0 else day

    def _rolled(self, day: date) -> date:
        while not self._calendar.is_working(day):
            day += timedelta(days=1)
        return day

    def _counts(self, day: date) -> bool:
        return self._is_unit(day) and not any(a < day <= b for a, b in self._spans)

    def _is_unit(self, day: date) -> bool:
        return not self._working or self._calendar.is_working(day)


class _Hours:
    """Counts hours begun as used only when full; within office hours if `working`."""

    def __init__(self, calendar: Calendar, pauses: Sequence[Span], *, working: bool) -> None:
        self._calendar = calendar
        self._working = working
        self._pauses = pauses

    def used(self, start: datetime, end: datetime) -> int:
        spent = self._length(start, end) - sum(
            (self._length(max(p.since, start), min(p.until or end, end)) for p in self._pauses),
            timedelta(),
        )
        full, rest = divmod(spent, timedelta(hours=1))
        return full + bool(rest)

    def paused(self, pause: Span, now: datetime) -> int:
        return self._length(pause.since, pause.until or now) // timedelta(hours=1)

    def due(self, start: datetime, total: int) -> datetime:
        left, at = timedelta(hours=total), start
        for first, last in self._open(start):
            room = last - first
            if left <= room:
                return first + left
            left -= room
            at = last
            if (at - start).days > 2 * MOST_DAYS:
                break
        raise LimitExceeded("期限超过二十年，请核对时限数量")

    def past(self, due: datetime, moment: datetime) -> int:
        full, rest = divmod(self._length(due, moment), timedelta(hours=1))
        return full + bool(rest) if moment > due else 0

    def rolled_from(self, start: datetime, total: int) -> date | None:
        del start, total  # hours end where they end
        return None

    def _open(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans after the start in which time counts."""
        for first, last in self._stretches(start):
            begun = max(first, start)
            for pause in self._pauses:
                if pause.until is None:
                    last = min(last, pause.since)  # noqa: PLW2901 - what is left of the stretch
                elif pause.since < last and pause.until > begun:
                    if pause.since > begun:
                        yield begun, pause.since
                    begun = max(begun, pause.until)
            if begun < last:
                yield begun, last

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = day_of(start)
        while day.year < start.year + 25:
            if not self._working:
                yield _at(day, time()), _at(day + timedelta(days=1), time())
            elif self._calendar.is_working(day):
                for opening, closing in self._calendar.hours:
                    yield _at(day, opening), _at(day, closing)
            day += timedelta(days=1)

    def _length(self, start: datetime, end: datetime) -> timedelta:
        if end <= start:
            return timedelta()
        if not self._working:
            return end - start
        total = timedelta()
        for first, last in self._stretches(start):
            if first >= end:
                break
            total += max(min(last, end) - max(first, start), timedelta())
        return total


def day_of(instant: datetime) -> date:
    """The legal date of an instant: the one in Shanghai."""
    return instant.astimezone(SHANGHAI).date()


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, SHANGHAI)


def days_after(first: date, last: date) -> Iterator[date]:
    """The days after the first up to and with the last."""
    for offset in range(1, (last - first).days + 1):
        yield first + timedelta(days=offset)
