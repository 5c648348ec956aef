"""What is one's own beside cases: certificates, messages, consents, who one is.

Invariant: every look at a certificate goes on record.
"""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engine.errors import NotFound
from processes.casefile import notices
from processes.documents import files
from processes.letters.template import OFD
from processes.public import citizens, consents, guides, holdings
from web import security, ways
from web.auth import current, policy
from web.database import read_session, run, transaction
from web.files import send
from web.public.pages import blueprint, citizen, provider
from web.words import _


@blueprint.before_request
def _face_first() -> ResponseReturnValue | None:
    """Certificates are for whom the face has been compared as well (P-50)."""
    wanted = str(request.endpoint).startswith("public.certificate")
    if not wanted or not current_user.is_authenticated or citizen().level >= citizens.FACE:
        return None
    return render_template("public/face.html", next=request.path), 403


@blueprint.get("/certificates")
@policy("citizen")
def certificates() -> ResponseReturnValue:
    with read_session() as session:
        found = holdings.of_citizen(session, current())
        return render_template("public/certificates.html", holdings=found)


@blueprint.get("/certificates/<code>/<path:key>/file")
@policy("citizen")
def certificate_file(code: str, key: str) -> ResponseReturnValue:
    """The certificate itself, as it was issued."""
    ofd = request.args.get("format") == OFD
    with transaction() as session:
        found = holdings.find(session, code, key, by=current())
        told = holdings.document(session, found, ofd=ofd)
        if told is None:
            raise NotFound("这件证照没有电子文件", key=key)
        content = files.read(session, str(told["file"]))
        holdings.note(session, found, "downloaded", by=current())
    return send(content, name=str(told["name"]), content_type=str(told["type"]))


@blueprint.get("/certificates/<code>/<path:key>")
@policy("citizen")
def certificate(code: str, key: str) -> ResponseReturnValue:
    with transaction() as session:
        found = holdings.find(session, code, key, by=current())
        holdings.note(session, found, "viewed", by=current())
        has_file, has_ofd = (
            holdings.document(session, found, ofd=ofd) is not None for ofd in (False, True)
        )
    return render_template(
        "public/certificate.html", holding=found, has_file=has_file, has_ofd=has_ofd
    )


@blueprint.get("/messages")
@policy("citizen")
def messages() -> ResponseReturnValue:
    with read_session() as session:
        rows = notices.box(session, current())
    return render_template("public/messages.html", rows=rows, went=ways.of_box(rows))


@blueprint.post("/messages/<int:notice_id>")
@policy("citizen")
def open_message(notice_id: int) -> ResponseReturnValue:
    """Mark a message as read and go to the case it is about."""
    with transaction() as session:
        case_id = notices.mark_read(session, current(), notice_id).case_id
    target = url_for("public.case", case_id=case_id) if case_id else url_for("public.messages")
    return redirect(target, code=303)


@blueprint.post("/messages")
@policy("citizen")
def read_messages() -> ResponseReturnValue:
    with transaction() as session:
        notices.mark_all_read(session, current())
    return redirect(url_for("public.messages"), code=303)


blueprint.add_url_rule(
    "/ways",
    "ways",
    policy("citizen")(ways.page("public/ways.html", "public.me")),
    methods=["GET", "POST"],
)


@blueprint.get("/me")
@policy("citizen")
def me() -> ResponseReturnValue:
    if found := provider():
        security.allow_forms_to(found.issuer)  # log-out goes on to the unified identity
    with read_session() as session:
        given = consents.of_citizen(session, current())
        titles = {key: one.title for key, one in guides.guides().items()}
        return render_template(
            "public/me.html",
            who=citizen(),
            consents=given,
            titles=titles,
            provider=found.title if found else "",
        )


@blueprint.post("/consents/<key>/withdraw")
@policy("citizen")
def withdraw_consent(key: str) -> ResponseReturnValue:
    run(consents.withdraw, key, by=current())
    flash(_("已撤回授权"))
    return redirect(url_for("public.me"), code=303)
