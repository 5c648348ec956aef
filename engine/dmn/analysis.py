"""What the check says of a decision table: gaps, overlaps, rules that never apply, wrong cells.

Invariant: only what holds for sure is said to be so; a rule with a cell that cannot be analysed
counts as one that may apply, and is named; the work is bounded, and a table over the bound says so.
The severities are explained in docs/modelling.md.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any, Final, Literal

from engine import feel
from engine.dmn.atoms import Axis, TooLarge, axis, constant, shown, value_of, words
from engine.dmn.model import Decision, Decisions, InputColumn, OutputColumn, Rule, Table
from engine.dmn.sweep import MOST_FOUND, Purse, Region, Sweep, taking
from engine.errors import Finding
from engine.feel import Expression, Runtime, Scope
from engine.feel.kinds import chinese, coerce

_ONE_RESULT: Final = frozenset("UAFP")
_UNSURE: Final = object()


def analyse(decisions: Decisions) -> tuple[Finding, ...]:
    """The findings on every table of a file."""
    owners = {id(d.table): d for d in decisions.decisions.values() if d.table is not None}
    found: list[Finding] = []
    for table in decisions.tables:
        owner = owners.get(id(table))
        place = (decisions.filename, owner.id if owner else "")
        try:
            found += _Analysis(table, place, owner).findings()
        except TooLarge:
            said = f"{table.label}过大，空缺与重叠没有查完；请拆分成几张表"
            found.append(Finding("warning", "dmn_table_large", said, *place))
    return tuple(found)


class _Analysis:
    """One table."""

    def __init__(self, table: Table, place: tuple[str, str], owner: Decision | None) -> None:
        self.table = table
        self.place = place
        self.owner = owner
        self.purse = Purse()
        self.axes = [
            axis(column, [rule.tests[i] for rule in table.rules])
            for i, column in enumerate(table.inputs)
        ]

    def findings(self) -> Iterator[Finding]:
        wrong = [*self._cell_errors(), *self._conclusion_errors()]
        yield from wrong
        if wrong or not self.table.rules:
            return
        dead = {rule.index: said for rule in self.table.rules if (said := self._dead(rule))}
        for rule in self.table.rules:
            if rule.index in dead:
                yield self._finding("warning", "dmn_rule_dead", dead[rule.index], rule)
        if self.table.policy in _ONE_RESULT:
            yield from self._unknown()
            yield from self._masked(dead)
            yield from self._gaps()
        if self.table.policy in {"U", "A"}:
            yield from self._clashes()

    def _finding(
        self, severity: Literal["error", "warning"], code: str, said: str, rule: Rule | None = None
    ) -> Finding:
        file, owner = self.place
        element = (rule.id if rule else "") or self.table.id or owner
        line = (rule or self.table.rules[0]).line
        return Finding(severity, code, f"{self.table.label}{said}", file, element, line)

    # ------------------------------------------------------------------ cells

    def _cell_errors(self) -> Iterator[Finding]:
        for line in self.axes:
            for wrong in line.errors:
                rule = self.table.rules[wrong.rule - 1]
                said = f"第 {wrong.rule} 条规则的『{line.label}』{wrong.reason}"
                yield self._finding("error", "dmn_cell_type", said, rule)

    def _conclusion_errors(self) -> Iterator[Finding]:
        for rule in self.table.rules:
            for column, conclusion in zip(self.table.outputs, rule.conclusions, strict=True):
                value = _constant(conclusion)
                reason = "" if value in (None, _UNSURE) else _unfit(value, column)
                if reason:
                    said = f"第 {rule.index} 条规则的结论{_label(column)}{reason}"
                    yield self._finding("error", "dmn_conclusion_type", said, rule)

    def _unknown(self) -> Iterator[Finding]:
        for line in self.axes:
            if line.unknown:
                said = (
                    f"第 {_rows(line.unknown)} 条规则的『{line.label}』要到运行时才知道，"
                    "没有核对它的空缺与重叠"
                )
                yield self._finding("warning", "dmn_cell_unknown", said)

    # ------------------------------------------------------------------ rules that never apply

    def _dead(self, rule: Rule) -> str:
        for line in self.axes:
            if not line.possibly[rule.index - 1]:
                return f"第 {rule.index} 条规则永远不会适用：没有值符合它的『{line.label}』"
        return ""

    def _masked(self, dead: dict[int, str]) -> Iterator[Finding]:
        stronger = self._stronger()
        columns = taking(self.axes, surely=True)
        for rule in self.table.rules:
            others = stronger(rule) & ~sum(1 << (i - 1) for i in dead)
            if rule.index in dead or not others:
                continue
            within = tuple(line.possibly[rule.index - 1] for line in self.axes)
            if not Sweep(columns, within, self.purse).free(others):
                rows = [i + 1 for i in range(len(self.table.rules)) if others >> i & 1]
                why = "它之前的规则" if self.table.policy == "F" else "优先的规则"
                said = f"第 {rule.index} 条规则永远不会适用：{why}（第 {_rows(rows)} 条）已全部覆盖"
                yield self._finding("warning", "dmn_rule_masked", said, rule)

    def _stronger(self) -> Callable[[Rule], int]:
        """The rules (bits) that go before a rule where both apply."""
        if self.table.policy == "F":
            return lambda rule: (1 << (rule.index - 1)) - 1
        if self.table.policy != "P":
            return lambda _rule: 0
        ranks = [self._rank(rule) for rule in self.table.rules]

        def before(rule: Rule) -> int:
            mine = ranks[rule.index - 1]
            better = (i for i, rank in enumerate(ranks) if mine and rank and rank < mine)
            return sum(1 << i for i in better)

        return before

    def _rank(self, rule: Rule) -> tuple[int, ...]:
        """A rule's place in the order of the output values; () if it is known at run time only."""
        places = []
        for column, conclusion in zip(self.table.outputs, rule.conclusions, strict=True):
            value = _constant(conclusion)
            if value is _UNSURE:
                return ()
            order = [run(Scope({}, None, Runtime())) for run in column.priorities]
            places.append(order.index(value) if value in order else len(order))
        return tuple(places)

    # ------------------------------------------------------------------ gaps

    def _gaps(self) -> Iterator[Finding]:
        if all(column.default for column in self.table.outputs):
            return
        within = tuple(_spoken(line) for line in self.axes)
        every = (1 << len(self.table.rules)) - 1
        found = Sweep(taking(self.axes, surely=False), within, self.purse).free(every)
        for region in found[: MOST_FOUND - 1]:
            said = self._said(region, within) or "任何输入"
            doubt = "" if self._independent(region, within) else "（如果这些输入会同时出现）"
            yield self._finding("warning", "dmn_gap", f"没有规则适用于：{said}{doubt}")
        if len(found) == MOST_FOUND:
            yield self._finding("warning", "dmn_gap", "还有其他输入没有规则适用")

    def _said(self, region: Region, within: Region) -> str:
        parts = (
            words(line, taken)
            for line, taken, all_of in zip(self.axes, region, within, strict=False)
            if taken != all_of
        )
        return "，且".join(part for part in parts if part)

    # ------------------------------------------------------------------ overlaps

    def _clashes(self) -> Iterator[Finding]:
        told = 0
        for one, other in combinations(self.table.rules, 2):
            self.purse.spend(1)
            region = self._shared(one, other)
            if region is None:
                continue
            finding = self._clash(one, other, region)
            told += finding is not None
            if told == MOST_FOUND:
                yield self._finding("warning", "dmn_overlap", "还有其他规则重叠")
                return
            if finding is not None:
                yield finding

    def _shared(self, one: Rule, other: Rule) -> Region | None:
        region = []
        for line in self.axes:
            both = line.surely[one.index - 1] & line.surely[other.index - 1]
            if not both:
                return None
            region.append(both)
        return tuple(region)

    def _clash(self, one: Rule, other: Rule, region: Region) -> Finding | None:
        same = _same_conclusions(one, other)
        if self.table.policy == "A" and same is not False:
            return None
        every = tuple(line.every for line in self.axes)
        where = self._said(region, every)
        rows = f"第 {one.index} 条与第 {other.index} 条规则"
        when = f"在{where}时" if where else "对任何输入都"
        why = "" if same is None else ("，结论相同" if same else "，结论不同")
        constrained = tuple(
            line.surely[one.index - 1] & line.surely[other.index - 1] for line in self.axes
        )
        if self._independent(constrained, every):
            said = f"的命中策略是{_POLICIES[self.table.policy]}，但{rows}{when}同时适用{why}"
            return self._finding("error", "dmn_overlap", said, other)
        said = f"{rows}{when}同时适用{why}（如果这些输入会同时出现）"
        return self._finding("warning", "dmn_overlap", said, other)

    def _independent(self, region: Region, within: Region) -> bool:
        """Whether the columns that make a region read no data in common."""
        seen: set[str] = set()
        for column, taken, all_of in zip(self.table.inputs, region, within, strict=False):
            if taken == all_of:
                continue
            reads = self._reads(column)
            if reads & seen or (self.owner is None and seen):
                return False
            seen |= reads
        return True

    def _reads(self, column: InputColumn) -> set[str]:
        if column.expression is None:
            return set()
        names = feel.names(column.expression, inside_filters=True)
        needs = {need.name: need.source for need in self.owner.needs} if self.owner else {}
        found: set[str] = set()
        for name in names:
            source = needs.get(name)
            found |= _leaves(source) if isinstance(source, Decision) else {name}
        return found


_POLICIES: Final = {"U": "“唯一”（UNIQUE）", "A": "“任一”（ANY）"}


def _leaves(decision: Decision) -> set[str]:
    """The data that a decision rests on; a decision that says none may rest on any."""
    found: set[str] = set()
    for need in decision.needs:
        found |= _leaves(need.source) if isinstance(need.source, Decision) else {need.name}
    return found or {"*"}


def _spoken(line: Axis) -> int:
    """The pieces of a column that the table must answer for."""
    spoken = sum(1 << i for i, atom in enumerate(line.atoms) if not atom.silent)
    return spoken or line.every


def _rows(numbers: Sequence[int]) -> str:
    shown_rows = [str(number) for number in numbers[:8]]
    return "、".join(shown_rows) + (" 等" if len(numbers) > 8 else "")


def _label(column: OutputColumn) -> str:
    return f"『{column.name}』" if column.name else ""


def _constant(conclusion: Expression | None) -> Any:
    if conclusion is None:
        return None
    return value_of(conclusion.tree).value if constant(conclusion.tree) else _UNSURE


def _unfit(value: Any, column: OutputColumn) -> str:
    if column.type is not None and not coerce(value, column.type)[1]:
        return f"应为{column.type}，单元格写的是{chinese(value)}或不在允许值之内"
    if column.allowed and feel.unary_test(column.allowed, value, {}) is not True:
        return f"{shown(value)}不在允许的输出值之内"
    return ""


def _same_conclusions(one: Rule, other: Rule) -> bool | None:
    """Whether two rules conclude the same; None if that is known at run time only."""
    answer: bool | None = True
    for mine, yours in zip(one.conclusions, other.conclusions, strict=True):
        if str(mine) == str(yours):
            continue
        first, second = _constant(mine), _constant(yours)
        if first is _UNSURE or second is _UNSURE:
            answer = None
        elif first != second:
            return False
    return answer
