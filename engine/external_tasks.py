"""External tasks: the worker's answer to a service task.

Invariant: only who holds the lease (owner and fencing number) may answer; an answer moves the
instance and removes the job in one transaction.
"""

from sqlalchemy.orm import Session

from engine import jobs
from engine.execution import execution
from engine.jobs import JobWork
from engine.variables import Variables

WORKER = "system"


def complete(session: Session, work: JobWork, *, variables: Variables) -> None:
    """The work is done; its result goes through the service task's output mappings.

    Raises:
        TaskNotActive: the lease is lost, or the token has moved on.
    """
    jobs.require_lease(session, work)
    with execution(session, work.instance_id, actor=WORKER) as step:
        step.complete(work.id, variables)


def bpmn_error(
    session: Session, work: JobWork, *, code: str, message: str, variables: Variables
) -> None:
    """The work ended with a business error; without a catcher the task has an incident."""
    jobs.require_lease(session, work)
    with execution(session, work.instance_id, actor=WORKER) as step:
        step.throw(work.id, code, message, variables)
