"""The legal clock of a case: an append-only ledger of limits, and where each of them stands.

Invariant: a limit is a budget; its lines are only added, a correction names the line it corrects.
Due date and colour are derived (`processes.reckoning`); `case_limit`, the due date of the case
and those of its open tasks and timers are copies, rewritten in the transaction that adds a line
or changes a calendar.
Source: Administrative Licensing Law art. 32 (acceptance), 42 (decision and extension), 44
(delivery), 45 (time that is not counted).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from engine import clock, repository
from engine.errors import BanliError
from engine.model import UserTask
from processes.clock import calendar, calendars
from processes.clock.calendar import Calendar
from processes.clock.counting import Unit, counter, day_of
from processes.clock.reckoning import Event, Reckoning, State, reckon
from processes.model.cases import Case, CaseLimit, ClockEntry

ALL: Final = "*"
"""A line under this name holds for every clock of the agency, those of its tasks included."""
PLACE: Final = "@"
"""Between a limit and the id of the place whose own it is: two notices have a clock each."""
TASK: Final = "task:"
"""Before the id of a task: a line that holds for the own limit of that task alone."""
ACCEPTANCE: Final = "acceptance"
STATUTORY: Final = "statutory"
PROMISED: Final = "promised"
APPLICANT: Final = "applicant"
"""What the applicant has to do in time: runs on while the clocks of the agency are suspended."""
MAIN: Final = (PROMISED, STATUTORY, ACCEPTANCE)
"""The limit that a case is measured by in lists and numbers: the first of these that runs."""


class ClockRefused(BanliError):
    """A line cannot be added to the ledger; `field` is what is wrong with it."""

    code = "clock_refused"

    def __init__(self, message: str, *, field: str, **ids: object) -> None:
        super().__init__(message, field=field, **ids)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line to be added; amounts in the limit's unit."""

    limit: str
    event: Event
    effective_at: datetime
    amount: int | None = None
    unit: Unit = Unit.WORKING_DAYS
    title: str = ""
    reason: str = ""
    basis: str = ""
    extend_most: int = 0
    corrects: int | None = None
    document_id: int | None = None
    place: int = 0
    activity: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit of a case and where it stands."""

    limit: str
    title: str
    basis: str
    reckoning: Reckoning

    @property
    def kind(self) -> str:
        """What limit it is, wherever it began: `applicant` for each of two notices."""
        return self.limit.partition(PLACE)[0]


_ENTRIES: Final = (
    select(ClockEntry).where(ClockEntry.case_id == bindparam("case")).order_by(ClockEntry.id)
)


def entries(session: Session, case_id: int) -> Sequence[ClockEntry]:
    """The ledger of a case in the order of entry."""
    return session.scalars(_ENTRIES, {"case": case_id}).all()


def add(session: Session, case_id: int, entry: Entry, *, by: str) -> ClockEntry:
    """Add a line to the ledger of a case; the copies are rewritten by `settle`.

    Raises:
        ClockRefused: the line does not fit those before it.
    """
    lines = entries(session, case_id)
    _check(entry, lines)
    row = ClockEntry(
        case_id=case_id,
        limit=entry.limit,
        event=entry.event.value,
        amount=entry.amount,
        unit=entry.unit.value,
        effective_at=entry.effective_at,
        title=entry.title,
        reason=entry.reason,
        basis=entry.basis,
        extend_most=entry.extend_most,
        corrects=entry.corrects,
        document_id=entry.document_id,
        place=entry.place,
        activity=entry.activity,
        actor=by,
    )
    session.add(row)
    session.flush()
    return row


def _check(entry: Entry, lines: Sequence[ClockEntry]) -> None:
    own = _run([line for line in lines if line.limit == entry.limit])
    started = [line for line in own if line.event == Event.START]
    if entry.event is Event.START:
        _check_start(entry, lines)
    elif entry.event is Event.CORRECT:
        if entry.corrects not in {line.id for line in own if line.event != Event.CORRECT}:
            raise ClockRefused("更正须指明本期限的一条记录", field="corrects")
    elif entry.limit != ALL and not entry.limit.startswith(TASK) and not started:
        raise ClockRefused(f"期限『{entry.limit}』尚未起算", field="limit")
    if entry.event is Event.EXTEND:
        _check_extension(entry, own, started[-1])
    if entry.event in {Event.SUSPEND, Event.EXTEND, Event.CORRECT} and not entry.reason.strip():
        raise ClockRefused("中止、延长和更正期限须写明理由", field="reason")


def running(lines: Sequence[ClockEntry], limit: str) -> ClockEntry | None:
    """The line that started a limit which has not been stopped since, by itself or with all."""
    own = _run([line for line in lines if line.limit == limit])
    start = next((line for line in own if line.event == Event.START), None)
    if start is None:
        return None
    shared = [line for line in lines if line.limit == ALL and line.id > start.id]
    stopped = any(line.event == Event.STOP for line in (*own, *shared))
    return None if stopped else start


def _check_start(entry: Entry, lines: Sequence[ClockEntry]) -> None:
    """A limit that was stopped may start anew: acceptance after a supplement, a second one."""
    if running(lines, entry.limit) is not None:
        raise ClockRefused(f"期限『{entry.title or entry.limit}』已经起算", field="limit")
    if entry.amount is None or entry.amount < 0:
        raise ClockRefused("期限须有不小于零的数量", field="amount")


def _check_extension(entry: Entry, own: Sequence[ClockEntry], start: ClockEntry) -> None:
    """At most once, and by no more than the limit allows (Licensing Law art. 42)."""
    if not entry.amount or entry.amount < 0:
        raise ClockRefused("延长须写明天数", field="amount")
    if any(line.event == Event.EXTEND for line in own):
        raise ClockRefused("期限只能延长一次，此前已延长", field="limit")
    if entry.amount > start.extend_most:
        text = (
            f"延长不得超过 {start.extend_most} 个工作日" if start.extend_most else "本期限不得延长"
        )
        raise ClockRefused(text, field="amount")


def standings(
    session: Session, case_id: int, *, org_code: str | None, now: datetime | None = None
) -> list[Standing]:
    """Every limit of a case that has started, in the order in which they did."""
    used = calendars.of(session, org_code)
    return standings_of(entries(session, case_id), used, now or clock.now())


def standings_of(lines: Sequence[ClockEntry], used: Calendar, now: datetime) -> list[Standing]:
    """The limits of a ledger and where they stand on a calendar at a moment."""
    groups: dict[str, list[ClockEntry]] = defaultdict(list)
    for line in lines:
        groups[line.limit].append(line)
    shared = groups.pop(ALL, [])
    found = []
    for limit, every in groups.items():
        own = _run(every)
        reckoned = reckon([*own, *_shared(limit, own, shared)], used, now)
        if reckoned is not None:
            start = next(line for line in own if line.event == Event.START)
            found.append(Standing(limit, start.title or limit, start.basis, reckoned))
    return sorted(found, key=lambda one: one.reckoning.started_at)


def _run(own: Sequence[ClockEntry]) -> Sequence[ClockEntry]:
    """The lines of a limit from where it started last."""
    starts = [line.id for line in own if line.event == Event.START]
    return [line for line in own if line.id >= starts[-1]] if starts else own


def _shared(
    limit: str, own: Sequence[ClockEntry], shared: Sequence[ClockEntry]
) -> list[ClockEntry]:
    """The lines for all clocks that hold for this one: a stop only for those begun before it."""
    first = own[0].id if own else 0
    return [
        line
        for line in shared
        if (line.id > first if line.event == Event.STOP else limit.partition(PLACE)[0] != APPLICANT)
    ]


def settle(session: Session, case_id: int, *, org_code: str | None) -> None:
    """Rewrite the copies of a case: its limits and the due date it is listed under."""
    used = calendars.of(session, org_code)
    found = standings_of(entries(session, case_id), used, clock.now())
    session.execute(delete(CaseLimit).where(CaseLimit.case_id == case_id))
    session.add_all(
        CaseLimit(
            case_id=case_id,
            limit=one.limit,
            title=one.title,
            state=one.reckoning.state.value,
            due_at=one.reckoning.due_at,
            near_at=_near(one.reckoning, used),
            calendar_version=one.reckoning.calendar_version,
            provisional=one.reckoning.provisional,
        )
        for one in found
    )
    main = main_of(found)
    if main is not None:
        due_on = main.reckoning.due_on
        session.execute(update(Case).where(Case.id == case_id).values(due_on=due_on))
    session.flush()


def _near(reckoning: Reckoning, used: Calendar) -> datetime | None:
    if reckoning.due_on is None:
        return None
    day = calendar.add_working_days(reckoning.due_on, -1, calendar=used).date
    return clock.midnight(day)


def main_of(found: Iterable[Standing]) -> Standing | None:
    """The limit that a case is measured by: promised before statutory before acceptance.

    One that still runs goes before one that has stopped.
    """
    by_limit = {one.limit: one for one in found}
    named = [by_limit[limit] for limit in MAIN if limit in by_limit]
    running = [one for one in named if one.reckoning.state is not State.STOPPED]
    return next(iter(running or named), None)


def node_due(
    amount: int,
    unit: str,
    since: datetime,
    *,
    lines: Sequence[ClockEntry],
    used: Calendar,
    task: int = 0,
) -> datetime | None:
    """When a task's own limit ends, given what is suspended for it or the case; None meanwhile."""
    start = ClockEntry(
        id=0, limit="node", event=Event.START.value, amount=amount, unit=unit, reason=""
    )
    start.effective_at = since_received(since, unit, used)
    shared = _of_node(lines, task)
    reckoned = reckon([start, *shared], used, max(since, clock.now()))
    return reckoned.due_at if reckoned else None


def of_task(session: Session, task: UserTask, *, used: Calendar) -> Standing | None:
    """The limit of an open task as its due date gives it; None without one or while suspended."""
    if task.due_at is None or not task.limit_title:
        return None
    shared = _of_node(entries(session, task.instance_id), task.id)
    unit = _unit_of(session, task)
    since = since_received(task.created_at, unit, used)
    start = ClockEntry(id=0, limit="node", event=Event.START.value, amount=0, reason="")
    start.unit, start.effective_at = unit.value, since
    pauses = reckon([start, *shared], used, task.due_at)
    counting = counter(unit, used, pauses.pauses if pauses else ())
    start.amount = counting.used(since, task.due_at)
    reckoned = reckon([start, *shared], used, max(since, clock.now()))
    return Standing("node", task.limit_title, "", reckoned) if reckoned else None


def _of_node(lines: Sequence[ClockEntry], task: int) -> list[ClockEntry]:
    """The lines that hold for the own limit of a task."""
    names = {ALL, f"{TASK}{task}"}
    return [line for line in lines if line.limit in names and line.event != Event.STOP]


def _unit_of(session: Session, task: UserTask) -> Unit:
    """What the limit of a task is counted in: as its model has it."""
    process = repository.compiled(session, task.definition_id).process
    limit = getattr(process.elements.get(task.activity), "limit", None)
    return Unit(limit.unit) if limit else Unit.WORKING_DAYS


def counted_from(session: Session, task: UserTask, *, used: Calendar) -> date:
    """The day that an open task's limit is counted from, itself not counted; may be to come."""
    received = since_received(task.created_at, _unit_of(session, task), used)
    return day_of(received)


def since_received(instant: datetime, unit: str, used: Calendar) -> datetime:
    """The instant from which a limit counts: what comes after hours, from the next working day."""
    if unit != Unit.WORKING_DAYS:
        return instant
    day = calendar.received_on(instant, calendar=used)
    if day == instant.astimezone(clock.SHANGHAI).date():
        return instant
    return datetime.combine(day, used.hours[0][0], clock.SHANGHAI).astimezone(UTC)


def due_at(amount: int, unit: str, start: datetime) -> datetime:
    """The end of a limit on the national calendar, with nothing suspended.

    Raises:
        ClockRefused: the unit is none of working_days, calendar_days, working_hours, hours.
    """
    if unit not in set(Unit):
        raise ClockRefused(f"期限单位『{unit}』不可用", field="unit")
    found = node_due(amount, unit, start, lines=(), used=calendar.current())
    assert found is not None  # noqa: S101 - nothing is suspended, so there is an end
    return found.astimezone(UTC)
