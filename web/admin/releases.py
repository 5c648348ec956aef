"""Releasing models: what was handed in and a second person confirms; versions and their cases.

Invariant: who wrote a model never releases it (a setting of the demo apart); what was handed in, by
digest, is what runs; running cases stay on their version.
"""

from dataclasses import dataclass
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine import repository
from engine.errors import BanliError, DeploymentRejected
from engine.model import Deployment
from processes.domains import domains
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.modelling import differences, modelling
from processes.modelling.differences import FileChange
from processes.modelling.modelling import DraftView
from processes.modelling.titles import title_of
from processes.rights import permissions
from web import exporting
from web.auth import actions_of, current, policy
from web.confirming import sensitive
from web.database import read_session, run
from web.i18n import titles
from web.wiring import topics
from web.words import _

blueprint = Blueprint("releases", __name__, url_prefix="/releases")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a process and how many cases run on it."""

    definition_id: int
    number: int
    suspended: bool
    running: int
    created_at: Any
    deployed_by: str


@blueprint.get("")
@policy("staff", Action.RELEASE_MODEL, Action.SUSPEND_DEFINITION)
def index() -> ResponseReturnValue:
    with read_session() as session:
        waiting = [
            (draft, modelling.name_of(draft), identity.user(session, draft.author))
            for draft in modelling.submitted(session, by=current())
        ]
        return exporting.page(
            "admin/releases.html",
            waiting=waiting,
            library=modelling.library(session, by=current()),
            domains=titles(domains.current().titles),
            may_release=Action.RELEASE_MODEL in actions_of(current()),
            me=current(),
        )


@blueprint.get("/drafts/<int:draft_id>")
@policy("staff", Action.RELEASE_MODEL)
def draft(draft_id: int) -> ResponseReturnValue:
    """A draft with what changed against the version that runs, file by file."""
    with read_session() as session:
        return _draft_page(session, draft_id)


def _draft_page(session: Session, draft_id: int, error: BanliError | None = None) -> str:
    view = modelling.view(session, draft_id, by=current())
    findings = modelling.findings(session, view.files, view.draft.key, topics=topics())
    settings = current_app.config["BANLI"]
    own = view.draft.author == current().id and settings.second_person_release
    return render_template(
        "admin/draft.html",
        view=view,
        draft=view.draft,
        changes=_changes(session, view),
        titles={name: title_of(name, content) for name, content in view.files.items()},
        findings=findings,
        own=own,
        error=error,
    )


def _changes(session: Session, view: DraftView) -> list[FileChange]:
    key = view.draft.key
    before = modelling.released_files(session, key)[0] if view.latest else {}
    return differences.between(before, view.files)


@blueprint.get("/drafts/<int:draft_id>/diagram")
@policy("staff", Action.RELEASE_MODEL)
def diagram(draft_id: int) -> ResponseReturnValue:
    """The drafted diagram; what is new or changed is marked, a click tells how."""
    with read_session() as session:
        view = modelling.view(session, draft_id, by=current())
        changes = {one.name: one for one in _changes(session, view)}
    names = [name for name in sorted(view.files) if name.endswith(".bpmn")]
    told = [
        element
        for name in names
        if name in changes
        for element in changes[name].elements
        if element.kind != "removed"
    ]
    notes = {"added": _("新增"), "changed": _("有修改")}
    marked = {one.element: {"note": notes[one.kind]} for one in told}
    return jsonify(
        diagrams=[
            {"title": title_of(name, view.files[name]) or name, "xml": view.files[name].decode()}
            for name in names
        ],
        state={"elements": marked, "flows": []},
        history={one.element: [one.title, *one.details] for one in told},
    )


@blueprint.post("/drafts/<int:draft_id>/release")
@policy("staff", Action.RELEASE_MODEL)
@sensitive
def release(draft_id: int) -> ResponseReturnValue:
    second = current_app.config["BANLI"].second_person_release
    try:
        run(modelling.release, draft_id, by=current(), topics=topics(), second_person=second)
    except DeploymentRejected as error:
        with read_session() as session:
            return _draft_page(session, draft_id, error), 422
    flash(_("已发布，新的案件按新版本办理，在办案件不受影响"))
    return redirect(url_for("releases.index"), code=303)


@blueprint.post("/drafts/<int:draft_id>/return")
@policy("staff", Action.RELEASE_MODEL)
def send_back(draft_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise BanliError(_("请写明退回原因。"))
    run(modelling.send_back, draft_id, by=current(), reason=reason)
    flash(_("已退回起草人"))
    return redirect(url_for("releases.index"), code=303)


@blueprint.get("/<key>")
@policy("staff", Action.RELEASE_MODEL, Action.SUSPEND_DEFINITION)
def versions(key: str) -> ResponseReturnValue:
    with read_session() as session:
        running = modelling.running_cases(session)
        found = [_version(session, one, running) for one in repository.versions(session, key)]
        name = repository.latest(session, key).name or key
        may_migrate = Action.MIGRATE_CASE in actions_of(current())
        return exporting.page(
            "admin/versions.html", key=key, name=name, versions=found, may_migrate=may_migrate
        )


def _version(session: Session, one: Any, running: dict[tuple[str, int], int]) -> Version:
    by = session.get_one(Deployment, one.deployment_id).deployed_by
    known = identity.user(session, int(by)).name if by.isascii() and by.isdigit() else _("系统")
    count = running.get((one.key, one.version), 0)
    return Version(one.id, one.version, one.suspended, count, one.created_at, known)


@blueprint.post("/definitions/<int:definition_id>/suspend")
@policy("staff", Action.SUSPEND_DEFINITION)
def suspend(definition_id: int) -> ResponseReturnValue:
    """Stop or allow new cases on a version; those that run go on."""
    stop = request.form.get("suspended") == "1"
    key = run(_suspend, definition_id, by=current(), stop=stop)
    flash(_("该版本已停用，不再受理新的案件") if stop else _("该版本已恢复使用"))
    return redirect(url_for("releases.versions", key=key), code=303)


def _suspend(session: Session, definition_id: int, *, by: User, stop: bool) -> str:
    permissions.require(by, Action.SUSPEND_DEFINITION)
    repository.suspend_definition(session, definition_id, suspended=stop)
    action = "definition.suspended" if stop else "definition.resumed"
    audit.record(session, action, by=by, subject=("process_definition", definition_id))
    return repository.get(session, definition_id).key
