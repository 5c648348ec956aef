"""Authority of the administrator's area (机构权限管理): who was let to do which business, by whom.

Invariant: an administrator grants for the organisations he administers himself, and revokes what
they or organisations below them granted; the delegation table decides, its sentence stands at the
field it speaks of. Source of the rules: Y-35, Y-40 to Y-42, Y-78, Y-79.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from engine import clock
from engine.errors import BanliError, NotFound
from processes.domains import domains
from processes.identity import authority, organisations
from processes.identity.authority import BUSINESSES, SCOPES, GrantRefused, Wanted
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.people import AuthorityGrant, Org
from processes.people import area
from processes.rights import permissions
from web import exporting
from web.auth import current, policy
from web.confirming import sensitive
from web.database import read_session, transaction
from web.display import Badge
from web.i18n import titles
from web.words import N_, _

blueprint = Blueprint("grants", __name__, url_prefix="/admin/grants")

BASIS: Final = "《中华人民共和国海事局关于游艇驾驶证签发管理有关事项的通知》"
STATUS: Final = {
    "active": Badge(N_("有效"), "green"),
    "revoked": Badge(N_("已收回"), "red"),
    "expired": Badge(N_("已到期")),
}
# the texts of the two code lists, for the catalogue
WORDS: Final = (
    N_("培训"),
    N_("考试"),
    N_("游艇驾驶证签发"),
    N_("海船游艇"),
    N_("内河游艇"),
)
# the field each row of the delegation table speaks of
_FIELD_OF: Final[Mapping[int, str]] = {
    0: "valid_to",
    2: "may_delegate",
    4: "may_delegate",
    6: "may_delegate",
    7: "grantee",
    8: "business",
    9: "grantor",
    10: "grantee",
}


@dataclass(slots=True)
class Typed:
    """A form of a new grant as it came: its values, and what is wrong at which field."""

    errors: dict[str, str] = field(default_factory=dict)
    dates: dict[str, date] = field(default_factory=dict)

    def read(self, form: MultiDict[str, str]) -> None:
        for name in ("grantor", "grantee", "scope"):
            if not form.get(name):
                self.errors[name] = _("请选择")
        if not form.getlist("business"):
            self.errors["business"] = _("请至少选择一项业务")
        for name in ("valid_from", "valid_to"):
            self._date(name, form.get(name, "").strip())
        if not form.get("basis", "").strip():
            self.errors["basis"] = _("请写明授权依据")

    def _date(self, name: str, text: str) -> None:
        if not text and name == "valid_to":
            return
        try:
            self.dates[name] = date.fromisoformat(text)
        except ValueError:
            self.errors[name] = _("日期应写成 2026-11-22 的形式。")


@blueprint.get("")
@policy("staff", Action.MANAGE_GRANTS)
def index() -> ResponseReturnValue:
    wanted = request.args.get("status", "active")
    with read_session() as session:
        codes = [org.org_code for org in _area(session, current())]
        query = select(AuthorityGrant).where(
            or_(AuthorityGrant.grantor.in_(codes), AuthorityGrant.grantee.in_(codes))
        )
        if wanted in STATUS:
            query = query.where(AuthorityGrant.status == wanted)
        rows = session.scalars(
            query.order_by(AuthorityGrant.id.desc()).limit(exporting.most(500))
        ).all()
        return exporting.page(
            "admin/grants.html",
            rows=rows,
            names=_names(session, rows),
            wanted=wanted,
            may_grant=bool(area.granting(session, current())),
            **_lists(),
        )


@blueprint.route("/new", methods=["GET", "POST"])
@policy("staff", Action.MANAGE_GRANTS)
@sensitive
def new() -> ResponseReturnValue:
    with read_session() as session:
        if not area.granting(session, current()):
            raise NotFound(_("您的机构不能授权给其他机构"))
    typed = Typed()
    if request.method == "POST":
        typed.read(request.form)
        if not typed.errors and (made := _grant(typed)):
            flash(_("授权已生效，可以为该机构的用户分配相应角色。"))
            return redirect(url_for("grants.show", grant_id=made), code=303)
    with read_session() as session:
        html = render_template(
            "admin/grant_new.html",
            own=area.granting(session, current()),
            agencies=_grantees(session, current()),
            errors=typed.errors,
            typed=request.form if request.method == "POST" else _blank(),
            **_lists(),
        )
    return (html, 422) if typed.errors else html


def _blank() -> MultiDict[str, str]:
    return MultiDict({"valid_from": clock.today().isoformat(), "basis": BASIS})


def _grant(typed: Typed) -> int | None:
    """Make the grant; a refusal is laid at its field."""
    form = request.form
    wanted = Wanted(
        grantor=form["grantor"],
        grantee=form["grantee"],
        scope=form["scope"],
        business=frozenset(form.getlist("business")),
        may_delegate=form.get("may_delegate") == "1",
        valid_from=typed.dates["valid_from"],
        valid_to=typed.dates.get("valid_to"),
        basis=form["basis"].strip()[:300],
    )
    with read_session() as session:
        if wanted.grantor not in {org.org_code for org in area.granting(session, current())}:
            typed.errors["grantor"] = _("只能以您所管理的机构的名义授权")
            return None
        if held := authority.held_already(session, wanted):
            since = f"{held.valid_from:%Y-%m-%d}"
            typed.errors["business"] = _("该机构已有这项授权，自 %(date)s 起有效", date=since)
            return None
    try:
        with transaction() as session:
            return authority.grant(session, wanted, by=current()).id
    except GrantRefused as refused:
        typed.errors[_FIELD_OF[refused.rule]] = refused.message
    except NotFound as missing:
        typed.errors["grantee"] = missing.message
    return None


@blueprint.get("/<int:grant_id>")
@policy("staff", Action.MANAGE_GRANTS)
def show(grant_id: int) -> ResponseReturnValue:
    with read_session() as session:
        one = _found(session, grant_id)
        return render_template("admin/grant.html", error="", reason="", **_facts(session, one))


@blueprint.post("/<int:grant_id>/revoke")
@policy("staff", Action.MANAGE_GRANTS)
@sensitive
def revoke(grant_id: int) -> ResponseReturnValue:
    """Revoke with a reason; the page named what falls with it."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        with read_session() as session:
            facts = _facts(session, _found(session, grant_id))
            error = _("请写明收回的原因")
            return render_template("admin/grant.html", error=error, reason="", **facts), 422
    with transaction() as session:
        one = _found(session, grant_id)
        permissions.require(
            current(), Action.MANAGE_GRANTS, organisations.get(session, one.grantor)
        )
        if set(request.form.getlist("with")) != _falling(session, one):
            raise BanliError(_("随同收回的下级授权有变化，请返回核对后重新确认。"))
        revoked = authority.revoke(session, grant_id, by=current(), reason=reason)
        count = len(revoked)
    flash(_("已收回 %(n)s 项授权，在办案件按原授权办结。", n=count))
    return redirect(url_for("grants.show", grant_id=grant_id), code=303)


def _falling(session: Session, one: AuthorityGrant) -> set[str]:
    return {str(child.id) for child in authority.resting_on(session, one.id)}


def _facts(session: Session, one: AuthorityGrant) -> dict[str, object]:
    children = authority.resting_on(session, one.id)
    codes = {org.org_code for org in _area(session, current())}
    return {
        "one": one,
        "children": children,
        "names": _names(session, [one, *children]),
        "may_revoke": one.status == "active" and one.grantor in codes,
        **_lists(),
    }


def _found(session: Session, grant_id: int) -> AuthorityGrant:
    one = session.get(AuthorityGrant, grant_id)
    codes = {org.org_code for org in _area(session, current())}
    if one is None or codes.isdisjoint({one.grantor, one.grantee}):
        raise NotFound(_("没有这项授权"), grant=grant_id)
    return one


def _area(session: Session, user: User) -> list[Org]:
    """The organisations whose grants an administrator sees."""
    paths = permissions.allowed_orgs(user, Action.MANAGE_GRANTS)
    below = organisations.below(paths)
    return list(session.scalars(select(Org).where(below).order_by(Org.path)))


def _grantees(session: Session, user: User) -> list[Org]:
    own = {org.org_code for org in area.granting(session, user)}
    agencies = [code for code, kind in domains.current().org_kinds.items() if kind.agency]
    return [
        org
        for org in _area(session, user)
        if org.kind in agencies and org.status == "active" and org.org_code not in own
    ]


def _names(session: Session, rows: Sequence[AuthorityGrant]) -> dict[str, str]:
    codes = {code for row in rows for code in (row.grantor, row.grantee)}
    query = select(Org.org_code, Org.name).where(Org.org_code.in_(codes))
    return dict(session.execute(query).tuples().all())


def _lists() -> dict[str, object]:
    return {"scopes": titles(SCOPES), "businesses": titles(BUSINESSES), "status_of": STATUS}
