"""Copies of a case for information (抄送, 传阅) and questions to colleagues (征询).

Invariant: neither holds up a case; a person has one copy of a case however often it is sent.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant


class CaseCopy(Base):
    """A case that somebody may read: sent by a person, or (sender NULL) by the model.

    `must_read`: the reader has to say so; `wants_reply`: a reply is asked for.
    """

    __tablename__ = "case_copy"
    __table_args__ = (
        Index("ux_case_copy", "case_id", "user_id", unique=True),
        Index("ix_case_copy_box", "user_id", "read_at", "id"),
    )

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    sender: Mapped[int | None] = mapped_column(BigInteger)
    activity_name: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    must_read: Mapped[bool] = mapped_column(Boolean, default=False)
    wants_reply: Mapped[bool] = mapped_column(Boolean, default=False)
    sent_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    chased_at: Mapped[datetime | None] = mapped_column(Instant)
    chased: Mapped[int] = mapped_column(Integer, default=0)


class Inquiry(Base):
    """A question of a task's holder to a colleague; the answer is an opinion and nothing more."""

    __tablename__ = "inquiry"
    __table_args__ = (
        Index("ix_inquiry_asked", "asked", "answered_at", "id"),
        Index("ix_inquiry_task", "task_id"),
    )

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    task_id: Mapped[int] = mapped_column(BigInteger)
    activity: Mapped[str] = mapped_column(String(128))
    activity_name: Mapped[str] = mapped_column(String(200), default="")
    asker: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    question: Mapped[str] = mapped_column(Text)
    pauses: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether the task's limit rests until the answer comes."""
    asked_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
