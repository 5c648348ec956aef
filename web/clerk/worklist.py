"""The clerk's lists: 待办, 已办, 我发起, 草稿, 关注, live without reload.

Invariant: a poll answers 204 unless something that the list shows has changed.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine import repository
from engine.definition.elements import UserTask as UserTaskElement
from processes.approvals import assigning
from processes.casefile import following
from processes.casework import applications
from processes.deployed import offers
from processes.desk import columns, drafting
from processes.desk import inbox as boxes
from processes.desk.inbox import Box, Page, Row
from processes.identity import organisations
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.ledgers import menus
from processes.people import preferences
from web import by_business, display, exporting
from web.auth import POLL_HEADER, actions_of, current, policy
from web.clerk import boxed, listing
from web.clerk.boards import KINDS
from web.clerk.home import frame, opens
from web.database import read_session, run
from web.paths import own_path
from web.words import N_, _

blueprint = Blueprint("worklist", __name__)

TITLES: Final[Mapping[str, str]] = {
    "todo": N_("待办"),
    "done": N_("已办"),
    "mine": N_("我发起"),
    "copies": N_("抄送我"),
    "drafts": N_("草稿"),
    "followed": N_("关注"),
    "questions": N_("征询我"),
    "office": N_("本单位在办"),
}
LAST: Final = "worklist"
"""Under which a browser's session keeps what the to-do list was asked for last."""
_CHIPS: Final = (
    ("", N_("全部")),
    ("overdue", N_("已超期")),
    ("near", N_("即将到期")),
    ("urged", N_("被催办")),
)


@blueprint.get("/inbox")
@policy("desk", Action.CLAIM_TASK)
def inbox() -> ResponseReturnValue:
    box = listing.box(request.args.get("box"))
    if box == "office" and Action.ASSIGN_TASK not in actions_of(current()):
        box = "todo"
    chosen, after = listing.chosen(request.args, box), request.args.get("after", "")[:200]
    with read_session() as session:
        listed = columns.filterable(session, chosen.get("process", ""))
        chosen = listing.only_offered(chosen, listed)
        page = boxes.page(session, current(), box=box, view=listing.view(chosen, after))
        liked = preferences.of(session, f"inbox.{box}", by=current())
        view = {"box": box, "chosen": chosen, **_links(box, chosen, page, after)}
        fields = columns.offered(session, chosen.get("process", ""))
        view["columns"] = listing.columns(box, liked, fields)
        if kind := exporting.asked():
            return boxed.box(box, chosen, view["columns"], title=_(TITLES[box]), kind=kind)
        cases = [row.case_id for row in page.rows]
        key = chosen.get("process", "")
        view["extra"] = columns.values(session, key, view["columns"], cases, by=current())
        view |= {
            "kinds_of": KINDS,
            "sorting": listing.sorting(box, chosen),
            "files": _files(current()),
            "total": page.total,
            "rows": [(row, href_of(row)) for row in page.rows],
        }
        if POLL_HEADER in request.headers:
            return _news(view)
        if box == "todo":
            browser[LAST] = chosen  # 下一件 goes on in the order of this list
        return render_template(
            "worklist/inbox.html",
            tabs=tabs(box),
            chips=_CHIPS if box in boxes.TASK_BOXES else (),
            of_tasks=box in boxes.TASK_BOXES,
            assignees=assigning.people(session, by=current()) if box == "office" else [],
            all_columns=listing.COLUMNS[box],
            fields=fields,
            facets=listing.facets(session, listed),
            saved=listing.kept(session, box, chosen),
            startable=_startable(session, current()),
            exports=exporting.links(),
            **_choices(session, chosen),
            **view,
        )


@blueprint.get("/inbox/drafts")
@policy("desk", Action.CLAIM_TASK)
def drafts() -> ResponseReturnValue:
    """What was begun and not handed in, each with the way back to it."""
    with read_session() as session:
        rows = drafting.of_user(session, by=current())
        return exporting.page("worklist/drafts.html", rows=rows, tabs=tabs("drafts"))


@blueprint.post("/inbox/drafts/<int:draft_id>/drop")
@policy("desk", Action.CLAIM_TASK)
def drop_draft(draft_id: int) -> ResponseReturnValue:
    run(drafting.drop, draft_id, by=current())
    return redirect(url_for("worklist.drafts"), code=303)


@blueprint.post("/cases/<int:case_id>/<any(follow, unfollow):verb>")
@policy("staff", Action.VIEW_CASE, Action.CLAIM_TASK)
def follow(case_id: int, verb: str) -> ResponseReturnValue:
    """Keep an eye on a case, or let go of it."""
    command = following.follow if verb == "follow" else following.unfollow
    run(command, case_id, by=current())
    way = url_for("cases.page", case_id=case_id)
    return redirect(own_path(request.form.get("next", ""), way), code=303)


def tabs(box: str) -> list[dict[str, Any]]:
    """The boxes with their counts, the present one marked."""
    counts = frame().counts
    ways = {name: url_for("worklist.inbox", box=name) for name in listing.COLUMNS}
    ways["drafts"] = url_for("worklist.drafts")
    ways["copies"] = url_for("circulating.box")
    ways["questions"] = url_for("inquiring.box")
    return [
        {
            "title": title,
            "href": ways[name],
            "count": counts.get(name, 0),
            "hot": name == "todo" and counts.get("overdue", 0) > 0,
            "current": name == box,
        }
        for name, title in TITLES.items()
        if _may(name)
    ]


def _may(box: str) -> bool:
    """Whether a box is one of this reader's."""
    if box == "office":
        return Action.ASSIGN_TASK in actions_of(current())
    return opens(
        {"copies": "circulating.box", "questions": "inquiring.box"}.get(box, "worklist.inbox")
    )


def next_href(task_id: int) -> str:
    """Where the task after this one is, in the order of the list that was looked at last."""
    view = listing.view(listing.chosen(browser.get(LAST, {}), "todo"))
    with read_session() as session:
        found = boxes.following(session, current(), view=view, task_id=task_id)
    return url_for("task.page", task_id=found) if found else ""


def href_of(row: Row) -> str:
    """Where a line leads: to the task if there is one to do, else to the case."""
    if row.task_id is not None:
        return url_for("task.page", task_id=row.task_id)
    outer = current().kind != "staff"
    return url_for("portal.case" if outer else "cases.page", case_id=row.case_id)


def _news(view: Mapping[str, Any]) -> ResponseReturnValue:
    if request.args.get("seen") == view["fingerprint"]:
        return Response(status=204)
    return render_template("worklist/_news.html", **view)


def _links(box: Box, chosen: Mapping[str, str], page: Page, after: str) -> dict[str, Any]:
    seen = hashlib.sha256(repr((page.total, page.rows)).encode()).hexdigest()[:16]

    def href(key: str | None, **more: str) -> str:
        if key is None:
            return ""
        query = {"box": box, "after": key or None, **chosen, **more}
        return url_for("worklist.inbox", **query)  # type: ignore[arg-type]

    return {
        "fingerprint": seen,
        "poll_href": href(after, seen=seen),
        "next_href": href(page.next),
        "previous_href": href(page.previous),
        "first_href": href("") if after else "",
    }


def _choices(session: Session, chosen: Mapping[str, str]) -> dict[str, Any]:
    """What the filters of a box offer; steps once the process is chosen."""
    begun = offers.begun(session, current())
    steps = [one.id for one in begun if one.key == chosen.get("process")]
    own = current().org_code
    orgs = organisations.subtree(session, own) if own else []
    return {
        "processes": by_business.grouped((one.key, one.name or one.key) for one in begun),
        "steps": _steps(session, steps[0]) if steps else [],
        "orgs": [(org.org_code, org.name) for org in orgs] if len(orgs) > 1 else [],
        "statuses": display.statuses(),
    }


def _steps(session: Session, definition_id: int) -> list[str]:
    elements = repository.compiled(session, definition_id).elements.values()
    names = (one.name or one.id for one in elements if isinstance(one, UserTaskElement))
    return list(dict.fromkeys(names))


def _files(user: User) -> bool:
    """Whether a clerk has the button that files an application at the counter."""
    return Action.APPLY in actions_of(user) and not menus.alone(user)


def _startable(session: Session, user: User) -> list[applications.Service]:
    """What a clerk may file at the counter; who works with a menu of his own finds it there."""
    named = {one.apply for one in menus.entries(user)}
    found = [] if menus.alone(user) else applications.services(session, user)
    return [one for one in found if one.definition.key not in named]


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
