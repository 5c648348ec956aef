"""Bookings: who has which room, examiner or candidate, and when.

Invariant: runtime rows; a booking that was released is gone, what happened to it is in the history
of its case.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant


class Booking(Base):
    """A ledger record taken for a time, from `starts_at` up to but without `ends_at`."""

    __tablename__ = "booking"
    __table_args__ = (
        Index("ix_booking_resource", "register", "key", "starts_at"),
        Index("ix_booking_holder", "holder"),
    )

    id: Mapped[Id]
    register: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    holder: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200), default="")
    case_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
