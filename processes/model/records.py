"""Ledgers, numbers and the calendar.

Invariant: a number once taken never goes back, because its counter only rises and commits with the
row that carries the number; every change of a ledger record has its log line.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant
from processes.model.types import SealedVariables

# compared byte by byte, so that both databases sort alike
_Value = String(300).with_variant(String(300, collation="C"), "postgresql")


class RegisterRecord(Base):
    """One record of a ledger; its fields are data, its status moves by declared transitions."""

    __tablename__ = "register_record"
    __table_args__ = (
        Index("ux_register_key", "register", "key", unique=True),
        # with what says whose it is, so that records are counted without reading them
        Index("ix_register_status", "register", "status", "key", "org_code"),
    )

    id: Mapped[Id]
    register: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(32), default="")
    org_code: Mapped[str | None] = mapped_column(String(64), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(SealedVariables("register_record.data"))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class RegisterIndex(Base):
    """A searchable field of a record as text."""

    __tablename__ = "register_index"
    # with the record at its end, so that a list sorted by a field is read along it
    __table_args__ = (Index("ix_register_index", "register", "field", "value", "record_id"),)

    record_id: Mapped[int] = mapped_column(ForeignKey("register_record.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    register: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(_Value)


class RegisterUnique(Base):
    """A value that no other record of the ledger may have; the primary key sees to it."""

    __tablename__ = "register_unique"

    register: Mapped[str] = mapped_column(String(64), primary_key=True)
    rule: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(300), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("register_record.id"), index=True)


class RegisterLog(Base):
    """A change of a record: what, who, for which case."""

    __tablename__ = "register_log"
    __table_args__ = (Index("ix_register_log", "record_id", "id"),)

    id: Mapped[Id]
    register: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(32))
    from_status: Mapped[str] = mapped_column(String(32), default="")
    to_status: Mapped[str] = mapped_column(String(32), default="")
    changes: Mapped[dict[str, Any]] = mapped_column(SealedVariables("register_log.changes"))
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(64), default="", index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class NumberSequence(Base):
    """A counter that only rises; `year` 0 where the series does not start anew."""

    __tablename__ = "number_sequence"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class Restoration(Base):
    """The installation was taken back from a copy; held until `reconciled_at`."""

    __tablename__ = "restoration"

    id: Mapped[Id]
    copied_at: Mapped[datetime] = mapped_column(Instant)
    restored_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    margin: Mapped[int] = mapped_column(Integer)
    """How many numbers each series was moved on."""
    reconciled_at: Mapped[datetime | None] = mapped_column(Instant)
    reconciled_by: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")


class CalendarVersion(Base):
    """One act of changing a calendar; its id, which only rises, is the calendar's version."""

    __tablename__ = "calendar_version"

    id: Mapped[Id]
    org_code: Mapped[str] = mapped_column(String(64), default="")
    """The agency whose calendar it is, and of those below it; empty: all."""
    hours: Mapped[str | None] = mapped_column(String(100))
    """Office hours from then on, as `09:00-12:00 13:00-17:00`; NULL: unchanged."""
    source: Mapped[str] = mapped_column(String(200), default="")
    by: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class CalendarChange(Base):
    """A day that a version laid down; `is_working` NULL takes an earlier change back."""

    __tablename__ = "calendar_change"
    __table_args__ = (Index("ix_calendar_change", "org_code", "day", "version"),)

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(ForeignKey("calendar_version.id"))
    org_code: Mapped[str] = mapped_column(String(64), default="")
    day: Mapped[date] = mapped_column(Date)
    is_working: Mapped[bool | None] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(String(100), default="")
