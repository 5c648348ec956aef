"""What the desk keeps beside the cases: search words, cases followed, who has a task open.

Invariant: search words and listed values are derived from the case in the step that changes them;
who has a task open is a hint that runs out by itself and locks nothing.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant

# compared byte by byte, so that a range of an index is what begins with some letters
WORD_LENGTH = 64
_Word = String(WORD_LENGTH).with_variant(String(WORD_LENGTH, collation="C"), "postgresql")

VALUE_LENGTH = 100
_Value = String(VALUE_LENGTH).with_variant(String(VALUE_LENGTH, collation="C"), "postgresql")


class CaseWord(Base):
    """A word that finds a case: its number, the ends of its names, their pinyin initials."""

    __tablename__ = "case_word"
    __table_args__ = (Index("ix_case_word_case", "case_id"), {"sqlite_with_rowid": False})

    word: Mapped[str] = mapped_column(_Word, primary_key=True)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True
    )


class CaseValue(Base):
    """What a case says of a field by which its process lets lists be filtered.

    `text`: the value, days as ISO 8601; `number` beside it where it is one, to be compared.
    """

    __tablename__ = "case_value"
    __table_args__ = ({"sqlite_with_rowid": False},)

    case_id: Mapped[int] = mapped_column(
        ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    text: Mapped[str] = mapped_column(_Value)
    number: Mapped[float | None] = mapped_column(Double)


class ListedField(Base):
    """A field that a version of a process lists, and how far the cases before it are done."""

    __tablename__ = "listed_field"

    process_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    filled_to: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last case that was done, in the order of their ids."""
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class CaseFollow(Base):
    """A case that somebody keeps an eye on (关注)."""

    __tablename__ = "case_follow"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class TaskPresence(Base):
    """Who had the page of a task open last, and when it was heard of; old ones mean nothing."""

    __tablename__ = "task_presence"

    task_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(Instant, index=True)


class SharedFilter(Base):
    """A filter of a list that everybody of an organisation sees."""

    __tablename__ = "shared_filter"
    __table_args__ = (Index("ux_shared_filter", "org_code", "listed", "name", unique=True),)

    id: Mapped[Id]
    org_code: Mapped[str] = mapped_column(ForeignKey("org.org_code"))
    listed: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
