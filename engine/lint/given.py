"""Which variables of a process are known before any case runs: from scripts and decision tables.

Invariant: a value is given only if it comes out the same whatever the case says, or is marked as
what holds by default; a variable that several elements write to is not given. Each row of a
decision table is a possibility of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any, Final

from engine.definition import elements as el
from engine.definition.process import Process
from engine.dmn.atoms import constant, value_of
from engine.dmn.model import Decision, Rule, Table
from engine.errors import BanliError
from engine.expressions import Expression, evaluate

_ROUNDS: Final = 4
"""How often values may rest on each other in the order of the file."""
_MOST: Final = 300
"""Combinations of rows that are looked at together; beyond, each table by itself."""
_SINGLE: Final = frozenset({"U", "A", "F", "P"})


@dataclass(frozen=True, slots=True)
class Given:
    """What is known; `certain` are the names that no case can change."""

    values: Mapping[str, Any] = field(default_factory=dict)
    certain: frozenset[str] = frozenset()
    words: str = ""
    """Which rows of which decisions give it."""

    def rests(self, expression: Expression) -> bool:
        """Whether the value of an expression rests on what is certain alone."""
        return expression.names() <= self.certain


_Chosen = tuple[str, int, Any]
"""A rule task, the number of a row of its table, and what that row concludes."""


def possibilities(
    process: Process, decisions: Mapping[str, Decision], outside: Given | None = None
) -> Iterator[Given]:
    """What is known of a process: one for each combination of rows of the tables it asks.

    `outside` is what a caller passes on to it.
    """
    options = [
        [(task.id, number, value) for number, value in found]
        for task, found in _tables(process, decisions)
    ]
    outer = outside or Given()
    for chosen in _combined(options):
        words = "、".join(f"{_label(process, task)}第 {row} 行" for task, row, _value in chosen)
        fixed = {task: value for task, _row, value in chosen}
        known = _known(process, fixed, outer)
        yield replace(known, words="、".join(part for part in (outer.words, words) if part))


def passed(call: el.CallActivity, given: Given) -> Given:
    """What a called process knows of what its caller knows."""
    values = dict(given.values) if call.propagate_parent else {}
    certain = set(given.certain) if call.propagate_parent else set()
    for mapping in call.inputs:
        values.pop(mapping.target, None)
        certain.discard(mapping.target)
        value = _value(mapping.source, given.values)
        if value is not None:
            values[mapping.target] = value
            if given.rests(mapping.source):
                certain.add(mapping.target)
    return Given(values, frozenset(certain), given.words)


def _relevant(process: Process) -> frozenset[str]:
    """The names that amounts of limits, and what is passed on to called processes, rest on."""
    found: set[str] = set()
    for element in process.elements.values():
        limit = getattr(element, "limit", None)
        amounts = [limit.amount] if limit is not None else []
        amounts += [one.amount for one in element.clocks if one.amount is not None]
        if isinstance(element, el.CallActivity):
            amounts += [one.source for one in element.inputs]
        found.update(name for one in amounts for name in one.names())
    for _round in range(_ROUNDS):
        for element in process.elements.values():
            if isinstance(element, el.ScriptTask) and found & _targets(element):
                found |= element.script.names()
                found.update(name for one in element.outputs for name in one.source.names())
    return frozenset(found)


def _targets(element: el.Element) -> set[str]:
    return {
        getattr(element, "result_variable", ""),
        *(mapping.target for mapping in element.outputs),
    }


def _combined(options: Sequence[Sequence[_Chosen]]) -> Iterator[tuple[_Chosen, ...]]:
    if prod(len(rows) for rows in options) <= _MOST:
        yield from product(*options)
        return
    for rows in options:
        yield from ((row,) for row in rows)


def _tables(
    process: Process, decisions: Mapping[str, Decision]
) -> Iterator[tuple[el.BusinessRuleTask, list[tuple[int, Any]]]]:
    relevant = _relevant(process)
    for task in process.of(el.BusinessRuleTask):
        asked = not task.decision.is_feel and relevant & _targets(task)
        decision = decisions.get(task.decision.text) if asked else None
        if decision is None or decision.table is None or decision.table.policy not in _SINGLE:
            continue
        rows = [(rule.index, _conclusion(decision.table, rule)) for rule in decision.table.rules]
        found = [(number, value) for number, value in rows if value is not None]
        if found and len(found) == len(rows):
            yield task, found


def _conclusion(table: Table, rule: Rule) -> Any:
    """What a row concludes; None where a case decides."""
    values = [
        value_of(one.tree).value if one is not None and constant(one.tree) else None
        for one in rule.conclusions
    ]
    if len(table.outputs) == 1:
        return values[0]
    return {column.name: value for column, value in zip(table.outputs, values, strict=True)}


def _known(process: Process, fixed: Mapping[str, Any], outside: Given) -> Given:
    """The variables as scripts, decisions and mappings give them, in a few rounds."""
    known = outside
    once = _written_once(process)
    for _round in range(_ROUNDS):
        values, certain = dict(outside.values), set(outside.certain)
        for element in process.elements.values():
            for name, value, sure in _writes(element, known, fixed):
                if name in once and value is not None:
                    values[name] = value
                    (certain.add if sure else certain.discard)(name)
        found = Given(values, frozenset(certain), outside.words)
        if found == known:
            break
        known = found
    return known


def _writes(
    element: el.Element, known: Given, fixed: Mapping[str, Any]
) -> Iterator[tuple[str, Any, bool]]:
    """The names an element writes, with value and whether it is certain."""
    inner = known
    result = getattr(element, "result_variable", "")
    if result and element.id in fixed:
        inner = _with(known, result, fixed[element.id], sure=True)
    elif isinstance(element, el.ScriptTask):
        value = _value(element.script, known.values)
        inner = _with(known, result, value, sure=known.rests(element.script))
    elif result or not element.outputs or not isinstance(element, el.ScriptTask):
        return
    if not element.outputs:
        yield result, inner.values.get(result), result in inner.certain
    for mapping in element.outputs:
        yield mapping.target, _value(mapping.source, inner.values), inner.rests(mapping.source)


def _with(known: Given, name: str, value: Any, *, sure: bool) -> Given:
    certain = known.certain | {name} if sure else known.certain - {name}
    return replace(known, values={**known.values, name: value}, certain=certain)


def _written_once(process: Process) -> frozenset[str]:
    """The names that one element alone writes, as far as the model says."""
    count: dict[str, int] = {}
    for element in process.elements.values():
        names = {mapping.target for mapping in element.outputs}
        result = getattr(element, "result_variable", "")
        if result and not element.outputs:
            names.add(result)
        for name in names:
            count[name] = count.get(name, 0) + 1
    return frozenset(name for name, number in count.items() if number == 1)


def _value(expression: Expression, values: Mapping[str, Any]) -> Any:
    try:
        return evaluate(expression, values)
    except BanliError:
        return None


def _label(process: Process, task: str) -> str:
    element = process.elements[task]
    return f"『{element.name or element.id}』"
