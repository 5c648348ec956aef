"""Kept filters of a desk's boxes: one's own and those of the organisation.

Invariant: as on the page: a filter says what to look for, never what may be seen.
"""

from typing import Any, cast

from flask import Response
from sqlalchemy.orm import Session

from processes.desk.inbox import Box
from processes.identity.roles import Action
from processes.people import preferences, sharing
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Done
from web.api.schemas.desk import BoxQuery, ForgottenFilter, KeptFilter, KeptFilters, NewFilter
from web.api.wire import RequestInvalid
from web.clerk import listing
from web.database import read_session

blueprint = blueprints.make("filters", "/filters", "保存的筛选条件")


@blueprint.get("")
@allow(Action.CLAIM_TASK, staff=True)
@blueprint.arguments(BoxQuery, location="query")
@blueprint.response(200, KeptFilters)
def kept(arguments: dict[str, Any]) -> Any:
    """一个列表中保存的筛选条件：自己的在前，本单位共享的在后."""
    listed, user = _listed(arguments), access.user()
    with read_session() as session:
        own = preferences.of(session, listed, by=user).saved
        shared = sharing.of(session, listed, by=user)
        return {
            "items": [
                *({"name": one.name, "query": one.query, "removable": True} for one in own),
                *({**_row(one), "removable": sharing.may_remove(one, user)} for one in shared),
            ]
        }


@blueprint.post("")
@allow(Action.CLAIM_TASK, staff=True)
@blueprint.arguments(NewFilter)
@blueprint.response(201, KeptFilter)
def keep(arguments: dict[str, Any]) -> Response:
    """保存一个筛选条件，自己用或供本单位共用；自己的同名条件被替换."""
    listed, user = _listed(arguments), access.user()
    query = _query(arguments)

    def work(session: Session) -> Any:
        name = arguments["name"]
        if arguments["shared"]:
            row = sharing.share(session, listed, by=user, name=name, query=query)
            return KeptFilter().dump({**_row(row), "removable": True})
        preferences.keep_filter(session, listed, by=user, name=name, query=query)
        return {"name": name.strip(), "query": query, "id": None, "removable": True}

    return commands.perform(work, status=201)


@blueprint.delete("")
@allow(Action.CLAIM_TASK, staff=True)
@blueprint.arguments(ForgottenFilter, location="query")
@blueprint.response(200, Done, description="已删除")
def forget(arguments: dict[str, Any]) -> Response:
    """删除自己的一个筛选条件；没有的视为已删除."""

    def work(session: Session) -> Any:
        name = arguments["name"]
        preferences.drop_filter(session, _listed(arguments), by=access.user(), name=name)
        return {"status": "removed"}

    return commands.perform(work)


@blueprint.delete("/shared/<id:filter_id>")
@allow(Action.CLAIM_TASK, staff=True)
@blueprint.response(200, Done, description="已删除")
def take_back(filter_id: int) -> Response:
    """删除本单位共享的一个条件：共享人或负责分派的人可以删除."""

    def work(session: Session) -> Any:
        sharing.remove(session, filter_id, by=access.user())
        return {"id": str(filter_id), "status": "removed"}

    return commands.perform(work)


def _listed(arguments: dict[str, Any]) -> str:
    return f"inbox.{arguments['box']}"


def _row(row: Any) -> dict[str, Any]:
    return {"id": str(row.id), "name": row.name, "query": row.query}


def _query(arguments: dict[str, Any]) -> dict[str, str]:
    """The parameters of a filter.

    Raises:
        RequestInvalid: one that this box does not know, or with a value it cannot have; named.
    """
    given: dict[str, str] = arguments["query"]
    query = listing.chosen(given, cast(Box, arguments["box"]))
    wrong = sorted(name for name in given if name not in query)
    if wrong or not query:
        errors = {f"query.{name}": ["这个列表没有这个条件，或者条件的值不正确"] for name in wrong}
        errors = errors or {"query": ["至少要有一个条件"]}
        raise RequestInvalid("请求内容有误", status=422, errors=errors)
    return query
