"""The public side: choose a service, apply, follow, answer a notice, download letters.

Invariant: without log-in only number and query code together show a case, and a wrong pair looks
the same whichever of the two is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model import EventSubscription
from forms.definition import FormDefinition, FormInvalid
from processes.background import repeats
from processes.casefile import drafts
from processes.casework import applications, overview, sources
from processes.casework import cases as commands
from processes.casework.cases import PublicAction
from processes.identity.identity import User
from processes.model.cases import Case
from web import applying, filling
from web.auth import current, policy
from web.clerk import checklists, limits, timeline
from web.clerk.cases import application, documents, send_document, summary
from web.database import read_session, run
from web.security import limiter
from web.words import _

blueprint = Blueprint("portal", __name__, url_prefix="/portal")

_NOBODY: Final = User(id=0, login="", name="", kind="applicant")


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


@blueprint.get("")
@policy("public")
def index() -> ResponseReturnValue:
    """What may be applied for; anybody may look."""
    user = current() if current_user.is_authenticated else _NOBODY
    with read_session() as session:
        services = applications.services(session, user)
        return render_template("portal/index.html", services=services)


@blueprint.get("/apply/<key>")
@policy("applicant")
def apply(key: str) -> ResponseReturnValue:
    return applying.first_page(key, base="portal")


@blueprint.post("/apply/<key>", endpoint="apply_step")
@policy("applicant")
def apply_step(key: str) -> ResponseReturnValue:
    done = applying.next_page(key, base="portal")
    if isinstance(done, Case):
        return redirect(url_for("portal.case", case_id=done.id, submitted=1), code=303)
    return done


@blueprint.post("/apply/<key>/draft")
@policy("applicant")
def draft(key: str) -> ResponseReturnValue:
    return applying.keep_draft(key)


@blueprint.post("/apply/<key>/refresh")
@policy("applicant")
def refresh(key: str) -> ResponseReturnValue:
    return applying.refreshed(key)


@blueprint.get("/mine")
@policy("applicant")
def mine() -> ResponseReturnValue:
    with read_session() as session:
        found = commands.of_applicant(session, current())
        lines = [Line(case, _waiting(session, case)) for case in found]
        kept = [
            one for one in drafts.of_user(session, current()) if one.subject.startswith("apply:")
        ]
        return render_template("portal/mine.html", lines=lines, drafts=kept)


def _waiting(session: Session, case: Case) -> list[str]:
    """What the applicant is asked for in a case that has not ended."""
    if case.ended_at is not None:
        return []
    actions = commands.public_actions(session, case, by=current())
    return [one.title for one in actions if _asked_for(one)]


def _asked_for(one: PublicAction) -> bool:
    return one.purpose == "asked"


@blueprint.get("/cases/<int:case_id>")
@policy("applicant")
def case(case_id: int) -> ResponseReturnValue:
    with read_session() as session:
        found = commands.get(session, case_id, by=current())
        actions = (
            commands.public_actions(session, found, by=current()) if not found.ended_at else []
        )
        return render_template(
            "portal/case.html",
            case=found,
            summary=summary(session, found),
            entries=timeline.entries(session, found, public=True),
            limits=limits.of_case(session, found),
            letters=documents(session, found, public=True),
            layout=application(session, found),
            checklist=checklists.of_case(session, found, staff=False),
            prepared=drafts.prepared(session, case_id, by=current()),
            actions=[one for one in actions if _asked_for(one)],
            offered=[one for one in actions if not _asked_for(one)],
            submitted=request.args.get("submitted"),
            can_urge=found.ended_at is None and not any(one.purpose == "urge" for one in actions),
        )


@blueprint.route("/cases/<int:case_id>/actions/<int:subscription_id>", methods=["GET", "POST"])
@policy("applicant")
def action(case_id: int, subscription_id: int) -> ResponseReturnValue:
    """Something the case waits for from its applicant: a supplement, a withdrawal."""
    done = redirect(url_for("portal.case", case_id=case_id), code=303)
    token = filling.page_token()
    with read_session() as session:
        found = commands.get(session, case_id, by=current())
        if repeats.done_by_form(session, token, by=current().id) == case_id:
            return done  # the same page again: a second click, or an answer that did not arrive
        offered = _offered(session, found, subscription_id)
    form = offered.action.form
    given = filling.answers(form, node=offered.node) if form and request.method == "POST" else {}
    if request.method == "GET" or request.form.get("_restore") or not token:
        return _action_page(found, offered, given)
    try:
        run(_send_once, found.id, offered.action.subscription_id, given)
    except FormInvalid as error:
        return _action_page(found, offered, given, error.errors), 422
    flash(_("已提交"))
    return done


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


def _action_page(
    found: Case,
    offered: Offered,
    given: Mapping[str, Any],
    errors: Mapping[str, Any] | None = None,
) -> str:
    form = offered.action.form
    restored = _("已恢复登录前填写的内容，请核对后提交。") if request.form.get("_restore") else ""
    return render_template(
        "portal/action.html",
        case=found,
        action=offered.action,
        layout=_action_layout(form, offered, given, errors, case=found) if form else [],
        errors=filling.mistakes(form, errors) if form and errors else [],
        restored=restored,
        form_token=filling.page_token() or filling.new_page_token(),
    )


def _action_layout(
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


@blueprint.post("/cases/<int:case_id>/urge")
@policy("applicant")
def urge(case_id: int) -> ResponseReturnValue:
    steps = run(commands.urge, case_id, by=current())
    flash(_("已催办：%(steps)s", steps="、".join(steps)))
    return redirect(url_for("portal.case", case_id=case_id), code=303)


@blueprint.get("/cases/<int:case_id>/documents/<int:document_id>")
@policy("applicant")
def document(case_id: int, document_id: int) -> ResponseReturnValue:
    with read_session() as session:
        found = commands.get(session, case_id, by=current())
        return send_document(session, found, document_id, public=True)


@blueprint.route("/track", methods=["GET", "POST"])
@policy("public")
@limiter.limit("20 per minute", methods=["POST"])
def track() -> ResponseReturnValue:
    """Progress by number and query code, without log-in and without guessing."""
    reference = request.values.get("reference", "").strip()[:40]
    if request.method == "GET":
        return render_template("portal/track.html", reference=reference)
    try:
        with read_session() as session:
            found = commands.progress(session, reference, request.form.get("code", "")[:16])
            entries = timeline.entries(session, found, public=True)
            return render_template(
                "portal/track.html",
                reference=reference,
                progress=found,
                entries=entries,
                limits=limits.of_case(session, found),
                missing_items=checklists.of_case(session, found, staff=False).open,
            )
    except NotFound:
        return render_template("portal/track.html", reference=reference, missing=True), 404


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
