"""How far the demo's generated country is: one row for each of its parts.

Invariant: a row rises in the transaction of what it counts, so that whoever goes on after a stop
neither repeats nor omits anything.
"""

from datetime import date, datetime

from sqlalchemy import Date, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Instant


class CountryPart(Base):
    """A part of the country: `ground` (agencies, ledgers) or the stories of some domains."""

    __tablename__ = "country_part"

    part: Mapped[str] = mapped_column(String(32), primary_key=True)
    size: Mapped[str] = mapped_column(String(16))
    on_day: Mapped[date] = mapped_column(Date)
    """The day up to which the country is told; never moved."""
    planned: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, default=0)
    cases: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    last_failure: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[int] = mapped_column(Integer, default=0)
    """How long was worked at it so far."""
    begun_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
