"""Numbers that a request may bear once: what was recorded on its way opens nothing again.

Invariant: the record is kept longer than the time window of a signature.
"""

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import MessageRefused
from engine.model import CommandRecord

_LONGEST = 100


def spend(session: Session, channel: str, nonce: str) -> None:
    """Use up the number of a request that a department signed.

    Raises:
        MessageRefused: it came before, or is no number.
    """
    if not 0 < len(nonce) <= _LONGEST:
        raise MessageRefused("一次性数缺失或过长")
    row = {"key": f"nonce:{nonce}", "actor": f"channel:{channel}"[:64], "request_digest": ""}
    try:
        with session.begin_nested():
            session.execute(
                insert(CommandRecord).values(**row, status=0, response="", created_at=clock.now())
            )
    except IntegrityError as error:
        raise MessageRefused("这个请求已经处理过（一次性数重复）") from error
