"""Whether one model file still says what another says: elements, attributes, references, diagram.

Invariant: everything in the first file is looked for in the second: each element with its place,
each attribute, each text, extension elements and diagram included. Order among elements with ids,
prefixes, number formats and attributes that repeat the schema's default say nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from engine import vocabulary as voc

_QNAME: Final = re.compile(r"([A-Za-z_][\w.-]*):([\w.-]+)")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE]-?\d+)?")
_BOOLEANS: Final[Mapping[str, str]] = {"1": "true", "0": "false"}
_SHORT: Final = {voc.BPMN: "", voc.BPMNDI: "", voc.XSI: "xsi:"}
# BPMN 2.0.2 (formal/2013-12-09), Semantic.xsd: what an attribute says when it is not there
DEFAULTS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(values.split())
    for name, values in {
        "isForCompensation": "false",
        "startQuantity": "1",
        "completionQuantity": "1",
        "isInterrupting": "true",
        "cancelActivity": "true",
        "parallelMultiple": "false",
        "triggeredByEvent": "false",
        "isSequential": "false",
        "testBefore": "false",
        "instantiate": "false",
        "eventGatewayType": "Exclusive",
        "gatewayDirection": "Unspecified",
        "isCollection": "false",
        "behavior": "All",
        "processType": "None",
        "isClosed": "false",
        "associationDirection": "None",
        "textFormat": "text/plain",
        "implementation": "##unspecified ##WebService",
        "ordering": "Parallel",
        "cancelRemainingInstances": "true",
        "method": "##Compensate",
        "itemKind": "Information",
        "mustUnderstand": "false",
        "isUnlimited": "true",
        "expressionLanguage": "http://www.w3.org/1999/XPath",
        "typeLanguage": "http://www.w3.org/2001/XMLSchema",
        "minimum": "0",
        "maximum": "1",
        "waitForCompletion": "true",
        "propagateAllParentVariables": "true",  # zeebe-bpmn-moddle
    }.items()
}
# what only says where schemas are found, or who wrote the file last
_UNSAID: Final = frozenset({f"{{{voc.XSI}}}schemaLocation"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was; `element` is the id of the nearest element that has one."""

    kind: str
    """lost, added, changed or moved."""
    where: str
    element: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        said = f"：{self.before} → {self.after}" if self.kind in ("changed", "moved") else ""
        words = {"lost": "丢失", "added": "多出", "changed": "改变", "moved": "移位"}
        return f"{words[self.kind]} {self.where}{said}"


@dataclass(slots=True)
class _Facts:
    parent: str
    element: str
    text: str
    attributes: dict[str, str] = field(default_factory=dict)


def compare(before: etree._Element, after: etree._Element) -> list[Difference]:
    """What differs from the first file to the second."""
    old, new = _flat(before), _flat(after)
    found = [Difference("lost", key, facts.element) for key, facts in old.items() if key not in new]
    found += [
        Difference("added", key, facts.element) for key, facts in new.items() if key not in old
    ]
    for key, facts in old.items():
        if key in new:
            found += _changes(key, facts, new[key])
    return found


def lost(differences: list[Difference]) -> list[Difference]:
    """What is worse than an addition."""
    return [one for one in differences if one.kind != "added"]


def _changes(key: str, old: _Facts, new: _Facts) -> Iterator[Difference]:
    if old.parent != new.parent:
        yield Difference("moved", key, old.element, old.parent, new.parent)
    if old.text != new.text:
        yield Difference("changed", f"{key} 的文字", old.element, old.text, new.text)
    for name in sorted(old.attributes.keys() | new.attributes.keys()):
        one, other = old.attributes.get(name), new.attributes.get(name)
        if one == other or _default(name, one, other):
            continue
        where = f"{key} 的属性 {name}"
        if other is None:
            yield Difference("lost", where, old.element, before=one or "")
        elif one is None:
            yield Difference("added", where, old.element, after=other or "")
        else:
            yield Difference("changed", where, old.element, one, other)


def _default(name: str, one: str | None, other: str | None) -> bool:
    present = one if other is None else other
    return (one is None or other is None) and present in DEFAULTS.get(name, frozenset())


def _flat(root: etree._Element) -> dict[str, _Facts]:
    found: dict[str, _Facts] = {}
    _add(root, "", "", found)
    return found


def _add(node: etree._Element, parent: str, element: str, found: dict[str, _Facts]) -> None:
    identity = node.get("id")
    own = identity or element
    base = key = _key(node, parent)
    count = 1
    while key in found:
        count += 1
        key = f"{base}[{count}]"
    attributes = {
        _name(str(name)): _value(node, str(value))
        for name, value in node.attrib.items()
        if str(name) not in _UNSAID and not _own_type(node, str(name), str(value))
    }
    found[key] = _Facts(parent, own, _text(node), attributes)
    for child in node:
        if isinstance(child.tag, str):
            _add(child, key, own, found)


def _own_type(node: etree._Element, name: str, value: str) -> bool:
    """Whether a waypoint says that it is a point: the schema lets it be nothing else."""
    point = etree.QName(node).localname == "waypoint" and value.rpartition(":")[2] == "Point"
    return point and name == f"{{{voc.XSI}}}type"


def _key(node: etree._Element, parent: str) -> str:
    name = _name(str(node.tag))
    if parent == "":
        return name  # the one root
    if "bpmnElement" in node.attrib:
        return f"{name}@{_value(node, str(node.get('bpmnElement')))}"
    if node.get("id") and not _diagram(node):
        return f"{name}#{node.get('id')}"
    if len(node) == 0 and _text(node):
        return f"{parent}/{name}={_text(node)}"
    return f"{parent}/{name}"


def _diagram(node: etree._Element) -> bool:
    """Labels and styles of a diagram may get other ids: they are found by their place."""
    space = etree.QName(node).namespace
    return space == voc.BPMNDI and etree.QName(node).localname in {"BPMNLabel", "BPMNPlane"}


def _name(tag: str) -> str:
    name = etree.QName(tag)
    if name.namespace is None:
        return name.localname
    return f"{_SHORT.get(name.namespace, '{' + name.namespace + '}')}{name.localname}"


def _text(node: etree._Element) -> str:
    text = (node.text or "").strip()
    return _value(node, text) if len(text) < 200 and "\n" not in text else " ".join(text.split())


def _value(node: etree._Element, value: str) -> str:
    """A value as it is meant: numbers alike, booleans alike, prefixed names by their name space."""
    value = " ".join(value.split())
    if _NUMBER.fullmatch(value):
        return f"{float(value):g}" if len(value) < 16 else value
    found = _QNAME.fullmatch(value)
    if found and found[1] in node.nsmap:
        space = node.nsmap[found[1]]
        return _name(f"{{{space}}}{found[2]}")
    return value
