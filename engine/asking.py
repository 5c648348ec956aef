"""Of whom functions of models may ask what is not among the data: the step under way.

Invariant: set while a step runs and at no other time; what is asked is read, never changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_source: ContextVar[Any] = ContextVar("banli_asking", default=None)


@contextmanager
def of(source: Any) -> Iterator[None]:
    """Let functions ask a source for a while: the resolver of an execution."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def source() -> Any:
    """Whom to ask; None outside of a step."""
    return _source.get()
