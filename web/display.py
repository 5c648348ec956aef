"""What templates need to show values: dates, badges, icons, the frame around each page.

Invariant: nothing here decides; it turns values into words, and every colour comes with one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from flask import Flask, request
from markupsafe import Markup

from engine import clock
from processes.clock import calendar
from processes.clock.calendar import Calendar
from web.refusals import said
from web.words import N_, _

# one stroke path per icon, drawn on 24 × 24
_ICONS: Final[Mapping[str, str]] = json.loads(
    (Path(__file__).parent / "icons.json").read_text(encoding="utf-8")
)


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
    "draft": Badge(N_("草稿")),
    "submitted": Badge(N_("已收件"), "blue"),
    "accepted": Badge(N_("已受理"), "blue"),
    "supplement_pending": Badge(N_("待补正"), "amber"),
    "in_progress": Badge(N_("办理中"), "blue"),
    "waiting_external": Badge(N_("待外部回复"), "blue"),
    "suspended": Badge(N_("已中止")),
    "decided_granted": Badge(N_("准予许可"), "green"),
    "decided_refused": Badge(N_("不予许可"), "red"),
    "withdrawn": Badge(N_("已撤回")),
    "cancelled": Badge(N_("已终止")),
    "completed": Badge(N_("已办结"), "green"),
    "expired": Badge(N_("逾期终止")),
    "archived": Badge(N_("已归档")),
}
_OUTCOME: Final[Mapping[str, str]] = {
    "issued": N_("已发证"),
    "granted": N_("准予"),
    "refused": N_("不予许可"),
    "not_registered": N_("不予登记"),
    "query_refused": N_("不予查询"),
    "update_refused": N_("不予更新"),
    "sharing_refused": N_("不予共享"),
    "publication_refused": N_("不予发布"),
    "not_published": N_("未能发布"),
    "still_wrong": N_("仍未签发"),
    "not_accepted": N_("不予受理"),
    "unit_unavailable": N_("不予受理"),
    "expired_supplement": N_("逾期未补正"),
    "rejected_package": N_("报文无效"),
    "annulled_uncollected": N_("逾期未领注销"),
    "permit_expired": N_("许可到期"),
    "revoked": N_("已收回"),
    "terminated": N_("已终止"),
    "voided": N_("已作废"),
    "delivered": N_("已送达"),
    "rejected": N_("已退回"),
    "declined": N_("未予办理"),
    "returned": N_("已退件"),
    "benefit_withdrawn": N_("撤销容缺受理"),
    "answered": N_("已答复"),
    "appointment_declined": N_("未能安排"),
    "received": N_("已接待"),
    "no_show": N_("未到场"),
}


_DECLINED: Final = frozenset(
    {
        *("declined", "refused", "update_refused", "sharing_refused", "publication_refused"),
        *("not_accepted", "unit_unavailable", "rejected_package"),
    }
)


def statuses() -> list[tuple[str, str]]:
    """The statuses by which cases can be narrowed, with their words."""
    return [(code, _(badge.title)) for code, badge in _STATUS.items()]


def status_view(code: str | None, outcome: str | None = "") -> Badge:
    """The badge of a case status; the outcome says more where the status alone does not."""
    badge = _STATUS.get(code or "", Badge(code or "—"))
    title = _(badge.title)
    if code == "decided_refused" and outcome in _OUTCOME:
        title = _(_OUTCOME[outcome or ""])  # what is refused: a licence, an entry, a query
    elif code in ("completed", "cancelled", "archived") and outcome in _OUTCOME:
        told = _(_OUTCOME[outcome or ""])
        title = title if told == title else f"{title} · {told}"
    return Badge(title, "amber" if outcome in _DECLINED else badge.tone)


@dataclass(frozen=True, slots=True)
class Due:
    """How much of a limit is left, in words and tone."""

    text: str
    tone: str
    date: str
    provisional: bool = False


def due_view(due: date | datetime, used: Calendar | None = None) -> Due:
    """Working days left until a due date on a calendar, counted after today as the law counts."""
    on = due.astimezone(clock.SHANGHAI).date() if isinstance(due, datetime) else due
    today, tone = clock.today(), "amber"
    if on < today:
        late = max(1, calendar.working_days_between(on, today, calendar=used))
        text, tone = _("超期 %(n)s 个工作日", n=late), "red"
    elif left := calendar.working_days_between(today, on, calendar=used):
        text, tone = _("剩 %(n)s 个工作日", n=left), "amber" if left <= 1 else "green"
    else:
        text = _("今日到期")
    provisional = not (used or calendar.current()).is_published(on.year)
    return Due(text, tone, on.isoformat(), provisional)


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
    for kind, show in _SHOWS:
        if isinstance(value, kind):
            return show(value)
    return str(value)


def _context(value: Mapping[str, Any]) -> str:
    if "file" in value and "name" in value:
        return str(value["name"])
    return "；".join(f"{key}：{plain(inner)}" for key, inner in value.items())


# bool before the numbers it is one of, datetime before date
_SHOWS: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (bool, lambda value: str(_("是") if value else _("否"))),
    (date, moment),
    (timedelta, span),
    (Decimal, lambda value: format(value, "f")),
    (Mapping, _context),
    (list, lambda value: "、".join(plain(item) for item in value) or "—"),
)


def here() -> str:
    """The path of this page, to come back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.globals.update(ui_icon=icon, status_view=status_view, due_view=due_view, here=here)
    env.filters.update(
        moment=moment,
        day=day,
        span=span,
        size=size,
        plain=plain,
        mask_name=mask_name,
        translated=said,
    )
