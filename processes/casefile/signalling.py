"""Signals of e-supervision: near the end, past it, a step past its own, nodes planned too long.

Invariant: each signal is entered once for each last day of its limit, whoever notices it first: the
worker day by day, or the step that stops the clock if the worker was down meanwhile.
Source: case-operations B.1 (yellow one working day before the end, red when it is past; a step
counts even if the whole is in time; signals go by message to who is responsible).
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine import clock, compiler, store
from engine.execution import Execution
from engine.model import UserTask
from engine.record import ClockMark, StepRecord
from processes.casefile.supervision import WHOLE, report
from processes.clock import clock as ledger
from processes.clock.clock import Standing
from processes.clock.reckoning import Event, State
from processes.model.cases import Case, CaseLimit, SupervisionEntry

_AT_ONCE: Final = 200
_LONGEST_REST: Final = timedelta(days=12)
"""No two working days are further apart."""


def register() -> None:
    """Have every step that starts or stops a whole limit looked at; safe to repeat."""
    if observe not in store.observers:
        store.observers.append(observe)


def observe(session: Session, execution: Execution, step: StepRecord) -> None:
    """Report nodes ahead that may use more than a limit that starts, and what stopped too late."""
    for mark in step.clocks:
        if mark.do == Event.START and mark.limit in WHOLE:
            _report_exceeded(session, execution, mark)
    if execution.completed or any(mark.do == Event.STOP for mark in step.clocks):
        case = session.get(Case, execution.instance_id)
        if case is not None:
            report_late(session, case)


def report_late(session: Session, case: Case) -> None:
    """Enter what a case that is ending, or a limit that has stopped, had overrun."""
    for standing in ledger.standings(session, case.id, org_code=case.org_code):
        if standing.limit in WHOLE and standing.reckoning.overdue:
            ended = standing.reckoning.ended_at or clock.now()
            _enter_overdue(session, case, standing, ended=ended)


def report_overdue(session: Session) -> int:
    """Enter each statutory or promised limit that runs on past its last day; returns how many."""
    told = exists().where(
        SupervisionEntry.case_id == CaseLimit.case_id,
        SupervisionEntry.kind == "overdue",
        SupervisionEntry.activity == CaseLimit.limit,
        SupervisionEntry.at > CaseLimit.due_at,
    )
    query = (
        select(Case, CaseLimit.limit)
        .join(CaseLimit, CaseLimit.case_id == Case.id)
        .where(
            CaseLimit.limit.in_(WHOLE),
            CaseLimit.state == State.RUNNING,
            # a limit is kept until the end of its last day, though the office closes before
            CaseLimit.due_at < clock.midnight(clock.today()),
            Case.ended_at.is_(None),
            ~told,
        )
        .order_by(CaseLimit.due_at)
        .limit(_AT_ONCE)
    )
    late = session.execute(query).all()
    for case, limit in late:
        found = ledger.standings(session, case.id, org_code=case.org_code)
        _enter_overdue(session, case, next(one for one in found if one.limit == limit))
    return len(late)


def report_near(session: Session) -> int:
    """Enter each whole limit that ends by the next working day (黄灯); returns how many."""
    begun = clock.midnight(clock.today())
    # what was entered before was of an end that has been put off since
    told = exists().where(
        SupervisionEntry.case_id == CaseLimit.case_id,
        SupervisionEntry.kind == "warning",
        SupervisionEntry.activity == CaseLimit.limit,
        SupervisionEntry.at >= CaseLimit.near_at,
    )
    query = (
        select(Case, CaseLimit)
        .join(CaseLimit, CaseLimit.case_id == Case.id)
        .where(
            CaseLimit.limit.in_(WHOLE),
            CaseLimit.state == State.RUNNING,
            CaseLimit.near_at.between(begun - _LONGEST_REST, clock.now()),
            CaseLimit.due_at >= begun,
            Case.ended_at.is_(None),
            ~told,
        )
        .order_by(CaseLimit.due_at)
        .limit(_AT_ONCE)
    )
    near = session.execute(query).all()
    for case, limit in near:
        due = limit.due_at.astimezone(clock.SHANGHAI).date()
        report(
            session,
            case.id,
            kind="warning",
            reason=f"{limit.title}将于 {due} 届满",
            activity=limit.limit,
            key=f"warning-{case.id}-{limit.limit}-{due}",
        )
    return len(near)


def report_steps(session: Session) -> int:
    """Enter each open task that is past its own limit, whole in time or not; returns how many."""
    told = exists().where(
        SupervisionEntry.case_id == UserTask.instance_id,
        SupervisionEntry.kind == "step_overdue",
        SupervisionEntry.activity == UserTask.activity,
        SupervisionEntry.at > UserTask.due_at,
    )
    query = (
        select(Case, UserTask)
        .join(UserTask, UserTask.instance_id == Case.id)
        .where(
            UserTask.limit_title != "",
            UserTask.due_at < clock.midnight(clock.today()),
            ~told,
        )
        .order_by(UserTask.due_at)
        .limit(_AT_ONCE)
    )
    late = session.execute(query).all()
    for case, task in late:
        on = task.due_at.astimezone(clock.SHANGHAI).date() if task.due_at else None
        report(
            session,
            case.id,
            kind="step_overdue",
            reason=f"『{task.name or task.activity}』{task.limit_title}于 {on} 届满，尚未办理",
            activity=task.activity,
            key=f"step-{task.id}-{on}",
        )
    return len(late)


def _enter_overdue(
    session: Session, case: Case, standing: Standing, *, ended: datetime | None = None
) -> None:
    on = standing.reckoning.due_on
    basis = f"（{standing.basis}）" if standing.basis else ""
    report(
        session,
        case.id,
        kind="overdue",
        reason=f"{standing.title}{basis}于 {on} 届满，{_how(ended)}",
        activity=standing.limit,
        key=f"overdue-{case.id}-{standing.limit}-{on}",
    )


def _how(ended: datetime | None) -> str:
    if ended is None:
        return "尚未办结"
    return f"{ended.astimezone(clock.SHANGHAI).date()} 办结，已超期"


def _report_exceeded(session: Session, execution: Execution, mark: ClockMark) -> None:
    """Tell the supervisors where the nodes ahead may use more than a limit that starts grants.

    What a model gives is refused at deployment; amounts that a case alone knows are seen here.
    """
    at = mark.calls[0] if mark.calls else mark.activity
    over = compiler.over_whole(
        execution.workflow.spec.process, at, mark, values=execution.variables
    )
    if over:
        key = f"limits-{execution.instance_id}-{mark.limit}"
        report(
            session,
            execution.instance_id,
            kind="limits_over_whole",
            reason=over,
            activity=mark.activity,
            key=key,
        )
