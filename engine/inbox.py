"""Messages that came in and wait: entered once, queued for delivery when somebody waits for them.

Invariant: who looks for a subscription and who makes one hold the same lock, so that a message and
its subscription never miss each other; a copy (same channel, same id) changes nothing.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from engine import clock, connection, driver, ids, limits, priority
from engine.model import EventSubscription, InboundMessage, Job


def hold(session: Session, name: str, key: str) -> None:
    """Wait for everybody who is about to await, or to send, the same."""
    connection.begin_write(session)
    locking = driver.of(session)
    locking.write(locking.lock(name, key))


def enter(session: Session, **values: Any) -> InboundMessage | None:
    """Keep a message unless it is there; None for a copy."""
    upsert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = (
        upsert(InboundMessage)
        .values(id=ids.next_id(), state="buffered", received_at=clock.now(), **values)
        .on_conflict_do_nothing(index_elements=["channel", "message_id"])
        .returning(InboundMessage.id)
    )
    entered = session.execute(statement).scalar_one_or_none()
    return None if entered is None else session.get_one(InboundMessage, entered)


def mark(session: Session, inbound_id: int, state: str, instance_id: int | None = None) -> None:
    """Say what became of a message."""
    session.execute(
        update(InboundMessage)
        .where(InboundMessage.id == inbound_id)
        .values(state=state, instance_id=instance_id)
    )


def queue(session: Session, awaited: EventSubscription) -> int:
    """Queue the messages that somebody waits for by now; returns how many.

    A job delivers each of them, in a step of its own.
    """
    hold(session, awaited.name, awaited.correlation_key)
    now = clock.now()
    found = session.scalars(
        select(InboundMessage.id)
        .where(
            InboundMessage.state == "buffered",
            InboundMessage.name == awaited.name,
            InboundMessage.correlation_key == awaited.correlation_key,
            InboundMessage.expires_at > now,
        )
        .order_by(InboundMessage.id)
    ).all()
    for inbound_id in found:
        session.execute(insert(Job.__table__).values(**_delivery(awaited, inbound_id, now)))  # type: ignore[arg-type]
        mark(session, inbound_id, "delivering")
    return len(found)


def _delivery(awaited: EventSubscription, inbound_id: int, now: datetime) -> dict[str, Any]:
    return {
        "id": inbound_id,
        "kind": "inbound_message",
        "instance_id": awaited.instance_id,
        "definition_id": awaited.definition_id,
        "activity": awaited.activity,
        "topic": "",
        "business_key": "",
        "correlation_key": "",
        "payload": {},
        "due_at": now,
        "fencing": 0,
        "retries": limits.RETRIES,
        "priority": priority.NORMAL,
        "suspended": False,
        "last_error": "",
        "created_at": now,
    }
