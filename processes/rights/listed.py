"""Whose tasks and questions are whose, as conditions of a query.

Invariant: says in SQL what `permissions.standing` says of one task; lists begin at `reach`.
"""

from sqlalchemy import ColumnElement, and_, false, or_, select

from engine.model import UserTask, UserTaskCandidate
from processes.identity.identity import User
from processes.identity.principals import USER_PREFIX, Principal
from processes.model.cases import Case
from processes.model.circulation import Inquiry


def tasks(user: User) -> ColumnElement[bool]:
    """Tasks that a user holds or may take, in person or as somebody's agent."""
    own = or_(UserTask.assignee == str(user.id), _pool(candidates(user)))
    return or_(own, as_agent(user)) if user.acts_for else own


def candidates(user: User) -> list[str]:
    """The names under which a user may be the candidate of a task."""
    return [*sorted(user.groups), f"{USER_PREFIX}{user.id}"]


def as_agent(user: User) -> ColumnElement[bool]:
    """Tasks that a user may do for those whose agent he is today."""
    return or_(false(), *(_of(one) for one in user.acts_for))


def covered(principal: Principal) -> list[ColumnElement[bool]]:
    """What narrows the tasks that an agent may do to those of the cases agreed on."""
    found: list[ColumnElement[bool]] = []
    if principal.processes:
        found.append(Case.process_key.in_(sorted(principal.processes)))
    if principal.amount_limit is not None:
        found.append(Case.amount <= principal.amount_limit)
    return [UserTask.instance_id.in_(select(Case.id).where(*found))] if found else []


def _of(principal: Principal) -> ColumnElement[bool]:
    held = or_(UserTask.assignee == str(principal.id), _pool(principal.candidates))
    return and_(held, *covered(principal))


def _pool(names: list[str]) -> ColumnElement[bool]:
    pool = select(UserTaskCandidate.task_id).where(UserTaskCandidate.candidate.in_(names))
    return and_(UserTask.assignee.is_(None), UserTask.id.in_(pool))


def open_question() -> ColumnElement[bool]:
    """Questions to colleagues that are not answered, not taken back, and whose task is there."""
    there = select(UserTask.id).where(UserTask.id == Inquiry.task_id).exists()
    return and_(Inquiry.answered_at.is_(None), Inquiry.withdrawn_at.is_(None), there)
