"""The clerk's lists: 待办, 已办, 我发起, live without reload.

Invariant: a poll answers 204 unless something that the list shows has changed.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine import repository
from processes import applications, preferences
from processes import inbox as boxes
from processes.identity import User
from processes.inbox import Box, Filters, Page, Row
from processes.roles import Action
from web.auth import POLL_HEADER, current, policy
from web.boards import KINDS
from web.database import read_session, run
from web.words import N_, _

blueprint = Blueprint("worklist", __name__)

# the columns of each box after the number, which is always there
_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "todo": {
        "title": N_("事项"),
        "applicant": N_("申请人"),
        "step": N_("当前环节"),
        "holder": N_("办理人"),
        "at": N_("到达时间"),
        "due": N_("时限"),
    },
    "done": {
        "title": N_("事项"),
        "applicant": N_("申请人"),
        "step": N_("我办的环节"),
        "due": N_("时限"),
        "at": N_("办理时间"),
        "status": N_("状态"),
    },
    "mine": {
        "title": N_("事项"),
        "applicant": N_("申请人"),
        "step": N_("当前环节"),
        "at": N_("提交时间"),
        "due": N_("时限"),
        "status": N_("状态"),
    },
}


@blueprint.get("/inbox")
@policy("staff", Action.CLAIM_TASK)
def inbox() -> ResponseReturnValue:
    box = _box(request.args.get("box"))
    chosen = _chosen()
    filters = Filters(
        text=chosen.get("q", ""),
        process_key=chosen.get("process", ""),
        overdue=chosen.get("only") == "overdue",
    )
    after = _after()
    with read_session() as session:
        page = boxes.page(session, current(), box=box, filters=filters, after=after)
        liked = preferences.of(session, f"inbox.{box}", by=current())
        view = {"box": box, "chosen": chosen, **_links(box, chosen, page, after)}
        view["columns"] = {
            name: title for name, title in _COLUMNS[box].items() if name not in liked.hidden
        }
        view |= {
            "kinds_of": KINDS,
            "total": page.total,
            "rows": [(row, href_of(row)) for row in page.rows],
        }
        if POLL_HEADER in request.headers:
            return _news(view)
        return render_template(
            "worklist/inbox.html",
            titles={"todo": _("待办"), "done": _("已办"), "mine": _("我发起")},
            chips=[("", _("全部")), ("overdue", _("已超期"))] if box == "todo" else [],
            processes=_processes(session),
            startable=_startable(session, current()),
            all_columns=_COLUMNS[box],
            saved=[_saved(box, one) for one in liked.saved],
            **view,
        )


def _box(name: str | None) -> Box:
    return cast(Box, name if name in _COLUMNS else "todo")


def _saved(box: str, one: preferences.Saved) -> dict[str, Any]:
    query = {name: text for name, text in one.query.items() if name in _FILTERS}
    href = url_for("worklist.inbox", box=box, **query)  # type: ignore[arg-type]
    return {"name": one.name, "href": href, "current": query == _chosen()}


@blueprint.post("/inbox/columns")
@policy("staff", Action.CLAIM_TASK)
def columns() -> ResponseReturnValue:
    """Which columns of a box this user wants to see."""
    box = _box(request.form.get("box"))
    wanted = set(request.form.getlist("column"))
    hidden = [name for name in _COLUMNS[box] if name not in wanted]
    run(preferences.hide, f"inbox.{box}", by=current(), columns=hidden)
    return redirect(url_for("worklist.inbox", box=box, **_posted()), code=303)  # type: ignore[arg-type]


@blueprint.post("/inbox/filters")
@policy("staff", Action.CLAIM_TASK)
def keep_filter() -> ResponseReturnValue:
    """Keep the present filter under a name."""
    box, query = _box(request.form.get("box")), _posted()
    name = request.form.get("name", "")
    run(preferences.keep_filter, f"inbox.{box}", by=current(), name=name, query=query)
    return redirect(url_for("worklist.inbox", box=box, **query), code=303)  # type: ignore[arg-type]


@blueprint.post("/inbox/filters/drop")
@policy("staff", Action.CLAIM_TASK)
def drop_filter() -> ResponseReturnValue:
    """Forget a kept filter."""
    box = _box(request.form.get("box"))
    name = request.form.get("name", "")
    run(preferences.drop_filter, f"inbox.{box}", by=current(), name=name)
    return redirect(url_for("worklist.inbox", box=box), code=303)


def href_of(row: Row) -> str:
    """Where a line leads: to the task if there is one to do, else to the case."""
    if row.task_id is not None:
        return url_for("task.page", task_id=row.task_id)
    return url_for("cases.page", case_id=row.case_id)


_FILTERS: Final = ("q", "process", "only")


def _chosen() -> dict[str, str]:
    return _filters(request.args)


def _posted() -> dict[str, str]:
    return _filters(request.form)


def _filters(given: Mapping[str, str]) -> dict[str, str]:
    found = {name: given.get(name, "").strip()[:100] for name in _FILTERS}
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
