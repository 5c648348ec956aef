"""Plays a scope through with every choice open, as far as that is possible within a bound.

Invariant: says something only if it has seen every marking; a scope that is too large, or where
tokens multiply without bound, gives no answer rather than a wrong one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.paths import reach
from engine.definition.process import Flow, Process
from engine.lint import graph

Marking = tuple[str, ...]
"""The flows that carry a token, sorted; a flow with two tokens stands twice."""

_STATES: Final = 4_000
_CHOICES: Final = 6
_SAME_FLOW: Final = 3


@dataclass(slots=True)
class Game:
    """What was seen: joins that fired, markings in which nothing moves, what runs side by side."""

    fired: set[str] = field(default_factory=set)
    stuck: list[Marking] = field(default_factory=list)
    together: set[frozenset[str]] = field(default_factory=set)


class _TooLarge(Exception):
    """No answer."""


def play(process: Process, scope: str) -> Game | None:
    """Every marking of a scope; None if there are too many."""
    try:
        return _Player(process, scope).play()
    except _TooLarge:
        return None


class _Player:
    def __init__(self, process: Process, scope: str) -> None:
        self.process = process
        self.starts = process.starts(scope)
        self.elements = process.in_scope(scope)
        self.game = Game()
        self.areas: dict[str, Mapping[str, frozenset[str]]] = {
            element.id: reach(process, element)
            for element in self.elements
            if isinstance(element, el.InclusiveGateway) and len(element.incoming) > 1
        }

    def play(self) -> Game:
        ahead: list[Marking] = [self._after(start, ()) for start in self.starts]
        seen: set[Marking] = set(ahead)
        while ahead:
            marking = ahead.pop()
            self._remember(marking)
            following = set(self._moves(marking))
            if marking and not following:
                self.game.stuck.append(marking)
            fresh = following - seen
            seen |= fresh
            ahead += fresh
            if len(seen) > _STATES:
                raise _TooLarge
        return self.game

    def _remember(self, marking: Marking) -> None:
        if any(marking.count(flow) >= _SAME_FLOW for flow in set(marking)):
            raise _TooLarge
        targets = [self.process.flows[flow].target for flow in marking]
        self.game.together.update(frozenset(pair) for pair in combinations(targets, 2))

    def _after(self, element: el.Element, marking: Marking) -> Marking:
        flows = graph.flows_of(self.process, element)
        return tuple(sorted([*marking, *(flow.id for flow in flows)]))

    def _moves(self, marking: Marking) -> Iterator[Marking]:
        for identity in dict.fromkeys(marking):
            element = self.process.elements[self.process.flows[identity].target]
            rest = self._consumed(element, identity, marking)
            if rest is None:
                continue
            for produced in self._produced(element):
                if produced is None:
                    yield ()
                else:
                    yield tuple(sorted([*rest, *produced]))

    def _consumed(self, element: el.Element, flow: str, marking: Marking) -> list[str] | None:
        """The tokens that remain; None if the element may not go on yet."""
        rest = list(marking)
        taken = [flow]
        if len(element.incoming) > 1 and isinstance(element, el.ParallelGateway):
            if not all(incoming in marking for incoming in element.incoming):
                return None
            taken = list(element.incoming)
        elif element.id in self.areas:
            if not self._may_join(element, marking):
                return None
            taken = [incoming for incoming in element.incoming if incoming in marking]
        if len(taken) > 1 or isinstance(element, el.ParallelGateway):
            self.game.fired.add(element.id)
        for consumed in taken:
            rest.remove(consumed)
        return rest

    def _may_join(self, element: el.Element, marking: Marking) -> bool:
        areas = self.areas[element.id]
        full = [areas[flow] for flow in element.incoming if flow in marking]
        empty = [areas[flow] for flow in element.incoming if flow not in marking]
        for flow in marking:
            here = self.process.flows[flow].target
            if here == element.id:
                continue
            if any(here in area for area in empty) and not any(here in area for area in full):
                return False
        return True

    def _produced(self, element: el.Element) -> Iterator[list[str] | None]:
        """Each way to go on; None ends the whole scope."""
        if isinstance(element, el.EndEvent):
            ends = isinstance(element.definition, ev.TerminateEvent | ev.ErrorEvent)
            yield None if ends else []
            return
        flows = graph.flows_of(self.process, element)
        for chosen in self._choices(element, flows):
            yield chosen
            for event in self.process.boundary(element.id):
                if not event.interrupting:
                    yield [*chosen, *self._ids(event)]
        for event in self.process.boundary(element.id):
            if event.interrupting:
                yield self._ids(event)

    def _ids(self, element: el.Element) -> list[str]:
        return [flow.id for flow in graph.flows_of(self.process, element)]

    def _choices(self, element: el.Element, flows: list[Flow]) -> Iterator[list[str]]:
        names = [flow.id for flow in flows]
        if isinstance(element, el.ExclusiveGateway | el.EventGateway):
            yield from ([name] for name in names)
        elif isinstance(element, el.InclusiveGateway) or any(flow.condition for flow in flows):
            if len(names) > _CHOICES:
                raise _TooLarge
            for size in range(1, len(names) + 1):
                yield from (list(subset) for subset in combinations(names, size))
        else:
            yield names
