"""Commands that carry an idempotency key: done once, answered the same each time.

Invariant: the record is written in the transaction of the command: an answer exists if and only
if the command was done.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError
from engine.model import CommandRecord

KEPT_FOR = timedelta(days=2)


class KeyReused(BanliError):
    """The key came before with another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered."""

    status: int
    body: str


def recall(session: Session, key: str, *, actor: str, digest: str) -> Answer | None:
    """The answer of an earlier command with this key, or None.

    Raises:
        KeyReused: it was another command.
    """
    record = session.get(CommandRecord, (key, actor))
    if record is None:
        return None
    if record.request_digest != digest:
        raise KeyReused("这个幂等键（Idempotency-Key）已用于另一项内容不同的请求")
    return Answer(record.status, record.response)


def remember(session: Session, key: str, *, actor: str, digest: str, answer: Answer) -> None:
    """Keep the answer beside the command's own changes."""
    session.add(
        CommandRecord(
            key=key,
            actor=actor,
            request_digest=digest,
            status=answer.status,
            response=answer.body,
        )
    )
    session.flush()


def forget_old(session: Session) -> None:
    """Delete the records nobody asks for any more."""
    session.execute(delete(CommandRecord).where(CommandRecord.created_at < clock.now() - KEPT_FOR))
