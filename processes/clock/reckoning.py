"""How much of a limit is used: the ledger's lines and a calendar in, due date and colour out.

Invariant: pure. A limit is a budget, not a date: the same lines, calendar and moment always give
the same answer, and whatever is stored of it elsewhere is a copy. Days are counted as half-open
spans: the day a span begins is not counted, the day it ends is; so counted and suspended days
always add up to the working days that passed.

Source: Administrative Licensing Law art. 42-45, 82 (limits in working days, extension, time that
is not counted); Civil Code art. 201, 203 (first day not counted, an end on a day off rolls on).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from processes.clock.calendar import Calendar
from processes.clock.counting import Unit, counter, day_of, days_after

_WEEKEND: Final = 3


class Event(StrEnum):
    """What a line of the ledger says."""

    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    CORRECT = "correct"
    STOP = "stop"


class State(StrEnum):
    """Where a clock stands."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    STOPPED = "stopped"


class Colour(StrEnum):
    """The light of electronic supervision, derived and never stored."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Line(Protocol):
    """A line of the ledger, as far as reckoning needs it."""

    @property
    def id(self) -> int: ...
    @property
    def event(self) -> str: ...
    @property
    def amount(self) -> int | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def effective_at(self) -> datetime: ...
    @property
    def reason(self) -> str: ...
    @property
    def corrects(self) -> int | None: ...
    @property
    def limit(self) -> str: ...
    @property
    def place(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line once its corrections are applied."""

    id: int
    event: Event
    amount: int
    at: datetime
    reason: str
    cause: tuple[str, int]
    """For what and where it was made: a suspension lasts until its own cause has passed."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that is not counted; `until` is None while it lasts. `counted` in the limit's unit."""

    since: datetime
    until: datetime | None
    reason: str
    counted: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """Days that differ from their weekday: a holiday, or make-up days on which offices work."""

    name: str
    first: date
    last: date
    working: bool


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Where a limit stands at a moment; `used`, `left` and `over` in the limit's unit."""

    unit: Unit
    budget: int
    extended: int
    state: State
    started_at: datetime
    due_at: datetime | None
    """The instant the budget is used up; None while the clock is suspended."""
    ended_at: datetime | None
    used: int
    over: int
    """By how much the limit is past; a day off after the last day is past too."""
    pauses: tuple[Pause, ...]
    moved_by: tuple[Moved, ...]
    """Holidays and make-up days between start and end that changed the count."""
    rolled_from: date | None
    """A calendar-day limit ended on this day off and rolled on."""
    provisional: bool
    """Rests on a year whose list of holidays is not published yet."""
    calendar_version: int

    @property
    def total(self) -> int:
        """The budget with its extensions."""
        return self.budget + self.extended

    @property
    def left(self) -> int:
        """What remains; 0 on the last day and after it."""
        return self.total - self.used

    @property
    def due_on(self) -> date | None:
        """The last day of the limit in Shanghai's time."""
        return day_of(self.due_at) if self.due_at else None

    @property
    def overdue(self) -> bool:
        """Whether more time passed than the limit grants."""
        return self.over > 0

    def colour(self, *, warn: int = 1) -> Colour:
        """Yellow from `warn` units before the end, red when it is past; suspended apart."""
        if self.state is State.STOPPED:
            return Colour.RED if self.overdue else Colour.ENDED
        if self.overdue:
            return Colour.RED
        if self.state is State.SUSPENDED:
            return Colour.SUSPENDED
        return Colour.YELLOW if self.left <= warn else Colour.GREEN


def settled(lines: Iterable[Line]) -> list[_Entry]:
    """The lines with corrections applied, in the order in which they take effect.

    A correction names the line it corrects; the later correction of one line wins. Lines that
    take effect at one instant keep the order in which they were entered.
    """
    ordered = sorted(lines, key=lambda line: line.id)
    found = {
        line.id: _Entry(
            line.id,
            Event(line.event),
            line.amount or 0,
            line.effective_at,
            line.reason,
            (line.limit, line.place or 0),
        )
        for line in ordered
        if line.event != Event.CORRECT
    }
    for line in ordered:
        if line.event == Event.CORRECT and line.corrects in found:
            was = found[line.corrects]
            amount = was.amount if line.amount is None else line.amount
            found[line.corrects] = replace(was, amount=amount, at=line.effective_at)
    return sorted(found.values(), key=lambda entry: (entry.at, entry.id))


def reckon(lines: Sequence[Line], calendar: Calendar, now: datetime) -> Reckoning | None:
    """Where a limit stands; None if it has not started.

    Raises:
        LimitExceeded: the budget reaches further than ten years.
    """
    entries = settled(lines)
    start = next((entry for entry in entries if entry.event is Event.START), None)
    if start is None:
        return None
    unit = Unit(next(line.unit for line in lines if line.id == start.id))
    extended = sum(entry.amount for entry in entries if entry.event is Event.EXTEND)
    stop = next((entry for entry in entries if entry.event is Event.STOP), None)
    pauses = _pauses(entries, until=stop.at if stop else None)
    suspended = bool(pauses) and pauses[-1].until is None
    counting = counter(unit, calendar, pauses)
    last = stop.at if stop else max(now, start.at)
    used = counting.used(start.at, last)
    total = start.amount + extended
    due = None if suspended and used <= total else counting.due(start.at, total)
    horizon = max(due or last, last)
    return Reckoning(
        unit=unit,
        budget=start.amount,
        extended=extended,
        state=State.STOPPED if stop else State.SUSPENDED if suspended else State.RUNNING,
        started_at=start.at,
        due_at=due,
        ended_at=stop.at if stop else None,
        used=min(used, total),
        over=counting.past(due, last) if due else 0,
        pauses=tuple(
            replace(pause, counted=counting.paused(pause, last))
            for pause in pauses
            if pause.until is None or pause.until > start.at
        ),
        moved_by=_moved(calendar, unit, start.at, due or last),
        rolled_from=counting.rolled_from(start.at, total) if due else None,
        provisional=_provisional(calendar, unit, start.at, horizon),
        calendar_version=calendar.version,
    )


def _pauses(entries: Sequence[_Entry], *, until: datetime | None) -> list[Pause]:
    """Suspended spans: the union of those of every cause, none counted twice.

    A second suspension of one cause while it lasts adds nothing, a stray resume neither.
    """
    found: list[Pause] = []
    lasting: set[tuple[str, int]] = set()
    for entry in entries:
        if entry.event is Event.SUSPEND and entry.cause not in lasting:
            if lasting:
                found[-1] = _also(found[-1], entry.reason)
            else:
                found.append(Pause(entry.at, None, entry.reason))
            lasting.add(entry.cause)
        elif entry.event is Event.RESUME and entry.cause in lasting:
            lasting.remove(entry.cause)
            if not lasting:
                found[-1] = replace(found[-1], until=entry.at)
    if until is not None and found and found[-1].until is None:
        found[-1] = replace(found[-1], until=until)
    return found


def _also(pause: Pause, reason: str) -> Pause:
    said = pause.reason.split("、")
    return pause if reason in said else replace(pause, reason="、".join([*said, reason]))


def suspending(lines: Iterable[Line], limit: str) -> list[int]:
    """The places whose suspension of a limit lasts, in the order in which they began."""
    lasting: dict[int, None] = {}
    for entry in settled(lines):
        name, place = entry.cause
        if name != limit:
            continue
        if entry.event is Event.SUSPEND:
            lasting.setdefault(place)
        elif entry.event is Event.RESUME:
            lasting.pop(place, None)
    return list(lasting)


def _moved(calendar: Calendar, unit: Unit, start: datetime, end: datetime) -> tuple[Moved, ...]:
    if unit is Unit.HOURS:
        return ()
    found: list[Moved] = []
    for day in days_after(day_of(start), day_of(end)):
        name = calendar.name(day)
        if not name:
            continue
        before = found[-1] if found else None
        # a weekend within a holiday carries no name of its own
        if before and before.name == name and (day - before.last).days <= _WEEKEND:
            found[-1] = replace(before, last=day)
        else:
            found.append(Moved(name, day, day, calendar.is_working(day)))
    return tuple(found)


def _provisional(calendar: Calendar, unit: Unit, start: datetime, end: datetime) -> bool:
    if unit is Unit.HOURS:
        return False
    years = range(day_of(start).year, day_of(end).year + 1)
    return not all(calendar.is_published(year) for year in years)
