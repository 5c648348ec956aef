"""Timer definitions: ISO 8601 instants, durations and cycles, cron, and when they are due.

Invariant: a timer once armed keeps an absolute instant; a missed cycle fires once, and the next
due instant lies in the future.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from engine import clock, cron, limits
from engine.definition.events import TimerEvent
from engine.errors import ExpressionError
from engine.expressions import failure, required
from engine.values import YearsMonths

_DURATION: Final = re.compile(
    r"P(?:(?P<years>[0-9]{1,4})Y)?(?:(?P<months>[0-9]{1,5})M)?(?:(?P<weeks>[0-9]{1,5})W)?"
    r"(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,7})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,6})?)S)?)?"
)
_CYCLE: Final = re.compile(r"R(?P<times>[0-9]{0,6})/(?:(?P<start>[^/P][^/]*)/)?(?P<every>P[^/]+)")
# what is a literal in FEEL too
_LITERAL: Final = re.compile(r'(?:@|(?:duration|date|date and time)\()\s*"[^"]*"\s*\)?')


@dataclass(frozen=True, slots=True)
class Duration:
    """A calendar duration: months and the rest."""

    months: int
    rest: timedelta

    def after(self, instant: datetime) -> datetime:
        """That much later; months are counted on the calendar in Shanghai."""
        if self.months:
            instant = _add_months(instant.astimezone(clock.SHANGHAI), self.months)
        return instant + self.rest

    @property
    def at_least(self) -> timedelta:
        """Its shortest length."""
        return timedelta(days=28 * self.months) + self.rest


class Schedule(NamedTuple):
    """An armed timer; `left`: the firings after this (-1: endless).

    `every` is an ISO duration or a cron expression.
    """

    due_at: datetime
    every: str = ""
    left: int = 0

    def next(self, now: datetime) -> "Schedule | None":
        """The schedule after this firing; what was missed meanwhile is left out."""
        if not self.every or self.left == 0:
            return None
        if not self.every.startswith("P"):
            return Schedule(cron.parse(self.every).after(now), self.every, self.left)
        step, due, left = duration(self.every), self.due_at, self.left
        missed = 0 if step.months else (now - due) // step.rest
        if missed > 0:
            due += missed * step.rest
            left = max(left - missed, 0) if left > 0 else left
        while left != 0:
            due = step.after(due)
            if due > now:
                return Schedule(due, self.every, left - 1 if left > 0 else left)
            left = left - 1 if left > 0 else left
        return None


def _add_months(instant: datetime, months: int) -> datetime:
    years, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    for day in range(instant.day, 27, -1):
        try:
            return instant.replace(year=years, month=month + 1, day=day)
        except ValueError:
            continue
    return instant.replace(year=years, month=month + 1)


@lru_cache(maxsize=512)
def duration(text: str) -> Duration:
    """An ISO 8601 duration.

    Raises:
        ValueError: with a Chinese sentence.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()) or text.strip().endswith("T"):
        raise ValueError(f"『{text}』不是 ISO 8601 时长（例如 P5D、PT2H）")
    parts = {name: float(value) if value else 0 for name, value in found.groupdict().items()}
    rest = timedelta(
        weeks=parts["weeks"],
        days=parts["days"],
        hours=parts["hours"],
        minutes=parts["minutes"],
        seconds=parts["seconds"],
    )
    months = int(parts["years"]) * 12 + int(parts["months"])
    made = Duration(months, rest)
    if made.at_least > limits.TIMER_LONGEST:
        raise ValueError(f"时长『{text}』超过 100 年")
    return made


def schedule(kind: str, value: Any, now: datetime) -> Schedule:
    """When a timer with this value, armed now, is due.

    Raises:
        ValueError: the value is no such timer; with a Chinese sentence.
    """
    if kind == "date":
        return Schedule(_bounded(_instant(value), now))
    if kind == "duration":
        return Schedule(_bounded(_later(value, now), now))
    return _cycle(value, now)


def _bounded(due: datetime, now: datetime) -> datetime:
    if due - now > limits.TIMER_LONGEST:
        raise ValueError("定时器超过 100 年")
    return due


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"『{value}』不是 ISO 8601 日期时间") from None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=clock.SHANGHAI)
    if isinstance(value, date):
        return clock.midnight(value)
    raise ValueError(f"定时器需要日期时间，实为 {type(value).__name__}")


def _later(value: Any, now: datetime) -> datetime:
    if isinstance(value, timedelta):
        # a deadline that has already passed fires at once
        return now + max(value, timedelta(0))
    if isinstance(value, YearsMonths):
        return Duration(max(value.months, 0), timedelta(0)).after(now)
    if isinstance(value, str):
        return duration(value).after(now)
    raise ValueError(f"定时器需要时长，实为 {type(value).__name__}")


def _cycle(value: Any, now: datetime) -> Schedule:
    if isinstance(value, str) and cron.is_cron(value.strip()):
        text = value.strip()
        return Schedule(_bounded(cron.parse(text).after(now), now), text, -1)
    found = _CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"『{value}』不是 ISO 8601 周期（例如 R3/PT1H、R/P1D），也不是 cron 周期")
    every = duration(found["every"])
    if every.at_least < limits.CYCLE_SHORTEST:
        raise ValueError(f"周期短于 {int(limits.CYCLE_SHORTEST.total_seconds())} 秒")
    times = int(found["times"]) if found["times"] else -1
    if times == 0:
        raise ValueError("周期次数不能为 0")
    due = _instant(found["start"]) if found["start"] else every.after(now)
    return Schedule(_bounded(due, now), found["every"], times - 1 if times > 0 else -1)


def armed(timer: TimerEvent, context: Mapping[str, Any]) -> Schedule:
    """The schedule of a timer event armed now.

    Raises:
        ExpressionError: its expression fails or gives no timer.
    """
    value = required(timer.expression, context)
    try:
        return schedule(timer.kind, value, clock.now())
    except (ValueError, OverflowError) as error:
        raise failure(timer.expression, str(error)) from None


def _is_literal(timer: TimerEvent) -> bool:
    return not timer.expression.is_feel or bool(_LITERAL.fullmatch(timer.expression.source))


def ahead(timer: TimerEvent) -> timedelta | None:
    """How far ahead a literal timer is that works; None for an expression."""
    if not _is_literal(timer):
        return None
    now = clock.now()
    return schedule(timer.kind, required(timer.expression, {}), now).due_at - now


def problem(timer: TimerEvent) -> str | None:
    """Why a literal timer cannot work; None for an expression, which is known at run time only."""
    if not _is_literal(timer):
        return None
    now = clock.now()
    try:
        due = schedule(timer.kind, required(timer.expression, {}), now).due_at
    except ExpressionError as error:
        return str(error.details["reason"])
    except (ValueError, OverflowError) as error:
        return str(error)
    if timer.kind == "duration" and due - now < limits.TIMER_SHORTEST:
        return "时长短于 1 秒"
    return None
