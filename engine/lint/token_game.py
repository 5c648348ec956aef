"""Plays a scope through with every choice open, as far as that is possible within a bound.

Invariant: says something only if it has seen every marking; a scope that is too large, or where
tokens multiply without bound, says so and gives no other answer rather than a wrong one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, Literal

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.paths import begins, implicit_starts, reach
from engine.definition.process import Flow, Process
from engine.lint import escalations, graph

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
    doubled: set[str] = field(default_factory=set)
    """Flows that carried more than one token."""
    end: Literal["all", "large", "unbounded", "unknown"] = "all"
    """Why the game ended; but for `all` only `splitter` is an answer."""
    splitter: str = ""


class _Ended(Exception):
    """The game is over before every marking was seen."""


def play(process: Process, scope: str, *, beside: bool = True) -> Game:
    """Every marking of a scope, as far as there are not too many.

    Args:
        process: the process.
        scope: its id, or that of a sub-process.
        beside: whether boundary events that do not interrupt may happen.
    """
    player = _Player(process, scope, beside=beside)
    try:
        player.play()
    except _Ended as ended:
        player.game.end = ended.args[0]
    return player.game


class _Player:
    def __init__(self, process: Process, scope: str, *, beside: bool) -> None:
        self.process = process
        self.scope = scope
        self.starts = begins(process, scope)
        self.elements = process.in_scope(scope)
        self.beside = self._matters() if beside else frozenset()
        self.game = Game(splitter=_splitter(process, scope))
        self.loop = _leading_to(process, scope, self.game.splitter)
        self.areas: dict[str, Mapping[str, frozenset[str]]] = {
            element.id: reach(process, element)
            for element in self.elements
            if isinstance(element, el.InclusiveGateway) and len(element.incoming) > 1
        }

    def _matters(self) -> frozenset[str]:
        """The events beside an activity whose ways lead to a join; others change nothing here."""
        joins = (el.ParallelGateway, el.InclusiveGateway, el.ComplexGateway)
        return frozenset(
            event.id
            for event in self.elements
            if isinstance(event, el.BoundaryEvent)
            and not event.interrupting
            and any(
                isinstance(self.process.elements[one], joins)
                and len(self.process.elements[one].incoming) > 1
                for one in graph.reachable(self.process, event)
            )
        )

    def play(self) -> None:
        if any(isinstance(one, el.ComplexGateway) for one in self.elements):
            raise _Ended("unknown")  # what is enough for it is known at run time only
        ahead: list[Marking] = [*self._first()]
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
                raise _Ended("large")

    def _first(self) -> Iterable[Marking]:
        together = implicit_starts(self.process, self.scope)
        if not together:
            return [self._after(start, ()) for start in self._started()]
        if not all(isinstance(one, el.Activity) for one in together):
            raise _Ended("unknown")  # a gateway or an event: which way it takes is not played
        flows = [flow.id for one in together for flow in graph.flows_of(self.process, one)]
        return [self._marking(flows)]

    def _started(self) -> Iterator[el.Element]:
        """What begins: of an exclusive event gateway one of the events behind it."""
        for start in self.starts:
            if isinstance(start, el.EventGateway) and not start.parallel:
                flows = graph.flows_of(self.process, start)
                yield from (self.process.elements[flow.target] for flow in flows)
            else:
                yield start

    def _remember(self, marking: Marking) -> None:
        counts = Counter(marking)
        self.game.doubled.update(flow for flow, count in counts.items() if count > 1)
        if any(count >= _SAME_FLOW for count in counts.values()):
            raise _Ended("unbounded")
        targets = [self.process.flows[flow].target for flow in marking]
        self.game.together.update(frozenset(pair) for pair in combinations(targets, 2))

    def _after(self, element: el.Element, marking: Marking) -> Marking:
        flows = graph.flows_of(self.process, element)
        return self._marking([*marking, *(flow.id for flow in flows)])

    def _marking(self, tokens: list[str]) -> Marking:
        """Of tokens that pile up beside a loop two stand for all: they say no more than two."""
        counts = Counter(tokens)
        for flow in counts.keys() - self.loop:
            counts[flow] = min(counts[flow], _SAME_FLOW - 1)
        return tuple(sorted(counts.elements()))

    def _moves(self, marking: Marking) -> Iterator[Marking]:
        # what does not rest goes on at once, as in the engine; the others stay where they are
        for identity in dict.fromkeys(marking):
            if self._passes(self.process.elements[self.process.flows[identity].target]):
                yield from self._steps(marking, (identity,))
                return
        yield from self._steps(marking, dict.fromkeys(marking))

    def _passes(self, element: el.Element) -> bool:
        joins = isinstance(element, el.ParallelGateway) and len(element.incoming) > 1
        return not (joins or element.id in self.areas or graph.rests(self.process, element))

    def _steps(self, marking: Marking, flows: Iterable[str]) -> Iterator[Marking]:
        for identity in flows:
            element = self.process.elements[self.process.flows[identity].target]
            rest = self._consumed(element, identity, marking)
            if rest is None:
                continue
            for produced in self._produced(element):
                if produced is None:
                    yield ()
                else:
                    yield self._marking([*rest, *produced])

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
            ends = any(
                isinstance(one, ev.TerminateEvent | ev.ErrorEvent)
                for one in ev.singles(element.definition)
            )
            yield None if ends or escalations.interrupts(self.process, element) else []
            return
        if escalations.interrupts(self.process, element):
            yield None
            return
        flows = graph.flows_of(self.process, element)
        for chosen in self._choices(element, flows):
            yield chosen
            for event in self.process.boundary(element.id):
                if event.id in self.beside:
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
                raise _Ended("large")
            for size in range(1, len(names) + 1):
                yield from (list(subset) for subset in combinations(names, size))
        else:
            yield names


def _splitter(process: Process, scope: str) -> str:
    """An element of which two ways lead back to itself; empty if there is none."""
    for element in process.in_scope(scope):
        if len(element.outgoing) < 2 and not process.boundary(element.id):
            continue
        ways = [process.elements[flow.target] for flow in graph.flows_of(process, element)]
        if isinstance(element, el.ExclusiveGateway | el.EventGateway):
            ways = ways[:1]
        ways += [event for event in process.boundary(element.id) if not event.interrupting]
        if sum(element.id in graph.reachable(process, way) for way in ways) > 1:
            return element.id
    return ""


def _leading_to(process: Process, scope: str, element: str) -> frozenset[str]:
    """The flows of a scope from which there is a way to an element."""
    if not element:
        return frozenset()
    leading = {
        one.id for one in process.in_scope(scope) if element in graph.reachable(process, one)
    }
    return frozenset(flow.id for flow in process.flows.values() if flow.target in leading)
