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
class Wanting:
    """A ledger of which some organisations, named here, have no record of use.

    `several`: there is more than one it could be, so the names have to be told.
    """

    ledger: Definition
    names: tuple[str, ...]
    several: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A ledger with how many records are in use and out of use, and what is wanting."""

    ledger: Definition
    used: int
    retired: int
    wanting: Wanting | None


def standing(session: Session, ledgers: Iterable[str], *, by: User) -> list[Standing]:
    """How each of these ledgers stands, in their order; those the user does not keep left out."""
    return [_standing(session, one, by) for one in _kept(ledgers, by)]


def wanting(session: Session, ledgers: Iterable[str], *, by: User) -> list[Wanting]:
    """Those of these ledgers in which something is wanting, if the user keeps them."""
    found = (_wanting(session, one, by) for one in _kept(ledgers, by))
    return [one for one in found if one is not None]


def _kept(ledgers: Iterable[str], by: User) -> list[Definition]:
    return [registers.definition(one) for one in ledgers if maintenance.may_keep(one, by)]


def _standing(session: Session, ledger: Definition, by: User) -> Standing:
    query = (
        select(RegisterRecord.status, func.count())
        .where(maintenance.records(ledger, by))
        .group_by(RegisterRecord.status)
    )
    counts = dict(session.execute(query).tuples().all())
    used = counts.pop(ledger.initial, 0)
    return Standing(ledger, used, sum(counts.values()), _wanting(session, ledger, by))


def _wanting(session: Session, ledger: Definition, by: User) -> Wanting | None:
    if (need := ledger.needed) is None:
        return None
    own = maintenance.organisations_of(ledger.register, by)
    short = [one for one in own if _short(session, ledger, need, one)]
    query = select(Org.name).where(Org.org_code.in_(short)).order_by(Org.org_code)
    names = tuple(session.scalars(query)) if short else ()
    return Wanting(ledger, names, len(own) >= _SEVERAL) if names else None


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
