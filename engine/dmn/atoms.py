"""The values of an input column cut into pieces on which no cell changes its answer.

Invariant: each piece has a sample that is asked for the whole piece; a cell whose answer may change
inside a piece (it reads other variables, the clock, or `?`) is marked unknown, never guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine import feel
from engine.dmn.itemtypes import Allowed
from engine.dmn.model import InputColumn
from engine.dmn.pieces import Atom, pieces
from engine.feel import Expression, FeelType, Range, kind, tree
from engine.feel.kinds import DATE_TIME, DAYS, MONTHS, chinese, coerce

_ORDERED: Final = frozenset({"number", "date", "time", DATE_TIME, DAYS, MONTHS})
_CONSTRUCTORS: Final = frozenset(
    {"date", "time", "date and time", "duration", "years and months duration", "number", "string"}
)
# what counts is whole and not negative: `< 0` is no gap there
_COUNTS: Final = frozenset({"count", "string length"})
_TRUTHS: Final = (tree.Comparison, tree.Logic, tree.Between, tree.In, tree.InstanceOf)
_OTHER: Final = "\u2026\u2026"
_MOST_ASKED: Final = 100_000


class TooLarge(Exception):  # never leaves the analysis
    """A table is over the bound of what the check looks at."""


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that cannot be meant: `reason` completes a sentence about it."""

    rule: int
    reason: str


@dataclass(frozen=True, slots=True)
class Axis:
    """One column: its pieces, and for each rule the pieces it surely and possibly takes (bits)."""

    label: str
    kind: str
    atoms: tuple[Atom, ...]
    surely: tuple[int, ...]
    possibly: tuple[int, ...]
    unknown: tuple[int, ...]
    errors: tuple[CellError, ...] = ()

    @property
    def every(self) -> int:
        """All pieces."""
        return (1 << len(self.atoms)) - 1


@dataclass(slots=True)
class _Cell:
    rule: int
    expression: Expression
    values: list[Any]
    ends: list[Any]
    known: bool = True
    broken: str = ""


def constant(node: tree.Node) -> bool:
    """Whether an expression has the same value always."""
    if tree.free_names(node, inside_filters=True) or tree.uses_input(node):
        return False
    waiting: list[tree.Node] = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, tree.FunctionNode):
            return False
        if isinstance(here, tree.Call) and not (
            isinstance(here.target, tree.Name) and here.target.name in _CONSTRUCTORS
        ):
            return False
        waiting.extend(tree.children(here))
    return True


def value_of(node: tree.Node) -> feel.Result:
    """The value of a constant expression."""
    from engine.feel.interpreter import compile_node  # noqa: PLC0415 - tree to value, here alone

    return feel.evaluate(Expression("", node, compile_node(node)), {})


def axis(column: InputColumn, cells: Sequence[Expression | None]) -> Axis:
    """The pieces of a column and what each rule's cell says of them."""
    read = [_cell(index, cell) for index, cell in enumerate(cells, 1) if cell is not None]
    limits = _limits(column)
    wanted = _kind(column, read)
    errors = tuple(_errors(read, column, wanted))
    faulty = {error.rule for error in errors}
    good = [cell for cell in read if cell.rule not in faulty]
    atoms = _atoms(wanted, [*good, *limits], column) if wanted else ()
    if not atoms:
        for cell in read:
            cell.known = False
        atoms = (Atom(None),)
    if len(atoms) * len(read) > _MOST_ASKED:
        raise TooLarge
    known = {cell.rule: cell for cell in read}
    for cell in read:
        cell.known &= cell.rule not in faulty
    full = (1 << len(atoms)) - 1
    bits = [_bits(known[i], atoms) if i in known else full for i in range(1, len(cells) + 1)]
    unknown = tuple(cell.rule for cell in read if not cell.known)
    return Axis(
        column.label,
        wanted,
        atoms,
        tuple(0 if i in unknown else taken for i, taken in enumerate(bits, 1)),
        tuple(full if i in unknown else taken for i, taken in enumerate(bits, 1)),
        unknown,
        errors,
    )


# ---------------------------------------------------------------------- cells


def _cell(index: int, expression: Expression) -> _Cell:
    cell = _Cell(index, expression, [], [])
    root = expression.tree
    if not isinstance(root, tree.UnaryTests):
        cell.known = False
        return cell
    for test in root.tests:
        if not constant(test.operand):
            cell.known = False
            continue
        result = value_of(test.operand)
        if result.warnings:
            cell.broken = result.warnings[0].reason
        _note(cell, result.value, compared=test.operator not in {"", "=", "!="})
    return cell


def _note(cell: _Cell, value: Any, *, compared: bool) -> None:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Range):
            cell.ends += [end for end in (item.start, item.end) if end is not None]
        elif compared:
            cell.ends.append(item)
        else:
            cell.values.append(item)


def _kind(column: InputColumn, cells: Iterable[_Cell]) -> str:
    """The kind of a column's values; "" if the table does not say it."""
    if column.type is not None:
        return column.type.name
    shown = column.expression.tree if column.expression else None
    if isinstance(shown, _TRUTHS):
        return "boolean"
    if _counts(column):
        return "number"
    kinds = {kind(v) for cell in cells for v in (*cell.values, *cell.ends) if v is not None}
    return kinds.pop() if len(kinds) == 1 else ""


def _counts(column: InputColumn) -> bool:
    shown = column.expression.tree if column.expression else None
    return (
        isinstance(shown, tree.Call)
        and isinstance(shown.target, tree.Name)
        and shown.target.name in _COUNTS
    )


def _limits(column: InputColumn) -> list[_Cell]:
    tests = [column.allowed] if column.allowed else []
    check = column.type.check if column.type else None
    if isinstance(check, Allowed):
        tests += check.tests
    return [_cell(0, test) for test in tests]


def _errors(cells: Iterable[_Cell], column: InputColumn, wanted: str) -> Iterable[CellError]:
    if not wanted or wanted in {"list", "context", "range", "function", "any"}:
        return
    for cell in cells:
        if cell.broken:
            yield CellError(cell.rule, f"的值无效：{cell.broken}")
            continue
        for value in (*cell.values, *cell.ends):
            reason = _misfit(value, wanted, column, point=value in cell.values)
            if reason:
                yield CellError(cell.rule, reason)
                break


def _misfit(value: Any, wanted: str, column: InputColumn, *, point: bool) -> str:
    if value is None:
        return ""
    bare = FeelType(wanted)
    if not coerce(value, bare)[1] or isinstance(value, list):
        return f"应为{bare}，单元格写的是{chinese(value)}"
    if point and not _permitted(value, column):
        return f"写的{shown(value)}不在允许值之内，不会出现"
    return ""


def _permitted(value: Any, column: InputColumn) -> bool:
    if column.type is not None and not coerce(value, column.type)[1]:
        return False
    return column.allowed is None or feel.unary_test(column.allowed, value, {}) is True


def _bits(cell: _Cell, atoms: Sequence[Atom]) -> int:
    if not cell.known:
        return 0
    return sum(
        1 << i
        for i, atom in enumerate(atoms)
        if feel.unary_test(cell.expression, atom.sample, {}) is True
    )


# ---------------------------------------------------------------------- pieces


def _atoms(wanted: str, cells: Sequence[_Cell], column: InputColumn) -> tuple[Atom, ...]:
    named = [v for cell in cells for v in cell.values]
    ends = [v for cell in cells for v in cell.ends]
    declared = any(cell.rule == 0 for cell in cells)
    if declared and not all(cell.known for cell in cells if cell.rule == 0):
        return ()
    if wanted == "boolean":
        found = [Atom(sample=truth) for truth in (True, False)]
    elif wanted == "string":
        if ends:
            return ()
        texts = dict.fromkeys(v for v in named if isinstance(v, str))
        found = [*(Atom(v) for v in texts), Atom(_OTHER, silent=not declared)]
    elif wanted in _ORDERED:
        marks = _sorted([v for v in (*named, *ends) if v is not None], wanted)
        if marks is None:
            return ()
        found = pieces(marks, wanted, whole=_counts(column))
    else:
        return ()
    kept = [atom for atom in found if _permitted(atom.sample, column)]
    empty = [Atom(None)] if any(v is None for v in named) else []
    return (*kept, *empty)


def _sorted(values: Iterable[Any], wanted: str) -> list[Any] | None:
    """The values in order, each once; None if they cannot be compared with each other."""
    converted = [coerce(value, FeelType(wanted))[0] for value in values]
    try:
        return sorted(set(converted))
    except TypeError:
        return None


# ---------------------------------------------------------------------- words


def shown(value: Any) -> str:
    """A value as an author writes it."""
    if isinstance(value, str):
        return f'"{value}"'
    return "空值" if value is None else str(feel.evaluate("string(v)", {"v": value}).value)


def words(line: Axis, taken: int) -> str:
    """Some pieces of a column in words; "" if they are all it has."""
    if taken == line.every:
        return ""
    chosen = [atom for i, atom in enumerate(line.atoms) if taken >> i & 1]
    ordered = line.kind in _ORDERED
    parts = _spans(line, taken) if ordered else [_named(atom) for atom in chosen]
    if ordered and any(atom.sample is None for atom in chosen):
        parts.append("为空值")
    return f"『{line.label}』{'或'.join(parts)}"


def _named(atom: Atom) -> str:
    if atom.sample == _OTHER:
        return "为其他值"
    return f"为{shown(atom.sample)}"


def _spans(line: Axis, taken: int) -> list[str]:
    runs: list[list[Atom]] = []
    before = False
    for i, atom in enumerate(line.atoms):
        here = bool(taken >> i & 1) and atom.sample is not None
        if here and before:
            runs[-1].append(atom)
        elif here:
            runs.append([atom])
        before = here
    return [_span(run[0], run[-1]) for run in runs]


def _span(first: Atom, last: Atom) -> str:
    point = first.low is not None and first.low == first.high
    closed = last.low is not None and last.low == last.high
    if point and closed and first.low == last.low:
        return f"等于{shown(first.low)}"
    low = "" if first.low is None else f"{'不小于' if point else '大于'}{shown(first.low)}"
    high = "" if last.high is None else f"{'不大于' if closed else '小于'}{shown(last.high)}"
    return "且".join(part for part in (low, high) if part) or "为任意值"
