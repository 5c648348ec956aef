"""What works in the background: jobs, topics, who is at them; where the cases of a version stand.

Invariant: an operator sees the jobs of the cases he looks after; topics and workers are counted
without saying whose they are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.model import EventSubscription, Job, ProcessInstance, UserTask
from processes.casework import monitor
from processes.identity.identity import User
from processes.model.cases import Case


def jobs(
    session: Session, *, by: User, kind: str = "", limit: int
) -> Sequence[tuple[Job, str | None]]:
    """Jobs with the reference of their case, those due first."""
    query = select(Job, Case.reference).outerjoin(Case, Case.id == Job.instance_id)
    query = query.where(monitor.looked_after(Job.instance_id, by=by))
    if kind:
        query = query.where(Job.kind == kind)
    return session.execute(query.order_by(Job.due_at, Job.id).limit(limit)).tuples().all()


def kinds(session: Session, *, by: User) -> Mapping[str, int]:
    """How many jobs of each kind there are."""
    counted = (
        select(Job.kind, func.count())
        .where(monitor.looked_after(Job.instance_id, by=by))
        .group_by(Job.kind)
    )
    return dict(session.execute(counted).tuples().all())


def topics(session: Session) -> list[dict[str, object]]:
    """How each topic of external tasks and outgoing messages stands."""
    late = func.count().filter(Job.due_at < clock.now())
    failing = func.count().filter(Job.last_error != "")
    stuck = func.count().filter(Job.retries <= 0)
    query = (
        select(Job.kind, Job.topic, func.count(), late, failing, stuck)
        .where(Job.kind != "timer")
        .group_by(Job.kind, Job.topic)
        .order_by(Job.kind, Job.topic)
    )
    names = ("kind", "topic", "waiting", "late", "failing", "stuck")
    return [dict(zip(names, row, strict=True)) for row in session.execute(query)]


def workers(session: Session) -> list[tuple[str, int]]:
    """Who holds jobs at this moment, and how many."""
    query = select(Job.owner, func.count()).where(
        Job.owner.is_not(None), Job.lease_until > clock.now()
    )
    return [(str(owner), n) for owner, n in session.execute(query.group_by(Job.owner))]


def standing(session: Session, definition_id: int) -> Mapping[str, int]:
    """How many running cases of a version stand at each activity."""
    found: Counter[str] = Counter()
    for model in (UserTask, EventSubscription, Job):
        query = (
            select(model.activity, func.count(func.distinct(model.instance_id)))
            .join(ProcessInstance, ProcessInstance.id == model.instance_id)
            .where(
                ProcessInstance.definition_id == definition_id, model.definition_id == definition_id
            )
            .group_by(model.activity)
        )
        found.update(dict(session.execute(query).tuples().all()))
    return found
