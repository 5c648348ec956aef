"""Counting cases, and what lies on people's desks.

Invariant: only cases of the organisations that the statistic gives the reader (`statistics.scope`)
and those he may see are counted, and only those tasks that stand in the reader's own inbox.
Durations are working days without suspended time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import mean, median
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine import clock, repository
from engine.model import UserTask
from processes.clock.counting import day_of
from processes.identity import organisations
from processes.identity.identity import User
from processes.model.cases import Case
from processes.model.people import Org
from processes.rights import listed, permissions
from processes.statistics import narrowing, scope, timing
from processes.statistics.definition import Statistic
from processes.statistics.narrowing import Part
from processes.statistics.result import Cell
from processes.statistics.timing import Ledger, Run

_INSTANTS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "submitted": Case.submitted_at,
    "accepted": Case.accepted_at,
    "ended": Case.ended_at,
}
_OF_DAYS: Final[Mapping[str, Callable[[Sequence[int]], float]]] = {
    "mean": mean,
    "median": median,
    "most": max,
}
OVERDUE: Final = "late"
IN_TIME: Final = "in_time"
_LATE: Final = {OVERDUE: "已超期", IN_TIME: "未超期"}
_BY_LIMIT: Final = {"overdue": OVERDUE, "in_time": IN_TIME}


@dataclass(frozen=True, slots=True)
class Item:
    """One case, step or task as it is counted: its dimensions, and how long it took.

    `spans`: the working days of the limits that the statistic shows apart, in all, by limit.
    """

    values: Mapping[str, str]
    days: int | None = None
    spans: Mapping[str, int] = field(default_factory=dict)


def cases(session: Session, told: Statistic, *, by: User, part: Part) -> list[Item]:
    """The cases that a statistic counts."""
    query = _within(session, told, by, part)
    times = _times(session, told, query)
    now = clock.now()
    rows = session.execute(query).tuples().all()
    return [_case(told, row, times.get(row[0]) or Ledger({}), now) for row in rows]


def steps(
    session: Session, told: Statistic, *, by: User, part: Part
) -> tuple[list[Item], list[Item]]:
    """The cases that a statistic counts, and what they went through: tasks, and limits apart."""
    query = _within(session, told, by, part)
    times = _times(session, told, query)
    done = timing.tasks(session, query.with_only_columns(Case.id))
    now = clock.now()
    wholes, parts = [], []
    for row in session.execute(query).tuples():
        ledger = times.get(row[0]) or Ledger({})
        wholes.append(whole := _case(told, row, ledger, now))
        apart = [run for run in ledger.runs if run.name in told.spans]
        parts += [_step(whole, run, ledger) for run in (*done.get(row[0], ()), *apart)]
    return wholes, parts


def offered(
    session: Session, told: Statistic, *, by: User, part: Part
) -> Mapping[str, Mapping[str, str]]:
    """To what a statistic may be narrowed: by dimension, the values with their words."""
    counted = _within(session, told, by, part)
    found = {}
    for name in told.filters:
        known = narrowing.values(session, counted, name)
        if name == "org":
            reach = scope.paths(by, told.roles)
            found[name] = narrowing.agencies(session, known, reach)
        else:
            named = words(session, told, name, known)
            found[name] = {one: named.get(one, one) for one in known}
    return found


def _within(session: Session, told: Statistic, by: User, part: Part) -> Select[Any]:
    at = _INSTANTS.get(told.period, Case.submitted_at)
    query = _asked(told, by).add_columns(at).where(*narrowing.conditions(session, part.only))
    if part.since:
        query = query.where(at >= clock.midnight(part.since))
    if part.until:
        query = query.where(at < clock.midnight(part.until + timedelta(days=1)))
    return query


def _times(session: Session, told: Statistic, query: Select[Any]) -> Mapping[int, Ledger]:
    """The clock ledgers of the cases, where the statistic says something of time."""
    if told.measures == ("count",) and "overdue" not in {*told.rows, told.columns}:
        return {}
    return timing.ledgers(session, query.with_only_columns(Case.id), told.rests)


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
    if told.accepted:
        unaccepted = Case.accepted_at.is_(None) & _begins(Case.process_key, told.accepted)
        query = query.where(~unaccepted)
    if told.ended is None:
        return query
    return query.where(Case.ended_at.is_not(None) if told.ended else Case.ended_at.is_(None))


def _counted(told: Statistic, by: User) -> ColumnElement[bool]:
    """A number shows nobody a case: who holds a role of the statistic counts all of its area."""
    below = select(Org.org_code).where(organisations.below(scope.paths(by, told.roles)))
    return or_(Case.org_code.in_(below), Case.id.in_(permissions.visible_cases(by)))


def _begins(column: InstrumentedAttribute[str], prefixes: Iterable[str]) -> Any:
    return or_(false(), *(column.startswith(one, autoescape=True) for one in prefixes))


def _case(told: Statistic, row: Sequence[Any], ledger: Ledger, now: datetime) -> Item:
    _key, process, kind, org, status, outcome, step, channel, submitted, accepted = row[:10]
    ended, due, at = row[10:]
    late = due is not None and day_of(ledger.met_at or ended or now) > due
    values = {
        "process": process,
        "kind": kind,
        "org": org or "",
        "status": status,
        "outcome": outcome or _how(told, status, ended),
        "step": step if ended is None else "",
        "channel": channel,
        "month": f"{day_of(at):%Y-%m}" if at else "",
        "overdue": OVERDUE if late else IN_TIME,
    }
    if ended is None:
        return Item(values)
    spans: dict[str, int] = defaultdict(int)
    for run in ledger.runs:
        if run.name in told.spans:
            spans[run.name] += ledger.worked(run.since, run.until)
    return Item(values, ledger.worked(accepted or submitted, ended), spans)


def _how(told: Statistic, status: str, ended: datetime | None) -> str:
    """How a case ended that has no outcome: its status, where the statistic has a word for it."""
    return status if ended and status in told.labels.get("outcome", {}) else ""


def _step(whole: Item, run: Run, ledger: Ledger) -> Item:
    days = ledger.worked(run.since, run.until)
    late = OVERDUE if run.late(days) else IN_TIME
    return Item({**whole.values, "step": run.name, "overdue": late}, days)


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
                "overdue": OVERDUE if due and due < now else IN_TIME,
            }
        )
        for name, due, process, kind, org in session.execute(query).tuples()
    ]


def measured(items: Sequence[Item], name: str) -> Cell:
    """One number about some cases; durations are of those that have ended."""
    if name == "count":
        return len(items)
    if name in _BY_LIMIT:
        return sum(one.values.get("overdue") == _BY_LIMIT[name] for one in items)
    return _of_days(name, [one.days for one in items if one.days is not None])


def apart(items: Sequence[Item], limit: str) -> Cell:
    """The mean time under a limit of the cases that were under it, in working days."""
    return _of_days("mean", [one.spans[limit] for one in items if limit in one.spans])


def _of_days(name: str, days: Sequence[int]) -> Cell:
    return round(float(_OF_DAYS[name](days)), 1) if days else None


def words(session: Session, told: Statistic, name: str, values: Sequence[str]) -> dict[str, str]:
    """What the values of a dimension are called; statuses are named by the page."""
    return {**_words(session, name, values), **told.labels.get(name, {})}


def _words(session: Session, name: str, values: Sequence[str]) -> dict[str, str]:
    if name == "process":
        return {one.key: one.name for one in repository.all_latest(session)}
    if name == "org":
        query = select(Org.org_code, Org.name).where(Org.org_code.in_(list(values)))
        return dict(session.execute(query).tuples().all())
    if name == "overdue":
        return dict(_LATE)
    return {}
