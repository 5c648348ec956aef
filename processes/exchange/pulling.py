"""Pull: a department that cannot be called fetches its messages and confirms them.

Invariant: what was fetched is held under a lease and given out again unless it is confirmed; a
confirmation that comes late or twice changes nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters._shared.exchange import envelope
from engine import clock, jobs, priority
from engine.errors import TaskNotActive
from engine.jobs import JobWork
from engine.model import Job
from engine.ports import Message
from processes.exchange import restoration
from processes.exchange.directory import Interface
from processes.exchange.journal import Attempt

MOST: Final = 50
LEASE: Final = timedelta(minutes=5)


def fetch(
    session: Session, interface: Interface, *, limit: int, way: str = "pull"
) -> list[JobWork]:
    """Claim the messages for a department that are due, the earliest first.

    While a restore is not reconciled nothing is given out; what goes out in packages alone is
    given to `file`.
    """
    if restoration.held(session) is not None:
        return []
    topics = interface.topics if way == "file" else interface.topics - interface.packed.keys()
    ready = (
        select(Job.id)
        .where(
            Job.priority.in_(priority.CLASSES),  # what the index begins with
            Job.kind == "outbox_message",
            Job.topic.in_(topics),
            Job.due_at <= clock.now(),
            Job.retries > 0,
        )
        .order_by(Job.id)
        .limit(max(1, min(limit, MOST)))
    )
    found = session.scalars(ready).all()
    if not found:
        return []
    channels = dict.fromkeys(topics, interface.name)
    return jobs.acquire(
        session, _owner(interface, way), limit=limit, only=found, channels=channels, lease=LEASE
    )


def confirm(
    session: Session, interface: Interface, ids: Sequence[str], *, way: str = "pull"
) -> list[str]:
    """The department has these messages; returns the ids that were still to be confirmed."""
    done = []
    for one in ids:
        work = _held(session, interface, one, way)
        if work is None:
            continue
        try:
            jobs.finish(session, work)
        except TaskNotActive:
            continue
        Attempt(interface.name, work, way=way).ended(session, "sent", content=work.variables)
        done.append(one)
    return done


def enveloped(work: JobWork) -> dict[str, Any]:
    """A message as it goes over the wire."""
    sent = Message(work.key, work.topic, work.correlation_key, work.variables, sent_at=clock.now())
    return {**envelope(sent)}


def _owner(interface: Interface, way: str) -> str:
    return f"{way}:{interface.name}"[:64]


def _held(session: Session, interface: Interface, key: str, way: str) -> JobWork | None:
    number = key.removeprefix("outbox_message-")
    if not (number.isascii() and number.isdigit() and len(number) < 20):
        return None
    job = session.get(Job, int(number))
    if job is None or job.owner != _owner(interface, way) or job.topic not in interface.topics:
        return None
    return JobWork(
        id=job.id,
        kind=job.kind,
        instance_id=job.instance_id or 0,
        definition_id=job.definition_id,
        activity=job.activity,
        topic=job.topic,
        business_key=job.business_key,
        correlation_key=job.correlation_key,
        variables=job.payload,
        retries=job.retries,
        owner=str(job.owner),
        fencing=job.fencing,
        key=key,
    )
