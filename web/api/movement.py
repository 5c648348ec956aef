"""Moving a case by hand: 退回, 撤回, 跳转, 作废, 唤醒."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from engine.model import UserTask
from processes.casework import cases
from processes.identity.roles import Action
from processes.movement import ending, movement, reclaiming
from processes.movement.movement import Order
from processes.rights import opened
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Reason
from web.api.schemas.cases import Case
from web.api.schemas.movement import (
    Decision,
    Jump,
    Moved,
    Place,
    Preview,
    Reopening,
    Return,
    Targets,
)
from web.database import read_session

blueprint = blueprints.make("movement", "", "流转")


@blueprint.get("/tasks/<id:task_id>/return")
@allow(Action.RETURN_TASK)
@blueprint.response(200, Targets)
def targets(task_id: int) -> Any:
    """可以退回到的环节，按办理先后."""
    with read_session() as session:
        return {"items": movement.return_targets(session, task_id, by=access.user())}


@blueprint.get("/tasks/<id:task_id>/return/preview")
@allow(Action.RETURN_TASK)
@blueprint.arguments(Place, location="query")
@blueprint.response(200, Preview)
def preview(arguments: dict[str, Any], task_id: int) -> Any:
    """退回会撤销谁的任务、保留谁的任务."""
    with read_session() as session:
        movement.return_targets(session, task_id, by=access.user())
        case_id = opened.get(session, task_id)[0].instance_id
        return movement.preview(session, case_id, task_id, to=arguments["to"], returning=True)


@blueprint.post("/tasks/<id:task_id>/return")
@allow(Action.RETURN_TASK)
@blueprint.arguments(Return)
@blueprint.response(200, Moved)
def send_back(arguments: dict[str, Any], task_id: int) -> Response:
    """退回到已办环节；会一并撤销的并行任务须列入 confirmed."""
    order = _order(arguments)

    def work(session: Session) -> Any:
        made = movement.send_back(session, task_id, by=access.user(), order=order)
        return _moved(made)

    return commands.perform(work)


@blueprint.post("/tasks/<id:task_id>/reclaim")
@allow(Action.RECLAIM_TASK)
@blueprint.arguments(Reason)
@blueprint.response(200, Moved)
def reclaim(arguments: dict[str, Any], task_id: int) -> Response:
    """撤回本人刚办结的任务；后续环节已有人办理的不能撤回."""

    def work(session: Session) -> Any:
        reason = arguments["reason"]
        return _moved(reclaiming.reclaim(session, task_id, by=access.user(), reason=reason))

    return commands.perform(work)


@blueprint.get("/cases/<id:case_id>/jump")
@allow(Action.JUMP_CASE)
@blueprint.response(200, Targets)
def jump_targets(case_id: int) -> Any:
    """可以跳转到的环节."""
    with read_session() as session:
        _task, found = movement.jump_targets(session, case_id, by=access.user())
        return {"items": found}


@blueprint.post("/cases/<id:case_id>/jump")
@allow(Action.JUMP_CASE)
@blueprint.arguments(Jump)
@blueprint.response(200, Moved)
def jump(arguments: dict[str, Any], case_id: int) -> Response:
    """跳转到指定环节；跳过的环节记入审计."""
    order = _order(arguments)
    mover = arguments["task_id"]

    def work(session: Session) -> Any:
        start = int(mover) if mover else None
        return _moved(movement.jump(session, case_id, by=access.user(), order=order, mover=start))

    return commands.perform(work)


@blueprint.post("/cases/<id:case_id>/void")
@allow(Action.VOID_CASE)
@blueprint.arguments(Reason)
@blueprint.response(200, Case)
def ask_to_void(arguments: dict[str, Any], case_id: int) -> Response:
    """申请作废，由另一人复核后生效."""

    def work(session: Session) -> Any:
        ending.ask_to_void(session, case_id, by=access.user(), reason=arguments["reason"])
        return Case().dump(cases.get(session, case_id, by=access.user()))

    return commands.perform(work)


@blueprint.post("/cases/<id:case_id>/void/decide")
@allow(Action.VOID_CASE)
@blueprint.arguments(Decision)
@blueprint.response(200, Case)
def decide_void(arguments: dict[str, Any], case_id: int) -> Response:
    """复核作废申请."""

    def work(session: Session) -> Any:
        ending.void(session, case_id, by=access.user(), **arguments)
        return Case().dump(cases.get(session, case_id, by=access.user()))

    return commands.perform(work)


@blueprint.post("/cases/<id:case_id>/reopen")
@allow(Action.REOPEN_CASE)
@blueprint.arguments(Reopening)
@blueprint.response(201, Case)
def reopen(arguments: dict[str, Any], case_id: int) -> Response:
    """唤醒已办结的办件：从指定环节开始一个接续的新办件，原办件不变."""

    def work(session: Session) -> Any:
        return Case().dump(ending.reopen(session, case_id, by=access.user(), **arguments))

    return commands.perform(work, status=201)


def _order(arguments: dict[str, Any]) -> Order:
    return Order(
        to=arguments["to"],
        reason=arguments["reason"],
        straight=arguments.get("straight", False),
        recompute=arguments.get("recompute", False),
        confirmed=frozenset(int(one) for one in arguments["confirmed"]),
        expected_revision=commands.expected_revision(),
    )


def _moved(made: Any) -> dict[str, Any]:
    rows: list[UserTask] = list(made)
    return {"tasks": [str(task.id) for task in rows]}
