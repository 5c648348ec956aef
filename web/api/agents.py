"""代理, 后续办理人, 离职转办: who does the work of whom."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.approvals import handover, planning
from processes.approvals.handover import Share
from processes.identity.roles import Action
from processes.people import agents
from processes.people.agents import Agency, Wanted
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Done
from web.api.schemas.colleagues import (
    Agent,
    AgentQuery,
    Agents,
    Choice,
    HandedOver,
    HandoverLines,
    HandoverOrder,
    HandoverQuery,
    NewAgent,
    People,
    Place,
    TasksAhead,
)
from web.database import read_session

blueprint = blueprints.make("agents", "", "代理与转办")


@blueprint.get("/agents")
@allow(Action.SET_AGENT, Action.MANAGE_USERS)
@blueprint.arguments(AgentQuery, location="query")
@blueprint.response(200, Agents)
def rows(arguments: dict[str, Any]) -> Any:
    """代理：本人委托的（given）、本人代理的（taken），或管辖范围内全部的（area）."""
    finders = {"given": agents.given, "taken": agents.taken, "area": agents.within}
    with read_session() as session:
        found = finders[arguments["of"]](session, access.user())
        return {"items": [_agent(one) for one in found]}


@blueprint.post("/agents")
@allow(Action.SET_AGENT, Action.MANAGE_USERS)
@blueprint.arguments(NewAgent)
@blueprint.response(201, Agent)
def entrust(arguments: dict[str, Any]) -> Response:
    """设置代理：本人的，或由管理员代为设置."""
    by = access.user()
    limit = arguments["amount_limit"]
    wanted = Wanted(
        principal=int(arguments["principal"] or by.id),
        agent=int(arguments["agent"]),
        starts_on=arguments["starts_on"],
        ends_on=arguments["ends_on"],
        processes=arguments["processes"],
        amount_limit=None if limit is None else int(limit * 100),
        reason=arguments["reason"],
    )

    def work(session: Session) -> Any:
        made = agents.entrust(session, wanted, by=by)
        return Agent().dump(_agent(agents.told(session, made)))

    return commands.perform(work, status=201)


@blueprint.post("/agents/<id:substitution_id>/revoke")
@allow(Action.SET_AGENT, Action.MANAGE_USERS)
@blueprint.response(200, Done, description="已收回，立即生效")
def revoke(substitution_id: int) -> Response:
    """收回代理."""

    def work(session: Session) -> Any:
        agents.revoke(session, substitution_id, by=access.user())
        return {"id": str(substitution_id)}

    return commands.perform(work)


@blueprint.get("/cases/<id:case_id>/ahead")
@allow(Action.PLAN_NEXT, Action.ASSIGN_TASK)
@blueprint.response(200, TasksAhead)
def ahead(case_id: int) -> Any:
    """可能到达、且本人可以指定办理人的后续环节."""
    with read_session() as session:
        return {"items": planning.ahead(session, case_id, by=access.user())}


@blueprint.get("/cases/<id:case_id>/ahead/people")
@allow(Action.PLAN_NEXT, Action.ASSIGN_TASK)
@blueprint.arguments(Place, location="query")
@blueprint.response(200, People)
def people(arguments: dict[str, Any], case_id: int) -> Any:
    """后续环节可以指定的人."""
    with read_session() as session:
        activity = arguments["activity"]
        return {"items": planning.people(session, case_id, activity, by=access.user())}


@blueprint.post("/cases/<id:case_id>/ahead")
@allow(Action.PLAN_NEXT, Action.ASSIGN_TASK)
@blueprint.arguments(Choice)
@blueprint.response(200, Done, description="已指定")
def choose(arguments: dict[str, Any], case_id: int) -> Response:
    """指定后续环节的办理人；名单为空则恢复由流程确定."""

    def work(session: Session) -> Any:
        chosen = [int(one) for one in arguments["people"]]
        planning.choose(
            session,
            case_id,
            arguments["activity"],
            chosen,
            by=access.user(),
            reason=arguments["reason"],
        )
        return {"id": str(case_id)}

    return commands.perform(work)


@blueprint.get("/users/<id:user_id>/handover")
@allow(Action.TRANSFER_TASK, Action.MANAGE_USERS)
@blueprint.arguments(HandoverQuery, location="query")
@blueprint.response(200, HandoverLines)
def preview(arguments: dict[str, Any], user_id: int) -> Any:
    """离职转办预览：每一项转给谁，或为什么不能转；不作任何变动."""
    chosen = [int(one) for one in arguments["people"].split(",")]
    share = Share(arguments["share"])
    with read_session() as session:
        found = handover.preview(session, user_id, chosen, share=share, by=access.user())
        return {"items": [_line(one) for one in found]}


@blueprint.post("/users/<id:user_id>/handover")
@allow(Action.TRANSFER_TASK, Action.MANAGE_USERS)
@blueprint.arguments(HandoverOrder)
@blueprint.response(200, HandedOver)
def hand_over(arguments: dict[str, Any], user_id: int) -> Response:
    """转办预览中的一项；每项各自成败，各记审计."""

    def work(session: Session) -> Any:
        to = arguments["to"]
        done = handover.carry_out(
            session,
            user_id,
            arguments["key"],
            to=int(to) if to else None,
            by=access.user(),
            reason=arguments["reason"],
        )
        return {"key": done.key, "kind": done.kind, "to": to}

    return commands.perform(work)


def _agent(one: Agency) -> dict[str, Any]:
    row = one.row
    fen = row.amount_limit
    return {
        "id": str(row.id),
        "principal": str(row.principal),
        "principal_name": one.principal,
        "agent": str(row.agent),
        "agent_name": one.agent,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "processes": row.processes.split(),
        "amount_limit": None if fen is None else f"{fen // 100}.{fen % 100:02}",
        "reason": row.reason,
        "state": one.state,
    }


def _line(one: handover.Line) -> dict[str, Any]:
    return {
        "key": one.held.key,
        "kind": one.held.kind,
        "what": one.held.what,
        "reference": one.held.reference,
        "to": None if one.to is None else str(one.to),
        "to_name": one.to_name,
        "why_not": one.why_not,
        "ends": one.held.ends,
        "choices": [str(choice) for choice in one.choices],
        "also": [str(person) for person in one.also],
    }
