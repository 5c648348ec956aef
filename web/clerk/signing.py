"""Bringing others to a task from its page: 委派, 前加签, 后加签, 并加签, and 减签.

Invariant: every command is `processes.approvals`; a page that lacks a person or a reason says so
and changes nothing.
"""

from typing import Final

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.approval.board import Kind
from processes.approvals import approvals
from processes.approvals.approvals import Signers
from processes.identity.roles import Action
from processes.rights import opened
from web.auth import current, policy
from web.database import run
from web.errors import Page, answer
from web.words import N_, _

blueprint = Blueprint("signing", __name__)

WORDS: Final = {
    Kind.BEFORE: (
        N_("前加签"),
        N_("所选人员先办理，全部办完后本件回到您的待办，由您决定；时限不变。"),
    ),
    Kind.AFTER: (
        N_("后加签"),
        N_("您同意后由所选人员办理，最后一人同意时本环节办结；有人不同意的，本环节结论为不同意。"),
    ),
    Kind.BESIDE: (N_("并加签"), N_("所选人员与各会签人一同表决，计入会签比例。")),
}


@blueprint.post("/tasks/<int:task_id>/delegate")
@policy("staff", Action.DELEGATE_TASK)
def delegate(task_id: int) -> ResponseReturnValue:
    """Ask a colleague to work on a task that comes back afterwards."""
    people, reason = chosen(), _reason()
    if len(people) != 1 or not reason:
        return _incomplete(task_id)
    case_id = run(_delegated, task_id, people[0], reason)
    flash(_("已委派，对方提出意见后本件回到您的待办"))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/tasks/<int:task_id>/signers")
@policy("staff", Action.CHANGE_SIGNERS)
def add(task_id: int) -> ResponseReturnValue:
    """Have colleagues sign before, after or beside."""
    ordered, reason = wanted(), _reason()
    if ordered is None or not reason:
        return _incomplete(task_id)
    case_id = run(_added, task_id, ordered, reason)
    flash(_("已加签"))
    if ordered.kind is Kind.BEFORE:
        return redirect(url_for("cases.page", case_id=case_id), code=303)
    return redirect(url_for("task.page", task_id=task_id), code=303)


@blueprint.post("/cases/<int:case_id>/signers/<int:item_id>/remove")
@policy("staff", Action.CHANGE_SIGNERS)
def remove(case_id: int, item_id: int) -> ResponseReturnValue:
    """Take back somebody who was added and has not acted."""
    run(approvals.remove_signer, case_id, item_id, by=current(), reason=_reason())
    flash(_("已减签"))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/cases/<int:case_id>/signers/<int:item_id>/absent")
@policy("staff", Action.ASSIGN_TASK)
def absent(case_id: int, item_id: int) -> ResponseReturnValue:
    """Count a voter who does not come as abstaining."""
    reason = _reason() or _("未到场")
    run(approvals.mark_absent, case_id, item_id, by=current(), reason=reason)
    flash(_("已记为缺席（弃权）"))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


def _delegated(session: Session, task_id: int, to: int, reason: str) -> int:
    case_id = opened.get(session, task_id)[0].instance_id
    approvals.delegate(session, task_id, by=current(), to=to, reason=reason)
    return case_id


def _added(session: Session, task_id: int, ordered: Signers, reason: str) -> int:
    case_id = opened.get(session, task_id)[0].instance_id
    approvals.add_signers(session, task_id, ordered, by=current(), reason=reason)
    return case_id


def wanted() -> Signers | None:
    """Whom the posted form adds, and where; None if it does not say."""
    people, kind = chosen(), request.form.get("kind", "")
    if not people or kind not in WORDS:
        return None
    return Signers(Kind(kind), people, request.form.get("order") == "ordered")


def chosen(field: str = "person") -> list[int]:
    """The people that a field of the posted form names."""
    given = request.form.getlist(field)
    return [int(one) for one in given if one.isascii() and one.isdigit()]


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


def _incomplete(task_id: int) -> ResponseReturnValue:
    ways = [(url_for("task.page", task_id=task_id), _("返回本件"))]
    return answer(422, Page(_("没有办理"), _("请选择人员，并填写说明。"), ways=ways))


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
