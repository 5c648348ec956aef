"""The schema of BPMN 2.0.2 as data: which element may hold which children and attributes.

Read from the schema files that SpiffWorkflow ships, so that nothing of the standard is copied by
hand. Invariant: read once, never changed; types are complete (with what they inherit).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Final

from lxml import etree

_XSD: Final = "{http://www.w3.org/2001/XMLSchema}"
_FILES: Final = ("DC.xsd", "DI.xsd", "BPMNDI.xsd", "Semantic.xsd", "BPMN20.xsd")

Name = tuple[str, str]
"""Name space and local name."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Elements of which a parent holds between `least` and `most` (None: any number)."""

    types: Mapping[Name, Name]
    """Element name → name of its type."""
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute without name space; `values` only where they are enumerated."""

    type: str
    required: bool
    values: tuple[str, ...] = ()


@dataclass(slots=True)
class Type:
    """A complex type with everything it inherits."""

    slots: list[Slot] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    mixed: bool = False
    anything: bool = False
    """Holds foreign elements."""

    def child(self, name: Name) -> Name | None:
        """The type of a child; None if it may not stand here."""
        return next((slot.types[name] for slot in self.slots if name in slot.types), None)


class Grammar:
    """All types and global elements of the schema."""

    def __init__(self, sources: list[etree._Element]) -> None:
        self._complex: dict[Name, etree._Element] = {}
        self._enumerations: dict[Name, tuple[str, ...]] = {}
        self.elements: dict[Name, Name] = {}
        self._substitutes: dict[Name, list[Name]] = {}
        for root in sources:
            self._collect(root)
        self._types: dict[Name, Type] = {}

    def _collect(self, root: etree._Element) -> None:
        space = root.get("targetNamespace", "")
        for node in root:
            name = (space, node.get("name", ""))
            if node.tag == f"{_XSD}complexType":
                self._complex[name] = node
            elif node.tag == f"{_XSD}simpleType":
                values = [found.get("value", "") for found in node.iter(f"{_XSD}enumeration")]
                self._enumerations[name] = tuple(values) if not _open(node) else ()
            elif node.tag == f"{_XSD}element":
                self.elements[name] = _qualified(node, node.get("type", ""))
                head = node.get("substitutionGroup")
                if head:
                    self._substitutes.setdefault(_qualified(node, head), []).append(name)

    def type(self, name: Name) -> Type | None:
        """A type by name; None for simple types."""
        if name not in self._types and name in self._complex:
            self._types[name] = self._made(self._complex[name])
        return self._types.get(name)

    def of(self, element: Name) -> Type | None:
        """The type of a global element."""
        return self.type(self.elements.get(element, ("", "")))

    def abstract(self, name: Name) -> bool:
        """Whether a type has no elements of its own."""
        return name in self._complex and self._complex[name].get("abstract") == "true"

    def _made(self, node: etree._Element) -> Type:
        made = Type(mixed=node.get("mixed") == "true")
        extension = node.find(f"{_XSD}complexContent/{_XSD}extension")
        if extension is not None:
            base = self.type(_qualified(node, extension.get("base", "")))
            if base is not None:
                made = Type([*base.slots], dict(base.attributes), base.mixed, base.anything)
            node = extension
        for child in node:
            if child.tag in {f"{_XSD}sequence", f"{_XSD}choice"}:
                self._content(made, child, choice=child.tag == f"{_XSD}choice")
            elif child.tag == f"{_XSD}attribute":
                made.attributes[child.get("name", "")] = self._attribute(child)
        return made

    def _content(self, made: Type, node: etree._Element, *, choice: bool) -> None:
        found: list[Slot] = []
        for child in node:
            if child.tag == f"{_XSD}any":
                made.anything = True
            elif child.tag == f"{_XSD}element":
                found.append(self._slot(child))
            elif child.tag in {f"{_XSD}sequence", f"{_XSD}choice"}:
                self._content(made, child, choice=child.tag == f"{_XSD}choice")
        if choice and found:
            types = {name: kind for slot in found for name, kind in slot.types.items()}
            least, most = _times(node)
            found = [Slot(types, min(least, *(slot.least for slot in found)), most)]
        made.slots += found

    def _slot(self, node: etree._Element) -> Slot:
        reference = node.get("ref")
        if reference:
            head = _qualified(node, reference)
            names = [head, *self._all_substitutes(head)]
            types = {name: self.elements[name] for name in names}
            concrete = {name: kind for name, kind in types.items() if not self.abstract(kind)}
            return Slot(concrete, *_times(node))
        root = node.getroottree().getroot()
        name = (root.get("targetNamespace", ""), node.get("name", ""))
        return Slot({name: _qualified(node, node.get("type", ""))}, *_times(node))

    def _all_substitutes(self, head: Name) -> Iterator[Name]:
        for name in self._substitutes.get(head, ()):
            yield name
            yield from self._all_substitutes(name)

    def _attribute(self, node: etree._Element) -> Attribute:
        kind = _qualified(node, node.get("type", ""))
        return Attribute(kind[1], node.get("use") == "required", self._enumerations.get(kind, ()))


def _open(node: etree._Element) -> bool:
    """Whether a simple type takes other values beside those it lists."""
    return node.find(f"{_XSD}union") is not None


def _times(node: etree._Element) -> tuple[int, int | None]:
    most = node.get("maxOccurs", "1")
    return int(node.get("minOccurs", "1")), None if most == "unbounded" else int(most)


def _qualified(node: etree._Element, name: str) -> Name:
    prefix, _colon, local = name.rpartition(":")
    return node.nsmap.get(prefix or None, "") or "", local


@lru_cache(maxsize=1)
def bpmn() -> Grammar:
    """The grammar of BPMN 2.0.2 and its diagrams."""
    folder = files("SpiffWorkflow").joinpath("bpmn", "parser", "schema")
    return Grammar([etree.fromstring(folder.joinpath(name).read_bytes()) for name in _FILES])
