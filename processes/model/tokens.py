"""Tokens with which programs call the API in the name of an account.

Invariant: only the hash of a token is stored; its scopes never give more than the account has.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant


class ApiToken(Base):
    """A bearer token of an account: until when, and for what."""

    __tablename__ = "api_token"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    label: Mapped[str] = mapped_column(String(100), default="")
    scopes: Mapped[str] = mapped_column(Text, default="")
    """`api`, `worker:<topic>`, `message:<name>`, separated by blanks."""
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
