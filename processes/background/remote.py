"""Work of service tasks done by programs outside: fetched, held under a lease, answered.

Invariant: only topics the caller's token names are given out, and only the holder of the lease
(owner and fencing number) may answer; the owner is the account, never what the body says.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import clock, external_tasks, jobs, limits, priority
from engine.errors import NotFound
from engine.jobs import JobWork
from engine.model import ExternalTask, Job, ProcessInstance
from engine.variables import Variables, check
from processes.exchange import restoration
from processes.identity.identity import User

__all__ = ["JobWork", "bpmn_error", "complete", "extend", "fail", "fetch", "held"]

_MOST: Final = 20
_LONGEST: Final = timedelta(minutes=10)


def fetch(
    session: Session, topics: Sequence[str], *, by: User, limit: int, lease: timedelta
) -> list[JobWork]:
    """Claim due tasks of topics, the earliest first; none while a restore is not reconciled."""
    if restoration.held(session) is not None:
        return []
    ready = (
        select(Job.id)
        .where(
            Job.priority.in_(priority.CLASSES),  # what the index begins with
            Job.kind == "external_task",
            Job.topic.in_(topics),
            Job.due_at <= clock.now(),
            Job.suspended.is_(False),
            Job.retries > 0,
            or_(Job.lease_until.is_(None), Job.lease_until < clock.now()),
        )
        .order_by(Job.priority.desc(), Job.due_at, Job.id)
        .limit(max(1, min(limit, _MOST)))
    )
    found = session.scalars(ready).all()
    # the claim itself asks again whether each is free: of two callers, one gets it
    return jobs.acquire(session, _owner(by), only=found, lease=_term(lease)) if found else []


def held(session: Session, job_id: int, fencing: int, *, by: User) -> JobWork:
    """The task a caller holds; whether the lease stands is checked when it is answered.

    Raises:
        NotFound: there is no such task.
    """
    job = session.get(ExternalTask, job_id)
    if job is None or job.owner != _owner(by):
        raise NotFound("没有这个外部任务，或租约已失效", job=job_id)
    return _work(session, job, fencing, by)


def complete(session: Session, work: JobWork, *, variables: Variables) -> None:
    """The work is done.

    Raises:
        TaskNotActive: the lease is lost. VariablesInvalid: a result may not be a variable.
    """
    check(variables)
    external_tasks.complete(session, work, variables=variables)


def bpmn_error(
    session: Session, work: JobWork, *, code: str, message: str, variables: Variables
) -> None:
    """The work ended with a business error that the model catches."""
    check(variables)
    external_tasks.bpmn_error(session, work, code=code, message=message, variables=variables)


def fail(
    session: Session, work: JobWork, *, message: str, final: bool, after: timedelta | None
) -> None:
    """The work failed: a retry less, at last an incident."""
    jobs.require_lease(session, work)
    jobs.fail(session, work, message=message, final=final, after=after)


def extend(session: Session, work: JobWork, *, lease: timedelta) -> None:
    """Hold the task longer.

    Raises:
        TaskNotActive: the lease is lost.
    """
    jobs.require_lease(session, work)
    job = session.get_one(Job, work.id)
    job.lease_until = clock.now() + _term(lease)
    session.flush()


def _term(lease: timedelta) -> timedelta:
    return max(timedelta(seconds=5), min(lease, _LONGEST)) if lease else limits.LEASE


def _owner(by: User) -> str:
    return f"api:{by.id}"


def _work(session: Session, job: Job, fencing: int, by: User) -> JobWork:
    parts: dict[str, Any] = {
        name: getattr(job, name)
        for name in ("id", "kind", "definition_id", "activity", "topic", "correlation_key")
    }
    instance = session.get(ProcessInstance, job.instance_id)
    return JobWork(
        **parts,
        instance_id=job.instance_id or 0,
        business_key=instance.business_key if instance else job.business_key,
        variables=job.payload,
        retries=job.retries,
        owner=_owner(by),
        fencing=fencing,
        key=f"{job.kind}-{job.id}",
    )
