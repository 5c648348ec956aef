"""The public: natural and legal persons whom the unified identity service vouches for.

Invariant: an issuer's subject is one identity with one account of its own; that account has no
password and no role, so nothing but the unified identity ever opens it, and it opens nothing that
is for staff. Who has not proved a real name is not let in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError
from processes import keys
from processes.identity import audit, identifiers, identity
from processes.identity.identity import PUBLIC, Citizen, User
from processes.model.people import PublicIdentity, UserAccount
from processes.people import accounts

PERSON: Final = "person"
ENTERPRISE: Final = "enterprise"
REAL_NAME: Final = 2
FACE: Final = 3
"""Levels of a log-in: real name proved; the face compared as well."""
_ROLE: Final = "applicant"


class IdentityRefused(BanliError):
    """The unified identity says too little, or something wrong, of who this is."""

    code = "identity_refused"


@dataclass(frozen=True, slots=True)
class _Told:
    """What the claims say, checked."""

    subject: str
    kind: str
    name: str
    number: str
    level: int
    handler: str
    handler_id_no: str
    phone: str


def enter(session: Session, *, issuer: str, claims: Mapping[str, Any], address: str = "") -> User:
    """Take somebody in as the unified identity tells him; the first time opens his account.

    `claims`: `sub`, `user_type` (person, enterprise), `level` (1 to 3), `name`, `id_no` and
    `phone_number` of the person who logged in; of an enterprise also `org_name` and `uscc`.

    Raises:
        IdentityRefused: a claim is missing or wrong, no real name, or the account is closed.
    """
    told = _read(claims)
    query = select(PublicIdentity).where(
        PublicIdentity.issuer == issuer, PublicIdentity.subject == told.subject
    )
    found = session.scalar(query)
    if found is None:
        found = _open(session, issuer, told)
    account = session.get_one(UserAccount, found.account_id)
    if account.status != "active":
        raise IdentityRefused("您的账号已停用，请到办事窗口咨询")
    _refresh(found, account, told)
    session.flush()
    user = as_public(session, identity.user(session, account.id))
    with audit.origin(address):
        audit.record(
            session, "login.accepted", by=user, subject=("user", account.id), detail=PUBLIC
        )
    return user


def as_public(session: Session, user: User) -> User:
    """The user of an account of the public, with who that is; nobody else's rights come with it.

    Raises:
        NoResultFound: the account is none of the public.
    """
    query = select(PublicIdentity).where(PublicIdentity.account_id == user.id)
    one = session.scalars(query).one()
    told = Citizen(
        kind=one.kind,
        name=one.name,
        number=one.number,
        key=one.holder_key,
        level=one.level,
        handler=one.handler,
        phone=one.phone or "",
    )
    return replace(user, citizen=told, roles=((_ROLE, ""),))


def _read(claims: Mapping[str, Any]) -> _Told:
    kind = claims.get("user_type")
    if kind not in (PERSON, ENTERPRISE):
        raise IdentityRefused("统一身份认证没有说明是个人还是法人")
    level = claims.get("level")
    if not isinstance(level, int) or level < REAL_NAME:
        raise IdentityRefused("您的账号尚未实名，请先在统一身份认证平台完成实名认证")
    person = _text(claims, "name", "姓名")
    id_no = identifiers.id_no(_text(claims, "id_no", "证件号码"))
    if id_no is None:
        raise IdentityRefused("统一身份认证给出的证件号码不正确")
    enterprise = kind == ENTERPRISE
    return _Told(
        subject=_text(claims, "sub", "账号标识"),
        kind=kind,
        name=_text(claims, "org_name", "单位名称") if enterprise else person,
        number=_credit_code(claims) if enterprise else id_no,
        level=level,
        handler=person if enterprise else "",
        handler_id_no=id_no,
        phone=str(claims.get("phone_number") or "")[:32],
    )


def _credit_code(claims: Mapping[str, Any]) -> str:
    found = identifiers.credit_code(_text(claims, "uscc", "统一社会信用代码"))
    if found is None:
        raise IdentityRefused("统一身份认证给出的统一社会信用代码不正确")
    return found


def _text(claims: Mapping[str, Any], name: str, title: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip():
        raise IdentityRefused(f"统一身份认证没有给出{title}")
    return value.strip()[:200]


def _open(session: Session, issuer: str, told: _Told) -> PublicIdentity:
    """The account of somebody who comes for the first time."""
    digest = keys.keyed_hash(f"{issuer} {told.subject}", purpose="subject")
    account = accounts.create_user(
        session,
        f"public-{digest[:32]}",
        name=told.name,
        org_code=None,
        id_no=told.handler_id_no,
        kind="applicant",
    )
    made = PublicIdentity(
        issuer=issuer,
        subject=told.subject,
        account_id=account.id,
        kind=told.kind,
        level=told.level,
        name=told.name,
        number=told.number,
        holder_key=identity.person_key(told.number),
    )
    session.add(made)
    session.flush()
    return made


def _refresh(found: PublicIdentity, account: UserAccount, told: _Told) -> None:
    """Names and numbers change; the unified identity is right about them."""
    found.kind, found.level, found.name = told.kind, told.level, told.name
    found.number, found.holder_key = told.number, identity.person_key(told.number)
    found.handler, found.phone = told.handler, told.phone or None
    found.last_at = account.last_login_at = clock.now()
    account.name = told.name
    account.phone = told.phone or None
    # separation of duties goes by the person: a corrected number is another key
    account.id_no = told.handler_id_no
    account.person_key = identity.person_key(told.handler_id_no)
