"""征询 on pages: asking colleagues from a task, the questions one is asked, the answer.

Invariant: every command is `processes.inquiries`; who is asked reaches the case by a link while
the question is open, and not afterwards.
"""

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from processes.approvals import inquiries
from processes.approvals.inquiries import Asked, InquiryRefused
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from web import exporting
from web.auth import current, policy
from web.clerk import worklist
from web.database import read_session, run
from web.errors import Page, answer
from web.refusals import said
from web.words import N_, _

blueprint = Blueprint("inquiring", __name__)

STATES = {
    "open": (N_("待答复"), "amber"),
    "answered": (N_("已答复"), "green"),
    "withdrawn": (N_("已撤回"), ""),
    "over": (N_("环节已办结，不需答复"), ""),
}
_HANDLE = (Action.VIEW_CASE, Action.CLAIM_TASK)


@blueprint.get("/inbox/questions")
@policy("staff", *_HANDLE)
def box() -> ResponseReturnValue:
    with read_session() as session:
        rows = [_shown(one) for one in inquiries.of_user(session, current())]
        tabs = worklist.tabs("questions")
        return exporting.page("circulation/questions.html", rows=rows, tabs=tabs)


@blueprint.get("/inquiries/<int:inquiry_id>")
@policy("staff", *_HANDLE)
def page(inquiry_id: int) -> ResponseReturnValue:
    return _page(inquiry_id)


@blueprint.post("/inquiries/<int:inquiry_id>/answer")
@policy("staff", *_HANDLE)
def give_answer(inquiry_id: int) -> ResponseReturnValue:
    text = request.form.get("text", "")
    try:
        run(inquiries.answer, inquiry_id, by=current(), text=text)
    except InquiryRefused as refused:
        return _page(inquiry_id, said(refused.message)), 422
    flash(_("已答复，对方已收到通知"))
    return redirect(url_for("inquiring.box"), code=303)


@blueprint.post("/inquiries/<int:inquiry_id>/withdraw")
@policy("staff", Action.INQUIRE)
def withdraw(inquiry_id: int) -> ResponseReturnValue:
    row = run(inquiries.withdraw, inquiry_id, by=current())
    flash(_("已撤回征询"))
    return redirect(url_for("task.page", task_id=row.task_id), code=303)


@blueprint.post("/tasks/<int:task_id>/inquiries")
@policy("staff", Action.INQUIRE)
def ask(task_id: int) -> ResponseReturnValue:
    given = request.form.getlist("person")
    to = [int(one) for one in given if one.isascii() and one.isdigit()]
    try:
        run(inquiries.ask, task_id, to=to, question=request.form.get("text", ""), by=current())
    except InquiryRefused as refused:
        ways = [(url_for("task.page", task_id=task_id), _("返回本件"))]
        return answer(422, Page(_("没有征询"), said(refused.message), ways=ways))
    flash(_("已征询，答复后会通知您"))
    return redirect(url_for("task.page", task_id=task_id), code=303)


def of_case(session: Session, case: Case, *, by: User) -> list[dict[str, Any]]:
    """The questions about a case for its pages; those that were withdrawn left out."""
    found = [_shown(one) for one in inquiries.of_case(session, case.id)]
    for one in found:
        one["mine"] = one["asked"].row.asker == by.id
    return [one for one in found if one["asked"].state != "withdrawn"]


def _page(inquiry_id: int, problem: str = "") -> str:
    with read_session() as session:
        one = inquiries.one(session, inquiry_id, by=current())
        return render_template(
            "circulation/question.html", one=_shown(one), problem=problem, typed=request.form
        )


def _shown(one: Asked) -> dict[str, Any]:
    title, tone = STATES[one.state]
    return {"asked": one, "row": one.row, "state": _(title), "tone": tone}


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
