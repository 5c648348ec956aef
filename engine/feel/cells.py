"""Unary tests: the cells of decision tables and the right side of `in`.

Invariant: a test gives true, false, or null where it cannot be decided; `?` is the tested value.
Source: DMN 1.5, 7.3.3 and 10.3.2.8, table 55.
"""

from collections.abc import Callable, Sequence
from typing import Any

from engine.feel import operators, tree
from engine.feel.errors import Position
from engine.feel.interpreter import compile_node, executes, guarded
from engine.feel.kinds import Range, chinese
from engine.feel.runtime import Run, Scope, lookup


@executes(tree.In)
def _in(node: tree.In) -> Run:
    value = compile_node(node.value)
    tests = tuple(_test(test) for test in node.tests)

    def run(scope: Scope) -> bool | None:
        return any_of(tests, value(scope), scope)

    return run


@executes(tree.UnaryTests)
def _unary_tests(node: tree.UnaryTests) -> Run:
    tests = tuple(_test(test) for test in node.tests)

    def run(scope: Scope) -> bool | None:
        if not tests:
            return True
        held = any_of(tests, lookup(scope, "?"), scope)
        return held if held is None or not node.negated else not held

    return run


Check = Callable[[Any, Scope], bool | None]


def any_of(tests: Sequence[Check], value: Any, scope: Scope) -> bool | None:
    """Whether one of the tests holds; null if none does and one could not be decided."""
    result: bool | None = False
    for test in tests:
        held = test(value, scope)
        if held is True:
            return True
        if held is None:
            result = None
    return result


def _test(test: tree.Test) -> Check:
    operand = compile_node(test.operand)
    if test.operator in {"=", "!="}:
        return _equality_test(operand, negated=test.operator == "!=")
    if test.operator:
        return _order_test(test.operator, operand, test.at)
    if tree.uses_input(test.operand):
        return _boolean_test(operand, test.at)
    if isinstance(test.operand, tree.RangeNode):
        return _range_test(operand, test.operand)
    if isinstance(test.operand, tree.Literal) and isinstance(test.operand.value, bool):
        # written out, true is a value to be met, which null does not; any other expression that
        # gives a boolean is a condition
        return _equality_test(operand, negated=False)
    return _value_test(operand, test.at)


def _equality_test(operand: Run, *, negated: bool) -> Check:
    def check(value: Any, scope: Scope) -> bool | None:
        same = operators.equal(value, operand(scope), scope.runtime)
        return None if same is None else same is not negated

    return check


def _order_test(sign: str, operand: Run, at: Position) -> Check:
    def check(value: Any, scope: Scope) -> bool | None:
        other = operand(scope)
        held: bool | None = guarded(at, operators.ordered, scope, sign, value, other)
        return held

    return check


def _boolean_test(operand: Run, at: Position) -> Check:
    def check(_value: Any, scope: Scope) -> bool | None:
        held = operand(scope)
        if held is None or isinstance(held, bool):
            return held
        scope.runtime.warn(at, f"含『?』的判断应得到布尔值，实际是{chinese(held)}")
        return None

    return check


def _range_test(operand: Run, node: tree.RangeNode) -> Check:
    closed = node.start is not None and node.end is not None

    def check(value: Any, scope: Scope) -> bool | None:
        bounds = operand(scope)
        # an end written out but null leaves the question open; no end at all is unbounded
        if bounds is None or (closed and (bounds.start is None or bounds.end is None)):
            return None
        held: bool | None = guarded(node.at, matches, scope, value, bounds, scope)
        return held

    return check


def _value_test(operand: Run, at: Position) -> Check:
    def check(value: Any, scope: Scope) -> bool | None:
        held: bool | None = guarded(at, matches, scope, value, operand(scope), scope)
        return held

    return check


def matches(value: Any, wanted: Any, scope: Scope) -> bool | None:
    """Whether a value meets a bare expression: equal to it, in its range, one of its list."""
    if isinstance(wanted, bool) and not isinstance(value, bool):
        return wanted
    if isinstance(wanted, Range):
        return value == wanted if isinstance(value, Range) else operators.within(value, wanted)
    if isinstance(wanted, list):
        return _in_list(value, wanted, scope)
    return operators.equal(value, wanted, scope.runtime)


def _in_list(value: Any, wanted: list[Any], scope: Scope) -> bool | None:
    scope.runtime.charge(len(wanted))
    if isinstance(value, list) and operators.equal(value, wanted, scope.runtime):
        return True
    result: bool | None = False
    for item in wanted:
        if isinstance(item, Range) and not isinstance(value, Range):
            held = operators.within(value, item)
        else:
            held = operators.equal(value, item, scope.runtime)
        if held:
            return True
    return result
