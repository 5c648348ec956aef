"""What the instances of a play wait for, read from the rows that the engine keeps for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import repository
from engine.definition.elements import BoundaryEvent, StartEvent
from engine.model import EventSubscription, Job, UserTask


@dataclass(frozen=True, slots=True)
class PlayWait:
    """One thing waited for; `kind` is user_task, job, timer, or that of the subscription.

    `beside` it may happen (boundary event, event sub-process), the flow does not stand there.
    `instance` is the id of the row, 0 for a start event that waits for its first instance.
    """

    id: int
    instance: int
    activity: str
    kind: str
    beside: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)


def of(session: Session) -> list[PlayWait]:
    """Everything that is waited for, in the order in which it began to be."""
    found = [*_tasks(session), *_jobs(session), *_subscriptions(session)]
    return sorted(found, key=lambda one: (one.instance, one.id))


def _tasks(session: Session) -> Iterator[PlayWait]:
    for row in session.scalars(select(UserTask).order_by(UserTask.id)):
        detail = {"assignee": row.assignee or "", "form": row.form_id, "due_at": row.due_at}
        told = {key: value for key, value in detail.items() if value}
        yield PlayWait(row.id, row.instance_id, row.activity, "user_task", detail=told)


def _jobs(session: Session) -> Iterator[PlayWait]:
    query = select(Job).where(Job.kind.in_(("timer", "external_task"))).order_by(Job.id)
    for row in session.scalars(query):
        instance = row.instance_id or 0
        beside = _beside(session, row.definition_id, row.activity) if row.kind == "timer" else False
        if row.kind == "timer":
            yield PlayWait(row.id, instance, row.activity, "timer", beside, {"due_at": row.due_at})
        else:
            detail = {"topic": row.topic, "retries": row.retries}
            yield PlayWait(row.id, instance, row.activity, "job", beside, detail)


def _subscriptions(session: Session) -> Iterator[PlayWait]:
    for row in session.scalars(select(EventSubscription).order_by(EventSubscription.id)):
        detail = {"name": row.name, "key": row.correlation_key}
        told = {key: value for key, value in detail.items() if value}
        beside = _beside(session, row.definition_id, row.activity)
        yield PlayWait(row.id, row.instance_id or 0, row.activity, row.kind, beside, told)


def _beside(session: Session, definition_id: int, activity: str) -> bool:
    element = repository.compiled(session, definition_id).elements.get(activity)
    return isinstance(element, BoundaryEvent | StartEvent)
