"""A statistic as bars: the geometry of a drawing that the page shows beside its table.

Drawn on the server as SVG, so that it prints, needs no script and says what the table says.

Invariant: the lengths are those of the numbers in the table; what is too much to draw is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from processes.statistics import Table
from processes.statistics.checking import COLOURS
from processes.statistics.result import Line
from web import timelines
from web.timelines import Timeline

WIDTH: Final = 720
LABEL: Final = 190
_BAR, _GAP, _TOP = 18, 10, 6
_ROOM: Final = WIDTH - LABEL - 70
_MOST: Final = 35
_LABEL_SIGNS: Final = 13


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a bar: its place, its colour by number, and what it says when pointed at."""

    x: float
    width: float
    colour: int
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One bar of pieces: its place, what it is of, and how much in all."""

    y: int
    label: str
    full: str
    pieces: Sequence[Bar]
    end: float
    total: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole drawing; `left_out` lines are in the table alone."""

    height: int
    rows: Sequence[Row]
    legend: Sequence[tuple[int, str]]
    left_out: int


def draw(table: Table) -> Chart | Timeline | None:
    """The bars of a table, or its columns over time; None where there is nothing to draw."""
    kept = [one for one in table.lines if _total(table, one)]
    if table.statistic.chart == "none" or not table.drawn or not kept:
        return None
    stacked = table.statistic.chart == "stack"
    titles = [table.columns[column].title for column in table.drawn]
    series = list(zip(_colours(table), titles, strict=True))
    if timelines.is_by_month(kept):
        numbers = [(_text(one), [n for _title, n in _numbers(table, one)]) for one in kept]
        return timelines.draw(numbers, series, stacked=stacked)
    most = max(_sum(table, one) if stacked else _largest(table, one) for one in kept)
    if stacked or len(table.drawn) == 1:
        rows = [_stack(table, one, at, most) for at, one in enumerate(kept[:_MOST])]
        height = len(rows) * (_BAR + _GAP) + _TOP
    else:
        rows = [row for at, one in enumerate(kept[:_MOST]) for row in _beside(table, one, at, most)]
        height = len(kept[:_MOST]) * (len(table.drawn) * _BAR + _GAP) + _TOP
    return Chart(height, rows, series if len(series) > 1 else [], max(len(kept) - _MOST, 0))


def _stack(table: Table, line: Line, at: int, most: float) -> Row:
    """The numbers of a line one behind the other."""
    x, pieces = float(LABEL), []
    for colour, (title, number) in zip(_colours(table), _numbers(table, line), strict=True):
        width = number / most * _ROOM
        if width:
            text = f"{title} {number:,g}"
            pieces.append(Bar(round(x, 1), round(width, 1), colour, text))
        x += width
    full, y = _text(line), _TOP + at * (_BAR + _GAP)
    return Row(y, _short(full), full, pieces, round(x, 1), f"{_sum(table, line):,g}")


def _beside(table: Table, line: Line, at: int, most: float) -> list[Row]:
    """The numbers of a line one below the other; the first carries the label."""
    full = _text(line)
    top = _TOP + at * (len(table.drawn) * _BAR + _GAP)
    rows, colours = [], _colours(table)
    for place, (title, number) in enumerate(_numbers(table, line)):
        width = round(number / most * _ROOM, 1)
        bar = Bar(LABEL, width, colours[place], f"{title} {number:,g}")
        label = _short(full) if place == 0 else ""
        rows.append(
            Row(
                top + place * _BAR,
                label,
                full,
                [bar] if width else [],
                LABEL + width,
                f"{number:,g}",
            )
        )
    return rows


def _colours(table: Table) -> list[int]:
    """The colour of each drawn column: the one its statistic names, else the next in order."""
    told = table.statistic.colours
    return [
        COLOURS.index(told[key])
        if (key := table.columns[column].key) in told
        else at % len(COLOURS)
        for at, column in enumerate(table.drawn)
    ]


def _numbers(table: Table, line: Line) -> list[tuple[str, float]]:
    found = []
    for column in table.drawn:
        value = line.cells[column]
        found.append(
            (table.columns[column].title, float(value) if isinstance(value, int | float) else 0.0)
        )
    return found


def _sum(table: Table, line: Line) -> float:
    return sum(number for _title, number in _numbers(table, line))


def _largest(table: Table, line: Line) -> float:
    return max(number for _title, number in _numbers(table, line))


def _total(table: Table, line: Line) -> bool:
    return _sum(table, line) > 0


def _text(line: Line) -> str:
    return str(line.cells[0] or "—")


def _short(text: str) -> str:
    return text if len(text) <= _LABEL_SIGNS else f"{text[: _LABEL_SIGNS - 1]}…"
