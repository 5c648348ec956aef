"""The library: which processes there are, their versions and cases, and beginning a draft.

Invariant: looking changes nothing; a draft begins with what runs today, or with a small model that
passes the check.
"""

import re
from typing import Any, Final

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import repository
from processes.domains import domains
from processes.identity import identity
from processes.identity.roles import Action
from processes.modelling import modelling
from processes.modelling.blank_model import blank_model
from web import exporting
from web.auth import actions_of, current, policy
from web.clerk import diagrams
from web.database import read_session, run
from web.i18n import titles

blueprint = Blueprint("analyst", __name__, url_prefix="/analyst")

_KEY: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


@blueprint.get("")
@policy("staff", Action.VIEW_LIBRARY)
def library() -> ResponseReturnValue:
    return shown()


def shown(errors: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    """The library, with what was wrong with the form just sent, by its field."""
    with read_session() as session:
        entries = modelling.library(session, by=current())
        authors = {
            draft.author: identity.user(session, draft.author).name
            for entry in entries
            for draft in entry.drafts
        }
        html = exporting.page(
            "analyst/library.html",
            entries=entries,
            domains=titles(domains.current().titles),
            authors=authors,
            me=current().id,
            may_draft=Action.DRAFT_MODEL in actions_of(current()),
            errors=errors or {},
            typed=request.form if errors else {},
        )
    return html, status


@blueprint.get("/processes/<key>")
@policy("staff", Action.VIEW_LIBRARY)
def process(key: str) -> ResponseReturnValue:
    """What runs: the diagram with the cases on it, the files, the versions."""
    with read_session() as session:
        latest = repository.latest(session, key)
        files = repository.resources(session, latest.deployment_id)
        return render_template(
            "analyst/process.html",
            latest=latest,
            name=latest.name or key,
            files=sorted(files),
            versions=repository.versions(session, key),
            running=modelling.running_cases(session),
            may_draft=Action.DRAFT_MODEL in actions_of(current()),
        )


@blueprint.get("/processes/<key>/diagram")
@policy("staff", Action.VIEW_LIBRARY)
def diagram(key: str) -> ResponseReturnValue:
    with read_session() as session:
        return jsonify(diagrams.of_definition(session, repository.latest(session, key).id))


@blueprint.post("/processes/<key>/drafts")
@policy("staff", Action.DRAFT_MODEL)
def draft(key: str) -> ResponseReturnValue:
    """Go on with one's own draft, or begin one with what runs today."""
    made = run(modelling.create, key, by=current())
    return redirect(url_for("analyst.modelling.page", draft_id=made.id), code=303)


@blueprint.post("/new")
@policy("staff", Action.DRAFT_MODEL)
def new() -> ResponseReturnValue:
    """Begin a process that does not exist yet."""
    key, name = request.form.get("key", "").strip(), request.form.get("name", "").strip()
    errors = _refusals(key, name)
    if errors:
        return shown(errors, 422)
    files = blank_model(key, name)
    made = run(modelling.create, key, by=current(), files=files)
    flash(_("已新建流程草稿"))
    return redirect(url_for("analyst.modelling.page", draft_id=made.id), code=303)


def _refusals(key: str, name: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not name or len(name) > 60 or not name.isprintable():
        errors["name"] = _("请填写流程名称，不超过 60 个字。")
    if not _KEY.fullmatch(key) or len(key) > 64:
        errors["key"] = _(
            "标识由小写字母、数字和下划线组成，以业务开头，例如 yacht_licence_change。"
        )
    elif _exists(key):
        errors["key"] = _("已有这个标识的流程，请在流程库中选它修改。")
    return errors


def _exists(key: str) -> Any:
    with read_session() as session:
        return key in repository.process_keys(session)
