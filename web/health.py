"""Liveness and readiness for whoever runs the installation: cheap, and telling nothing else.

Invariant: liveness never touches the database; readiness names only which part is not well.
"""

import shutil
from functools import cache
from typing import Final

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from migrations import schema
from processes.identity import audit
from web.auth import policy
from web.database import database, read_session, transaction
from web.running import HEARTBEAT
from web.security import limiter

blueprint = Blueprint("health", __name__, url_prefix="/health")
_FREE_BYTES: Final = 256 * 1024 * 1024
# longer than the longest call to a department, so that a busy worker does not look dead
_SILENT_SECONDS: Final = 120


@blueprint.get("/live")
@policy("public")
@limiter.exempt
def live() -> ResponseReturnValue:
    return jsonify(status="ok")


@blueprint.get("/ready")
@policy("public")
@limiter.exempt
def ready() -> ResponseReturnValue:
    parts = {"database": _database(), "disk": _disk(), **_told_by_the_database(), **_worker()}
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


def _told_by_the_database() -> dict[str, bool]:
    """Whether its schema is this program's, and whether the audit chains end as they should."""
    try:
        schema_fits = schema.current(database().engine) == _wanted()
        with read_session() as session:
            audit_whole = audit.verify_heads(session) is None
    except SQLAlchemyError:
        return {"schema": False, "audit": False}
    return {"schema": schema_fits, "audit": audit_whole}


@cache
def _wanted() -> str:
    return schema.head()


def _worker() -> dict[str, bool]:
    """The worker, where it beats in this process; elsewhere it is a program of its own."""
    heartbeat = current_app.extensions.get(HEARTBEAT)
    return {} if heartbeat is None else {"worker": heartbeat.silent_seconds < _SILENT_SECONDS}


def _disk() -> bool:
    return shutil.disk_usage(current_app.config["BANLI"].home).free > _FREE_BYTES


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
