"""Calls between the processes of a bundle."""

from collections.abc import Mapping, Sequence

from engine.definition.elements import CallActivity
from engine.definition.process import Process
from engine.errors import Finding
from engine.lint.findings import Findings


def recursion(processes: Sequence[Process]) -> list[Finding]:
    """A finding for each call that leads back to its own process."""
    known = {process.id: process for process in processes}
    graph = {key: _called(process) & set(known) for key, process in known.items()}
    found: list[Finding] = []
    for process in processes:
        findings = Findings(process)
        for call in process.of(CallActivity):
            if not call.process.is_feel and _leads(graph, call.process.text, process.id):
                text = f"循环调用：流程『{call.process.text}』又会调用本流程"
                findings.error("call_recursion", call, text)
        found += findings.found
    return found


def _called(process: Process) -> set[str]:
    return {call.process.text for call in process.of(CallActivity) if not call.process.is_feel}


def _leads(graph: Mapping[str, set[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        current = ahead.pop()
        if current == goal:
            return True
        if current not in seen:
            seen.add(current)
            ahead.extend(graph.get(current, ()))
    return False
