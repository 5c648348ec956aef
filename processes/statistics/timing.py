"""How long cases and what they went through took, as the clock ledger and the history have it.

Invariant: time is counted in working days without that for which the clock stood; the day on
which something begins is not counted, the day on which it ends is (`processes.clock.counting`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine.model import HistoryEvent, HistoryStep
from processes.clock import calendar
from processes.clock.clock import ALL, MAIN, PLACE
from processes.clock.counting import Unit, counter, day_of
from processes.clock.reckoning import Event, Pause
from processes.model.cases import ClockEntry

Keys = Select[tuple[int]]
"""The cases that are asked about, by id."""


@dataclass(frozen=True, slots=True)
class Run:
    """A task or a limit of a case from its beginning to its end; `limit` in working days."""

    name: str
    since: datetime
    until: datetime
    limit: int | None

    def late(self, days: int) -> bool:
        """Whether so many working days are more than its limit."""
        return self.limit is not None and days > self.limit


class Ledger:
    """The time of one case, read line by line from its clock ledger.

    `rests` are limits and the activity at which each stops to rest: from then until it starts
    anew nobody works on the case (a card that is kept until somebody collects it).
    """

    def __init__(self, rests: Mapping[str, str]) -> None:
        self.runs: list[Run] = []
        self.met_at: datetime | None = None
        """When the limit that the case is measured by stopped; None while it runs."""
        self._rests = rests
        self._pauses: list[Pause] = []
        self._resting: dict[str, datetime] = {}
        self._begun: dict[str, tuple[datetime, int | None]] = {}

    def take(self, line: Any) -> None:
        """Read the next line of `clock_entry`."""
        limit, at = line.limit.partition(PLACE)[0], line.effective_at
        if line.event == Event.START:
            self._start(limit, at, line.amount if line.unit == Unit.WORKING_DAYS else None)
        elif line.event == Event.STOP:
            self._stop(limit, at, line.activity)
        elif line.event == Event.SUSPEND:
            self._resting.setdefault(ALL, at)
        elif line.event == Event.RESUME:
            self._wake(ALL, at)

    def worked(self, since: datetime, until: datetime) -> int:
        """Working days between two moments, without those on which the case rested."""
        lasting = (Pause(since, None, "") for since in self._resting.values())
        counting = counter(Unit.WORKING_DAYS, calendar.current(), [*self._pauses, *lasting])
        return counting.used(since, until)

    def _start(self, limit: str, at: datetime, amount: int | None) -> None:
        self._begun[limit] = (at, amount)
        self._wake(limit, at)
        if limit in MAIN:
            self.met_at = None

    def _stop(self, limit: str, at: datetime, activity: str) -> None:
        for one in [*self._begun] if limit == ALL else [limit]:
            if begun := self._begun.pop(one, None):
                self.runs.append(Run(one, begun[0], at, begun[1]))
        if limit in {ALL, *MAIN} and self.met_at is None:
            self.met_at = at
        if self._rests.get(limit) == activity:
            self._resting.setdefault(limit, at)

    def _wake(self, cause: str, at: datetime) -> None:
        if since := self._resting.pop(cause, None):
            self._pauses.append(Pause(since, at, ""))


def ledgers(session: Session, keys: Keys, rests: Mapping[str, str]) -> Mapping[int, Ledger]:
    """The time of each case, by its id; a case without lines in its ledger has no time stopped."""
    found: dict[int, Ledger] = defaultdict(lambda: Ledger(rests))
    query = select(
        ClockEntry.case_id,
        ClockEntry.limit,
        ClockEntry.event,
        ClockEntry.effective_at,
        ClockEntry.amount,
        ClockEntry.unit,
        ClockEntry.activity,
    )
    for line in session.execute(query.where(ClockEntry.case_id.in_(keys)).order_by(ClockEntry.id)):
        found[line.case_id].take(line)
    return found


def tasks(session: Session, keys: Keys) -> Mapping[int, Sequence[Run]]:
    """The tasks of each case that are over, by its id and in the order in which they came.

    A task counts with the limit that it had when it came; each time it comes it counts anew.
    """
    endings = select(HistoryStep.ended_id, HistoryStep.at).where(
        HistoryStep.ended_id.is_not(None), HistoryStep.instance_id.in_(keys)
    )
    ended: dict[int | None, datetime] = dict(session.execute(endings).tuples().all())
    made = (
        select(
            HistoryEvent.instance_id, HistoryEvent.activity_id, HistoryEvent.at, HistoryEvent.data
        )
        .where(HistoryEvent.type == "task.created", HistoryEvent.instance_id.in_(keys))
        .order_by(HistoryEvent.sequence)
    )
    found: dict[int, list[Run]] = defaultdict(list)
    for case, task, at, data in session.execute(made).tuples():
        if until := ended.get(task):
            found[case].append(Run(str(data.get("name") or ""), at, until, _limit(at, data)))
    return found


def _limit(at: datetime, data: Mapping[str, Any]) -> int | None:
    due = data.get("due_at")
    if not isinstance(due, datetime):
        return None
    return calendar.working_days_between(day_of(at), day_of(due))
