"""What a clerk may ask of a task before deciding: 为什么在我这里, 办理后会怎样.

Invariant: both are fragments of the task's page, in words; asking changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import BanliError
from forms.definition import FormInvalid
from processes.clock.counting import Unit
from processes.clock.explanation import UNITS
from processes.clock.reckoning import Event
from processes.desk import outlook, reasons, worklist
from processes.desk.outlook import ClockLine, Coming, Outlook
from processes.identity.roles import Action
from web import filling
from web.auth import current, policy
from web.clerk import moving, signing
from web.clerk.limits import EVENTS
from web.database import read_session
from web.foretelling import Foretold
from web.refusals import said
from web.words import N_, _

blueprint = Blueprint("foresight", __name__, url_prefix="/tasks/<int:task_id>")

_HANDLE = (Action.COMPLETE_TASK, Action.CLAIM_TASK)
_UNDO: Final = N_("对方办理之前可以减签收回")
ASSIGNED: Final[Mapping[str, str]] = {
    "assignee": N_("流程指定一名办理人"),
    "users": N_("流程列出了可以办理的人员"),
    "groups": N_("流程指定了可以办理的岗位"),
    "lane": N_("本环节在流程图上属于这一岗位的泳道"),
    "people": N_("流程指定由多人共同办理"),
    "nobody": N_("流程没有限定办理人"),
}
RULES: Final[Mapping[str, str]] = {
    "holder": N_("本件已在您名下"),
    "named": N_("您是点名的候选人"),
    "role": N_("您任职于候选岗位"),
    "agent": N_("您是代理人"),
    "": N_("本件不在您的待办中"),
}
HAPPENED: Final[Mapping[str, str]] = {
    "created": N_("任务产生"),
    "claimed": N_("签收"),
    "assigned": N_("交办"),
    "released": N_("退回待签收"),
    "moved": N_("退回、撤回或跳转"),
}


@blueprint.get("/why")
@policy("staff", *_HANDLE)
def why(task_id: int) -> ResponseReturnValue:
    with read_session() as session:
        found = reasons.of_task(session, task_id, by=current())
        return render_template(
            "task/_why.html", why=found, assigned=ASSIGNED, rules=RULES, happened=HAPPENED
        )


@blueprint.post("/outlook")
@policy("staff", *_HANDLE)
def ahead(task_id: int) -> ResponseReturnValue:
    """What handing in the form as it stands would do; what is wrong with it, if it is refused."""
    with read_session() as session:
        view = worklist.view(session, task_id, by=current())
        form, node = view.form, view.task.activity
    try:
        given = filling.answers(form, node=node) if form else {}
        with read_session() as session:
            found = outlook.of_submission(session, task_id, by=current(), answers=given)
    except FormInvalid as refused:
        wrong = filling.mistakes(form, refused.errors) if form else []
        return render_template("task/_outlook.html", found=None, wrong=wrong, problem="")
    except BanliError as refused:
        return _refused(said(refused.message))
    return _told(found)


@blueprint.post("/return/outlook")
@policy("staff", Action.RETURN_TASK)
def returned(task_id: int) -> ResponseReturnValue:
    """What returning the task as the form stands would do."""
    order = moving.ordered()
    return _of(lambda session: outlook.of_return(session, task_id, by=current(), order=order))


@blueprint.post("/transfer/outlook")
@policy("staff", Action.TRANSFER_TASK)
def transferred(task_id: int) -> ResponseReturnValue:
    """What handing the task to the chosen person would do."""
    (to,) = signing.chosen("to")[:1] or (0,)
    if not to:
        return _unchosen()
    return _of(lambda session: outlook.of_transfer(session, task_id, by=current(), to=to))


@blueprint.post("/delegate/outlook")
@policy("staff", Action.DELEGATE_TASK)
def delegated(task_id: int) -> ResponseReturnValue:
    """What asking the chosen person for an opinion would do."""
    people = signing.chosen()
    if len(people) != 1:
        return _unchosen()
    return _of(
        lambda session: outlook.of_delegation(session, task_id, by=current(), to=people[0]),
        undo=_UNDO,
    )


@blueprint.post("/signers/outlook")
@policy("staff", Action.CHANGE_SIGNERS)
def signed(task_id: int) -> ResponseReturnValue:
    """What having the chosen people sign would do."""
    wanted = signing.wanted()
    if wanted is None:
        return _unchosen()
    return _of(
        lambda session: outlook.of_signers(session, task_id, by=current(), wanted=wanted),
        undo=_UNDO,
    )


def _of(foretell: Callable[[Session], Outlook], *, undo: str = "") -> str:
    """The fragment of what a dry run tells, or of why it is refused."""
    try:
        with read_session() as session:
            found = foretell(session)
    except BanliError as refused:
        return _refused(said(refused.message))
    return _told(found, undo=undo)


def _unchosen() -> str:
    return _refused(_("请先选择人员。"))


def _refused(problem: str) -> str:
    return render_template("task/_outlook.html", found=None, wrong=[], problem=problem)


def _told(found: Outlook, *, undo: str = "") -> str:
    return render_template(
        "task/_outlook.html",
        found=found,
        steps=steps(found),
        clocks=clock_words(found),
        undo=_(undo or N_("下一环节签收、填写之前可以撤回")),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A step that would come, with all who would have a task in it."""

    title: str
    people: tuple[str, ...]
    count: int
    offices: tuple[str, ...]
    due_at: datetime | None


def steps(found: Outlook) -> list[Step]:
    """The steps that would come; those of one step together."""
    titles = dict.fromkeys(one.step for one in found.tasks)
    return [_step(title, [one for one in found.tasks if one.step == title]) for title in titles]


def _step(title: str, coming: Sequence[Coming]) -> Step:
    people = tuple(dict.fromkeys(name for one in coming for name in one.performers.people))
    offices = tuple(dict.fromkeys(name for one in coming for name in one.performers.offices))
    more = max(one.performers.more for one in coming)
    due = min((one.due_at for one in coming if one.due_at), default=None)
    return Step(title, people, len(people) + more, offices, due)


def clock_words(found: Outlook) -> list[str]:
    """What would happen to the clocks, a sentence each."""
    return [_clock(line) for line in found.clocks]


def _clock(line: ClockLine) -> str:
    title = said(line.title) if line.title else _("全部期限")
    event = _(EVENTS[Event(line.event)])
    if line.amount is None:
        return f"{title} {event}"
    return f"{title} {event} {line.amount} {said(UNITS[Unit(line.unit)])}"


def _foretold(told: Foretold) -> str:
    """What an order of another page would do, as a fragment of that page."""
    return _told(told.found) if told.found else _refused(said(told.problem))


def register(app: Flask) -> None:
    app.register_error_handler(Foretold, _foretold)
    app.register_blueprint(blueprint)
