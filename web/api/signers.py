"""Several people on one task: delegate, add and remove signers, how the vote stands."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from engine.approval.board import Kind
from engine.boards import Placed
from processes.approvals import approvals
from processes.approvals.approvals import Signers
from processes.casework import cases as case_commands
from processes.identity.roles import Action
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Done, Reason
from web.api.schemas.tasks import AddSigners, Boards, Delegate, RemoveSigner
from web.database import read_session

blueprint = blueprints.make("signers", "", "任务")


@blueprint.post("/tasks/<id:task_id>/delegate")
@allow(Action.DELEGATE_TASK)
@blueprint.arguments(Delegate)
@blueprint.response(200, Done, description="已委派")
def delegate(arguments: dict[str, Any], task_id: int) -> Response:
    """委派：对方提出意见后任务回到本人，由本人决定."""

    def work(session: Session) -> Any:
        to, reason = int(arguments["to"]), arguments["reason"]
        approvals.delegate(session, task_id, by=access.user(), to=to, reason=reason)
        return {"id": str(task_id)}

    return commands.perform(work)


@blueprint.post("/tasks/<id:task_id>/signers")
@allow(Action.CHANGE_SIGNERS)
@blueprint.arguments(AddSigners)
@blueprint.response(200, Done, description="已加签")
def add(arguments: dict[str, Any], task_id: int) -> Response:
    """加签：before 前加签、after 后加签、beside 并加签."""

    def work(session: Session) -> Any:
        people = [int(one) for one in arguments["people"]]
        wanted = Signers(Kind(arguments["kind"]), people, arguments["ordered"])
        reason = arguments["reason"]
        approvals.add_signers(session, task_id, wanted, by=access.user(), reason=reason)
        return {"id": str(task_id)}

    return commands.perform(work)


@blueprint.delete("/cases/<id:case_id>/signers/<id:signer_id>")
@allow(Action.CHANGE_SIGNERS)
@blueprint.arguments(RemoveSigner, location="query")
@blueprint.response(200, Done, description="已减签")
def remove(arguments: dict[str, Any], case_id: int, signer_id: int) -> Response:
    """减签：撤回本人加签或委派而尚未办理的人员."""

    def work(session: Session) -> Any:
        reason = arguments["reason"]
        approvals.remove_signer(session, case_id, signer_id, by=access.user(), reason=reason)
        return {"id": str(signer_id)}

    return commands.perform(work)


@blueprint.post("/cases/<id:case_id>/signers/<id:signer_id>/absent")
@allow(Action.ASSIGN_TASK)
@blueprint.arguments(Reason)
@blueprint.response(200, Done, description="已记为缺席（弃权）")
def absent(arguments: dict[str, Any], case_id: int, signer_id: int) -> Response:
    """把尚未表决的会签人员记为缺席：按弃权计，不计入应到数."""

    def work(session: Session) -> Any:
        reason = arguments["reason"]
        approvals.mark_absent(session, case_id, signer_id, by=access.user(), reason=reason)
        return {"id": str(signer_id)}

    return commands.perform(work)


@blueprint.get("/cases/<id:case_id>/signers")
@allow(Action.VIEW_CASE)
@blueprint.response(200, Boards)
def boards(case_id: int) -> Any:
    """办件中多人办理的任务：方式、进度和每个人."""
    with read_session() as session:
        case_commands.get(session, case_id, by=access.user())
        placed = approvals.standing(session, case_id)
        users = [item.user for one in placed for item in one.board.items]
        names = approvals.names(session, users)
        return {"items": [_board(one, names) for one in placed]}


def _board(placed: Placed, names: dict[str, str]) -> dict[str, Any]:
    approved, counted = approvals.progress(placed.board) or (None, None)
    return {
        "task_id": placed.task_id,
        "activity": placed.activity,
        "name": placed.name,
        "mode": placed.board.rule.mode,
        "approved": approved,
        "counted": counted,
        "signers": [
            {
                "id": item.id,
                "user": item.user,
                "name": names.get(item.user, ""),
                "kind": item.kind,
                "stage": item.stage,
                "decision": item.decision,
            }
            for item in placed.board.items
        ],
    }
