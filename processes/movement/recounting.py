"""A change of a calendar and the cases whose limits it moves: listed first, then moved with it.

Invariant: what the preview lists is what applying moves, for both count on the same version; the
change and the moved due dates are one transaction (case-operations B.3, 1 and 6).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.model import ProcessInstance, UserTask
from processes.clock import calendars, clocking
from processes.clock import clock as ledger
from processes.clock.calendar import Calendar
from processes.clock.calendars import MAKE_UP, CalendarRefused, Change
from processes.clock.counting import day_of
from processes.identity import audit
from processes.identity.identity import User
from processes.model.cases import Case
from processes.model.people import Org

_LINE: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:\s*(?:至|~|到|to)\s*(\d{4}-\d{2}-\d{2}))?\s+(\S.{0,99})"
)
_WORK: Final = ("上班", MAKE_UP, "work")
_BACK: Final = ("恢复", "restore")
MOST_DAYS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be laid down for an agency (empty: the whole installation)."""

    org_code: str
    changes: Sequence[Change]
    hours: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Affected:
    """A limit that a change moves; days None while it is suspended."""

    case_id: int
    reference: str
    title: str
    limit: str
    before: date | None
    after: date | None


def read_days(text: str) -> list[Change]:
    """Days as written, one span a line: `2027-01-01 至 2027-01-03 元旦`, `2027-01-04 上班`.

    `恢复` as the name takes an earlier change of the days back.

    Raises:
        CalendarRefused: a line that is not of this form; it is named.
    """
    found: list[Change] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found += _span(line.strip(), number)
    if len(found) > MOST_DAYS:
        raise CalendarRefused(f"一次最多登记 {MOST_DAYS} 天", field="days")
    return found


def _span(line: str, number: int) -> Iterator[Change]:
    match = _LINE.fullmatch(line)
    try:
        first = date.fromisoformat(match[1]) if match else None
        last = date.fromisoformat(match[2] or match[1]) if match else None
    except ValueError:
        first = last = None
    if match is None or first is None or last is None or not 0 <= (last - first).days <= MOST_DAYS:
        text = f"第 {number} 行应写成“2027-01-01 至 2027-01-03 元旦”或“2027-01-04 上班”的形式"
        raise CalendarRefused(text, field="days")
    name = match[3].strip()
    working = None if name in _BACK else name in _WORK
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        yield Change(day, working, MAKE_UP if working else "" if working is None else name)


def preview(session: Session, proposal: Proposal, *, by: User) -> list[Affected]:
    """The limits that a change would move, the case filed first before the others.

    Raises:
        CalendarRefused: the change cannot be made.
    """
    with session.begin_nested() as trying:
        version = _lay_down(session, proposal, by=by)
        found = affected(session, proposal.org_code, version)
        trying.rollback()
    return found


def apply(session: Session, proposal: Proposal, *, by: User) -> list[Affected]:
    """Lay a change down and move what waits in the cases it affects.

    Raises:
        CalendarRefused: the change cannot be made. Conflict: a case is just being handled.
    """
    try:
        return _applied(session, proposal, by=by)
    except BaseException:
        # what was read of a version that is taken back must not be read again
        calendars.forget(session)
        raise


def _applied(session: Session, proposal: Proposal, *, by: User) -> list[Affected]:
    version = _lay_down(session, proposal, by=by)
    moved = affected(session, proposal.org_code, version)
    cases = dict.fromkeys(one.case_id for one in moved)
    resting = set(
        session.scalars(
            select(ProcessInstance.id).where(
                ProcessInstance.id.in_(cases), ProcessInstance.status != "active"
            )
        )
    )
    for case_id in cases:
        if case_id in resting:
            # its waits are counted anew when it is resumed
            org = session.get_one(Case, case_id).org_code
            ledger.settle(session, case_id, org_code=org)
        else:
            clocking.recount(session, case_id, by=str(by.id))
    audit.record(
        session,
        "calendar.changed",
        by=by,
        subject=("calendar_version", str(version)),
        detail=f"{proposal.source}；重新计算 {len(cases)} 个办件",
    )
    return moved


def affected(session: Session, org_code: str, version: int) -> list[Affected]:
    """The limits of open cases whose last day a version moves."""
    query = select(Case).where(Case.ended_at.is_(None)).order_by(Case.id)
    if org_code:
        path = session.scalar(select(Org.path).where(Org.org_code == org_code)) or org_code
        inside = select(Org.org_code).where(
            or_(Org.path == path, Org.path.startswith(f"{path}/", autoescape=True))
        )
        query = query.where(Case.org_code.in_(inside))
    before: dict[str | None, tuple[Calendar, Calendar]] = {}
    found: list[Affected] = []
    for case in session.scalars(query):
        code = case.org_code
        if code not in before:
            was = calendars.of(session, code, at=version - 1)
            before[code] = (was, calendars.of(session, code, at=version))
        found += _moved(session, case, *before[code])
    return found


def _moved(session: Session, case: Case, was: Calendar, now: Calendar) -> Iterator[Affected]:
    lines = ledger.entries(session, case.id)
    after = _days(ledger.standings_of(lines, now, clock.now()))
    for limit, (title, old) in _days(ledger.standings_of(lines, was, clock.now())).items():
        new = after[limit][1]
        if new != old:
            yield Affected(case.id, case.reference, case.title, title, old, new)
    tasks = session.scalars(select(UserTask).where(UserTask.instance_id == case.id))
    for task in tasks:
        standing = ledger.of_task(session, task, used=was)
        if standing is None:
            continue
        due = ledger.node_due(
            standing.reckoning.budget,
            standing.reckoning.unit,
            task.created_at,
            lines=lines,
            used=now,
            task=task.id,
        )
        old, new = standing.reckoning.due_on, day_of(due) if due else None
        if new != old:
            yield Affected(case.id, case.reference, case.title, standing.title, old, new)


def _days(found: Sequence[ledger.Standing]) -> Mapping[str, tuple[str, date | None]]:
    return {
        one.limit: (one.title, one.reckoning.due_on)
        for one in found
        if one.reckoning.ended_at is None
    }


def _lay_down(session: Session, proposal: Proposal, *, by: User) -> int:
    return calendars.change(
        session,
        proposal.changes,
        source=proposal.source,
        by=str(by.id),
        org_code=proposal.org_code,
        hours=proposal.hours,
    )
