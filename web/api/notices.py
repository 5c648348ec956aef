"""A person's own notices."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.casefile import notices
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Done, Paging
from web.api.schemas.people import Notices
from web.database import read_session

blueprint = blueprints.make("notices", "/notices", "消息")


@blueprint.get("")
@allow()
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Notices)
def box(arguments: dict[str, Any]) -> Any:
    """自己的消息，新的在前."""
    text = str(arguments.get("after") or "").partition("~")[0]
    after, limit = (min(int(text), (1 << 63) - 1) if text else None), arguments["limit"]
    with read_session() as session:
        found = notices.box(session, access.user(), after=after, limit=limit)
        unread = notices.unread(session, access.user())
    following = str(found[-1].id) if len(found) == limit else None
    return {"items": found, "next": following, "unread": unread}


@blueprint.post("/<id:notice_id>/read")
@allow()
@blueprint.response(200, Done, description="已读")
def read(notice_id: int) -> Response:
    """把一条消息标为已读."""

    def work(session: Session) -> Any:
        found = notices.mark_read(session, access.user(), notice_id)
        return {"id": str(found.id), "status": "read"}

    return commands.perform(work)
