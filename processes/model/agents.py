"""Who acts for whom (代理), whose turn it is in a pool, who was chosen for a task ahead.

Invariant: a substitution is never changed but for its revocation; outside its days it means
nothing.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant


class Substitution(Base):
    """The agent may do the principal's tasks from one day to another, both included.

    `processes`: keys of the cases' processes, separated by blanks; empty: all. `amount_limit`: only
    cases whose amount is known and not above it, in fen; NULL: whatever the amount.
    """

    __tablename__ = "substitution"
    __table_args__ = (
        Index("ix_substitution_agent", "agent", "ends_on"),
        Index("ix_substitution_principal", "principal", "ends_on"),
    )

    id: Mapped[Id]
    principal: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    agent: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    processes: Mapped[str] = mapped_column(Text, default="")
    amount_limit: Mapped[int | None] = mapped_column(BigInteger)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    revoked_by: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Rotation(Base):
    """Who got the last task of a pool; the row is the lock of those who pick from it."""

    __tablename__ = "rotation"

    pool: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int | None] = mapped_column(BigInteger)
    turned_at: Mapped[datetime | None] = mapped_column(Instant)


class PlannedPerson(Base):
    """Somebody chosen for a task ahead of one case: a copy of what its state says, to be found."""

    __tablename__ = "planned_person"
    __table_args__ = (Index("ix_planned_person_user", "user_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    activity: Mapped[str] = mapped_column(String(128), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    planned_by: Mapped[int] = mapped_column(BigInteger)
    planned_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
