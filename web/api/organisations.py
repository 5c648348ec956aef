"""Organisations of an administrator's own tree, and the roles that there are.

Invariant: as on the pages: outside the tree nothing is there; its top keeps its place.
"""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.identity.organisations import Details
from processes.identity.roles import ROLES, Action
from processes.people import area
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.people import (
    ChangedOrg,
    NewOrg,
    Org,
    Orgs,
    OrgUse,
    Roles,
)
from web.database import read_session

blueprint = blueprints.make("organisations", "", "机构与岗位")

_CODE = "<string(minlength=1, maxlength=64):org_code>"


@blueprint.get("/organisations")
@allow(Action.MANAGE_USERS)
@blueprint.response(200, Orgs)
def organisations() -> Any:
    """管辖范围内的机构，上级在前."""
    with read_session() as session:
        return {"items": area.orgs(session, access.user())}


@blueprint.post("/organisations")
@allow(Action.MANAGE_ORGS)
@blueprint.arguments(NewOrg)
@blueprint.response(201, Org)
def add(arguments: dict[str, Any]) -> Response:
    """在管辖范围内增设一个机构."""
    code = arguments.pop("org_code")

    def work(session: Session) -> Any:
        return Org().dump(area.add_org(session, code, Details(**arguments), by=access.user()))

    return commands.perform(work, status=201)


@blueprint.put(f"/organisations/{_CODE}")
@allow(Action.MANAGE_ORGS)
@blueprint.arguments(ChangedOrg)
@blueprint.response(200, Org)
def change(arguments: dict[str, Any], org_code: str) -> Response:
    """修改一个机构；换上级机构时，其下级一并移动."""

    def work(session: Session) -> Any:
        made = area.change_org(session, org_code, Details(**arguments), by=access.user())
        return Org().dump(made)

    return commands.perform(work)


@blueprint.post(f"/organisations/{_CODE}/status")
@allow(Action.MANAGE_ORGS)
@blueprint.arguments(OrgUse)
@blueprint.response(200, Org)
def use(arguments: dict[str, Any], org_code: str) -> Response:
    """停用或恢复使用一个机构."""

    def work(session: Session) -> Any:
        active = arguments["active"]
        return Org().dump(area.use_org(session, org_code, active=active, by=access.user()))

    return commands.perform(work)


@blueprint.get("/roles")
@allow(Action.MANAGE_USERS)
@blueprint.response(200, Roles)
def roles() -> Any:
    """全部岗位."""
    return {
        "items": [
            {"role": code, "name": one.name, "name_en": one.name_en, "category": one.category}
            for code, one in ROLES.items()
        ]
    }
