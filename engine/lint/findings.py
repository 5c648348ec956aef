"""Collects the findings of one process, each with its element's name, id and line."""

from typing import Literal

from engine.definition.elements import Element
from engine.definition.process import Flow, Process
from engine.errors import Finding


class Findings:
    """The findings so far."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.found: list[Finding] = []

    def error(self, code: str, place: Element | Flow | Process, message: str) -> None:
        """What keeps the process from being deployed."""
        self._add("error", code, place, message)

    def warning(self, code: str, place: Element | Flow | Process, message: str) -> None:
        """What the author should look at."""
        self._add("warning", code, place, message)

    def _add(
        self,
        severity: Literal["error", "warning"],
        code: str,
        place: Element | Flow | Process,
        message: str,
    ) -> None:
        text = f"第 {place.line} 行 {self._label(place)}：{message}"
        self.found.append(Finding(severity, code, text, self.process.file, place.id, place.line))

    def _label(self, place: Element | Flow | Process) -> str:
        if isinstance(place, Element):
            return place.label
        kind = "流程" if isinstance(place, Process) else "顺序流"
        name = f"『{place.name}』" if place.name else ""
        return f"{kind}{name}（{place.id}）"
