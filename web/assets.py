"""Addresses of scripts and styles, changed whenever their content changes.

Invariant: an address with a version is kept by the browser for good. Modules that import each other
stand under one version for all of them, so that a page asks for each only once.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, send_from_directory, url_for

from web.auth import policy
from web.security import KEPT, limiter

_STATIC: Final = Path(__file__).parent / "static"
_SCRIPTS: Final = "js/"

blueprint = Blueprint("assets", __name__)


def asset(filename: str) -> str:
    """The address of a static file."""
    if filename.startswith(_SCRIPTS):
        name = filename.removeprefix(_SCRIPTS)
        return url_for("assets.script", version=_version(_changed()), filename=name)
    file = _STATIC / filename
    if not file.is_file():
        return url_for("static", filename=filename)
    return url_for("static", filename=filename, v=_digest(filename, file.stat().st_mtime))


@blueprint.get("/static/<string(length=10):version>/js/<path:filename>")
@limiter.exempt
@policy("public")
def script(version: str, filename: str) -> Response:
    """One of our modules; what it imports has an address beside its own."""
    response = send_from_directory(_STATIC / _SCRIPTS, filename)
    response.headers["Cache-Control"] = KEPT
    return response


def _changed() -> float:
    """When one of the modules was last changed."""
    return max(file.stat().st_mtime for file in _modules())


@cache
def _modules() -> tuple[Path, ...]:
    return tuple(sorted((_STATIC / _SCRIPTS).rglob("*.js")))


@cache
def _version(_modified: float) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in _modules())).hexdigest()[:10]


@cache
def _digest(filename: str, _modified: float) -> str:
    return hashlib.sha256((_STATIC / filename).read_bytes()).hexdigest()[:10]


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = asset
