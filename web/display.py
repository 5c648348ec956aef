"""What templates need to show values: dates, badges, icons, the frame around each page.

Invariant: nothing here decides; it turns values into words, and every colour comes with one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from engine import clock
from processes import calendar

_STATIC: Final = Path(__file__).parent / "static"

# One stroke path per icon; drawn on 24 × 24.
_ICONS: Final[Mapping[str, str]] = {
    "inbox": "M4 13h4l2 3h4l2-3h4M4 13l3-8h10l3 8v6H4z",
    "done": "M5 12.5l4.5 4.5L19 7.5",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "send": "M4 12l16-8-6 16-3-6z",
    "search": "M11 4a7 7 0 100 14 7 7 0 000-14zM16.2 16.2L20.5 20.5",
    "book": "M5 4h12a2 2 0 012 2v14H7a2 2 0 01-2-2zM5 18a2 2 0 012-2h12M9 8h6",
    "flow": "M4 4h6v5H4zM14 15h6v5h-6zM7 9v8.500h7M14 4h6v5h-6zM10 6.500h4",
    "release": "M12 16V5M7.500 9.500L12 5l4.500 4.500M4 19h16",
    "pulse": "M3 12h4l3-8 4 16 3-8h4",
    "gear": "M12 8.500a3.500 3.500 0 100 7 3.500 3.500 0 000-7zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200M16.200 16.200l2.200 2.200M18.400 5.600l-2.200 2.200M7.800 16.200l-2.200 2.200",
    "users": "M9 11a3.500 3.500 0 100-7 3.500 3.500 0 000 7zM2.500 20c0-3.500 3-6 6.500-6s6.500 2.500 6.500 6M16 4.500a3.500 3.500 0 010 6.500M17.500 14.500c2.500.7 4 2.800 4 5.500",
    "user": "M12 11.500a4 4 0 100-8 4 4 0 000 8zM4.500 20.500c0-4 3.400-6.500 7.500-6.500s7.500 2.500 7.500 6.500",
    "bell": "M6 16V11a6 6 0 0112 0v5l1.500 2h-15zM10 20.500h4",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "file": "M7 3h7l5 5v13H7zM14 3v5h5",
    "photo": "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9.500h.01",
    "plus": "M12 5v14M5 12h14",
    "more": "M6 12h.01M12 12h.01M18 12h.01",
    "clock": "M12 4a8 8 0 100 16 8 8 0 000-16zM12 8v4.500l3 2",
    "download": "M12 4v11M7.500 11L12 15.500 16.500 11M4 19.500h16",
    "calendar": "M4 6h16v14H4zM4 10.500h16M8.500 3.500V8M15.500 3.500V8",
    "key": "M14.500 4a5.500 5.500 0 11-4.700 8.300L4 18v2.500h3v-2h2v-2l1.700-1.700M16 8h.01",
}


def icon(name: str) -> Markup:
    """An icon of ours; always beside a word or in an element with a title."""
    path = _ICONS.get(name, _ICONS["file"])
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>'
    ).format(path)


@dataclass(frozen=True, slots=True)
class Badge:
    """A word and the tone it is shown in."""

    title: str
    tone: str = ""


_STATUS: Final[Mapping[str, Badge]] = {
    "draft": Badge("草稿"),
    "submitted": Badge("已收件", "blue"),
    "accepted": Badge("已受理", "blue"),
    "supplement_pending": Badge("待补正", "amber"),
    "in_progress": Badge("办理中", "blue"),
    "waiting_external": Badge("待外部回复", "blue"),
    "suspended": Badge("已中止"),
    "decided_granted": Badge("准予许可", "green"),
    "decided_refused": Badge("不予许可", "red"),
    "withdrawn": Badge("已撤回"),
    "cancelled": Badge("已终止"),
    "completed": Badge("已办结", "green"),
    "expired": Badge("逾期终止"),
    "archived": Badge("已归档"),
}
_OUTCOME: Final[Mapping[str, str]] = {
    "issued": "已发证",
    "granted": "准予",
    "refused": "不予许可",
    "not_accepted": "不予受理",
    "expired_supplement": "逾期未补正",
    "rejected_package": "报文无效",
    "annulled_uncollected": "逾期未领注销",
    "terminated": "已终止",
    "delivered": "已送达",
    "rejected": "已退回",
}


def status_view(code: str | None, outcome: str | None = "") -> Badge:
    """The badge of a case status; the outcome says more where the status alone does not."""
    badge = _STATUS.get(code or "", Badge(code or "—"))
    if code in ("completed", "cancelled") and outcome in _OUTCOME:
        return Badge(f"{_(badge.title)} · {_(_OUTCOME[outcome])}", badge.tone)
    return badge


@dataclass(frozen=True, slots=True)
class Due:
    """How much of a limit is left, in words and tone."""

    text: str
    tone: str
    date: str
    explanation: str = ""
    share: int | None = None


def due_view(due: date | datetime) -> Due:
    """Working days left until a due date, counted after today as the law counts."""
    on = due.astimezone(clock.SHANGHAI).date() if isinstance(due, datetime) else due
    today = clock.today()
    if on < today:
        late = max(1, calendar.working_days_between(on, today))
        return Due(_("超期 %(n)s 个工作日", n=late), "red", on.isoformat())
    left = calendar.working_days_between(today, on)
    if left == 0:
        return Due(_("今日到期"), "red", on.isoformat())
    return Due(_("剩 %(n)s 个工作日", n=left), "amber" if left <= 1 else "green", on.isoformat())


def moment(value: datetime | date | str | None) -> str:
    """A date and time as officials write it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return value.isoformat()


def day(value: datetime | date | str | None) -> str:
    """The date alone."""
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).date().isoformat()
    return value.isoformat() if isinstance(value, date) else value or "—"


def span(value: timedelta | None) -> str:
    """A duration in the largest two units."""
    if value is None:
        return ""
    minutes = int(value.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return _("%(d)s 天 %(h)s 小时", d=days, h=hours)
    if hours:
        return _("%(h)s 小时 %(m)s 分", h=hours, m=minutes)
    return _("%(m)s 分钟", m=minutes) if minutes else _("不到 1 分钟")


def size(value: int | None) -> str:
    """A file's size."""
    if not value:
        return ""
    return (
        f"{value / 1024 / 1024:.1f} MB" if value >= 1024 * 1024 else f"{max(1, value // 1024)} KB"
    )


def mask_name(name: str | None) -> str:
    """A person's name with its middle hidden: 王*国, 王*."""
    if not name:
        return ""
    return name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")


def plain(value: Any) -> str:
    """Any value of a case as text for a page."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, datetime | date):
        return moment(value)
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return (
            str(value["name"])
            if "file" in value and "name" in value
            else "；".join(f"{k}：{plain(v)}" for k, v in value.items())
        )
    if isinstance(value, list | tuple):
        return "、".join(plain(item) for item in value) or "—"
    return str(value)


@cache
def _digest(filename: str, _modified: float) -> str:
    return hashlib.sha256((_STATIC / filename).read_bytes()).hexdigest()[:10]


def asset(filename: str) -> str:
    """The address of a static file, changed whenever its content changes."""
    file = _STATIC / filename
    if not file.is_file():
        return url_for("static", filename=filename)
    return url_for("static", filename=filename, v=_digest(filename, file.stat().st_mtime))


def here() -> str:
    """The path of this page, to come back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.globals.update(
        ui_icon=icon, status_view=status_view, due_view=due_view, asset=asset, here=here
    )
    env.filters.update(
        moment=moment, day=day, span=span, size=size, plain=plain, mask_name=mask_name, translated=_
    )
