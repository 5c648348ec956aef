"""What an administrator looks after: his organisations with all below them, and their accounts.

Invariant: nothing outside that area is seen or changed; it looks as if it did not exist.
"""

import re
import secrets
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, exists, not_, or_, select, true
from sqlalchemy.orm import Session

from engine.errors import Forbidden, NotFound
from processes.domains import domains
from processes.identity import audit, authority, identifiers, organisations
from processes.identity.authority import Wanted
from processes.identity.identity import User
from processes.identity.organisations import Details, OrganisationRefused
from processes.identity.roles import ROLES, Action
from processes.model.people import AuthorityGrant, Org, UserAccount, UserRole
from processes.people import accounts
from processes.people.accounts import AccountRefused
from processes.rights import permissions
from processes.statistics import scope

_LOGIN: Final = re.compile(r"[A-Za-z0-9_.]{2,64}")


def orgs(session: Session, by: User) -> list[Org]:
    """The organisations an administrator looks after, parents first."""
    paths = scope.paths(by, _managing(by))
    if not any(paths):
        return []
    return list(session.scalars(select(Org).where(organisations.below(paths)).order_by(Org.path)))


def _managing(by: User) -> set[str]:
    """The roles by which somebody manages users."""
    return {
        role
        for role, _org in by.roles
        if role in ROLES and Action.MANAGE_USERS in ROLES[role].actions
    }


def appoints(by: User) -> frozenset[str]:
    """The roles whose holders an administrator manages: those that his roles name, else all."""
    named = [domains.current().roles[role].appoints for role in _managing(by)]
    return frozenset(ROLES) if not all(named) else frozenset().union(*named)


def require_role(by: User, role: str) -> None:
    """Refuse a role that is not this administrator's to give.

    Raises:
        Forbidden: it is not.
    """
    if role not in appoints(by):
        name = ROLES[role].name if role in ROLES else role
        raise Forbidden(f"您不能管理『{name}』的用户")


def _require_org(session: Session, org_code: str, by: User) -> Org:
    found = organisations.get(session, org_code)
    if found.org_code not in {org.org_code for org in orgs(session, by)}:
        permissions.require(by, Action.MANAGE_USERS, found)
        raise NotFound(f"没有机构『{org_code}』", org=org_code)
    return found


def own_org(session: Session, org_code: str, *, by: User) -> Org:
    """An organisation that an administrator may change.

    Raises:
        NotFound: there is none in his area. Forbidden: it is there, and not his to change.
    """
    org = organisations.get(session, org_code)
    permissions.require(by, Action.MANAGE_ORGS, org)
    return org


def is_top(session: Session, org: Org, *, by: User) -> bool:
    """Whether the place of an organisation in the tree is not this administrator's to change."""
    return org.parent_code not in {one.org_code for one in orgs(session, by)}


def add_org(session: Session, org_code: str, details: Details, *, by: User) -> Org:
    """Add an organisation below one of the area.

    Raises:
        OrganisationRefused: naming the `field` that cannot be.
    """
    _require_parent(session, details.parent_code, by)
    return organisations.add(session, org_code, details, by=by)


def change_org(session: Session, org_code: str, details: Details, *, by: User) -> Org:
    """Change an organisation of the area; the top of the area keeps its place.

    Raises:
        NotFound: there is none in the area. OrganisationRefused: naming the `field`.
    """
    org = own_org(session, org_code, by=by)
    if is_top(session, org, by=by):
        details = replace(details, parent_code=org.parent_code)
    else:
        _require_parent(session, details.parent_code, by)
    return organisations.change(session, org_code, details, by=by)


def use_org(session: Session, org_code: str, *, active: bool, by: User) -> Org:
    """Take an organisation of the area out of use, or into use again.

    Raises:
        NotFound: there is none in the area. OrganisationRefused: it is in use, in words.
    """
    own_org(session, org_code, by=by)
    command = organisations.reactivate if active else organisations.deactivate
    command(session, org_code, by=by)
    return organisations.get(session, org_code)


def _require_parent(session: Session, parent_code: str | None, by: User) -> None:
    if parent_code is None:
        raise OrganisationRefused("请选择上级机构", field="parent_code")
    try:
        own_org(session, parent_code, by=by)
    except NotFound as missing:
        raise OrganisationRefused(missing.message, field="parent_code") from None


def users(
    session: Session, by: User, *, text: str = "", after: int = 0, limit: int = 50
) -> list[UserAccount]:
    """Accounts of the area after an id, by id; `text` is part of a name or log-in name."""
    codes = [org.org_code for org in orgs(session, by)]
    query = select(UserAccount).where(
        UserAccount.org_code.in_(codes), UserAccount.id > after, managed(by)
    )
    if text:
        like = UserAccount.name.contains(text, autoescape=True)
        query = query.where(or_(like, UserAccount.login.contains(text, autoescape=True)))
    return list(session.scalars(query.order_by(UserAccount.id).limit(min(limit, 100))))


def account(session: Session, user_id: int, *, by: User) -> UserAccount:
    """An account of the area.

    Raises:
        NotFound: none such, or outside.
    """
    found = session.scalar(select(UserAccount).where(UserAccount.id == user_id, managed(by)))
    if found is None or found.org_code not in {org.org_code for org in orgs(session, by)}:
        raise NotFound("没有这个用户", user=user_id)
    return found


def managed(by: User) -> ColumnElement[bool]:
    """Accounts none of whose roles is beyond those that an administrator appoints."""
    beyond = frozenset(ROLES) - appoints(by)
    other = exists().where(UserRole.user_id == UserAccount.id, UserRole.role.in_(sorted(beyond)))
    return not_(other) if beyond else true()


def open_account(  # noqa: PLR0913 - what an account begins with, all by name
    session: Session, login: str, *, name: str, org_code: str, id_no: str, by: User, role: str = ""
) -> tuple[UserAccount, str]:
    """Open an account of the area; returns it and its first password, to be changed at once.

    With a role, it is given at the organisation, and says on which side the person works.

    Raises:
        Forbidden: the role is not this administrator's to give, or none is named where it must be.
        AccountRefused: something is missing or wrong, or the log-in name is taken.
        NotFound: the organisation is not there for this administrator.
    """
    if not all(one.strip() for one in (login, name, org_code, id_no)):
        raise AccountRefused("带 * 的项目都要填写。")
    if not _LOGIN.fullmatch(login.strip()):
        raise AccountRefused("用户名只能用字母、数字、点和下划线。")
    if not identifiers.id_no(id_no):
        raise AccountRefused("身份证号有误，请核对。")
    org = _require_org(session, org_code, by)
    if role or appoints(by) != frozenset(ROLES):
        require_role(by, role)
    outer = role in ROLES and ROLES[role].category == "applicant"
    opened = accounts.create_user(
        session,
        login,
        name=name,
        org_code=org.org_code,
        id_no=id_no,
        kind="applicant" if outer else "staff",
    )
    if role:
        accounts.grant_role(session, opened, role, org_code=org.org_code)
    word = secrets.token_urlsafe(9) + "a1"
    accounts.set_password(session, opened, word, must_change=True)
    _record(session, "user.created", opened.id, "", by)
    return opened, word


def granting(session: Session, by: User) -> list[Org]:
    """The organisations in whose name an administrator grants: where he holds the role himself."""
    codes = {
        org
        for role, org in by.roles
        if role in ROLES and Action.MANAGE_GRANTS in ROLES[role].actions
    }
    kinds = [code for code, kind in domains.current().org_kinds.items() if kind.grants]
    query = select(Org).where(Org.org_code.in_(codes), Org.kind.in_(kinds))
    return list(session.scalars(query.order_by(Org.path)))


def grant(session: Session, wanted: Wanted, *, by: User) -> AuthorityGrant:
    """Grant authority in the name of an own organisation.

    Raises:
        Forbidden: the grantor is not his to act for. NotFound, GrantRefused: as `authority.grant`.
    """
    if wanted.grantor not in {org.org_code for org in granting(session, by)}:
        raise Forbidden("只能以您所管理的机构的名义授权")
    return authority.grant(session, wanted, by=by)


def grants(session: Session, by: User) -> list[AuthorityGrant]:
    """The grants that the organisations of the area gave or hold, the newest first."""
    paths = permissions.allowed_orgs(by, Action.MANAGE_GRANTS)
    if not paths:
        return []
    below = select(Org.org_code).where(organisations.below(paths))
    one = AuthorityGrant
    query = select(one).where(or_(one.grantor.in_(below), one.grantee.in_(below)))
    return list(session.scalars(query.order_by(one.id.desc()).limit(500)))


def revoke(session: Session, grant_id: int, *, by: User, reason: str) -> list[AuthorityGrant]:
    """Revoke a grant with those that rest on it.

    Raises:
        NotFound: there is none for this administrator. Forbidden: not his to revoke.
    """
    found = next((one for one in grants(session, by) if one.id == grant_id), None)
    if found is None:
        raise NotFound("没有这项授权", grant=grant_id)
    permissions.require(by, Action.MANAGE_GRANTS, organisations.get(session, found.grantor))
    return authority.revoke(session, grant_id, by=by, reason=reason)


def give_role(session: Session, user_id: int, role: str, *, org_code: str, by: User) -> None:
    """Give one role at one organisation of the area.

    Raises:
        NotFound: the account, role or organisation is not there for this administrator.
    """
    held = account(session, user_id, by=by)
    require_role(by, role)
    _require_org(session, org_code, by)
    accounts.grant_role(session, held, role, org_code=org_code)
    _record(session, "role.assigned", user_id, f"{role}@{org_code}", by)


def withdraw_role(session: Session, user_id: int, role: str, *, org_code: str, by: User) -> None:
    """Take one role away; what was claimed under it is free again.

    Raises:
        NotFound: the account or organisation is not there for this administrator.
    """
    held = account(session, user_id, by=by)
    require_role(by, role)
    _require_org(session, org_code, by)
    accounts.withdraw_role(session, held, role, org_code=org_code, by=by)
    _record(session, "role.withdrawn", user_id, f"{role}@{org_code}", by)


def set_status(session: Session, user_id: int, status: str, *, by: User) -> UserAccount:
    """Lock an account or open it again.

    Raises:
        NotFound: outside the area. Forbidden: it is the administrator's own.
    """
    if user_id == by.id:
        raise Forbidden("不能停用自己的账号，请由其他管理员办理")
    held = account(session, user_id, by=by)
    if status == "locked":
        accounts.close_account(session, held, status="locked", by=by)
    else:
        held.status = "active"
    _record(session, f"user.{status}", user_id, "", by)
    return held


def _record(session: Session, action: str, user_id: int, detail: str, by: User) -> None:
    audit.record(session, action, by=by, subject=("user", user_id), detail=detail)
