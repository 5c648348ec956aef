"""Statistics defined as data: what is counted, by what, over which time, for whom."""

from processes.statistics.definition import Statistic, definition, definitions, load, read
from processes.statistics.narrowing import COLUMNS as FILTERS
from processes.statistics.result import Choice, Column, Line, Table
from processes.statistics.tabling import Asked, offered, table

__all__ = [
    "FILTERS",
    "Asked",
    "Choice",
    "Column",
    "Line",
    "Statistic",
    "Table",
    "definition",
    "definitions",
    "load",
    "offered",
    "read",
    "table",
]
