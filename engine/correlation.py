"""Message correlation: to the one instance that waits, to a start event, or into the buffer.

Invariant: a message counts once per channel and sender's id. Exactly one subscription for name and
key, or the one that the sender chose: delivered. None: a start event of that name starts an
instance, else the message is kept until its time to live. Several: an incident. What a parallel
start event still lacks is kept likewise.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import clock, ids, inbox, repository, runtime
from engine.definition.elements import Event
from engine.definition.events import MultipleEvent, messages
from engine.errors import Conflict, TaskNotActive
from engine.model import EventSubscription, InboundMessage, Incident
from engine.store import execution
from engine.variables import Variables, check

AMBIGUOUS: Final = "correlation_ambiguous"
EXPIRED: Final = "message_expired"


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
    to: int | None = None,
) -> Correlation:
    """Take a message in; `to` is the subscription meant, where the sender chose among several.

    Raises:
        VariablesInvalid: the payload may not become variables.
    """
    check(variables)
    inbox.hold(session, name, correlation_key)
    inbound = inbox.enter(
        session,
        channel=channel,
        message_id=message_id,
        name=name,
        correlation_key=correlation_key,
        payload=variables,
        expires_at=clock.now() + ttl,
    )
    if inbound is None:
        earlier = select(InboundMessage.instance_id).where(
            InboundMessage.channel == channel, InboundMessage.message_id == message_id
        )
        return Correlation("duplicate", session.scalar(earlier))
    return redeliver(session, inbound, to=to)


def redeliver(session: Session, inbound: InboundMessage, *, to: int | None = None) -> Correlation:
    """Find the receiver of a message that is stored."""
    waiting = session.execute(
        select(
            EventSubscription.id,
            EventSubscription.instance_id,
            EventSubscription.activity,
            EventSubscription.suspended,
        )
        .where(
            EventSubscription.kind == "message",
            EventSubscription.name == inbound.name,
            EventSubscription.correlation_key == inbound.correlation_key,
            EventSubscription.instance_id.is_not(None),
            *([] if to is None else [EventSubscription.id == to]),
        )
        .limit(2)
    ).all()
    if len(waiting) > 1:
        return _ambiguous(session, inbound)
    if waiting:
        activity_id, instance_id, activity, suspended = waiting[0]
        if suspended:
            return _buffered(session, inbound)  # delivered when the instance goes on
        return _deliver(session, inbound, instance_id, (activity_id, activity))
    start = session.scalar(
        select(EventSubscription)
        .where(
            EventSubscription.kind == "message",
            EventSubscription.name == inbound.name,
            EventSubscription.instance_id.is_(None),
            EventSubscription.suspended.is_(False),
        )
        .order_by(EventSubscription.id)
        .limit(1)
    )
    if start is None:
        return _buffered(session, inbound)
    together = _together(session, inbound, start)
    return _buffered(session, inbound) if together is None else _start(session, together, start)


def expire(session: Session, *, limit: int = 100) -> int:
    """End the wait of messages whose time to live is over, with an incident; returns how many."""
    over = session.scalars(
        select(InboundMessage)
        .where(InboundMessage.state == "buffered", InboundMessage.expires_at <= clock.now())
        .order_by(InboundMessage.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for inbound in over:
        inbox.mark(session, inbound.id, "expired")
        text = f"消息『{inbound.name}』（{inbound.correlation_key}）在保留期内没有办件接收"
        _incident(session, inbound, EXPIRED, text)
    return len(over)


def _buffered(session: Session, inbound: InboundMessage) -> Correlation:
    inbox.mark(session, inbound.id, "buffered")
    return Correlation("buffered")


def _deliver(
    session: Session, inbound: InboundMessage, instance_id: int, awaited: tuple[int, str]
) -> Correlation:
    activity_id, activity = awaited
    inbox.mark(session, inbound.id, "delivered", instance_id)
    with _still_waiting(), execution(session, instance_id, actor="system") as step:
        step.step.note(
            "message.correlated",
            activity,
            activity_id,
            name=inbound.name,
            message_id=inbound.message_id,
            channel=inbound.channel,
        )
        step.deliver(activity_id, inbound.payload)
    return Correlation("delivered", instance_id)


@contextmanager
def _still_waiting() -> Iterator[None]:
    """Whoever stopped waiting since we looked: look again, the message may go elsewhere."""
    try:
        yield
    except TaskNotActive as error:
        raise Conflict("等待此消息的办件刚刚有变化，请重试") from error


def _together(
    session: Session, inbound: InboundMessage, start: EventSubscription
) -> list[InboundMessage] | None:
    """The messages that start an instance, this one last; None while one that is needed lacks.

    A parallel multiple start event needs one message of each name, all with the same key.
    """
    element = repository.compiled(session, start.definition_id).elements[start.activity]
    definition = element.definition if isinstance(element, Event) else None
    if not isinstance(definition, MultipleEvent) or not definition.parallel:
        return [inbound]
    found: list[InboundMessage] = []
    for name in sorted({one.name for one in messages(definition)} - {inbound.name}):
        inbox.hold(session, name, inbound.correlation_key)
        query = select(InboundMessage).where(
            InboundMessage.state == "buffered",
            InboundMessage.name == name,
            InboundMessage.correlation_key == inbound.correlation_key,
            InboundMessage.expires_at > clock.now(),
        )
        earlier = session.scalar(query.order_by(InboundMessage.id).limit(1))
        if earlier is None:
            return None
        found.append(earlier)
    return [*sorted(found, key=lambda one: one.id), inbound]


def _start(
    session: Session, together: list[InboundMessage], start: EventSubscription
) -> Correlation:
    definition = repository.get(session, start.definition_id)
    values: Variables = {}
    for inbound in together:
        values.update(inbound.payload)
    instance = runtime.start(
        session,
        definition.key,
        by="system",
        variables=values,
        business_key=together[-1].correlation_key,
        start_event=start.activity,
        version=definition.version,
    )
    for inbound in together:
        inbox.mark(session, inbound.id, "started", instance.id)
    return Correlation("started", instance.id)


def _ambiguous(session: Session, inbound: InboundMessage) -> Correlation:
    inbox.mark(session, inbound.id, "ambiguous")
    _incident(
        session,
        inbound,
        AMBIGUOUS,
        f"消息『{inbound.name}』（{inbound.correlation_key}）有多个办件在等待，无法确定送达哪一个",
    )
    return Correlation("ambiguous")


def _incident(session: Session, inbound: InboundMessage, kind: str, message: str) -> None:
    session.execute(
        insert(Incident).values(
            id=ids.next_id(),
            kind=kind,
            activity_id=inbound.id,
            message=message,
            details={"name": inbound.name, "key": inbound.correlation_key},
            raised_at=clock.now(),
        )
    )


def retry(session: Session, inbound_id: int) -> Correlation:
    """Try a message once more that could not be delivered.

    Raises:
        TaskNotActive: it has been delivered meanwhile.
    """
    inbound = session.get_one(InboundMessage, inbound_id)
    inbox.hold(session, inbound.name, inbound.correlation_key)
    session.refresh(inbound)
    if inbound.state in ("delivered", "started"):
        raise TaskNotActive("该消息已经送达", inbound=inbound_id)
    if inbound.state == "expired":
        inbound.expires_at = clock.now() + (inbound.expires_at - inbound.received_at)
    return redeliver(session, inbound)
