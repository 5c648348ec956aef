"""Writes a step: state, rows that are waited for, messages, history; in one transaction.

Invariant: nothing is written before the engine has run. The revision decides: if another step was
stored meanwhile, nothing of this one is (`Conflict`). Afterwards the rows of an instance are what
its tokens imply, neither more nor less.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy.orm import Session

from engine import cache, clock, driver, ids, limits, rows, sealing
from engine.driver import Driver, Statement
from engine.execution import Execution
from engine.record import DELETED, StepRecord
from engine.rows import Place
from engine.variables import encode
from engine.waiting import (
    ConditionWait,
    ExternalTaskWait,
    MessageWait,
    SignalWait,
    TimerWait,
    UserTaskWait,
    Wait,
)

Observer = Callable[[Session, Execution, StepRecord], None]
observers: list[Observer] = []
"""Called for every step in its own transaction, after its rows are written."""
preparers: list[Observer] = []
"""Called for every step before anything of it is written; may move due instants."""
SNAPSHOT_EVERY: Final = 16
SNAPSHOT_SHARE: Final = 8
SNAPSHOT_LATEST: Final = 128
"""All variables are written after 16 steps that changed an eighth of them, or after 128."""
LARGE: Final = "instance.large"
"""The event of an instance that has passed `limits.STATE_WARN_BYTES`, once in its life."""
_END: Final[Mapping[type[Wait], tuple[str, str]]] = {
    UserTaskWait: (rows.TASK, rows.END_TASK),
    MessageWait: (rows.SUBSCRIPTION, rows.END_SUBSCRIPTION),
    SignalWait: (rows.SUBSCRIPTION, rows.END_SUBSCRIPTION),
    ConditionWait: (rows.SUBSCRIPTION, rows.END_SUBSCRIPTION),
    TimerWait: (rows.JOB, rows.END_JOB),
    ExternalTaskWait: (rows.JOB, rows.END_JOB),
}
"""Of each kind of wait: what inserts its row, and what deletes it."""
_log = logging.getLogger("banli.engine")

configure = sealing.configure


@contextmanager
def execution(session: Session, instance_id: int, *, actor: str) -> Iterator[Execution]:
    """Take an instance at its revision, let the caller move it, then advance and save it."""
    step = cache.take(session, instance_id, actor)
    yield step
    step.advance()
    save(session, step)


def create(session: Session, execution: Execution, *, business_key: str, by: str) -> None:
    """Store a new instance with its first step."""
    execution.actor = by
    _store(session, execution, new=business_key)


def save(session: Session, execution: Execution) -> None:
    """Store a step that has been advanced.

    Raises:
        Conflict: another step of the instance, or of the task completed, was first.
        LimitExceeded: the state has become too large.
    """
    _store(session, execution, new=None)


def guard_task(execution: Execution, task_id: int, revision: int) -> None:
    """Have the step fail if the task it completes changes hands before it is stored."""
    execution.guards[task_id] = Statement(rows.COMPLETE_TASK, [(task_id, revision)], "task")


def guard_holder(execution: Execution, task_id: int, by: str) -> None:
    """Have the step fail if the task it completes rests or is somebody else's."""
    execution.guards[task_id] = Statement(rows.COMPLETE_OWN, [(task_id, by)], "task")


def guard_job(execution: Execution, job_id: int, fencing: int) -> None:
    """Have the step fail if the lease of the job it answers passes on before it is stored."""
    execution.guards[job_id] = Statement(rows.ANSWER_JOB, [(job_id, fencing)], "job")


def _store(session: Session, execution: Execution, *, new: str | None) -> None:
    if not getattr(session, "asleep", False):
        session.flush()  # what the command wrote before may be what our rows refer to
    connection = driver.of(session)
    step = execution.step
    for preparer in preparers:
        preparer(session, execution, step)
    if execution.completed and _ended(step) == "completed":
        step.note("instance.completed", "", execution.instance_id)
    place = Place(
        execution.instance_id,
        execution.revision + 1,
        execution.definition_id,
        execution.compiled.key,
        execution.actor,
        connection.stamp,
        connection.stamp(clock.now()),
        execution.compiled.process.job_priority,
    )
    writer = _Writer(connection, execution, place)
    writer.variables()
    writer.sizes()
    writer.history()
    writer.waits()
    writer.incidents()
    writer.statements.insert(0, writer.instance(new))
    if writer.awaited:
        writer.statements[:0] = writer.locks()
    connection.write(writer.statements)
    if writer.awaited:
        writer.deliver_buffered()
    execution.revision += 1
    execution.remember(writer.stuck)
    cache.keep(session, execution)
    for observer in observers:
        observer(session, execution, step)


class _Writer:
    """Collects the statements of one step."""

    def __init__(self, connection: Driver, execution: Execution, place: Place) -> None:
        self.connection = connection
        self.execution = execution
        self.step = execution.step
        self.done = execution.completed
        self.stuck = execution.incidents
        self.place = place
        self.delta: bytes | None = None
        self.statements: list[Statement] = []
        self.state = None if self.done else execution.dump()
        self.awaited: list[MessageWait] = []

    def add(self, sql: str, *values: driver.Row, guard: str = "") -> None:
        """One more statement, if it has rows."""
        if values:
            self.statements.append(Statement(sql, values, guard))

    def instance(self, new: str | None) -> Statement:
        """The row of the instance, which decides whether the step counts."""
        execution, place = self.execution, self.place
        done = self.done
        status = _ended(self.step) if done else "active"
        state = None
        if self.state is not None:
            state = sealing.seal(
                self.state,
                instance_id=place.instance_id,
                digest=execution.compiled.digest,
                chain=execution.chain,
            )
        ended = place.now if done else None
        if new is None:
            at = (place.instance_id, execution.revision)
            if done:
                finished = (self.place.revision, execution.sequence, status, ended, *at)
                return Statement(rows.FINISH, [finished], "instance")
            moved = (self.place.revision, state, execution.sequence, *at)
            return Statement(rows.ADVANCE, [moved], "instance")
        row = (place.instance_id, place.definition_id, new, status, self.place.revision, state)
        whole = (*row, execution.sequence, execution.actor, place.now, ended)
        return Statement(rows.NEW_INSTANCE, [whole])

    def variables(self) -> None:
        """What the step wrote into the scopes, and now and then the whole."""
        execution, step = self.execution, self.step
        if step.variable_deltas or step.scopes_closed:
            self.delta = encode(_delta(step))
            execution.chain = sealing.link(execution.chain, self.delta)
            execution.weight += len(self.delta)
        if self.done or self._is_due():
            scopes = execution.scopes.values()
            content = encode({str(scope.id): scope.variables for scope in scopes})
            execution.chain = sealing.snapshot(content)
            execution.weight = len(content)
            execution.snapshot = self.place.revision, len(content)
            self.add(rows.SNAPSHOT, (self.place.instance_id, self.place.revision, content))

    def _is_due(self) -> bool:
        """Whether the whole is to be written again: not for a few small changes of a large one."""
        at, size = self.execution.snapshot
        steps, changed = self.place.revision - at, self.execution.weight - size
        enough = changed * SNAPSHOT_SHARE >= size or steps >= SNAPSHOT_LATEST
        return steps >= SNAPSHOT_EVERY and enough

    def sizes(self) -> None:
        """Warn once of an instance whose state or variables have grown too large."""
        execution, most = self.execution, limits.STATE_WARN_BYTES
        state = len(self.state or b"")
        if execution.warned or max(state, execution.weight) <= most:
            return
        # the weight counts the deltas since the last snapshot too
        held = {str(scope.id): scope.variables for scope in execution.scopes.values()}
        variables = len(encode(held))
        if max(state, variables) <= most:
            return
        place, execution.warned = self.place, True
        if self.connection.fetch(rows.WARNED, (place.instance_id, LARGE)):
            return
        self.step.note(LARGE, "", place.instance_id, state=state, variables=variables)
        _log.warning(LARGE, extra={"instance": place.instance_id, "bytes": max(state, variables)})

    def history(self) -> None:
        """What happened, with what it wrote into the scopes."""
        execution = self.execution
        events = self.step.events
        # ids rise with the clock; if that was set back, the history goes on where it was
        first = max(ids.next_id(), execution.sequence + 1)
        ended = execution.stored.keys() - execution.waits.keys()
        found = rows.history(self.place, events, first=first, ended=ended, delta=self.delta)
        self.add(rows.HISTORY, *found)
        execution.sequence = first + max(len(events), 1) - 1

    def waits(self) -> None:
        """The difference between what is waited for and what is stored."""
        before, after = self.execution.stored, self.execution.waits
        fresh: list[Wait] = []
        again: list[Wait] = []
        for key, wait in after.items():
            was = before.get(key)
            if was is None:
                fresh.append(wait)
            elif was is not wait and was != wait and not self._changed(was, wait):
                self._end(was, {})
                again.append(wait)
        made = self._rows(fresh)
        step = self.step
        if step.messages or step.signals:
            made[rows.JOB] += [rows.outbox(self.place, message) for message in step.messages]
            made[rows.JOB] += [rows.signal(self.place, signal) for signal in step.signals]
        for key, wait in before.items():
            if key not in after:
                self._end(wait, made)
        self._begin(made)
        if again:
            self._begin(self._rows(again))

    def _changed(self, was: Wait, now: Wait) -> bool:
        """Whether the row can stay and be altered."""
        if isinstance(now, TimerWait):
            self._rearm(now)
            return True
        if isinstance(now, UserTaskWait) and _retimed(was, now):
            # it stays in the hands of whoever holds it
            self.add(rows.RETIME_TASK, (self.place.stamp(now.due_at), now.id))
            return True
        return False

    def _end(self, wait: Wait, made: Mapping[str, list[driver.Row]]) -> None:
        """Take out what is no longer waited for, or write over it one of the rows `made`."""
        table, sql = _END[wait.__class__]
        end = self.execution.guards.get(wait.id) or Statement(sql, [(wait.id,)])
        self._replace(end, table, made)
        if isinstance(wait, UserTaskWait):
            for one in rows.candidates(wait):
                self._replace(Statement(rows.END_CANDIDATE, [one]), rows.CANDIDATE, made)

    def _replace(self, end: Statement, table: str, made: Mapping[str, list[driver.Row]]) -> None:
        following = made.get(table)
        if following and table is not rows.SUBSCRIPTION and self.connection.writes_over:
            end = rows.written_over(end, table, following.pop(0))
        self.statements.append(end)

    def _rearm(self, wait: TimerWait) -> None:
        armed = (wait.repeat or "", self.place.stamp(wait.due_at), limits.RETRIES, wait.id)
        guarded = self.execution.guards.get(wait.id)
        if guarded is None:
            self.add(rows.REARM, armed)
            return
        ((_, fencing),) = guarded.rows
        self.add(rows.REARM_FIRED, (*armed, fencing), guard=guarded.guard)

    def _rows(self, fresh: list[Wait]) -> dict[str, list[driver.Row]]:
        """The rows of what is waited for from now on, by the statement that inserts them."""
        place, at = self.place, self.execution.definition_at
        made: dict[str, list[driver.Row]]
        made = {rows.TASK: [], rows.CANDIDATE: [], rows.JOB: [], rows.SUBSCRIPTION: []}
        for wait in fresh:
            if isinstance(wait, UserTaskWait):
                made[rows.TASK].append(rows.task(place, wait))
                made[rows.CANDIDATE] += rows.candidates(wait)
            elif isinstance(wait, TimerWait):
                made[rows.JOB].append(rows.timer(place, wait, at(wait.id)))
            elif isinstance(wait, ExternalTaskWait):
                made[rows.JOB].append(rows.external_task(place, wait, at(wait.id)))
            else:
                if isinstance(wait, MessageWait):
                    self.awaited.append(wait)
                made[rows.SUBSCRIPTION].append(rows.subscription(place, wait, at(wait.id)))
        return made

    def _begin(self, made: Mapping[str, list[driver.Row]]) -> None:
        for sql, values in made.items():
            if values:
                self.statements.append(Statement(sql, values))

    def incidents(self) -> None:
        """The activities that are stuck now, and those that are no more."""
        present, stored = self.stuck, self.execution.stored_incidents
        if not present and not stored:
            return
        if self.done and stored:
            self.add(rows.CLEAR_INCIDENTS, (self.place.instance_id,))
            return
        gone = [(self.place.instance_id, one) for one in stored if one not in present]
        self.add(rows.END_INCIDENT, *gone)
        fresh = [one for key, one in present.items() if key not in stored]
        self.add(rows.INCIDENT, *(rows.incident(self.place, one) for one in fresh))

    def locks(self) -> list[Statement]:
        """Against a message that comes in while its subscription is not yet to be seen."""
        keys = {(wait.name, wait.correlation_key) for wait in self.awaited}
        return [lock for name, key in sorted(keys) for lock in self.connection.lock(name, key)]

    def deliver_buffered(self) -> None:
        """Queue the messages that were here before anybody waited for them."""
        now = self.place.now
        for wait in self.awaited:
            found = self.connection.fetch(rows.BUFFERED, (wait.name, wait.correlation_key, now))
            for (inbound_id,) in found:
                job = rows.delivery(self.place, inbound_id, wait.activity)
                self.connection.write(
                    [
                        Statement(rows.JOB, [job]),
                        Statement(rows.DELIVERING, [(inbound_id,)]),
                    ]
                )


def _retimed(was: Wait | None, now: UserTaskWait) -> bool:
    """Whether a task is the same but for its due date."""
    return isinstance(was, UserTaskWait) and was._replace(due_at=now.due_at) == now


def _ended(step: StepRecord) -> str:
    terminated = any(one.type == "instance.terminated" for one in step.events)
    return "terminated" if terminated else "completed"


def _delta(step: StepRecord) -> dict[str, Any]:
    found: dict[str, Any] = {"set": {}}
    for scope, values in step.variable_deltas.items():
        gone = [name for name, value in values.items() if value is DELETED]
        kept = {name: value for name, value in values.items() if value is not DELETED}
        found["set"][str(scope)] = kept if gone else values
        if gone:
            found.setdefault("deleted", {})[str(scope)] = gone
    if step.scopes_closed:
        found["closed"] = [str(scope) for scope in step.scopes_closed]
    return found
