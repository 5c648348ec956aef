"""Checks of a parsed process beyond its form: what it means, and whether it can run to its end.

Invariant: what passes here is executed as BPMN says; every finding names the element and its line.
"""

from collections.abc import Collection, Mapping, Sequence

from engine.definition.process import Process
from engine.dmn.model import Decision
from engine.errors import Finding
from engine.lint import (
    activities,
    calls,
    compensation,
    events,
    flows,
    gateways,
    limits,
    links,
    soundness,
)
from engine.lint.findings import Findings


def check(process: Process) -> list[Finding]:
    """The findings of one process."""
    findings = Findings(process)
    for rule in (
        *events.RULES,
        *flows.RULES,
        *links.RULES,
        *gateways.RULES,
        *compensation.RULES,
        *activities.RULES,
        *limits.RULES,
        *soundness.RULES,
    ):
        rule(process, findings)
    return findings.found


def across(
    processes: Sequence[Process], installed: Mapping[str, Collection[str]] | None = None
) -> list[Finding]:
    """The findings of processes together: calls in a circle, one id for two."""
    return [*calls.recursion(processes, installed or {}), *calls.same_ids(processes)]


def limits_together(
    processes: Sequence[Process], decisions: Mapping[str, Decision], called: limits.Called
) -> list[Finding]:
    """The findings of limits that decisions, scripts and called processes give."""
    return limits.together(processes, decisions, called)


def bound(processes: Sequence[Process], decisions: Collection[str]) -> list[Finding]:
    """The findings of calls and decisions that are bound to the same deployment."""
    return calls.bound(processes, decisions)
