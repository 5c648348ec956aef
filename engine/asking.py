"""Of whom functions of models may ask what is not among the data: the step under way.

Invariant: set while a step runs and at no other time; what is asked is read, never changed.
"""

from contextvars import ContextVar, Token
from typing import Any

_source: ContextVar[Any] = ContextVar("banli_asking", default=None)


class of:  # noqa: N801 - used as a context, like a function
    """Let functions ask a source for a while: the resolver of an execution."""

    __slots__ = ("_before", "_given")
    _before: Token[Any]

    def __init__(self, source: Any) -> None:
        self._given = source

    def __enter__(self) -> None:
        self._before = _source.set(self._given)

    def __exit__(self, *_error: object) -> None:
        _source.reset(self._before)


def source() -> Any:
    """Whom to ask; None outside of a step."""
    return _source.get()
