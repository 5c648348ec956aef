"""For whom a person acts today: the rights that come with a substitution (代理).

Invariant: rights pass on once: an agent gets what the principal may do in person, never what the
principal does for somebody else. They end by themselves with their last day, with a revocation,
and with the principal's own roles.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, Date, bindparam, or_, select
from sqlalchemy.orm import Session

from engine import clock
from processes.model.agents import Substitution
from processes.model.people import Org, UserAccount, UserRole

USER_PREFIX = "user:"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody for whom a user may act; `groups` are `role@org` of today.

    `processes`: of these cases alone, empty for all; `amount_limit`: in fen, None for any amount.
    """

    id: int
    name: str
    person_key: str
    groups: frozenset[str]
    substitution: int
    processes: frozenset[str] = frozenset()
    amount_limit: int | None = None

    def covers(self, process_key: str, amount: int | None) -> bool:
        """Whether the substitution is for such a case; of an unknown amount only without limit."""
        if self.processes and process_key not in self.processes:
            return False
        return self.amount_limit is None or (amount is not None and amount <= self.amount_limit)

    @property
    def candidates(self) -> list[str]:
        """The names under which the principal may be the candidate of a task."""
        return [*sorted(self.groups), f"{USER_PREFIX}{self.id}"]


def holding(today: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """Roles that are held on a day."""
    return (
        or_(UserRole.valid_from.is_(None), UserRole.valid_from <= today),
        or_(UserRole.valid_to.is_(None), UserRole.valid_to >= today),
    )


def active(today: date | BindParameter[date] | None = None) -> ColumnElement[bool]:
    """Substitutions in force today."""
    today = clock.today() if today is None else today
    return (
        (Substitution.starts_on <= today)
        & (Substitution.ends_on >= today)
        & Substitution.revoked_at.is_(None)
    )


_TODAY: Final = bindparam("today", type_=Date)
_OF: Final = (
    select(Substitution, UserAccount)
    .join(UserAccount, UserAccount.id == Substitution.principal)
    .where(
        Substitution.agent == bindparam("agent"),
        active(_TODAY),
        UserAccount.status == "active",
        or_(UserAccount.valid_to.is_(None), UserAccount.valid_to >= _TODAY),
    )
    .order_by(Substitution.id)
)


def of(session: Session, user_id: int) -> tuple[Principal, ...]:
    """For whom somebody acts today; nobody whose account is closed."""
    given = {"agent": user_id, "today": clock.today()}
    found = list(session.execute(_OF, given).tuples())
    groups = _groups(session, {account.id for _one, account in found}) if found else {}
    return tuple(
        Principal(
            account.id,
            account.name,
            account.person_key,
            frozenset(groups.get(account.id, ())),
            one.id,
            frozenset(one.processes.split()),
            one.amount_limit,
        )
        for one, account in found
    )


def in_force(session: Session, principal: Principal) -> bool:
    """Whether a substitution is still in force; asked again by the step that rests on it."""
    query = select(Substitution.id).where(Substitution.id == principal.substitution, active())
    return session.scalar(query) is not None


def absent(session: Session, users: Collection[int]) -> frozenset[int]:
    """Who of these has somebody act for them today."""
    query = select(Substitution.principal).where(Substitution.principal.in_(users), active())
    return frozenset(session.scalars(query))


def _groups(session: Session, users: Collection[int]) -> dict[int, set[str]]:
    rows = session.execute(
        select(UserRole.user_id, UserRole.role, UserRole.org_code)
        .join(Org, Org.org_code == UserRole.org_code)
        .where(UserRole.user_id.in_(users), Org.status == "active", *holding(clock.today()))
    ).tuples()
    found: dict[int, set[str]] = {}
    for user_id, role, org in rows:
        found.setdefault(user_id, set()).add(f"{role}@{org}")
    return found
