"""Local operations that follow one another in a case are done in one transaction, not in many.

Invariant: what fails after the first is undone with it, and done again one by one, so that a
failure costs the retries of its own task and leaves what came before it done.
"""

from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from engine.jobs import JobWork
from engine.variables import Variables
from engine.waiting import ExternalTaskWait
from processes.operations import Call, all_operations

Act = Callable[[Session, "Succession | None"], None]


class Succession:
    """Does the local operations after the task of a job (`engine.external_tasks.Successor`)."""

    def __init__(self, work: JobWork, leave: Collection[str]) -> None:
        """`leave` are the topics that programs outside fetch."""
        self.begun = False
        self._work = work
        self._leave = leave

    def takes(self, topic: str) -> bool:
        """Every local operation."""
        return topic in all_operations() and topic not in self._leave

    def joins(self, topic: str) -> bool:
        """Those that say so of themselves."""
        return all_operations()[topic].joins

    def do(self, session: Session, wait: ExternalTaskWait, definition_id: int) -> Variables:
        """The operation, under the key that the job would have."""
        self.begun = True
        call = Call(
            key=f"{self._work.kind}-{wait.id}",
            instance_id=self._work.instance_id,
            definition_id=definition_id,
            business_key=self._work.business_key,
            activity=wait.activity,
            variables=wait.variables,
        )
        return all_operations()[wait.topic].run(session, call)


def carry_out(
    transact: Callable[..., object], act: Act, work: JobWork, leave: Collection[str]
) -> None:
    """Answer a task and go on; by itself where one before killed its worker, or after a failure."""
    if not work.crashes:
        following = Succession(work, leave)

        def begin(session: Session) -> None:
            following.begun = False
            act(session, following)

        try:
            transact(begin)
        except Exception:
            if not following.begun:
                raise
        else:
            return
    transact(lambda session: act(session, None))
