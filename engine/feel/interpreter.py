"""Walks the tree: each node becomes a closure over its parts' closures, once per expression.

Invariant: closures call only each other, our operators and our functions; a Problem inside a node
becomes null with a warning at that node; three-valued logic is that of tables 48 and 49.
Source: DMN 1.5, 10.3.2.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from typing import Any, Final

from engine.feel import operators, registry, tree
from engine.feel.errors import Position, Problem
from engine.feel.kinds import Function, Range, bare, chinese, conforms, kind, resolve
from engine.feel.moments import PROPERTIES
from engine.feel.runtime import MISSING, Run, Scope, lookup

_COMPILERS: Final[dict[type[tree.Node], Callable[[Any], Run]]] = {}
_QUICK: Final = frozenset({str, Decimal, bool})
_NUMBERS: Final = frozenset({Decimal, int})


def executes(node: type[tree.Node]) -> Callable[[Callable[[Any], Run]], Callable[[Any], Run]]:
    """Declare what makes a kind of node executable."""

    def declare(make: Callable[[Any], Run]) -> Callable[[Any], Run]:
        _COMPILERS[node] = make
        return make

    return declare


def compile_node(node: tree.Node) -> Run:
    """A tree made executable."""
    return _COMPILERS[type(node)](node)


def guarded(at: Position, call: Callable[..., Any], scope: Scope, *arguments: Any) -> Any:
    """Call; what cannot be computed is null with a warning."""
    try:
        return call(*arguments)
    except Problem as problem:
        scope.runtime.warn(at, problem.reason)
    except (DecimalException, OverflowError):
        scope.runtime.warn(at, "计算结果超出数字的范围")
    return None


@executes(tree.Literal)
def _literal(node: tree.Literal) -> Run:
    value = node.value
    return lambda _scope: value


@executes(tree.BadLiteral)
def _bad_literal(node: tree.BadLiteral) -> Run:
    def run(scope: Scope) -> None:
        scope.runtime.warn(node.at, node.reason)

    return run


@executes(tree.Name)
def _name(node: tree.Name) -> Run:
    name, at = node.name, node.at

    def run(scope: Scope) -> Any:
        value = scope.variables.get(name, MISSING)
        if value is MISSING:
            value = lookup(scope.parent, name)
            if value is MISSING:
                absent(scope, at, name)
                return None
        return operators.number(value) if type(value) is float else value

    return run


def absent(scope: Scope, at: Position, name: str) -> None:
    """Say that a name has no value."""
    shown = "判断的输入值『?』" if name == "?" else f"变量『{name}』"
    scope.runtime.warn(at, f"找不到{shown}")


def compile_handed(node: tree.Node) -> Run:
    """An argument that may be a function, where the name of one of ours is a value.

    Anywhere else a missing variable that happens to be called `date` or `count` must be missed.
    """
    native = registry.find(node.name) if isinstance(node, tree.Name) else None
    if native is None or not isinstance(node, tree.Name):
        return compile_node(node)
    function, name = as_value(native), node.name

    def run(scope: Scope) -> Any:
        value = lookup(scope, name)
        return function if value is MISSING else value

    return run


def as_value(native: registry.Native) -> Function:
    """A function of ours as a value."""
    return Function((), native.invoke, native.name)


@executes(tree.ListNode)
def _list(node: tree.ListNode) -> Run:
    items = tuple(compile_node(item) for item in node.items)
    return lambda scope: [item(scope) for item in items]


@executes(tree.ContextNode)
def _context(node: tree.ContextNode) -> Run:
    entries = tuple((key, compile_node(value)) for key, value in node.entries)

    def run(scope: Scope) -> dict[str, Any]:
        built: dict[str, Any] = {}
        inner = Scope(built, scope, scope.runtime)
        for key, value in entries:
            built[key] = value(inner)
        return built

    return run


@executes(tree.RangeNode)
def _range(node: tree.RangeNode) -> Run:
    start = compile_node(node.start) if node.start else None
    end = compile_node(node.end) if node.end else None

    if _constant(node.start) and _constant(node.end):
        made = _constant_range(node)
        if made is not None:
            return lambda _scope: made

    def run(scope: Scope) -> Any:
        low = start(scope) if start else None
        high = end(scope) if end else None
        made = Range(low, high, node.start_included, node.end_included)
        return guarded(node.at, check_range, scope, made)

    return run


def _constant(node: tree.Node | None) -> bool:
    return node is None or isinstance(node, tree.Literal)


def _constant_range(node: tree.RangeNode) -> Range | None:
    low, high = (
        end.value if isinstance(end, tree.Literal) else None for end in (node.start, node.end)
    )
    try:
        return check_range(Range(low, high, node.start_included, node.end_included))
    except Problem:
        return None  # each evaluation is to warn about it


def check_range(made: Range) -> Range:
    """A range whose ends belong together."""
    ends = [end for end in (made.start, made.end) if end is not None]
    if not ends:
        raise Problem("区间的两端不能都为空")
    if kind(ends[0]) in {"boolean", "list", "context", "function", "range", "unknown"}:
        raise Problem(f"{chinese(ends[0])}不能作为区间的端点")
    if len(ends) == 2 and kind(ends[0]) != kind(ends[1]):
        raise Problem(f"区间的两端类型不同：{chinese(ends[0])}与{chinese(ends[1])}")
    return made


@executes(tree.Negation)
def _negation(node: tree.Negation) -> Run:
    operand = compile_node(node.operand)
    if isinstance(node.operand, tree.Literal) and isinstance(node.operand.value, Decimal):
        value = operators.negate(node.operand.value)
        return lambda _scope: value
    return lambda scope: guarded(node.at, operators.negate, scope, operand(scope))


@executes(tree.Arithmetic)
def _arithmetic(node: tree.Arithmetic) -> Run:
    left, right = compile_node(node.left), compile_node(node.right)
    operate, at = operators.ARITHMETIC[node.operator], node.at

    def run(scope: Scope) -> Any:
        result = guarded(at, operate, scope, left(scope), right(scope))
        return scope.runtime.sized(result) if type(result) is str else result

    return run


@executes(tree.Comparison)
def _comparison(node: tree.Comparison) -> Run:
    left, right = compile_node(node.left), compile_node(node.right)
    if node.operator in {"=", "!="}:
        return _equality(left, right, negated=node.operator == "!=")
    compare, sign, at = operators.ORDERS[node.operator], node.operator, node.at

    def run(scope: Scope) -> Any:
        a, b = left(scope), right(scope)
        if type(a) in _NUMBERS and type(b) in _NUMBERS:
            return compare(a, b)
        return guarded(at, operators.ordered, scope, sign, a, b)

    return run


def _equality(left: Run, right: Run, *, negated: bool) -> Run:
    def run(scope: Scope) -> bool | None:
        a, b = left(scope), right(scope)
        if type(a) is type(b) and type(a) in _QUICK:
            return (a == b) is not negated
        same = operators.equal(a, b, scope.runtime)
        return None if same is None else same is not negated

    return run


@executes(tree.Logic)
def _logic(node: tree.Logic) -> Run:
    parts = tuple((compile_node(part), part.at) for part in node.parts)
    decisive = node.operator == "or"
    word = "或" if decisive else "且"

    def run(scope: Scope) -> bool | None:
        result: bool | None = not decisive
        for part, at in parts:
            value = part(scope)
            if value is decisive:
                return bool(value)
            if value is not (not decisive):
                result = None
                if value is not None:
                    scope.runtime.warn(
                        at, f"逻辑『{word}』的一方应为布尔值，实际是{chinese(value)}"
                    )
        return result

    return run


@executes(tree.Between)
def _between(node: tree.Between) -> Run:
    value, low, high = compile_node(node.value), compile_node(node.low), compile_node(node.high)

    def run(scope: Scope) -> Any:
        bounds = Range(low(scope), high(scope), start_included=True, end_included=True)
        return guarded(node.at, _is_between, scope, value(scope), bounds)

    return run


def _is_between(value: Any, bounds: Range) -> bool:
    return operators.ordered(">=", value, bounds.start) and operators.ordered(
        "<=", value, bounds.end
    )


@executes(tree.InstanceOf)
def _instance_of(node: tree.InstanceOf) -> Run:
    value = compile_node(node.value)

    def run(scope: Scope) -> bool | None:
        declared = guarded(node.at, resolve, scope, node.type, scope.runtime.types)
        return None if declared is None else conforms(value(scope), bare(declared))

    return run


@executes(tree.Path)
def _path(node: tree.Path) -> Run:
    source, name, at = compile_node(node.source), node.name, node.at

    def run(scope: Scope) -> Any:
        return guarded(at, _property, scope, source(scope), name, scope)

    return run


def _property(value: Any, name: str, scope: Scope) -> Any:
    if isinstance(value, Mapping):
        found = value.get(name, MISSING)
        if found is MISSING:
            raise Problem(f"上下文中没有『{name}』")
        return found
    if isinstance(value, list):
        scope.runtime.charge(len(value))
        return [_item_property(item, name, scope) for item in value]
    if isinstance(value, Range):
        return _range_property(value, name)
    read = PROPERTIES.get(kind(value), {}).get(name)
    if read is None:
        raise Problem(f"{chinese(value)}没有属性『{name}』")
    found = read(value)
    return Decimal(found) if type(found) is int else found


def _item_property(item: Any, name: str, scope: Scope) -> Any:
    try:
        return _property(item, name, scope)
    except Problem:
        return None  # an item without the property is null among the others


_RANGE_PROPERTIES: Final[dict[str, Callable[[Range], Any]]] = {
    "start": lambda bounds: bounds.start,
    "end": lambda bounds: bounds.end,
    "start included": lambda bounds: bounds.start_included,
    "end included": lambda bounds: bounds.end_included,
}


def _range_property(value: Range, name: str) -> Any:
    read = _RANGE_PROPERTIES.get(name)
    if read is None:
        raise Problem(f"区间没有属性『{name}』")
    return read(value)


@executes(tree.If)
def _if(node: tree.If) -> Run:
    condition, yes, no = (compile_node(part) for part in (node.condition, node.yes, node.no))

    def run(scope: Scope) -> Any:
        held = condition(scope)
        if held is True:
            return yes(scope)
        if held is not False and held is not None:
            scope.runtime.warn(node.condition.at, f"『if』的条件应为布尔值，实际是{chinese(held)}")
        return no(scope)

    return run
