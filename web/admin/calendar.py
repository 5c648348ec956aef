"""The working calendar: a year at a glance, and the administrator's corrections.

Invariant: a correction says where it comes from; limits counted from now on use it.
"""

import calendar as months
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import clock
from engine.errors import BanliError
from processes import audit, calendar, calendars
from processes.roles import Action
from web.auth import current, policy
from web.database import read_session, transaction
from web.words import _

blueprint = Blueprint("calendar", __name__, url_prefix="/admin/calendar")

_FIRST: Final = 2004
_LAST: Final = 2060


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the year's sheet."""

    date: date
    working: bool
    name: str
    today: bool


@blueprint.get("")
@policy("staff", Action.MANAGE_CALENDAR)
def year() -> ResponseReturnValue:
    wanted = request.args.get("year", default=clock.today().year, type=int)
    wanted = min(max(wanted, _FIRST), _LAST)
    with read_session() as session:
        used = calendars.of(session)
    sheet = [_month(used, wanted, month) for month in range(1, 13)]
    return render_template(
        "admin/calendar.html", year=wanted, sheet=sheet, published=used.is_published(wanted)
    )


def _month(used: calendar.Calendar, wanted: int, month: int) -> list[list[Day | None]]:
    weeks = months.Calendar().monthdatescalendar(wanted, month)
    return [[_day(used, day) if day.month == month else None for day in week] for week in weeks]


def _day(used: calendar.Calendar, day: date) -> Day:
    return Day(day, used.is_working(day), used.name(day), day == clock.today())


@blueprint.post("")
@policy("staff", Action.MANAGE_CALENDAR)
def correct() -> ResponseReturnValue:
    name, source = (request.form.get(key, "").strip()[:100] for key in ("name", "source"))
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise BanliError(_("日期应写成 2026-11-22 的形式。")) from None
    if not source:
        raise BanliError(_("请写明依据，例如国务院办公厅的通知文号。"))
    working = request.form.get("working") == "1"
    with transaction() as session:
        changes = [calendars.Change(day, working, name)]
        calendars.change(session, changes, source=source, by=str(current().id))
        subject = ("calendar_day", day.isoformat())
        audit.record(session, "calendar.corrected", by=current(), subject=subject)
    with read_session() as session:
        calendars.refresh(session)
    flash(_("已更新 %(day)s", day=day.isoformat()))
    return redirect(url_for("calendar.year", year=day.year), code=303)
