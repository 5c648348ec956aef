"""The small regular duties of an installation, once a minute from the worker's heartbeat.

Invariant: each may be done twice or late without harm.
"""

import time
from typing import Final

from sqlalchemy.orm import Session

from engine import clock
from processes.approvals import circulation
from processes.background import repeats
from processes.casefile import backfill, messages, signalling
from processes.desk import presence
from processes.documents import sweeping
from processes.exchange import journal
from processes.identity import authority
from processes.people import handback
from processes.public import kept

BATCHES: Final = 20
"""How many batches of a long work a minute takes on, each in a transaction of its own."""


def go_on(session: Session) -> bool:
    """Do the next batch of a long work; whether there may be more."""
    return bool(backfill.fill(session))


def sweep(look: sweeping.Look) -> int:
    """Look through one folder of files, another one each minute; how many files went."""
    return sweeping.sweep(look, int(time.time()) // 60)


def all_due(session: Session) -> None:
    """End what has run out."""
    repeats.forget_old(session)
    presence.forget_old(session)
    kept.forget_old(session)
    messages.expire(session)
    journal.forget_old(session)
    today = clock.today()
    authority.expire(session, today)
    handback.release_ended(session, today)
    circulation.remind(session)
    signalling.report_near(session)
    signalling.report_overdue(session)
    signalling.report_steps(session)
