"""Claimed tasks go back to their pool when their holder may not do them any more.

Invariant: a change of roles or of an account acts on what is already claimed, in its own
transaction; what was handed to a person by name stays with that person while the account is open.
"""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from engine import clock, tasks
from engine.model import UserTask
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.model.people import UserAccount, UserRole
from processes.rights import duties
from processes.rights.permissions import TaskFacts

_LOOKED_BACK: Final = timedelta(days=31)
"""What ended longer ago was looked at often enough; it bounds the work of each round."""


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
        if not _is_open(account) or not _still_candidate(holder, facts[task.id])
    ]
    actor = by if isinstance(by, str) else str(by.id)
    released = [
        one for one in lost if tasks.take_back(session, one, held_by=str(account.id), by=actor)
    ]
    for one in released:
        audit.record(session, "task.released", by=by, subject=("task", one), detail="holder")
    return released


def release_ended(session: Session, today: date) -> None:
    """Release what those hold whose role or account ran out by its date."""
    lately = (today - _LOOKED_BACK, today - timedelta(days=1))
    roles = select(UserRole.user_id).where(UserRole.valid_to.between(*lately))
    holders = select(UserAccount).where(
        or_(UserAccount.id.in_(roles), UserAccount.valid_to.between(*lately)),
        select(UserTask.id).where(UserTask.assignee == cast(UserAccount.id, String)).exists(),
    )
    for account in session.scalars(holders).all():
        release_lost(session, account, by="system")


def _is_open(account: UserAccount) -> bool:
    ended = account.valid_to is not None and account.valid_to < clock.today()
    return account.status == "active" and not ended


def _still_candidate(holder: User, facts: TaskFacts) -> bool:
    named = not facts.groups or str(holder.id) in facts.users
    return named or bool(facts.groups & holder.groups)
