"""Event definitions of the model: what an event waits for or throws."""

from dataclasses import dataclass
from typing import Literal

from engine.expressions import Expression


@dataclass(frozen=True, slots=True)
class Message:
    """A named message; the key tells which instance it is for."""

    id: str
    name: str
    correlation_key: Expression | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """Waits for a message, or sends it."""

    message: Message


@dataclass(frozen=True, slots=True)
class TimerEvent:
    """Waits for an instant, for a while, or fires again and again."""

    kind: Literal["date", "duration", "cycle"]
    expression: Expression


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """Throws or catches a business error; without a code it catches every one."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class TerminateEvent:
    """Ends everything in its scope at once."""


EventDefinition = MessageEvent | TimerEvent | ErrorEvent | TerminateEvent
