"""Liveness and readiness for whoever runs the installation: cheap, and telling nothing else.

Invariant: liveness never touches the database; readiness names only which part is not well.
"""

import shutil
from typing import Final

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from web.auth import policy
from web.database import transaction
from web.security import limiter

blueprint = Blueprint("health", __name__, url_prefix="/health")
_FREE_BYTES: Final = 256 * 1024 * 1024


@blueprint.get("/live")
@policy("public")
@limiter.exempt
def live() -> ResponseReturnValue:
    return jsonify(status="ok")


@blueprint.get("/ready")
@policy("public")
@limiter.exempt
def ready() -> ResponseReturnValue:
    parts = {"database": _database(), "disk": _disk()}
    well = all(parts.values())
    body = jsonify(
        status="ok" if well else "not ready",
        parts={k: "ok" if v else "bad" for k, v in parts.items()},
    )
    return (body, 200) if well else (body, 503)


def _database() -> bool:
    try:
        with transaction() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _disk() -> bool:
    return shutil.disk_usage(current_app.config["BANLI"].home).free > _FREE_BYTES


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
