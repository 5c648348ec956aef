"""What happened, in order: events of an instance, who did what, variables at any time.

Invariant: rows are added, never changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, func, insert, select, tuple_
from sqlalchemy.orm import Session

from engine import clock, ids, record
from engine.model import HistoryEvent, HistoryStep, ProcessInstance
from engine.variables import Variables, apply

REPRESENTED = "task.represented"
"""Somebody completed a task for its holder."""
_INSTANCE: Final = bindparam("instance", type_=BigInteger)
# made once: to build a statement costs as much as to carry it out
_OF_TYPE: Final = (
    select(HistoryEvent)
    .where(HistoryEvent.instance_id == _INSTANCE, HistoryEvent.type == bindparam("kind"))
    .order_by(HistoryEvent.sequence)
    .limit(1_000)
)
_PERFORMERS: Final = select(
    HistoryEvent.type, HistoryEvent.activity, HistoryEvent.activity_id, HistoryEvent.actor
).where(
    HistoryEvent.instance_id == _INSTANCE,
    HistoryEvent.type.in_(("task.created", "activity.completed", "task.decided", REPRESENTED)),
)
_CREATED: Final = select(HistoryEvent.activity_id, HistoryEvent.at).where(
    HistoryEvent.instance_id == _INSTANCE, HistoryEvent.type == "task.created"
)
_STATES: Final = (
    select(HistoryEvent.activity, HistoryEvent.type)
    .where(
        HistoryEvent.instance_id == _INSTANCE,
        HistoryEvent.type.startswith("activity."),
        HistoryEvent.activity != "",
    )
    .order_by(HistoryEvent.sequence)
)


def events(
    session: Session, instance_id: int, *, after: int = 0, limit: int = 1_000
) -> Sequence[HistoryEvent]:
    """The events of an instance after a sequence number."""
    query = select(HistoryEvent).where(
        HistoryEvent.instance_id == instance_id, HistoryEvent.sequence > after
    )
    return session.scalars(query.order_by(HistoryEvent.sequence).limit(limit)).all()


def of_type(session: Session, instance_id: int, kind: str) -> Sequence[HistoryEvent]:
    """The events of one type of an instance, oldest first; at most a thousand."""
    return session.scalars(_OF_TYPE, {"instance": instance_id, "kind": kind}).all()


def performers(session: Session, instance_id: int) -> Mapping[str, frozenset[str]]:
    """Who completed each user task activity of an instance: activity → actors.

    Where an agent acted, both are performers: the agent, and whose decision it was.
    """
    rows = session.execute(_PERFORMERS, {"instance": instance_id}).all()
    tasks = {one.activity_id for one in rows if one.type == "task.created"}
    found: dict[str, set[str]] = {}
    for kind, activity, activity_id, actor in rows:
        if kind in record.ENDINGS and activity_id in tasks and actor:
            found.setdefault(activity, set()).add(actor)
    if any(one.type == REPRESENTED for one in rows):
        for event in of_type(session, instance_id, REPRESENTED):
            found.setdefault(event.activity, set()).add(str(event.data["principal"]))
    return {activity: frozenset(actors) for activity, actors in found.items()}


def created(session: Session, instance_id: int) -> Mapping[int, datetime]:
    """When each task and work item of an instance came into being, by its id."""
    rows = session.execute(_CREATED, {"instance": instance_id})
    return {task: at for task, at in rows if task is not None}


def deciders(session: Session, instance_id: int, parts: Iterable[int]) -> frozenset[str]:
    """Who decided the work items of a task, whosever they were."""
    query = select(HistoryEvent.actor).where(
        HistoryEvent.instance_id == instance_id,
        HistoryEvent.type == "task.decided",
        HistoryEvent.activity_id.in_([*parts]),
    )
    return frozenset(session.scalars(query))


def ending_of(session: Session, activity_id: int) -> HistoryEvent | None:
    """How an activity instance ended: completed or cancelled, by whom and when."""
    steps = select(HistoryStep.instance_id, HistoryStep.revision).where(
        HistoryStep.ended_id == activity_id
    )
    query = select(HistoryEvent).where(
        tuple_(HistoryEvent.instance_id, HistoryEvent.revision).in_(steps),
        HistoryEvent.activity_id == activity_id,
        HistoryEvent.type.in_(record.ENDINGS),
    )
    return session.scalar(query.order_by(HistoryEvent.sequence.desc()).limit(1))


def move_of(session: Session, ending: HistoryEvent) -> HistoryEvent | None:
    """The move (return, take back, jump) in whose step something ended, if it was one."""
    query = select(HistoryEvent).where(
        HistoryEvent.instance_id == ending.instance_id,
        HistoryEvent.type == "activity.moved",
        HistoryEvent.revision == ending.revision,
    )
    return session.scalar(query.order_by(HistoryEvent.sequence).limit(1))


def variables_at(session: Session, instance_id: int, sequence: int) -> dict[int, Variables]:
    """The variables of every scope after the step that an event belongs to."""
    upto = (
        select(func.coalesce(func.max(HistoryStep.revision), 0))
        .where(HistoryStep.instance_id == instance_id, HistoryStep.sequence <= sequence)
        .scalar_subquery()
    )
    return _variables(session, instance_id, upto)


def variables_before(session: Session, event: HistoryEvent) -> dict[int, Variables]:
    """The variables of every scope before the step that an event belongs to."""
    return _variables(session, event.instance_id, event.revision - 1)


def _variables(session: Session, instance_id: int, upto: Any) -> dict[int, Variables]:
    found: dict[int, Variables] = {}
    for delta in _deltas(session, instance_id, HistoryStep.revision <= upto):
        apply(found, delta)
    return found


def _deltas(session: Session, instance_id: int, *more: Any) -> Iterator[bytes]:
    query = select(HistoryStep.delta).where(
        HistoryStep.instance_id == instance_id, HistoryStep.delta.is_not(None), *more
    )
    return filter(None, session.scalars(query.order_by(HistoryStep.revision)))


def last_known(
    session: Session, instance_id: int, scopes: Iterable[int]
) -> Mapping[int, Variables]:
    """The variables of scopes when each was closed, or now."""
    wanted, found, last = [*scopes], dict[int, Variables](), dict[int, Variables]()
    for delta in _deltas(session, instance_id):
        apply(found, delta)
        last.update((one, found[one]) for one in wanted if one in found)
    return last


def activity_states(session: Session, instance_id: int) -> Mapping[str, str]:
    """The last thing that happened to each activity: started, completed or cancelled."""
    rows = session.execute(_STATES, {"instance": instance_id})
    return {activity: kind.removeprefix("activity.") for activity, kind in rows}  # the last counts


def append(
    session: Session,
    instance_id: int,
    kind: str,
    *,
    by: str,
    activity: str = "",
    activity_id: int | None = None,
    **data: Any,
) -> None:
    """Add what happened beside the steps: claims, suspension, incidents of jobs."""
    revision = (
        select(ProcessInstance.revision).where(ProcessInstance.id == instance_id).scalar_subquery()
    )
    session.execute(
        insert(HistoryStep).values(
            instance_id=instance_id,
            revision=revision,
            sequence=ids.next_id(),
            actor=by,
            at=clock.now(),
            events=record.written([(kind, activity, activity_id, data)]),
        )
    )
