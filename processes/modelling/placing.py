"""Where a missing thing is named: findings on references get the elements that refer.

Invariant: no finding is lost or invented; one that several elements cause becomes one for each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from engine import compiler
from engine.compiler import CompiledProcess
from engine.definition.elements import Element
from engine.errors import Finding

_REFERENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "form_missing": ("form_id", "public"),
    "decision_missing": ("decision",),
    "process_missing": ("process",),
    "topic_unknown": ("topic",),
}


def placed(findings: Iterable[Finding], files: Mapping[str, bytes]) -> Iterator[Finding]:
    """The findings, those on references at the elements that refer."""
    processes = compiler.examine(files)[1]
    for finding in findings:
        attributes = _REFERENCES.get(finding.code)
        if attributes is None:
            yield finding
            continue
        owners = [
            element
            for process in processes
            if process.file == finding.file
            for element in _referring(process, attributes, finding.element)
        ]
        if not owners:
            yield finding
        for owner in owners:
            message = f"{owner.label}{finding.message}"
            yield replace(finding, message=message, element=owner.id, line=owner.line)


def _referring(process: CompiledProcess, names: tuple[str, ...], wanted: str) -> Iterator[Element]:
    for element in process.elements.values():
        if any(_named(getattr(element, name, None)) == wanted for name in names):
            yield element


def _named(reference: Any) -> str:
    """The literal id in a form id, an expression or a public form."""
    if isinstance(reference, str):
        return reference
    return str(getattr(reference, "form_id", "") or getattr(reference, "text", ""))
