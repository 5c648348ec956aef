"""Live instances kept between steps, so that the next step need not read and build them again.

Invariant: nobody is ever served a stale instance. A live object is handed out only if the revision
stored is its own, or (`take_unread`) to a step that is stored only if it is; while a transaction
has it no other gets it; it comes back after the commit, or if it was only read, and is dropped
after anything else.
"""

import threading
from collections import OrderedDict
from typing import Any, Final, NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from engine import driver, repository, sealing
from engine.driver import Driver
from engine.errors import NotFound, TaskNotActive
from engine.execution import Execution
from engine.session import ended
from engine.variables import Variables, apply, decode

SIZE: Final = 1_000
WEIGHT: Final = 16 << 20
_TAKEN: Final = "banli_executions"
_WRITTEN: Final = "banli_written"
_FORESEEN: Final = "banli_foreseen"
_HEAD: Final = "SELECT revision, status FROM process_instance WHERE id = ?"
# one statement, so that state and snapshot are of one moment; deltas are never changed
_STATE: Final = (
    "SELECT i.revision, i.status, i.definition_id, i.state, i.sequence, s.revision, s.content"
    " FROM process_instance i LEFT JOIN variable_snapshot s ON s.instance_id = i.id"
    " WHERE i.id = ?"
)
_DELTAS: Final = (
    "SELECT delta FROM history_step WHERE instance_id = ? AND revision > ? AND revision <= ?"
    " AND delta IS NOT NULL ORDER BY revision"
)
_nobody: Any = None


class _Live:
    """The objects at rest, the longest unused first, bounded by number and by size."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[int, Execution] = OrderedDict()
        self._waiting: dict[int, int] = {}  # what each waits for: to the instance
        self._weight = 0

    def pop(self, instance_id: int) -> Execution | None:
        with self._lock:
            return self._pop(instance_id)

    def pop_waiting(self, wait_id: int) -> Execution | None:
        with self._lock:
            return self._pop(self._waiting.get(wait_id, 0))

    def put(self, execution: Execution) -> None:
        execution.workflow.resolver = _nobody  # it belongs to a session that ends now
        instance_id = execution.instance_id
        with self._lock:
            self._pop(instance_id)
            self._weight += execution.weight
            self._held[instance_id] = execution
            self._waiting.update(dict.fromkeys(execution.stored, instance_id))
            while len(self._held) > SIZE or (self._weight > WEIGHT and self._held):
                self._pop(next(iter(self._held)))

    def _pop(self, instance_id: int) -> Execution | None:
        found = self._held.pop(instance_id, None)
        if found is not None:
            self._weight -= found.weight
            for wait_id in found.stored:
                self._waiting.pop(wait_id, None)
        return found

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self._waiting.clear()
            self._weight = 0


_live = _Live()


class Stored(NamedTuple):
    """The variables of every living scope, and what authenticates them."""

    scopes: dict[int, Variables]
    chain: bytes
    weight: int
    snapshot: tuple[int, int]


def take(session: Session, instance_id: int, actor: str) -> Execution:
    """The instance at the revision stored, to be moved by this transaction alone.

    Raises:
        NotFound: no such instance. TaskNotActive: it has ended or is suspended.
    """
    execution = _checked_out(session, instance_id, allowed=("active",))
    execution.actor = actor
    execution.begin_step()
    return execution


def take_unread(session: Session, wait_id: int, actor: str) -> Execution | None:
    """The instance that waits for something, if it is at hand; nothing is read.

    Whether it is at the revision stored, and active, the statement that stores the step finds out.
    """
    execution = _live.pop_waiting(wait_id)
    if execution is None:
        return None
    session.info.setdefault(_TAKEN, {})[execution.instance_id] = execution
    execution.workflow.resolver = repository.DefinitionResolver(session)
    execution.actor = actor
    execution.begin_step()
    return execution


def peek(session: Session, instance_id: int) -> Execution:
    """The same for reading: the caller moves nothing; a suspended instance may be read too.

    Raises:
        NotFound: no such instance. TaskNotActive: it has ended.
    """
    return _checked_out(session, instance_id, allowed=("active", "suspended"))


def foresee(session: Session, instance_id: int, *, revision: int, status: str) -> None:
    """What a query of the caller has just seen of an instance, to save the next `take` one."""
    session.info[_FORESEEN] = (instance_id, revision, status)


def keep(session: Session, execution: Execution) -> None:
    """Have a new or changed instance come back to the cache when the transaction commits."""
    execution.dirty = False
    session.info.setdefault(_TAKEN, {})[execution.instance_id] = execution
    session.info.setdefault(_WRITTEN, set()).add(execution.instance_id)


def clear() -> None:
    """Drop every live object that nobody has."""
    _live.clear()


def variables(session: Session, instance_id: int) -> dict[int, Variables]:
    """The variables of every scope as stored; those of the root alone when the instance is over."""
    connection = driver.of(session)
    found = connection.fetch(_STATE, (instance_id,))
    return _variables(connection, instance_id, found[0]).scopes if found else {}


def _checked_out(session: Session, instance_id: int, *, allowed: tuple[str, ...]) -> Execution:
    connection = driver.of(session)
    revision, status = _head(session, connection, instance_id)
    if status not in allowed:
        raise TaskNotActive("办件已挂起" if status == "suspended" else "办件已经办结")
    mine: dict[int, Execution] = session.info.setdefault(_TAKEN, {})
    # one with a step begun and not stored is spoilt: its command failed, and was caught
    execution = mine.pop(instance_id, None) or _live.pop(instance_id)
    if execution is None or execution.dirty or execution.revision != revision:
        execution = _load(session, connection, instance_id)
    execution.workflow.resolver = repository.DefinitionResolver(session)
    mine[instance_id] = execution
    return execution


def _head(session: Session, connection: Driver, instance_id: int) -> tuple[int, str]:
    foreseen = session.info.pop(_FORESEEN, None)
    if foreseen is not None and foreseen[0] == instance_id:
        # should it have moved since, the statement that stores the step finds out
        return foreseen[1], foreseen[2]
    head = connection.fetch(_HEAD, (instance_id,))
    if not head:
        raise NotFound("没有这个流程实例", instance=instance_id)
    return head[0][0], head[0][1]


def _load(session: Session, connection: Driver, instance_id: int) -> Execution:
    row = connection.fetch(_STATE, (instance_id,))[0]
    revision, _, definition_id, state, sequence = row[:5]
    if state is None:
        raise TaskNotActive("办件已经办结")
    stored = _variables(connection, instance_id, row)
    compiled = repository.compiled(session, definition_id)
    execution = Execution.load(
        compiled,
        instance_id=instance_id,
        state=sealing.unseal(
            state, instance_id=instance_id, digest=compiled.digest, chain=stored.chain
        ),
        scopes=stored.scopes,
        resolver=repository.DefinitionResolver(session),
    )
    execution.revision, execution.sequence = revision, sequence
    execution.definition_id = definition_id
    execution.chain, execution.weight = stored.chain, stored.weight
    execution.snapshot = stored.snapshot
    execution.remember(execution.incidents)
    return execution


def _variables(connection: Driver, instance_id: int, row: driver.Row) -> Stored:
    revision, snapshot_revision, snapshot = row[0], row[5], row[6]
    scopes: dict[int, Variables] = {}
    chain, weight, at = sealing.START, 0, snapshot_revision or 0
    if snapshot is not None:
        chain, weight = sealing.snapshot(snapshot), len(snapshot)
        scopes = {int(scope): values for scope, values in decode(snapshot).items()}
    whole = weight
    for (content,) in connection.fetch(_DELTAS, (instance_id, at, revision)):
        chain, weight = sealing.link(chain, content), weight + len(content)
        apply(scopes, content)
    return Stored(scopes, chain, weight, (at, whole))


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: the transaction around it may still be rolled back
    _give_back(session.info, committed=True)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, previous: SessionTransaction) -> None:
    # after a savepoint, what the transaction wrote may still go
    _give_back(session.info, committed=False, whole=not previous.nested)


def _give_back(info: dict[Any, Any], committed: bool, whole: bool = True) -> None:  # noqa: FBT001, FBT002
    written = info.get(_WRITTEN, ())
    if whole:
        info.pop(_WRITTEN, None)
    for execution in info.pop(_TAKEN, {}).values():
        intact = not execution.dirty
        if committed:
            intact = intact and not execution.completed
        else:
            intact = intact and execution.instance_id not in written
        if intact:
            _live.put(execution)


ended.append(_give_back)
