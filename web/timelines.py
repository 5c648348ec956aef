"""A statistic by month as columns over time: the geometry of a drawing beside its table.

Invariant: months stand in their order, those without a number too; heights are the numbers of the
table, on an axis that says them.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from processes.statistics.result import Line

WIDTH: Final = 720
LEFT: Final = 50
FOOT: Final = 222
_TOP: Final = 14
LABEL: Final = 52
"""Room that the name of a month needs."""
_MOST: Final = 60
_STEPS: Final = 5
_MONTH: Final = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a column: its place, its colour by number, and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    title: str


@dataclass(frozen=True, slots=True)
class Month:
    """One month: where its name stands (empty where there is no room), and its pieces."""

    x: float
    label: str
    full: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole drawing; `left_out` months, the earliest, are in the table alone."""

    months: Sequence[Month]
    ticks: Sequence[tuple[float, str]]
    legend: Sequence[tuple[int, str]]
    left_out: int


Series = Sequence[tuple[int, str]]
"""Colour and title of each number of a line."""


def is_by_month(lines: Sequence[Line]) -> bool:
    """Whether every line is a month."""
    named = [str(line.cells[0] or "") for line in lines]
    return len(named) > 1 and all(_MONTH.fullmatch(one) for one in named)


def draw(
    numbers: Sequence[tuple[str, Sequence[float]]], series: Series, *, stacked: bool
) -> Timeline:
    """Columns of months and their numbers, in any order; at least one number is not zero."""
    every = _filled(dict(numbers), len(series))
    kept = every[-_MOST:]
    tallest = max(sum(values) if stacked else max(values) for _month, values in kept)
    step = _step(tallest)
    highest = math.ceil(tallest / step) * step
    slot = (WIDTH - LEFT) / len(kept)
    scale = (FOOT - _TOP) / highest
    moved = max(0.0, (LABEL - slot) / 2)  # the name of the last ends where the drawing does
    named = math.ceil((LABEL + moved) / slot)
    months = [
        Month(
            round(min(LEFT + slot * (at + 0.5), WIDTH - LABEL / 2), 1),
            month if (len(kept) - 1 - at) % named == 0 else "",
            month,
            list(_blocks(values, series, (LEFT + slot * at, slot, scale), stacked=stacked)),
        )
        for at, (month, values) in enumerate(kept)
    ]
    ticks = [
        (round(FOOT - step * at * scale, 1), f"{step * at:,g}")
        for at in range(round(highest / step) + 1)
    ]
    return Timeline(months, ticks, series if len(series) > 1 else [], len(every) - len(kept))


def _blocks(
    values: Sequence[float],
    series: Series,
    place: tuple[float, float, float],
    *,
    stacked: bool,
) -> Iterator[Block]:
    left, slot, scale = place
    width = slot * 0.7 if stacked else slot * 0.7 / len(values)
    foot = float(FOOT)
    for at, (value, (colour, title)) in enumerate(zip(values, series, strict=True)):
        height = value * scale
        x = left + slot * 0.15 + (0 if stacked else at * width)
        if height:
            y, text = foot - height, f"{title} {value:,g}"
            yield Block(round(x, 1), round(y, 1), round(width, 1), round(height, 1), colour, text)
        if stacked:
            foot -= height


def _filled(found: dict[str, Sequence[float]], width: int) -> list[tuple[str, Sequence[float]]]:
    """Every month from the first to the last."""
    year, month = (int(part) for part in min(found).split("-"))
    last, made = max(found), []
    while (name := f"{year:04d}-{month:02d}") <= last:
        made.append((name, found.get(name, [0.0] * width)))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return made


def _step(tallest: float) -> float:
    """The distance of the lines across: 1, 2 or 5 of some power of ten, and whole."""
    wanted = tallest / _STEPS
    power: float = 10.0 ** math.floor(math.log10(wanted))
    return max(1.0, next(one * power for one in (1, 2, 5, 10) if one * power >= wanted))
