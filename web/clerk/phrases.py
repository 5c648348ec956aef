"""Common phrases beside the fields of opinions, and the page where they are kept and shared.

Invariant: what the script of a page asks is answered to it; a form of the page leads back there.
"""

from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import Conflict
from processes.identity.roles import Action
from processes.people import phrases
from web.auth import current, policy
from web.database import read_session, run
from web.words import _

blueprint = Blueprint("phrases", __name__, url_prefix="/phrases")


@blueprint.get("")
@policy("staff", Action.COMPLETE_TASK)
def page() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
@policy("staff", Action.COMPLETE_TASK)
def keep() -> ResponseReturnValue:
    shared = request.form.get("shared") == "yes"
    text = request.form.get("text", "")
    try:
        made = run(phrases.keep, text, by=current(), shared=shared)
    except Conflict as refused:
        if _of_page():
            return _page(refused.message), 422
        raise
    if _of_page():
        flash(_("已保存，本单位人员均可选用") if shared else _("已保存"))
        return redirect(url_for("phrases.page"), code=303)
    return jsonify(id=str(made.id), text=made.text, mine=made.owner is not None), 201


@blueprint.post("/<int:phrase_id>/drop")
@policy("staff", Action.COMPLETE_TASK)
def drop(phrase_id: int) -> ResponseReturnValue:
    run(phrases.drop, phrase_id, by=current())
    if _of_page():
        flash(_("已删除"))
        return redirect(url_for("phrases.page"), code=303)
    return "", 204


def beside(session: Session) -> list[dict[str, Any]]:
    """The phrases of this user as the script of a page takes them."""
    found = phrases.of(session, by=current())
    return [{"id": str(one.id), "text": one.text, "mine": bool(one.owner)} for one in found]


def _of_page() -> bool:
    return request.form.get("from") == "page"


def _page(problem: str = "") -> str:
    with read_session() as session:
        found = phrases.of(session, by=current())
        return render_template(
            "task/phrases.html",
            mine=[one for one in found if one.owner],
            shared=[one for one in found if not one.owner],
            may_share=phrases.may_share(current()),
            own_org=current().org_code,
            typed=request.form,
            problem=problem,
        )


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
