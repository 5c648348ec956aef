"""References of files: text that a browser or a program carries and nobody can make up.

Invariant: a reference is signed, bound to the user it was given to and to what it is for, and
ends: one for looking with the hour, one for a form with the time a form may stay open.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

Purpose = Literal["form", "view"]
LASTS: Final[Mapping[Purpose, timedelta]] = {
    "form": timedelta(days=2),
    "view": timedelta(hours=1),
}
_FACTS: Final = ("file", "name", "size", "type")


def give(value: Mapping[str, Any], purpose: Purpose, *, to: int) -> str:
    """The reference of a file value for a user."""
    return str(_signer(purpose, to).dumps({key: value.get(key) for key in _FACTS}))


def take(text: str, purpose: Purpose, *, by: int) -> dict[str, Any] | None:
    """The file value behind a reference; None if it is made up, another's, or too old."""
    try:
        value = _signer(purpose, by).loads(text, max_age=int(LASTS[purpose].total_seconds()))
    except BadSignature:  # SignatureExpired is one of them
        return None
    return value if isinstance(value, dict) else None


def _signer(purpose: Purpose, user_id: int) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.config["SECRET_KEY"], salt=f"file:{purpose}:{user_id}"
    )
