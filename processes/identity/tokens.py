"""API tokens: given out once in clear, found again by their hash, revoked at once.

Invariant: a token ends with its account, its term or its revocation, whichever is first.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import Forbidden, NotFound
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.model.people import UserAccount
from processes.model.tokens import ApiToken

API: Final = "api"
_PREFIX: Final = "bl_"
_SCOPE: Final = re.compile(r"api|condition|(?:worker|message|signal):[A-Za-z0-9_.-]{1,120}")
_LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API; a person in a browser has no scopes and needs none."""

    user: User
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        """Whether the token covers a scope; a browser session covers `api` alone."""
        return scope == API if self.scopes is None else scope in self.scopes


def issue(
    session: Session,
    user_id: int,
    *,
    by: User | str,
    scopes: Iterable[str] = (API,),
    label: str = "",
    valid_for: timedelta = timedelta(days=90),
) -> str:
    """A new token, in clear; it cannot be shown again.

    Raises:
        NotFound: no such account. Forbidden: a scope or a term that no token may have.
    """
    wanted = sorted(set(scopes))
    if not wanted or not all(_SCOPE.fullmatch(scope) for scope in wanted):
        raise Forbidden(
            "令牌范围只能是 api、condition、worker:<主题>、message:<报文名> 或 signal:<信号名>"
        )
    if not timedelta(0) < valid_for <= _LONGEST:
        raise Forbidden("令牌有效期最长一年")
    identity.user(session, user_id)
    token = _PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        token_hash=_hash(token),
        user_id=user_id,
        label=label[:100],
        scopes=" ".join(wanted),
        expires_at=clock.now() + valid_for,
    )
    session.add(row)
    session.flush()
    audit.record(session, "token.issued", by=by, subject=("token", row.id), detail=row.scopes)
    return token


def caller(session: Session, token: str) -> Caller | None:
    """The account and scopes of a token that is good now."""
    if not token.startswith(_PREFIX) or len(token) > 100:
        return None
    row = session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(token)))
    now = clock.now()
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    account = session.get(UserAccount, row.user_id)
    if account is None or account.status != "active":
        return None
    if account.valid_to is not None and account.valid_to < clock.today():
        return None
    if row.used_at is None or now - row.used_at >= timedelta(minutes=10):
        row.used_at = now
    return Caller(identity.user(session, row.user_id), frozenset(row.scopes.split()))


def of_user(session: Session, user_id: int) -> Sequence[ApiToken]:
    """The tokens of an account, the latest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    return session.scalars(query).all()


def revoke(session: Session, token_id: int, *, by: User) -> None:
    """End a token now.

    Raises:
        NotFound: no such token of this user.
    """
    row = session.get(ApiToken, token_id)
    if row is None or row.user_id != by.id:
        raise NotFound("没有这个令牌", token=token_id)
    row.revoked_at = row.revoked_at or clock.now()
    audit.record(session, "token.revoked", by=by, subject=("token", token_id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
