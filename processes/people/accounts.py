"""Accounts: opening and closing them, their passwords and roles.

Invariant: a password is kept as an argon2 hash alone and satisfies the policy of the settings; no
natural person is two of the three administrators (三员), over all accounts.
"""

from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError, NotFound
from processes import settings
from processes.identity import authority, identifiers
from processes.identity.identity import User, hash_password, person_key, revoke_sessions
from processes.identity.roles import EXCLUSIVE, ROLES
from processes.model.people import Role, UserAccount, UserRole
from processes.people import handback


class AccountRefused(BanliError):
    """An account cannot be opened, or be given this role."""

    code = "account_refused"


class PasswordRefused(BanliError):
    """A new password does not satisfy the policy."""

    code = "password_refused"


def create_user(
    session: Session,
    login: str,
    *,
    name: str,
    org_code: str | None,
    id_no: str,
    kind: str = "staff",
) -> UserAccount:
    """Open an account; it has no password and no role yet.

    Raises:
        AccountRefused: the log-in name is taken.
    """
    wanted = login.strip().lower()
    if session.scalar(select(UserAccount.id).where(UserAccount.login == wanted)):
        raise AccountRefused(f"用户名『{wanted}』已被使用", login=wanted)
    account = UserAccount(
        login=wanted,
        name=name.strip(),
        kind=kind,
        org_code=org_code,
        id_no=identifiers.id_no(id_no) or id_no.strip().upper(),
        person_key=person_key(id_no),
    )
    session.add(account)
    session.flush()
    return account


def set_password(
    session: Session, account: UserAccount, password: str, *, must_change: bool = False
) -> None:
    """Give an account a password; its other sessions end.

    Raises:
        PasswordRefused: too short, too plain, or holds the log-in name.
    """
    check_password(password, login=account.login)
    account.password_hash = hash_password(password)
    account.password_changed_at = clock.now()
    account.must_change_password = must_change
    revoke_sessions(session, account.id)


def check_password(password: str, *, login: str = "") -> None:
    """Hold a password against the policy of the settings.

    Raises:
        PasswordRefused: says what is missing.
    """
    policy = settings.current()
    if len(password) < policy.password_length:
        raise PasswordRefused(f"密码至少 {policy.password_length} 位")
    if len(password) > 128:
        raise PasswordRefused("密码不能超过 128 位")
    classes = (str.islower, str.isupper, str.isdigit, lambda mark: not mark.isalnum())
    found = sum(any(belongs(mark) for mark in password) for belongs in classes)
    if found < policy.password_classes:
        raise PasswordRefused(
            f"密码须含小写字母、大写字母、数字、符号中的至少 {policy.password_classes} 类"
        )
    if login and login.lower() in password.lower():
        raise PasswordRefused("密码不能包含用户名")


def assign_role(
    session: Session,
    account: UserAccount,
    role: str,
    *,
    org_code: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> UserRole:
    """Give a role at an organisation; giving it again renews its dates.

    Raises:
        NotFound: no such role.
        AccountRefused: the person already is another of the three administrators.
    """
    if role not in ROLES:
        raise NotFound(f"没有角色『{role}』", role=role)
    if role in EXCLUSIVE:
        _require_no_other_administrator(session, account, role)
    held = session.scalar(
        select(UserRole).where(
            UserRole.user_id == account.id, UserRole.role == role, UserRole.org_code == org_code
        )
    ) or UserRole(user_id=account.id, role=role, org_code=org_code)
    held.valid_from, held.valid_to = valid_from, valid_to
    session.add(held)
    session.flush()
    return held


def grant_role(
    session: Session,
    account: UserAccount,
    role: str,
    *,
    org_code: str,
    valid_to: date | None = None,
) -> UserRole:
    """Give a role as an administrator does: the agency must hold the role's business first.

    Raises:
        NotFound: no such role.
        GrantRefused: the agency holds no grant for the business of the role.
        AccountRefused: the person already is another of the three administrators.
    """
    if role not in ROLES:
        raise NotFound(f"没有角色『{role}』", role=role)
    authority.require_business(session, role, org_code)
    return assign_role(session, account, role, org_code=org_code, valid_to=valid_to)


def withdraw_role(
    session: Session, account: UserAccount, role: str, *, org_code: str, by: User | str = "system"
) -> None:
    """Take a role away from the next request on; what was claimed under it is free again."""
    session.execute(
        delete(UserRole).where(
            UserRole.user_id == account.id, UserRole.role == role, UserRole.org_code == org_code
        )
    )
    handback.release_lost(session, account, by=by)


def close_account(
    session: Session, account: UserAccount, *, status: str = "closed", by: User | str = "system"
) -> None:
    """Lock or close an account; its sessions end and its claimed tasks are free again."""
    account.status = status
    revoke_sessions(session, account.id)
    handback.release_lost(session, account, by=by)


def _require_no_other_administrator(session: Session, account: UserAccount, role: str) -> None:
    # whoever else makes an administrator waits here, whichever account of the person it is: two
    # that were each right alone could give one person two of the three
    exclusive = select(Role.code).where(Role.code.in_(EXCLUSIVE)).order_by(Role.code)
    session.execute(exclusive.with_for_update(key_share=True))
    other = session.scalar(
        select(UserRole.role)
        .join(UserAccount, UserAccount.id == UserRole.user_id)
        .where(
            UserAccount.person_key == account.person_key,
            UserRole.role.in_(EXCLUSIVE - {role}),
        )
    )
    if other is not None:
        raise AccountRefused(
            f"同一人不能兼任『{ROLES[role].name}』和『{ROLES[other].name}』", role=role, other=other
        )
