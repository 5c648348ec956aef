"""The clerk's lists: 待办, 已办, 我发起, live without reload.

Invariant: a poll answers 204 unless something that the list shows has changed.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine import repository
from processes import applications
from processes import inbox as boxes
from processes.identity import User
from processes.inbox import Box, Filters, Page, Row
from processes.roles import Action
from web.auth import POLL_HEADER, current, policy
from web.database import read_session
from web.words import _

blueprint = Blueprint("worklist", __name__)

_BOXES: Final = ("todo", "done", "mine")


@blueprint.get("/inbox")
@policy("staff", Action.CLAIM_TASK)
def inbox() -> ResponseReturnValue:
    box = cast(Box, request.args.get("box") if request.args.get("box") in _BOXES else "todo")
    chosen = _chosen()
    filters = Filters(
        text=chosen.get("q", ""),
        process_key=chosen.get("process", ""),
        overdue=chosen.get("only") == "overdue",
    )
    after = _after()
    with read_session() as session:
        page = boxes.page(session, current(), box=box, filters=filters, after=after)
        view = {"box": box, "chosen": chosen, **_links(box, chosen, page, after)}
        view |= {"total": page.total, "rows": [(row, href_of(row)) for row in page.rows]}
        if POLL_HEADER in request.headers:
            return _news(view)
        return render_template(
            "worklist/inbox.html",
            titles={"todo": _("待办"), "done": _("已办"), "mine": _("我发起")},
            chips=[("", _("全部")), ("overdue", _("已超期"))] if box == "todo" else [],
            processes=_processes(session),
            startable=_startable(session, current()),
            **view,
        )


def href_of(row: Row) -> str:
    """Where a line leads: to the task if there is one to do, else to the case."""
    if row.task_id is not None:
        return url_for("task.page", task_id=row.task_id)
    return url_for("cases.page", case_id=row.case_id)


def _chosen() -> dict[str, str]:
    found = {name: request.args.get(name, "").strip()[:100] for name in ("q", "process", "only")}
    return {name: value for name, value in found.items() if value}


def _after() -> str | None:
    after = request.args.get("after", "")[:60]
    plain = after.replace("~", "")
    return after if plain.isascii() and plain.isdigit() else None


def _news(view: Mapping[str, Any]) -> ResponseReturnValue:
    if request.args.get("seen") == view["fingerprint"]:
        return Response(status=204)
    return render_template("worklist/_news.html", **view)


def _links(box: str, chosen: Mapping[str, str], page: Page, after: str | None) -> dict[str, Any]:
    seen = hashlib.sha256(repr((page.total, page.rows)).encode()).hexdigest()[:16]
    first = url_for("worklist.inbox", box=box, **chosen)  # type: ignore[arg-type]
    following = {"box": box, "after": page.next, **chosen}
    polled = {"box": box, "after": after, "seen": seen, **chosen}
    return {
        "fingerprint": seen,
        "poll_href": url_for("worklist.inbox", **polled),  # type: ignore[arg-type]
        "next_href": url_for("worklist.inbox", **following) if page.next else "",  # type: ignore[arg-type]
        "first_href": first if after else "",
    }


def _processes(session: Session) -> list[tuple[str, str]]:
    return [(one.key, one.name or one.key) for one in repository.all_latest(session)]


def _startable(session: Session, user: User) -> list[applications.Service]:
    """What a clerk may file at the counter for somebody."""
    return applications.services(session, user)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
