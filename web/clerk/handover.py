"""离职转办 on pages: choose who takes over, look at every line, carry them out one by one.

Invariant: each line is a transaction of its own; one refusal stops nothing else, and the page
afterwards says of every line what became of it.
"""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import BanliError
from processes.approvals import handover
from processes.approvals.handover import HandoverRefused, Share
from processes.approvals.leaving import Held
from processes.identity import identity
from processes.identity.roles import Action
from processes.people import area, colleagues
from web.auth import current, policy
from web.confirming import sensitive
from web.database import read_session, run
from web.refusals import said
from web.words import N_, _

blueprint = Blueprint("handover", __name__)

KINDS: Final = {
    "role": N_("角色"),
    "task": N_("待办"),
    "seat": N_("审批席位"),
    "planned": N_("后续环节"),
    "question": N_("征询"),
    "agent": N_("代理"),
}
SHARES: Final = {
    Share.ONE: N_("全部给第一人"),
    Share.TURNS: N_("轮流均分"),
    Share.LEAST: N_("给待办最少的"),
}
_AFTER: Final = ("", "roles", "lock")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one line."""

    kind: str
    what: str
    to: str
    done: bool
    words: str


@blueprint.get("/handover")
@policy("staff", Action.TRANSFER_TASK)
def start() -> ResponseReturnValue:
    """The own work, for whoever leaves."""
    return _page(current().id)


@blueprint.post("/handover")
@policy("staff", Action.TRANSFER_TASK)
@sensitive
def carry_out() -> ResponseReturnValue:
    return _carried(current().id)


@blueprint.get("/admin/users/<int:user_id>/handover")
@policy("staff", Action.MANAGE_USERS)
def start_for(user_id: int) -> ResponseReturnValue:
    """The work of one who leaves or has left."""
    return _page(user_id)


@blueprint.post("/admin/users/<int:user_id>/handover")
@policy("staff", Action.MANAGE_USERS)
@sensitive
def carry_out_for(user_id: int) -> ResponseReturnValue:
    return _carried(user_id)


def _page(leaver: int) -> ResponseReturnValue:
    given = request.args.getlist("person")
    people = [int(one) for one in given if one.isascii() and one.isdigit()]
    share = Share(request.args.get("share", "")) if request.args.get("share") in SHARES else None
    problem, found = "", None
    with read_session() as session:
        account = _account(session, leaver)
        if share is not None:
            try:
                found = handover.preview(session, leaver, people, share=share, by=current())
            except HandoverRefused as refused:
                problem = said(refused.message)
        staff = [one for one in colleagues.staff(session, account.org_code) if one.id != leaver]
    html = render_template(
        "handover/page.html",
        account=account,
        own=leaver == current().id,
        staff=staff,
        names={one.id: one.name for one in staff},
        people=people,
        share=share or Share.ONE,
        shares=SHARES,
        kinds=KINDS,
        lines=found,
        problem=problem,
    )
    return (html, 422) if problem else html


def _carried(leaver: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        raise BanliError(_("请填写转办原因。"))
    keys = list(dict.fromkeys(request.form.getlist("line")))[:2000]
    results = [_one(leaver, key, to, reason) for key in keys for to in _chosen(key)]
    if leaver != current().id and request.form.get("after") in _AFTER[1:]:
        results.append(_after(leaver, request.form["after"]))
    with read_session() as session:
        account = _account(session, leaver)
    return render_template(
        "handover/done.html", account=account, results=results, own=leaver == current().id
    )


def _chosen(key: str) -> list[int | None]:
    """Who gets a line: nobody for what only ends; several may get a role."""
    given = request.form.getlist(f"to:{key}")
    people = [int(one) for one in given if one.isascii() and one.isdigit()]
    if people or key.startswith("role:"):
        return [*dict.fromkeys(people)]  # a role that is ticked for nobody is not handed over
    return [None]


def _one(leaver: int, key: str, to: int | None, reason: str) -> Result:
    name = request.form.get(f"what:{key}", key)[:200]
    kind = _(KINDS.get(key.partition(":")[0], N_("其他")))
    with read_session() as session:
        taker = identity.user(session, to).name if to else ""
    try:
        done: Held = run(handover.carry_out, leaver, key, to=to, by=current(), reason=reason)
    except BanliError as refused:
        return Result(kind, name, taker, done=False, words=said(refused.message))
    words = _("已终止") if done.ends else _("已转办")
    return Result(kind, done.what, taker, done=True, words=words)


def _after(leaver: int, wanted: str) -> Result:
    """Take the roles away, or lock the account, once the work has gone."""
    what = _("停用账号") if wanted == "lock" else _("收回全部角色")
    try:
        run(_closed if wanted == "lock" else _stripped, leaver)
    except BanliError as refused:
        return Result(_("账号"), what, "", done=False, words=said(refused.message))
    return Result(_("账号"), what, "", done=True, words=_("已办理"))


def _closed(session: Session, leaver: int) -> None:
    area.set_status(session, leaver, "locked", by=current())


def _stripped(session: Session, leaver: int) -> None:
    for role, org in identity.user(session, leaver).roles:
        area.withdraw_role(session, leaver, role, org_code=org, by=current())


def _account(session: Session, leaver: int) -> Any:
    if leaver != current().id:
        area.account(session, leaver, by=current())
    return identity.user(session, leaver)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
