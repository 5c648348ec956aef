"""What every simulated department is: a name, its faults, and an answer to each request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters._simulators.faults import Faults


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is no JSON: a page, a file, a redirect."""

    content: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = tuple[int, dict[str, Any] | Raw]


class Refused(Exception):
    """The department says no; the text is the reason."""


class Simulator:
    """A department: its name, its faults and a route from method, path and body to an answer.

    One with `parts` is several departments below their names: `/tax_prov/messages`.
    """

    title = ""
    takes_packages = False
    """Whether it answers a package of tasks with one of results, on its page."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.parts: Mapping[str, Simulator] = {}

    def part(self, path: str) -> "tuple[Simulator, str]":
        """The department that a path leads to, and the path inside of it."""
        name, _, rest = path.removeprefix("/").partition("/")
        found = self.parts.get(name)
        return (self, path) if found is None else (found, f"/{rest}")

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """The department's own answer; 404 where it has none."""
        if self.parts:
            return 404, {"reason": "没有这个单位"}
        raise NotImplementedError

    def examples(self) -> Sequence[Any]:
        """What it can be told to send of its own accord."""
        return ()

    def say(self, told: Mapping[str, Any]) -> None:
        """Send something of its own accord."""
        raise ValueError("这个单位不会主动发送报文")

    def summary(self) -> list[tuple[str, str]]:
        """Rows for the page of the simulator: what it did lately."""
        return []
