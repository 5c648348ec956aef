"""代理: whom somebody lets act during an absence; for oneself, and for administrators of an area.

Invariant: every command is `processes.agents`; a form that is refused comes back as it was typed,
with the reason.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine import clock, repository
from engine.errors import NotFound
from processes.identity import identity
from processes.identity.roles import Action
from processes.people import agents, area
from processes.people.agents import Agency, AgentRefused, Wanted
from web import exporting
from web.auth import actions_of, current, policy
from web.confirming import sensitive
from web.database import read_session, run
from web.refusals import said
from web.words import N_, _

blueprint = Blueprint("agents", __name__)

STATES: Final = {
    "on": (N_("代理中"), "green"),
    "ahead": (N_("未开始"), "blue"),
    "over": (N_("已到期"), ""),
    "revoked": (N_("已收回"), ""),
}


@blueprint.get("/agents")
@policy("staff", Action.SET_AGENT, Action.COMPLETE_TASK)
def mine() -> ResponseReturnValue:
    return _mine()


@blueprint.post("/agents")
@policy("staff", Action.SET_AGENT)
def entrust() -> ResponseReturnValue:
    """Let somebody act for oneself."""
    try:
        run(agents.entrust, _wanted(current().id), by=current())
    except AgentRefused as refused:
        return _mine(said(refused.message)), 422
    flash(_("已设置代理，对方已收到通知"))
    return redirect(url_for("agents.mine"), code=303)


@blueprint.post("/agents/<int:substitution_id>/revoke")
@policy("staff", Action.SET_AGENT, Action.MANAGE_USERS)
def revoke(substitution_id: int) -> ResponseReturnValue:
    run(agents.revoke, substitution_id, by=current())
    flash(_("代理已收回，立即生效"))
    admin = request.form.get("from") == "admin"
    return redirect(url_for("agents.of_area" if admin else "agents.mine"), code=303)


@blueprint.get("/admin/agents")
@policy("staff", Action.MANAGE_USERS)
def of_area() -> ResponseReturnValue:
    """All substitutions of the area, and whom to set one for."""
    return _of_area()


@blueprint.post("/admin/agents")
@policy("staff", Action.MANAGE_USERS)
@sensitive
def entrust_for() -> ResponseReturnValue:
    """Let somebody act for one who is away."""
    principal = _number("principal")
    if principal is None:
        return _of_area(_("请选择被代理人")), 422
    try:
        run(agents.entrust, _wanted(principal), by=current())
    except (AgentRefused, NotFound) as refused:
        return _of_area(said(refused.message)), 422
    flash(_("已设置代理，双方已收到通知"))
    return redirect(url_for("agents.of_area"), code=303)


def _mine(problem: str = "") -> str:
    with read_session() as session:
        return render_template(
            "agents/mine.html",
            given=_shown(session, agents.given(session, current())),
            taken=_shown(session, agents.taken(session, current())),
            may_set=Action.SET_AGENT in actions_of(current()),
            people=agents.eligible(session, current()),
            **_form(session, problem),
        )


def _of_area(problem: str = "") -> str | Response:
    principal = request.values.get("principal", "")
    with read_session() as session:
        chosen, found = None, []
        if principal.isascii() and principal.isdigit():
            chosen = area.account(session, int(principal), by=current())
            found = list(agents.eligible(session, identity.user(session, chosen.id)))
        return exporting.page(
            "agents/area.html",
            rows=_shown(session, agents.within(session, current())),
            staff=[
                one
                for one in area.users(session, current(), limit=100)
                if one.kind == "staff" and one.status == "active"
            ],
            chosen=chosen,
            people=found,
            **_form(session, problem),
        )


def _form(session: Session, problem: str) -> dict[str, Any]:
    return {
        "processes": _processes(session),
        "today": clock.today(),
        "most": agents.MOST.days,
        "problem": problem,
        "typed": request.form,
    }


def _processes(session: Session) -> list[tuple[str, str]]:
    return [(one.key, one.name or one.key) for one in repository.all_latest(session)]


def _shown(session: Session, found: Sequence[Agency]) -> list[dict[str, Any]]:
    names = dict(_processes(session))
    return [
        {
            "id": one.row.id,
            "principal": one.principal,
            "agent": one.agent,
            "starts_on": one.row.starts_on,
            "ends_on": one.row.ends_on,
            "processes": [names.get(key, key) for key in one.row.processes.split()],
            "amount": None if one.row.amount_limit is None else one.row.amount_limit / Decimal(100),
            "reason": one.row.reason,
            "state": _(STATES[one.state][0]),
            "tone": STATES[one.state][1],
            "open": one.state in {"on", "ahead"},
        }
        for one in found
    ]


def _wanted(principal: int) -> Wanted:
    agent = _number("agent")
    if agent is None:
        raise AgentRefused(_("请选择代理人"))
    return Wanted(
        principal=principal,
        agent=agent,
        starts_on=_day("starts_on", _("开始日期")),
        ends_on=_day("ends_on", _("结束日期")),
        processes=request.form.getlist("process")[:100],
        amount_limit=_fen(request.form.get("amount", "").strip()),
        reason=request.form.get("reason", ""),
    )


def _day(name: str, title: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise AgentRefused(_("请填写%(title)s", title=title)) from None


def _fen(text: str) -> int | None:
    if not text:
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise AgentRefused(_("金额上限应为数字，如 10000")) from None
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise AgentRefused(_("金额上限最多两位小数"))
    return int(amount * 100)


def _number(name: str) -> int | None:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
