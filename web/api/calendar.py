"""The working calendar of an agency: a year of it, what was laid down, a change tried and made.

Invariant: as on the page: a change names its source; what a preview lists is what the change moves.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from processes.clock import calendar, calendars
from processes.clock.calendar import Calendar
from processes.clock.calendars import MAKE_UP, CalendarRefused, Change
from processes.identity.roles import Action
from processes.model.people import Org
from processes.movement import recounting
from processes.movement.recounting import MOST_DAYS, Proposal
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.calendar import (
    CalendarChanges,
    CalendarYear,
    LaidDowns,
    MovedLimits,
    YearQuery,
)
from web.database import read_session

blueprint = blueprints.make("calendar", "/calendar", "工作日历")

_WEEKEND = 5


@blueprint.get("")
@allow(Action.MANAGE_CALENDAR, staff=True)
@blueprint.arguments(YearQuery, location="query")
@blueprint.response(200, CalendarYear)
def year(arguments: dict[str, Any]) -> Any:
    """一个机构一年的日历：放假和调休上班的日子；其余按星期."""
    wanted = arguments["year"] or clock.today().year
    with read_session() as session:
        org = _agency(session, arguments["org"])
        used = calendars.of(session, org)
    days = list(_days(wanted))
    return {
        "year": wanted,
        "org": org,
        "published": used.is_published(wanted),
        "version": str(used.version),
        "hours": " ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in used.hours),
        "working_days": sum(used.is_working(day) for day in days),
        "days": [
            {"day": day, "working": used.is_working(day), "name": used.name(day)}
            for day in days
            if _told(used, day)
        ],
    }


@blueprint.get("/versions")
@allow(Action.MANAGE_CALENDAR, staff=True)
@blueprint.arguments(YearQuery(only=["org"]), location="query")
@blueprint.response(200, LaidDowns)
def versions(arguments: dict[str, Any]) -> Any:
    """对一个机构及其上级登记过的变更，后登记的在前."""
    with read_session() as session:
        return {"items": calendars.versions(session, _agency(session, arguments["org"]))}


@blueprint.post("/preview")
@allow(Action.MANAGE_CALENDAR, staff=True)
@blueprint.arguments(CalendarChanges)
@blueprint.response(200, MovedLimits)
def preview(arguments: dict[str, Any]) -> Any:
    """变更会移动哪些办件的期限；不留任何痕迹，不需要 Idempotency-Key."""
    with read_session() as session:
        proposal = _proposal(session, arguments)
        return {"items": recounting.preview(session, proposal, by=access.user())}


@blueprint.post("")
@allow(Action.MANAGE_CALENDAR, staff=True)
@blueprint.arguments(CalendarChanges)
@blueprint.response(200, MovedLimits)
def apply(arguments: dict[str, Any]) -> Response:
    """登记变更，并重新计算受影响办件的期限."""

    def work(session: Session) -> Any:
        proposal = _proposal(session, arguments)
        return MovedLimits().dump({"items": recounting.apply(session, proposal, by=access.user())})

    answer = commands.perform(work)
    with read_session() as session:
        calendars.refresh(session)
    return answer


def _agency(session: Session, code: str) -> str:
    if code and session.get(Org, code) is None:
        raise NotFound("没有这个机构", org=code)
    return code


def _days(wanted: int) -> Iterator[date]:
    first = date(wanted, 1, 1)
    return (first + timedelta(days=n) for n in range((date(wanted + 1, 1, 1) - first).days))


def _told(used: Calendar, day: date) -> bool:
    return bool(used.name(day)) or used.is_working(day) != (day.weekday() < _WEEKEND)


def _proposal(session: Session, given: dict[str, Any]) -> Proposal:
    """What is to be laid down.

    Raises:
        CalendarRefused: a span that ends before it begins, or too many days.
    """
    changes = [change for one in given["days"] for change in _span(one)]
    if len(changes) > MOST_DAYS:
        raise CalendarRefused(f"一次最多登记 {MOST_DAYS} 天", field="days")
    return Proposal(
        org_code=_agency(session, given["org"]),
        changes=changes,
        hours=given["hours"],
        source=given["source"].strip(),
    )


def _span(one: dict[str, Any]) -> list[Change]:
    first, last = one["day"], one["until"] or one["day"]
    if not 0 <= (last - first).days <= MOST_DAYS:
        raise CalendarRefused(f"{first} 至 {last} 不是一段日期", field="days")
    if not (first.year in calendar.YEARS and last.year in calendar.YEARS):
        raise CalendarRefused(f"{first} 至 {last} 不在日历的年份之内", field="days")
    name = one["name"] or (MAKE_UP if one["working"] else "")
    return [
        Change(first + timedelta(days=n), one["working"], name)
        for n in range((last - first).days + 1)
    ]
