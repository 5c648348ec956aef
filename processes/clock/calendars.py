"""The calendars that administrators lay down: per agency, by day, append-only and versioned.

Invariant: a change is a new row under a new version; the calendar of an agency is the published
list, then the changes of the agencies above it from the top down, then its own. What was counted
on a version can be counted on it again.
"""

import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session

from engine.errors import BanliError
from processes.clock import calendar
from processes.clock.calendar import Calendar, Correction, Hours
from processes.model.people import Org
from processes.model.records import CalendarChange, CalendarVersion

NATIONAL: Final = ""
"""The organisation code under which changes for the whole installation stand."""
MAKE_UP: Final = "调休上班"
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class CalendarRefused(BanliError):
    """A change of the calendar cannot be made; `field` is what is wrong."""

    code = "calendar_refused"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, field=field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Change:
    """What is laid down for one day; `is_working` None takes an earlier change back."""

    day: date
    is_working: bool | None
    name: str = ""


@dataclass(slots=True)
class _Held:
    """What this process has read, by line of agencies, as of one state of the table."""

    stand: tuple[int, int] = (-1, -1)
    calendars: dict[tuple[str, ...], Calendar] = field(default_factory=dict)
    mutex: threading.Lock = field(default_factory=threading.Lock)


_PATH: Final = select(Org.path).where(Org.org_code == bindparam("org"))
_STAND: Final = select(func.count(), func.coalesce(func.max(CalendarVersion.id), 0))
# by database: one process may serve several (trials, tests)
_held: WeakKeyDictionary[Engine, _Held] = WeakKeyDictionary()


def of(session: Session, org_code: str | None = None, *, at: int | None = None) -> Calendar:
    """The calendar of an agency (None: the national one), at the present or an earlier version."""
    line = _line(session, org_code or NATIONAL)
    if at is not None:
        return _read(session, line, at)
    # two changes may commit in the other order than their ids: the number of rows tells
    count, last = session.execute(_STAND).one()
    held = _held.setdefault(session.connection().engine, _Held())
    with held.mutex:
        if held.stand != (count, last):
            held.stand, held.calendars = (count, last), {}
        found = held.calendars.get(line)
    if found is None:
        found = _read(session, line, last)
        with held.mutex:
            if held.stand == (count, last):
                held.calendars[line] = found
    return found


def of_all(session: Session, org_codes: Collection[str | None]) -> dict[str | None, Calendar]:
    """The calendars of several agencies, each read once for a list."""
    return {code: of(session, code) for code in org_codes}


def forget(session: Session) -> None:
    """Have the calendars of a database read again."""
    _held.pop(session.connection().engine, None)


def versions(session: Session, org_code: str, *, limit: int = 50) -> Sequence[CalendarVersion]:
    """What was laid down for an agency and those above it, the latest first."""
    query = (
        select(CalendarVersion)
        .where(CalendarVersion.org_code.in_(_line(session, org_code)))
        .order_by(CalendarVersion.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def refresh(session: Session) -> Calendar:
    """Put the national calendar in force in this process, if it changed."""
    found = of(session)
    if found is not calendar.current():
        calendar.use(found)
    return found


def change(
    session: Session,
    changes: Sequence[Change],
    *,
    source: str,
    by: str,
    org_code: str = NATIONAL,
    hours: str | None = None,
) -> int:
    """Lay down days, and office hours as `09:00-12:00 13:00-17:00`; the new version.

    Raises:
        CalendarRefused: no source, nothing to change, or hours that do not follow each other.
    """
    if not source.strip():
        raise CalendarRefused("请写明依据，例如国务院办公厅通知的文号", field="source")
    if not changes and hours is None:
        raise CalendarRefused("没有需要变更的内容", field="day")
    if hours:
        read_hours(hours)
    made = CalendarVersion(org_code=org_code, hours=hours, source=source.strip(), by=by)
    session.add(made)
    session.flush()
    session.add_all(
        CalendarChange(
            version=made.id,
            org_code=org_code,
            day=one.day,
            is_working=one.is_working,
            name=one.name,
        )
        for one in changes
    )
    session.flush()
    return made.id


def publish(
    session: Session,
    year: int,
    *,
    days_off: Mapping[date, str],
    make_up: Collection[date],
    source: str,
    by: str,
) -> int:
    """Take in a year's list as the State Council publishes it; the new version.

    Raises:
        CalendarRefused: a day of another year, or the list lacks New Year or National Day.
    """
    if any(day.year != year for day in (*days_off, *make_up)):
        raise CalendarRefused(f"放假安排中有不属于 {year} 年的日期", field="days_off")
    if not {date(year, 1, 1), date(year, 10, 1)} <= days_off.keys():
        raise CalendarRefused(
            "放假安排缺少元旦（1 月 1 日）或国庆节（10 月 1 日）", field="days_off"
        )
    off = [Change(day, is_working=False, name=name) for day, name in sorted(days_off.items())]
    on = [Change(day, is_working=True, name=MAKE_UP) for day in sorted(make_up)]
    return change(session, [*off, *on], source=source, by=by)


def read_hours(text: str) -> Hours:
    """Office hours from their written form.

    Raises:
        CalendarRefused: not of the form `09:00-12:00 13:00-17:00`, or not in order.
    """
    spans = []
    for part in text.split():
        match = _SPAN.fullmatch(part)
        if match is None:
            raise CalendarRefused("办公时间应写成 09:00-12:00 13:00-17:00 的形式", field="hours")
        first = time(int(match[1]), int(match[2]))
        spans.append((first, time(int(match[3]), int(match[4]))))
    moments = [moment for span in spans for moment in span]
    if not moments or any(a >= b for a, b in pairwise(moments)):
        raise CalendarRefused("办公时间各段应先后相接、互不重叠", field="hours")
    return tuple(spans)


def _read(session: Session, line: Sequence[str], at: int) -> Calendar:
    if not at:
        return Calendar()
    rank = {code: place for place, code in enumerate(line)}
    changes = session.scalars(
        select(CalendarChange).where(
            CalendarChange.org_code.in_(line), CalendarChange.version <= at
        )
    )
    found: dict[date, Correction] = {}
    for row in sorted(changes, key=lambda row: (rank[row.org_code], row.version, row.id)):
        if row.is_working is None:
            found.pop(row.day, None)
        else:
            found[row.day] = Correction(row.is_working, row.name)
    return Calendar(found, hours=_hours(session, line, at), version=at)


def _hours(session: Session, line: Sequence[str], at: int) -> Hours:
    rows = session.execute(
        select(CalendarVersion.org_code, CalendarVersion.hours)
        .where(
            CalendarVersion.org_code.in_(line),
            CalendarVersion.hours.is_not(None),
            CalendarVersion.id <= at,
        )
        .order_by(CalendarVersion.id)
    )
    latest = {row.org_code: row.hours for row in rows}
    nearest = next((latest[code] for code in reversed(line) if latest.get(code)), None)
    return read_hours(nearest) if nearest else calendar.OFFICE_HOURS


def _line(session: Session, org_code: str) -> tuple[str, ...]:
    """The national code, the agencies above from the top down, and the agency itself."""
    if not org_code:
        return (NATIONAL,)
    path = session.scalar(_PATH, {"org": org_code})
    above = [code for code in (path or "").split("/") if code]
    return (NATIONAL, *(above or [org_code]))
