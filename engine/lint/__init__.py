"""Checks of a parsed process beyond its form: what it means, and whether it can run to its end."""

from collections.abc import Sequence

from engine.definition.process import Process
from engine.errors import Finding


def check(process: Process) -> list[Finding]:
    """The findings of one process."""
    return []


def across(processes: Sequence[Process]) -> list[Finding]:
    """The findings of processes together."""
    return []
