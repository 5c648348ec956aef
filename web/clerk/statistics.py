"""The statistics a person may look at: a chart, the table of the same numbers, and both as a file.

Invariant: what may be seen and over which organisations is said by `processes.statistics` alone.
"""

from datetime import date

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue

from processes import statistics
from processes.identity.roles import Action
from processes.statistics import FILTERS, Asked
from web import charts, exporting
from web.auth import current, policy
from web.figures import counted, rows, shown

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
        only={name: args[name][:128] for name in FILTERS if args.get(name)},
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
