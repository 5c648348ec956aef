"""Who a task is for, by name: its holder, or those of its candidates who may take it.

Invariant: nobody is named whom duties keep from the task, nor anybody whose account is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model import UserTask
from processes.identity import identity, organisations
from processes.identity.identity import User
from processes.identity.roles import ROLES
from processes.rights import duties, permissions
from processes.rights.permissions import TaskFacts

_LOADED: Final = 100
MOST: Final = 12
"""So many people are named; of more the number is told."""


@dataclass(frozen=True, slots=True)
class Performers:
    """`people` by name, `more` others; `offices` are the candidate groups in words."""

    people: tuple[str, ...] = ()
    more: int = 0
    offices: tuple[str, ...] = ()
    held: bool = False
    """Whether it is in somebody's hands already."""


def of_task(session: Session, task: UserTask) -> Performers:
    """Who may do an open task."""
    return of_facts(session, duties.facts(session, task))


def of_facts(session: Session, facts: TaskFacts) -> Performers:
    """The same from the facts of a task."""
    if facts.assignee:
        return Performers((_name(session, facts.assignee),), held=True)
    return named(session, able(session, facts), facts)


def able(session: Session, facts: TaskFacts, *, besides: int | None = None) -> list[User]:
    """The candidates of a task, held or not, whom duties do not keep from it."""
    people = _candidates(session, facts)
    return [one for one in people if one.id != besides and permissions.may_claim(one, facts)]


def named(session: Session, people: Sequence[User], facts: TaskFacts) -> Performers:
    """People by name, so many as are told, with the offices of the task."""
    names = tuple(dict.fromkeys(one.name for one in people))
    offices = tuple(office(session, group) for group in sorted(facts.groups))
    return Performers(names[:MOST], max(0, len(names) - MOST), offices)


def office(session: Session, group: str) -> str:
    """A candidate group in words: the agency and the role."""
    role, _at, org = group.partition("@")
    title = ROLES[role].name if role in ROLES else role
    try:
        return f"{organisations.get(session, org).name}{title}" if org else title
    except NotFound:
        return title


def _candidates(session: Session, facts: TaskFacts) -> Sequence[User]:
    wanted = {int(one) for one in facts.users if one.isascii() and one.isdigit()}
    wanted |= set(identity.users_in_groups(session, facts.groups))
    return [identity.user(session, one) for one in sorted(wanted)[:_LOADED]]


def _name(session: Session, account: str) -> str:
    if account.isascii() and account.isdigit():
        try:
            return identity.user(session, int(account)).name
        except NotFound:
            return account
    return account
