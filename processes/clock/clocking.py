"""Keeps the clock ledger in step with the process, and due instants in step with the ledger.

Invariant: runs inside the step's own transaction; a due instant that waits is what its limit's
ledger and the agency's calendar give (case-operations B.3, 1).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from engine import clock, history, store
from engine.execution import Execution
from engine.record import StepRecord
from engine.store import execution
from engine.waiting import TimerWait, UserTaskWait
from processes.clock import calendar, calendars, counting, marking
from processes.clock import clock as ledger
from processes.clock.calendar import Calendar
from processes.clock.counting import Unit
from processes.clock.reckoning import Event
from processes.model.cases import ClockEntry

NODE: Final = "node"


def register() -> None:
    """Have every step keep the ledger; calling it again changes nothing."""
    if prepare not in store.preparers:
        store.preparers.append(prepare)
    if settle not in store.observers:
        store.observers.append(settle)


def prepare(session: Session, execution: Execution, step: StepRecord) -> None:
    """Write the step's lines, then move what waits for a limit; before the rows are written."""
    case_id = execution.instance_id
    used: Calendar | None = None
    changed = bool(step.clocks or step.undone)
    if changed:
        used = calendars.of(session, _org(execution))
        _write(session, execution, step, used)
    moving = followers(execution)
    if not changed:
        moving = [wait for wait in moving if wait.id not in execution.stored]
    if not moving:
        return
    used = used or calendars.of(session, _org(execution))
    retime(execution, moving, lines=ledger.entries(session, case_id), used=used)


def _write(session: Session, execution: Execution, step: StepRecord, used: Calendar) -> None:
    """Add what a step did to the ledger: first what it took back, then what it began."""
    case_id, by = execution.instance_id, execution.actor
    for undone in step.undone:
        for entry in [*marking.taken_back(undone, ledger.entries(session, case_id))]:
            ledger.add(session, case_id, entry, by=by)
    for mark in step.clocks:
        lines = ledger.entries(session, case_id)
        for entry in marking.entries(mark, lines, used, live=execution.workflow.tasks):
            renewed = entry
            if entry.event is Event.START and _moved(session, case_id):
                found = marking.again(entry, mark, lines)
                if found is None:
                    continue
                renewed = found
            ledger.add(session, case_id, renewed, by=by)


def _moved(session: Session, case_id: int) -> bool:
    return bool(history.of_type(session, case_id, "activity.moved"))


def recount(session: Session, case_id: int, *, by: str) -> None:
    """Move what waits in a case to where its ledger and calendar stand now, by an empty step.

    Raises:
        Conflict: somebody is just moving the case, or it rests.
    """
    with execution(session, case_id, actor=by) as step:
        org = _org(step)
        used = calendars.of(session, org)
        retime(step, followers(step), lines=ledger.entries(session, case_id), used=used)
    ledger.settle(session, case_id, org_code=org)


def retime(
    execution: Execution,
    moving: Iterable[TimerWait | UserTaskWait],
    *,
    lines: Sequence[ClockEntry],
    used: Calendar,
) -> None:
    """Give tasks and timers the due instants that their limits have now."""
    standing = {one.limit: one for one in ledger.standings_of(lines, used, clock.now())}
    for wait in moving:
        if isinstance(wait, UserTaskWait):
            due = _task_due(wait, lines, used)
        else:
            due = _timer_due(wait, execution, standing, used)
        if due != wait.due_at:
            execution.retime(wait.id, due)


def _task_due(wait: UserTaskWait, lines: Sequence[ClockEntry], used: Calendar) -> datetime | None:
    if wait.limit is None:
        return wait.due_at
    running = wait.limit
    return ledger.node_due(
        running.amount, running.unit, running.since, lines=lines, used=used, task=wait.id
    )


def _timer_due(
    wait: TimerWait, execution: Execution, standing: Mapping[str, ledger.Standing], used: Calendar
) -> datetime | None:
    """When a timer is due; as it was while the limit it follows has not started."""
    host = execution.waits.get(wait.host)
    if wait.limit == NODE and isinstance(host, UserTaskWait) and host.limit is not None:
        return _at(host.due_at, wait, host.limit.unit, used)
    places = [one.id for one in execution.workflow.ancestors(execution.workflow.tasks[wait.id])]
    limit = marking.named(wait.limit, places, standing)
    if limit in standing:
        reckoned = standing[limit].reckoning
        return _at(reckoned.due_at, wait, reckoned.unit, used)
    return wait.due_at


def settle(session: Session, execution: Execution, step: StepRecord) -> None:
    """Rewrite the copies of the case once its row is there."""
    if step.clocks or step.undone:
        ledger.settle(session, execution.instance_id, org_code=_org(execution))


def followers(execution: Execution) -> list[TimerWait | UserTaskWait]:
    """Everything that waits for the end of a limit: tasks before timers, which may follow them."""
    waits = execution.waits.values()
    tasks = [one for one in waits if isinstance(one, UserTaskWait) and one.limit is not None]
    timers = [one for one in waits if isinstance(one, TimerWait) and one.limit]
    return [*tasks, *timers]


def _at(due: datetime | None, wait: TimerWait, unit: str, used: Calendar) -> datetime | None:
    """When a timer comes that follows a limit with this end."""
    found = _earlier(due, wait.before, unit, used)
    if found is None or not wait.midnight:
        return found
    following = counting.day_of(found) + timedelta(days=1)
    return clock.midnight(following).astimezone(UTC)


def _earlier(due: datetime | None, before: int, unit: str, used: Calendar) -> datetime | None:
    if due is None or not before:
        return due
    if unit in {Unit.HOURS, Unit.WORKING_HOURS}:
        return due - timedelta(hours=before)
    if unit == Unit.CALENDAR_DAYS:
        return due - timedelta(days=before)
    day = calendar.add_working_days(counting.day_of(due), -before, calendar=used).date
    local = due.astimezone(clock.SHANGHAI)
    return datetime.combine(day, local.timetz()).astimezone(UTC)


def _org(execution: Execution) -> str | None:
    found = execution.variables.get("org")
    return found if isinstance(found, str) and found else None
