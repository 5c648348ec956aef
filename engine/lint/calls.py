"""Processes together: calls in a circle, and one id for two."""

from collections.abc import Collection, Mapping, Sequence

from engine.definition.elements import BusinessRuleTask, CallActivity
from engine.definition.process import Process
from engine.errors import Finding
from engine.expressions import Expression
from engine.lint.findings import Findings


def recursion(
    processes: Sequence[Process], installed: Mapping[str, Collection[str]]
) -> list[Finding]:
    """A finding for each call that leads back to its own process.

    Args:
        processes: those to be deployed together.
        installed: key → keys that it calls, of the processes that there are already.
    """
    graph = {
        **{key: set(called) for key, called in installed.items()},
        **{process.id: _called(process) for process in processes},
    }
    found: list[Finding] = []
    for process in processes:
        findings = Findings(process)
        for call in process.of(CallActivity):
            if not call.process.is_feel and _leads(graph, call.process.text, process.id):
                text = f"循环调用：流程『{call.process.text}』又会调用本流程"
                findings.error("call_recursion", call, text)
        found += findings.found
    return found


def same_ids(processes: Sequence[Process]) -> list[Finding]:
    """A finding for each process whose id another file has taken."""
    first: dict[str, Process] = {}
    found: list[Finding] = []
    for process in processes:
        other = first.setdefault(process.id, process)
        if other is not process:
            findings = Findings(process)
            text = f"文件『{other.file}』里已有标识为『{process.id}』的流程"
            findings.error("process_twice", process, text)
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


def bound(processes: Sequence[Process], decisions: Collection[str]) -> list[Finding]:
    """A finding for each reference bound to its own deployment that does not have it."""
    known = {process.id for process in processes}
    found: list[Finding] = []
    for process in processes:
        findings = Findings(process)
        for call in process.of(CallActivity):
            _there(findings, call, "流程", call.process, known)
        for task in process.of(BusinessRuleTask):
            _there(findings, task, "决策", task.decision, decisions)
        found += findings.found
    return found


def _there(
    findings: Findings,
    element: CallActivity | BusinessRuleTask,
    kind: str,
    wanted: Expression,
    present: Collection[str],
) -> None:
    bound_here = element.binding.kind == "deployment" and not wanted.is_feel
    if bound_here and wanted.text not in present:
        text = f"绑定到同一次部署，但其中没有{kind}『{wanted.text}』"
        findings.error("binding_missing", element, text)
