"""Messages, signals and facts that come in: a message reaches one, a signal all who wait for it.

Invariant: a copy of a message (same channel, same id) changes nothing. Neither ever decides an
approval: it only reaches an event that a model waits with.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from engine import conditions, correlation, jobs, signals, variables
from engine.correlation import Correlation
from engine.jobs import JobWork
from engine.ports import Message
from engine.variables import Variables

TIME_TO_LIVE: Final = timedelta(days=30)
INTERNAL: Final = "internal"


def accept(
    session: Session, *, channel: str, message: Message, to: int | None = None
) -> Correlation:
    """Take a message of a department, or of a person for the one wait that was chosen (`to`).

    Raises what `engine.variables.check` raises.
    """
    variables.check(message.variables)
    return correlation.correlate(
        session,
        message.name,
        message.correlation_key,
        message.variables,
        message_id=message.id,
        channel=channel,
        ttl=TIME_TO_LIVE,
        to=to,
    )


def broadcast(session: Session, name: str, values: Variables) -> int:
    """Bring a signal to all who wait for it now; raises what `engine.variables.check` raises.

    Returns the id of the job that does it.
    """
    return signals.throw(session, name, values)


def tell(session: Session, facts: Variables) -> list[int]:
    """Look at the conditional start events with facts; returns the instances begun.

    Raises what `engine.conditions.tell` raises.
    """
    return conditions.tell(session, facts)


def deliver(session: Session, work: JobWork, message: Message) -> Correlation:
    """Hand a message that one of our processes sent to another; ends its job in the same step."""
    correlation = accept(session, channel=INTERNAL, message=message)
    jobs.finish(session, work)
    return correlation


def expire(session: Session) -> int:
    """Make an incident of each message that nobody took in its time; returns how many."""
    return correlation.expire(session)
