"""External tasks: the worker's answer to a service task.

Invariant: only who holds the lease (owner and fencing number) may answer; an answer moves the
instance and removes the job in one transaction.
"""

from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy.orm import Session

from engine import jobs, limits, store
from engine.errors import WorkRefused
from engine.execution import Execution
from engine.jobs import JobWork
from engine.store import execution
from engine.variables import Variables
from engine.waiting import ExternalTaskWait

NOT_ENABLED: Final = "not_enabled"
"""The code of the error that nobody is there to do a topic."""


class Successor(Protocol):
    """Does the tasks that come after one that was answered, in the same transaction."""

    def takes(self, topic: str) -> bool:
        """Whether it does the work of a topic."""
        ...

    def joins(self, topic: str) -> bool:
        """Whether the work asks for nothing that the step before it writes into rows."""
        ...

    def do(self, session: Session, wait: ExternalTaskWait, definition_id: int) -> Variables:
        """Do it; any exception undoes the whole transaction."""
        ...


def complete(
    session: Session, work: JobWork, *, variables: Variables, successor: Successor | None = None
) -> None:
    """The work is done; its result goes through the service task's output mappings.

    A `successor` goes on with the tasks that come next, at most `limits.SUCCESSORS` of them; what
    it leaves becomes jobs like any other. Nobody else ever sees those it does.

    Raises:
        TaskNotActive: the lease is lost, or the token has moved on.
        VariablesInvalid: the result may not become variables.
    """
    jobs.require_lease(session, work)
    with execution(session, work.instance_id, actor=jobs.SYSTEM) as step:
        chain = _Chain(session, successor, frozenset(step.stored))
        store.guard_job(step, work.id, work.fencing)
        step.complete(work.id, variables)
        chain.join(step)
    while (wait := chain.next(step)) is not None:
        result = chain.do(step, wait)
        with execution(session, work.instance_id, actor=jobs.SYSTEM) as step:
            step.complete(wait.id, result)
            chain.join(step)


class _Chain:
    """Goes from task to task in one transaction; those that waited before it are not its own."""

    def __init__(
        self, session: Session, successor: Successor | None, before: frozenset[int]
    ) -> None:
        self._session = session
        self._successor = successor
        self._before = before
        self._left = limits.SUCCESSORS

    def join(self, step: Execution) -> None:
        """Do what may be done before the step is stored."""
        if self._successor is None:
            return
        step.advance()
        while (wait := self.next(step)) is not None and self._successor.joins(wait.topic):
            step.complete(wait.id, self.do(step, wait))
            step.advance()

    def next(self, step: Execution) -> ExternalTaskWait | None:
        """The task to do now, if there is one."""
        if self._successor is None or not self._left:
            return None
        for wait in step.waits.values():
            if isinstance(wait, ExternalTaskWait) and wait.id not in self._before:
                return wait if self._successor.takes(wait.topic) else None
        return None

    def do(self, step: Execution, wait: ExternalTaskWait) -> Variables:
        """Its result; the next save takes away the job, if one was made."""
        assert self._successor is not None  # noqa: S101 - `next` found a task for it
        self._left -= 1
        return self._successor.do(self._session, wait, step.definition_at(wait.id))


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
