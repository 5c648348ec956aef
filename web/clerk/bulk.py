"""Several tasks at once: claimed, put back, assigned or done, each with its own result and audit.

Invariant: one refusal stops nothing else; the page afterwards says of every task what became of it.
Done together are tasks of one step of one process, with one form, after a look at all of them; the
step's model says whether that may be (`banli:operations`, bulk).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import BanliError, Forbidden
from engine.model import UserTask
from forms.definition import FormDefinition, FormInvalid
from processes.approvals import assigning
from processes.casework import sources
from processes.desk import worklist as desk
from processes.desk.worklist import TaskView
from processes.identity.roles import Action
from processes.model.cases import Case
from web import filling
from web.auth import current, policy
from web.database import read_session, run
from web.refusals import said
from web.words import N_, _

blueprint = Blueprint("bulk", __name__, url_prefix="/inbox/bulk")
MOST: Final = 100
OPERATION: Final = "bulk"
_HANDLE: Final = (Action.COMPLETE_TASK, Action.CLAIM_TASK)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one task; no number for one that was not open any more."""

    task_id: int
    reference: str
    title: str
    step: str
    done: bool
    words: str


def _assign(session: Session, task_id: int) -> None:
    to = request.form.get("to", "")
    if not (to.isascii() and to.isdigit()):
        raise BanliError(_("请选择分派给谁。"))
    assigning.assign(session, task_id, by=current(), to=int(to))


_ACTS: Final[Mapping[str, tuple[Callable[[Session, int], None], str, str]]] = {
    "claim": (
        lambda session, one: desk.claim(session, one, by=current()),
        N_("批量签收"),
        N_("已签收"),
    ),
    "release": (
        lambda session, one: desk.release(session, one, by=current()),
        N_("批量退回待签收"),
        N_("已退回待签收"),
    ),
    "assign": (_assign, N_("批量分派"), N_("已分派")),
}


@blueprint.post("")
@policy("staff", Action.CLAIM_TASK, Action.ASSIGN_TASK)
def act() -> ResponseReturnValue:
    """Do the same to every task that is ticked."""
    verb, ids = request.form.get("do", ""), _ticked()
    if verb not in _ACTS:
        raise BanliError(_("请先勾选要办理的事项。"))
    command, title, done = _ACTS[verb]
    return _each(ids, command, title=_(title), done=_(done))


@blueprint.post("/review")
@policy("staff", *_HANDLE)
def review() -> ResponseReturnValue:
    """One screen with all that is ticked and the form that will be handed in for each."""
    return _review(_ticked())


@blueprint.post("/complete")
@policy("staff", *_HANDLE)
def complete() -> ResponseReturnValue:
    """Hand in the same form for every task that is still ticked."""
    ids = _ticked()
    with read_session() as session:
        views = _together(session, ids)
    form, node = views[0].form, views[0].task.activity
    given = common(form, filling.answers(form, node=node)) if form else {}

    def hand_in(session: Session, task_id: int) -> None:
        desk.submit(session, task_id, by=current(), answers=given)

    if form is not None and (wrong := _wrong(form, given, views[0])):
        return _review(ids, given=given, errors=wrong), 422
    return _each(ids, hand_in, title=_("批量办理"), done=_("已提交"))


def _ticked() -> list[int]:
    # beside a form's own fields the tasks are the page's, with `_` in front
    given = request.form.getlist("task") + request.form.getlist("_task")
    ids = [int(one) for one in given if one.isascii() and one.isdigit()]
    if not ids:
        raise BanliError(_("请先勾选要办理的事项。"))
    return list(dict.fromkeys(ids))[:MOST]


def _each(
    ids: Sequence[int], command: Callable[[Session, int], None], *, title: str, done: str
) -> str:
    known, results = _known(ids), []
    for task_id in ids:
        words, well = done, True
        try:
            run(command, task_id)
        except FormInvalid as refused:
            words, well = "；".join(one for two in refused.errors.values() for one in two), False
        except BanliError as refused:
            words, well = said(refused.message), False
        results.append(Result(task_id, *known.get(task_id, ("", "", "")), done=well, words=words))
    return render_template("worklist/bulk.html", results=results, title=title)


def _known(ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    """Number, title and step of the tasks, as they are before anything is done."""
    query = (
        select(UserTask.id, Case.reference, Case.title, UserTask.name)
        .join(Case, Case.id == UserTask.instance_id)
        .where(UserTask.id.in_(ids))
    )
    with read_session() as session:
        return {row[0]: (row[1], row[2], row[3]) for row in session.execute(query)}


def _together(session: Session, ids: Sequence[int]) -> list[TaskView]:
    """The tasks, if they may be done together.

    Raises:
        Forbidden: not all of one step, or the step's model does not allow it.
    """
    views = [desk.view(session, one, by=current()) for one in ids]
    steps = {(one.task.definition_id, one.task.activity, one.task.kind) for one in views}
    if len(steps) > 1:
        names = "、".join(dict.fromkeys(one.task.name for one in views))
        raise Forbidden(_("只能批量办理同一事项的同一环节，现在选了：%(names)s", names=names))
    if OPERATION not in views[0].task.operations.split():
        raise Forbidden(_("本环节须逐件办理，不能批量办理"))
    return views


def _own(form: FormDefinition) -> frozenset[str]:
    """Confirmations that only some cases ask for: nobody makes them for many at a time."""
    return frozenset(
        one.name for one in form.fields() if one.shown_if and one.options.get("must_accept")
    )


def common(form: FormDefinition, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is handed in for all alike: without the confirmations that only some ask for."""
    own = _own(form)
    return {name: value for name, value in given.items() if name not in own}


def _wrong(form: FormDefinition, given: Mapping[str, Any], view: TaskView) -> dict[str, Any]:
    """What is wrong with the answers themselves, before the first of the tasks is handed in."""
    with read_session() as session:
        lookups = sources.lookups(session, current())
        try:
            form.validate(given, context=view.variables, node=view.task.activity, lookups=lookups)
        except FormInvalid as refused:
            return common(form, refused.errors)  # the others are each case's own to be told
    return {}


def _review(
    ids: Sequence[int],
    *,
    given: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
) -> str:
    with read_session() as session:
        views = _together(session, ids)
        layout = _fillable(session, views[0], given or {}, errors)
    form = views[0].form
    return render_template(
        "worklist/review.html",
        views=views,
        layout=layout,
        errors=filling.mistakes(form, errors) if form and errors else [],
        title=views[0].task.name,
    )


def _fillable(
    session: Session, view: TaskView, given: Mapping[str, Any], errors: Mapping[str, Any] | None
) -> filling.Layout:
    """The fields to fill in; what is read differs from case to case and stands on its page."""
    if view.form is None:
        return []
    sections = filling.layout(
        view.form,
        given,
        errors,
        context=view.variables,
        rights=filling.Rights(node=view.task.activity),
        lookups=sources.lookups(session, current()),
    )
    own = _own(view.form)
    kept = (
        replace(one, fields=[two for two in one.fields if two.editable and two.name not in own])
        for one in sections
    )
    return [one for one in kept if one.fields]


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
