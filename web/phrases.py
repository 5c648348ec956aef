"""Common phrases beside the fields of opinions: kept and forgotten without leaving the page.

Invariant: answers are for the page's own script; what is refused is told in words.
"""

from flask import Blueprint, Flask, jsonify, request
from flask.typing import ResponseReturnValue

from processes import phrases
from processes.roles import Action
from web.auth import current, policy
from web.database import run

blueprint = Blueprint("phrases", __name__, url_prefix="/phrases")


@blueprint.post("")
@policy("staff", Action.COMPLETE_TASK)
def keep() -> ResponseReturnValue:
    shared = request.form.get("shared") == "yes"
    made = run(phrases.keep, request.form.get("text", ""), by=current(), shared=shared)
    return jsonify(id=str(made.id), text=made.text, mine=made.owner is not None), 201


@blueprint.post("/<int:phrase_id>/drop")
@policy("staff", Action.COMPLETE_TASK)
def drop(phrase_id: int) -> ResponseReturnValue:
    run(phrases.drop, phrase_id, by=current())
    return "", 204


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
