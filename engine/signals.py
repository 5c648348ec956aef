"""Signals: broadcast to every instance that waits, and to every start event; each exactly once.

Invariant: who waited when the signal was thrown gets it, who began to wait later does not. The
broadcast makes one job for each subscription; each job moves one instance in its own transaction,
or changes nothing if that one no longer waits. What waits in the instance that throws has caught it
in the step itself (`engine.specs.throwing`).
"""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import clock, ids, jobs, limits, priority, repository, runtime, variables
from engine.jobs import JobWork
from engine.model import EventSubscription, Job
from engine.store import execution
from engine.variables import Variables


def throw(session: Session, name: str, values: Variables) -> int:
    """Broadcast a signal from outside; returns the id of the job that will do it.

    Raises:
        VariablesInvalid: the payload may not become variables.
    """
    variables.check(values)
    made = ids.next_id()
    _queue(session, [_row(made, "signal", name, values)])
    return made


def broadcast(session: Session, work: JobWork) -> int:
    """Queue a delivery for everybody who waited when the signal was thrown; returns how many.

    Raises:
        TaskNotActive: the lease is lost.
    """
    jobs.finish(session, work)
    waiting = session.execute(
        select(
            EventSubscription.id,
            EventSubscription.instance_id,
            EventSubscription.definition_id,
            EventSubscription.activity,
            EventSubscription.suspended,
        )
        .where(
            EventSubscription.kind == "signal",
            EventSubscription.name == work.topic,
            EventSubscription.id < work.id,
        )
        .order_by(EventSubscription.id)
    ).all()
    found = [
        {
            **_row(ids.next_id(), "signal_delivery", work.topic, work.variables),
            "priority": work.priority,
            "instance_id": instance_id,
            "definition_id": definition_id,
            "activity": activity,
            "correlation_key": str(subscription_id),
            "suspended": suspended,
        }
        for subscription_id, instance_id, definition_id, activity, suspended in waiting
        if (instance_id is not None or not suspended) and instance_id != work.instance_id
    ]
    _queue(session, found)
    return len(found)


def deliver(session: Session, work: JobWork) -> None:
    """Bring a signal to one subscription, if it still waits.

    Raises:
        TaskNotActive: the lease is lost.
    """
    jobs.finish(session, work)
    subscription_id = int(work.correlation_key)
    query = select(EventSubscription.id).where(EventSubscription.id == subscription_id)
    if session.scalar(query) is None:
        return  # it went on by another way, as it might have a moment before the throw
    if not work.instance_id:
        _start(session, work)
        return
    with execution(session, work.instance_id, actor=jobs.SYSTEM) as step:
        step.step.note("signal.received", work.activity, subscription_id, name=work.topic)
        step.deliver(subscription_id, work.variables)


def _start(session: Session, work: JobWork) -> None:
    definition = repository.get(session, work.definition_id)
    runtime.start(
        session,
        definition.key,
        by=jobs.SYSTEM,
        variables=work.variables,
        business_key=f"{definition.key}-{clock.now():%Y%m%d%H%M%S}",
        start_event=work.activity,
        version=definition.version,
    )


def _row(job_id: int, kind: str, name: str, values: Variables) -> dict[str, object]:
    return {
        "id": job_id,
        "kind": kind,
        "instance_id": None,
        "definition_id": 0,
        "activity": "",
        "topic": name,
        "business_key": "",
        "correlation_key": "",
        "payload": values,
        "due_at": clock.now(),
        "fencing": 0,
        "retries": limits.RETRIES,
        "priority": priority.NORMAL,
        "suspended": False,
        "last_error": "",
        "created_at": clock.now(),
    }


def _queue(session: Session, rows: list[dict[str, object]]) -> None:
    if rows:
        session.execute(insert(Job.__table__), rows)  # type: ignore[arg-type]
