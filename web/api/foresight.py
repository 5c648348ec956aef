"""Before a task is done: why it is here, what handing it in would do, who is to do it."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.approvals import assigning
from processes.casefile import following
from processes.desk import outlook, reasons, worklist
from processes.identity.roles import Action
from web.api import access, answers, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Answers, Done
from web.api.schemas.tasks import Assign, Outlook, Reasons
from web.database import read_session

blueprint = blueprints.make("foresight", "/tasks", "任务")

_HANDLE = (Action.COMPLETE_TASK, Action.CLAIM_TASK)


@blueprint.get("/<id:task_id>/reason")
@allow(*_HANDLE)
@blueprint.response(200, Reasons)
def reason(task_id: int) -> Any:
    """为什么在我这里：规则、数据、机构、代理，还有谁可以办."""
    with read_session() as session:
        return reasons.of_task(session, task_id, by=access.user())


@blueprint.post("/<id:task_id>/outlook")
@allow(Action.COMPLETE_TASK)
@blueprint.arguments(Answers)
@blueprint.response(200, Outlook)
def ahead(arguments: dict[str, Any], task_id: int) -> Any:
    """办理后会怎样：按所填内容推算，不留任何痕迹，不需要 Idempotency-Key."""
    with read_session() as session:
        form = worklist.view(session, task_id, by=access.user()).form
        given = answers.with_files(form, arguments["answers"])
    with read_session() as session:
        return outlook.of_submission(session, task_id, by=access.user(), answers=given)


@blueprint.post("/<id:task_id>/assign")
@allow(Action.ASSIGN_TASK)
@blueprint.arguments(Assign)
@blueprint.response(200, Done, description="已分派")
def assign(arguments: dict[str, Any], task_id: int) -> Response:
    """把范围内的任务分派给有权办理的人，不论现在在谁名下."""

    def work(session: Session) -> Any:
        assigning.assign(session, task_id, by=access.user(), to=int(arguments["to"]))
        return {"id": str(task_id)}

    return commands.perform(work)


cases = blueprints.make("following", "/cases", "办件")


@cases.put("/<id:case_id>/follow")
@allow(Action.VIEW_CASE, Action.CLAIM_TASK)
@cases.response(200, Done, description="已关注")
def follow(case_id: int) -> Response:
    """关注一个办件；再次关注没有变化."""

    def work(session: Session) -> Any:
        following.follow(session, case_id, by=access.user())
        return {"id": str(case_id)}

    return commands.perform(work)


@cases.delete("/<id:case_id>/follow")
@allow(Action.VIEW_CASE, Action.CLAIM_TASK)
@cases.response(200, Done, description="已取消关注")
def unfollow(case_id: int) -> Response:
    """取消关注."""

    def work(session: Session) -> Any:
        following.unfollow(session, case_id, by=access.user())
        return {"id": str(case_id)}

    return commands.perform(work)
