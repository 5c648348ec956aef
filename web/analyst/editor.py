"""The editor of a draft: save, check, preview, hand in, take back.

Invariant: what an analyst has drawn is kept before anything else is done with it, faulty or not;
two windows on one draft never overwrite each other without a word.
"""

import base64
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.errors import BanliError, Conflict, DeploymentRejected, Finding
from forms import definition as form_definition
from forms import lint as form_lint
from processes.casework import sources
from processes.documents import documents
from processes.identity.roles import Action
from processes.letters import sample
from processes.modelling import modelling, trying
from processes.modelling.modelling import DraftView
from web import filling
from web.analyst.catalogue import finding, of_installation
from web.auth import current, policy
from web.database import read_session, run
from web.display import moment
from web.filling import Rights
from web.security import allow_inline_styles
from web.wiring import topics

blueprint = Blueprint("modelling", __name__, url_prefix="/drafts/<int:draft_id>")

Files = dict[str, bytes]


class _Unreadable(BanliError):
    """The page sent something that is no bundle of texts."""

    code = "bundle_unreadable"


@blueprint.get("")
@policy("staff", Action.VIEW_LIBRARY)
def page(draft_id: int) -> ResponseReturnValue:
    allow_inline_styles()
    with read_session() as session:
        view = modelling.view(session, draft_id, by=current())
        return render_template(
            "analyst/editor.html",
            view=view,
            draft=view.draft,
            data=_data(view, of_installation(session)),
            outdated=(view.latest or 0) > (view.draft.based_on or 0),
            mine=view.draft.author == current().id,
        )


def _data(view: DraftView, catalogue: Mapping[str, Any]) -> dict[str, Any]:
    """What the page's script begins with."""
    return {
        "key": view.draft.key,
        "revision": view.draft.revision,
        "editable": view.may_edit,
        "files": {name: content.decode() for name, content in view.files.items()},
        "catalogue": catalogue,
    }


@blueprint.post("/save")
@policy("staff", Action.DRAFT_MODEL)
def save(draft_id: int) -> ResponseReturnValue:
    """Keep the files; 409 with the other revision if the draft was saved elsewhere."""
    files, body = _posted()
    try:
        trying.require(files)
        draft = run(
            modelling.save,
            draft_id,
            by=current(),
            files=files,
            revision=_revision(body),
            note=str(body.get("note") or ""),
        )
    except DeploymentRejected as error:
        return _rejected(error)
    except Conflict as error:
        return _conflict(error)
    return jsonify(revision=draft.revision, text=_("已保存 %(at)s", at=moment(draft.saved_at)))


@blueprint.post("/check")
@policy("staff", Action.VIEW_LIBRARY)
def check(draft_id: int) -> ResponseReturnValue:
    """The findings of a deployment on the files as they are in the page."""
    files, _body = _posted()
    try:
        trying.require(files)
    except DeploymentRejected as error:
        return jsonify(findings=[finding(one) for one in error.findings])
    with read_session() as session:
        view = modelling.view(session, draft_id, by=current())
        found = modelling.findings(session, files, view.draft.key, topics=topics())
    return jsonify(findings=[finding(one) for one in found])


@blueprint.post("/submit")
@policy("staff", Action.DRAFT_MODEL)
def submit(draft_id: int) -> ResponseReturnValue:
    """Hand the saved draft in; 422 with the findings if it has errors."""
    body = _body()
    note = str(body.get("note") or "").strip()
    if not note:
        return jsonify(detail=_("请写明修改了什么、为什么。")), 422
    try:
        run(
            modelling.submit,
            draft_id,
            by=current(),
            revision=_revision(body),
            topics=topics(),
            note=note,
        )
    except DeploymentRejected as error:
        return _rejected(error)
    except Conflict as error:
        return _conflict(error)
    flash(_("已提交，等待第二人确认发布"))
    return jsonify(href=url_for("analyst.library"))


@blueprint.post("/preview")
@policy("staff", Action.VIEW_LIBRARY)
def preview(draft_id: int) -> ResponseReturnValue:
    """The form in a text as clerks will see it, with what the check says of it."""
    body = _body()
    content, path = str(body.get("text") or "").encode(), str(body.get("path") or "")
    with read_session() as session:
        modelling.view(session, draft_id, by=current())
        html, found = _drawn(content, path, sources.lookups(session, current()))
    return jsonify(html=html, findings=[finding(one) for one in found])


def _drawn(content: bytes, path: str, lookups: Any) -> tuple[str, list[Finding]]:
    try:
        form = form_definition.read(content, path)
    except DeploymentRejected as error:
        return "", list(error.findings)
    rights = Rights(node=None, may_edit=True)
    layout = filling.layout(form, {}, context={}, rights=rights, lookups=lookups)
    html = render_template("analyst/_preview.html", form=form, layout=layout)
    return html, form_lint.check(form)


@blueprint.post("/letter")
@policy("staff", Action.VIEW_LIBRARY)
def letter(draft_id: int) -> ResponseReturnValue:
    """The letter in a text as a PDF with its places named, or what is wrong with it."""
    body = _body()
    content, path = str(body.get("text") or "").encode(), str(body.get("path") or "")
    with read_session() as session:
        modelling.view(session, draft_id, by=current())
    try:
        pdf = sample.draw(documents.read(content, path))
    except DeploymentRejected as error:
        return jsonify(pdf="", findings=[finding(one) for one in error.findings])
    except documents.LetterInvalid as error:
        return jsonify(
            pdf="", findings=[finding(Finding("error", "letter_invalid", error.message))]
        )
    return jsonify(pdf=base64.b64encode(pdf).decode(), findings=[])


@blueprint.post("/rebase")
@policy("staff", Action.DRAFT_MODEL)
def rebase(draft_id: int) -> ResponseReturnValue:
    run(modelling.rebase, draft_id, by=current())
    flash(_("已记录：与现行版本核对过，以本草稿为准"))
    return redirect(url_for("analyst.modelling.page", draft_id=draft_id), code=303)


@blueprint.post("/recall")
@policy("staff", Action.DRAFT_MODEL)
def recall(draft_id: int) -> ResponseReturnValue:
    run(modelling.recall, draft_id, by=current())
    flash(_("已撤回，可以继续修改"))
    return redirect(url_for("analyst.modelling.page", draft_id=draft_id), code=303)


@blueprint.post("/discard")
@policy("staff", Action.DRAFT_MODEL)
def discard(draft_id: int) -> ResponseReturnValue:
    run(modelling.discard, draft_id, by=current())
    flash(_("已放弃这份草稿"))
    return redirect(url_for("analyst.library"), code=303)


def _posted() -> tuple[Files, dict[str, Any]]:
    body = _body()
    files = body.get("files")
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise _Unreadable(_("页面发来的内容不完整，请重试。"))
    try:
        return {str(name): text.encode() for name, text in files.items()}, body
    except UnicodeEncodeError as error:
        raise _Unreadable(_("文件中有不能保存的字符。")) from error


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise _Unreadable(_("页面发来的内容不完整，请重试。"))
    return body


def _revision(body: Mapping[str, Any]) -> int:
    revision = body.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool):
        raise _Unreadable(_("页面发来的内容不完整，请重试。"))
    return revision


def _rejected(error: DeploymentRejected) -> ResponseReturnValue:
    return jsonify(detail=error.message, findings=[finding(one) for one in error.findings]), 422


def _conflict(error: Conflict) -> ResponseReturnValue:
    saved_at = error.details.get("at")
    return jsonify(
        detail=error.message,
        revision=error.details.get("revision"),
        at=moment(saved_at) if saved_at else "",
        outdated=bool(error.details.get("latest")),
    ), 409
