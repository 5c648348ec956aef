"""FEEL, the expression language of DMN 1.5: parse once, evaluate often, within a budget.

Invariant: text of a model is never given to Python's own evaluation, and plain data alone goes in;
an evaluation that goes wrong gives null and says why, only a crossed limit raises.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from engine.errors import LimitExceeded
from engine.feel import cells, library, loops, registry, tree
from engine.feel.errors import FeelSyntaxError, FeelWarning, Problem
from engine.feel.interpreter import compile_node
from engine.feel.kinds import FeelType, Function, Range, kind
from engine.feel.parser import parse_expression, parse_tests
from engine.feel.runtime import Budget, Run, Runtime, Scope
from engine.feel.scanner import normal, special
from engine.values import YearsMonths

__all__ = [
    "Budget",
    "Expression",
    "FeelSyntaxError",
    "FeelType",
    "FeelWarning",
    "Function",
    "Problem",
    "Range",
    "Result",
    "Runtime",
    "Scope",
    "YearsMonths",
    "call_function",
    "evaluate",
    "function_names",
    "kind",
    "names",
    "parse",
    "parse_unary",
    "register",
    "run",
    "unary_test",
]

call_function = loops.call_function
function_names = registry.function_names
library.load()
matches = cells.matches


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A parsed expression: its text, its tree, and what evaluates it."""

    text: str
    tree: tree.Node
    run: Run
    unary: bool = False

    def __str__(self) -> str:
        return self.text


class Result(NamedTuple):
    """A value, and why parts of it are null."""

    value: Any
    warnings: tuple[FeelWarning, ...] = ()


def parse(text: str, *, names: Iterable[str] = ()) -> Expression:
    """Read an expression; `names` are variables whose names have spaces or operators in them.

    Raises:
        FeelSyntaxError: with line, column and a sentence.
    """
    return _parse(text, frozenset(filter(special, names)), unary=False)


def parse_unary(text: str, *, names: Iterable[str] = ()) -> Expression:
    """Read the unary tests of a decision table's cell.

    Raises:
        FeelSyntaxError: with line, column and a sentence.
    """
    return _parse(text, frozenset(filter(special, names)), unary=True)


@lru_cache(maxsize=4096)
def _parse(text: str, names: frozenset[str], *, unary: bool) -> Expression:
    root = (parse_tests if unary else parse_expression)(text, sorted(names))
    return Expression(text, root, compile_node(root), unary)


registry.on_change(_parse.cache_clear)


def evaluate(
    expression: Expression | str, context: Mapping[str, Any], *, budget: Budget | None = None
) -> Result:
    """The value of an expression; null with warnings where something does not fit.

    Raises:
        FeelSyntaxError: the text is not FEEL.
        LimitExceeded: the evaluation is over its budget.
    """
    if isinstance(expression, str):
        expression = parse(expression, names=_special_names(context))
    runtime = Runtime(budget) if budget else Runtime()
    value = run(expression, Scope(context, None, runtime))
    return Result(value, tuple(runtime.warnings) if runtime.warnings else ())


def run(expression: Expression, scope: Scope) -> Any:
    """The value of an expression in a scope with a runtime of the caller's."""
    try:
        value = expression.run(scope)
    except RecursionError as reason:
        raise LimitExceeded("表达式求值嵌套过深", limit="expression_depth") from reason
    if type(value) in _BOXES:
        _measure(value, scope.runtime)
    return value


def unary_test(expression: Expression | str, value: Any, context: Mapping[str, Any]) -> bool | None:
    """Whether a value passes unary tests; null if that cannot be decided."""
    if isinstance(expression, str):
        expression = parse_unary(expression, names=_special_names(context))
    scope = Scope({"?": value}, Scope(context, None, runtime := Runtime()), runtime)
    held: bool | None = run(expression, scope)
    return held


@lru_cache(maxsize=4096)
def names(expression: Expression, *, inside_filters: bool = False) -> frozenset[str]:
    """The variables an expression certainly reads.

    A name inside a filter may as well be an entry of the filtered items; such names are counted
    only if asked for.
    """
    return tree.free_names(expression.tree, inside_filters=inside_filters)


def register(name: str, params: Sequence[str], function: Callable[..., Any]) -> None:
    """Add a function of the domain, callable by its name; see `registry.register`."""
    registry.register(normal(name), params, function)


_BOXES: Final = frozenset({list, dict})


def _measure(value: Any, runtime: Runtime) -> None:
    """Refuse a result that is small in memory only because parts of it are shared."""
    count, waiting = 0, [value]
    while waiting:
        top = waiting.pop()
        count += 1
        if count > runtime.budget.items:
            limit = runtime.budget.items
            raise LimitExceeded(f"结果超过 {limit} 项", limit="expression_items")
        if isinstance(top, list):
            waiting.extend(top[: runtime.budget.items])
        elif isinstance(top, dict):
            waiting.extend(top.values())


_PLAIN: Final = frozenset({str, int, bool, type(None), Decimal, date, datetime, time, timedelta})
"""Values that have no names in them; to ask a type for its place in a hierarchy costs far more."""


def _special_names(context: Mapping[str, Any], depth: int = 3) -> list[str]:
    found = [key for key in context if type(key) is str and special(key)]
    if depth:
        for value in context.values():
            inner = value[0] if type(value) is list and value else value
            kind = type(inner)
            if kind is dict or (kind not in _PLAIN and isinstance(inner, Mapping)):
                found += _special_names(inner, depth - 1)
    return found
