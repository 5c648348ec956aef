"""A draft tried out by a program, and a letter of it drawn: as on the analyst's pages.

Invariant: nothing is stored and nothing leaves the server; a caller only carries on moves that this
server signed for him and this draft, so these calls need no Idempotency-Key.
"""

from dataclasses import replace
from typing import Any, cast

from sqlalchemy.orm import Session

from engine import clock
from processes.casework import sources
from processes.documents import documents
from processes.identity.roles import Action
from processes.letters import sample
from processes.modelling import modelling
from processes.modelling.trial import Kind, Move, Trial, Waiting
from processes.modelling.trial_words import candidates, expected_outputs, kind_of
from web.analyst import moves
from web.analyst.moves import State
from web.api import access, answers, blueprints, wire
from web.api.access import access as allow
from web.api.schemas.modelling import LetterText, TrialAt, TrialMove, TrialState
from web.database import read_session
from web.files import send

blueprint = blueprints.make("trial", "/drafts/<id:draft_id>", "流程草稿与发布")


@blueprint.post("/trial")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, TrialState)
def start(draft_id: int) -> Any:
    """开始试运行：可从哪里开始、要填什么表单；不留任何痕迹."""
    with read_session() as session:
        return _told(_deal(session, draft_id), State(clock.now()), draft_id)


@blueprint.post("/trial/moves")
@allow(Action.VIEW_LIBRARY)
@blueprint.arguments(TrialMove)
@blueprint.response(200, TrialState)
def step(arguments: dict[str, Any], draft_id: int) -> Any:
    """再走一步；走不通时说明原因，state 仍可用."""
    state = _state(arguments, draft_id)
    state.require_room()
    with read_session() as session:
        trial = _deal(session, draft_id)
        trial.play(state.moves, state.started_at)
        made = _move(trial, arguments["move"])
        trial.play([made], trial.now or state.started_at)
        return _told(trial, state.after(made), draft_id)


@blueprint.post("/trial/state")
@allow(Action.VIEW_LIBRARY)
@blueprint.arguments(TrialAt)
@blueprint.response(200, TrialState)
def state(arguments: dict[str, Any], draft_id: int) -> Any:
    """试运行现在走到哪里；草稿改动后按新的模型重走."""
    at = _state(arguments, draft_id)
    with read_session() as session:
        trial = _deal(session, draft_id)
        trial.play(at.moves, at.started_at)
        return _told(trial, at, draft_id)


@blueprint.post("/letter")
@allow(Action.VIEW_LIBRARY)
@blueprint.arguments(LetterText)
@blueprint.response(200, content_type="application/pdf", description="文书样张（PDF）")
def letter(arguments: dict[str, Any], draft_id: int) -> Any:
    """文书预览：按给出的文本画出样张，变量处写明名称；不必先保存."""
    with read_session() as session:
        modelling.view(session, draft_id, by=access.user())
    path = arguments["path"]
    pdf = sample.draw(documents.read(arguments["text"].encode(), path))
    return send(pdf, name=f"{path.rpartition('/')[2]}.pdf", content_type="application/pdf")


def _deal(session: Session, draft_id: int) -> Trial:
    view = modelling.view(session, draft_id, by=access.user())
    lookups = sources.lookups(session, access.user())
    return Trial(session, view.files, view.draft.key, lookups=lookups)


def _state(arguments: dict[str, Any], draft_id: int) -> State:
    return moves.read(arguments["state"], draft_id=draft_id, user_id=access.user().id)


def _move(trial: Trial, given: dict[str, Any]) -> Move:
    made = Move(cast(Kind, given["kind"]), given["activity"], given["ordinal"], text=given["text"])
    form, _context = moves.form_at(trial, made.activity, made.ordinal)
    # as they travel in the state: decimals are texts
    return replace(made, values=wire.plain(answers.with_files(form, given["answers"])))


def _told(trial: Trial, state: State, draft_id: int) -> dict[str, Any]:
    return {
        "state": moves.sign(state, draft_id=draft_id, user_id=access.user().id),
        "moves": len(state.moves),
        "now": trial.now or state.started_at,
        "completed": trial.completed,
        "beginnings": [] if trial.started else [_beginning(one) for one in trial.beginnings()],
        "waiting": [_waiting(one) for one in trial.waiting()],
        "active": trial.active(),
        "done": trial.done,
        "incidents": wire.plain(trial.stuck()),
        "variables": wire.plain(trial.variables),
        "lines": trial.lines,
    }


def _beginning(one: Any) -> dict[str, Any]:
    return {"activity": one.activity, "name": one.name, "form": one.form.id if one.form else ""}


def _waiting(one: Waiting) -> dict[str, Any]:
    return {
        "activity": one.wait.activity,
        "ordinal": one.ordinal,
        "name": one.name,
        "kind": kind_of(one.wait),
        "candidates": candidates(one.wait),
        "due_at": getattr(one.wait, "due_at", None),
        "form": one.form.id if one.form else "",
        "outputs": expected_outputs(one.wait),
    }
