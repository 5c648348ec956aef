"""What was done in a case, in which of its processes, and in which activation of them.

Invariant: an event is ascribed by the activity instances around it, never by a name: a called
process may use the ids of its caller, and may be called twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sqlalchemy.orm import Session

from engine import history, move_places, repository
from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.definition.process import Process
from engine.model import HistoryEvent, ProcessInstance

_MOST: Final = 100_000
Ways = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Called:
    """A process of a case: its own (no ways), or one called at the end of the ways."""

    ways: Ways
    calls: tuple[str, ...]
    names: tuple[str, ...]
    compiled: CompiledProcess

    @property
    def process(self) -> Process:
        """Its model."""
        return self.compiled.process


@dataclass(frozen=True, slots=True)
class Done:
    """A user task that somebody completed."""

    within: Called
    element: el.UserTask
    event: HistoryEvent


class Past:
    """The history of a case, with its processes."""

    def __init__(self, session: Session, case_id: int) -> None:
        self._session = session
        self._own = _own(session, case_id)
        self.events = history.events(session, case_id, limit=_MOST)

    @property
    def processes(self) -> Sequence[Called]:
        """The case's own process, and those that it has called so far, each way once."""
        by_ways = {one.ways: one for one in self._by_call.values()}
        return list(by_ways.values())

    def of(self, event: HistoryEvent) -> tuple[Called, el.Element] | tuple[None, None]:
        """The element of an event, and the process that has it."""
        found = self._by_call[self._call(event)]
        element = found.process.elements.get(event.activity)
        return (None, None) if element is None else (found, element)

    def around(self, event: HistoryEvent) -> list[int]:
        """The activity instances around an event, from the inside out."""
        found: list[int] = []
        around = _within(event)
        while around:
            found.append(around)
            started = self._started.get(around)
            around = _within(started) if started is not None else 0
        return found

    def beside(self, one: HistoryEvent, other: HistoryEvent) -> bool:
        """Whether two events lie in branches of one split, in whatever is nested in them."""
        ways = zip(self._way(one), self._way(other), strict=False)
        for (process, mine), (other_process, its) in ways:
            if process is not other_process:
                return False
            if mine != its:
                scope = process.process.elements[mine].scope
                return process.spec.places(scope).concurrent(mine, its)
        return False

    def beginning(self, activity_id: int) -> HistoryEvent | None:
        """When an activity instance was begun."""
        return self._started.get(activity_id)

    def done(self) -> Iterator[Done]:
        """The user tasks that people completed, in that order."""
        passed = {event.activity_id for event in self.events if event.type == "task.passed"}
        for event in self.events:
            by_person = event.actor.isdigit() and event.activity_id not in passed
            if event.type == "activity.completed" and by_person:
                within, element = self.of(event)
                if within is not None and isinstance(element, el.UserTask):
                    yield Done(within, element, event)

    @cached_property
    def _started(self) -> Mapping[int, HistoryEvent]:
        return {
            event.activity_id: event
            for event in self.events
            if event.type == "activity.started" and event.activity_id is not None
        }

    @cached_property
    def _by_call(self) -> Mapping[int, Called]:
        found = {0: Called((), (), (), self._own)}
        for event in self.events:
            if event.type != "process.called" or event.activity_id is None:
                continue
            caller = found[self._call(event, known=found)]
            ways = (*caller.ways, move_places.way_to(caller.process, event.activity))
            compiled = repository.compiled(self._session, int(event.data["definition"]))
            element = caller.process.elements.get(event.activity)
            name = (element.name if element is not None else "") or compiled.name
            calls, names = (*caller.calls, event.activity), (*caller.names, name)
            found[event.activity_id] = Called(ways, calls, names, compiled)
        return found

    def _way(self, event: HistoryEvent) -> list[tuple[CompiledProcess, str]]:
        """The elements around an event, from the outside in, and its own."""
        found, _element = self.of(event)
        if found is None:
            return []
        inner = move_places.way_to(found.process, event.activity)
        by_calls = {one.calls: one for one in self._by_call.values()}
        ways = []
        for depth, way in enumerate((*found.ways, inner)):
            compiled = by_calls[found.calls[:depth]].compiled
            ways += [(compiled, identity) for identity in way]
        return ways

    def _call(self, event: HistoryEvent, *, known: Mapping[int, Called] | None = None) -> int:
        """The call activity in whose process something happened; 0: the case's own process."""
        calls = self._by_call if known is None else known
        return next((one for one in self.around(event) if one in calls), 0)


def _within(event: HistoryEvent) -> int:
    return int(event.data.get("within", 0))


def _own(session: Session, case_id: int) -> CompiledProcess:
    definition_id = session.get_one(ProcessInstance, case_id).definition_id
    return repository.compiled(session, definition_id)
