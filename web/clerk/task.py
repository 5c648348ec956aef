"""A task's page: the form with everything needed to decide, and what may be done to the task.

Invariant: nothing typed is lost. A refused form (422), a task somebody else was first on (409) and
a session that expired all show again what was typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import Conflict, LimitExceeded, TaskNotActive
from forms.definition import FormDefinition, FormInvalid
from forms.fields.composed import Rows
from processes.approvals import approvals, inquiries
from processes.casework import sources
from processes.desk import presence, worklist
from processes.desk.worklist import TaskView
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.people.colleagues import Person
from web import filling, looking, tables, typed
from web.auth import actions_of, current, policy
from web.clerk import boards, cases, phrases, signing
from web.clerk.worklist import next_href
from web.database import read_session, run
from web.display import moment
from web.errors import Page, answer, who_and_when
from web.wording import joined
from web.words import _

blueprint = Blueprint("task", __name__, url_prefix="/tasks/<int:task_id>")

_HANDLE = (Action.COMPLETE_TASK, Action.CLAIM_TASK)

_RIGHTS = {
    "delegate": Action.DELEGATE_TASK,
    "sign_before": Action.CHANGE_SIGNERS,
    "sign_after": Action.CHANGE_SIGNERS,
    "sign_beside": Action.CHANGE_SIGNERS,
}
_ASKING = frozenset(_RIGHTS)
_BESIDE = {"inquire": Action.INQUIRE, "copy": Action.COPY_CASE, "plan": Action.PLAN_NEXT}
AGENT_MAY = frozenset({"claim", "complete", "return", "inquire"})
"""What an agent may do in the principal's place: nothing that hands the work on to others."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A task as its page shows it."""

    id: int
    title: str
    form_title: str
    due: datetime | None
    mine: bool
    holder: str
    operations: frozenset[str]
    reason: str
    kind: str
    saved_at: datetime | None
    acting_for: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@blueprint.get("")
@policy("desk", *_HANDLE)
def page(task_id: int) -> ResponseReturnValue:
    with read_session() as session:
        view = worklist.view(session, task_id, by=current())
        looking.note(session, view.case.id, by=current(), what="任务")
        return _render(session, view)


@blueprint.post("/complete")
@policy("desk", *_HANDLE)
def complete(task_id: int) -> ResponseReturnValue:
    """Submit the form; afterwards the next task in this case, or the list."""
    form, given = _form_and_answers(task_id)
    if form is not None and (spec := tables.asked(form)):
        return _table(task_id, form, spec, given)
    if request.form.get("_restore"):
        return _again(task_id, given, restored=_("已恢复登录前填写的内容，请核对后提交。"))
    return _submitted(task_id, form, given)


def _submitted(
    task_id: int, form: FormDefinition | None, given: dict[str, Any]
) -> ResponseReturnValue:
    onward = next_href(task_id) if request.form.get("_then") == "next" else ""
    try:
        following = run(
            worklist.submit,
            task_id,
            by=current(),
            answers=given,
        )
    except (FormInvalid, LimitExceeded) as error:
        wrong = error.errors if isinstance(error, FormInvalid) else None
        return _again(task_id, given, errors=wrong, restored="" if wrong else error.message), 422
    except TaskNotActive as error:
        return _conflict(error, form, given)
    except Conflict:
        text = _("本件在您填写期间有变化，请核对左侧内容后重新提交。")
        return _again(task_id, given, restored=text), 409
    flash(_("已提交"))
    if following:
        return redirect(url_for("task.page", task_id=following[0].id), code=303)
    return redirect(onward or url_for("worklist.inbox"), code=303)


@blueprint.get("/next")
@policy("staff", *_HANDLE)
def following(task_id: int) -> ResponseReturnValue:
    """下一件: the task after this one, without doing it."""
    onward = next_href(task_id)
    if not onward:
        flash(_("没有下一件了"))
    return redirect(onward or url_for("worklist.inbox"), code=303)


@blueprint.post("/presence")
@policy("staff", *_HANDLE)
def present(task_id: int) -> ResponseReturnValue:
    """Called by the open page now and then; tells who else has it open."""
    names = run(presence.seen, task_id, by=current())
    text = _("%(names)s 正在办理", names=joined(names)) if names else ""
    return jsonify(text=text)


@blueprint.post("/claim")
@policy("desk", Action.CLAIM_TASK)
def claim(task_id: int) -> ResponseReturnValue:
    run(worklist.claim, task_id, by=current())
    return redirect(url_for("task.page", task_id=task_id), code=303)


@blueprint.post("/release")
@policy("desk", Action.RELEASE_TASK)
def release(task_id: int) -> ResponseReturnValue:
    run(worklist.release, task_id, by=current())
    flash(_("已退回待签收"))
    return redirect(url_for("worklist.inbox"), code=303)


@blueprint.post("/transfer")
@policy("staff", Action.TRANSFER_TASK)
def transfer(task_id: int) -> ResponseReturnValue:
    to = request.form.get("to", "")
    reason = request.form.get("reason", "").strip()[:500]
    if not (to.isascii() and to.isdigit()) or not reason:
        page = Page(_("转办未完成"), _("请选择转给谁，并填写原因。"), ways=[_back(task_id)])
        return answer(422, page)
    run(worklist.transfer, task_id, by=current(), to=int(to), reason=reason)
    flash(_("已转办"))
    return redirect(url_for("worklist.inbox"), code=303)


@blueprint.post("/draft")
@policy("desk", *_HANDLE)
def draft(task_id: int) -> ResponseReturnValue:
    """Keep what was typed so far; called by the page while one types."""
    _form, given = _form_and_answers(task_id)
    kept = run(worklist.save_draft, task_id, by=current(), answers=given)
    return jsonify(text=_("已暂存 %(at)s", at=moment(kept.saved_at)))


@blueprint.post("/refresh")
@policy("desk", *_HANDLE)
def refresh(task_id: int) -> ResponseReturnValue:
    """Which fields show and which are required with the answers as they stand."""
    with read_session() as session:
        view = worklist.view(session, task_id, by=current())
        if view.form is None:
            return jsonify(fields={})
        given = filling.answers(view.form, node=view.task.activity)
        rights = filling.Rights(node=view.task.activity)
        sections = filling.layout(
            view.form,
            given,
            context=view.variables,
            rights=rights,
            lookups=sources.lookups(session, current()),
        )
    return jsonify(fields=filling.states(sections))


def _table(
    task_id: int, form: FormDefinition, spec: Rows, given: Mapping[str, Any]
) -> ResponseReturnValue:
    """A table of the form goes out as a file, or its rows come in from one."""
    with read_session() as session:
        view = worklist.view(session, task_id, by=current())
        done = tables.answer(
            spec,
            given,
            at=tables.Place(form, view.task.activity),
            context=view.variables,
            lookups=sources.lookups(session, current()),
        )
    if isinstance(done, tables.Read):
        return _again(task_id, done.answers, restored=done.told, errors=done.errors)
    return done


def _form_and_answers(task_id: int) -> tuple[FormDefinition | None, dict[str, Any]]:
    """The task's form and what was posted; a task that is gone still shows what was typed."""
    try:
        with read_session() as session:
            task, form = worklist.form_of(session, task_id, by=current())
            return form, filling.answers(form, node=task.activity) if form else {}
    except TaskNotActive as error:
        raise _Gone(error) from error


class _Gone(Exception):
    """The task was done by somebody else before the form came."""

    def __init__(self, cause: TaskNotActive) -> None:
        super().__init__(cause.message)
        self.cause = cause


def _on_gone(error: _Gone) -> ResponseReturnValue:
    return _conflict(error.cause, None, {})


def _conflict(
    error: TaskNotActive, form: FormDefinition | None, given: Mapping[str, Any]
) -> ResponseReturnValue:
    """Who was first and when, with everything that was typed."""
    kept = typed.lines(form, given) if form else typed.posted()
    html = render_template(
        "errors/page.html",
        status=_("没有提交"),
        title=_("本环节已由他人办理"),
        text=error.message,
        facts=who_and_when(error),
        typed=kept,
        ways=[(url_for("worklist.inbox"), _("返回待办"))],
    )
    return html, 409


def _again(
    task_id: int,
    given: Mapping[str, Any],
    *,
    errors: Mapping[str, Any] | None = None,
    restored: str = "",
) -> str:
    with read_session() as session:
        view = worklist.view(session, task_id, by=current())
        return _render(session, view, given=given, errors=errors or {}, restored=restored)


def _render(
    session: Session,
    view: TaskView,
    *,
    given: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
    restored: str = "",
) -> str:
    mine = view.may_complete and view.task.assignee in _holders(view)
    form, drafted = view.form, view.draft.answers if view.draft else {}
    rights = filling.Rights(node=view.task.activity, may_edit=mine)
    values = given if given is not None else drafted
    shown = partial(
        filling.layout,
        context=view.variables,
        lookups=sources.lookups(session, current()),
    )
    layout = shown(form, values, errors, rights=rights) if form else []
    blank = shown(form, {}, rights=replace(rights, may_edit=True)) if form and not mine else []
    return render_template(
        "task/page.html",
        view=_shown(view, mine=mine),
        layout=layout,
        to_fill=_to_fill(blank),
        errors=filling.mistakes(form, errors) if form and errors else [],
        restored=restored,
        colleagues=_colleagues(session, view) if mine else [],
        people=_people(session, view) if mine else [],
        signing=signing.WORDS,
        askable=_askable(session, view) if mine else [],
        pauses=inquiries.pauses(session, view.task),
        phrases=phrases.beside(session) if mine else [],
        **cases.beside_task(session, view.case, view.task, by=current()),
    )


def _to_fill(blank: filling.Layout) -> list[filling.FieldView]:
    """What whoever takes the task on fills in, from the form as it is at first."""
    fields = (field for section in blank if section.visible for field in section.fields)
    return [one for one in fields if one.editable and one.visible and one.widget != "info"]


def _holders(view: TaskView) -> frozenset[str]:
    """In whose hands the task is this user's to do: the own, or the principal's."""
    principal = [str(view.principal.id)] if view.principal else []
    return frozenset([*principal] or [str(current().id)])


def _colleagues(session: Session, view: TaskView) -> list[User | Person]:
    if Action.TRANSFER_TASK not in actions_of(current()) or view.principal:
        return []
    return list(worklist.colleagues(session, view.task.id, by=current()))


def _people(session: Session, view: TaskView) -> Sequence[Person]:
    """Whom the holder could ask."""
    if view.principal or Action.DELEGATE_TASK in _missing():
        return []
    if not approvals.offered(view.task) & _ASKING:
        return []
    return approvals.people(session, view.task.id, by=current())


def _askable(session: Session, view: TaskView) -> Sequence[Person]:
    """Whose opinion could be asked."""
    allowed = approvals.offered(view.task) - _without_right()
    asks = inquiries.OPERATION in allowed
    return inquiries.people(session, view.task.id, by=current()) if asks else []


def _missing() -> frozenset[Action]:
    return frozenset(_RIGHTS.values()) - actions_of(current())


def _without_right() -> frozenset[str]:
    """Operations for which this user has no right, whatever the node allows."""
    held = actions_of(current())
    return frozenset(word for word, action in {**_RIGHTS, **_BESIDE}.items() if action not in held)


def _shown(view: TaskView, *, mine: bool) -> Shown:
    task = view.task
    allowed = approvals.offered(task) - _without_right()
    if not mine:
        allowed &= {"claim"} if view.may_claim else set()
    elif view.principal:
        allowed &= AGENT_MAY
    elif not view.may_release:
        allowed -= {"release"}
    return Shown(
        id=task.id,
        title=task.name or task.activity,
        form_title=view.form.title if view.form else _("确认办理"),
        due=task.due_at,
        mine=mine,
        holder=view.holder,
        operations=allowed,
        reason=view.why_not,
        kind=_(boards.KINDS[task.kind]) if task.kind in boards.KINDS else "",
        saved_at=view.draft.saved_at if view.draft else None,
        acting_for=view.principal.name if view.principal else "",
        labels=view.labels,
    )


def _back(task_id: int) -> tuple[str, str]:
    return url_for("task.page", task_id=task_id), _("返回本件")


blueprint.register_error_handler(_Gone, _on_gone)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
