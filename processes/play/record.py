"""What happened in a play of a model, in order: the engine's own history, numbered for people.

Invariant: only what was committed is here; instances are counted in the order in which they began,
so that two plays of the same scenario tell the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from engine import clock
from engine.execution import Execution
from engine.record import HistoryEvent, StepRecord

_OVER: Final = frozenset({"activity.completed", "activity.cancelled"})


@dataclass(frozen=True, slots=True)
class PlayEvent:
    """One thing that happened: `type` as in the history, `instance` counted from 1 (0: none)."""

    at: datetime
    instance: int
    process: str
    type: str
    activity: str = ""
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Recorder:
    """Listens to the store; what a transaction takes back was never said."""

    def __init__(self) -> None:
        self.events: list[PlayEvent] = []
        self.numbers: dict[int, int] = {}
        self.names: dict[str, str] = {}
        self._entered: set[int] = set()
        self._held: list[tuple[datetime, int, str, HistoryEvent]] = []

    def observe(self, _session: object, execution: Execution, step: StepRecord) -> None:
        """Keep what a step did until its transaction ends; an observer of the store."""
        at = clock.now()
        place = (execution.instance_id, execution.compiled.key)
        self._held += [(at, *place, event) for event in step.events]

    def forget(self) -> None:
        """The transaction came to nothing."""
        self._held = []

    def keep(self) -> None:
        """The transaction was committed."""
        held, self._held = self._held, []
        for at, instance_id, process, event in held:
            number = self.numbers.setdefault(instance_id, len(self.numbers) + 1)
            if event.activity:
                self._enter(at, number, process, event)
            # ids differ from play to play
            told = {key: value for key, value in event.data.items() if key != "within"}
            self._add(at, number, process, event.type, event.activity, told)

    def note(
        self,
        kind: str,
        *,
        instance: int = 0,
        activity: str = "",
        before: int | None = None,
        **data: Any,
    ) -> None:
        """Add what is no step of the engine: what the player did, incidents of jobs.

        `before`: the place in the list, for what was the cause of the events from there on.
        """
        self._add(clock.now(), instance, "", kind, activity, data)
        if before is not None:
            self.events.insert(before, self.events.pop())

    def _enter(self, at: datetime, number: int, process: str, event: HistoryEvent) -> None:
        """Nodes that a token only passes say no more than that they are done."""
        if event.type == "activity.started":
            self._entered.add(event.activity_id)
        elif event.type in _OVER:
            if event.activity_id not in self._entered and event.type == "activity.completed":
                self._add(at, number, process, "activity.started", event.activity, {})
            self._entered.discard(event.activity_id)

    def _add(
        self,
        at: datetime,
        number: int,
        process: str,
        kind: str,
        activity: str,
        data: Mapping[str, Any],
    ) -> None:
        # ids of rows are nobody's business and differ from run to run
        told = {
            key: value for key, value in data.items() if not key.endswith(("_id", "definition"))
        }
        name = self.names.get(activity, "")
        self.events.append(PlayEvent(at, number, process, kind, activity, name, told))
