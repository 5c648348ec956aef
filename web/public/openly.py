"""What is open without log-in beside the services: progress by number and code, files, language.

Invariant: without log-in only number and query code together show a case, and a wrong pair looks
the same whichever of the two is wrong.
"""

from flask import Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from web import files, tracking
from web.auth import policy
from web.i18n import LANGUAGES
from web.paths import own_path
from web.public.pages import blueprint
from web.security import limiter


@blueprint.route("/track", methods=["GET", "POST"])
@policy("public")
@limiter.limit("20 per minute", methods=["POST"])
def track() -> ResponseReturnValue:
    """Progress by number and query code."""
    return tracking.page(base="public")


@blueprint.post("/language")
@policy("public")
def language() -> Response:
    chosen = request.form.get("language", "zh")
    if chosen in LANGUAGES:
        session["language"] = chosen
    target = own_path(request.form.get("next"), url_for("public.index"))
    return redirect(target, code=303)  # type: ignore[return-value]


@blueprint.get("/accessibility")
@policy("public")
def accessibility() -> ResponseReturnValue:
    return render_template("public/accessibility.html")


@blueprint.post("/files")
@policy("citizen")
@limiter.limit("120 per minute")
def upload() -> ResponseReturnValue:
    return files.upload()


@blueprint.get("/files/<ref>")
@policy("citizen")
def file(ref: str) -> ResponseReturnValue:
    return files.show(ref)
