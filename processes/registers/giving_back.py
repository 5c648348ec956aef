"""Gives back what a case holds in ledgers when it ends, or when the step that took it is undone.

Invariant: a case that is over holds nothing that a ledger declares as `held`, except what cannot be
used again (a time that is past). Done in the transaction of the last step; again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import feel, store
from engine.errors import NotFound
from engine.execution import Execution
from engine.record import StepRecord, Undone
from processes.model.cases import Case
from processes.registers import undoing
from processes.registers.definition import Definition, definitions
from processes.registers.holding import HoldRule
from processes.registers.ledger import Record, Trace, get, transition
from processes.registers.search import MOST, find

_BY: Final = "process:end"
_REASON: Final = "办件已结束，予以放回"
_FORMER: Final = "办件已另行占用，予以放回"
_UNDONE: Final = "占用它的环节已退回，予以放回"


def register() -> None:
    """Have every case that ends give back what it holds; calling it again changes nothing."""
    if observe not in store.observers:
        store.observers.append(observe)


def observe(session: Session, execution: Execution, step: StepRecord) -> None:
    """Give back what a case holds if this was its last step, or a move; called by the store."""
    if not execution.completed and not step.undone:
        return
    number = execution.scopes[execution.instance_id].variables.get("work_order_no")
    if not number or not _is_own(session, execution.instance_id, str(number)):
        return
    if execution.completed:
        give_back(session, str(number))
        return
    for undone in step.undone:
        _give_back_undone(session, execution.instance_id, str(number), undone)


def give_back(session: Session, number: str) -> int:
    """Give back every record that the case of a work order holds; returns how many."""
    trace = Trace(by=_BY, reference=number, reason=_REASON)
    return sum(
        _give_back(session, ledger, one, trace)
        for ledger in definitions().values()
        for one in _held(session, ledger, number)
    )


def _give_back_undone(session: Session, case_id: int, number: str, undone: Undone) -> None:
    """Give back what was taken in steps that a move takes back, where the ledger says so."""
    trace = Trace(by=_BY, reference=number, reason=_UNDONE)
    for ledger in definitions().values():
        if ledger.held is None or not ledger.held.undone:
            continue
        for one in _held(session, ledger, number):
            if undoing.is_undone(session, case_id, one, ledger.held, undone):
                _give_back(session, ledger, one, trace)


def give_back_former(session: Session, ledger: Definition, got: Record, *, trace: Trace) -> int:
    """Give back what the case that holds a record held in the ledger before; returns how many."""
    rule = ledger.held
    number = got.values.get(rule.by) if rule else None
    if not number:
        return 0
    former = [one for one in _held(session, ledger, str(number)) if one.key != got.key]
    why = replace(trace, reason=_FORMER)
    return sum(_give_back(session, ledger, one, why) for one in former)


def _held(session: Session, ledger: Definition, number: str) -> Sequence[Record]:
    """What the case of a work order holds in a ledger."""
    rule = ledger.held
    if rule is None:
        return []
    where = {rule.by: number}
    return find(session, ledger.register, where=where, statuses=[rule.source], limit=MOST)


def _give_back(session: Session, ledger: Definition, held: Record, trace: Trace) -> bool:
    rule = ledger.held
    assert rule is not None  # noqa: S101 - the caller asked
    beside = _beside(session, rule, held)
    held = get(session, ledger.register, held.key)  # locked, as the one along is
    if held.status != rule.source or not _is_usable(rule, held, beside):
        return False
    transition(session, ledger.register, held.key, rule.target, trace=trace)
    if rule.along is not None and beside is not None and beside.status == rule.along.source:
        transition(session, rule.along.register, beside.key, rule.along.target, trace=trace)
    return True


def _beside(session: Session, rule: HoldRule, held: Record) -> Record | None:
    if rule.along is None or not held.values.get(rule.along.by):
        return None
    try:
        return get(session, rule.along.register, str(held.values[rule.along.by]))
    except NotFound:
        return None


def _is_usable(rule: HoldRule, held: Record, beside: Record | None) -> bool:
    if rule.only_if is None:
        return True
    known = dict(held.values)
    if rule.along is not None:
        known[rule.along.register] = beside.context() if beside else None
    return feel.evaluate(rule.only_if, known).value is True


def _is_own(session: Session, case_id: int, number: str) -> bool:
    """Whether no other case bears the number: one that a message starts may be told another's."""
    other = select(Case.id).where(Case.reference == number, Case.id != case_id)
    return session.scalar(other) is None
