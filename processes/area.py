"""What an administrator looks after: his organisations with all below them, and their accounts.

Invariant: nothing outside that area is seen or changed; it looks as if it did not exist.
"""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.errors import Forbidden, NotFound
from processes import accounts, audit, organisations, permissions
from processes.identity import User
from processes.model.people import Org, UserAccount
from processes.roles import Action


def orgs(session: Session, by: User) -> list[Org]:
    """The organisations an administrator looks after, parents first."""
    paths = permissions.allowed_orgs(by, Action.MANAGE_USERS)
    if not paths:
        return []
    below = or_(*(Org.path.startswith(path, autoescape=True) for path in paths))
    return list(session.scalars(select(Org).where(below).order_by(Org.path)))


def users(
    session: Session, by: User, *, text: str = "", after: int = 0, limit: int = 50
) -> list[UserAccount]:
    """Accounts of the area after an id, by id; `text` is part of a name or log-in name."""
    codes = [org.org_code for org in orgs(session, by)]
    query = select(UserAccount).where(UserAccount.org_code.in_(codes), UserAccount.id > after)
    if text:
        like = UserAccount.name.contains(text, autoescape=True)
        query = query.where(or_(like, UserAccount.login.contains(text, autoescape=True)))
    return list(session.scalars(query.order_by(UserAccount.id).limit(min(limit, 100))))


def account(session: Session, user_id: int, *, by: User) -> UserAccount:
    """An account of the area.

    Raises:
        NotFound: none such, or outside.
    """
    found = session.get(UserAccount, user_id)
    if found is None or found.org_code not in {org.org_code for org in orgs(session, by)}:
        raise NotFound("没有这个用户", user=user_id)
    return found


def give_role(session: Session, user_id: int, role: str, *, org_code: str, by: User) -> None:
    """Give one role at one organisation of the area.

    Raises:
        NotFound: the account, role or organisation is not there for this administrator.
    """
    held = account(session, user_id, by=by)
    permissions.require(by, Action.MANAGE_USERS, organisations.get(session, org_code))
    accounts.grant_role(session, held, role, org_code=org_code)
    _record(session, "role.assigned", user_id, f"{role}@{org_code}", by)


def withdraw_role(session: Session, user_id: int, role: str, *, org_code: str, by: User) -> None:
    """Take one role away; what was claimed under it is free again.

    Raises:
        NotFound: the account or organisation is not there for this administrator.
    """
    held = account(session, user_id, by=by)
    permissions.require(by, Action.MANAGE_USERS, organisations.get(session, org_code))
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
