"""Do the limits of the nodes fit into the limit of the whole (节点时限之和不超过承诺期限)?

Invariant: no false alarm. Counted are amounts written as numbers, in the unit of the whole limit,
on one way of one token from where the limit starts to where it stops: branches of a parallel split
run beside each other, a loop counts once, and what lies between suspension and resumption, in a
called process or in an event sub-process does not count.
Source: case-operations B.2 承办; B.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.definition import elements as el
from engine.definition.paths import begins
from engine.definition.process import Process
from engine.errors import BanliError
from engine.expressions import Expression, number
from engine.lint import graph
from engine.lint.findings import Findings

WHOLE: Final = ("promised", "statutory")
_ALL: Final = "*"
_EXIT: Final = "#exit"
_TITLES: Final = {"promised": "承诺期限", "statutory": "法定期限"}
_UNITS: Final = {
    "working_days": "个工作日",
    "calendar_days": "日",
    "working_hours": "个工作小时",
    "hours": "小时",
}

_Graph = dict[str, list[str]]
_Way = tuple[int, tuple[str, ...]]
"""How much a way uses, and its elements that use something."""


def node_limits(process: Process, findings: Findings) -> None:
    """An error where the nodes on a way may use more than the whole grants."""
    ways: _Graph | None = None
    for element in process.elements.values():
        for clock in element.clocks:
            if clock.do != "start" or clock.limit not in WHOLE:
                continue
            total = _amount(clock.amount)
            if total is None:
                continue
            ways = ways if ways is not None else _acyclic(process)
            used, along = _Longest(process, ways, clock).after(element.id)
            if used > total:
                named = " → ".join(_told(process, one) for one in along)
                unit = _UNITS.get(clock.unit, "")
                text = (
                    f"各环节期限之和 {used} {unit}超过{clock.title or _TITLES[clock.limit]}"
                    f" {total} {unit}：{named}"
                )
                findings.error("limits_over_whole", element, text)


@dataclass(slots=True)
class _Longest:
    """The way from an element on that uses most; each place is looked at once."""

    process: Process
    ways: _Graph
    clock: el.Clock

    def after(self, start: str) -> _Way:
        """What lies after an element, itself not counted."""
        known: dict[tuple[str, bool], _Way] = {}
        order = _postorder(self.ways, start)
        for place in order:
            for resting in (False, True):
                known[place, resting] = self._from(place, known, resting=resting)
        following = [known[one, False] for one in self.ways.get(start, ())]
        return max(following, default=(0, ()))

    def _from(self, place: str, known: dict[tuple[str, bool], _Way], *, resting: bool) -> _Way:
        element = self.process.elements.get(place)
        own = 0 if resting or element is None else self._own(element)
        used: _Way = (own, (place,)) if own else (0, ())
        marks = [] if element is None else [one for one in element.clocks if self._means(one)]
        if any(one.do == "stop" for one in marks):
            return used
        for one in marks:
            resting = one.do == "suspend" or (resting and one.do != "resume")
        ahead = [known[following, resting] for following in self.ways.get(place, ())]
        more, along = max(ahead, default=(0, ()))
        return used[0] + more, (*used[1], *along)

    def _means(self, mark: el.Clock) -> bool:
        return mark.limit in {self.clock.limit, _ALL}

    def _own(self, element: el.Element) -> int:
        if not isinstance(element, el.UserTask) or element.limit is None:
            return 0
        same = element.limit.unit == self.clock.unit
        return (_amount(element.limit.amount) or 0) if same else 0


def _amount(expression: Expression | None) -> int | None:
    """An amount that is written as a number; None if it is known only in a case."""
    if expression is None or expression.names():
        return None
    try:
        return number(expression, {})
    except BanliError:
        return None


def _told(process: Process, place: str) -> str:
    element = process.elements[place]
    limit = getattr(element, "limit", None)
    return f"{element.name or element.id}（{_amount(limit.amount)}）" if limit else element.name


def _acyclic(process: Process) -> _Graph:
    """Where a token may go next, sub-processes opened out, flows that close a loop left out."""
    whole = {place: list(_next(process, place)) for place in _places(process)}
    closing: set[tuple[str, str]] = set()
    state: dict[str, int] = {}
    for start in begins(process, process.id):
        _close(whole, start.id, state, closing)
    return {
        place: [one for one in ahead if (place, one) not in closing]
        for place, ahead in whole.items()
    }


def _close(ways: _Graph, start: str, state: dict[str, int], closing: set[tuple[str, str]]) -> None:
    """Find the flows that lead back to a place still being looked at."""
    ahead = [(start, iter(ways.get(start, ())))]
    state[start] = 1
    while ahead:
        place, following = ahead[-1]
        one = next(following, None)
        if one is None:
            state[place] = 2
            ahead.pop()
        elif state.get(one) == 1:
            closing.add((place, one))
        elif one not in state:
            state[one] = 1
            ahead.append((one, iter(ways.get(one, ()))))


def _postorder(ways: _Graph, start: str) -> list[str]:
    found: list[str] = []
    seen = {start}
    ahead = [(start, iter(ways.get(start, ())))]
    while ahead:
        place, following = ahead[-1]
        one = next(following, None)
        if one is None:
            found.append(place)
            ahead.pop()
        elif one not in seen:
            seen.add(one)
            ahead.append((one, iter(ways.get(one, ()))))
    return found


def _places(process: Process) -> Iterator[str]:
    for element in process.elements.values():
        yield element.id
        if isinstance(element, el.SubProcess):
            yield element.id + _EXIT


def _next(process: Process, place: str) -> Iterator[str]:
    identity = place.removesuffix(_EXIT)
    element = process.elements[identity]
    if isinstance(element, el.SubProcess) and place == identity:
        inside = begins(process, identity)
        yield from (one.id for one in inside)
        if not inside:
            yield identity + _EXIT
        return
    flows = graph.flows_of(process, element)
    yield from (flow.target for flow in flows)
    for event in process.boundary(identity):
        if event.interrupting:
            yield event.id
    outer = process.elements.get(element.scope)
    if not flows and isinstance(outer, el.SubProcess) and not outer.by_event:
        yield outer.id + _EXIT


RULES: Final = (node_limits,)
