"""What may be asked of a task before deciding: why it is here, what handing it in would do."""

from typing import Any

from processes import outlook, reasons, worklist
from processes.roles import Action
from web.api import access, answers, blueprints
from web.api.access import access as allow
from web.api.schemas.base import Answers
from web.api.schemas.tasks import Outlook, Reasons
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
