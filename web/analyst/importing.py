"""Import of models that other tools have drawn: a draft, and the account of what became of it.

Invariant: a file becomes a draft of whoever brings it, or nothing at all; a process that exists is
never touched; what was rewritten and what cannot run is shown before anything else.
"""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import repository
from engine.errors import BanliError, Conflict, DeploymentRejected
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.importing import foreign
from processes.importing.foreign import Imported
from processes.model.cases import ModelDraft
from processes.modelling import modelling
from processes.modelling.blank_model import blank_model
from web.analyst import library
from web.auth import current, policy
from web.database import run

blueprint = Blueprint("importing", __name__, url_prefix="/import")


@blueprint.post("")
@policy("staff", Action.DRAFT_MODEL)
def bring() -> ResponseReturnValue:
    """Make a draft of an uploaded `.bpmn` or `.dmn` file and show what was done to it."""
    brought = request.files.get("file")
    name = (brought.filename or "").rpartition("/")[2].rpartition("\\")[2] if brought else ""
    if brought is None or not name.lower().endswith((".bpmn", ".dmn", ".xml")):
        return library.shown({"file": _("请选择一个 .bpmn 或 .dmn 文件。")}, 422)
    try:
        content = brought.read(foreign.FOREIGN_BYTES + 1)
        foreign.require(content, name)
        made = foreign.read(content, name)
        draft = run(_draft, made, by=current())
    except DeploymentRejected as error:
        return library.shown({"file": error.findings[0].message}, 422)
    except BanliError as error:
        return library.shown({"file": error.message}, 422)
    errors = [one for one in made.findings if one.severity == "error"]
    return render_template(
        "analyst/imported.html", made=made, draft=draft, name=name, errors=errors
    )


def _draft(session: Session, made: Imported, *, by: User) -> ModelDraft:
    taken = {*repository.process_keys(session)}
    if made.file.endswith(".dmn"):
        taken |= {*repository.decision_ids(session)}
    if made.key in taken or modelling.open_draft(session, made.key):
        raise Conflict(f"流程库中已有『{made.key}』的流程、决策或草稿，请先改名，或在流程库中修改")
    files = {made.file: made.content}
    if made.file.endswith(".dmn"):
        files |= blank_model(made.key, made.key)
    return modelling.create(session, made.key, by=by, files=files)
