"""What supervisors are to see (效能监督): second notices, missed limits, benefits taken away.

Invariant: an entry is made by the process of a case, once for each run of its service task, or as a
signal of a limit (`signalling`); it is never changed, and goes out by message when it is made.
Whoever reads the list sees the cases of his own scope only.
Source: case-operations B.1 (e-supervision), B.2 补正 (a second notice is reported), 视为受理.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import UserTask
from processes.casefile import notices
from processes.clock import clock as ledger
from processes.identity.identity import User, users_who_may
from processes.identity.roles import Action
from processes.model.cases import Case, SupervisionEntry
from processes.rights import duties, permissions

KINDS: Final[Mapping[str, str]] = {
    "second_notice": "再次告知补正",
    "deemed_accepted": "逾期未告知，视为受理",
    "warning": "临近届满",
    "overdue": "办理超期",
    "step_overdue": "环节超期",
    "limits_over_whole": "环节期限之和超过总期限",
    "benefit_withdrawn": "容缺或承诺未兑现",
    "refused": "不予受理",
    "other": "其他",
}
WHOLE: Final = (ledger.STATUTORY, ledger.PROMISED)
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Reported:
    """One entry with its case."""

    entry: SupervisionEntry
    case: Case


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
    _tell(session, entry)


def _tell(session: Session, entry: SupervisionEntry) -> None:
    """Signals go by message to those responsible for the open tasks and to the supervisors."""
    case = session.get_one(Case, entry.case_id)
    tasks = session.scalars(select(UserTask).where(UserTask.instance_id == case.id))
    people = [user for task in tasks for user in duties.responsible(session, task)]
    supervisors = users_who_may(session, Action.VIEW_STATISTICS, case.org_code)
    notice = notices.Notice(
        kind="supervision",
        title=f"{KINDS[entry.kind]}：{case.title}",
        body=f"工作单 {case.reference}：{entry.reason}",
        case_id=case.id,
        link=f"/cases/{case.id}",
        dedupe_key=f"supervision:{entry.id}",
    )
    notices.send(session, [*people, *supervisors], notice)


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
