"""Text to tree: operators by precedence, unary tests, and the limits of an expression.

Invariant: whatever the text, the outcome is a tree within the limits or a FeelSyntaxError.
Source: DMN 1.5, 10.3.1.2.
"""

from collections.abc import Callable, Iterable
from typing import Final

from engine import limits
from engine.feel.errors import FeelSyntaxError
from engine.feel.terms import Terms
from engine.feel.tree import (
    Arithmetic,
    Between,
    Comparison,
    Filter,
    In,
    InstanceOf,
    Logic,
    Negation,
    Node,
    Path,
    Test,
    UnaryTests,
    size,
)

_COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
_ENDS: Final = frozenset({"end"})


def parse_expression(text: str, names: Iterable[str] = ()) -> Node:
    """The tree of an expression."""
    return _parse(text, names, lambda parser: parser.expression())


def parse_tests(text: str, names: Iterable[str] = ()) -> Node:
    """The tree of the unary tests of a decision table's cell."""
    return _parse(text, names, lambda parser: parser.unary_tests())


def _parse(text: str, names: Iterable[str], start: Callable[["Parser"], Node]) -> Node:
    if len(text) > limits.EXPRESSION_CHARACTERS:
        raise FeelSyntaxError(f"表达式超过 {limits.EXPRESSION_CHARACTERS} 个字符", 1, 1)
    parser = Parser(text, names)
    if parser.peek().kind == "end":
        parser.fail("表达式为空")
    tree = start(parser)
    rest = parser.peek()
    if rest.kind != "end":
        parser.fail(f"多余的内容{parser.shown(rest)}", rest.start)
    if size(tree) > limits.EXPRESSION_NODES:
        raise FeelSyntaxError(f"表达式超过 {limits.EXPRESSION_NODES} 个节点", 1, 1)
    return tree


class Parser(Terms):
    """One pass over one text."""

    def expression(self) -> Node:
        """Any expression; one level deeper."""
        self.depth += 1
        if self.depth > limits.EXPRESSION_DEPTH:
            self.fail(f"表达式嵌套超过 {limits.EXPRESSION_DEPTH} 层")
        slices, self.no_filter = self.no_filter, False
        node = self._chain("or", lambda: self._chain("and", self._comparison))
        self.no_filter = slices
        self.depth -= 1
        return node

    def _chain(self, operator: str, operand: Callable[[], Node]) -> Node:
        at = self.where(self.peek().start)
        parts = [operand()]
        while self.accept(operator):
            parts.append(operand())
        return parts[0] if len(parts) == 1 else Logic(at, operator, tuple(parts))

    def _comparison(self) -> Node:
        left = self.arithmetic()
        while True:
            token = self.peek()
            at = self.where(token.start)
            if token.kind == "operator" and token.text in _COMPARISONS:
                self.take()
                left = Comparison(at, token.text, left, self.arithmetic())
            elif self.accept("between"):
                low = self.arithmetic()
                self.expect("and")
                left = Between(at, left, low, self.arithmetic())
            elif self.accept("in"):
                left = In(at, left, self._in_tests())
            else:
                return left

    def arithmetic(self) -> Node:
        """Sums and what binds tighter."""
        return self._left(("+", "-"), lambda: self._left(("*", "/"), self._power))

    def _left(self, operators: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        left = operand()
        while True:
            token = self.peek()
            if token.kind != "operator" or token.text not in operators:
                return left
            self.take()
            left = Arithmetic(self.where(token.start), token.text, left, operand())

    def _power(self) -> Node:
        return self._left(("**",), self._negation)

    def _negation(self) -> Node:
        signs = []
        while self.ahead("-"):
            signs.append(self.where(self.take().start))
        node = self._instance()
        for at in reversed(signs):
            node = Negation(at, node)
        return node

    def _instance(self) -> Node:
        node = self._postfix()
        while self.ahead("instance"):
            at = self.where(self.take().start)
            self.expect("of")
            node = InstanceOf(at, node, self.type_name())
        return node

    def _postfix(self) -> Node:
        node = self.primary()
        while True:
            token = self.peek()
            at = self.where(token.start)
            if token.kind != "operator":
                return node
            if token.text == ".":
                self.take()
                node = Path(at, node, self.property_name())
            elif token.text == "[" and not self.no_filter:
                self.take()
                node = Filter(at, node, self.expression())
                self.expect("]")
            elif token.text == "(":
                # the place of a call is its name: that is where an author looks
                node = self.call(node)
            else:
                return node

    # ------------------------------------------------------------------ tests

    def _in_tests(self) -> tuple[Test, ...]:
        token = self.peek()
        if token.text != "(" or token.kind != "operator":
            return (self._positive_test(self.arithmetic),)
        at = self.where(token.start)
        start = self.position
        self.take()
        first = self._positive_test(self.expression)
        if self.ahead(".."):
            self.move(start)
            return (Test(at, "", self.arithmetic()),)
        tests = [first]
        while self.accept(","):
            tests.append(self._positive_test(self.expression))
        self.expect(")")
        return tuple(tests)

    def _positive_test(self, operand: Callable[[], Node]) -> Test:
        token = self.peek()
        at = self.where(token.start)
        if token.kind == "operator" and token.text in _COMPARISONS:
            self.take()
            return Test(at, token.text, self.arithmetic())
        return Test(at, "", operand())

    def unary_tests(self) -> Node:
        """`-`, tests with commas, or `not(tests)`."""
        token = self.peek()
        at = self.where(token.start)
        if self.text.strip() == "-":
            self.take()
            return UnaryTests(at, (), negated=False)
        if token.text == "not" and self.text[token.end :].lstrip().startswith("("):
            start = self.position
            self.take()
            self.take()
            tests = self._tests()
            self.expect(")")
            if self.peek().kind in _ENDS:
                return UnaryTests(at, tests, negated=True)
            # `not(a) and b` is an expression
            self.move(start)
        return UnaryTests(at, self._tests(), negated=False)

    def _tests(self) -> tuple[Test, ...]:
        tests = [self._positive_test(self.expression)]
        while self.accept(","):
            tests.append(self._positive_test(self.expression))
        return tuple(tests)
