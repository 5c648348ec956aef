"""The counter: a clerk types an application for somebody who stands before him."""

from flask import Blueprint, Flask, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from processes.identity.roles import Action
from processes.model.cases import Case
from web import acting, applying
from web.auth import policy
from web.words import _

blueprint = Blueprint("counter", __name__, url_prefix="/counter")


@blueprint.get("/<key>")
@policy("staff", Action.COMPLETE_TASK)
def apply(key: str) -> ResponseReturnValue:
    return applying.first_page(key, base="counter")


@blueprint.post("/<key>", endpoint="apply_step")
@policy("staff", Action.COMPLETE_TASK)
def apply_step(key: str) -> ResponseReturnValue:
    done = applying.next_page(key, base="counter")
    if isinstance(done, Case):
        flash(_("已录入，工作单号 %(number)s", number=done.reference))
        return redirect(url_for("cases.page", case_id=done.id), code=303)
    return done


@blueprint.post("/<key>/draft")
@policy("staff", Action.COMPLETE_TASK)
def draft(key: str) -> ResponseReturnValue:
    return applying.keep_draft(key)


@blueprint.post("/<key>/refresh")
@policy("staff", Action.COMPLETE_TASK)
def refresh(key: str) -> ResponseReturnValue:
    return applying.refreshed(key)


@blueprint.route("/cases/<int:case_id>/actions/<int:subscription_id>", methods=["GET", "POST"])
@policy("staff", Action.APPLY)
def action(case_id: int, subscription_id: int) -> ResponseReturnValue:
    """What a case filed at the counter waits for from its applicant, who stands there again."""
    return acting.answered(case_id, subscription_id, base="counter")


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
