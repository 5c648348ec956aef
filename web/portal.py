"""The public side: choose a service, apply, follow, answer a notice, download letters.

Invariant: without log-in only number and query code together show a case, and a wrong pair looks
the same whichever of the two is wrong.
"""

import re
from typing import Final

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from processes.casefile import drafts
from processes.casework import applications
from processes.casework import cases as commands
from processes.deployed.offers import Service
from processes.identity.identity import User
from processes.model.cases import Case
from processes.public import guides
from web import acting, applying, exporting, menu, tracking, urging
from web.auth import current, policy
from web.by_business import grouped
from web.clerk.cases import send_document
from web.database import read_session, run, transaction
from web.i18n import language
from web.security import limiter
from web.wording import worded
from web.words import _

blueprint = Blueprint("portal", __name__, url_prefix="/portal")

_NOBODY: Final = User(id=0, login="", name="", kind="applicant")


@blueprint.get("")
@policy("public")
def index() -> ResponseReturnValue:
    """What may be applied for, by business; anybody may look."""
    user = current() if current_user.is_authenticated else _NOBODY
    text = request.args.get("q", "").strip()[:40]
    with read_session() as session:
        services = {one.definition.key: one for one in applications.services(session, user)}
        found = [(key, one) for key, one in services.items() if _meant(one, text)]
        groups = [
            (title, [(services[key], _summary(services[key])) for key, _name in listed])
            for title, listed in grouped((key, one.title) for key, one in found)
        ]
        return render_template("portal/index.html", groups=groups, total=len(services), q=text)


def _meant(service: Service, text: str) -> bool:
    """Whether somebody who looks for these words means a service."""
    guide = guides.guides().get(service.definition.key)
    said = f"{service.title} {worded(service.title)} {_summary(service)}"
    return text.lower() in said.lower() or bool(guide and guide.holds(text))


def _summary(service: Service) -> str:
    """What a service is for: the line of its guide, else the first sentence of its description."""
    guide = guides.guides().get(service.definition.key)
    if guide is not None:
        return guide.summary.title_en if language() == "en" else guide.summary.title
    return re.split(r"(?<=。)|(?<=\.)\s", worded(service.description), maxsplit=1)[0]


@blueprint.get("/apply/<key>")
@policy("applicant")
def apply(key: str) -> ResponseReturnValue:
    return menu.refused(key) or applying.first_page(key, base="portal")


@blueprint.post("/apply/<key>", endpoint="apply_step")
@policy("applicant")
def apply_step(key: str) -> ResponseReturnValue:
    done = menu.refused(key) or applying.next_page(key, base="portal")
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


@blueprint.post("/apply/<key>/discard")
@policy("applicant")
def discard(key: str) -> ResponseReturnValue:
    """Forget what was typed and not handed in."""
    run(drafts.drop, f"apply:{key}", by=current())
    flash(_("草稿已删除"))
    return redirect(url_for("portal.mine"), code=303)


@blueprint.get("/mine")
@policy("applicant")
def mine() -> ResponseReturnValue:
    with read_session() as session:
        kept = [
            one for one in drafts.of_user(session, current()) if one.subject.startswith("apply:")
        ]
        lines = acting.lines(session)
        if kind := exporting.asked():
            return acting.exported(lines, kind=kind)
        links = exporting.links() if lines else []
        return render_template("portal/mine.html", lines=lines, drafts=kept, exports=links)


@blueprint.get("/cases/<int:case_id>")
@policy("applicant")
def case(case_id: int) -> ResponseReturnValue:
    with read_session() as session:
        found = commands.get(session, case_id, by=current())
        return render_template("portal/case.html", **acting.surroundings(session, found))


@blueprint.route("/cases/<int:case_id>/actions/<int:subscription_id>", methods=["GET", "POST"])
@policy("applicant")
def action(case_id: int, subscription_id: int) -> ResponseReturnValue:
    """Something the case waits for from its applicant: a supplement, a withdrawal."""
    return acting.answered(case_id, subscription_id, base="portal")


@blueprint.post("/cases/<int:case_id>/urge")
@policy("applicant")
def urge(case_id: int) -> ResponseReturnValue:
    return urging.urged(case_id, back=url_for("portal.case", case_id=case_id))


@blueprint.get("/cases/<int:case_id>/documents/<int:document_id>")
@policy("applicant")
def document(case_id: int, document_id: int) -> ResponseReturnValue:
    with transaction() as session:  # one that was deferred is drawn now
        found = commands.get(session, case_id, by=current())
        return send_document(session, found, document_id, public=True)


@blueprint.route("/track", methods=["GET", "POST"])
@policy("public")
@limiter.limit("20 per minute", methods=["POST"])
def track() -> ResponseReturnValue:
    """Progress by number and query code, without log-in and without guessing."""
    return tracking.page(base="portal")


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
