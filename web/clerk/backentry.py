"""补录: the page on which a decision made outside of the system is entered with its true date.

Invariant: every command is `processes.backentry`; what was refused is shown again as it was typed,
each mistake beside its field.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import Conflict, LimitExceeded
from forms.definition import FormInvalid
from processes.casework import sources
from processes.desk import backentry, worklist
from processes.desk.worklist import TaskView
from processes.identity.roles import Action
from processes.model.cases import Case
from web import filling
from web.auth import current, policy
from web.database import read_session, run
from web.words import _

blueprint = Blueprint("backentry", __name__, url_prefix="/tasks/<int:task_id>/backentry")

Answers = dict[str, Any]


@blueprint.get("")
@policy("staff", Action.BACKENTER)
def page(task_id: int) -> ResponseReturnValue:
    return _page(task_id)


@blueprint.post("")
@policy("staff", Action.BACKENTER)
def enter(task_id: int) -> ResponseReturnValue:
    case_id, step, late = _typed(task_id)
    try:
        run(backentry.enter_form, task_id, by=current(), answers=step, late=late)
    except FormInvalid as refused:
        return _page(task_id, {**step, **late}, errors=refused.errors), 422
    except (Conflict, LimitExceeded) as refused:
        return _page(task_id, {**step, **late}, problem=refused.message), 409
    flash(_("已补录，期限按实际办理时间计算"))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/refresh")
@policy("staff", Action.BACKENTER)
def refresh(task_id: int) -> ResponseReturnValue:
    """Which fields of the step show and which are required with the answers as they stand."""
    _case_id, step, _late = _typed(task_id)
    with read_session() as session:
        sections = _of_step(session, worklist.view(session, task_id, by=current()), step)
    return jsonify(fields=filling.states(sections))


def _typed(task_id: int) -> tuple[int, Answers, Answers]:
    """The case, what was typed into the form of the step, and into that of the late entry."""
    with read_session() as session:
        task, form = worklist.form_of(session, task_id, by=current())
    late = filling.answers(backentry.form(), node=None)
    step = filling.answers(form, node=task.activity) if form else {}
    return task.instance_id, _named(step, late=False), _named(late, late=True)


def _named(given: Mapping[str, Any], *, late: bool) -> Answers:
    return {k: v for k, v in given.items() if k.startswith(backentry.FIELDS) is late}


def _of_step(
    session: Session,
    view: TaskView,
    given: Mapping[str, Any],
    errors: Mapping[str, Sequence[str]] | None = None,
) -> filling.Layout:
    if view.form is None:
        return []
    rights = filling.Rights(node=view.task.activity, may_edit=True)
    lookups = sources.lookups(session, current())
    context = view.variables
    return filling.layout(view.form, given, errors, context=context, rights=rights, lookups=lookups)


def _page(
    task_id: int,
    given: Mapping[str, Any] | None = None,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    problem: str = "",
) -> str:
    form, typed = backentry.form(), given or {}
    rights = filling.Rights(node=None, may_edit=True)
    with read_session() as session:
        lookups = backentry.lookups(session, task_id, by=current())
        view = worklist.view(session, task_id, by=current())
        told = filling.layout(form, typed, errors, context={}, rights=rights, lookups=lookups)
        wrong = filling.mistakes(form, _named(errors or {}, late=True))
        if view.form is not None:
            wrong += filling.mistakes(view.form, _named(errors or {}, late=False))
        return render_template(
            "task/backentry.html",
            task=view.task,
            case=session.get_one(Case, view.task.instance_id),
            layout=told,
            step=_of_step(session, view, typed, errors),
            deciders=lookups.sources["deciders"].search("", {}),
            errors=wrong,
            problem=problem,
        )


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
