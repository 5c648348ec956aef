"""When what is entered now was in truth decided: set while a decision is entered later (补录).

Invariant: outside of a late entry nothing is dated but by the clock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

_true: ContextVar[datetime | None] = ContextVar("banli_true_time", default=None)


@contextmanager
def as_of(instant: datetime) -> Iterator[None]:
    """Date what is decided within as of an instant of the past."""
    token = _true.set(instant)
    try:
        yield
    finally:
        _true.reset(token)


def true_at() -> datetime | None:
    """The instant in truth; None where it is the present one."""
    return _true.get()
