"""Process instances: where they stand, what happened, what is in them."""

from typing import Any

from processes.casework import monitor
from processes.casework.monitor import InstanceFilters
from processes.identity.roles import Action
from web.api import access, blueprints
from web.api.access import access as allow
from web.api.schemas.base import Paging
from web.api.schemas.instances import Events, Instance, InstanceQuery, Instances, Steps, Values
from web.api.wire import plain
from web.database import read_session, transaction

blueprint = blueprints.make("instances", "/instances", "流程实例")


@blueprint.get("")
@allow(Action.VIEW_CASE, Action.OPERATE)
@blueprint.arguments(InstanceQuery, location="query")
@blueprint.response(200, Instances)
def page(arguments: dict[str, Any]) -> Any:
    """管辖范围内的流程实例，最新在前."""
    filters = InstanceFilters(
        process_key=arguments["process"],
        status=arguments["status"],
        business_key=arguments["business_key"],
    )
    with read_session() as session:
        found, following = monitor.instances(
            session,
            by=access.user(),
            filters=filters,
            after=_after(arguments),
            limit=arguments["limit"],
        )
        keys = monitor.keys_of(session, found)
    items = [_instance(one, keys) for one in found]
    return {"items": items, "next": str(following) if following else None}


@blueprint.get("/<id:instance_id>")
@allow(Action.VIEW_CASE, Action.OPERATE)
@blueprint.response(200, Instance)
def one(instance_id: int) -> Any:
    """一个流程实例."""
    with read_session() as session:
        found = monitor.instance(session, instance_id, by=access.user())
        return _instance(found, monitor.keys_of(session, [found]))


@blueprint.get("/<id:instance_id>/history")
@allow(Action.VIEW_CASE)
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Events)
def history(arguments: dict[str, Any], instance_id: int) -> Any:
    """办件的历史，按发生顺序；after 是上一页最后的序号。须有权查看该办件."""
    limit, after = arguments["limit"], _after(arguments) or 0
    with read_session() as session:
        found = monitor.events(session, instance_id, by=access.user(), after=after, limit=limit)
    following = str(found[-1].sequence) if len(found) == limit else None
    return {"items": found, "next": following}


@blueprint.get("/<id:instance_id>/steps")
@allow(Action.VIEW_CASE, Action.OPERATE)
@blueprint.response(200, Steps)
def steps(instance_id: int) -> Any:
    """流程实例走到哪里：各环节的状态，不含办理人和内容."""
    with read_session() as session:
        found = monitor.steps(session, instance_id, by=access.user())
    return {"items": [{"activity": one, "state": state} for one, state in sorted(found.items())]}


@blueprint.get("/<id:instance_id>/variables")
@allow(Action.UNMASK)
@blueprint.response(200, Values)
def variables(instance_id: int) -> Any:
    """办件的变量（明文）；每次查看都有审计记录."""
    with transaction() as session:
        found = monitor.variables(session, instance_id, by=access.user())
    return {"variables": plain(found)}


def _after(arguments: dict[str, Any]) -> int | None:
    text = str(arguments.get("after") or "").partition("~")[0]
    # ids and sequence numbers fit in 63 bits; a larger key is simply after everything
    return min(int(text), (1 << 63) - 1) if text else None


def _instance(found: Any, keys: Any) -> dict[str, Any]:
    key, version = keys.get(found.definition_id, ("", 0))
    names = ("id", "definition_id", "business_key", "status", "revision", "started_at", "ended_at")
    return {
        **{name: getattr(found, name) for name in names},
        "process_key": key,
        "version": version,
    }
