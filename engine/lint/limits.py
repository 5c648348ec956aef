"""Do the limits of the nodes fit into the limit of the whole (节点时限之和不超过承诺期限)?

Invariant: no false alarm. Counted are amounts that are known, in the unit of the whole limit, on
one way of one token from where the limit starts to where it stops: branches of a parallel split
run beside each other, a loop counts once, and what lies between suspension and resumption or in an
event sub-process does not count. Amounts written as numbers are looked at for a process by itself;
those that scripts and decision tables give, and limits that a called process starts, when it is
deployed; those that a case alone knows, when its limit starts.
Source: case-operations B.2 承办; B.3.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from engine.definition import elements as el
from engine.definition.paths import begins
from engine.definition.process import Process
from engine.dmn.model import Decision
from engine.errors import BanliError, Finding
from engine.expressions import Expression, condition, number
from engine.lint import given, graph
from engine.lint.findings import Findings
from engine.lint.given import Given

WHOLE: Final = ("promised", "statutory")
_ALL: Final = "*"
_EXIT: Final = "#exit"
_CODE: Final = "limits_over_whole"
_DEEPEST: Final = 5
_TITLES: Final = {"promised": "承诺期限", "statutory": "法定期限"}
_UNITS: Final = {
    "working_days": "个工作日",
    "calendar_days": "日",
    "working_hours": "个工作小时",
    "hours": "小时",
}

_Graph = Mapping[str, Sequence[str]]
_Way = tuple[int, tuple[str, ...]]
"""How much a way uses, and what uses it, as it is told."""
Called = Callable[[str], Process | None]
"""Finds the process that a key means in the installation."""


def node_limits(process: Process, findings: Findings) -> None:
    """An error where the nodes on a way may use more than the whole grants, by their numbers."""
    for element in process.elements.values():
        for clock in element.clocks:
            if clock.do != "start" or clock.limit not in WHOLE:
                continue
            total = _amount(clock.amount, Given())
            over = None if total is None else _over(process, element.id, clock, total, Given())
            if over:
                findings.error(_CODE, element, over)


def together(
    processes: Sequence[Process], decisions: Mapping[str, Decision], called: Called
) -> list[Finding]:
    """The same with what scripts, decision tables and called processes give.

    An error where no case can be otherwise, a warning where it holds by default.
    """
    found: list[Finding] = []
    for process in processes:
        alone, findings = Findings(process), Findings(process)
        node_limits(process, alone)
        told = {one.element for one in alone.found}
        # without the tables first: what holds whatever they say is told without naming a row
        tables = given.possibilities(process, decisions)
        for known in (*given.possibilities(process, {}), *tables):
            for whole in _wholes(process, known, called):
                over = _over(process, whole.element.id, whole.clock, whole.total, known, whole.used)
                if over is None or whole.element.id in told:
                    continue
                told.add(whole.element.id)
                text = f"{known.words}：{over}" if known.words else over
                sure = whole.sure and _sure(process, known)
                add = findings.error if sure else findings.warning
                add(_CODE, whole.element, text if sure else f"按缺省取值，{text}")
        found += findings.found
    return found


def exceeded(
    process: Process, element: str, *, limit: str, unit: str, amount: int, values: Mapping[str, Any]
) -> str | None:
    """How far the nodes ahead of an element exceed a limit that starts there, by a case's data."""
    clock = el.Clock("start", limit, unit=unit)
    return _over(process, element, clock, amount, Given(values))


@dataclass(frozen=True, slots=True)
class _Whole:
    """A whole limit that starts at an element, or within what it calls; `used` in there after."""

    element: el.Element
    clock: el.Clock
    total: int
    sure: bool
    used: _Way = (0, ())


def _wholes(process: Process, known: Given, called: Called, deep: int = 0) -> Iterator[_Whole]:
    for element in process.elements.values():
        for clock in element.clocks:
            total = _amount(clock.amount, known)
            if clock.do == "start" and clock.limit in WHOLE and total is not None:
                if _never(clock.when, known):
                    continue
                sure = clock.amount is not None and known.rests(clock.amount)
                yield _Whole(element, clock, total, sure)
        if isinstance(element, el.CallActivity) and deep < _DEEPEST:
            yield from _called(element, known, called, deep)


def _called(call: el.CallActivity, known: Given, called: Called, deep: int) -> Iterator[_Whole]:
    inner = None if call.process.is_feel or call.loop else called(call.process.text)
    if inner is None:
        return
    # what the tables of its own deployment say is looked at there
    (inside,) = given.possibilities(inner, {}, given.passed(call, known))
    for whole in _wholes(inner, inside, called, deep + 1):
        used, along = _Longest(inner, _acyclic(inner), whole.clock, inside).after(whole.element.id)
        way = used + whole.used[0], (*along, *whole.used[1])
        yield _Whole(call, whole.clock, whole.total, whole.sure, way)


def _over(
    process: Process,
    element: str,
    clock: el.Clock,
    total: int,
    known: Given,
    before: _Way = (0, ()),
) -> str | None:
    used, along = _Longest(process, _acyclic(process), clock, known).after(element)
    used += before[0]
    if used <= total:
        return None
    unit = _UNITS.get(clock.unit, "")
    return (
        f"各环节期限之和 {used} {unit}超过{_title(clock)}"
        f" {total} {unit}：{' → '.join((*before[1], *along))}"
    )


def _title(clock: el.Clock) -> str:
    """What a limit is called; by its kind where its cases name it."""
    named = clock.title is not None and not clock.title.is_feel
    return clock.title.text if clock.title and named else _TITLES[clock.limit]


def _sure(process: Process, known: Given) -> bool:
    """Whether every amount that could be counted rests on what is certain."""
    limits = [one.limit for one in process.of(el.UserTask) if one.limit is not None]
    counted = [one.amount for one in limits if _amount(one.amount, known) is not None]
    return all(known.rests(one) for one in counted)


def _never(when: Expression | None, known: Given) -> bool:
    try:
        return when is not None and not condition(when, known.values)
    except BanliError:
        return False


@dataclass(slots=True)
class _Longest:
    """The way from an element on that uses most; each place is looked at once."""

    process: Process
    ways: _Graph
    clock: el.Clock
    known: Given

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
        used: _Way = (own, (self._told(element, own),)) if own and element else (0, ())
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
        return (_amount(element.limit.amount, self.known) or 0) if same else 0

    @staticmethod
    def _told(element: el.Element, amount: int) -> str:
        return f"{element.name or element.id}（{amount}）"


def _amount(expression: Expression | None, known: Given) -> int | None:
    """An amount as far as it is known; None if a case alone tells."""
    if expression is None or not expression.names() <= known.values.keys():
        return None
    try:
        return number(expression, known.values)
    except BanliError:
        return None


@lru_cache(maxsize=256)
def _acyclic(process: Process) -> _Graph:
    """Where a token may go next, sub-processes opened out, flows that close a loop left out."""
    whole = {place: [*_next(process, place)] for place in _places(process)}
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
