"""Writes a step: state, rows that are waited for, messages, history; in one transaction.

Invariant: nothing is written before the engine has run. The revision decides: if another step was
stored meanwhile, nothing of this one is (`Conflict`). Afterwards the rows of an instance are what
its tokens imply, neither more nor less.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from engine import cache, clock, ids, limits, sealing
from engine.errors import Conflict, LimitExceeded
from engine.execution import Execution
from engine.model import (
    EventSubscription,
    HistoryEvent,
    InboundMessage,
    Incident,
    Job,
    ProcessInstance,
    UserTask,
    UserTaskCandidate,
)
from engine.record import StepRecord
from engine.variables import encode
from engine.waiting import ExternalTaskWait, MessageWait, TimerWait, UserTaskWait, Wait

Observer = Callable[[Session, Execution, StepRecord], None]
observers: list[Observer] = []
SNAPSHOT_EVERY: Final = 16

_instance: Final[Table] = ProcessInstance.__table__  # type: ignore[assignment]
_task: Final[Table] = UserTask.__table__  # type: ignore[assignment]
_candidate: Final[Table] = UserTaskCandidate.__table__  # type: ignore[assignment]
_subscription: Final[Table] = EventSubscription.__table__  # type: ignore[assignment]
_job: Final[Table] = Job.__table__  # type: ignore[assignment]
_incident: Final[Table] = Incident.__table__  # type: ignore[assignment]
_history: Final[Table] = HistoryEvent.__table__  # type: ignore[assignment]
_inbound: Final[Table] = InboundMessage.__table__  # type: ignore[assignment]

_ADVANCE: Final = (
    update(_instance)
    .where(
        _instance.c.id == bindparam("b_id"),
        _instance.c.revision == bindparam("b_revision"),
        _instance.c.status == "active",
    )
    .values(
        revision=_instance.c.revision + 1,
        state=bindparam("b_state"),
        sequence=bindparam("b_sequence"),
        status=bindparam("b_status"),
        ended_at=bindparam("b_ended_at"),
    )
)
_SNAPSHOT: Final = (
    update(_instance)
    .where(_instance.c.id == bindparam("b_id"))
    .values(snapshot=bindparam("b_snapshot"), snapshot_revision=bindparam("b_revision"))
)
_TAKE_TASK: Final = delete(_task).where(
    _task.c.id == bindparam("b_id"),
    or_(_task.c.assignee.is_(None), _task.c.assignee == bindparam("b_by")),
)
_BUFFERED: Final = select(_inbound.c.id).where(
    _inbound.c.state == "buffered",
    _inbound.c.name == bindparam("b_name"),
    _inbound.c.correlation_key == bindparam("b_key"),
    _inbound.c.expires_at > bindparam("b_now"),
)


def create(session: Session, execution: Execution, *, business_key: str, by: str) -> None:
    """Insert a new instance and store its first step."""
    session.connection().execute(
        insert(_instance).values(
            id=execution.instance_id,
            definition_id=execution.definition_id,
            business_key=business_key,
            started_by=by,
            started_at=clock.now(),
            revision=0,
            status="active",
            sequence=0,
            snapshot_revision=0,
        )
    )
    execution.actor = by
    execution.dirty = True
    save(session, execution)


def save(session: Session, execution: Execution) -> None:
    """Store a step that has been advanced.

    Raises:
        Conflict: another step of the instance, or of the task completed, was first.
        LimitExceeded: the state has become too large.
    """
    connection, step, now = session.connection(), execution.step, clock.now()
    if execution.completed and _end_status(execution) == "completed":
        step.note("instance.completed", "", execution.instance_id)
    events = _events(execution, step)
    execution.sequence += len(events)
    _write_instance(connection, execution, now)
    _write_history(connection, execution, events, now)
    if execution.revision % SNAPSHOT_EVERY == 0 or execution.completed:
        _write_snapshot(connection, execution)
    execution.revision += 1
    _write_waits(connection, execution, now)
    _write_messages(connection, execution, now)
    _write_incidents(connection, execution, now)
    execution.remember()
    for observer in observers:
        observer(session, execution, step)
    cache.keep(session, execution)


def _write_instance(connection: Connection, execution: Execution, now: datetime) -> None:
    state = sealing.seal(execution.dump(), execution.compiled.digest)
    if len(state) > limits.STATE_BYTES:
        raise LimitExceeded("流程状态超过 4 MiB")
    done = execution.completed
    result = connection.execute(
        _ADVANCE,
        {
            "b_id": execution.instance_id,
            "b_revision": execution.revision,
            "b_state": None if done else state,
            "b_sequence": execution.sequence,
            "b_status": _end_status(execution) if done else "active",
            "b_ended_at": now if done else None,
        },
    )
    if result.rowcount != 1:
        raise Conflict("办件刚刚被他人办理，请重试", instance=execution.instance_id)


def _end_status(execution: Execution) -> str:
    terminated = any(one.type == "instance.terminated" for one in execution.step.events)
    return "terminated" if terminated else "completed"


def _write_snapshot(connection: Connection, execution: Execution) -> None:
    snapshot = {str(scope.id): scope.variables for scope in execution.scopes.values()}
    connection.execute(
        _SNAPSHOT,
        {
            "b_id": execution.instance_id,
            "b_snapshot": encode(snapshot),
            "b_revision": execution.revision + 1,
        },
    )


def _events(execution: Execution, step: StepRecord) -> list[dict[str, Any]]:
    found = [
        {
            "type": one.type,
            "activity": one.activity,
            "activity_id": one.activity_id,
            "data": dict(one.data),
        }
        for one in step.events
    ]
    if step.variable_deltas or step.scopes_closed:
        data = {"set": {str(scope): values for scope, values in step.variable_deltas.items()}}
        if step.scopes_closed:
            data["closed"] = [str(scope) for scope in step.scopes_closed]  # type: ignore[assignment]
        found.append(
            {"type": cache.VARIABLES_CHANGED, "activity": "", "activity_id": None, "data": data}
        )
    return found


def _write_history(
    connection: Connection, execution: Execution, events: list[dict[str, Any]], now: datetime
) -> None:
    first = execution.sequence - len(events)
    rows = [
        {
            **one,
            "instance_id": execution.instance_id,
            "sequence": first + index,
            "revision": execution.revision + 1,
            "actor": execution.actor,
            "at": now,
        }
        for index, one in enumerate(events, 1)
    ]
    if rows:
        connection.execute(insert(_history), rows)


def _write_waits(connection: Connection, execution: Execution, now: datetime) -> None:
    before, after = execution.stored, execution.waits
    for gone in [wait for key, wait in before.items() if after.get(key) != wait]:
        _delete(connection, execution, gone, changed=gone.id in after)
    fresh = [wait for key, wait in after.items() if before.get(key) != wait]
    tasks = [wait for wait in fresh if isinstance(wait, UserTaskWait)]
    _insert_tasks(connection, execution, tasks, now)
    for wait in fresh:
        if isinstance(wait, MessageWait):
            _insert_subscription(connection, execution, wait, now)
        elif isinstance(wait, TimerWait | ExternalTaskWait):
            connection.execute(insert(_job).values(**_job_row(execution, wait, now)))


def _delete(connection: Connection, execution: Execution, wait: Wait, *, changed: bool) -> None:
    if isinstance(wait, UserTaskWait):
        by = execution.completing.get(wait.id)
        connection.execute(delete(_candidate).where(_candidate.c.task_id == wait.id))
        if by is None or changed:
            connection.execute(delete(_task).where(_task.c.id == wait.id))
        elif connection.execute(_TAKE_TASK, {"b_id": wait.id, "b_by": by}).rowcount != 1:
            raise Conflict("该任务刚刚被他人签收", task=wait.id)
    elif isinstance(wait, MessageWait):
        connection.execute(delete(_subscription).where(_subscription.c.id == wait.id))
    else:
        connection.execute(delete(_job).where(_job.c.id == wait.id))
        connection.execute(delete(_incident).where(_incident.c.job_id == wait.id))


def _insert_tasks(
    connection: Connection, execution: Execution, waits: list[UserTaskWait], now: datetime
) -> None:
    if not waits:
        return
    connection.execute(insert(_task), [_task_row(execution, wait, now) for wait in waits])
    candidates = [
        {"task_id": wait.id, "candidate": one}
        for wait in waits
        for one in (*wait.candidate_groups, *(f"user:{user}" for user in wait.candidate_users))
    ]
    if candidates:
        connection.execute(insert(_candidate), candidates)


def _task_row(execution: Execution, wait: UserTaskWait, now: datetime) -> dict[str, Any]:
    return {
        "id": wait.id,
        "instance_id": execution.instance_id,
        "definition_id": wait.definition_id or execution.definition_id,
        "process_key": wait.process_key or execution.compiled.key,
        "activity": wait.activity,
        "name": wait.name,
        "lane": wait.lane,
        "scope_id": wait.scope_id,
        "assignee": wait.assignee,
        "claimed_at": now if wait.assignee else None,
        "form_id": wait.form_id,
        "due_at": wait.due_at,
        "follow_up_at": wait.follow_up_at,
        "limit_title": wait.limit_title,
        "priority": wait.priority,
        "separation": " ".join(wait.separation),
        "operations": " ".join(wait.operations),
        "suspended": False,
        "created_at": now,
    }


def _insert_subscription(
    connection: Connection, execution: Execution, wait: MessageWait, now: datetime
) -> None:
    connection.execute(
        insert(_subscription).values(
            id=wait.id,
            kind="message",
            name=wait.name,
            correlation_key=wait.correlation_key,
            instance_id=execution.instance_id,
            definition_id=execution.definition_at(wait.id),
            activity=wait.activity,
            public_form_id=wait.public_form_id,
            public_title=wait.public_title,
            suspended=False,
            created_at=now,
        )
    )
    asked = {"b_name": wait.name, "b_key": wait.correlation_key, "b_now": now}
    for inbound_id in connection.execute(_BUFFERED, asked).scalars():
        # the message was here before the subscription: a job delivers it in a step of its own
        row = _plain_job(execution, inbound_id, "inbound_message", wait.activity, now)
        connection.execute(insert(_job).values(**row))
        connection.execute(
            update(_inbound).where(_inbound.c.id == inbound_id).values(state="delivering")
        )


def _job_row(
    execution: Execution, wait: TimerWait | ExternalTaskWait, now: datetime
) -> dict[str, Any]:
    if isinstance(wait, TimerWait):
        row = _plain_job(execution, wait.id, "timer", wait.activity, wait.due_at)
        return {**row, "topic": wait.repeat or "", "created_at": now}
    row = _plain_job(execution, wait.id, "external_task", wait.activity, now)
    return {
        **row,
        "topic": wait.topic,
        "definition_id": execution.definition_at(wait.id),
        "payload": wait.variables,
        "retries": wait.retries,
    }


def _plain_job(
    execution: Execution, job_id: int, kind: str, activity: str, due_at: datetime
) -> dict[str, Any]:
    return {
        "id": job_id,
        "kind": kind,
        "instance_id": execution.instance_id,
        "definition_id": execution.definition_id,
        "activity": activity,
        "topic": "",
        "correlation_key": "",
        "payload": {},
        "due_at": due_at,
        "fencing": 0,
        "retries": limits.RETRIES,
        "suspended": False,
        "last_error": "",
        "created_at": clock.now(),
    }


def _write_messages(connection: Connection, execution: Execution, now: datetime) -> None:
    rows = [
        {
            **_plain_job(execution, ids.next_id(), "outbox_message", message.activity, now),
            "topic": message.name,
            "correlation_key": message.correlation_key or "",
            "payload": message.variables,
        }
        for message in execution.step.messages
    ]
    if rows:
        connection.execute(insert(_job), rows)


def _write_incidents(connection: Connection, execution: Execution, now: datetime) -> None:
    present = execution.incidents
    gone = [one for one in execution.stored_incidents if one not in present]
    if gone:
        connection.execute(
            delete(_incident).where(
                _incident.c.instance_id == execution.instance_id, _incident.c.activity_id.in_(gone)
            )
        )
    rows = [
        {
            "id": ids.next_id(),
            "kind": one.code,
            "instance_id": execution.instance_id,
            "definition_id": execution.definition_id,
            "activity": one.activity,
            "activity_id": one.activity_id,
            "message": one.message,
            "details": dict(one.details),
            "raised_at": now,
        }
        for key, one in present.items()
        if key not in execution.stored_incidents
    ]
    if rows:
        connection.execute(insert(_incident), rows)
    if execution.completed:
        connection.execute(
            delete(_incident).where(_incident.c.instance_id == execution.instance_id)
        )
