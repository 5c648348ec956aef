"""Commands that carry an idempotency key: done once, answered the same each time.

Invariant: the record is written in the transaction of the command: an answer exists if and only
if the command was done. Of two at the same moment the primary key lets one commit; the other runs
again and finds the answer.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError
from engine.model import CommandRecord

KEPT_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered."""

    status: int
    body: str


class KeyReused(BanliError):
    """The key came before with another request; `answer` is what that one was answered."""

    code = "idempotency_key_reused"

    def __init__(self, message: str, *, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


def once(
    session: Session, key: str, *, actor: str, digest: str, work: Callable[[], Answer]
) -> Answer:
    """Do the work of a command, or give the answer of the time it was done; no key: do it.

    Raises:
        KeyReused: the key came before with another request.
    """
    if not key:
        return work()
    if earlier := _recall(session, key, actor=actor, digest=digest):
        return earlier
    answer = work()
    _remember(session, key, actor=actor, digest=digest, answer=answer)
    return answer


def of_form(
    session: Session, token: str, *, by: int, answers: Mapping[str, Any], work: Callable[[], int]
) -> int:
    """Do what a posted form orders, once per token of its page; `work` gives the id of the case.

    Raises:
        KeyReused: the page was sent before with other answers.
    """
    typed = json.dumps(answers, sort_keys=True, default=str)  # ASCII, whatever was typed
    digest = hashlib.sha256(typed.encode()).hexdigest()

    def answered() -> Answer:
        return Answer(303, str(work()))

    return int(once(session, f"form:{token}", actor=str(by), digest=digest, work=answered).body)


def done_by_form(session: Session, token: str, *, by: int) -> int | None:
    """The case in which the page with this token was done; None if it was not."""
    record = session.get(CommandRecord, (f"form:{token}", str(by))) if token else None
    return int(record.response) if record else None


def _recall(session: Session, key: str, *, actor: str, digest: str) -> Answer | None:
    record = session.get(CommandRecord, (key, actor))
    if record is None:
        return None
    if record.request_digest != digest:
        message = "这个幂等键（Idempotency-Key）已用于另一项内容不同的请求"
        raise KeyReused(message, answer=Answer(record.status, record.response))
    return Answer(record.status, record.response)


def _remember(session: Session, key: str, *, actor: str, digest: str, answer: Answer) -> None:
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
