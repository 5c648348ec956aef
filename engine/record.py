"""What one step did: history, variable deltas, scopes, messages, incidents. The store writes it.

Invariant: in the order it happened; nothing in it refers to live objects of the workflow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple

from engine.variables import Value, Variables, encode_rows


class _Deleted(Enum):
    DELETED = "deleted"


DELETED: Final = _Deleted.DELETED
ENDINGS: Final = frozenset(
    {"activity.completed", "activity.cancelled", "task.decided", "task.withdrawn"}
)
"""The events by which an activity instance ends, or what somebody had to do in it."""


class HistoryEvent(NamedTuple):
    """Something that happened; `activity` is the BPMN id, `activity_id` the activity instance."""

    type: str
    activity: str
    activity_id: int
    data: Mapping[str, Any]


def written(events: Iterable[tuple[str, str, int | None, Mapping[str, Any]]]) -> str:
    """The stored form of events: JSON, of each type, activity, activity instance and data."""
    return encode_rows([*map(tuple, events)]).decode()


@dataclass(frozen=True, slots=True)
class ThrownMessage:
    """A message that the instance sends; it becomes a job of the outbox."""

    name: str
    correlation_key: str | None
    variables: Variables
    activity: str
    activity_id: int


@dataclass(frozen=True, slots=True)
class ThrownSignal:
    """A signal that the instance broadcasts; it becomes a job with this id."""

    id: int
    name: str
    variables: Variables
    activity: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Why an activity instance cannot go on; `retry` runs it again."""

    activity: str
    activity_id: int
    code: str
    message: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClockMark:
    """What a step does to a limit of the case; whoever keeps the ledger writes it down."""

    activity: str
    do: str
    limit: str
    title: str
    amount: int | None
    unit: str
    at: datetime | None
    reason: str
    basis: str
    extend_most: int
    own: bool = False
    places: tuple[int, ...] = ()
    """Ids of the activity instances around it, from the inside out."""
    calls: tuple[str, ...] = ()
    """The call activities around it, from the outside in."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What a move has taken back: it is to be done again, or never.

    `place` is the activity instance in which it happened, `superseded` the elements there that
    lie between target and mover, `gone` the activity instances that were withdrawn. `within` is
    what the history says of events there: of a called process the call, at the top nothing.
    """

    place: int
    superseded: frozenset[str]
    gone: frozenset[int]
    within: int | None = None


@dataclass(frozen=True, slots=True)
class CopyMark:
    """Who is sent a copy of the case by a step; `to` are user ids and `role@org`."""

    activity: str
    name: str
    to: tuple[str, ...]
    title: str
    must_read: bool
    reply: bool


@dataclass(slots=True)
class StepRecord:
    """Everything that happened since the step began."""

    events: list[HistoryEvent] = field(default_factory=list)
    variable_deltas: dict[int, dict[str, Value]] = field(default_factory=dict)
    scopes_created: list[int] = field(default_factory=list)
    scopes_closed: list[int] = field(default_factory=list)
    messages: list[ThrownMessage] = field(default_factory=list)
    signals: list[ThrownSignal] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    clocks: list[ClockMark] = field(default_factory=list)
    copies: list[CopyMark] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)
    recalled: dict[tuple[str, ...], dict[str, Value]] = field(default_factory=dict)
    """By the call activities around it: what a called process that is begun anew knew before."""

    def note(self, kind: str, activity: str, activity_id: int, **data: Any) -> None:
        """Add a history event."""
        self.events.append(HistoryEvent(kind, activity, activity_id, data))
