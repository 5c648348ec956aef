"""Case pages for staff: search, one case with all that belongs to it, its diagram and files.

Invariant: every look goes through `processes.permissions`; what is out of scope does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.errors import Forbidden, NotFound
from engine.model import UserTask
from processes import archive
from processes.approvals import planning
from processes.casefile import drafts, following
from processes.casework import cases as commands
from processes.casework import overview, sources
from processes.desk import approval_form, backentry, forecast
from processes.documents import documents as letters
from processes.documents import files
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.letters.template import OFD, PDF
from processes.model.cases import Case, CaseLink, Material
from processes.model.documents import Document
from processes.model.people import Org
from processes.movement import ad_hoc
from processes.rights import permissions
from web import filling, looking, realms, urging
from web.auth import actions_of, current, policy
from web.clerk import (
    boards,
    checklists,
    circulating,
    diagrams,
    finding,
    inquiring,
    limits,
    moving,
    timeline,
)
from web.confirming import sensitive
from web.database import read_session, run, transaction
from web.files import send
from web.security import limiter
from web.words import _

blueprint = Blueprint("cases", __name__, url_prefix="/cases")


@dataclass(frozen=True, slots=True)
class Summary:
    """The facts of a case beside a form."""

    id: int
    reference: str
    title: str
    status: str
    outcome: str
    applicant_name: str
    id_no_tail: str
    applicant_org_name: str
    org_name: str
    submitted_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    due_on: date | None
    step: str
    href: str = ""
    own_number: str = ""
    """Our work order where the reference is another, as the number of who forwarded the case."""


def surroundings(
    session: Session, case: Case, *, by: User, task: UserTask | None = None
) -> dict[str, Any]:
    """Everything a page shows beside and below the form of a case."""
    return {
        "case": summary(session, case),
        "limits": limits.beside_task(session, case, task)
        if task
        else limits.of_case(session, case),
        "ledger_lines": limits.lines(session, case),
        "checklist": checklists.of_case(session, case),
        "case_documents": documents(session, case),
        "entries": timeline.entries(session, case),
        "boards": boards.of_case(session, case, by=by),
        "questions": inquiring.of_case(session, case, by=by),
        "plannable": bool(planning.ahead(session, case.id, by=by)),
        **circulating.of_case(session, case, by=by),
        "links": _links(session, case, by),
        "steps_ahead": forecast.of_case(session, case) if case.ended_at is None else [],
        "followed": following.follows(session, case.id, by=by),
    }


def beside_task(session: Session, case: Case, task: UserTask, *, by: User) -> dict[str, Any]:
    """The same for a task's page; who only holds a task in it does not see into the case."""
    try:
        if by.kind != "staff":
            raise NotFound("没有这个办件", case=case.id)  # noqa: TRY301 - the outer side has pages of its own
        commands.get(session, case.id, by=by)
    except NotFound:
        node = limits.of_task(session, case, task)
        return {"case": case, "limits": [node] if node else [], "inside": False}
    found = surroundings(session, case, by=by, task=task)
    filed = application(session, case)
    told = any(field.text or field.rows for section in filed for field in section.fields)
    return {**found, "filed": filed if told else [], "inside": True}


def summary(session: Session, case: Case) -> Summary:
    codes = [code for code in (case.org_code, case.applicant_org) if code]
    query = select(Org.org_code, Org.name).where(Org.org_code.in_(codes))
    names = dict(session.execute(query).tuples().all())
    return Summary(
        id=case.id,
        reference=case.reference,
        title=case.title,
        status=case.status,
        outcome=case.outcome,
        applicant_name=case.applicant_name,
        id_no_tail=case.id_no_tail,
        applicant_org_name=names.get(case.applicant_org or "", ""),
        org_name=names.get(case.org_code or "", ""),
        submitted_at=case.submitted_at,
        accepted_at=case.accepted_at,
        ended_at=case.ended_at,
        due_on=case.due_on,
        step=case.step,
        href=url_for("cases.page", case_id=case.id),
        own_number=_own_number(session, case),
    )


def _own_number(session: Session, case: Case) -> str:
    number = str(overview.variables(session, case.id).get("work_order_no") or "")
    return "" if number and case.reference.startswith(number) else number


def documents(session: Session, case: Case, *, public: bool = False) -> list[dict[str, Any]]:
    query = select(Document).where(Document.case_id == case.id).order_by(Document.id)
    if public:
        query = query.where(Document.public.is_(True))
    area = ("public" if realms.is_public() else "portal") if public else "cases"
    return [
        {
            "id": one.id,
            "title": one.title,
            "subject": str(one.values.get("subject") or ""),
            "number": one.number,
            "issued_at": one.issued_at,
            "href": url_for(f"{area}.document", case_id=case.id, document_id=one.id),
            "ofd": one.ofd_sha256 is not None,
        }
        for one in session.scalars(query)
    ]


@blueprint.get("")
@policy("staff", Action.SEARCH_CASES)
def search() -> ResponseReturnValue:
    return finding.page()


@blueprint.get("/<int:case_id>")
@policy("staff", Action.VIEW_CASE, Action.COMPLETE_TASK)
def page(case_id: int) -> ResponseReturnValue:
    with read_session() as session:
        case = commands.get(session, case_id, by=current())
        looking.note(session, case.id, by=current(), what="办件")
        return _page(session, case)


def _page(session: Session, case: Case, clear: filling.Layout | None = None) -> str:
    actions = actions_of(current())
    layout = application(session, case)
    archived = archive.of_case(session, case.id)
    hidden = any(field.masked for section in layout for field in section.fields)
    return render_template(
        "cases/page.html",
        layout=layout,
        clear=clear,
        may_unmask=hidden and _may_unmask(session, case),
        may_hold=Action.SUSPEND_CASE in actions and case.ended_at is None,
        may_end=Action.TERMINATE_CASE in actions and case.ended_at is None,
        may_urge=Action.URGE_CASE in actions and case.ended_at is None,
        late_tasks=() if case.ended_at else backentry.open_tasks(session, case, by=current()),
        may_print=Action.PRINT_DOCUMENT in actions,
        may_export=Action.EXPORT in actions and case.ended_at is not None,
        archived=archived,
        prepared=drafts.prepared(session, case.id, by=current()),
        sendable=_sendable(session, case),
        may_archive=Action.ARCHIVE_CASE in actions and case.ended_at is not None and not archived,
        startable=_startable(session, case) if Action.COMPLETE_TASK in actions else (),
        **moving.of_case(session, case),
        **surroundings(session, case, by=current()),
    )


def _sendable(session: Session, case: Case) -> Sequence[commands.PublicAction]:
    """What a clerk may send for the applicant, who stands at the counter."""
    if case.ended_at is not None or not commands.is_at_counter(session, case, by=current()):
        return ()
    return commands.public_actions(session, case, by=current())


def _startable(session: Session, case: Case) -> Sequence[ad_hoc.Startable]:
    if case.ended_at is not None:
        return ()
    try:
        return ad_hoc.startable(session, case.id, by=current())
    except Forbidden:
        return ()


@blueprint.post("/<int:case_id>/activities")
@policy("staff", Action.COMPLETE_TASK)
def begin(case_id: int) -> ResponseReturnValue:
    """Begin an activity of an open ad-hoc sub-process."""
    within, _colon, activity = request.form.get("activity", "").partition(":")
    if not (within.isascii() and within.isdigit()):
        raise NotFound(_("请选择要启动的事项"))
    run(ad_hoc.begin, case_id, int(within), activity, by=current())
    flash(_("已启动"))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/<int:case_id>/archive")
@policy("staff", Action.ARCHIVE_CASE)
def archived(case_id: int) -> ResponseReturnValue:
    """Archive a finished case: its package is frozen."""
    kept = run(archive.archive, case_id, by=current())
    flash(_("已归档，保管至 %(date)s", date=kept.keep_until))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/<int:case_id>/package")
@policy("staff", Action.EXPORT)
@sensitive
def package(case_id: int) -> ResponseReturnValue:
    """The archive package of a finished case; taking it out is on record."""
    name, content = run(archive.package, case_id, by=current())
    return send(content, name=name, content_type="application/zip")


@blueprint.get("/<int:case_id>/form")
@policy("staff", Action.PRINT_DOCUMENT)
def printed(case_id: int) -> ResponseReturnValue:
    """The approval form of the case, as PDF."""
    name, content = run(approval_form.pdf, case_id, by=current())
    return send(content, name=name, content_type="application/pdf")


def _may_unmask(session: Session, case: Case) -> bool:
    try:
        permissions.case(session, case.id, by=current(), action=Action.UNMASK)
    except Forbidden:
        return False
    return True


@blueprint.post("/<int:case_id>/unmask")
@policy("staff", Action.UNMASK)
@limiter.limit("60 per hour", key_func=lambda: current_user.get_id() or str(request.remote_addr))
@sensitive
def unmask(case_id: int) -> ResponseReturnValue:
    """The application with its masked values, on this one page and with a reason on record."""
    reason = request.form.get("reason", "").strip()[:300]
    found = run(overview.unmasked, case_id, by=current(), reason=reason)
    if found is None:
        raise NotFound("没有这个办件", case=case_id)
    form, variables = found
    with read_session() as session:
        case = commands.get(session, case_id, by=current())
        lookups = sources.lookups(session, current(), as_filed=True)
        rights = replace(filling.READ_ONLY, reveal=True)
        clear = filling.layout(form, {}, context=variables, rights=rights, lookups=lookups)
        return _page(session, case, clear), {"Cache-Control": "no-store"}


def application(session: Session, case: Case) -> filling.Layout:
    """What was applied for, read only; sensitive values masked."""
    found = overview.application(session, case.id)
    if found is None:
        return []
    form, variables = found
    lookups = sources.lookups(session, current(), as_filed=True)
    return filling.layout(form, {}, context=variables, rights=filling.READ_ONLY, lookups=lookups)


@blueprint.post("/<int:case_id>/<any(suspend, resume, terminate):command>")
@policy("staff", Action.SUSPEND_CASE, Action.TERMINATE_CASE)
def change(case_id: int, command: str) -> ResponseReturnValue:
    """Hold a case, let it go on, or end it by order; each with its reason."""
    verb = {"suspend": commands.suspend, "resume": commands.resume, "terminate": commands.terminate}
    reason = request.form.get("reason", "").strip()[:500]
    run(verb[command], case_id, by=current(), reason=reason)
    flash({"suspend": _("已中止"), "resume": _("已恢复办理"), "terminate": _("已终止")}[command])
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/<int:case_id>/urge")
@policy("staff", Action.URGE_CASE)
def urge(case_id: int) -> ResponseReturnValue:
    listed = request.form.get("back") == "list"
    back = url_for("platform.urging") if listed else url_for("cases.page", case_id=case_id)
    return urging.urged(case_id, back=back)


@blueprint.get("/<int:case_id>/diagram")
@policy("any")
def diagram(case_id: int) -> ResponseReturnValue:
    with read_session() as session:
        case = commands.get(session, case_id, by=current())
        return jsonify(diagrams.of_case(session, case))


@blueprint.get("/<int:case_id>/documents/<int:document_id>")
@policy("staff", Action.VIEW_DOCUMENT)
def document(case_id: int, document_id: int) -> ResponseReturnValue:
    with transaction() as session:  # one that was deferred is drawn now
        case = commands.get(session, case_id, by=current())
        return send_document(session, case, document_id, public=False)


def send_document(
    session: Session, case: Case, document_id: int, *, public: bool
) -> ResponseReturnValue:
    found = session.get(Document, document_id)
    if found is None or found.case_id != case.id or (public and not found.public):
        raise NotFound("没有这份文书", document=document_id)
    looking.note(session, case.id, by=current(), what=found.title)
    ofd = request.args.get("format") == OFD
    content = (letters.as_ofd if ofd else letters.content)(session, found)
    name = f"{found.title}{'_' + found.number if found.number else ''}"
    kind = OFD if ofd else PDF
    return send(content, name=f"{name}.{kind}", content_type=f"application/{kind}")


@blueprint.get("/<int:case_id>/materials/<int:material_id>")
@policy("staff", Action.VIEW_DOCUMENT)
def material(case_id: int, material_id: int) -> ResponseReturnValue:
    with read_session() as session:
        case = commands.get(session, case_id, by=current())
        found = session.get(Material, material_id)
        if found is None or found.case_id != case.id:
            raise NotFound("没有这份材料", material=material_id)
        looking.note(session, case.id, by=current(), what=found.title)
        content = files.read(session, found.sha256)
        return send(content, name=found.file_name, content_type=found.content_type)


def _links(session: Session, case: Case, by: User) -> Sequence[Mapping[str, Any]]:
    query = select(CaseLink).where(or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id))
    found = []
    for link in session.scalars(query):
        other_id = link.other_id if link.case_id == case.id else link.case_id
        try:
            other = commands.get(session, other_id, by=by)
        except NotFound:
            continue  # out of this user's scope: to him it does not exist
        facts = {"relation": link.relation, "reference": other.reference, "title": other.title}
        href = url_for("cases.page", case_id=other.id)
        found.append({**facts, "status": other.status, "outcome": other.outcome, "href": href})
    return found


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
