"""Trying a draft out in the page, move by move; the moves travel with the page, signed.

Invariant: nothing is stored and nothing leaves the server; a page can only replay moves that this
server signed for this user and this draft.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError, DeploymentRejected
from forms.definition import FormDefinition, FormInvalid
from forms.lookups import Lookups
from processes.casework import sources
from processes.identity.roles import Action
from processes.modelling import modelling
from processes.modelling.modelling import DraftView
from processes.modelling.trial import KINDS, Move, Trial, Waiting
from processes.modelling.trial_values import MoveRefused
from processes.modelling.trial_words import candidates, expected_outputs, kind_of, said
from web import filling
from web.analyst import moves
from web.analyst.moves import State
from web.auth import current, policy
from web.database import read_session
from web.filling import Layout, Rights
from web.security import allow_inline_styles

blueprint = Blueprint("trial", __name__, url_prefix="/drafts/<int:draft_id>/trial")


@dataclass(frozen=True, slots=True)
class Opened:
    """What the analyst is about to move: its form as typed so far, and what was wrong."""

    activity: str
    ordinal: int
    form: FormDefinition | None
    layout: Layout | None
    errors: Any = ()
    text: str = ""


@blueprint.get("")
@policy("staff", Action.VIEW_LIBRARY)
def page(draft_id: int) -> ResponseReturnValue:
    return _page(draft_id, State(clock.now()))


@blueprint.post("")
@policy("staff", Action.VIEW_LIBRARY)
def step(draft_id: int) -> ResponseReturnValue:
    """One move more, one back, or another thing opened."""
    state = moves.read(request.form.get("_state", ""), draft_id=draft_id, user_id=current().id)
    if "_undo" in request.form:
        return _page(draft_id, State(state.started_at, state.moves[:-1]))
    if "_open" in request.form:
        return _page(draft_id, state)
    state.require_room()
    return _page(draft_id, state, move=True)


def _page(draft_id: int, state: State, *, move: bool = False) -> tuple[str, int]:
    allow_inline_styles()
    with read_session() as session:
        view = modelling.view(session, draft_id, by=current())
        table = _Table(session, view, sources.lookups(session, current()))
        try:
            trial = table.deal()
        except BanliError as error:
            return _not_playable(view, error)
        problem = _replay(trial, state)
        if problem:
            state = State(state.started_at, state.moves[: trial.moves])
            trial = table.replayed(state)
        elif move:
            return _moved(table, trial, state)
        html = table.render(trial, state, _open(table, trial, *_wanted(trial)), problem)
    return html, 200


def _replay(trial: Trial, state: State) -> str:
    """Play what was played before; a sentence if the model does not take it any more."""
    try:
        trial.play(state.moves, state.started_at)
    except BanliError as error:
        number = trial.moves + 1
        why = error.message
        text = _("模型修改后，第 %(n)s 步不再适用，已退回到它之前：%(why)s", n=number, why=why)
        return str(text)
    return ""


def _moved(table: "_Table", trial: Trial, state: State) -> tuple[str, int]:
    """The posted move made; or what it was made with, shown again, and why it does not go."""
    made = _posted_move(trial)
    try:
        trial.play([made], trial.now or state.started_at)
    except FormInvalid as error:
        trial = table.replayed(state)
        opened = _open(table, trial, made.activity, made.ordinal, move=made, error=error)
        return table.render(trial, state, opened), 422
    except BanliError as error:
        trial = table.replayed(state)  # what broke off half-way is thrown away
        opened = _open(table, trial, made.activity, made.ordinal, move=made)
        return table.render(trial, state, opened, error.message), 422
    return table.render(trial, state.after(made), _open(table, trial, *_wanted(trial))), 200


def _posted_move(trial: Trial) -> Move:
    kind, activity = request.form.get("_kind", ""), request.form.get("_activity", "")
    ordinal = request.form.get("_ordinal", "0")
    if kind not in KINDS or not (ordinal.isascii() and ordinal.isdigit()):
        raise MoveRefused(_("页面发来的内容不完整，请重试。"))
    form, _context = moves.form_at(trial, activity, int(ordinal))
    answers = {}
    if form is not None and kind in ("start", "complete", "deliver"):
        answers = filling.answers(form, node=activity if trial.started else "apply")
    return Move(kind, activity, int(ordinal), answers, request.form.get("_text", "")[:20000])


def _wanted(trial: Trial) -> tuple[str, int]:
    """What to open: as chosen, else the first thing that waits."""
    activity, _colon, ordinal = request.form.get("_open", "").rpartition(":")
    if activity and ordinal.isascii() and ordinal.isdigit():
        return activity, int(ordinal)
    first: Waiting | None = next(iter(trial.waiting()), None)
    if first is not None:
        return first.wait.activity, first.ordinal
    return ("" if trial.started else trial.beginnings()[0].activity), 0


def _open(
    table: "_Table",
    trial: Trial,
    activity: str,
    ordinal: int,
    *,
    move: Move | None = None,
    error: FormInvalid | None = None,
) -> Opened:
    form, context = moves.form_at(trial, activity, ordinal)
    node = activity if trial.started else "apply"
    typed = dict(move.values) if move else {}
    layout = None
    if form is not None:
        rights = Rights(node=node, may_edit=True)
        errors = error.errors if error else {}
        layout = filling.layout(
            form, typed, errors, context=context, rights=rights, lookups=table.lookups
        )
    summary = filling.mistakes(form, error.errors) if form and error else ()
    return Opened(activity, ordinal, form, layout, summary, move.text if move else "")


@dataclass(frozen=True, slots=True)
class _Table:
    """What every trial of this request is played with."""

    session: Session
    view: DraftView
    lookups: Lookups

    def deal(self) -> Trial:
        """A new trial of the draft.

        Raises:
            BanliError: the draft cannot be played; DeploymentRejected has its findings.
        """
        key = self.view.draft.key
        return Trial(self.session, self.view.files, key, lookups=self.lookups)

    def replayed(self, state: State) -> Trial:
        """A new trial in a state that is known to go."""
        trial = self.deal()
        trial.play(state.moves, state.started_at)
        return trial

    def render(self, trial: Trial, state: State, opened: Opened, problem: str = "") -> str:
        """The page."""
        waits = trial.waiting()
        return render_template(
            "analyst/trial.html",
            view=self.view,
            draft=self.view.draft,
            trial=trial,
            opened=opened,
            problem=problem,
            moves=len(state.moves),
            state=moves.sign(state, draft_id=self.view.draft.id, user_id=current().id),
            candidates=candidates,
            waiting=[(one, kind_of(one.wait), expected_outputs(one.wait)) for one in waits],
            variables=[(name, said(value)) for name, value in sorted(trial.variables.items())],
            diagram={
                "xml": self.view.files[trial.compiled.file].decode(),
                "state": _marks(trial),
            },
        )


def _marks(trial: Trial) -> dict[str, Any]:
    elements: dict[str, dict[str, Any]] = {}
    for activity in trial.done:
        elements[activity] = {"mark": "returned" if activity in elements else "done"}
    for activity, count in trial.active().items():
        elements[activity] = {"mark": "current", "count": count if count > 1 else 0}
    for one in trial.stuck():
        elements[one.activity] = {"mark": "incident", "note": one.message[:40]}
    return {"elements": elements, "flows": []}


def _not_playable(view: DraftView, error: BanliError) -> tuple[str, int]:
    findings = error.findings if isinstance(error, DeploymentRejected) else ()
    html = render_template(
        "analyst/not_playable.html",
        view=view,
        draft=view.draft,
        findings=findings,
        message=error.message,
    )
    return html, 422
