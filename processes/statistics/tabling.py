"""From what is counted to the table that is shown.

Invariant: a statistic is there only for the roles it names, and counts only over their
organisations (`statistics.scope`); the last line is of everything that the lines above it divide.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from processes.identity.identity import User
from processes.statistics import casework, ledgers, scope
from processes.statistics.checking import CASE_DIMENSIONS, MEASURES
from processes.statistics.definition import Statistic, definition, definitions
from processes.statistics.narrowing import Part
from processes.statistics.result import Cell, Choice, Column, Filter, Line, Table

_NONE: Final = "—"
_FIXED: Final = 8
"""Up to so many named columns stand there also when nothing is counted in them."""
Counts = Mapping[tuple[str, ...], int]
Words = Callable[[str, Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the reader chose; empty and None: as the statistic has it."""

    by: str = ""
    year: str = ""
    since: date | None = None
    until: date | None = None
    only: Mapping[str, str] = field(default_factory=dict)
    """Values by dimension (`filters`); one that is not offered narrows nothing."""


def offered(user: User) -> list[Statistic]:
    """The statistics a user may look at, by title."""
    held = {role for role, _org in user.roles}
    return [one for one in definitions().values() if held & one.roles]


def table(session: Session, statistic: str, *, by: User, asked: Asked | None = None) -> Table:
    """A statistic as it stands now, over what the reader may count.

    Raises:
        NotFound: there is none of that name for this user.
    """
    told = definition(statistic)
    if told not in offered(by):
        raise NotFound(f"没有统计『{statistic}』", statistic=statistic)
    wanted = asked or Asked()
    if told.register:
        return _of_ledger(session, told, by, wanted)
    return _of_cases(session, told, by, wanted)


def _of_ledger(session: Session, told: Statistic, by: User, asked: Asked) -> Table:
    years = ledgers.years(session, told)
    year = asked.year if asked.year in years else (years[0] if years else "")
    where = ledgers.conditions(told, scope.paths(by, told.roles), year)
    shown = [Choice(one, one, one == year) for one in years]
    if told.lines:
        columns, lines, cut = ledgers.listed(session, told, where)
        return Table(
            statistic=told,
            columns=columns,
            lines=lines,
            totals=_summed(columns, lines, told.totals),
            as_of=clock.today(),
            years=shown,
            drawn=[n for n, one in enumerate(columns) if one.key in told.totals],
            cut=cut,
        )
    row = _chosen(told, asked)
    dimensions = [row, *([told.columns] if told.columns else [])]
    counts = ledgers.counts(session, told, where, dimensions)

    def words(name: str, values: Sequence[str]) -> Mapping[str, str]:
        return {**ledgers.words(session, told, name, values), **told.labels.get(name, {})}

    made = _crossed(told, row, ledgers.title(told, row), counts, words)
    choices = _choices(told, row, lambda name: ledgers.title(told, name))
    return replace(made, dimensions=choices, years=shown)


def _of_cases(session: Session, told: Statistic, by: User, asked: Asked) -> Table:
    row, period = _chosen(told, asked), asked if told.period else Asked()
    part = Part(since=period.since, until=period.until)
    choices = casework.offered(session, told, by=by, part=part)
    only = {name: value for name, value in asked.only.items() if value in choices.get(name, ())}
    part = replace(part, only=only)
    measured = told.measures != ("count",)
    parts: list[casework.Item] = []
    if told.tasks:
        items = casework.tasks(session, told, by=by)
    elif measured and row == "step":
        items, parts = casework.steps(session, told, by=by, part=part)
    else:
        items = casework.cases(session, told, by=by, part=part)

    def words(name: str, values: Sequence[str]) -> Mapping[str, str]:
        known = casework.words(session, told, name, values)
        return {**known, **told.spans} if name == "step" else known

    title = CASE_DIMENSIONS[row]
    if not measured:
        counts: dict[tuple[str, ...], int] = defaultdict(int)
        for one in items:
            key = (one.values[row], *([one.values[told.columns]] if told.columns else []))
            counts[key] += 1
        made = _crossed(told, row, title, counts, words)
    else:
        made = _measured(told, row, parts, items, words)
    made = replace(made, filters=_filters(choices, only), since=part.since, until=part.until)
    return replace(made, dimensions=_choices(told, row, lambda name: CASE_DIMENSIONS[name]))


def _filters(choices: Mapping[str, Mapping[str, str]], only: Mapping[str, str]) -> list[Filter]:
    """What may be chosen among two values or more, or is chosen."""
    return [
        Filter(
            name,
            CASE_DIMENSIONS[name],
            [Choice(one, title, only.get(name) == one) for one, title in values.items()],
        )
        for name, values in choices.items()
        if len(values) > 1 or name in only
    ]


def _chosen(told: Statistic, asked: Asked) -> str:
    return asked.by if asked.by in told.rows else told.rows[0]


def _choices(told: Statistic, row: str, title: Callable[[str], str]) -> list[Choice]:
    return [Choice(one, title(one), one == row) for one in told.rows]


def _crossed(told: Statistic, row: str, title: str, counts: Counts, words: Words) -> Table:
    """Numbers of rows by columns, with sums both ways."""
    rows = _ordered({key[0] for key in counts}, named := words(row, [key[0] for key in counts]))
    heads, across = [""], {}
    if told.columns:
        found = {key[1] for key in counts}
        across = dict(words(told.columns, sorted(found)))
        fixed = found <= set(across) and 0 < len(across) <= _FIXED
        heads = [*across] if fixed else _ordered(found, across)
    columns = [Column(row, title, "text")]
    columns += [Column(one, across.get(one, one) or _NONE) for one in heads if told.columns]
    columns.append(Column("total", "合计" if told.columns else MEASURES["count"]))
    lines = []
    for one in rows:
        numbers = [counts.get((one, head) if told.columns else (one,), 0) for head in heads]
        shown = [*numbers, sum(numbers)] if told.columns else numbers
        lines.append(Line(one, (named.get(one, one) or _NONE, *shown)))
    return Table(
        statistic=told,
        columns=columns,
        lines=lines,
        totals=_summed(columns, lines, [one.key for one in columns[1:]]),
        as_of=clock.today(),
        drawn=range(1, max(len(columns) - 1, 2)),
    )


def _measured(
    told: Statistic,
    row: str,
    parts: Sequence[casework.Item],
    wholes: Sequence[casework.Item],
    words: Words,
) -> Table:
    """One line a value of the dimension, one column a measure, and one a limit shown apart.

    By step each line is of the steps (`parts`), and the last of the cases as wholes.
    """
    groups: dict[str, list[casework.Item]] = defaultdict(list)
    for one in parts if row == "step" else wholes:
        groups[one.values[row]].append(one)
    named = words(row, [*groups])
    spans = {} if row == "step" else told.spans
    columns = [Column(row, CASE_DIMENSIONS[row], "text")]
    columns += [Column(one, MEASURES[one]) for one in told.measures]
    columns += [Column(one, f"{title}{MEASURES['mean']}") for one, title in spans.items()]

    def cells(label: str, of: Sequence[casework.Item]) -> tuple[Cell, ...]:
        numbers = [casework.measured(of, one) for one in told.measures]
        return label, *numbers, *(casework.apart(of, one) for one in spans)

    lines = [
        Line(one, cells(named.get(one, one) or _NONE, groups[one]))
        for one in _ordered(set(groups), named)
    ]
    return Table(
        statistic=told,
        columns=columns,
        lines=lines,
        totals=Line("", cells("全程" if row == "step" else "合计", wholes)),
        as_of=clock.today(),
        drawn=[1],
    )


def _ordered(values: set[str], named: Mapping[str, str]) -> list[str]:
    """Values in the order in which they are named, others behind them."""
    order = {one: at for at, one in enumerate(named)}
    return sorted(values, key=lambda one: (order.get(one, len(order)), one))


def _summed(columns: Sequence[Column], lines: Sequence[Line], keys: Sequence[str]) -> Line | None:
    if not keys:
        return None
    wanted = set(keys)
    cells: list[Cell] = ["合计"]
    for at, column in enumerate(columns[1:], 1):
        numbers = [one.cells[at] for one in lines]
        known = [one for one in numbers if isinstance(one, int | float)]
        cells.append(sum(known) if column.key in wanted else None)
    return Line("", tuple(cells))
