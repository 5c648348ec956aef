"""Activities that a handler begins by hand in a case: ad-hoc sub-processes."""

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from processes.identity.roles import Action
from processes.movement import ad_hoc
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Reply, Request, Text
from web.database import read_session

blueprint = blueprints.make("ad_hoc", "/cases", "办件中按需启动的活动")


class Startable(Reply):
    """An activity that may be begun now."""

    ad_hoc_id = fields.String()
    activity = fields.String()
    name = fields.String()


class Startables(Reply):
    """All of them."""

    items = fields.List(fields.Nested(Startable))


class Begin(Request):
    """Which activity to begin."""

    ad_hoc_id = fields.Integer(required=True, error_messages={"required": "请指明特别子流程"})
    activity = Text(longest=255, required=True)


@blueprint.get("/<id:case_id>/activities")
@allow(Action.COMPLETE_TASK)
@blueprint.response(200, Startables)
def startable(case_id: int) -> Any:
    """现在可以启动的活动."""
    with read_session() as session:
        return {"items": ad_hoc.startable(session, case_id, by=access.user())}


@blueprint.post("/<id:case_id>/activities")
@allow(Action.COMPLETE_TASK)
@blueprint.arguments(Begin)
@blueprint.response(200, Startables, description="启动之后还可以启动的活动")
def begin(arguments: dict[str, Any], case_id: int) -> Response:
    """启动一个活动."""

    def work(session: Session) -> Any:
        user = access.user()
        ad_hoc.begin(session, case_id, arguments["ad_hoc_id"], arguments["activity"], by=user)
        return Startables().dump({"items": ad_hoc.startable(session, case_id, by=user)})

    return commands.perform(work)
