"""Claimed tasks go back to their pool when their holder may not do them any more.

Invariant: a change of roles or of an account acts on what is already claimed, in its own
transaction; what was handed to a person by name stays with that person while the account is open.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import tasks
from engine.model import UserTask
from processes import audit, duties, identity
from processes.identity import User
from processes.model.people import UserAccount
from processes.permissions import TaskFacts


def release_lost(session: Session, account: UserAccount, *, by: User | str) -> list[int]:
    """Release what an account holds and may not do any more; returns the tasks."""
    session.flush()
    held = session.scalars(select(UserTask).where(UserTask.assignee == str(account.id))).all()
    if not held:
        return []
    holder = identity.user(session, account.id)
    facts = duties.many(session, held)
    lost = [
        task.id
        for task in held
        if account.status != "active" or not _still_candidate(holder, facts[task.id])
    ]
    actor = by if isinstance(by, str) else str(by.id)
    released = [
        one for one in lost if tasks.take_back(session, one, held_by=str(account.id), by=actor)
    ]
    for one in released:
        audit.record(session, "task.released", by=by, subject=("task", one), detail="holder")
    return released


def _still_candidate(holder: User, facts: TaskFacts) -> bool:
    named = not facts.groups or str(holder.id) in facts.users
    return named or bool(facts.groups & holder.groups)
