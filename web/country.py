"""How far the generated country of a demo is, as a bar above every page until it is there."""

from flask import Blueprint, Flask, current_app, render_template
from flask.typing import ResponseReturnValue

from processes.country import progress
from processes.country.progress import Progress
from web.auth import policy
from web.database import read_session

blueprint = Blueprint("country", __name__)
_THERE = "banli_country_there"


def of_demo() -> Progress | None:
    """Where the country stands; None where none is being made, or it is there."""
    app = current_app
    if app.extensions.get(_THERE):
        return None
    found = told()
    if found is not None and found.complete:
        app.extensions[_THERE] = True
        return None
    return found


def told() -> Progress | None:
    """What became of the country, for whoever runs the installation; None where there is none."""
    if not current_app.config["BANLI"].is_demo:
        return None
    with read_session() as session:
        return progress.now(session)


@blueprint.get("/demo/progress")
@policy("public")
def bar() -> ResponseReturnValue:
    """The bar as it stands now; nothing once the country is there."""
    return render_template("components/country.html", country=of_demo())


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals["country"] = of_demo
    app.jinja_env.globals["country_told"] = told
