"""Can everything be reached, does every join fire, does every loop come to rest?"""

from collections.abc import Callable, Iterator
from typing import Final

from engine.definition import elements as el
from engine.definition.process import Process
from engine.lint import graph, token_game
from engine.lint.findings import Findings


def reachability(process: Process, findings: Findings) -> None:
    """A finding for each element to which no way leads from a start of its scope."""
    for scope in graph.scopes(process):
        starts = process.starts(scope)
        if not starts:
            continue
        seen: set[str] = set()
        ahead: list[el.Element] = [*starts]
        while ahead:
            current = ahead.pop()
            if current.id not in seen:
                seen.add(current.id)
                ahead.extend(graph.followers(process, current))
        for element in process.in_scope(scope):
            by_event = isinstance(element, el.SubProcess) and element.by_event
            if element.id not in seen and not by_event:
                findings.error("unreachable", element, "从开始事件无法到达")


def automatic_cycles(process: Process, findings: Findings) -> None:
    """A finding for each loop in which no token ever comes to rest."""
    passing = {
        element.id: element
        for element in process.elements.values()
        if not graph.rests(process, element)
    }
    for cycle in _cycles(process, passing):
        text = f"循环中没有等待状态：{'、'.join(sorted(cycle))}"
        findings.error("automatic_cycle", process.elements[min(cycle)], text)


def _cycles(process: Process, passing: dict[str, el.Element]) -> Iterator[set[str]]:
    after = {
        identity: {f.target for f in graph.flows_of(process, element)} & set(passing)
        for identity, element in passing.items()
    }
    reached = {identity: _closure(after, identity) for identity in after}
    reported: set[str] = set()
    for identity, targets in reached.items():
        if identity in targets and identity not in reported:
            cycle = {other for other in targets if identity in reached[other]}
            reported |= cycle
            yield cycle


def _closure(after: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    ahead = list(after[start])
    while ahead:
        current = ahead.pop()
        if current not in seen:
            seen.add(current)
            ahead.extend(after[current])
    return seen


def joins(process: Process, findings: Findings) -> None:
    """Parallel joins that never fire are errors, those that may starve are warnings."""
    for scope in graph.scopes(process):
        game = token_game.play(process, scope)
        if game is None:
            continue
        never = {
            gateway.id
            for gateway in process.of(el.ParallelGateway)
            if gateway.scope == scope and len(gateway.incoming) > 1
        } - game.fired
        for identity in sorted(never):
            text = "进入的各条路径不可能同时到达，永远等不齐"
            findings.error("join_never", process.elements[identity], text)
        waiting = {process.flows[flow].target for marking in game.stuck for flow in marking}
        for identity in sorted(waiting - never):
            text = "在某些分支选择下等不齐，流程会停在这里"
            findings.warning("join_starves", process.elements[identity], text)


def parallel_writes(process: Process, findings: Findings) -> None:
    """A warning where two elements that may run side by side write the same variable."""
    for pair in sorted(concurrent(process), key=sorted):
        if len(pair) < 2:
            continue
        first, second = (process.elements[identity] for identity in sorted(pair))
        for name in sorted(_written(first) & _written(second)):
            text = f"与{second.label}可能同时进行，都写变量『{name}』"
            findings.warning("parallel_write", first, text)


def concurrent(process: Process) -> set[frozenset[str]]:
    """The pairs of elements of one scope that may be under way side by side."""
    found: set[frozenset[str]] = set()
    for scope in graph.scopes(process):
        game = token_game.play(process, scope)
        if game is not None:
            found |= game.together
    return found


def _written(element: el.Element) -> set[str]:
    names = {mapping.target for mapping in element.outputs}
    if isinstance(element, el.ScriptTask | el.BusinessRuleTask) and not names:
        names.add(element.result_variable)
    return names


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    reachability,
    automatic_cycles,
    joins,
    parallel_writes,
)
