"""Item definitions as types of FEEL.

Source: DMN 1.5, 7.3.2 and 7.3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from engine import feel
from engine.dmn.source import Findings, child, children, path_name, text
from engine.feel.kinds import ANY, WRITTEN, FeelType
from engine.xml import Node

# names that modellers other than those of the standard write
_FOREIGN: Final = {"integer": "number", "long": "number", "double": "number", "": "any"}


class ItemTypes:
    """The types of one file, looked up by name; built when first asked for."""

    def __init__(self, root: Node, findings: Findings, imported: Mapping[str, FeelType]) -> None:
        self._nodes = {str(node.get("name")): node for node in children(root, "itemDefinition")}
        self._findings = findings
        self._building: set[str] = set()
        self.types: dict[str, FeelType] = dict(imported)
        for name in self._nodes:
            self._named(name)

    def components(self) -> frozenset[str]:
        """Names that occur in paths."""
        return frozenset(
            str(part.get("name"))
            for node in self._nodes.values()
            for part in node.iter()
            if part.get("name") and part is not node
        )

    def of(self, node: Node | None) -> FeelType | None:
        """The type that an element's typeRef names; None if it says nothing."""
        written = "" if node is None else str(node.get("typeRef") or "")
        return self.reference(written, node) if written and node is not None else None

    def reference(self, written: str, node: Node) -> FeelType | None:
        """The type of a written reference."""
        name = written.strip().removeprefix("feel:")
        kind = WRITTEN.get(name) or _FOREIGN.get(name)
        if name in self._nodes or name in self.types:
            return self._named(name)
        if kind:
            return None if kind == "any" else FeelType(kind)
        self._findings.error(
            node, "dmn_type_unknown", f"『{path_name(node)}』引用的类型『{name}』不存在"
        )
        return None

    def _named(self, name: str) -> FeelType | None:
        if name in self.types:
            return self.types[name]
        node = self._nodes[name]
        if name in self._building:
            self._findings.error(node, "dmn_type_cycle", f"类型『{name}』引用了自身")
            return None
        self._building.add(name)
        built = replace(self._item(node), label=name)
        self._building.discard(name)
        self.types[name] = built
        return built

    def _item(self, node: Node) -> FeelType:
        inner = self._base(node)
        allowed = self._check(child(node, "allowedValues"), node)
        if allowed:
            before = inner.check
            inner = replace(inner, check=_both(before, allowed))
        if node.get("isCollection") in {"true", "1"}:
            inner = FeelType("list", (inner,))
        constraint = self._check(child(node, "typeConstraint"), node)
        return replace(inner, check=_both(inner.check, constraint)) if constraint else inner

    def _base(self, node: Node) -> FeelType:
        parts = list(children(node, "itemComponent"))
        if parts:
            entries = tuple((str(part.get("name")), self._item(part)) for part in parts)
            return FeelType("context", entries=entries)
        function = child(node, "functionItem")
        if function is not None:
            return self._function(function)
        written = child(node, "typeRef")
        name = (written.text or "") if written is not None else ""
        return (self.reference(name, node) if name.strip() else None) or ANY

    def _function(self, node: Node) -> FeelType:
        parameters = [self.of(part) or ANY for part in children(node, "parameters")]
        result = self.reference(str(node.get("outputTypeRef") or "Any"), node) or ANY
        return FeelType("function", (*parameters, result))

    def _check(self, node: Node | None, item: Node) -> "Allowed | None":
        written = text(node)
        if not written:
            return None
        try:
            tests = feel.parse_unary(written, names=self.components())
        except feel.FeelSyntaxError as error:
            message = f"类型『{path_name(item)}』的允许值：{error.message}"
            self._findings.error(item, "dmn_expression", message)
            return None
        return Allowed((tests,))


@dataclass(frozen=True, slots=True)
class Allowed:
    """The allowed values of a type: a value is one if it passes each of the tests."""

    tests: tuple[feel.Expression, ...]

    def __call__(self, value: Any) -> bool:
        return all(feel.unary_test(each, value, {}) is True for each in self.tests)


def _both(one: Any, other: Allowed) -> Allowed:
    return Allowed((*one.tests, *other.tests)) if isinstance(one, Allowed) else other
