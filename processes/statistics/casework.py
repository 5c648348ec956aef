"""Counting cases, and what lies on people's desks.

Invariant: only cases of the organisations that the statistic gives the reader (`statistics.scope`)
and those he may see are counted, and only those tasks that stand in the reader's own inbox.
Durations are working days without suspended time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import mean, median
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine import clock, repository
from engine.clock import SHANGHAI
from engine.model import UserTask
from processes.clock import calendar
from processes.identity.identity import User
from processes.model.cases import Case, ClockEntry
from processes.model.people import Org
from processes.rights import listed, permissions
from processes.statistics import scope
from processes.statistics.definition import Statistic
from processes.statistics.result import Cell

_INSTANTS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "submitted": Case.submitted_at,
    "accepted": Case.accepted_at,
    "ended": Case.ended_at,
}
_LATE: Final = {"late": "已超期", "in_time": "未超期"}
_OF_DAYS: Final[Mapping[str, Callable[[Sequence[int]], float]]] = {
    "mean": mean,
    "median": median,
    "most": max,
}
OVERDUE: Final = "late"


@dataclass(frozen=True, slots=True)
class Item:
    """One case or task as it is counted: its dimensions, and how long it took."""

    values: Mapping[str, str]
    days: int | None = None


def cases(
    session: Session, told: Statistic, *, by: User, since: date | None, until: date | None
) -> list[Item]:
    """The cases that a statistic counts."""
    at = _INSTANTS.get(told.period, Case.submitted_at)
    query = _asked(told, by)
    if since:
        query = query.where(at >= clock.midnight(since))
    if until:
        query = query.where(at < clock.midnight(until + timedelta(days=1)))
    rows = session.execute(query.add_columns(at)).tuples().all()
    now = clock.now()
    paused = _pauses(session, _closings(rows, now)) if told.measures != ("count",) else {}
    return [_case(row, paused, now) for row in rows]


def _asked(told: Statistic, by: User) -> Select[Any]:
    query = select(
        Case.id,
        Case.process_key,
        Case.kind,
        Case.org_code,
        Case.status,
        Case.outcome,
        Case.step,
        Case.channel,
        Case.submitted_at,
        Case.accepted_at,
        Case.ended_at,
        Case.due_on,
    ).where(_counted(told, by), _begins(Case.process_key, told.cases))
    if told.ended is None:
        return query
    return query.where(Case.ended_at.is_not(None) if told.ended else Case.ended_at.is_(None))


def _counted(told: Statistic, by: User) -> ColumnElement[bool]:
    """A number shows nobody a case: who holds a role of the statistic counts all of its area."""
    below = select(Org.org_code).where(scope.below(scope.paths(by, told.roles)))
    return or_(Case.org_code.in_(below), Case.id.in_(permissions.visible_cases(by)))


def _begins(column: InstrumentedAttribute[str], prefixes: Iterable[str]) -> Any:
    return or_(false(), *(column.startswith(one, autoescape=True) for one in prefixes))


def _case(row: Sequence[Any], paused: Mapping[int, int], now: datetime) -> Item:
    key, process, kind, org, status, outcome, step, channel, submitted, accepted = row[:10]
    ended, due, at = row[10:]
    begun, closed = _day(accepted or submitted), _day(ended or now)
    late = due is not None and closed > due
    values = {
        "process": process,
        "kind": kind,
        "org": org or "",
        "status": status,
        "outcome": outcome,
        "step": step if ended is None else "",
        "channel": channel,
        "month": f"{_day(at):%Y-%m}" if at else "",
        "overdue": OVERDUE if late else "in_time",
    }
    days = max(calendar.working_days_between(begun, closed) - paused.get(key, 0), 0)
    return Item(values, days if ended is not None else None)


def _closings(rows: Iterable[Sequence[Any]], now: datetime) -> dict[int, date]:
    """The day on which each case ended, or now."""
    return {row[0]: _day(row[10] or now) for row in rows}


def _pauses(session: Session, closings: Mapping[int, date]) -> dict[int, int]:
    """Working days for which the clock of a case stood still, by case; at most till it ended."""
    query = (
        select(ClockEntry.case_id, ClockEntry.event, ClockEntry.effective_at)
        .where(ClockEntry.event.in_(("suspend", "resume")))
        .order_by(ClockEntry.id)
    )
    since: dict[int, date] = {}
    found: dict[int, int] = {}
    for case_id, event, at in session.execute(query).tuples():
        if case_id not in closings:
            continue
        if event == "suspend":
            since.setdefault(case_id, _day(at))
        elif case_id in since:
            rested = calendar.working_days_between(since.pop(case_id), _day(at))
            found[case_id] = found.get(case_id, 0) + rested
    for case_id, begun in since.items():
        rested = calendar.working_days_between(begun, closings[case_id])
        found[case_id] = found.get(case_id, 0) + rested
    return found


def tasks(session: Session, told: Statistic, *, by: User) -> list[Item]:
    """What waits for the reader, by business and step."""
    query = (
        select(UserTask.name, UserTask.due_at, Case.process_key, Case.kind, Case.org_code)
        .join(Case, Case.id == UserTask.instance_id)
        .where(listed.tasks(by), _begins(Case.process_key, told.tasks))
    )
    now = clock.now()
    return [
        Item(
            {
                "process": process,
                "kind": kind,
                "org": org or "",
                "step": name,
                "overdue": OVERDUE if due and due < now else "in_time",
            }
        )
        for name, due, process, kind, org in session.execute(query).tuples()
    ]


def measured(items: Sequence[Item], name: str) -> Cell:
    """One number about some cases; durations are of those that have ended."""
    if name == "count":
        return len(items)
    if name == "overdue":
        return sum(one.values.get("overdue") == OVERDUE for one in items)
    days = [one.days for one in items if one.days is not None]
    if not days:
        return None
    return round(float(_OF_DAYS[name](days)), 1)


def words(session: Session, name: str, values: Sequence[str]) -> dict[str, str]:
    """What the values of a dimension are called; statuses are named by the page."""
    if name == "process":
        return {one.key: one.name for one in repository.all_latest(session)}
    if name == "org":
        query = select(Org.org_code, Org.name).where(Org.org_code.in_(list(values)))
        return dict(session.execute(query).tuples().all())
    if name == "overdue":
        return dict(_LATE)
    return {}


def _day(instant: datetime) -> date:
    return instant.astimezone(SHANGHAI).date()
