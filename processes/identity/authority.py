"""Authority: which agency may do which business, and who let it (是否下授).

Invariant: the delegation table of the domains decides, here as in the process of granting; with a
grant fall those that rest on it.
Source: 《中华人民共和国海事局关于游艇驾驶证签发管理有关事项的通知》.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from engine import clock, connection, dmn
from engine.dmn import Decision
from engine.errors import BanliError, NotFound
from processes.domains import domains
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import ROLES
from processes.model.people import AuthorityGrant, Org

BUSINESSES: Final = domains.current().businesses
SCOPES: Final = domains.current().scopes


class GrantRefused(BanliError):
    """The grant may not be made; `rule` is the row of the delegation table, 0 for its dates."""

    code = "grant_refused"

    def __init__(self, message: str, *, rule: int) -> None:
        super().__init__(message, rule=rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Wanted:
    """A grant asked for."""

    grantor: str
    grantee: str
    scope: str
    business: frozenset[str]
    may_delegate: bool
    valid_from: date
    valid_to: date | None = None
    basis: str = ""


def grant(session: Session, wanted: Wanted, *, by: User | str) -> AuthorityGrant:
    """Make a grant, active at once.

    Raises:
        NotFound: one of the two organisations does not exist.
        GrantRefused: the delegation table refuses it.
    """
    connection.begin_write(session)
    parent = check(session, wanted)
    made = AuthorityGrant(
        grantor=wanted.grantor,
        grantee=wanted.grantee,
        scope=wanted.scope,
        business=",".join(sorted(wanted.business)),
        may_delegate=wanted.may_delegate,
        parent_id=parent.id if parent else None,
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        basis=wanted.basis,
        granted_by=by.id if isinstance(by, User) else None,
    )
    session.add(made)
    session.flush()
    audit.record(session, "grant.created", by=by, subject=("authority_grant", made.id))
    return made


def check(session: Session, wanted: Wanted) -> AuthorityGrant | None:
    """Hold a grant against the delegation table; returns the grant it rests on, if any.

    Raises:
        NotFound: one of the two organisations does not exist.
        GrantRefused: naming the rule.
    """
    _check_terms(wanted)
    told = facts(
        session,
        grantor=wanted.grantor,
        grantee=wanted.grantee,
        scope=wanted.scope,
        business=wanted.business,
        on=wanted.valid_from,
    )
    outcome: Any = dmn.evaluate(_table(), {**told, "may_delegate": wanted.may_delegate}).value
    if outcome["result"] != "allow":
        raise GrantRefused(outcome["reason"], rule=int(outcome["rule"]))
    return _delegated(session, wanted.grantor, wanted.scope, wanted.business, wanted.valid_from)


def facts(
    session: Session,
    *,
    grantor: str,
    grantee: str,
    scope: str,
    business: Collection[str],
    on: date,
) -> dict[str, str | bool]:
    """What the delegation table asks: the kinds of both, and what the grantor may pass on.

    Raises:
        NotFound: one of the two organisations does not exist.
    """
    giving, taking = _org(session, grantor), _org(session, grantee)
    return {
        "grantor_kind": giving.kind,
        "grantee_kind": taking.kind,
        "grantee_name": taking.name,
        "own_branch": taking.parent_code == grantor,
        "parent_delegates": _delegated(session, grantor, scope, business, on) is not None,
    }


def revoke(session: Session, grant_id: int, *, by: User | str, reason: str) -> list[AuthorityGrant]:
    """Revoke a grant and those that rest on it; returns all of them, the one named first.

    Running cases end under the old grant.

    Raises:
        NotFound: no such grant, or it is not active any more.
    """
    connection.begin_write(session)
    found = session.get(AuthorityGrant, grant_id, with_for_update=True)
    if found is None or found.status != "active":
        raise NotFound("没有这项有效授权", grant=grant_id)
    revoked = [found, *resting_on(session, grant_id)]
    for one in revoked:
        one.status, one.revoke_reason = "revoked", reason
        one.revoked_at = clock.now()
        one.revoked_by = by.id if isinstance(by, User) else None
        audit.record(session, "grant.revoked", by=by, subject=("authority_grant", one.id))
    session.flush()
    return revoked


def resting_on(session: Session, grant_id: int) -> list[AuthorityGrant]:
    """The active grants that rest on one, on whatever level: they fall with it."""
    found: list[AuthorityGrant] = []
    waiting = [grant_id]
    while waiting:
        children = session.scalars(
            select(AuthorityGrant)
            .where(AuthorityGrant.parent_id == waiting.pop(), AuthorityGrant.status == "active")
            .order_by(AuthorityGrant.id)
        ).all()
        found += children
        waiting += [one.id for one in children]
    return found


def has_grant(
    session: Session, org_code: str, business: str, scope: str | None = None, on: date | None = None
) -> bool:
    """Whether an organisation holds an active grant for a business (in a scope) on a day."""
    return any(
        business in held.business.split(",")
        for held in session.scalars(_active(org_code, scope, on or clock.today()))
    )


def held_already(session: Session, wanted: Wanted) -> AuthorityGrant | None:
    """An active grant of the same grantor that gives all that is asked for, for as long."""
    query = _active(wanted.grantee, wanted.scope, wanted.valid_from).where(
        AuthorityGrant.grantor == wanted.grantor,
        AuthorityGrant.may_delegate.is_(wanted.may_delegate),
    )
    for held in session.scalars(query):
        lasts = held.valid_to is None or (wanted.valid_to and wanted.valid_to <= held.valid_to)
        if lasts and wanted.business <= {*held.business.split(",")}:
            return held
    return None


def orgs_with_grant(
    session: Session, business: str, scope: str | None = None, on: date | None = None
) -> list[Org]:
    """The active organisations that hold a grant for a business, by code."""
    held = session.scalars(_active(None, scope, on or clock.today()))
    codes = {one.grantee for one in held if business in one.business.split(",")}
    return list(
        session.scalars(
            select(Org)
            .where(Org.org_code.in_(codes), Org.status == "active")
            .order_by(Org.org_code)
        )
    )


def require_business(session: Session, role: str, org_code: str) -> None:
    """Refuse a role whose business the organisation does not hold (first the grant, then roles).

    Raises:
        GrantRefused: the organisation holds no such grant.
    """
    business = ROLES[role].business
    if business and not has_grant(session, org_code, business):
        raise GrantRefused(
            f"该机构没有『{BUSINESSES[business].title}』业务授权，不能分配角色『{ROLES[role].name}』",
            rule=8,
        )


def expire(session: Session, today: date) -> list[AuthorityGrant]:
    """Mark the grants whose time is over."""
    over = session.scalars(
        select(AuthorityGrant).where(
            AuthorityGrant.status == "active", AuthorityGrant.valid_to < today
        )
    ).all()
    for one in over:
        one.status = "expired"
    return list(over)


def _check_terms(wanted: Wanted) -> None:
    known = wanted.business <= BUSINESSES.keys() and wanted.scope in SCOPES
    if not wanted.business or not known:
        raise GrantRefused("请选择授权的业务和范围", rule=10)
    if wanted.valid_to is not None and wanted.valid_to < wanted.valid_from:
        raise GrantRefused("有效期的止日不能早于起日", rule=0)


def _delegated(
    session: Session, org_code: str, scope: str, business: Collection[str], on: date
) -> AuthorityGrant | None:
    """The grant that lets an organisation pass these businesses on."""
    for held in session.scalars(_active(org_code, scope, on)):
        if held.may_delegate and set(business) <= set(held.business.split(",")):
            return held
    return None


@cache
def _table() -> Decision:
    path = domains.current().delegation
    if path is None:
        raise NotFound("没有规定授权关系的决策表")
    return dmn.read(path.read_bytes(), path.name).decisions[path.stem]


def _active(org_code: str | None, scope: str | None, on: date) -> Select[tuple[AuthorityGrant]]:
    conditions: list[ColumnElement[bool]] = [
        AuthorityGrant.status == "active",
        AuthorityGrant.valid_from <= on,
        or_(AuthorityGrant.valid_to.is_(None), AuthorityGrant.valid_to >= on),
    ]
    if org_code is not None:
        conditions.append(AuthorityGrant.grantee == org_code)
    if scope is not None:
        conditions.append(AuthorityGrant.scope == scope)
    return select(AuthorityGrant).where(*conditions).order_by(AuthorityGrant.id)


def _org(session: Session, code: str) -> Org:
    org = session.get(Org, code)
    if org is None or org.status != "active":
        raise NotFound(f"没有机构『{code}』", org=code)
    return org


def names(business: Collection[str]) -> str:
    """Businesses in words."""
    return "、".join(BUSINESSES[one].title for one in BUSINESSES if one in business)
