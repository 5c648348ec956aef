"""The pages of the work-order platform that menus name: urging, printing letters.

Invariant: what a row offers is what the page of its case offers.
"""

from typing import Final

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from processes.clock import calendars
from processes.desk import platform
from processes.identity.roles import Action
from web import exporting
from web.auth import current, policy
from web.database import read_session

blueprint = Blueprint("platform", __name__, url_prefix="/platform")

_MOST: Final = 100


@blueprint.get("/urging")
@policy("staff", Action.URGE_CASE)
def urging() -> ResponseReturnValue:
    """The cases under way, the most urgent first, each with its reminder."""
    with read_session() as session:
        found = platform.under_way(session, by=current(), text=_text(), most=_most())
        used = calendars.of_all(session, {case.org_code for case in found.rows})
        return exporting.page("cases/urging.html", found=found, q=_text(), calendars=used)


@blueprint.get("/letters")
@policy("staff", Action.VIEW_DOCUMENT)
def letters() -> ResponseReturnValue:
    """The letters of the reader's cases, the latest first."""
    with read_session() as session:
        found = platform.letters(session, by=current(), text=_text(), most=_most())
        return exporting.page("cases/letters.html", found=found, q=_text())


def _text() -> str:
    return request.args.get("q", "").strip()[:60]


def _most() -> int:
    return exporting.most(_MOST)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
