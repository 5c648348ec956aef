"""The XML side: elements, names, positions, and the list of findings.

Invariant: every finding names the file, the element and its line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import Finding
from engine.xml import Node

NAMESPACES: Final = {
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}


def local(node: Node) -> str:
    """An element's name without its name space."""
    return str(node.tag).rpartition("}")[2]


def children(node: Node, *names: str) -> Iterator[Node]:
    """Child elements of these names, in the order of the file."""
    for child in node:
        if local(child) in names and space(child) in NAMESPACES:
            yield child


def child(node: Node, *names: str) -> Node | None:
    """The first child of one of these names."""
    return next(children(node, *names), None)


def space(node: Node) -> str:
    """An element's name space."""
    return str(node.tag).partition("}")[0].removeprefix("{")


def text(node: Node | None) -> str:
    """The content of an element's `text` child, or "" if there is none."""
    inner = child(node, "text") if node is not None else None
    return (inner.text or "").strip() if inner is not None else ""


def line(node: Node) -> int | None:
    """Where an element stands in the file."""
    found = node.sourceline
    return found if isinstance(found, int) else None


def path_name(node: Node) -> str:
    """What an author calls an element: its name or label, else its id."""
    return str(node.get("name") or node.get("label") or node.get("id") or local(node))


@dataclass(slots=True)
class Findings:
    """What is wrong with one file."""

    filename: str
    found: list[Finding] = field(default_factory=list)

    def error(self, node: Node, code: str, message: str, **place: Any) -> None:
        """Note an error at an element."""
        self.found.append(
            Finding(
                "error",
                code,
                message,
                self.filename,
                str(node.get("id") or owner(node).get("id") or ""),
                place.get("line", line(node)),
                place.get("column"),
            )
        )

    def extend(self, others: Iterable[Finding]) -> None:
        self.found.extend(others)


def owner(node: Node) -> Node:
    """The nearest element around with an id."""
    while node.get("id") is None:
        above = node.getparent()
        if above is None:
            return node
        node = above
    return node
