"""What went over the interfaces to departments outside, attempt by attempt."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant, Stored
from processes.model.types import SealedVariables


class ExchangeEvent(Base):
    """One attempt to send or ask, or one message that came in; kept for a while, then deleted."""

    __tablename__ = "exchange_event"
    __table_args__ = (
        Index("ix_exchange_event_adapter", "adapter", "id"),
        Index("ix_exchange_event_outcome", "adapter", "outcome", "id"),
        Index("ix_exchange_event_at", "at"),
        Index("ix_exchange_event_key", "correlation_key"),
    )

    id: Mapped[Id]
    adapter: Mapped[str] = mapped_column(String(64))
    direction: Mapped[str] = mapped_column(String(3))
    """out or in."""
    way: Mapped[str] = mapped_column(String(8))
    """push, pull, file or manual."""
    name: Mapped[str] = mapped_column(String(128))
    message_id: Mapped[str] = mapped_column(String(200), default="")
    correlation_key: Mapped[str] = mapped_column(String(200), default="")
    instance_id: Mapped[int | None] = mapped_column(BigInteger)
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16))
    """sent, answered, failed, refused or paused; taken, duplicate, differs or refused."""
    error: Mapped[str] = mapped_column(Text, default="")
    took_ms: Mapped[int] = mapped_column(Integer, default=0)
    by: Mapped[str] = mapped_column("acted_by", String(64), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    content: Mapped[dict[str, Any] | None] = mapped_column(
        SealedVariables("exchange_event.content")
    )
    """What was sent, or handed in by hand with the paper it rests on."""


class ExchangePackage(Base):
    """A package of messages on a file, made for a department or handed in by it."""

    __tablename__ = "exchange_package"
    __table_args__ = (Index("ix_exchange_package_adapter", "adapter", "id"),)

    id: Mapped[Id]
    adapter: Mapped[str] = mapped_column(String(64))
    direction: Mapped[str] = mapped_column(String(3))
    number: Mapped[str] = mapped_column("package_no", String(100))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    messages: Mapped[int] = mapped_column(Integer)
    receipt: Mapped[dict[str, Any] | None] = mapped_column(Stored)
    """Of one that came in: what became of each message."""
    by: Mapped[str] = mapped_column("acted_by", String(64))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
