"""Conditional start events: looked at when somebody tells of facts, as an instance has no others.

Invariant: an event fires when its condition becomes true, not while it stays so: it must have been
false before it can fire again, however many tell of the facts at once. A new version begins anew.
Source: BPMN 2.0.2, table 10.93 and 10.5.5 (the data of the condition is not of an instance).
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock, jobs, repository, runtime, variables
from engine.definition.events import ConditionalEvent, singles
from engine.model import EventSubscription
from engine.specs.waits import holds
from engine.variables import Variables

_HELD: Final = "held"


def tell(session: Session, facts: Variables) -> list[int]:
    """Look at every conditional start event with these facts; returns the instances begun.

    The facts become the variables of each. A condition that reads what is not among them is false.

    Raises:
        VariablesInvalid: the facts may not become variables.
        ExpressionError: a condition fails on them, or is neither true nor false; nothing begins.
    """
    variables.check(facts)
    waiting = session.execute(
        select(EventSubscription.id, EventSubscription.definition_id, EventSubscription.activity)
        .where(
            EventSubscription.kind == "condition",
            EventSubscription.instance_id.is_(None),
            EventSubscription.suspended.is_(False),
        )
        .order_by(EventSubscription.id)
    ).all()
    return [
        _start(session, definition_id, activity, facts)
        for subscription_id, definition_id, activity in waiting
        if _turn(session, subscription_id, held=_hold(session, definition_id, activity, facts))
    ]


def _hold(session: Session, definition_id: int, activity: str, facts: Mapping[str, Any]) -> bool:
    compiled = repository.compiled(session, definition_id)
    event = next(one for one in compiled.start_events if one.id == activity)
    made = [one for one in singles(event.definition) if isinstance(one, ConditionalEvent)]
    return any(holds(one, facts) for one in made)


def _turn(session: Session, subscription_id: int, *, held: bool) -> bool:
    """Whether the condition has just become true; only one of those who ask at once learns it."""
    changed = session.execute(
        update(EventSubscription)
        .where(
            EventSubscription.id == subscription_id,
            EventSubscription.correlation_key == ("" if held else _HELD),
        )
        .values(correlation_key=_HELD if held else "")
        .execution_options(synchronize_session=False)
    )
    return held and changed.rowcount == 1  # type: ignore[attr-defined]


def _start(session: Session, definition_id: int, activity: str, facts: Variables) -> int:
    definition = repository.get(session, definition_id)
    begun = runtime.start(
        session,
        definition.key,
        by=jobs.SYSTEM,
        variables=facts,
        business_key=f"{definition.key}-{clock.now():%Y%m%d%H%M%S}",
        start_event=activity,
        version=definition.version,
    )
    return begun.id
