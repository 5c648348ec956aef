"""Decision tables: which rules apply, and what the hit policy makes of them.

Source: DMN 1.5, 8.2 and 8.2.8-8.2.10.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from engine.dmn.evaluation import Evaluation, Trace
from engine.dmn.model import Match, OutputColumn, Rule, Table
from engine.feel import Problem, Scope
from engine.feel.kinds import DECIMAL, chinese, coerce, kind
from engine.feel.operators import add, equal, ordered

POLICIES: Final = {
    "UNIQUE": "U", "FIRST": "F", "PRIORITY": "P", "ANY": "A", "COLLECT": "C",
    "RULE ORDER": "R", "OUTPUT ORDER": "O",
}  # fmt: skip
AGGREGATIONS: Final = {"SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#"}


def run_table(table: Table, scope: Scope) -> Any:
    """The value of a table."""
    evaluation = scope.runtime if isinstance(scope.runtime, Evaluation) else Evaluation({})
    trace = Trace(table)
    evaluation.traces.append(trace)
    values = _inputs(table, scope, evaluation, trace)
    if values is None:
        return None
    hits = _matching(table, values, scope)
    trace.matched.extend(Match(rule.index, rule.id) for rule in hits)
    try:
        return _POLICIES[table.policy](table, hits, scope, trace)
    except Problem as problem:
        evaluation.error(f"{table.label}：{problem.reason}")
        return None


def _inputs(table: Table, scope: Scope, evaluation: Evaluation, trace: Trace) -> list[Any] | None:
    values, good = [], True
    for column in table.inputs:
        value = column.run(scope)
        trace.inputs[column.label] = value
        if column.type is not None:
            converted, fits = coerce(value, column.type)
            if not fits:
                wanted = f"{table.label}的输入『{column.label}』应为{column.type}"
                evaluation.error(f"{wanted}，实际是{chinese(value)}")
                good = False
            value = converted
        if column.allowed and value is not None and not _passes(column.allowed, value, scope):
            evaluation.error(f"{table.label}的输入『{column.label}』不在允许值之内")
            good = False
        values.append(value)
    return values if good else None


def _passes(test: Any, value: Any, scope: Scope) -> bool:
    return test.run(Scope({"?": value}, scope, scope.runtime)) is True


def _matching(table: Table, values: Sequence[Any], scope: Scope) -> list[Rule]:
    tested = [Scope({"?": value}, scope, scope.runtime) for value in values]
    first = table.policy == "F"
    found = []
    for rule in table.rules:
        scope.runtime.charge(1)
        if all(
            test is None or test.run(inner) is True
            for test, inner in zip(rule.tests, tested, strict=True)
        ):
            found.append(rule)
            if first:
                break
    return found


# ---------------------------------------------------------------------- outputs


def _output(table: Table, rule: Rule, scope: Scope, trace: Trace) -> Any:
    values = [
        _conclusion(column, run(scope), rule, scope)
        for column, run in zip(table.outputs, rule.outputs, strict=True)
    ]
    value = _shape(table, values)
    trace.outputs.append(value)
    return value


def _shape(table: Table, values: Sequence[Any]) -> Any:
    if len(table.outputs) == 1:
        return values[0]
    return {column.name: value for column, value in zip(table.outputs, values, strict=True)}


def _conclusion(column: OutputColumn, value: Any, rule: Rule, scope: Scope) -> Any:
    if column.type is not None:
        converted, good = coerce(value, column.type)
        if not good:
            raise Problem(f"第 {rule.index} 条规则的结论应为{column.type}，实际是{chinese(value)}")
        value = converted
    if column.allowed and value is not None and not _passes(column.allowed, value, scope):
        raise Problem(f"第 {rule.index} 条规则的结论不在允许的输出值之内")
    return value


def _nothing(table: Table, scope: Scope, empty: Any = None) -> Any:
    if any(column.default for column in table.outputs):
        values = [column.default(scope) if column.default else None for column in table.outputs]
        return _shape(table, values)
    if table.required:
        read = "、".join(column.label for column in table.inputs)
        raise Problem(f"没有匹配的规则（输入：{read}）")
    if empty is None:
        scope.runtime.warn((1, 1), "没有匹配的规则")
    return empty


# ---------------------------------------------------------------------- hit policies


def _unique(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> Any:
    if len(hits) > 1:
        rows = "、".join(str(rule.index) for rule in hits)
        raise Problem(f"命中策略为 UNIQUE，但第 {rows} 条规则同时匹配")
    return _first(table, hits, scope, trace)


def _first(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> Any:
    return _output(table, hits[0], scope, trace) if hits else _nothing(table, scope)


def _any(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> Any:
    values = [_output(table, rule, scope, trace) for rule in hits]
    if any(equal(values[0], value, scope.runtime) is not True for value in values[1:]):
        rows = "、".join(str(rule.index) for rule in hits)
        raise Problem(f"命中策略为 ANY，但第 {rows} 条规则的结论不同")
    return values[0] if values else _nothing(table, scope)


def _priority(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> Any:
    values = _by_priority(table, hits, scope, trace)
    return values[0] if values else _nothing(table, scope)


def _output_order(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> Any:
    return _by_priority(table, hits, scope, trace) or _nothing(table, scope, [])


def _rule_order(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> Any:
    values = [_output(table, rule, scope, trace) for rule in hits]
    return values or _nothing(table, scope, [])


def _by_priority(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> list[Any]:
    ranks = [[run(scope) for run in column.priorities] for column in table.outputs]

    def rank(value: Any) -> tuple[int, ...]:
        single = len(table.outputs) == 1
        parts = [value] if single else [value[column.name] for column in table.outputs]
        return tuple(
            next((i for i, v in enumerate(order) if equal(v, part, scope.runtime)), len(order))
            for part, order in zip(parts, ranks, strict=True)
        )

    return sorted((_output(table, rule, scope, trace) for rule in hits), key=rank)


def _collect(table: Table, hits: list[Rule], scope: Scope, trace: Trace) -> Any:
    values = [_output(table, rule, scope, trace) for rule in hits]
    if not table.aggregation:
        return values or _nothing(table, scope, [])
    if len(table.outputs) == 1:
        return _aggregate(table.aggregation, values, table, scope)
    return {
        column.name: _aggregate(
            table.aggregation, [value[column.name] for value in values], table, scope
        )
        for column in table.outputs
    }


def _aggregate(sign: str, values: list[Any], table: Table, scope: Scope) -> Any:
    if sign == "#":
        return Decimal(len(values))
    if not values:
        return _nothing(table, scope)
    if sign == "+":
        if all(kind(value) == "number" for value in values):
            return reduce(DECIMAL.add, values)
        return reduce(add, values)
    return reduce(lambda best, value: value if ordered(sign, value, best) else best, values)


_Policy = Callable[[Table, list[Rule], Scope, Trace], Any]
_POLICIES: Final[dict[str, _Policy]] = {
    "U": _unique,
    "F": _first,
    "A": _any,
    "P": _priority,
    "O": _output_order,
    "R": _rule_order,
    "C": _collect,
}
