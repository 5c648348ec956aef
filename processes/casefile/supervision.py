"""What supervisors are to see (效能监督): second notices, missed limits, benefits taken away.

Invariant: an entry is made by the process of a case, once for each run of its service task, or by
the worker, once for each last day of a limit that passed; it is never changed. Whoever reads the
list sees the cases of his own scope only.
Source: case-operations B.1 (e-supervision), B.2 补正 (a second notice is reported), 视为受理.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine import clock, compiler, store
from engine.execution import Execution
from engine.record import ClockMark, StepRecord
from processes.clock import clock as ledger
from processes.clock.clock import Standing
from processes.clock.reckoning import Event, State
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, CaseLimit, SupervisionEntry
from processes.rights import permissions

KINDS: Final[Mapping[str, str]] = {
    "second_notice": "再次告知补正",
    "deemed_accepted": "逾期未告知，视为受理",
    "overdue": "办理超期",
    "limits_over_whole": "环节期限之和超过总期限",
    "benefit_withdrawn": "容缺或承诺未兑现",
    "refused": "不予受理",
    "other": "其他",
}
WHOLE: Final = (ledger.STATUTORY, ledger.PROMISED)
PAGE: Final = 50
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Reported:
    """One entry with its case."""

    entry: SupervisionEntry
    case: Case


def register() -> None:
    """Have every step that starts a whole limit compare it with the nodes ahead; safe to repeat."""
    if compare not in store.observers:
        store.observers.append(compare)


def compare(session: Session, execution: Execution, step: StepRecord) -> None:
    """Report where the nodes ahead may use more than a limit that starts grants."""
    for mark in step.clocks:
        if mark.do == Event.START and mark.limit in WHOLE:
            _report_exceeded(session, execution, mark)


def report(
    session: Session, case_id: int, *, kind: str, reason: str, activity: str, key: str
) -> None:
    """Enter something for the supervisors; the same key only once."""
    held = select(SupervisionEntry.id).where(SupervisionEntry.dedupe_key == key)
    if session.scalar(held) is not None:
        return
    entry = SupervisionEntry(case_id=case_id, kind=kind, reason=reason, activity=activity)
    entry.dedupe_key = key
    session.add(entry)
    session.flush()


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
            CaseLimit.due_at < datetime.combine(clock.today(), time(), clock.SHANGHAI),
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


def _enter_overdue(session: Session, case: Case, standing: Standing) -> None:
    on = standing.reckoning.due_on
    basis = f"（{standing.basis}）" if standing.basis else ""
    report(
        session,
        case.id,
        kind="overdue",
        reason=f"{standing.title}{basis}于 {on} 届满，尚未办结",
        activity=standing.limit,
        key=f"overdue-{case.id}-{standing.limit}-{on}",
    )


def entries(
    session: Session, *, by: User, kind: str = "", after: int | None = None, limit: int = PAGE
) -> Sequence[Reported]:
    """The entries of the cases that a supervisor sees, the latest first.

    Raises:
        Forbidden: no right to statistics.
    """
    permissions.require(by, Action.VIEW_STATISTICS)
    query = (
        select(SupervisionEntry, Case)
        .join(Case, Case.id == SupervisionEntry.case_id)
        .where(Case.id.in_(permissions.visible_cases(by)))
    )
    if kind:
        query = query.where(SupervisionEntry.kind == kind)
    if after is not None:
        query = query.where(SupervisionEntry.id < after)
    found = session.execute(query.order_by(SupervisionEntry.id.desc()).limit(min(limit, 500)))
    return [Reported(entry, case) for entry, case in found]
