"""Message correlation: to the one instance that waits, to a start event, or into the buffer.

Invariant: a message counts once per channel and sender's id. Exactly one subscription for name and
key: delivered. None: a start event of that name starts an instance, else the message is kept until
its time to live. Several: an incident.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from engine import clock, ids, repository, runtime
from engine.errors import TaskNotActive
from engine.execution import execution
from engine.model import EventSubscription, InboundMessage, Incident
from engine.variables import Variables

AMBIGUOUS: Final = "correlation_ambiguous"


@dataclass(frozen=True, slots=True)
class Correlation:
    """What became of a message: delivered, started, buffered, duplicate or ambiguous."""

    kind: str
    instance_id: int | None = None


def correlate(  # noqa: PLR0913 - a message with its envelope, all by name
    session: Session,
    name: str,
    correlation_key: str,
    variables: Variables,
    *,
    message_id: str,
    channel: str,
    ttl: timedelta,
) -> Correlation:
    """Take a message in."""
    inbound_id = _enter(
        session,
        {
            "channel": channel,
            "message_id": message_id,
            "name": name,
            "correlation_key": correlation_key,
            "payload": variables,
            "expires_at": clock.now() + ttl,
        },
    )
    if inbound_id is None:
        return Correlation("duplicate")
    return redeliver(session, session.get_one(InboundMessage, inbound_id))


def redeliver(session: Session, inbound: InboundMessage) -> Correlation:
    """Find the receiver of a message that is stored."""
    waiting = session.scalars(
        select(EventSubscription).where(
            EventSubscription.kind == "message",
            EventSubscription.name == inbound.name,
            EventSubscription.correlation_key == inbound.correlation_key,
            EventSubscription.instance_id.is_not(None),
            EventSubscription.suspended.is_(False),
        )
    ).all()
    if len(waiting) > 1:
        return _ambiguous(session, inbound)
    if waiting:
        return _deliver(session, inbound, waiting[0])
    start = session.scalar(
        select(EventSubscription).where(
            EventSubscription.name == inbound.name,
            EventSubscription.instance_id.is_(None),
            EventSubscription.suspended.is_(False),
        )
    )
    if start is not None:
        return _start(session, inbound, start)
    return Correlation("buffered")


def sweep(session: Session, *, limit: int = 100) -> int:
    """Deliver buffered messages that somebody waits for by now; returns how many.

    A subscription and a message that committed at the same moment did not see each other.
    """
    found = session.scalars(
        select(InboundMessage)
        .join(
            EventSubscription,
            (EventSubscription.name == InboundMessage.name)
            & (EventSubscription.correlation_key == InboundMessage.correlation_key),
        )
        .where(
            InboundMessage.state == "buffered",
            InboundMessage.expires_at > clock.now(),
            EventSubscription.instance_id.is_not(None),
            EventSubscription.suspended.is_(False),
        )
        .limit(limit)
    ).all()
    for inbound in found:
        redeliver(session, inbound)
    return len(found)


def _enter(session: Session, values: dict[str, object]) -> int | None:
    """Insert the message unless it is there; None for a copy."""
    upsert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    inbound_id = ids.next_id()
    statement = (
        upsert(InboundMessage)
        .values(id=inbound_id, state="buffered", received_at=clock.now(), **values)
        .on_conflict_do_nothing(index_elements=["channel", "message_id"])
        .returning(InboundMessage.id)
    )
    return session.execute(statement).scalar_one_or_none()


def _deliver(session: Session, inbound: InboundMessage, awaited: EventSubscription) -> Correlation:
    instance_id, activity_id = awaited.instance_id, awaited.id
    if instance_id is None:
        raise TaskNotActive("没有等待此消息的办件")
    session.expunge(awaited)  # the store deletes its row
    _mark(session, inbound, "delivered", instance_id)
    with execution(session, instance_id, actor="system") as step:
        step.step.note(
            "message.correlated",
            awaited.activity,
            activity_id,
            name=inbound.name,
            message_id=inbound.message_id,
            channel=inbound.channel,
        )
        step.deliver(activity_id, inbound.payload)
    return Correlation("delivered", instance_id)


def _start(session: Session, inbound: InboundMessage, start: EventSubscription) -> Correlation:
    definition = repository.get(session, start.definition_id)
    instance = runtime.start(
        session,
        definition.key,
        by="system",
        variables=inbound.payload,
        business_key=inbound.correlation_key,
        start_event=start.activity,
        version=definition.version,
    )
    _mark(session, inbound, "started", instance.id)
    return Correlation("started", instance.id)


def _ambiguous(session: Session, inbound: InboundMessage) -> Correlation:
    _mark(session, inbound, "ambiguous", None)
    session.execute(
        insert(Incident).values(
            id=ids.next_id(),
            kind=AMBIGUOUS,
            activity_id=inbound.id,
            message=f"消息『{inbound.name}』（{inbound.correlation_key}）有多个办件在等待，无法确定送达哪一个",
            details={"name": inbound.name, "key": inbound.correlation_key},
            raised_at=clock.now(),
        )
    )
    return Correlation("ambiguous")


def _mark(session: Session, inbound: InboundMessage, state: str, instance_id: int | None) -> None:
    session.execute(
        update(InboundMessage)
        .where(InboundMessage.id == inbound.id)
        .values(state=state, instance_id=instance_id)
    )
