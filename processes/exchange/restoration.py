"""After a restore: nothing goes out until somebody has compared what the copy does not know.

Invariant: from the transaction that marks a restore to the one that says it is reconciled, no
message, question or notice leaves and no timer fires; what concerns our own records alone goes on.
Timers wait though most of them stay inside: one that fires says that an answer or a document did
not come in time, and whether it came is just what the copy does not know. Each
series of numbers was moved on before the first page is served, so that no number given between
the copy and the loss is given again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine import clock, ids
from engine.errors import BanliError
from engine.model import Job
from processes.exchange.directory import Directory
from processes.identity import audit, numbers
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.people import AuthSession
from processes.model.records import NumberSequence, Restoration
from processes.rights import permissions

MARGIN: Final = 1_000
"""More numbers than any series gives between two copies."""
GO_ON: Final = (
    "inbound_message",
    "signal",
    "signal_delivery",
    "external_task",
    "outbox_message",
)
"""Kinds of jobs done while held, those that stay inside: all but timers and notices."""
Last = Mapping[tuple[str, int], int]
"""Numbers known to be given last, by key and year of their series."""


class NotHeld(BanliError):
    """There is no restore to reconcile, or a number named with it is none."""

    code = "not_held"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a restore holds back."""

    outgoing: int
    notices: int
    timers: int


def begin(session: Session, *, copied_at: datetime, margin: int = MARGIN) -> Restoration:
    """The database was just taken back from a copy: hold it, end log-ins, move the numbers on."""
    now = clock.now()
    made = Restoration(id=ids.next_id(), copied_at=copied_at, margin=margin, restored_at=now)
    session.add(made)
    since, until = (one.astimezone(clock.SHANGHAI).date() for one in (copied_at, now))
    numbers.move_on(session, margin, since=since, until=until)
    # log-ins that were ended after the copy would be open again
    ended = update(AuthSession).where(AuthSession.revoked_at.is_(None)).values(revoked_at=now)
    session.execute(ended.execution_options(synchronize_session=False))
    audit.record(session, "installation.restored", by="system", detail=copied_at.isoformat())
    session.flush()
    return made


def held(session: Session) -> Restoration | None:
    """The restore that is not reconciled yet, if there is one."""
    return session.scalar(_HELD)


def reconcile(
    session: Session, *, by: User | str, last: Last | None = None, note: str = ""
) -> Restoration:
    """What the copy did not know was compared: let everything go on.

    Raises:
        NotHeld: there is no restore to reconcile, or a series of `last` is not there.
    """
    if not isinstance(by, str):
        permissions.require(by, Action.OPERATE_EXCHANGE)
    found = session.scalar(_HELD.with_for_update())
    if found is None:
        raise NotHeld("没有等待核对的恢复")
    for (key, year), value in (last or {}).items():
        if session.get(NumberSequence, (key, year)) is None:
            raise NotHeld(f"没有编号序列『{key}』（{year} 年）", key=key)
        numbers.advance_past(session, key, value, year=year)
    found.reconciled_at, found.note = clock.now(), note
    found.reconciled_by = by if isinstance(by, str) else str(by.id)
    audit.record(session, "installation.reconciled", by=by, detail=f"{len(last or {})} {note}")
    session.flush()
    return found


def waiting(session: Session, directory: Directory) -> Waiting:
    """How much is held back."""
    outgoing = select(func.count()).where(
        Job.kind.in_(("external_task", "outbox_message")), Job.topic.in_([*directory.by_topic])
    )
    due = select(func.count()).where(Job.due_at <= clock.now())
    return Waiting(
        outgoing=session.scalar(outgoing) or 0,
        notices=session.scalar(due.where(Job.kind == "dispatch")) or 0,
        timers=session.scalar(due.where(Job.kind == "timer")) or 0,
    )


_HELD: Final = select(Restoration).where(Restoration.reconciled_at.is_(None)).limit(1)
