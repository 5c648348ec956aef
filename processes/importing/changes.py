"""What an import does to a file: the tree while it is rewritten, and the account of it.

Invariant: nothing is taken out or altered without a line in the account; what has no counterpart
stays in the file as it was and is named as refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from engine import vocabulary as voc
from engine import xml
from engine.reading import describe, owner_id

Node = etree._Element
# Camunda 7 and the engines it came from use the same words in name spaces of their own
FOREIGN: Final = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://activiti.org/bpmn": "activiti",
    "http://flowable.org/bpmn": "flowable",
}


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One change: `before` and `after` as an analyst would write them."""

    element: str
    line: int | None
    where: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that cannot be executed here; it stays in the draft until somebody replaces it."""

    element: str
    line: int | None
    where: str
    reason: str


@dataclass(slots=True)
class Account:
    """One file under rewriting."""

    root: Node
    rewrites: list[Rewrite] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def rewrote(self, node: Node, before: str, after: str) -> None:
        """Note a change."""
        self.rewrites.append(
            Rewrite(owner_id(node), xml.line_of(node), describe(node), before, after)
        )

    def refuse(self, node: Node, reason: str) -> None:
        """Note what stays without being understood."""
        self.refusals.append(Refusal(owner_id(node), xml.line_of(node), describe(node), reason))

    def take(self, node: Node, name: str) -> str | None:
        """Take a foreign attribute off an element."""
        for space in FOREIGN:
            key = f"{{{space}}}{name}"
            if key in node.attrib:
                return str(node.attrib.pop(key))
        return None

    def peek(self, node: Node, name: str) -> str | None:
        """A foreign attribute of an element."""
        return next(
            (found for space in FOREIGN if (found := node.get(f"{{{space}}}{name}")) is not None),
            None,
        )

    def zeebe(self, node: Node, name: str, **values: str) -> Node:
        """An extension element of an element; made if there is none."""
        holder = self.extensions(node)
        found = holder.find(f"{{{voc.ZEEBE}}}{name}")
        if found is None:
            found = etree.SubElement(holder, f"{{{voc.ZEEBE}}}{name}")
        for key, value in values.items():
            found.set(key, value)
        return found

    def extensions(self, node: Node) -> Node:
        """The holder of extension elements; made in its place if there is none."""
        found = node.find(f"{{{voc.BPMN}}}extensionElements")
        if found is None:
            found = etree.Element(f"{{{voc.BPMN}}}extensionElements")
            after = len(node.findall(f"{{{voc.BPMN}}}documentation"))
            node.insert(after, found)
        return found

    def drop_empty(self, node: Node) -> None:
        """Take away a holder that the rewriting has emptied."""
        found = node.find(f"{{{voc.BPMN}}}extensionElements")
        if found is not None and len(found) == 0:
            node.remove(found)


def bpmn_nodes(root: Node) -> Iterator[Node]:
    """The elements of the standard, in the order of the file."""
    return (
        node
        for node in list(root.iter())
        if isinstance(node.tag, str) and xml.tag(node)[0] == voc.BPMN
    )


def foreign_children(node: Node) -> Iterator[tuple[Node, str]]:
    """The foreign extension elements of an element with their local names."""
    for holder in node.findall(f"{{{voc.BPMN}}}extensionElements"):
        for child in list(holder):
            if isinstance(child.tag, str) and xml.tag(child)[0] in FOREIGN:
                yield child, xml.tag(child)[1]


def foreign_attributes(node: Node) -> Iterator[tuple[str, str, str]]:
    """Foreign attributes of an element: prefix, local name, value."""
    for name, value in list(node.attrib.items()):
        found = etree.QName(str(name))
        if found.namespace in FOREIGN:
            yield FOREIGN[found.namespace], found.localname, str(value)
