"""Statistics in words: a table whose cells pages and files show as people read them."""

from dataclasses import replace

from processes import statistics
from processes.identity.identity import User
from processes.statistics import Asked, Table
from processes.statistics.result import Cell, Column
from web.database import read_session
from web.display import status_view


def shown(column: Column, value: Cell) -> str:
    """A cell in words."""
    if value is None:
        return "—"
    if column.kind == "percent":
        return f"{float(value):.1%}"
    if column.kind == "text":
        return str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def counted(statistic: str, *, by: User, asked: Asked) -> Table:
    """A statistic with the statuses of cases in words.

    Raises:
        NotFound: there is none of that name for this user.
    """
    with read_session() as session:
        table = statistics.table(session, statistic, by=by, asked=asked)
    if table.statistic.register:
        return table
    columns, lines = list(table.columns), list(table.lines)
    if table.statistic.columns == "status":
        columns[1:-1] = [replace(one, title=status_view(one.key).title) for one in columns[1:-1]]
    if columns[0].key == "status":
        lines = [replace(one, cells=(status_view(one.key).title, *one.cells[1:])) for one in lines]
    return replace(table, columns=columns, lines=lines)


def rows(table: Table) -> list[list[str]]:
    """The cells of a table in words, as a file carries them; the sums last, if any."""
    lines = [*table.lines, *([table.totals] if table.totals else [])]
    return [
        [
            "" if cell is None else shown(column, cell)
            for column, cell in zip(table.columns, line.cells, strict=True)
        ]
        for line in lines
    ]
