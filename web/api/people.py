"""Accounts and grants of an administrator's own area.

Invariant: as on the pages: outside the area nothing exists; a browser session gives the password
again before it changes rights.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Forbidden
from processes.identity.authority import Wanted
from processes.identity.roles import Action
from processes.model.people import AuthorityGrant, UserAccount, UserRole
from processes.people import area, positions
from web import confirming
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.people import (
    Account,
    AccountQuery,
    Accounts,
    GivenPosition,
    Grant,
    Grants,
    NewAccount,
    NewGrant,
    NewPosition,
    OpenedAccount,
    PositionEnd,
    Positions,
    Revocation,
    RoleChange,
    StatusChange,
)
from web.database import read_session

blueprint = blueprints.make("people", "", "用户、角色与授权")


@blueprint.get("/organisations/<org_code>/positions")
@allow(Action.MANAGE_ORGS)
@blueprint.response(200, Positions)
def positions_of(org_code: str) -> Any:
    """机构的任职，最近的在前."""
    with read_session() as session:
        return {"items": positions.of_org(session, org_code, by=access.user())}


@blueprint.post("/organisations/<org_code>/positions")
@allow(Action.MANAGE_ORGS)
@blueprint.arguments(NewPosition)
@blueprint.response(201, GivenPosition)
def appoint(arguments: dict[str, Any], org_code: str) -> Response:
    """任命：负责人（head）、副职（deputy）或自设岗位."""

    def work(session: Session) -> Any:
        made = positions.appoint(
            session,
            org_code,
            post=arguments["post"],
            user_id=int(arguments["user_id"]),
            valid_from=arguments["valid_from"],
            valid_to=arguments["valid_to"],
            by=access.user(),
        )
        return {"id": str(made)}

    return commands.perform(work, status=201)


@blueprint.post("/positions/<id:position_id>/end")
@allow(Action.MANAGE_ORGS)
@blueprint.arguments(PositionEnd)
@blueprint.response(200, GivenPosition)
def end_position(arguments: dict[str, Any], position_id: int) -> Response:
    """免去：给出任职的最后一天，缺省为今天；记录保留."""

    def work(session: Session) -> Any:
        positions.dismiss(session, position_id, by=access.user(), on=arguments["on"])
        return {"id": str(position_id)}

    return commands.perform(work)


@blueprint.get("/users")
@allow(Action.MANAGE_USERS)
@blueprint.arguments(AccountQuery, location="query")
@blueprint.response(200, Accounts)
def users(arguments: dict[str, Any]) -> Any:
    """管辖范围内的账号及其角色."""
    after = int((arguments.get("after") or "0").partition("~")[0])
    limit = arguments["limit"]
    with read_session() as session:
        found = area.users(
            session,
            access.user(),
            text=arguments["text"],
            after=min(after, (1 << 63) - 1),
            limit=limit,
        )
        items = _accounts(session, found)
    return {"items": items, "next": str(found[-1].id) if len(found) == limit else None}


@blueprint.post("/users")
@allow(Action.MANAGE_USERS)
@blueprint.arguments(NewAccount)
@blueprint.response(201, OpenedAccount)
def open_account(arguments: dict[str, Any]) -> Response:
    """开通一个账号；返回初始密码，首次登录须修改."""
    _require_password()

    def work(session: Session) -> Any:
        opened, word = area.open_account(session, **arguments, by=access.user())
        return {**_account(session, opened), "password": word}

    return commands.perform(work, status=201)


@blueprint.get("/grants")
@allow(Action.MANAGE_GRANTS)
@blueprint.response(200, Grants)
def grants() -> Any:
    """管辖范围内机构给出和取得的业务授权，新的在前."""
    with read_session() as session:
        return {"items": [_grant(one) for one in area.grants(session, access.user())]}


@blueprint.post("/grants")
@allow(Action.MANAGE_GRANTS)
@blueprint.arguments(NewGrant)
@blueprint.response(201, Grant)
def grant(arguments: dict[str, Any]) -> Response:
    """以所管理机构的名义授权，立即生效."""
    _require_password()
    wanted = Wanted(**{**arguments, "business": frozenset(arguments["business"])})

    def work(session: Session) -> Any:
        return Grant().dump(_grant(area.grant(session, wanted, by=access.user())))

    return commands.perform(work, status=201)


@blueprint.post("/grants/<id:grant_id>/revoke")
@allow(Action.MANAGE_GRANTS)
@blueprint.arguments(Revocation)
@blueprint.response(200, Grants, description="收回的授权，连同随之失效的下级授权")
def revoke(arguments: dict[str, Any], grant_id: int) -> Response:
    """收回一项授权，据它下授的一并收回；在办案件按原授权办结."""
    _require_password()

    def work(session: Session) -> Any:
        revoked = area.revoke(session, grant_id, by=access.user(), reason=arguments["reason"])
        return Grants().dump({"items": [_grant(one) for one in revoked]})

    return commands.perform(work)


@blueprint.post("/users/<id:user_id>/roles")
@allow(Action.MANAGE_USERS)
@blueprint.arguments(RoleChange)
@blueprint.response(200, Account)
def roles(arguments: dict[str, Any], user_id: int) -> Response:
    """授予或收回一个角色；收回后，凭该角色签收的任务退回待签收."""
    _require_password()
    change = area.withdraw_role if arguments["withdraw"] else area.give_role

    def work(session: Session) -> Any:
        org_code = arguments["org_code"]
        change(session, user_id, arguments["role"], org_code=org_code, by=access.user())
        return _account(session, area.account(session, user_id, by=access.user()))

    return commands.perform(work)


@blueprint.post("/users/<id:user_id>/status")
@allow(Action.MANAGE_USERS)
@blueprint.arguments(StatusChange)
@blueprint.response(200, Account)
def status(arguments: dict[str, Any], user_id: int) -> Response:
    """停用（locked）或恢复（active）一个账号."""
    _require_password()

    def work(session: Session) -> Any:
        done = area.set_status(session, user_id, arguments["status"], by=access.user())
        return _account(session, done)

    return commands.perform(work)


def _require_password() -> None:
    if access.caller().scopes is None and not confirming.given():
        raise Forbidden("这项操作须先在页面上再次输入登录密码")


def _grant(one: AuthorityGrant) -> dict[str, Any]:
    names = ("grantor", "grantee", "scope", "may_delegate", "valid_from", "valid_to", "basis")
    told = {name: getattr(one, name) for name in (*names, "status")}
    return {"id": str(one.id), **told, "business": one.business.split(",")}


def _account(session: Session, one: UserAccount) -> dict[str, Any]:
    return _accounts(session, [one])[0]


def _accounts(session: Session, found: Sequence[UserAccount]) -> list[dict[str, Any]]:
    """Accounts with their roles, which are read for all of them at once."""
    held: dict[int, list[dict[str, str]]] = {one.id: [] for one in found}
    query = (
        select(UserRole.user_id, UserRole.role, UserRole.org_code)
        .where(UserRole.user_id.in_(held))
        .order_by(UserRole.role, UserRole.org_code)
    )
    for user, role, org in session.execute(query):
        held[user].append({"role": role, "org_code": org})
    names = ("login", "name", "kind", "org_code", "status")
    return [
        {
            "id": str(one.id),
            **{name: getattr(one, name) for name in names},
            "roles": held[one.id],
        }
        for one in found
    ]
