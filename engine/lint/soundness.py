"""Can everything be reached, does every join fire, does every loop come to rest?"""

from collections.abc import Callable, Iterator
from typing import Final

from engine.definition import elements as el
from engine.definition.paths import begins
from engine.definition.process import Process
from engine.lint import graph, token_game
from engine.lint.findings import Findings
from engine.lint.token_game import Game


def reachability(process: Process, findings: Findings) -> None:
    """A finding for each element to which no way leads from a start of its scope."""
    for scope in graph.scopes(process):
        starts = begins(process, scope)
        if not starts:
            continue
        # what lies behind an element that could not be read has its finding already
        beyond = [process.elements[one] for one in graph.behind_missing(process)]
        seen = graph.reachable(process, *starts, *beyond)
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


def ways_out(process: Process, findings: Findings) -> None:
    """A warning for each loop that a token, once in it, never leaves again."""
    for scope in graph.scopes(process):
        if _ends_from_outside(process, scope):
            continue
        reported: set[str] = set()
        for element in process.in_scope(scope):
            ahead = graph.reachable(process, *graph.followers(process, element))
            if element.id in ahead - reported and all(
                graph.flows_of(process, process.elements[one]) for one in ahead
            ):
                reported |= ahead
                text = "进入后没有任何路径通向结束，流程永远不会办结"
                findings.warning("no_way_out", element, text)


def _ends_from_outside(process: Process, scope: str) -> bool:
    """Whether something else may end a scope: an interrupting event, termination, an error."""
    owner = process.elements.get(scope)
    if owner is not None and any(event.interrupting for event in process.boundary(scope)):
        return True
    for element in process.in_scope(scope):
        if isinstance(element, el.SubProcess) and element.by_event:
            if any(start.interrupting for start in process.starts(element.id)):
                return True
        elif isinstance(element, el.EndEvent) and element.definition is not None:
            return True
    return False


def tokens(process: Process, findings: Findings) -> None:
    """Joins that never fire or may starve, ways that meet without one, tokens without bound."""
    for scope in graph.scopes(process):
        game = token_game.play(process, scope)
        if game.end == "all":
            _joins(process, scope, game, findings)
            _merges(process, token_game.play(process, scope, beside=False), findings)
            _parallel_writes(process, game, findings)
        elif game.end == "unbounded":
            text = "在循环中分出多条并行路径而不汇合，同时进行的路径可能无限增多"
            findings.warning("split_unbounded", process.elements[game.splitter], text)
        elif game.end == "large":
            place = process.elements.get(scope, process)
            text = "可能的状态太多，没有逐一验证汇合与并行；请拆分为子流程"
            findings.warning("soundness_unchecked", place, text)


def _joins(process: Process, scope: str, game: Game, findings: Findings) -> None:
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


def _merges(process: Process, game: Game, findings: Findings) -> None:
    for identity in sorted({process.flows[flow].source for flow in game.doubled}):
        element = process.elements[identity]
        if len(element.incoming) > 1 and not isinstance(element, el.ParallelGateway):
            text = "多条并行路径在此相遇而不汇合，之后的环节会办理多次"
            findings.warning("merge_twice", element, text)


def _parallel_writes(process: Process, game: Game, findings: Findings) -> None:
    for pair in sorted(game.together, key=sorted):
        if len(pair) < 2:
            continue
        first, second = (process.elements[identity] for identity in sorted(pair))
        for name in sorted(_written(first) & _written(second)):
            text = f"与{second.label}可能同时进行，都写变量『{name}』"
            findings.warning("parallel_write", first, text)


def _written(element: el.Element) -> set[str]:
    names = {mapping.target for mapping in element.outputs}
    if isinstance(element, el.ScriptTask | el.BusinessRuleTask) and not names:
        names.add(element.result_variable)
    return names


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    reachability,
    automatic_cycles,
    ways_out,
    tokens,
)
