"""Where the code on a letter leads: is this document genuine, for anybody who holds the paper.

Invariant: shows what kind of document it is, its number, date, agency and status, and nothing
personal; a code that does not exist looks like one that was mistyped, and guessing is slowed down.
"""

from typing import Final

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from processes.documents import documents
from processes.model.people import Org
from web.auth import policy
from web.database import read_session
from web.display import Badge
from web.security import limiter
from web.words import N_, _

blueprint = Blueprint("verification", __name__, url_prefix="/verify")

_STATUS: Final = {
    "issued": Badge(N_("有效"), "green"),
    "replaced": Badge(N_("已被替换"), "amber"),
    "revoked": Badge(N_("已撤销"), "red"),
}


@blueprint.get("")
@policy("public")
@limiter.limit("20 per minute")
def index() -> ResponseReturnValue:
    """Ask for a code that was printed, not scanned."""
    if code := request.args.get("code", "").strip()[:32]:
        return redirect(url_for("verification.show", code=code), code=303)
    return render_template("portal/verify.html", code="", document=None, missing=False)


@blueprint.get("/<code>")
@policy("public")
@limiter.limit("20 per minute")
def show(code: str) -> ResponseReturnValue:
    with read_session() as session:
        try:
            document = documents.verify(session, code[:32])
        except NotFound:
            page = render_template(
                "portal/verify.html", code=code[:32], document=None, missing=True
            )
            return page, 404
        agency = session.get(Org, document.org_code) if document.org_code else None
        return render_template(
            "portal/verify.html",
            code=document.verification_code,
            document=document,
            agency=agency.name if agency else "—",
            badge=_STATUS.get(document.status, Badge(_("无效"), "red")),
            missing=False,
        )


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
