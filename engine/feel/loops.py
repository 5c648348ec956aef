"""The nodes that evaluate a part many times, and functions: each round is paid for.

Source: DMN 1.5, 10.3.2.5 (filters), 10.3.2.6 (conditional, quantified, iteration), 10.3.2.13.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.feel import operators, registry, tree
from engine.feel.errors import Position, Problem
from engine.feel.interpreter import compile_handed, compile_node, executes, guarded
from engine.feel.kinds import FeelType, Function, Range, chinese, coerce, kind, resolve
from engine.feel.registry import Native
from engine.feel.runtime import MISSING, Run, Scope, lookup

# ---------------------------------------------------------------------- iteration


@executes(tree.For)
def _for(node: tree.For) -> Run:
    domains = [_domain(clause) for clause in node.clauses]
    return iterating(domains, compile_node(node.body), tree.size(node.body), node.at)


@executes(tree.Quantified)
def _quantified(node: tree.Quantified) -> Run:
    domains = [_domain(clause) for clause in node.clauses]
    each = iterating(domains, compile_node(node.body), tree.size(node.body), node.at)
    return quantifying(each, universal=node.universal)


Domain = tuple[str, Callable[[Scope], Iterator[Any]]]


def iterating(domains: Sequence[Domain], body: Run, weight: int, at: Position) -> Run:
    """What a body gives for every combination of the domains' values."""

    def run(scope: Scope) -> list[Any] | None:
        results: list[Any] = []

        def each(variables: dict[str, Any]) -> None:
            scope.runtime.charge(weight)
            results.append(body(Scope(variables, scope, scope.runtime)))

        try:
            _rounds(domains, scope, {"partial": results}, each)
        except Problem as problem:
            scope.runtime.warn(at, problem.reason)
            return None
        scope.runtime.sized(results)
        return results

    return run


def quantifying(each: Run, *, universal: bool) -> Run:
    """Whether some or every outcome is true; null if that is open."""

    def run(scope: Scope) -> bool | None:
        outcomes = each(scope)
        if outcomes is None:
            return None
        decisive = not universal
        if any(outcome is decisive for outcome in outcomes):
            return decisive
        return None if any(outcome is not universal for outcome in outcomes) else universal

    return run


def _rounds(
    domains: Sequence[Domain],
    scope: Scope,
    variables: dict[str, Any],
    each: Callable[[dict[str, Any]], None],
) -> None:
    """Call for every combination, the last clause fastest; a clause sees those before it."""
    if not domains:
        each(variables)
        return
    name, values = domains[0]
    for value in values(Scope(variables, scope, scope.runtime)):
        _rounds(domains[1:], scope, {**variables, name: value}, each)


def _domain(clause: tree.Clause) -> Domain:
    end = compile_node(clause.end) if clause.end else None
    return domain(clause.name, compile_node(clause.domain), end)


def domain(name: str, start: Run, end: Run | None = None) -> Domain:
    """A loop's variable and what it goes through."""

    def values(scope: Scope) -> Iterator[Any]:
        first = start(scope)
        if end is not None:
            yield from _count(first, end(scope), scope)
            return
        if first is None:
            raise Problem("循环的范围为空值")
        if isinstance(first, Range):
            yield from _walk(first, scope)
            return
        for item in first if isinstance(first, list) else [first]:
            scope.runtime.charge(1)
            yield item

    return name, values


def _walk(bounds: Range, scope: Scope) -> Iterator[Any]:
    if bounds.start is None or bounds.end is None:
        raise Problem("循环的区间两端都要有值")
    if operators.ordered(">", bounds.start, bounds.end):
        raise Problem("循环的区间起点大于终点")
    for value in _count(bounds.start, bounds.end, scope):
        if (value == bounds.start and not bounds.start_included) or (
            value == bounds.end and not bounds.end_included
        ):
            continue
        yield value


def _count(first: Any, last: Any, scope: Scope) -> Iterator[Any]:
    """Whole numbers or days, upwards or downwards, both ends included."""
    one, other = kind(first), kind(last)
    if one == other == "date":
        yield from _days(first, last, scope)
        return
    if one != "number" or other != "number":
        raise Problem(f"循环的范围应为整数或日期，实际是{chinese(first)}与{chinese(last)}")
    start, end = Decimal(first), Decimal(last)
    if start != int(start) or end != int(end):
        raise Problem("循环的范围应为整数")
    step = 1 if end >= start else -1
    for value in range(int(start), int(end) + step, step):
        scope.runtime.charge(1)
        yield Decimal(value)


def _days(first: date, last: date, scope: Scope) -> Iterator[date]:
    step = 1 if last >= first else -1
    for offset in range(abs((last - first).days) + 1):
        scope.runtime.charge(1)
        yield first + timedelta(days=offset * step)


# ---------------------------------------------------------------------- filters


@executes(tree.Filter)
def _filter(node: tree.Filter) -> Run:
    source, index = compile_node(node.source), _constant_index(node.condition)
    if index is None:
        return filtering(source, compile_node(node.condition), tree.size(node.condition), node.at)

    def run(scope: Scope) -> Any:
        return guarded(node.at, at_index, scope, _items(source(scope)), index)

    return run


def filtering(source: Run, condition: Run, weight: int, at: Position) -> Run:
    """The items for which a condition holds, or the item at the index it gives."""

    def run(scope: Scope) -> Any:
        items = _items(source(scope))
        return guarded(at, _select, scope, items, condition, scope, weight)

    return run


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _constant_index(node: tree.Node) -> Decimal | None:
    negative = isinstance(node, tree.Negation)
    literal = node.operand if isinstance(node, tree.Negation) else node
    if isinstance(literal, tree.Literal) and isinstance(literal.value, Decimal):
        return -literal.value if negative else literal.value
    return None


def at_index(items: Sequence[Any], index: Any) -> Any:
    """The item at a position from 1, or from the end if negative."""
    place = int(index)
    if place != index or not (1 <= place <= len(items) or -len(items) <= place <= -1):
        raise Problem(f"列表共 {len(items)} 项，没有第 {index} 项")
    return items[place - 1 if place > 0 else place]


def _select(items: Sequence[Any], condition: Run, scope: Scope, weight: int) -> Any:
    if not items:
        # an index may still be asked for: then the answer is null, not an empty list
        quiet = Scope({"item": None}, scope, scope.runtime)
        return None if kind(condition(quiet)) == "number" else []
    chosen = []
    for position, item in enumerate(items):
        scope.runtime.charge(weight)
        held = condition(_item_scope(item, scope))
        if held is True:
            chosen.append(item)
        elif position == 0 and kind(held) == "number":
            return at_index(items, held)
        elif held is not False and held is not None:
            raise Problem(f"筛选条件应为布尔值或序号，实际是{chinese(held)}")
    return chosen


def _item_scope(item: Any, scope: Scope) -> Scope:
    outer = Scope({"item": item}, scope, scope.runtime)
    return Scope(item, outer, scope.runtime) if isinstance(item, Mapping) else outer


# ---------------------------------------------------------------------- functions


@executes(tree.FunctionNode)
def _function(node: tree.FunctionNode) -> Run:
    if node.body is None:

        def refused(scope: Scope) -> None:
            scope.runtime.warn(node.at, "不执行外部函数")

        return refused
    body, weight = compile_node(node.body), tree.size(node.body)
    return lambda scope: make_function(node.parameters, body, scope, weight)


def make_function(
    parameters: tuple[tuple[str, FeelType | None], ...], body: Run, scope: Scope, weight: int
) -> Function:
    """A function of the author, closed over where it stands."""

    def invoke(runtime: Any, arguments: list[Any]) -> Any:
        runtime.charge(weight)
        runtime.enter()
        names = (name for name, _ in parameters)
        result = body(Scope(dict(zip(names, arguments, strict=True)), scope, runtime))
        runtime.calls -= 1
        return result

    return Function(parameters, invoke)


def call_function(function: Function, arguments: Sequence[Any], runtime: Any) -> Any:
    """Call a function value with positional arguments, converted to its declared types."""
    if function.name and not function.parameters:
        return function.invoke(runtime, list(arguments))
    if len(arguments) != len(function.parameters):
        raise Problem(f"函数需要 {len(function.parameters)} 个参数，给出 {len(arguments)} 个")
    converted = [
        _argument(value, name, declared, runtime)
        for value, (name, declared) in zip(arguments, function.parameters, strict=True)
    ]
    result = function.invoke(runtime, converted)
    if function.result is None:
        return result
    result, good = coerce(result, resolve(function.result, runtime.types))
    if not good:
        raise Problem(f"函数的结果不是{function.result}")
    return result


def _argument(value: Any, name: str, declared: FeelType | None, runtime: Any) -> Any:
    if declared is None:
        return value
    converted, good = coerce(value, resolve(declared, runtime.types))
    if not good:
        raise Problem(f"参数『{name}』应为{declared}，实际是{chinese(value)}")
    return converted


@executes(tree.Call)
def _call(node: tree.Call) -> Run:
    name = node.target.name if isinstance(node.target, tree.Name) else ""
    called = registry.find(name)
    read = compile_node if called and not called.takes_functions else compile_handed
    arguments = tuple(read(argument) for argument in node.arguments)
    target = compile_node(node.target)
    at, names = node.at, node.names

    def run(scope: Scope) -> Any:
        native = registry.find(name)
        values = [argument(scope) for argument in arguments]
        if native is not None:
            result = guarded(at, _call_native, scope, native, values, names, scope)
            return Decimal(result) if type(result) is int else result
        found = lookup(scope, name) if name else target(scope)
        return guarded(at, _call_value, scope, found, values, names, scope, name)

    return run


def _call_native(native: Native, values: list[Any], names: tuple[str, ...], scope: Scope) -> Any:
    scope.runtime.charge(1)
    if names:
        return native.invoke_named(scope.runtime, dict(zip(names, values, strict=True)))
    return native.invoke(scope.runtime, values)


def _call_value(
    found: Any, values: list[Any], names: tuple[str, ...], scope: Scope, name: str
) -> Any:
    if found is MISSING:
        raise Problem(f"找不到函数『{name}』")
    if not isinstance(found, Function):
        raise Problem(f"『{name}』不是函数，而是{chinese(found)}" if name else "被调用的不是函数")
    if names:
        return call_named(found, dict(zip(names, values, strict=True)), scope.runtime)
    return call_function(found, values, scope.runtime)


def call_named(function: Function, given: Mapping[str, Any], runtime: Any) -> Any:
    """Call a function value with named arguments."""
    native = registry.find(function.name) if function.name else None
    if native is not None:
        return native.invoke_named(runtime, given)
    expected = [parameter for parameter, _ in function.parameters]
    if set(given) != set(expected):
        raise Problem(f"函数的参数应为『{'、'.join(expected)}』")
    return call_function(function, [given[parameter] for parameter in expected], runtime)
