"""Which places of a flow run beside each other, told by the structure of the model alone.

Invariant: two places are concurrent if they lie in different branches of one split and neither
lies in both. A branch ends where the ways of its split are sure to meet again, and holds only what
cannot be reached but through the split; so a loop back to before the split leads out of it.

Places are elements and sequence flows: a token that waits at a join stands on the flow it came by.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.process import Process

_EXIT = "#exit"
_Graph = Mapping[str, frozenset[str]]
_SPLITS = (el.ParallelGateway, el.InclusiveGateway, el.ComplexGateway)


@dataclass(frozen=True, slots=True)
class Across:
    """Two places in different branches of a split, the smallest that holds both.

    `mine` are the places of the branches that hold the one, `theirs` those that hold the other;
    `entries` the flows by which the split leads into `mine`.
    """

    mine: frozenset[str]
    theirs: frozenset[str]
    entries: tuple[str, ...]


class Places:
    """The places of one scope; what its splits part is found once and kept."""

    def __init__(self, process: Process, scope: str) -> None:
        self._process = process
        self._scope = scope
        self._graph = _graph(process, scope)
        self._back = _reversed(self._graph)

    def concurrent(self, one: str, other: str) -> bool:
        """Whether two places run beside each other."""
        return self.across(one, other) is not None

    def across(self, one: str, other: str) -> Across | None:
        """In which branches two places run beside each other; None if they do not."""
        found: list[Across] = []
        for branches in self._splits:
            mine = {way: branch for way, branch in branches.items() if one in branch}
            theirs = {way: branch for way, branch in branches.items() if other in branch}
            if mine and theirs and mine.keys().isdisjoint(theirs):
                flows = tuple(way for way in mine if way in self._process.flows)
                held = frozenset[str]().union
                found.append(Across(held(*mine.values()), held(*theirs.values()), flows))
        return min(found, key=lambda one: len(one.mine | one.theirs), default=None)

    def arrived(self, target: str, kept: Iterable[str] = ()) -> list[tuple[str, str]]:
        """What joins ahead of a place would wait for in vain when the flow begins there again.

        Parallel joins with the flows that come from branches beside the place, as pairs of ids;
        not those by which one of the `kept` places still comes.
        """
        found = []
        for join in self._process.in_scope(self._scope):
            if not isinstance(join, el.ParallelGateway) or not self.leads(target, join.id):
                continue
            for flow in join.incoming:
                if self.concurrent(target, flow) and not any(
                    self._feeds(one, flow, target) for one in kept
                ):
                    found.append((join.id, flow))
        return found

    def _feeds(self, one: str, flow: str, target: str) -> bool:
        """Whether a place beside the target comes by a flow without leaving its branch."""
        for split in self._splits:
            branches = [*split.values()]
            mine = [branch for branch in branches if one in branch]
            apart = not any(target in branch for branch in mine)
            if apart and any(flow in branch for branch in mine):
                return self.leads(one, flow)
        return False

    def leads(self, one: str, other: str) -> bool:
        """Whether the flow leads from one place to another, or they are the same."""
        return one == other or other in _reached(self._graph, [one])

    def between(self, one: str, other: str) -> frozenset[str]:
        """The places that a way from one place to another passes, without the two."""
        ahead = _reached(self._graph, [one], without=[other])
        return (ahead & _reached(self._back, [other])) - {one, other}

    @cached_property
    def _splits(self) -> list[dict[str, frozenset[str]]]:
        """For each split its branches by the way into them: what lies on it before they meet."""
        elements = self._process.in_scope(self._scope)
        starts = [one.id for one in elements if not _entered(self._process, one)]
        whole = _reached(self._graph, starts)
        found = []
        for element in elements:
            if not _splits(self._process, element):
                continue
            inside = whole - _reached(self._graph, starts, without={element.id})
            ends = {element.id, *_always_after(self._graph, element.id)}
            ways = sorted(self._graph[element.id])
            found.append({way: _reached(self._graph, [way], without=ends) & inside for way in ways})
        return found


def _graph(process: Process, scope: str) -> _Graph:
    ways: dict[str, set[str]] = {_EXIT: set()}
    catches = {
        element.definition.name: element.id
        for element in process.in_scope(scope)
        if isinstance(element, el.CatchEvent) and isinstance(element.definition, ev.LinkEvent)
    }
    for element in process.in_scope(scope):
        found = ways.setdefault(element.id, set())
        for flow in process.outgoing(element):
            found.add(flow.id)
            ways[flow.id] = {flow.target}
        found.update(boundary.id for boundary in process.boundary(element.id))
        definition = element.definition if isinstance(element, el.ThrowEvent) else None
        if isinstance(definition, ev.LinkEvent) and definition.name in catches:
            found.add(catches[definition.name])
        if not found:
            found.add(_EXIT)
    return {place: frozenset(found) for place, found in ways.items()}


def _reversed(graph: _Graph) -> _Graph:
    back: dict[str, set[str]] = {place: set() for place in graph}
    for place, ways in graph.items():
        for way in ways:
            back.setdefault(way, set()).add(place)
    return {place: frozenset(found) for place, found in back.items()}


def _entered(process: Process, element: el.Element) -> bool:
    if isinstance(element, el.BoundaryEvent):
        return True
    links = isinstance(element, el.CatchEvent) and isinstance(element.definition, ev.LinkEvent)
    return bool(element.incoming) or links


def _splits(process: Process, element: el.Element) -> bool:
    beside = any(not boundary.interrupting for boundary in process.boundary(element.id))
    if len(element.outgoing) < 2:
        return beside
    exclusive = el.ExclusiveGateway | el.EventGateway
    return beside or isinstance(element, _SPLITS) or not isinstance(element, exclusive)


def _reached(
    graph: _Graph, starts: Iterable[str], *, without: Iterable[str] = ()
) -> frozenset[str]:
    barred = set(without)
    found: set[str] = set()
    ahead = [start for start in starts if start not in barred]
    while ahead:
        place = ahead.pop()
        if place not in found:
            found.add(place)
            ahead.extend(way for way in graph.get(place, ()) if way not in barred)
    return frozenset(found)


def _always_after(graph: _Graph, split: str) -> set[str]:
    """The places that every way from a split to an end passes (its post-dominators)."""
    ahead = _reached(graph, [split]) - {split, _EXIT}
    return {place for place in ahead if _EXIT not in _reached(graph, [split], without={place})}
