"""后续办理人 on pages: which tasks may still come, and who does them in this case.

Invariant: every command is `processes.planning`.
"""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from processes.approvals import planning
from processes.approvals.planning import PlanRefused
from processes.casework import cases
from processes.identity.roles import Action
from web.auth import current, policy
from web.database import read_session, run
from web.refusals import said
from web.words import _

blueprint = Blueprint("planning", __name__)
_MAY = (Action.PLAN_NEXT, Action.ASSIGN_TASK)


@blueprint.get("/cases/<int:case_id>/plan")
@policy("staff", *_MAY)
def page(case_id: int) -> ResponseReturnValue:
    return _page(case_id)


@blueprint.post("/cases/<int:case_id>/plan")
@policy("staff", *_MAY)
def choose(case_id: int) -> ResponseReturnValue:
    """Choose who does a task ahead; nobody: the model decides again."""
    activity, given = request.form.get("activity", ""), request.form.getlist("person")
    people = [int(one) for one in given if one.isascii() and one.isdigit()]
    reason = request.form.get("reason", "")
    try:
        run(planning.choose, case_id, activity, people, by=current(), reason=reason)
    except PlanRefused as refused:
        return _page(case_id, said(refused.message)), 422
    flash(_("已指定后续办理人") if people else _("已恢复由流程确定办理人"))
    return redirect(url_for("planning.page", case_id=case_id), code=303)


def _page(case_id: int, problem: str = "") -> str:
    activity = request.values.get("activity", "")
    with read_session() as session:
        case = cases.get(session, case_id, by=current())
        found = planning.ahead(session, case_id, by=current())
        chosen = next((one for one in found if one.activity == activity), None)
        people = planning.people(session, case_id, activity, by=current()) if chosen else []
        return render_template(
            "circulation/plan.html",
            case=case,
            ahead=found,
            chosen=chosen,
            people=people,
            problem=problem,
        )


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
