"""What applicants are asked for and may send in a case; the same in the portal and for units.

Invariant: a page is done once, however often it is sent; what was typed is shown again with what
is wrong with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.model import EventSubscription
from forms.definition import FormDefinition, FormInvalid
from processes.background import repeats
from processes.casefile import drafts
from processes.casework import cases as commands
from processes.casework import overview, sources
from processes.casework.cases import PublicAction
from processes.model.cases import Case
from web import exporting, filling
from web.auth import current
from web.clerk import checklists, limits, timeline
from web.clerk.cases import application, documents, summary
from web.database import read_session, run
from web.display import day, status_view
from web.wording import joined, worded
from web.words import _


@dataclass(frozen=True, slots=True)
class Line:
    """One application in the list of one's own."""

    case: Case
    actions: list[str]


@dataclass(frozen=True, slots=True)
class Offered:
    """Something that may be sent, and the event that waits for it."""

    action: PublicAction
    node: str


def lines(session: Session) -> list[Line]:
    """The applications of the reader, each with what is asked for in it."""
    found = commands.of_applicant(session, current())
    asked = commands.asked_of(session, found, by=current())
    return [Line(case, asked.get(case.id, [])) for case in found]


def exported(lines: Sequence[Line], *, kind: str) -> Response:
    """The list of one's own applications as a file, with what the page says of each."""
    headings = [_("事项"), _("编号"), _("申请人"), _("提交日期"), _("需要您办理"), _("状态")]
    rows = [
        [
            worded(line.case.title),
            line.case.reference,
            line.case.applicant_name,
            day(line.case.submitted_at),
            joined(line.actions),
            status_view(line.case.status, line.case.outcome).title,
        ]
        for line in lines
    ]
    return exporting.respond(_("我的申请"), headings, rows, kind=kind)


def _asked_for(one: PublicAction) -> bool:
    return one.purpose in commands.NEEDED


def surroundings(session: Session, found: Case) -> dict[str, Any]:
    """What the applicant's page of a case shows."""
    by = current()
    actions = commands.public_actions(session, found, by=by) if not found.ended_at else []
    entries = timeline.entries(session, found, public=True)
    return {
        "case": found,
        "at": found.step if not found.ended_at else "",
        "moving": overview.moving(session, found.id),
        "summary": summary(session, found),
        "entries": entries,
        "limits": limits.of_case(session, found),
        "letters": documents(session, found, public=True),
        "layout": application(session, found),
        "checklist": checklists.of_case(session, found, staff=False),
        "prepared": drafts.prepared(session, found.id, by=by),
        "actions": [one for one in actions if _asked_for(one)],
        "offered": [one for one in actions if not _asked_for(one)],
        "submitted": request.args.get("submitted"),
        "can_urge": _urgeable(entries, actions),
    }


def _urgeable(entries: Sequence[timeline.Entry], actions: Sequence[PublicAction]) -> bool:
    """Whether somebody works at it who could be urged, and the model offers no urging itself."""
    return any(one.open for one in entries) and not any(one.purpose == "urge" for one in actions)


def answered(case_id: int, subscription_id: int, *, base: str) -> ResponseReturnValue:
    """Something the case waits for from its applicant: a supplement, a withdrawal."""
    page = "cases.page" if base == "counter" else f"{base}.case"
    done = redirect(url_for(page, case_id=case_id), code=303)
    token = filling.page_token()
    with read_session() as session:
        found = commands.get(session, case_id, by=current())
        if repeats.done_by_form(session, token, by=current().id) == case_id:
            return done  # the same page again: a second click, or an answer that did not arrive
        offered = _offered(session, found, subscription_id)
    form = offered.action.form
    if request.method == "GET" or request.args.get("refresh"):
        asks = request.method == "POST"
        return _states(found, offered) if asks else _page(found, offered, {}, base=base)
    given: dict[str, Any] = {}
    try:
        given = filling.answers(form, node=offered.node) if form else {}
        if form and (changed := filling.reshaped(form, given)) is not None:
            return _page(found, offered, changed, base=base)
        if request.form.get("_restore") or not token:
            return _page(found, offered, given, base=base)
        run(_send_once, found.id, offered.action.subscription_id, given)
    except FormInvalid as error:
        kept = given or dict(error.answers or {})
        return _page(found, offered, kept, error.errors, base=base), 422
    flash(_("已提交"))
    return done


def _states(found: Case, offered: Offered) -> ResponseReturnValue:
    """Which fields show and what may be picked by the answers so far; nothing is sent."""
    form = offered.action.form
    if form is None:
        return jsonify(fields={})
    given = filling.answers(form, node=offered.node)
    return jsonify(fields=filling.states(_layout(form, offered, given, None, case=found)))


def _send_once(
    session: Session, case_id: int, subscription_id: int, given: Mapping[str, Any]
) -> None:
    user = current()

    def send() -> int:
        return commands.send(session, case_id, subscription_id, by=user, answers=given).id

    repeats.of_form(session, filling.page_token(), by=user.id, answers=given, work=send)


def _offered(session: Session, found: Case, subscription_id: int) -> Offered:
    for one in commands.public_actions(session, found, by=current()):
        awaited = session.get(EventSubscription, one.subscription_id)
        if one.subscription_id == subscription_id and awaited is not None:
            return Offered(one, awaited.activity)
    raise commands.not_awaited(session, subscription_id)


def _page(
    found: Case,
    offered: Offered,
    given: Mapping[str, Any],
    errors: Mapping[str, Any] | None = None,
    *,
    base: str,
) -> str:
    form = offered.action.form
    restored = _("已恢复登录前填写的内容，请核对后提交。") if request.form.get("_restore") else ""
    return render_template(
        f"{base}/action.html",
        case=found,
        action=offered.action,
        layout=_layout(form, offered, given, errors, case=found) if form else [],
        errors=filling.mistakes(form, errors) if form and errors else [],
        restored=restored,
        form_token=filling.page_token() or filling.new_page_token(),
    )


def _layout(
    form: FormDefinition,
    offered: Offered,
    given: Mapping[str, Any],
    errors: Mapping[str, Any] | None,
    *,
    case: Case,
) -> filling.Layout:
    rights = filling.Rights(node=offered.node)
    with read_session() as session:
        context = overview.variables(session, case.id, event=offered.action.subscription_id)
        lookups = sources.lookups(session, current())
        return filling.layout(form, given, errors, context=context, rights=rights, lookups=lookups)
