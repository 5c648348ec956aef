"""抄送, 传阅 on pages: the box, sending from a task or a case, reading, replying, chasing readers.

Invariant: every command is `processes.circulation`; opening a copy counts as reading it unless it
must be read, which the reader says.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from processes.approvals import circulation
from processes.approvals.circulation import Wanted
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.model.circulation import CaseCopy
from web import exporting, foretelling
from web.auth import current, policy
from web.clerk import worklist
from web.database import read_session, run
from web.errors import Page, answer
from web.paths import own_path
from web.words import _

blueprint = Blueprint("circulating", __name__)

_PAGE = 50
_HANDLE = (Action.VIEW_CASE, Action.CLAIM_TASK)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a copy of a case, and how far they have got."""

    name: str
    state: str
    tone: str
    at: datetime
    reply: str


@blueprint.get("/inbox/copies")
@policy("staff", *_HANDLE)
def box() -> ResponseReturnValue:
    after = request.args.get("after", "")
    last = int(after) if after.isascii() and after.isdigit() else None
    unread = request.args.get("only") == "unread"
    with read_session() as session:
        size = exporting.most(_PAGE)
        rows = circulation.box(session, current(), unread=unread, after=last, limit=size + 1)
        more = rows[size - 1].row.id if len(rows) > size else None
        return exporting.page(
            "circulation/box.html",
            tabs=worklist.tabs("copies"),
            rows=rows[:size],
            only="unread" if unread else "",
            next=more,
            after=after,
        )


@blueprint.post("/copies/<int:copy_id>/open")
@policy("staff", *_HANDLE)
def open_copy(copy_id: int) -> ResponseReturnValue:
    """Go to the case; what need not be read expressly counts as read."""
    case_id = run(_opened, copy_id)
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/copies/<int:copy_id>/read")
@policy("staff", *_HANDLE)
def read(copy_id: int) -> ResponseReturnValue:
    case_id = run(circulation.read, copy_id, by=current()).case_id
    flash(_("已标为已阅"))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/copies/<int:copy_id>/reply")
@policy("staff", *_HANDLE)
def reply(copy_id: int) -> ResponseReturnValue:
    text = request.form.get("text", "")
    case_id = run(circulation.reply, copy_id, by=current(), text=text).case_id
    flash(_("已回复"))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


@blueprint.post("/cases/<int:case_id>/copies")
@policy("staff", Action.COPY_CASE)
def send(case_id: int) -> ResponseReturnValue:
    """Send copies of a case."""
    given = request.form.getlist("person")
    back = own_path(request.form.get("next", ""), url_for("cases.page", case_id=case_id))
    people = [int(one) for one in given if one.isascii() and one.isdigit()]
    if not people and foretelling.asked():
        raise foretelling.Foretold(None, _("请选择抄送给谁。"))
    if not people:
        ways = [(back, _("返回本件"))]
        return answer(422, Page(_("没有抄送"), _("请选择抄送给谁。"), ways=ways))
    wanted = Wanted(
        people=people,
        text=request.form.get("text", "").strip(),
        must_read=bool(request.form.get("must_read")),
        reply=bool(request.form.get("reply")),
    )
    run(circulation.send, case_id, wanted, by=current())
    flash(_("已抄送 %(n)s 人", n=len(people)))
    return redirect(back, code=303)


@blueprint.post("/cases/<int:case_id>/copies/chase")
@policy("staff", Action.COPY_CASE)
def chase(case_id: int) -> ResponseReturnValue:
    number = run(circulation.chase, case_id, by=current())
    flash(_("已提醒 %(n)s 人", n=number))
    return redirect(url_for("cases.page", case_id=case_id), code=303)


def of_case(session: Session, case: Case, *, by: User) -> dict[str, Any]:
    """What a case's page shows of its copies: the own one, all readers, whom one could send it."""
    found = circulation.of_case(session, case.id)
    own = next((row for row, _name in found if row.user_id == by.id), None)
    sendable = circulation.may_send(session, case, by=by)
    return {
        "own_copy": own if own is not None and _asks(own) else None,
        "readers_of": [_reader(row, name) for row, name in found],
        "copy_to": circulation.people(session, case, by=by) if sendable else None,
        "may_chase": sendable and any(circulation.owes(row) for row, _name in found),
    }


def _opened(session: Session, copy_id: int) -> int:
    row = circulation.own(session, copy_id, by=current())
    if not row.must_read:
        circulation.read(session, copy_id, by=current())
    return row.case_id


def _asks(row: CaseCopy) -> bool:
    return row.read_at is None or circulation.owes(row)


def _reader(row: CaseCopy, name: str) -> Reader:
    if row.replied_at is not None:
        return Reader(name, _("已回复"), "green", row.replied_at, row.reply)
    if row.read_at is not None:
        waits = _("已阅，待回复") if row.wants_reply else _("已阅")
        return Reader(name, waits, "" if row.wants_reply else "green", row.read_at, "")
    state = _("须阅未阅") if row.must_read else _("未阅")
    return Reader(name, state, "amber" if row.must_read else "", row.sent_at, "")


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
