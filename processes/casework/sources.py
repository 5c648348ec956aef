"""The lists that forms choose from, and what is known of files: from the database, for one user.

Invariant: a source offers only what exists now; forms refuse any other value. Sources: `orgs`,
`licence_agencies`, `training_agencies` (with that grant), `area_agencies`, `grantees` (agencies
but the user's own, as none grants to itself), `units`, `own_units`,
`orgs_<kind>`, `orgs_with_<role>` (somebody holds it there today), `services` (that the user may
start), and those that the domains take from ledgers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from engine import clock
from forms.lookups import Lookups, Option
from processes.casework.register_sources import LedgerSource
from processes.deployed.offers import ServiceSource
from processes.domains import domains
from processes.identity import organisations, principals
from processes.identity.identity import User
from processes.identity.roles import ROLES, UNIT_ROLES
from processes.model.people import AuthorityGrant, Org, UserAccount, UserRole

Narrow = Callable[[Select[tuple[Org]]], Select[tuple[Org]]]


@dataclass(frozen=True, slots=True)
class OrgSource:
    """Active organisations, narrowed by a rule; `as_filed` calls any of them by its name."""

    session: Session
    narrow: Narrow
    as_filed: bool = False

    def find(self, value: str, _context: Mapping[str, Any]) -> Option | None:
        query = select(Org) if self.as_filed else self._query()
        found = self.session.scalar(query.where(Org.org_code == value))
        return Option(found.org_code, found.name) if found else None

    def search(
        self, text: str, _context: Mapping[str, Any], *, limit: int = 50
    ) -> Sequence[Option]:
        query = self._query().order_by(Org.path).limit(min(limit, 200))
        if text:
            like = Org.name.contains(text, autoescape=True)
            query = query.where(or_(like, Org.org_code.startswith(text, autoescape=True)))
        return [Option(org.org_code, org.name) for org in self.session.scalars(query)]

    def _query(self) -> Select[tuple[Org]]:
        return self.narrow(select(Org).where(Org.status == "active"))


def lookups(session: Session, by: User | None, *, as_filed: bool = False) -> Lookups:
    """What the forms of one request may look up.

    `as_filed`: what was chosen in a case that the reader may see is called by its name, whoever
    reads and whatever has become of the record; nothing is offered by it.
    """
    orgs = partial(OrgSource, session, as_filed=as_filed)
    own = [org for role, org in by.roles if role in UNIT_ROLES] if by else []
    ledgers = {
        name: LedgerSource(session, told, by, as_filed)
        for name, told in domains.current().sources.items()
    }
    kinds = {f"orgs_{kind}": orgs(_of_kind(kind)) for kind in domains.current().org_kinds}
    holding = {f"orgs_with_{role}": orgs(_with_role(role)) for role in ROLES}
    return Lookups(
        sources={
            **ledgers,
            **kinds,
            **holding,
            "services": ServiceSource(session, by),
            "orgs": orgs(lambda query: query),
            "licence_agencies": orgs(_granted("licence_issue")),
            "training_agencies": orgs(_granted("training")),
            "units": orgs(_units),
            "area_agencies": orgs(_agencies_of(by)),
            "grantees": orgs(_grantees(None if as_filed else by)),
            "own_units": orgs(lambda query: query.where(Org.org_code.in_(own))),
        }
    )


def _units(query: Select[tuple[Org]]) -> Select[tuple[Org]]:
    kinds = [code for code, kind in domains.current().org_kinds.items() if kind.unit]
    return query.where(Org.kind.in_(kinds))


def _agencies_of(by: User | None) -> Narrow:
    """The agencies of the user's area: the own organisations and those below them."""
    kinds = [code for code, kind in domains.current().org_kinds.items() if kind.agency]
    paths = sorted({path for _org, path in by.paths if path}) if by else []
    return lambda query: query.where(Org.kind.in_(kinds), organisations.below(paths))


def _grantees(by: User | None) -> Narrow:
    kinds = [code for code, kind in domains.current().org_kinds.items() if kind.agency]
    own = [org for org, _path in by.paths] if by else []
    return lambda query: query.where(Org.kind.in_(kinds), Org.org_code.not_in(own))


def _of_kind(kind: str) -> Narrow:
    return lambda query: query.where(Org.kind == kind)


def _with_role(role: str) -> Narrow:
    def narrow(query: Select[tuple[Org]]) -> Select[tuple[Org]]:
        holders = (
            select(UserRole.org_code)
            .join(UserAccount, UserAccount.id == UserRole.user_id)
            .where(
                UserRole.role == role,
                UserAccount.status == "active",
                *principals.holding(clock.today()),
            )
        )
        return query.where(Org.org_code.in_(holders))

    return narrow


def _granted(business: str) -> Narrow:
    def narrow(query: Select[tuple[Org]]) -> Select[tuple[Org]]:
        today = clock.today()
        # business is a sorted list in one text: 'exam,licence_issue,training'
        held = select(AuthorityGrant.grantee).where(
            AuthorityGrant.status == "active",
            ("," + AuthorityGrant.business + ",").contains(f",{business},", autoescape=True),
            AuthorityGrant.valid_from <= today,
            or_(AuthorityGrant.valid_to.is_(None), AuthorityGrant.valid_to >= today),
        )
        return query.where(Org.org_code.in_(held))

    return narrow
