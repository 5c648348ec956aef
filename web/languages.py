"""The switch of the language of the pages, for everybody, logged in or not."""

from flask import Blueprint, Flask, Response, redirect, request, session

from web.auth import policy
from web.i18n import LANGUAGES
from web.paths import own_path

blueprint = Blueprint("language", __name__)


@blueprint.post("/language")
@policy("public")
def choose() -> Response:
    chosen = request.form.get("language", "zh")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(own_path(request.form.get("next")), code=303)  # type: ignore[return-value]


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
