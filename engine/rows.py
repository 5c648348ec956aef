"""The rows that a step writes, as the driver takes them.

Invariant: columns are named here once, in the order of the values below them; what a row says is
what its wait says, so that a row can always be derived again.
"""

from collections.abc import Callable, Container, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from engine import ids, limits
from engine.driver import Row, Statement
from engine.record import (
    ENDINGS,
    HistoryEvent,
    Incident,
    ThrownMessage,
    ThrownSignal,
    written,
)
from engine.variables import encode
from engine.waiting import (
    ConditionWait,
    ExternalTaskWait,
    MessageWait,
    SignalWait,
    TimerWait,
    UserTaskWait,
)

Stamp = Callable[[Any], Any]
Awaited = MessageWait | SignalWait | ConditionWait
_KINDS: Final = {MessageWait: "message", SignalWait: "signal", ConditionWait: "condition"}
_NAME: Final = 128


def _insert(table: str, columns: str) -> str:
    """A column with a value of its own (`fencing = 0`) has that in every row."""
    pairs = [one.partition(" = ") for one in columns.split(", ")]
    names, marks = ", ".join(name for name, *_ in pairs), ", ".join(own or "?" for *_, own in pairs)
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names


def _write_over(table: str, columns: str) -> str:
    """The instance stays the same, and with it its index and the place of the row."""
    _instance, *others = columns.split(", ")
    changes = ", ".join(one if " = " in one else f"{one} = ?" for one in others)
    return f"UPDATE {table} SET {changes}"  # noqa: S608 - our own names


NEW_INSTANCE: Final = _insert(
    "process_instance",
    "id, definition_id, business_key, status, revision, state, sequence, started_by, started_at,"
    " ended_at",
)
ADVANCE: Final = (
    "UPDATE process_instance SET revision = ?, state = ?, sequence = ?"
    " WHERE id = ? AND revision = ? AND status = 'active'"
)
FINISH: Final = (
    "UPDATE process_instance SET revision = ?, state = NULL, sequence = ?, status = ?, ended_at = ?"
    " WHERE id = ? AND revision = ? AND status = 'active'"
)
HISTORY: Final = _insert(
    "history_step", "instance_id, revision, sequence, ended_id, actor, at, events, delta"
)
SNAPSHOT: Final = (
    _insert("variable_snapshot", "instance_id, revision, content")
    + " ON CONFLICT (instance_id) DO UPDATE SET revision = excluded.revision,"
    " content = excluded.content"
)
_TASK: Final = (
    "instance_id, id, definition_id, process_key, activity, name, lane, scope_id, assignee,"
    " claimed_at, form_id, due_at, follow_up_at, limit_title, kind, priority, separation,"
    " operations, candidates, created_at, suspended = FALSE, revision = 1"
)
TASK: Final = _insert("user_task", _TASK)
CANDIDATE: Final = _insert("user_task_candidate", "candidate, task_id")
SUBSCRIPTION: Final = _insert(
    "event_subscription",
    "id, kind, name, correlation_key, instance_id, definition_id, activity, public_form_id,"
    " public_title, suspended, created_at",
)
_JOB: Final = (
    "instance_id, id, kind, definition_id, activity, topic, correlation_key, payload, due_at,"
    " retries, priority, created_at, business_key = '', owner = NULL, lease_until = NULL,"
    " fencing = 0, crashes = 0, suspended = FALSE, last_error = ''"
)
JOB: Final = _insert("job", _JOB)
REARM: Final = (
    "UPDATE job SET topic = ?, due_at = ?, owner = NULL, lease_until = NULL,"
    " fencing = fencing + 1, crashes = 0, retries = ?, last_error = '' WHERE id = ?"
)
REARM_FIRED: Final = REARM + " AND fencing = ?"
WARNED: Final = "SELECT 1 FROM history_event WHERE instance_id = ? AND type = ? LIMIT 1"
INCIDENT: Final = _insert(
    "incident",
    "id, kind, instance_id, definition_id, activity, activity_id, message, details, raised_at",
)
END_CANDIDATE: Final = "DELETE FROM user_task_candidate WHERE candidate = ? AND task_id = ?"
RETIME_TASK: Final = "UPDATE user_task SET due_at = ? WHERE id = ?"
END_TASK: Final = "DELETE FROM user_task WHERE id = ?"
COMPLETE_TASK: Final = "DELETE FROM user_task WHERE id = ? AND revision = ?"
COMPLETE_OWN: Final = (
    "DELETE FROM user_task WHERE id = ? AND suspended IS FALSE"
    " AND (assignee IS NULL OR assignee = ?)"
)
END_SUBSCRIPTION: Final = "DELETE FROM event_subscription WHERE id = ?"
END_JOB: Final = "DELETE FROM job WHERE id = ?"
ANSWER_JOB: Final = "DELETE FROM job WHERE id = ? AND fencing = ?"
END_INCIDENT: Final = "DELETE FROM incident WHERE instance_id = ? AND activity_id = ?"
CLEAR_INCIDENTS: Final = "DELETE FROM incident WHERE instance_id = ? AND job_id IS NULL"
BUFFERED: Final = (
    "SELECT id FROM inbound_message WHERE state = 'buffered' AND name = ?"
    " AND correlation_key = ? AND expires_at > ? ORDER BY id"
)
_WRITE_OVER: Final = {
    TASK: _write_over("user_task", _TASK),
    JOB: _write_over("job", _JOB),
    CANDIDATE: "UPDATE user_task_candidate SET candidate = ?, task_id = ?",
}
DELIVERING: Final = "UPDATE inbound_message SET state = 'delivering' WHERE id = ?"


class Place(NamedTuple):
    """What all rows of a step share."""

    instance_id: int
    revision: int
    definition_id: int
    process_key: str
    actor: str
    stamp: Stamp
    now: Any
    priority: int
    """The class of its jobs (`engine.priority`)."""


def task(place: Place, wait: UserTaskWait) -> Row:
    """The row of a user task."""
    return (
        place.instance_id,
        wait.id,
        wait.definition_id or place.definition_id,
        wait.process_key or place.process_key,
        wait.activity,
        wait.name,
        wait.lane,
        wait.scope_id,
        wait.assignee,
        place.now if wait.assignee else None,
        wait.form_id,
        wait.due_at and place.stamp(wait.due_at),
        wait.follow_up_at and place.stamp(wait.follow_up_at),
        wait.limit_title,
        wait.kind,
        wait.priority,
        " ".join(wait.separation),
        " ".join(wait.operations),
        "\n".join(_may_claim(wait.candidate_groups, wait.candidate_users)),
        place.now,
    )


def candidates(wait: UserTaskWait) -> list[Row]:
    """Who may claim a task."""
    return [(one, wait.id) for one in _may_claim(wait.candidate_groups, wait.candidate_users)]


@lru_cache(maxsize=1024)
def _may_claim(groups: tuple[str, ...], users: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*groups, *(f"user:{user}" for user in users))))


def written_over(end: Statement, insert: str, row: Row) -> Statement:
    """The statement that would delete a row, writing what begins in its place over it.

    One row changed where it stands is less to write than one gone here and one come there, with
    every index of either. Guarded, for without the old row the new one would be lost.
    """
    (condition,) = end.rows
    if insert is CANDIDATE:  # the task it belongs to is guarded
        return Statement(_instead(end.sql, insert), [(*row, *condition)])
    return Statement(_instead(end.sql, insert), [(*row[1:], *condition)], end.guard or "row")


@lru_cache(maxsize=64)
def _instead(delete: str, insert: str) -> str:
    return _WRITE_OVER[insert] + delete[delete.index(" WHERE ") :]


def subscription(place: Place, wait: Awaited, definition_id: int) -> Row:
    """The row of an awaited message, signal or condition."""
    message = wait if isinstance(wait, MessageWait) else None
    return (
        wait.id,
        _KINDS[type(wait)],
        wait.condition[:_NAME] if isinstance(wait, ConditionWait) else wait.name,
        message.correlation_key if message else "",
        place.instance_id,
        definition_id,
        wait.activity,
        message.public_form_id if message else "",
        message.public_title if message else "",
        False,
        place.now,
    )


def timer(place: Place, wait: TimerWait, definition_id: int) -> Row:
    """The job of a timer."""
    what = (wait.id, "timer", definition_id, wait.activity, wait.repeat or "", "")
    return _job(place, what, due=wait.due_at)


def external_task(place: Place, wait: ExternalTaskWait, definition_id: int) -> Row:
    """The job of a service task."""
    what = (wait.id, "external_task", definition_id, wait.activity, wait.topic, "")
    return _job(place, what, payload=encode(wait.variables).decode(), retries=wait.retries)


def outbox(place: Place, message: ThrownMessage) -> Row:
    """The job of a message to send."""
    where = (place.definition_id, message.activity, message.name, message.correlation_key or "")
    what = (ids.next_id(), "outbox_message", *where)
    return _job(place, what, payload=encode(message.variables).decode())


def signal(place: Place, thrown: ThrownSignal) -> Row:
    """The job that broadcasts a signal; its id is the moment of the throw."""
    where = (place.definition_id, thrown.activity, thrown.name, "")
    what = (thrown.id, "signal", *where)
    return _job(place, what, payload=encode(thrown.variables).decode())


def delivery(place: Place, inbound_id: int, activity: str) -> Row:
    """The job that delivers a message which was here before anybody waited for it."""
    return _job(place, (inbound_id, "inbound_message", place.definition_id, activity, "", ""))


def _job(
    place: Place,
    what: tuple[int, str, int, str, str, str],
    *,
    due: datetime | None = None,
    payload: str = "{}",
    retries: int = limits.RETRIES,
) -> Row:
    job_id, kind, definition_id, activity, topic, key = what
    return (
        place.instance_id,
        job_id,
        kind,
        definition_id,
        activity,
        topic,
        key,
        payload,
        place.now if due is None else place.stamp(due),
        retries,
        place.priority,
        place.now,
    )


def incident(place: Place, one: Incident) -> Row:
    """The row of a stuck activity."""
    return (
        ids.next_id(),
        one.code,
        place.instance_id,
        place.definition_id,
        one.activity,
        one.activity_id,
        one.message,
        encode(one.details).decode(),
        place.now,
    )


def history(
    place: Place,
    events: Sequence[HistoryEvent],
    *,
    first: int,
    ended: Container[int],
    delta: bytes | None,
) -> list[Row]:
    """The rows of a step: one, and one more for each further wait that it ended."""
    if not events and delta is None:
        return []
    made: list[Row] = []
    start, ended_id = 0, None

    def add(end: int | None) -> None:
        where = (place.instance_id, place.revision, first + start, ended_id)
        content = written(events[start:end])
        made.append((*where, place.actor, place.now, content, None if made else delta))

    for index, one in enumerate(events):
        if one.activity_id in ended and one.type in ENDINGS:
            if ended_id not in (None, one.activity_id):
                add(index)
                start = index
            ended_id = one.activity_id
    add(None)
    return made
