"""What went over the interfaces, written down in the transaction of what it tells.

Invariant: an attempt is told once, with its outcome; what cannot be a department's own is told
only so often that nobody fills the table with it. Rows older than `KEPT_FOR` are deleted.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.correlation import Correlation
from engine.jobs import JobWork
from engine.ports import Message
from engine.variables import Variables
from processes.model.exchange import ExchangeEvent

KEPT_FOR: Final = timedelta(days=30)
_REFUSED_AN_HOUR: Final = 60
OUTCOMES: Final = {
    "sent": "已送达",
    "answered": "已答复",
    "taken": "已接收",
    "duplicate": "重复，不再处理",
    "differs": "与人工录入不一致",
    "failed": "失败，将重试",
    "refused": "被拒绝",
    "paused": "暂停调用",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A job on its way to a department; begun when it was made."""

    adapter: str
    work: JobWork
    way: str = "push"
    by: str = ""
    begun: float = field(default_factory=time.monotonic)

    def ended(
        self, session: Session, outcome: str, *, error: str = "", content: Variables | None = None
    ) -> None:
        """Write down how it went."""
        work = self.work
        session.add(
            ExchangeEvent(
                adapter=self.adapter,
                direction="out",
                way=self.way,
                name=work.topic,
                message_id=work.key,
                correlation_key=work.correlation_key or work.business_key,
                instance_id=work.instance_id or None,
                job_id=work.id,
                outcome=outcome,
                error=error[:2_000],
                took_ms=round((time.monotonic() - self.begun) * 1000),
                by=self.by,
                content=content,
            )
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came in from a department."""

    adapter: str
    message: Message
    way: str = "push"
    by: str = ""

    def ended(
        self,
        session: Session,
        taken: Correlation,
        *,
        outcome: str = "",
        content: Variables | None = None,
    ) -> None:
        """Write down what became of it."""
        message = self.message
        session.add(
            ExchangeEvent(
                adapter=self.adapter,
                direction="in",
                way=self.way,
                name=message.name,
                message_id=message.id,
                correlation_key=message.correlation_key,
                instance_id=taken.instance_id,
                outcome=outcome or ("duplicate" if taken.kind == "duplicate" else "taken"),
                by=self.by,
                content=content,
            )
        )


def refused(session: Session, adapter: str, reason: str, *, way: str = "push") -> None:
    """Write down that something came that could not be taken; at most so many an hour."""
    recent = (
        select(func.count())
        .select_from(ExchangeEvent)
        .where(
            ExchangeEvent.adapter == adapter,
            ExchangeEvent.direction == "in",
            ExchangeEvent.outcome == "refused",
            ExchangeEvent.at > clock.now() - timedelta(hours=1),
        )
    )
    if (session.scalar(recent) or 0) < _REFUSED_AN_HOUR:
        session.add(
            ExchangeEvent(
                adapter=adapter,
                direction="in",
                way=way,
                name="",
                outcome="refused",
                error=reason[:2_000],
            )
        )


def forget_old(session: Session) -> None:
    """Delete what is too old to help anybody."""
    session.execute(delete(ExchangeEvent).where(ExchangeEvent.at < clock.now() - KEPT_FOR))
