"""The working calendars: a year of an agency at a glance, and what administrators lay down.

Invariant: a change says where it comes from, lists the limits it moves before it is made, and moves
them when it is.
"""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError, NotFound
from processes.clock import calendar, calendars
from processes.identity.roles import Action
from processes.model.people import Org, UserAccount
from processes.model.records import CalendarVersion
from processes.movement import recounting
from processes.movement.recounting import Proposal
from web.auth import current, policy
from web.database import read_session, transaction
from web.words import _

blueprint = Blueprint("calendar", __name__, url_prefix="/admin/calendar")


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
    wanted = min(max(wanted, calendar.YEARS[0]), calendar.YEARS[-1])
    with read_session() as session:
        org_code = _agency(session, request.args.get("org", ""))
        used = calendars.of(session, org_code)
        laid_down = calendars.versions(session, org_code)
        sheet = [_month(used, wanted, month) for month in range(1, 13)]
        return render_template(
            "admin/calendar.html",
            year=wanted,
            sheet=sheet,
            published=used.is_published(wanted),
            org=org_code,
            orgs=_orgs(session),
            hours=" ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in used.hours),
            versions=laid_down,
            names=_names(session, laid_down),
        )


def _orgs(session: Session) -> list[tuple[str, str]]:
    query = select(Org.org_code, Org.name).order_by(Org.path)
    return list(session.execute(query).tuples())


def _agency(session: Session, code: str) -> str:
    if code and session.get(Org, code) is None:
        raise NotFound("没有这个机构", org=code)
    return code


def _names(session: Session, laid_down: Sequence[CalendarVersion]) -> dict[str, str]:
    ids = {int(one.by) for one in laid_down if one.by.isascii() and one.by.isdigit()}
    query = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(ids))
    return {str(one): name for one, name in session.execute(query)}


def _month(used: calendar.Calendar, wanted: int, month: int) -> list[list[Day | None]]:
    weeks = months.Calendar().monthdatescalendar(wanted, month)
    return [[_day(used, day) if day.month == month else None for day in week] for week in weeks]


def _day(used: calendar.Calendar, day: date) -> Day:
    return Day(day, used.is_working(day), used.name(day), day == clock.today())


@blueprint.post("/preview")
@policy("staff", Action.MANAGE_CALENDAR)
def preview() -> ResponseReturnValue:
    """The cases whose limits a change would move, before it is made."""
    with transaction() as session:
        proposal = _proposal(session)
        found = recounting.preview(session, proposal, by=current())
        names = dict(_orgs(session))
    return render_template(
        "admin/calendar_preview.html",
        proposal=proposal,
        applies_to=names.get(proposal.org_code, ""),
        days=request.form.get("days", ""),
        affected=found,
        cases=len({one.case_id for one in found}),
    )


@blueprint.post("/apply")
@policy("staff", Action.MANAGE_CALENDAR)
def apply() -> ResponseReturnValue:
    """Make a change and move the limits of the cases it affects."""
    with transaction() as session:
        proposal = _proposal(session)
        moved = recounting.apply(session, proposal, by=current())
    with read_session() as session:
        calendars.refresh(session)
    flash(_("日历已更新，重新计算了 %(n)s 个办件的期限", n=len({one.case_id for one in moved})))
    first = proposal.changes[0].day.year if proposal.changes else clock.today().year
    return redirect(url_for("calendar.year", year=first, org=proposal.org_code or None), code=303)


def _proposal(session: Session) -> Proposal:
    given = {key: request.form.get(key, "").strip() for key in ("org", "days", "hours", "source")}
    if not given["source"]:
        raise BanliError(_("请写明依据，例如国务院办公厅的通知文号。"))
    return Proposal(
        org_code=_agency(session, given["org"]),
        changes=recounting.read_days(given["days"]),
        hours=given["hours"][:100] or None,
        source=given["source"][:200],
    )


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
        proposal = Proposal(
            org_code=_agency(session, request.form.get("org", "")),
            changes=[calendars.Change(day, working, name)],
            hours=None,
            source=source,
        )
        recounting.apply(session, proposal, by=current())
    with read_session() as session:
        calendars.refresh(session)
    flash(_("已更新 %(day)s", day=day.isoformat()))
    return redirect(url_for("calendar.year", year=day.year), code=303)
