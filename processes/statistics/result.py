"""What a statistic comes to: a table whose numbers a chart draws and a sheet carries.

Invariant: the chart and the sheet are made of these numbers and no others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from processes.statistics.definition import Statistic

Kind = Literal["text", "number", "percent"]
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the ways to look at a statistic: a dimension, a year."""

    value: str
    title: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A dimension by which a statistic may be narrowed, with what there is to choose."""

    name: str
    title: str
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; a percentage is a part of one (0 to 1)."""

    key: str
    title: str
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class Line:
    """One line, a cell for each column; `key` is the code of what its first cell names."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A statistic at a moment; `cut` is how many lines there are beyond those shown."""

    statistic: Statistic
    columns: Sequence[Column]
    lines: Sequence[Line]
    totals: Line | None
    as_of: date
    dimensions: Sequence[Choice] = ()
    filters: Sequence[Filter] = ()
    years: Sequence[Choice] = ()
    since: date | None = None
    until: date | None = None
    drawn: Sequence[int] = field(default=())
    """Which columns the chart draws."""
    cut: int = 0
