"""Event definitions of the model: what an event waits for or throws.

Source: BPMN 2.0.2, 10.5.5.
"""

from collections.abc import Iterator
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
    limit: str = ""
    """A limit of the case that it follows once that runs; `node`: the one of its own task."""
    before: Expression | None = None
    """Units of the limit by which it comes earlier than the limit ends."""
    midnight: bool = False
    """Comes when the last day itself is over, not with the close of office hours on it."""


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """Throws or catches a business error; without a code it catches every one."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class EscalationEvent:
    """Tells those around of something; without a code it catches every escalation."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class SignalEvent:
    """Waits for a signal, or broadcasts it to all who wait."""

    name: Expression


@dataclass(frozen=True, slots=True)
class ConditionalEvent:
    """Waits until a condition becomes true; `names` are the variables that it reads."""

    condition: Expression
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """Goes on at the catching link of the same name on the same level."""

    name: str


@dataclass(frozen=True, slots=True)
class TerminateEvent:
    """Ends everything in its scope at once."""


@dataclass(frozen=True, slots=True)
class CompensateEvent:
    """Undoes a completed activity, or all of the scope; `wait` until that is done."""

    activity: str = ""
    wait: bool = True


@dataclass(frozen=True, slots=True)
class CancelEvent:
    """Cancels the transaction around it, or tells that one was cancelled."""


SingleEvent = (
    MessageEvent
    | TimerEvent
    | ErrorEvent
    | EscalationEvent
    | SignalEvent
    | ConditionalEvent
    | LinkEvent
    | TerminateEvent
    | CompensateEvent
    | CancelEvent
)


@dataclass(frozen=True, slots=True)
class MultipleEvent:
    """Several definitions: any of them is enough to catch, all if parallel; all are thrown."""

    definitions: tuple[SingleEvent, ...]
    parallel: bool = False


EventDefinition = SingleEvent | MultipleEvent


def singles(definition: EventDefinition | None) -> Iterator[SingleEvent]:
    """The definitions of an event, one by one; none for a none event."""
    if isinstance(definition, MultipleEvent):
        yield from definition.definitions
    elif definition is not None:
        yield definition


def messages(definition: EventDefinition | None) -> Iterator[Message]:
    """The messages that an event waits for or sends."""
    for one in singles(definition):
        if isinstance(one, MessageEvent):
            yield one.message
