"""The frame around staff pages: the first page, the menu by role with its counts, the notices.

Invariant: the menu never offers what the policy of its target would refuse; at most eight entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from engine.errors import Forbidden, NotFound
from processes.approvals import circulation, inquiries
from processes.casefile import notices as notice_box
from processes.casework import cases
from processes.desk import inbox
from processes.identity.identity import User
from processes.identity.roles import ROLES, Action
from processes.ledgers import menus
from processes.model.cases import Notification
from web import ways
from web.auth import actions_of, current, policy, policy_of
from web.database import read_session, transaction
from web.i18n import language
from web.menu import headings
from web.paths import own_path
from web.words import _

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu."""

    endpoint: str
    title: str
    icon: str
    key: str = ""
    args: tuple[tuple[str, str], ...] = ()
    prefix: str | tuple[str, ...] = ""
    within: str = ""
    """The entry whose pages lead here: who has that one needs no entry of its own."""
    rule: bool = False
    href: str = ""
    current: bool = False
    count: int = 0
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What every staff page shows around its content."""

    menu: tuple[Item, ...] = ()
    unread: int = 0
    role_names: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    searches: bool = False


def _items() -> tuple[Item, ...]:
    return (
        Item("worklist.inbox", _("待办"), "inbox", "todo", prefix="worklist."),
        Item("cases.search", _("案件查询"), "search", prefix="cases."),
        Item("registers.index", _("登记簿"), "book", prefix="registers."),
        Item("statistics.index", _("统计"), "chart", prefix="statistics."),
        Item("supervision.index", _("效能监督"), "bell", prefix="supervision."),
        Item("analyst.library", _("流程设计"), "flow", prefix="analyst.", rule=True),
        Item("releases.index", _("发布与版本"), "release", prefix="releases."),
        Item("operations.index", _("运行监控"), "pulse", prefix=("operations.", "interfaces.")),
        Item(
            "interfaces.index",
            _("接口监控"),
            "plug",
            prefix="interfaces.",
            within="operations.index",
        ),
        Item("people.users", _("系统管理"), "gear", prefix="people."),
        Item("audits.index", _("审计记录"), "shield", prefix="audits."),
    )


_BESIDE_OWN_MENU: Final = {"worklist.inbox": "inbox", "cases.search": "search"}
"""What who works with menus alone has beside them, if they do not name the page."""


def frame() -> Frame:
    """The frame of this request, computed once."""
    if "frame" not in g:
        g.frame = _frame(current()) if current_user.is_authenticated else Frame()
    return g.frame  # type: ignore[no-any-return]


def _frame(user: User) -> Frame:
    with read_session() as session:
        counts = {
            **inbox.counts(session, user),
            "copies": circulation.unread(session, user),
            "questions": inquiries.count(session, user),
        }
        unread = notice_box.unread(session, user)
    offered = [item for item in _beside_menus(user) if _offered(item, user)]
    menu = tuple(_placed(item, counts, first=item is offered[0]) for item in offered)
    held = [ROLES[role] for role, _org in user.roles if role in ROLES]
    english = language() == "en"
    names = tuple(dict.fromkeys(info.name_en if english else info.name for info in held))
    searches = opens("cases.search", user)
    return Frame(menu, unread, names, counts, searches)


def _beside_menus(user: User) -> list[Item]:
    """The items that the menus of a user leave: who works with them alone has the rest there."""
    named = {one.page for one in menus.entries(user)}
    left = [one for one in _items() if _BESIDE_OWN_MENU.get(one.endpoint) not in named]
    return [one for one in left if not menus.alone(user) or one.endpoint in _BESIDE_OWN_MENU]


def _offered(item: Item, user: User) -> bool:
    if item.key and Action.CLAIM_TASK not in actions_of(user):
        return False
    return opens(item.endpoint, user) and not (item.within and opens(item.within, user))


def opens(endpoint: str, user: User | None = None) -> bool:
    """Whether the policy of a page admits the reader, so that no link leads to a refusal."""
    view = current_app.view_functions.get(endpoint)
    demanded = policy_of(view, "GET") if view else None
    return demanded is not None and demanded.admits(user or current())


def _placed(item: Item, counts: Mapping[str, int], *, first: bool) -> Item:
    args = dict(item.args)
    here = str(request.endpoint or "")
    now = here.startswith(item.prefix)
    count = counts["todo"] if item.key == "todo" else 0
    hot = item.key == "todo" and counts["overdue"] > 0
    href = url_for(item.endpoint, **args)  # type: ignore[arg-type]
    rule = item.rule and not first  # a line stands between two parts of the menu
    return replace(item, href=href, current=now, count=count, hot=hot, rule=rule)


@blueprint.get("/")
@policy("public")
def index() -> ResponseReturnValue:
    """Everybody's first page: staff their work, applicants and strangers the services.

    Who has a first password still changes it before all else.
    """
    if current_user.is_authenticated and current().must_change_password:
        return redirect(url_for("auth.password"), code=303)
    if current_user.is_authenticated and menus.has_first_page(current()):
        return redirect(url_for("business.index"), code=303)
    if not current_user.is_authenticated:
        return redirect(url_for("public.index"), code=303)
    if current().kind != "staff":
        return redirect(url_for("portal.index"), code=303)
    return redirect(_first_place(), code=303)


def _first_place() -> str:
    """Where staff without a first page of their own begin: their tasks, else what they have."""
    if Action.CLAIM_TASK in actions_of(current()):
        return url_for("worklist.inbox")
    ways = [one.href for one in frame().menu]
    ways += [one.href for heading in headings() for one in heading.ways]
    return ways[0] if ways else url_for("home.notices")


@blueprint.get("/browsers")
@policy("public")
def browsers() -> ResponseReturnValue:
    """Which browsers work, and how to set an old one up."""
    return render_template("auth/browsers.html", address=request.host_url)


@blueprint.get("/notices")
@policy("any")
def notices() -> ResponseReturnValue:
    with read_session() as session:
        rows = notice_box.box(session, current())
    staff = current().kind == "staff"
    return render_template("worklist/notices.html", rows=rows, staff=staff, went=ways.of_box(rows))


blueprint.add_url_rule(
    "/notices/ways",
    "ways",
    policy("any")(ways.page("worklist/ways.html", "home.notices")),
    methods=["GET", "POST"],
)


@blueprint.post("/notices/<int:notice_id>")
@policy("any")
def open_notice(notice_id: int) -> ResponseReturnValue:
    """Mark a notice as read and go where it leads."""
    with transaction() as session:
        way = _way(session, notice_box.mark_read(session, current(), notice_id))
    return redirect(way, code=303)


def _way(session: Session, notice: Notification) -> str:
    """Where a notice leads: to its case, if the reader may see that; else it says all there is."""
    here = url_for("home.notices", _anchor=f"notice-{notice.id}")
    if notice.case_id is None or notice.link != f"/cases/{notice.case_id}":
        return own_path(notice.link, here)
    try:
        cases.get(session, notice.case_id, by=current())
    except (NotFound, Forbidden):
        return here
    page = "cases.page" if current().kind == "staff" else "portal.case"
    return url_for(page, case_id=notice.case_id) if opens(page) else here


@blueprint.post("/notices")
@policy("any")
def read_all() -> ResponseReturnValue:
    with transaction() as session:
        notice_box.mark_all_read(session, current())
    return redirect(url_for("home.notices"), code=303)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals["frame"] = frame
    app.jinja_env.globals["opens"] = opens
