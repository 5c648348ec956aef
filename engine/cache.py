"""Live instances kept between steps, so that the next step need not read and build them again.

Invariant: nobody is ever served a stale instance. A live object is handed out only if the revision
stored is its own; while a transaction has it no other gets it; it comes back after the commit and
is dropped after anything else.
"""

import threading
from collections import OrderedDict
from typing import Any, Final

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from engine import repository, sealing
from engine.errors import NotFound, TaskNotActive
from engine.execution import Execution
from engine.model import HistoryEvent, ProcessInstance
from engine.variables import Variables, decode

SIZE: Final = 1_000
_TAKEN: Final = "banli_executions"
_lock = threading.Lock()
_live: OrderedDict[int, Execution] = OrderedDict()

_INSTANCE: Final = select(
    ProcessInstance.revision, ProcessInstance.status, ProcessInstance.definition_id
)
_STATE: Final = select(
    ProcessInstance.state,
    ProcessInstance.snapshot,
    ProcessInstance.snapshot_revision,
    ProcessInstance.sequence,
)
_DELTAS: Final = select(HistoryEvent.data).order_by(HistoryEvent.sequence)
VARIABLES_CHANGED: Final = "variables.changed"


def take(session: Session, instance_id: int, actor: str) -> Execution:
    """The instance at the revision stored, to be moved by this transaction alone.

    Raises:
        NotFound: no such instance. TaskNotActive: it has ended or is suspended.
    """
    execution = _checked_out(session, instance_id, allowed=("active",))
    execution.actor = actor
    execution.begin_step()
    return execution


def peek(session: Session, instance_id: int) -> Execution:
    """The same for reading: the caller moves nothing; a suspended instance may be read too.

    Raises:
        NotFound: no such instance. TaskNotActive: it has ended.
    """
    return _checked_out(session, instance_id, allowed=("active", "suspended"))


def _checked_out(session: Session, instance_id: int, *, allowed: tuple[str, ...]) -> Execution:
    row = session.execute(_INSTANCE.where(ProcessInstance.id == instance_id)).first()
    if row is None:
        raise NotFound("没有这个流程实例", instance=instance_id)
    if row.status not in allowed:
        raise TaskNotActive("办件已挂起" if row.status == "suspended" else "办件已经办结")
    mine: dict[int, Execution] = session.info.setdefault(_TAKEN, {})
    execution = mine.get(instance_id)
    if execution is None or execution.revision != row.revision:
        with _lock:
            execution = _live.pop(instance_id, None)
        if execution is None or execution.revision != row.revision:
            execution = _load(session, instance_id, row)
        mine[instance_id] = execution
    execution.workflow.resolver = repository.DefinitionResolver(session)
    return execution


def keep(session: Session, execution: Execution) -> None:
    """Have a new or changed instance come back to the cache when the transaction commits."""
    session.info.setdefault(_TAKEN, {})[execution.instance_id] = execution


def forget(instance_id: int) -> None:
    """Drop a live object."""
    with _lock:
        _live.pop(instance_id, None)


def clear() -> None:
    """Drop every live object."""
    with _lock:
        _live.clear()


def scopes(session: Session, instance_id: int, row: Any) -> dict[int, Variables]:
    """The variables of every living scope: the snapshot, with the deltas since."""
    snapshot = decode(bytes(row.snapshot)) if row.snapshot else {}
    found: dict[int, Variables] = {int(scope): values for scope, values in snapshot.items()}
    deltas = session.scalars(
        _DELTAS.where(
            HistoryEvent.instance_id == instance_id,
            HistoryEvent.type == VARIABLES_CHANGED,
            HistoryEvent.revision > row.snapshot_revision,
        )
    )
    for data in deltas:
        for scope, values in data["set"].items():
            found.setdefault(int(scope), {}).update(values)
        for scope in data.get("closed", []):
            found.pop(int(scope), None)
    return found


def _load(session: Session, instance_id: int, row: Any) -> Execution:
    stored = session.execute(_STATE.where(ProcessInstance.id == instance_id)).one()
    compiled = repository.compiled(session, row.definition_id)
    execution = Execution.load(
        compiled,
        instance_id=instance_id,
        state=sealing.unseal(bytes(stored.state), compiled.digest),
        scopes=scopes(session, instance_id, stored),
        resolver=repository.DefinitionResolver(session),
    )
    execution.revision, execution.sequence = row.revision, stored.sequence
    execution.definition_id = row.definition_id
    execution.remember()
    return execution


def _put(execution: Execution) -> None:
    with _lock:
        _live[execution.instance_id] = execution
        _live.move_to_end(execution.instance_id)
        while len(_live) > SIZE:
            _live.popitem(last=False)


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    for execution in session.info.pop(_TAKEN, {}).values():
        execution.dirty = False
        if not execution.completed:
            _put(execution)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, previous: SessionTransaction) -> None:
    del previous
    for execution in session.info.pop(_TAKEN, {}).values():
        if not execution.dirty:  # only read: as good as before
            _put(execution)
