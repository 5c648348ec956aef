"""Who is asking: log-in with lock-out, sessions that can be revoked, the user they give.

Invariant: a password is kept as an argon2 hash alone, a session token as its SHA-256; a natural
person is known by `person_key`, a keyed hash of the identity number, over all accounts.
"""

import hashlib
import secrets
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Date, bindparam, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from engine import clock, connection
from engine.errors import BanliError, NotFound
from processes import keys, settings
from processes.identity import audit, identifiers, principals
from processes.identity.principals import Principal
from processes.identity.roles import ROLES, Action
from processes.model.people import AuthSession, LoginFailure, Org, UserAccount, UserRole

STAFF: Final = "staff"
PUBLIC: Final = "public"
"""The realms of log-in: accounts of ours, and the public by its unified identity; never mixed."""

HASHER = PasswordHasher()
"""Argon2id as RFC 9106 advises; the tests, which log in thousands of times, take less of it."""
_REFUSED: Final = "用户名或密码不正确"
_NAME: Final = select(UserAccount.name).where(UserAccount.id == bindparam("id"))
_ORG_NAME: Final = select(Org.name).where(Org.org_code == bindparam("org"))
_ROLES: Final = (
    select(UserRole.role, UserRole.org_code, Org.path)
    .join(Org, Org.org_code == UserRole.org_code)
    .where(
        UserRole.user_id == bindparam("user"),
        Org.status == "active",
        *principals.holding(bindparam("today", type_=Date)),
    )
    .order_by(UserRole.role, UserRole.org_code)
)
_hashing = threading.BoundedSemaphore(2)  # a hash takes 64 MiB; more at once would starve the rest


class LoginRefused(BanliError):
    """No log-in: wrong name or password, a closed account, or too many failures."""

    code = "login_refused"


class LoginLocked(LoginRefused):
    """Too many failures; `until` tells when to try again."""

    code = "login_locked"

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message, until=until)
        self.until = until


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody of the public, as the unified identity vouches for: a person or an enterprise."""

    kind: str
    name: str
    number: str
    """Document number of a person, credit code of an enterprise."""
    key: str
    """Keyed hash of the number: whose cases and certificates are theirs."""
    level: int
    handler: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A person logged in, with the roles that hold today."""

    id: int
    login: str
    name: str
    kind: str
    org_code: str = ""
    org_name: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    person_key: str = ""
    paths: tuple[tuple[str, str], ...] = ()
    """Path of each organisation in which the user has a role."""
    must_change_password: bool = False
    groups: frozenset[str] = field(default=frozenset())
    """`role@org` for each role."""
    acts_for: tuple[Principal, ...] = ()
    """Those whose tasks the user may do today as their agent (代理)."""
    citizen: Citizen | None = None
    """Who is meant, where the unified identity has let somebody of the public in."""

    def has_role(self, *codes: str, org: str | None = None) -> bool:
        """Whether the user holds one of the roles (at that organisation)."""
        return any(role in codes and org in (None, at) for role, at in self.roles)

    @property
    def told(self) -> dict[str, Any]:
        """What forms know of the user, as `user`."""
        roles = [*dict.fromkeys(role for role, _org in self.roles)]
        told: dict[str, Any] = {"name": self.name, "org": self.org_code}
        told |= {"kind": self.kind, "roles": roles, "person": self.person_key}
        if one := self.citizen:
            told |= {"party": one.kind, "id_no": one.number, "phone": one.phone}
            told |= {"handler": one.handler, "level": one.level}
        return told

    def path(self, org_code: str) -> str:
        """The path of an organisation the user has a role in; empty for any other."""
        return dict(self.paths).get(org_code, "")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a log-in: a user, or why not."""

    user: User | None = None
    refusal: LoginRefused | None = None


def person_key(id_no: str) -> str:
    """The key of a natural person; the same for each spelling of the number."""
    canonical = identifiers.id_no(id_no) or id_no.strip().upper()
    return keys.keyed_hash(canonical, purpose="person")


def user(session: Session, user_id: int) -> User:
    """The user of an account, with the roles that hold today.

    Raises:
        NotFound: no such account.
    """
    account = session.get(UserAccount, user_id)
    if account is None:
        raise NotFound("没有这个用户", user=user_id)
    return _user(session, account)


def name(session: Session, user_id: int) -> str:
    """What somebody is called; empty where there is no such account."""
    return session.scalar(_NAME, {"id": user_id}) or ""


def active(session: Session, user_ids: Collection[int]) -> list[User]:
    """Users of accounts that are open today, by id."""
    return [_user(session, one) for one in active_accounts(session, user_ids)]


def active_accounts(session: Session, user_ids: Collection[int]) -> Sequence[UserAccount]:
    """The accounts among these that are open today, by id."""
    today = clock.today()
    query = select(UserAccount).where(
        UserAccount.id.in_(user_ids),
        UserAccount.status == "active",
        or_(UserAccount.valid_to.is_(None), UserAccount.valid_to >= today),
    )
    return session.scalars(query.order_by(UserAccount.id)).all()


def by_login(session: Session, login: str) -> User | None:
    """The user of a log-in name."""
    account = session.scalar(select(UserAccount).where(UserAccount.login == login.strip().lower()))
    return _user(session, account) if account else None


def users_in_groups(session: Session, groups: Iterable[str]) -> list[int]:
    """Ids of the active users who hold one of the groups (`role@org`) today."""
    pairs = [group.partition("@")[::2] for group in groups]
    wanted = or_(
        false(), *((UserRole.role == role) & (UserRole.org_code == org) for role, org in pairs)
    )
    return list(
        session.scalars(
            select(UserAccount.id)
            .join(UserRole, UserRole.user_id == UserAccount.id)
            .where(UserAccount.status == "active", wanted, *principals.holding(clock.today()))
            .distinct()
            .order_by(UserAccount.id)
        )
    )


def users_who_may(
    session: Session, action: Action, org_code: str | None, *, process_key: str = ""
) -> list[int]:
    """Ids of the active users of an agency who hold a role with this right today.

    Where roles are there for the cases of this process, only those who hold one of them.
    """
    if org_code is None:
        return []
    roles = [code for code, role in ROLES.items() if action in role.actions]
    close = [one for one in roles if process_key and process_key.startswith(ROLES[one].sees)]
    return users_in_groups(session, [f"{role}@{org_code}" for role in close or roles])


def reserve(session: Session, login: str, *, address: str = "") -> LoginLocked | None:
    """Count a try before it is made, in a transaction of its own; why there is none left, or None.

    Tries at the same moment wait for each other here, not while a password is hashed; `attempt`
    takes the count back if the password is right.
    """
    wanted = login.strip().lower()[:64]
    _one_at_a_time(session, wanted)
    if locked := _locked(session, wanted, address):
        return locked
    session.add(LoginFailure(login=wanted, address=address))
    session.flush()
    return None


def attempt(session: Session, login: str, password: str, *, address: str = "") -> Attempt:
    """Try a reserved log-in; a refusal comes back as a value, so that its record commits.

    Name and password take the same time to refuse, whether the account exists or not.
    """
    wanted = login.strip().lower()[:64]
    account = session.scalar(select(UserAccount).where(UserAccount.login == wanted))
    known = account is not None and account.status == "active" and bool(account.password_hash)
    right = _verify(account.password_hash if account and known else _no_hash(), password)
    if account is None or not (known and right) or _past(account.valid_to):
        _audit(session, account, "login.refused", address)
        return Attempt(refusal=_locked(session, wanted, address) or LoginRefused(_REFUSED))
    session.execute(delete(LoginFailure).where(LoginFailure.login == wanted))
    if HASHER.check_needs_rehash(account.password_hash):
        account.password_hash = hash_password(password)
    account.last_login_at = clock.now()
    _audit(session, account, "login.accepted", address)
    return Attempt(user=_user(session, account))


def authenticate(session: Session, login: str, password: str, *, address: str = "") -> User:
    """Log in or raise; the caller commits also when it raises, or the failure is not counted.

    Raises:
        LoginLocked: too many failures in a short time.
        LoginRefused: anything else, always with the same words.
    """
    if locked := reserve(session, login, address=address):
        raise locked
    tried = attempt(session, login, password, address=address)
    if tried.refusal is not None:
        raise tried.refusal
    assert tried.user is not None  # noqa: S101 - one of the two is set
    return tried.user


def open_session(
    session: Session, user_id: int, *, realm: str = STAFF, address: str = "", agent: str = ""
) -> str:
    """Begin a session; returns the token the browser keeps."""
    token = secrets.token_urlsafe(32)
    session.add(
        AuthSession(
            id=_token_id(token),
            user_id=user_id,
            realm=realm,
            address=address[:64],
            agent=agent[:200],
            expires_at=clock.now() + settings.current().absolute,
        )
    )
    session.flush()
    return token


def session_user(session: Session, token: str, *, realm: str = STAFF) -> User | None:
    """The user of a session of this realm, neither over nor idle for too long; marks it as seen."""
    row = session.get(AuthSession, _token_id(token))
    now = clock.now()
    if row is None or row.realm != realm or row.revoked_at is not None or row.expires_at <= now:
        return None
    if row.seen_at + settings.current().idle <= now:
        return None
    account = session.get(UserAccount, row.user_id)
    if account is None or account.status != "active" or _past(account.valid_to):
        return None
    if (now - row.seen_at).total_seconds() >= 60:  # one write a minute is enough
        row.seen_at = now
    return _user(session, account)


def whose(session: Session, token: str) -> int | None:
    """The account of a log-in, be it over or not; None for a token that never was one."""
    row = session.get(AuthSession, _token_id(token))
    return row.user_id if row else None


def close_session(session: Session, token: str) -> None:
    """End a session (log-out)."""
    row = session.get(AuthSession, _token_id(token))
    if row is not None and row.revoked_at is None:
        row.revoked_at = clock.now()


def revoke_sessions(session: Session, user_id: int) -> None:
    """End every session of a user."""
    session.execute(
        update(AuthSession)
        .where(AuthSession.user_id == user_id, AuthSession.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def _user(session: Session, account: UserAccount) -> User:
    rows = session.execute(_ROLES, {"user": account.id, "today": clock.today()}).all()
    org_name = session.scalar(_ORG_NAME, {"org": account.org_code}) if account.org_code else None
    return User(
        id=account.id,
        login=account.login,
        name=account.name,
        kind=account.kind,
        org_code=account.org_code or "",
        org_name=org_name or "",
        roles=tuple((row.role, row.org_code) for row in rows),
        person_key=account.person_key,
        paths=tuple(sorted({(row.org_code, row.path) for row in rows})),
        must_change_password=account.must_change_password,
        groups=frozenset(f"{row.role}@{row.org_code}" for row in rows),
        acts_for=principals.of(session, account.id) if account.kind == "staff" else (),
    )


def _past(day: date | None) -> bool:
    return day is not None and day < clock.today()


def _audit(session: Session, account: UserAccount | None, action: str, address: str) -> None:
    result = "done" if action == "login.accepted" else "refused"
    with audit.origin(address):
        if account is None:  # whoever tried gave a name that is nobody's; the name is not kept
            audit.record(session, action, by="anonymous", result=result)
        else:
            by = _user(session, account)
            audit.record(session, action, by=by, subject=("user", account.id), result=result)


def _one_at_a_time(session: Session, login: str) -> None:
    connection.begin_write(session)
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"login:{login}".encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def _locked(session: Session, login: str, address: str) -> LoginLocked | None:
    policy = settings.current()
    since = clock.now() - policy.lock_window
    counted = (
        (LoginFailure.login == login, policy.lock_failures),
        ((LoginFailure.address == address) & (LoginFailure.address != ""), policy.address_failures),
    )
    for condition, allowed in counted:
        count, last = session.execute(
            select(func.count(), func.max(LoginFailure.at)).where(
                condition, LoginFailure.at > since
            )
        ).one()
        if count >= allowed:
            until = last + policy.lock_window
            minutes = max(1, -int((clock.now() - until).total_seconds() // 60))
            return LoginLocked(f"登录失败次数过多，请 {minutes} 分钟后再试", until=until)
    return None


def hash_password(password: str) -> str:
    with _hashing:
        return HASHER.hash(password)


def _verify(stored: str, password: str) -> bool:
    with _hashing:
        try:
            return HASHER.verify(stored, password[:1024])
        except (VerificationError, InvalidHashError):
            return False


@cache
def _no_hash() -> str:
    return hash_password(secrets.token_urlsafe(16))


def _token_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
