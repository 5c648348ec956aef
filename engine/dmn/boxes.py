"""Boxed expressions of a file made executable, each a function of its scope.

Invariant: an expression that cannot be read is a finding, and null if it is evaluated all the same.
Source: DMN 1.5, 10.2.
"""

from collections.abc import Callable
from typing import Any, Final

from engine import feel
from engine.dmn.itemtypes import ItemTypes
from engine.dmn.model import InputColumn, OutputColumn, Rule, Table
from engine.dmn.source import Findings, child, children, line, local, path_name, text
from engine.dmn.tables import AGGREGATIONS, POLICIES, run_table
from engine.feel import Expression, FeelType, Scope, registry
from engine.feel.interpreter import as_value, compile_node, guarded
from engine.feel.kinds import Function, chinese, coerce
from engine.feel.loops import (
    call_named,
    domain,
    filtering,
    iterating,
    make_function,
    quantifying,
)
from engine.feel.runtime import Run
from engine.feel.scanner import normal
from engine.feel.tree import ListNode
from engine.xml import Node

Names = frozenset[str]

_AT: Final = (1, 1)
_WEIGHT: Final = 10
KINDS: Final = (
    "literalExpression", "decisionTable", "context", "invocation", "list", "relation",
    "functionDefinition", "conditional", "filter", "for", "some", "every",
)  # fmt: skip


def null(_scope: Scope) -> None:
    """What a broken expression gives."""


class Boxes:
    """Reads the expressions of one file."""

    def __init__(self, findings: Findings, types: ItemTypes) -> None:
        self.findings = findings
        self.types = types
        self.components = types.components()
        self.tables: list[Table] = []

    def read(self, parent: Node, names: Names) -> tuple[Run, Table | None]:
        """The expression inside an element."""
        node = child(parent, *KINDS)
        if node is None:
            unknown = f"『{self._place(parent)}』没有表达式"
            self.findings.error(parent, "dmn_expression_missing", unknown)
            return null, None
        return self._read(node, names)

    def box(self, parent: Node, names: Names) -> Run:
        """The expression inside an element, whatever it is."""
        return self.read(parent, names)[0]

    def _read(self, node: Node, names: Names) -> tuple[Run, Table | None]:
        if local(node) == "decisionTable":
            table = self._table(node, names)
            return (null, None) if table is None else (lambda s: run_table(table, s), table)
        readers: dict[str, Callable[[Node, Names], Run]] = {
            "literalExpression": self._literal,
            "context": self._context,
            "invocation": self._invocation,
            "list": self._list,
            "relation": self._relation,
            "functionDefinition": self.function,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
        }
        run = readers[local(node)](node, names)
        return self.typed(run, self.types.of(node), self._place(node)), None

    def typed(self, run: Run, wanted: FeelType | None, label: str) -> Run:
        """An expression whose value has a declared type: converted, or null with a warning."""
        if wanted is None or run is null:
            return run

        def check(scope: Scope) -> Any:
            value = run(scope)
            converted, good = coerce(value, wanted)
            if not good:
                scope.runtime.warn(_AT, f"『{label}』应为{wanted}，实际是{chinese(value)}")
            return converted

        return check

    # ------------------------------------------------------------------ FEEL

    def parse(self, node: Node, written: str, names: Names, *, unary: bool) -> Expression | None:
        """An expression's text, parsed; None with a finding if it is not FEEL."""
        language = str(node.get("expressionLanguage") or "feel")
        if "feel" not in language.lower():
            message = f"『{self._place(node)}』使用的表达式语言『{language}』不支持，只能用 FEEL"
            self.findings.error(node, "dmn_language", message)
            return None
        read = feel.parse_unary if unary else feel.parse
        try:
            return read(written, names=names | self.components)
        except feel.FeelSyntaxError as error:
            message = f"『{self._place(node)}』的表达式有误，{error.message}"
            self.findings.error(node, "dmn_expression", message, column=error.column)
            return None

    @staticmethod
    def _place(node: Node) -> str:
        while not (node.get("name") or node.get("label")):
            above = node.getparent()
            if above is None:
                break
            node = above
        return path_name(node)

    def _literal(self, node: Node, names: Names) -> Run:
        expression = self._written(node, names)
        return expression.run if expression else null

    def _written(self, node: Node, names: Names) -> Expression | None:
        written = text(node)
        if not written:
            message = f"『{self._place(node)}』的表达式为空"
            self.findings.error(node, "dmn_expression_missing", message)
            return None
        return self.parse(node, written, names, unary=False)

    # ------------------------------------------------------------------ boxes

    def _context(self, node: Node, names: Names) -> Run:
        entries: list[tuple[str | None, Run]] = []
        for entry in children(node, "contextEntry"):
            variable = child(entry, "variable")
            run = self.box(entry, names)
            if variable is None:
                entries.append((None, run))
                continue
            name = normal(str(variable.get("name")))
            entries.append((name, self.typed(run, self.types.of(variable), name)))
            names |= {name}

        def build(scope: Scope) -> Any:
            built: dict[str, Any] = {}
            inner = Scope(built, scope, scope.runtime)
            for key, run in entries:
                if key is None:
                    return run(inner)
                built[key] = run(inner)
            return built

        return build

    def _invocation(self, node: Node, names: Names) -> Run:
        native = registry.find(text(child(node, "literalExpression")))
        target = self.box(node, names)
        bindings = [
            (normal(str(parameter.get("name"))), self.box(binding, names))
            for binding in children(node, "binding")
            if (parameter := child(binding, "parameter")) is not None
        ]

        def invoke(scope: Scope) -> Any:
            function = as_value(native) if native else target(scope)
            given = {name: run(scope) for name, run in bindings}
            if not isinstance(function, Function):
                scope.runtime.warn(_AT, f"被调用的不是函数，而是{chinese(function)}")
                return None
            return guarded(_AT, call_named, scope, function, given, scope.runtime)

        return invoke

    def _list(self, node: Node, names: Names) -> Run:
        items = [self._read(item, names)[0] for item in children(node, *KINDS)]
        return lambda scope: [item(scope) for item in items]

    def _relation(self, node: Node, names: Names) -> Run:
        keys = [normal(str(column.get("name"))) for column in children(node, "column")]
        kinds = [self.types.of(column) for column in children(node, "column")]
        rows = [
            [
                self.typed(self._read(cell, names)[0], kind, key)
                for cell, kind, key in zip(children(row, *KINDS), kinds, keys, strict=False)
            ]
            for row in children(node, "row")
        ]
        return lambda scope: [
            {key: cell(scope) for key, cell in zip(keys, row, strict=False)} for row in rows
        ]

    def function(self, node: Node, names: Names) -> Run:
        """A function definition, or the logic of a business knowledge model."""
        if node.get("kind") not in {None, "FEEL", "F"}:
            message = f"『{self._place(node)}』是 {node.get('kind')} 外部函数，不支持"
            self.findings.error(node, "dmn_function_kind", message)
            return null
        parameters = tuple(
            (normal(str(parameter.get("name"))), self.types.of(parameter))
            for parameter in children(node, "formalParameter")
        )
        body = self.box(node, names | {name for name, _ in parameters})
        return lambda scope: make_function(parameters, body, scope, _WEIGHT)

    def _conditional(self, node: Node, names: Names) -> Run:
        condition, yes, no = (self._part(node, part, names) for part in ("if", "then", "else"))

        def choose(scope: Scope) -> Any:
            return yes(scope) if condition(scope) is True else no(scope)

        return choose

    def _part(self, node: Node, name: str, names: Names) -> Run:
        part = child(node, name)
        if part is None:
            message = f"『{self._place(node)}』缺少 {name} 部分"
            self.findings.error(node, "dmn_expression_missing", message)
            return null
        return self.box(part, names)

    def _filter(self, node: Node, names: Names) -> Run:
        source = self._part(node, "in", names)
        match = self._part(node, "match", names | {"item"})
        return filtering(source, match, _WEIGHT, _AT)

    def _for(self, node: Node, names: Names) -> Run:
        return self._loop(node, names, "return")

    def _loop(self, node: Node, names: Names, body: str) -> Run:
        name = normal(str(node.get("iteratorVariable") or ""))
        source = self._part(node, "in", names)
        inner = self._part(node, body, names | {name, "partial"})
        return iterating([domain(name, source)], inner, _WEIGHT, _AT)

    def _quantified(self, node: Node, names: Names) -> Run:
        each = self._loop(node, names, "satisfies")
        return quantifying(each, universal=local(node) == "every")

    # ------------------------------------------------------------------ tables

    def _table(self, node: Node, names: Names) -> Table | None:
        policy = POLICIES.get(str(node.get("hitPolicy") or "UNIQUE"))
        aggregation = AGGREGATIONS.get(str(node.get("aggregation") or ""), "")
        label = f"决策表『{self._place(node)}』"
        if policy is None or (node.get("aggregation") and (not aggregation or policy != "C")):
            written = f"{node.get('hitPolicy')} {node.get('aggregation') or ''}".strip()
            message = f"{label}的命中策略『{written}』不支持"
            self.findings.error(node, "dmn_hit_policy", message)
            return None
        inputs = tuple(self._input(column, names) for column in children(node, "input"))
        outputs = tuple(self._output(column, node, names) for column in children(node, "output"))
        if not outputs:
            self.findings.error(node, "dmn_no_output", f"{label}没有输出列")
            return None
        rules = tuple(
            self._rule(rule, index, names, (len(inputs), len(outputs)))
            for index, rule in enumerate(children(node, "rule"), 1)
        )
        identity = str(node.get("id") or "")
        required = self._required(node)
        labels = _labels(node) if len(outputs) > 1 else {}
        table = Table(
            identity, label, policy, aggregation, inputs, outputs, rules, required, labels
        )
        self.tables.append(table)
        return table

    def _required(self, node: Node) -> bool:
        """Whether the decision's extension property `match` is `required`."""
        above = node.getparent()
        found = [] if above is None else above.findall("{*}extensionElements/{*}properties/*")
        for each in found:
            if each.get("name") == "match" and each.get("value") != "required":
                message = f"『{self._place(node)}』的属性 match 只能是 required"
                self.findings.error(node, "dmn_property", message)
        return any(each.get("name") == "match" for each in found)

    def _input(self, node: Node, names: Names) -> InputColumn:
        expression = child(node, "inputExpression")
        written = text(expression)
        label = str(node.get("label") or written or node.get("id") or "")
        if expression is None or not written:
            message = f"『{self._place(node)}』的输入列『{label}』没有表达式"
            self.findings.error(node, "dmn_expression_missing", message)
            return InputColumn(label, null, None, None)
        asked = self._written(expression, names)
        return InputColumn(
            label,
            asked.run if asked else null,
            self.types.of(expression),
            self._allowed(node, "inputValues"),
            asked,
        )

    def _allowed(self, node: Node, name: str) -> Expression | None:
        values = child(node, name)
        written = text(values)
        if values is None or written in {"", "-"}:
            return None
        return self.parse(values, written, frozenset(), unary=True)

    def _output(self, node: Node, table: Node, names: Names) -> OutputColumn:
        name = str(node.get("name") or table.get("outputLabel") or "")
        values = child(node, "outputValues")
        listed = self._listed(values) if values is not None else ()
        default = child(node, "defaultOutputEntry")
        fallback = self._literal(default, names) if default is not None and text(default) else None
        allowed = self._allowed(node, "outputValues")
        return OutputColumn(name, self.types.of(node), allowed, listed, fallback)

    def _listed(self, values: Node) -> tuple[Run, ...]:
        written = text(values)
        if not written or written == "-":
            return ()
        expression = self.parse(values, f"[{written}]", frozenset(), unary=False)
        if expression is None or not isinstance(expression.tree, ListNode):
            return ()
        return tuple(compile_node(item) for item in expression.tree.items)

    def _rule(self, node: Node, index: int, names: Names, widths: tuple[int, int]) -> Rule:
        tests = [self._test(entry, names) for entry in children(node, "inputEntry")]
        written = [self._conclusion(entry, names) for entry in children(node, "outputEntry")]
        if (len(tests), len(written)) != widths:
            message = f"『{self._place(node)}』第 {index} 条规则的单元格数与列数不符"
            self.findings.error(node, "dmn_rule_width", message)
            tests = (tests + [None] * widths[0])[: widths[0]]
            written = (written + [None] * widths[1])[: widths[1]]
        return Rule(
            index,
            str(node.get("id") or ""),
            tuple(tests),
            tuple(each.run if each else null for each in written),
            line(node),
            tuple(written),
        )

    def _test(self, node: Node, names: Names) -> Expression | None:
        written = text(node)
        if written in {"", "-"}:
            return None
        return self.parse(node, written, names, unary=True)

    def _conclusion(self, node: Node, names: Names) -> Expression | None:
        # dmn-js leaves an empty output cell for null
        return self._written(node, names) if text(node) else None


def _labels(table: Node) -> dict[str, str]:
    named = (
        (str(one.get("name")), str(one.get("label") or "")) for one in children(table, "output")
    )
    return {name: label for name, label in named if label}
