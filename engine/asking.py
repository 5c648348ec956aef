"""Of whom functions of models may ask what is not among the data: the step under way.

Invariant: set while a step runs and at no other time; what is asked is read, never changed.
"""

from contextvars import ContextVar
from typing import Any, Final

_source: ContextVar[Any] = ContextVar("banli_asking", default=None)


give: Final = _source.set
"""Let functions ask a source from now on: the resolver of an execution."""
take_back: Final = _source.reset
"""End that, given what `give` returned."""


def source() -> Any:
    """Whom to ask; None outside of a step."""
    return _source.get()
