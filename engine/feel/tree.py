"""The syntax tree of FEEL: immutable, typed, each node with its place in the text.

Invariant: a tree holds plain values and other nodes only; nothing in it can be called.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from engine.feel.errors import Position
from engine.feel.kinds import FeelType


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""

    at: Position


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, string, boolean, null or temporal value written out."""

    value: Any


@dataclass(frozen=True, slots=True)
class BadLiteral(Node):
    """A temporal literal that names no existing moment: null with a warning, not an error."""

    reason: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable; `?` is the input value of a unary test."""

    name: str


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextNode(Node):
    """`{a: 1, b: a + 1}`; an entry sees those before it."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeNode(Node):
    """`[a..b)`; a missing end means unbounded, as in `(< 5)`."""

    start: Node | None
    end: Node | None
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """Arithmetic minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * / **`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`= != < <= > >=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """A flat chain of `and` or of `or`."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One positive unary test: an operator with an operand, or a bare expression (operator "")."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in (test, test)`."""

    value: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: FeelType


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`source.name`."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`source[condition]`."""

    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`target(a, b)` or `target(x: a, y: b)`; names is empty for positional arguments."""

    target: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then yes else no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """`name in domain` or `name in start..end` of a loop."""

    name: str
    domain: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for a in b, c in d return body`."""

    clauses: tuple[Clause, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some a in b satisfies body`, `every …`."""

    universal: bool
    clauses: tuple[Clause, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class FunctionNode(Node):
    """`function(a: number) body`; body None stands for a refused external function."""

    parameters: tuple[tuple[str, FeelType | None], ...]
    body: Node | None


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of a decision table; tests is empty for `-`."""

    tests: tuple[Test, ...]
    negated: bool


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside a node, in the order of the text."""
    for name in _fields(type(node)):  # type: ignore[arg-type]
        yield from _nodes(getattr(node, name))


@cache
def _fields(kind: type[Node]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def size(root: Node) -> int:
    """How many nodes a tree has."""
    count, waiting = 0, [root]
    while waiting:
        count += 1
        waiting.extend(children(waiting.pop()))
    return count


def uses_input(root: Node) -> bool:
    """Whether `?` occurs in the tree."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name) and node.name == "?":
            return True
        waiting.extend(children(node))
    return False


def free_names(root: Node, *, inside_filters: bool) -> frozenset[str]:
    """The variables a tree reads from outside."""
    found: set[str] = set()
    _collect(root, frozenset({"?"}), found, inside_filters)
    return frozenset(found)


def _collect(node: Node, bound: frozenset[str], found: set[str], inside: bool) -> None:  # noqa: FBT001
    if isinstance(node, Name):
        if node.name not in bound:
            found.add(node.name)
    elif isinstance(node, Filter):
        _collect(node.source, bound, found, inside)
        if inside:
            _collect(node.condition, bound | {"item"}, found, inside)
    elif isinstance(node, For | Quantified):
        for clause in node.clauses:
            for part in children(clause):
                _collect(part, bound, found, inside)
            bound |= {clause.name, "partial"} if isinstance(node, For) else {clause.name}
        _collect(node.body, bound, found, inside)
    else:
        _collect_scoped(node, bound, found, inside)


def _collect_scoped(node: Node, bound: frozenset[str], found: set[str], inside: bool) -> None:  # noqa: FBT001
    if isinstance(node, ContextNode):
        for key, value in node.entries:
            _collect(value, bound, found, inside)
            bound |= {key}
        return
    if isinstance(node, FunctionNode):
        bound |= {name for name, _ in node.parameters}
    # a called name is a function: ours if there is one of the name, a variable otherwise
    skipped = node.target if isinstance(node, Call) and isinstance(node.target, Name) else None
    for child in children(node):
        if child is not skipped:
            _collect(child, bound, found, inside)
