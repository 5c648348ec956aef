"""The library: which processes there are, their versions and cases, and beginning a draft.

Invariant: looking changes nothing; a draft begins with what runs today, or with a small model that
passes the check.
"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import repository
from processes.identity import identity
from processes.identity.roles import Action
from processes.modelling import modelling, naming
from processes.modelling.blank_model import blank_model
from processes.modelling.modelling import Entry
from processes.modelling.titles import title_of
from web import exporting
from web.auth import actions_of, current, policy
from web.by_business import businesses
from web.clerk import diagrams
from web.database import read_session, run
from web.wording import worded

blueprint = Blueprint("analyst", __name__, url_prefix="/analyst")


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
        titles = businesses(entry.domain for entry in entries)
        chosen = _chosen(titles)
        html = exporting.page(
            "analyst/library.html",
            total=len(entries),
            entries=_sifted(entries, chosen),
            chosen=chosen,
            domains=titles,
            authors=authors,
            me=current().id,
            may_draft=Action.DRAFT_MODEL in actions_of(current()),
            errors=errors or {},
            typed=request.form if errors else {},
        )
    return html, status


def _chosen(titles: Mapping[str, str]) -> dict[str, str]:
    """What the list is asked for: `q` words, `business`; only what narrows it."""
    text, business = request.args.get("q", "").strip()[:40], request.args.get("business", "")
    asked = {"q": text, "business": business if business in titles else ""}
    return {name: value for name, value in asked.items() if value}


def _sifted(entries: Sequence[Entry], chosen: Mapping[str, str]) -> list[Entry]:
    """The processes of a business in whose name or key each word stands."""
    words, business = chosen.get("q", "").lower().split(), chosen.get("business")
    return [
        entry
        for entry in entries
        if business in (None, entry.domain)
        and all(word in f"{entry.name} {worded(entry.name)} {entry.key}".lower() for word in words)
    ]


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
            files={name: title_of(name, content) for name, content in sorted(files.items())},
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


@blueprint.get("/new/key")
@policy("staff", Action.DRAFT_MODEL)
def key() -> ResponseReturnValue:
    """A free key for the business and the name typed so far; empty while they give none."""
    return jsonify(key=_proposed(request.args))


@blueprint.post("/new")
@policy("staff", Action.DRAFT_MODEL)
def new() -> ResponseReturnValue:
    """Begin a process that does not exist yet; its key, if none is typed, is the one proposed."""
    key = request.form.get("key", "").strip() or _proposed(request.form)
    name = request.form.get("name", "").strip()
    errors = _refusals(key, name, _business(request.form))
    if errors:
        return shown(errors, 422)
    files = blank_model(key, name)
    made = run(modelling.create, key, by=current(), files=files)
    flash(_("已新建流程草稿"))
    return redirect(url_for("analyst.modelling.page", draft_id=made.id), code=303)


def _business(given: Mapping[str, str]) -> str:
    """The code of the business chosen, or of the new one typed."""
    return (given.get("business", "") or given.get("new_business", "")).strip()


def _proposed(given: Mapping[str, str]) -> str:
    business, name = _business(given), given.get("name", "").strip()[:60]
    if not naming.BUSINESS.fullmatch(business):
        return ""
    with read_session() as session:
        return naming.proposed(business, name, taken=_taken(session))


def _refusals(key: str, name: str, business: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not name or len(name) > 60 or not name.isprintable():
        errors["name"] = _("请填写流程名称，不超过 60 个字。")
    if business and not naming.BUSINESS.fullmatch(business):
        errors["business"] = _("业务代码用小写字母和数字，字母开头，2 至 16 个，例如 road。")
    elif not naming.KEY.fullmatch(key) or len(key) > naming.LONGEST:
        errors["key"] = _(
            "标识由小写字母、数字和下划线组成，以业务开头，例如 yacht_licence_change。"
        )
    elif business and not key.startswith(f"{business}_"):
        errors["key"] = _("标识以所选业务的代码开头：%(code)s_", code=business)
    elif _exists(key):
        errors["key"] = _("已有这个标识的流程，请在流程库中选它修改。")
    return errors


def _exists(key: str) -> bool:
    with read_session() as session:
        return key in _taken(session)


def _taken(session: Session) -> frozenset[str]:
    """The keys of processes and of open drafts of new ones."""
    return frozenset(entry.key for entry in modelling.library(session, by=current()))
