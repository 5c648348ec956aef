"""Users, roles and organisations of an administrator's own area.

Invariant: an administrator sees and changes only what lies in his organisations and below; every
change is audited and acts at the person's next request.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine.errors import BanliError
from processes.domains import belonging, domains
from processes.identity import audit, organisations
from processes.identity.roles import ROLES, Action
from processes.model.people import Org, UserAccount, UserRole
from processes.people import accounts, area
from processes.rights import permissions
from web import by_business, exporting
from web.admin.permitted import ACTIONS
from web.auth import current, policy
from web.confirming import sensitive
from web.database import read_session, transaction
from web.i18n import titles
from web.wording import joined
from web.words import _

blueprint = Blueprint("people", __name__, url_prefix="/admin")

_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody holds, in words."""

    role: str
    name: str
    org_code: str
    org_name: str
    valid_to: date | None


@blueprint.get("/users")
@policy("staff", Action.MANAGE_USERS)
def users() -> ResponseReturnValue:
    q = request.args.get("q", "").strip()[:60]
    after = request.args.get("after", "")[:64]
    with read_session() as session:
        orgs = area.orgs(session, current())
        codes = [org.org_code for org in orgs]
        query = select(UserAccount).where(UserAccount.org_code.in_(codes), area.managed(current()))
        if q:
            like = UserAccount.name.contains(q, autoescape=True)
            query = query.where(or_(like, UserAccount.login.contains(q, autoescape=True)))
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        size = exporting.most(_PAGE)
        page = query.where(UserAccount.login > after).order_by(UserAccount.login).limit(size + 1)
        rows = list(session.scalars(page))
        roles = _roles_of(session, [row.id for row in rows])
        return exporting.page(
            "admin/users.html",
            rows=rows[:size],
            roles=roles,
            names={org.org_code: org.name for org in orgs},
            total=total,
            q=q,
            next=rows[size - 1].login if len(rows) > size else "",
            after=after,
        )


@blueprint.route("/users/new", methods=["GET", "POST"])
@policy("staff", Action.MANAGE_USERS)
def new_user() -> ResponseReturnValue:
    error = ""
    if request.method == "POST":
        try:
            user_id, word = _create()
        except BanliError as refused:
            error = refused.message
        else:
            flash(_("账号已开通，初始密码 %(word)s，请当面告知本人，首次登录须修改。", word=word))
            return redirect(url_for("people.user", user_id=user_id), code=303)
    with read_session() as session:
        orgs = area.orgs(session, current())
        html = render_template(
            "admin/user_new.html",
            orgs=orgs,
            error=error,
            typed=request.form,
            roles=_roles_to_give(session),
            must=area.appoints(current()) != frozenset(ROLES),
        )
    return (html, 422) if error else html


def _create() -> tuple[int, str]:
    login, name, org, number, role = (
        request.form.get(one, "").strip()[:100] for one in ("login", "name", "org", "id_no", "role")
    )
    with transaction() as session:
        account, word = area.open_account(
            session, login, name=name, org_code=org, id_no=number, by=current(), role=role
        )
        return account.id, word


@blueprint.get("/users/<int:user_id>")
@policy("staff", Action.MANAGE_USERS)
def user(user_id: int) -> ResponseReturnValue:
    with read_session() as session:
        account = area.account(session, user_id, by=current())
        orgs = area.orgs(session, current())
        return render_template(
            "admin/user.html",
            account=account,
            held=_roles_of(session, [user_id]).get(user_id, []),
            orgs=orgs,
            org_name=next((o.name for o in orgs if o.org_code == account.org_code), ""),
            roles=_roles_to_give(session),
        )


def _roles_to_give(session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """The roles that this administrator gives, by business, that of the own agency first."""
    own = organisations.get(session, current().org_code).kind if current().org_code else ""
    return by_business.roles(area.appoints(current()), belonging.of_org_kinds().get(own, ""))


@blueprint.post("/users/<int:user_id>/roles")
@policy("staff", Action.MANAGE_USERS)
@sensitive
def roles(user_id: int) -> ResponseReturnValue:
    """Give or take away one role at one organisation."""
    role, org_code = request.form.get("role", ""), request.form.get("org", "")
    with transaction() as session:
        account = area.account(session, user_id, by=current())
        area.require_role(current(), role)
        if org_code not in {org.org_code for org in area.orgs(session, current())}:
            permissions.require(
                current(), Action.MANAGE_USERS, organisations.get(session, org_code)
            )
        if request.form.get("act") == "withdraw":
            accounts.withdraw_role(session, account, role, org_code=org_code, by=current())
            done, action = _("角色已收回"), "role.withdrawn"
        else:
            accounts.grant_role(session, account, role, org_code=org_code, valid_to=_valid_to())
            done, action = _("角色已授予"), "role.assigned"
        subject = ("user", user_id)
        audit.record(session, action, by=current(), subject=subject, detail=f"{role}@{org_code}")
    flash(done)
    return redirect(url_for("people.user", user_id=user_id), code=303)


@blueprint.post("/users/<int:user_id>/status")
@policy("staff", Action.MANAGE_USERS)
@sensitive
def status(user_id: int) -> ResponseReturnValue:
    """Lock, reopen, or give a new first password."""
    wanted = request.form.get("status", "")
    if wanted not in ("active", "locked", "password"):
        abort(400)
    if user_id == current().id:
        raise BanliError("不能停用或重置自己的账号，请由其他管理员办理。")
    text, kind = _("账号状态已更新"), "message"
    with transaction() as session:
        account = area.account(session, user_id, by=current())
        if wanted == "password":
            word = secrets.token_urlsafe(9) + "a1"
            accounts.set_password(session, account, word, must_change=True)
            text, kind = _("新的初始密码 %(word)s，请当面告知本人。", word=word), "stays"
        elif wanted == "locked":
            accounts.close_account(session, account, status="locked", by=current())
        else:
            account.status = "active"
        audit.record(session, f"user.{wanted}", by=current(), subject=("user", user_id))
    flash(text, kind)  # shown this once: a first password must not fade before it is written down
    return redirect(url_for("people.user", user_id=user_id), code=303)


@blueprint.get("/organisations")
@policy("staff", Action.MANAGE_USERS, Action.MANAGE_ORGS)
def orgs() -> ResponseReturnValue:
    with read_session() as session:
        rows = area.orgs(session, current())
        codes = [row.org_code for row in rows]
        counted = session.execute(
            select(UserAccount.org_code, func.count())
            .where(UserAccount.org_code.in_(codes))
            .group_by(UserAccount.org_code)
        )
        least = min((row.path.count("/") for row in rows), default=0)
        return exporting.page(
            "admin/orgs.html",
            rows=rows,
            counts=dict(counted.tuples().all()),
            least=least,
            kinds=titles(domains.current().org_kinds),
            may_manage=permissions.allowed(current(), Action.MANAGE_ORGS),
        )


@blueprint.get("/roles")
@policy("staff", Action.MANAGE_USERS)
def role_list() -> ResponseReturnValue:
    with read_session() as session:
        codes = [org.org_code for org in area.orgs(session, current())]
        counted = session.execute(
            select(UserRole.role, func.count())
            .where(UserRole.org_code.in_(codes))
            .group_by(UserRole.role)
        )
        counts = dict(counted.tuples().all())
    permitted = {
        code: joined(_(ACTIONS[action]) for action in ACTIONS if action in info.actions)
        for code, info in ROLES.items()
    }
    return exporting.page("admin/roles.html", roles=ROLES, counts=counts, permitted=permitted)


def _roles_of(session: Session, user_ids: Sequence[int]) -> dict[int, list[Held]]:
    found: dict[int, list[Held]] = {}
    query = select(UserRole, Org.name).join(Org, Org.org_code == UserRole.org_code)
    for row, org_name in session.execute(
        query.where(UserRole.user_id.in_(user_ids)).order_by(UserRole.id)
    ):
        name = ROLES[row.role].name if row.role in ROLES else row.role
        held = Held(row.role, name, row.org_code, org_name, row.valid_to)
        found.setdefault(row.user_id, []).append(held)
    return found


def _valid_to() -> date | None:
    text = request.form.get("valid_to", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BanliError("有效期应写成 2026-11-22 的形式。") from None
