"""External tasks: the worker's answer to a service task.

Invariant: only who holds the lease (owner and fencing number) may answer; an answer moves the
instance and removes the job in one transaction.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from engine import jobs, limits, store
from engine.errors import WorkRefused
from engine.jobs import JobWork
from engine.store import execution
from engine.variables import Variables

NOT_ENABLED: Final = "not_enabled"
"""The code of the error that nobody is there to do a topic."""


def complete(session: Session, work: JobWork, *, variables: Variables) -> None:
    """The work is done; its result goes through the service task's output mappings.

    Raises:
        TaskNotActive: the lease is lost, or the token has moved on.
        VariablesInvalid: the result may not become variables.
    """
    jobs.require_lease(session, work)
    with execution(session, work.instance_id, actor=jobs.SYSTEM) as step:
        store.guard_job(step, work.id, work.fencing)
        step.complete(work.id, variables)


def bpmn_error(
    session: Session, work: JobWork, *, code: str, message: str, variables: Variables
) -> None:
    """The work ended with a business error; without a catcher the task has an incident.

    Raises:
        TaskNotActive: the lease is lost, or the token has moved on.
    """
    jobs.require_lease(session, work)
    with execution(session, work.instance_id, actor=jobs.SYSTEM) as step:
        store.guard_job(step, work.id, work.fencing)
        step.throw(work.id, code, message, variables)


def refused(
    session: Session, work: JobWork, *, code: str, message: str, variables: Variables
) -> None:
    """The work cannot be done, whoever tries: an error event for the code, or any, goes on.

    Raises:
        TaskNotActive: the lease is lost, or the token has moved on.
        WorkRefused: the model has no such event; nothing was changed.
    """
    jobs.require_lease(session, work)
    with execution(session, work.instance_id, actor=jobs.SYSTEM) as step:
        store.guard_job(step, work.id, work.fencing)
        if not step.catches(work.id, code, variables):
            raise WorkRefused(message)


def fail(
    session: Session,
    work: JobWork,
    *,
    message: str,
    final: bool = False,
    after: timedelta | None = None,
) -> None:
    """The work failed for now: a retry less, at last an incident.

    Raises:
        TaskNotActive: the lease is lost.
    """
    jobs.require_lease(session, work)
    jobs.fail(session, work, message=message, final=final, after=after)


def extend(session: Session, work: JobWork, *, lease: timedelta = limits.LEASE) -> None:
    """Hold the task longer.

    Raises:
        TaskNotActive: the lease is lost.
    """
    jobs.extend(session, work, lease=lease)
