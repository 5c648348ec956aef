"""The one source of *now*; a scenario may travel, nothing else reads the system clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_frozen: ContextVar[datetime | None] = ContextVar("banli_frozen_now", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The present legal date: the one on the calendar in Shanghai."""
    return now().astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """The instant at which a legal date begins, in Shanghai's time."""
    return datetime.combine(day, time(), SHANGHAI)


def set_to(instant: datetime | None) -> None:
    """Stop the clock at an instant in this context (virtual time); None lets it run again."""
    if instant is not None and instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    _frozen.set(instant.astimezone(UTC) if instant else None)


@contextmanager
def travel(to: datetime | timedelta) -> Iterator[None]:
    """Run a block at another instant, or that much later; the clock stands still inside."""
    instant = now() + to if isinstance(to, timedelta) else to
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
