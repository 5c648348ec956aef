"""The statistics a person may look at: a chart, the table of the same numbers, and both as a file.

Invariant: what may be seen and over which organisations is said by `processes.statistics` alone.
"""

from dataclasses import replace
from datetime import date

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue

from processes import statistics
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.statistics import Asked, Table
from processes.statistics.result import Cell, Column
from web import charts, exporting
from web.auth import current, policy
from web.database import read_session
from web.display import status_view

blueprint = Blueprint("statistics", __name__, url_prefix="/statistics")


@blueprint.get("")
@policy("any", Action.VIEW_STATISTICS)
def index() -> ResponseReturnValue:
    return render_template("statistics/index.html", offered=statistics.offered(current()))


@blueprint.get("/<statistic>")
@policy("any", Action.VIEW_STATISTICS)
def page(statistic: str) -> ResponseReturnValue:
    table = counted(statistic, by=current(), asked=asked())
    if kind := exporting.asked():
        titles = [column.title for column in table.columns]
        return exporting.respond(table.statistic.title, titles, rows(table), kind=kind)
    return render_template(
        "statistics/page.html",
        table=table,
        told=table.statistic,
        chart=charts.draw(table),
        shown=shown,
        exports=exporting.links(),
    )


def asked() -> Asked:
    """What the address asks for; a day that is none is left out."""
    args = request.args
    return Asked(
        by=args.get("by", "")[:64],
        year=args.get("year", "")[:8],
        since=_day(args.get("since", "")),
        until=_day(args.get("until", "")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


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


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
