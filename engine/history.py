"""What happened, in order: events of an instance, who did what, variables at any time.

Invariant: read only; the store appends.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.cache import VARIABLES_CHANGED
from engine.model import HistoryEvent
from engine.variables import Variables


def events(
    session: Session, instance_id: int, *, after: int = 0, limit: int = 1_000
) -> Sequence[HistoryEvent]:
    """The events of an instance after a sequence number, without the variable deltas."""
    query = select(HistoryEvent).where(
        HistoryEvent.instance_id == instance_id,
        HistoryEvent.sequence > after,
        HistoryEvent.type != VARIABLES_CHANGED,
    )
    return session.scalars(query.order_by(HistoryEvent.sequence).limit(limit)).all()


def performers(session: Session, instance_id: int) -> Mapping[str, frozenset[str]]:
    """Who completed each user task activity of an instance: activity → actors."""
    created = (
        select(HistoryEvent.activity_id)
        .where(HistoryEvent.instance_id == instance_id, HistoryEvent.type == "task.created")
        .scalar_subquery()
    )
    rows = session.execute(
        select(HistoryEvent.activity, HistoryEvent.actor)
        .where(
            HistoryEvent.instance_id == instance_id,
            HistoryEvent.type == "activity.completed",
            HistoryEvent.activity_id.in_(created),
            HistoryEvent.actor != "",
        )
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for activity, actor in rows:
        found.setdefault(activity, set()).add(actor)
    return {activity: frozenset(actors) for activity, actors in found.items()}


def ending_of(session: Session, activity_id: int) -> HistoryEvent | None:
    """How an activity instance ended: completed or cancelled, by whom and when."""
    query = select(HistoryEvent).where(
        HistoryEvent.activity_id == activity_id,
        HistoryEvent.type.in_(["activity.completed", "activity.cancelled"]),
    )
    return session.scalar(query.order_by(HistoryEvent.at.desc()).limit(1))


def variables_at(session: Session, instance_id: int, sequence: int) -> dict[int, Variables]:
    """The variables of every scope after an event: all deltas up to it."""
    query = select(HistoryEvent.data).where(
        HistoryEvent.instance_id == instance_id,
        HistoryEvent.type == VARIABLES_CHANGED,
        HistoryEvent.sequence <= sequence,
    )
    found: dict[int, Variables] = {}
    for data in session.scalars(query.order_by(HistoryEvent.sequence)):
        for scope, values in data["set"].items():
            found.setdefault(int(scope), {}).update(values)
        for scope in data.get("closed", []):
            found.pop(int(scope), None)
    return found


def activity_states(session: Session, instance_id: int) -> Mapping[str, str]:
    """The last thing that happened to each activity: started, completed or cancelled."""
    last = (
        select(HistoryEvent.activity, func.max(HistoryEvent.sequence).label("sequence"))
        .where(
            HistoryEvent.instance_id == instance_id,
            HistoryEvent.type.startswith("activity."),
            HistoryEvent.activity != "",
        )
        .group_by(HistoryEvent.activity)
        .subquery()
    )
    rows = session.execute(
        select(HistoryEvent.activity, HistoryEvent.type)
        .join(last, last.c.sequence == HistoryEvent.sequence)
        .where(HistoryEvent.instance_id == instance_id)
    )
    return {activity: kind.removeprefix("activity.") for activity, kind in rows}
