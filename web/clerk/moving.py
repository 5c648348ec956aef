"""Pages that move a case by hand: 退回, 撤回, and for managers 跳转, 作废, 唤醒.

Invariant: whose tasks a move cancels stands on the page before it is ordered; what was refused is
shown again with all that was typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Conflict
from engine.model import UserTask
from engine.move_places import MoveRefused
from processes.casework import cases
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.movement import ending, movement, reclaiming, targets
from processes.movement.movement import Order, Preview
from processes.movement.targets import Target
from processes.rights import opened
from web.auth import actions_of, current, policy
from web.clerk import phrases
from web.database import read_session, run
from web.words import N_, _

blueprint = Blueprint("moving", __name__)

PHRASES: Final = (
    N_("材料不齐全，请补充后重新报送。"),
    N_("材料不清晰，请核对后重新上传。"),
    N_("填写内容与材料不一致，请核实。"),
    N_("适用依据有误，请重新审查。"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """A node to move to, with what going there would do."""

    target: Target
    preview: Preview
    returning: bool

    @property
    def group(self) -> str:
        """The called processes that it lies in; empty for the case's own."""
        return " / ".join(self.target.called)


@blueprint.get("/tasks/<int:task_id>/return")
@policy("staff", Action.RETURN_TASK)
def choose(task_id: int) -> ResponseReturnValue:
    """To where a task may be returned, and whom each choice concerns."""
    return _return_page(task_id)


@blueprint.post("/tasks/<int:task_id>/return")
@policy("staff", Action.RETURN_TASK)
def send_back(task_id: int) -> ResponseReturnValue:
    order = ordered()
    try:
        run(movement.send_back, task_id, by=current(), order=order)
    except (Conflict, MoveRefused) as refused:
        return _return_page(task_id, refused.message), 409
    flash(_("已退回"))
    return redirect(url_for("worklist.inbox"), code=303)


@blueprint.post("/tasks/<int:task_id>/reclaim")
@policy("staff", Action.RECLAIM_TASK)
def reclaim(task_id: int) -> ResponseReturnValue:
    """Take back a task that one has finished."""
    made = run(reclaiming.reclaim, task_id, by=current(), reason=_text("reason"))
    flash(_("已撤回，本件回到您的待办"))
    if made:
        return redirect(url_for("task.page", task_id=made[0].id), code=303)
    return redirect(url_for("worklist.inbox"), code=303)


@blueprint.get("/cases/<int:case_id>/move")
@policy("staff", Action.JUMP_CASE, Action.VOID_CASE, Action.REOPEN_CASE)
def manage(case_id: int) -> ResponseReturnValue:
    """What a manager may order of a case beside holding and ending it."""
    return _case_page(case_id)


@blueprint.post("/cases/<int:case_id>/move/<any(jump, void, decide, reopen):command>")
@policy("staff", Action.JUMP_CASE, Action.VOID_CASE, Action.REOPEN_CASE)
def order(case_id: int, command: str) -> ResponseReturnValue:
    """Jump, ask to void, decide on that, or take up again."""
    orders = {"jump": _jump, "void": _void, "decide": _decide, "reopen": _reopen}
    try:
        leads_to = orders[command](case_id)
    except (Conflict, MoveRefused) as refused:
        return _case_page(case_id, refused.message), 409
    return redirect(url_for("cases.page", case_id=leads_to), code=303)


def of_case(session: Session, case: Case) -> dict[str, Any]:
    """What the page of a case offers: its manager's orders, and taking back one's last task."""
    actions = actions_of(current())
    task_id = None
    if Action.RECLAIM_TASK in actions and case.ended_at is None:
        task_id = reclaiming.reclaimable(session, case.id, by=current())
    may_move = bool(actions & {Action.JUMP_CASE, Action.VOID_CASE, Action.REOPEN_CASE})
    return {"reclaim_task": task_id, "may_move": may_move}


def _jump(case_id: int) -> int:
    run(movement.jump, case_id, by=current(), order=ordered(), mover=_mover())
    flash(_("已跳转"))
    return case_id


def _void(case_id: int) -> int:
    run(ending.ask_to_void, case_id, by=current(), reason=_text("reason"))
    flash(_("已提出作废申请，由另一人复核后生效"))
    return case_id


def _decide(case_id: int) -> int:
    if _text("agree") not in ("yes", "no"):
        raise Conflict(_("请选择同意或不同意作废"), field="agree")
    agree = _text("agree") == "yes"
    run(ending.void, case_id, by=current(), reason=_text("reason"), agree=agree)
    flash(_("已作废") if agree else _("已驳回作废申请"))
    return case_id


def _reopen(case_id: int) -> int:
    given = {name: _text(name) for name in ("at", "basis", "reason")}
    made = run(ending.reopen, case_id, by=current(), **given)
    flash(_("已唤醒，继续办理的工作单如下"))
    return int(made.id)


def _return_page(task_id: int, problem: str = "") -> str:
    with read_session() as session:
        found = movement.return_targets(session, task_id, by=current())
        task, _facts = opened.get(session, task_id)
        ways = _ways(session, task.instance_id, task_id, found, returning=True)
        usual = [{"id": "", "text": _(one), "mine": False} for one in PHRASES]
        return render_template(
            "task/return.html",
            task=task,
            label=movement.label(session, task),
            case=session.get_one(Case, task.instance_id),
            ways=ways,
            phrases=[*phrases.beside(session), *usual],
            problem=problem,
            typed=request.form,
        )


def _case_page(case_id: int, problem: str = "") -> str:
    with read_session() as session:
        case = cases.get(session, case_id, by=current())
        found: dict[str, Any] = {"task": None, "ways": [], "nodes": [], "movers": []}
        if case.ended_at is not None:
            found["nodes"] = targets.restartable(session, case_id)
        else:
            found |= _jumping(session, case_id)
        return render_template(
            "cases/move.html",
            case=case,
            pending=ending.pending(session, case_id),
            me=current().id,
            actions=actions_of(current()),
            problem=problem,
            typed=request.form,
            **found,
        )


def _jumping(session: Session, case_id: int) -> dict[str, Any]:
    try:
        task, nodes = movement.jump_targets(session, case_id, by=current(), mover=_mover())
    except Conflict:
        return {}  # no task is open from which to jump
    query = select(UserTask).where(UserTask.instance_id == case_id).order_by(UserTask.id)
    movers = {one.activity: one for one in session.scalars(query)} | {task.activity: task}
    return {
        "task": task,
        "movers": list(movers.values()),
        "ways": _ways(session, case_id, task.id, nodes),
    }


def _mover() -> int | None:
    """The open task from which to jump, where the page or its address says."""
    told = request.values.get("task", "")
    return int(told) if told.isascii() and told.isdigit() else None


def _ways(
    session: Session,
    case_id: int,
    mover: int,
    found: Sequence[Target],
    *,
    returning: bool = False,
) -> list[Way]:
    def shown(one: Target) -> movement.Preview:
        return movement.preview(session, case_id, mover, to=one.path, returning=returning)

    return [Way(one, shown(one), returning) for one in reversed(found)]


def ordered() -> Order:
    """The move that the posted form orders."""
    to = _text("to")
    agreed = request.form.getlist(f"lost:{to}") if request.form.get("agree") else []
    return Order(
        to=to,
        reason=_text("reason"),
        straight=_text("way") == "straight",
        recompute=_text("who") == "anew",
        confirmed=frozenset(int(one) for one in agreed if one.isascii() and one.isdigit()),
    )


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:500]


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
