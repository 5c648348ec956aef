"""One organisation: added, changed, taken out of use, within the administrator's own tree.

Invariant: nothing is done to an organisation outside the tree, and none is put outside it; the top
of the tree keeps its place.
"""

from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from processes.domains import domains
from processes.identity import organisations
from processes.identity.organisations import Details, OrganisationRefused
from processes.identity.roles import Action
from processes.people import area, positions
from processes.people.positions import PositionRefused
from web.auth import current, policy
from web.database import read_session, transaction
from web.i18n import titles
from web.wording import worded
from web.words import _

blueprint = Blueprint("organisations", __name__, url_prefix="/admin/organisations")

_LENGTHS: Final = {
    "org_code": 32,
    "name": 200,
    "name_en": 200,
    "kind": 64,
    "parent_code": 64,
    "region_code": 6,
    "document_mark": 32,
    "address": 300,
    "phone": 64,
}


@blueprint.route("/new", methods=["GET", "POST"])
@policy("staff", Action.MANAGE_ORGS)
def new() -> ResponseReturnValue:
    errors: dict[str, str] = {}
    if request.method == "POST":
        code = _typed("org_code").upper()
        try:
            with transaction() as session:
                area.add_org(session, code, _details(), by=current())
        except OrganisationRefused as refused:
            errors[refused.field or "org_code"] = refused.message
        else:
            flash(_("机构已保存"))
            return redirect(url_for("people.orgs"), code=303)
    return _page(None, request.form, errors)


@blueprint.route("/<org_code>", methods=["GET", "POST"])
@policy("staff", Action.MANAGE_ORGS)
def edit(org_code: str) -> ResponseReturnValue:
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            with transaction() as session:
                area.change_org(session, org_code, _details(), by=current())
        except OrganisationRefused as refused:
            errors[refused.field or "name"] = refused.message
        else:
            flash(_("机构已保存"))
            return redirect(url_for("people.orgs"), code=303)
    with read_session() as session:
        org = area.own_org(session, org_code, by=current())
        kept = {name: getattr(org, name) or "" for name in _LENGTHS}
    typed = {**kept, **request.form.to_dict()} if request.method == "POST" else kept
    return _page(org_code, typed, errors)


@blueprint.post("/<org_code>/status")
@policy("staff", Action.MANAGE_ORGS)
def status(org_code: str) -> ResponseReturnValue:
    """Take out of use, or into use again."""
    closing = request.form.get("status") == "closed"
    with transaction() as session:
        area.use_org(session, org_code, active=not closing, by=current())
    flash(_("机构已停用") if closing else _("机构已恢复使用"))
    return redirect(url_for("organisations.edit", org_code=org_code), code=303)


def _details() -> Details:
    return Details(
        name=_typed("name"),
        kind=_typed("kind"),
        parent_code=_typed("parent_code") or None,
        region_code=_typed("region_code"),
        document_mark=_typed("document_mark"),
        address=_typed("address"),
        phone=_typed("phone"),
        name_en=_typed("name_en"),
    )


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[: _LENGTHS[name]]


@blueprint.post("/<org_code>/positions")
@policy("staff", Action.MANAGE_ORGS)
def appoint(org_code: str) -> ResponseReturnValue:
    """Give somebody a post in the organisation."""
    try:
        days = {name: _typed_day(name) for name in ("valid_from", "valid_to")}
        with transaction() as session:
            positions.appoint(
                session,
                org_code,
                post=request.form.get("post", ""),
                user_id=_number(request.form.get("user", "")),
                by=current(),
                **days,
            )
    except PositionRefused as refused:
        with read_session() as session:
            org = area.own_org(session, org_code, by=current())
            kept = {name: getattr(org, name) or "" for name in _LENGTHS}
        field = str(refused.details.get("field") or "post")
        return _page(org_code, kept, {}, {field: refused.message})
    flash(_("任职已保存"))
    return redirect(url_for("organisations.edit", org_code=org_code) + "#positions", code=303)


@blueprint.post("/<org_code>/positions/<int:position_id>/end")
@policy("staff", Action.MANAGE_ORGS)
def end_position(org_code: str, position_id: int) -> ResponseReturnValue:
    with transaction() as session:
        positions.dismiss(session, position_id, by=current())
    flash(_("已免去，今天为任职的最后一天"))
    return redirect(url_for("organisations.edit", org_code=org_code) + "#positions", code=303)


def _typed_day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise PositionRefused(_("日期应为 年-月-日"), field=name) from None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _page(
    code: str | None,
    typed: object,
    errors: dict[str, str],
    refused: dict[str, str] | None = None,
) -> ResponseReturnValue:
    with read_session() as session:
        org = organisations.get(session, code) if code else None
        tree = area.orgs(session, current())
        below = org.path if org else None
        parents = [
            (one.org_code, worded(one.name))
            for one in tree
            if one.status == "active" and not (below and one.path.startswith(below))
        ]
        html = render_template(
            "admin/org.html",
            org=org,
            top=org is not None and area.is_top(session, org, by=current()),
            above=organisations.get(session, org.parent_code).name
            if org is not None and org.parent_code
            else "",
            uses=organisations.uses(session, code) if code else [],
            parents=parents,
            kinds=list(titles(domains.current().org_kinds).items()),
            typed=typed,
            errors=errors,
            positions=positions.of_org(session, code, by=current()) if code else [],
            position=request.form if refused else {},
            position_errors=refused or {},
            posts=list(positions.POSTS.values()),
            staff=[(str(one.id), one.name) for one in positions.staff(session, code or "")],
        )
    return (html, 422) if errors or refused else html
