"""How the ledgers stand that somebody keeps by hand, and what an organisation cannot do without.

Invariant: what is counted is of the organisations in which the user keeps the ledger, with those
below them; what is wanting is said of the former only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from engine import clock
from processes import registers
from processes.identity import authority
from processes.identity.identity import User
from processes.ledgers import maintenance
from processes.model.people import Org
from processes.model.records import RegisterRecord
from processes.registers.definition import Definition, NeedRule

_SEVERAL: Final = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """A ledger with how many records are in use and out of use.

    `wanting` are the names of the organisations that have none of use; `several`: there is more
    than one it could be, so the names have to be told.
    """

    ledger: Definition
    used: int
    retired: int
    wanting: tuple[str, ...] = ()
    several: bool = False


def standing(session: Session, ledgers: Iterable[str], *, by: User) -> list[Standing]:
    """How each of these ledgers stands, in their order; those the user does not keep left out."""
    return [
        _standing(session, registers.definition(one), by)
        for one in ledgers
        if maintenance.may_keep(one, by)
    ]


def _standing(session: Session, ledger: Definition, by: User) -> Standing:
    query = (
        select(RegisterRecord.status, func.count())
        .where(maintenance.records(ledger, by))
        .group_by(RegisterRecord.status)
    )
    counts = dict(session.execute(query).tuples().all())
    used = counts.pop(ledger.initial, 0)
    own = maintenance.organisations_of(ledger.register, by)
    wanting = _wanting(session, ledger, own) if ledger.needed else ()
    return Standing(ledger, used, sum(counts.values()), wanting, len(own) >= _SEVERAL)


def _wanting(session: Session, ledger: Definition, orgs: Iterable[str]) -> tuple[str, ...]:
    need = ledger.needed
    if need is None:
        return ()
    short = [one for one in orgs if _short(session, ledger, need, one)]
    query = select(Org.name).where(Org.org_code.in_(short)).order_by(Org.org_code)
    return tuple(session.scalars(query))


def _short(session: Session, ledger: Definition, need: NeedRule, org: str) -> bool:
    """Whether an organisation needs a record and has none of use."""
    if need.business and not authority.has_grant(session, org, need.business):
        return False
    mine = and_(
        RegisterRecord.register == ledger.register,
        RegisterRecord.org_code == org,
        RegisterRecord.status == ledger.initial,
    )
    rows = session.scalars(select(RegisterRecord).where(mine))
    today = clock.today().isoformat()
    return not any(not need.until or str(one.data.get(need.until, "")) >= today for one in rows)
