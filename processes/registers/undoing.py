"""What a case took for a step is given back when a move (退回, 跳转) takes that step back.

Invariant: only in ledgers whose `held` says `undone`, and only what an activity took that lies in
what the move took back; a straight return (直达) takes nothing back.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import HistoryEvent
from engine.record import Undone
from processes.model.records import RegisterLog
from processes.registers.holding import HoldRule
from processes.registers.ledger import Record

_PROCESS = "process:"
"""What a service task changes is logged as `process:activity`."""


class _Place(NamedTuple):
    """An activity instance: of which element, within which other one."""

    id: int
    activity: str
    within: int | None


def is_undone(
    session: Session, case_id: int, record: Record, rule: HoldRule, undone: Undone
) -> bool:
    """Whether a move took back the activity by which the case came to hold a record."""
    around = [*_around(session, case_id, _taker(session, record, rule))]
    return any(
        one.id in undone.gone or (one.within == undone.within and one.activity in undone.superseded)
        for one in around
    )


def _taker(session: Session, record: Record, rule: HoldRule) -> str:
    """The activity that took a record last; empty if it was no activity."""
    query = select(RegisterLog.actor).where(
        RegisterLog.record_id == record.id, RegisterLog.to_status == rule.source
    )
    actor = session.scalar(query.order_by(RegisterLog.id.desc()).limit(1)) or ""
    return actor.removeprefix(_PROCESS) if actor.startswith(_PROCESS) else ""


def _around(session: Session, case_id: int, activity: str) -> Iterator[_Place]:
    """The last instance of an activity and those around it, from the inside out."""
    began = HistoryEvent.instance_id == case_id, HistoryEvent.type == "activity.started"
    last = select(HistoryEvent).where(*began).order_by(HistoryEvent.sequence.desc()).limit(1)
    event = session.scalar(last.where(HistoryEvent.activity == activity))
    while event is not None:
        one = _Place(event.activity_id or 0, event.activity, _within(event.data))
        yield one
        around = last.where(HistoryEvent.activity_id == one.within)
        event = None if one.within is None else session.scalar(around)


def _within(data: Mapping[str, Any]) -> int | None:
    return int(data["within"]) if "within" in data else None
