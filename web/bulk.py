"""Several tasks at once: claimed or put back, each by itself, with its own result and audit row.

Invariant: one refusal stops nothing else; the page afterwards says of every task what became of it.
"""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine.errors import BanliError
from engine.model import UserTask
from processes import worklist as desk
from processes.model.cases import Case
from processes.roles import Action
from web.auth import current, policy
from web.database import read_session, run
from web.refusals import said
from web.words import N_, _

blueprint = Blueprint("bulk", __name__)
MOST: Final = 100
_ACTS: Final = {
    "claim": (desk.claim, N_("批量签收"), N_("已签收")),
    "release": (desk.release, N_("批量退回待签收"), N_("已退回待签收")),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one task; no number for one that was not open any more."""

    task_id: int
    reference: str
    title: str
    step: str
    done: bool
    words: str


@blueprint.post("/inbox/bulk")
@policy("staff", Action.CLAIM_TASK)
def act() -> ResponseReturnValue:
    """Do the same to every task that is ticked."""
    verb = request.form.get("do", "")
    ids = [int(one) for one in request.form.getlist("task") if one.isascii() and one.isdigit()]
    if verb not in _ACTS or not ids:
        raise BanliError(_("请先勾选要办理的事项。"))
    command, title, done = _ACTS[verb]
    known = _known(ids[:MOST])
    results = []
    for task_id in ids[:MOST]:
        words, well = _(done), True
        try:
            run(command, task_id, by=current())
        except BanliError as refused:
            words, well = said(refused.message), False
        results.append(Result(task_id, *known.get(task_id, ("", "", "")), done=well, words=words))
    return render_template("worklist/bulk.html", results=results, title=_(title))


def _known(ids: list[int]) -> dict[int, tuple[str, str, str]]:
    """Number, title and step of the tasks, as they are before anything is done."""
    query = (
        select(UserTask.id, Case.reference, Case.title, UserTask.name)
        .join(Case, Case.id == UserTask.instance_id)
        .where(UserTask.id.in_(ids))
    )
    with read_session() as session:
        return {row[0]: (row[1], row[2], row[3]) for row in session.execute(query)}


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
