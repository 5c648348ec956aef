"""Incidents: what stopped, why, and the order to try again."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.casework import monitor, overview
from processes.identity.roles import Action
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas import exchange
from web.api.schemas.base import Paging
from web.database import read_session

blueprint = blueprints.make("incidents", "/incidents", "异常")


@blueprint.get("")
@allow(Action.OPERATE)
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, exchange.Incidents)
def page(arguments: dict[str, Any]) -> Any:
    """未处理的异常，最新在前."""
    text = str(arguments.get("after") or "").partition("~")[0]
    after = min(int(text), (1 << 63) - 1) if text else None
    with read_session() as session:
        found, following = monitor.incidents(
            session, by=access.user(), after=after, limit=arguments["limit"]
        )
    return {"items": found, "next": str(following) if following else None}


@blueprint.post("/<id:incident_id>/retry")
@allow(Action.OPERATE)
@blueprint.response(200, exchange.Taken)
def retry(incident_id: int) -> Response:
    """重试."""

    def work(session: Session) -> Any:
        overview.retry_incident(session, incident_id, by=access.user())
        return {"kind": "retried"}

    return commands.perform(work)
