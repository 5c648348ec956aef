"""What somebody had typed when the log-in was over: kept until the unified identity vouches again.

Invariant: kept for the account whose log-in it was, given back to that account alone, once, within
an hour; one form an account, so that nobody fills the table.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine import clock
from processes.identity.identity import User
from processes.model.people import KeptForm

KEPT_FOR: Final = timedelta(hours=1)
Typed = Mapping[str, Sequence[str]]


def keep(session: Session, account: int, *, path: str, typed: Typed) -> str:
    """Keep a form for the account of a log-in that is over; the key to ask for it with."""
    forget(session, account)
    key = secrets.token_urlsafe(24)
    text = json.dumps({name: [*values] for name, values in typed.items()}, ensure_ascii=False)
    session.add(KeptForm(id=_digest(key), account_id=account, path=path, typed=text))
    return key


def take(session: Session, key: str, *, by: User) -> tuple[str, dict[str, list[str]]] | None:
    """The form behind a key, if it is this user's and not too old; it is gone afterwards."""
    found = session.get(KeptForm, _digest(key))
    if found is None or found.account_id != by.id:
        return None
    session.delete(found)
    if found.at + KEPT_FOR < clock.now():
        return None
    return found.path, json.loads(found.typed or "{}")


def forget(session: Session, account: int) -> None:
    """Whatever is kept for an account."""
    _delete(session, KeptForm.account_id == account)


def forget_old(session: Session) -> None:
    """What nobody came back for."""
    _delete(session, KeptForm.at < clock.now() - KEPT_FOR)


def _delete(session: Session, which: object) -> None:
    gone = delete(KeptForm).where(which)  # type: ignore[arg-type]
    session.execute(gone.execution_options(synchronize_session=False))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
