"""Numbered stock: serials from–to, and taking the lowest free one.

Invariant: one item goes to one taker, also when many take at once; a serial is never used again,
because its record stays and its key is unique.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from processes.model.records import RegisterRecord
from processes.registers.definition import Definition, definition
from processes.registers.ledger import (
    Record,
    Trace,
    TransitionRefused,
    create_many,
    get,
    transition,
)
from processes.registers.search import conditions_of
from processes.registers.values import RecordInvalid

_SERIAL: Final = re.compile(r"([A-Z0-9-]*?)([0-9]{1,18})")
_MOST: Final = 100_000


def serials(first: str, last: str) -> list[str]:
    """The serials from first to last: same beginning, same length.

    Raises:
        RecordInvalid: they are no range, or one of more than 100 000.
    """
    start, end = _SERIAL.fullmatch(first.strip()), _SERIAL.fullmatch(last.strip())
    if start is None or end is None:
        raise RecordInvalid(
            "印刷号只能由大写字母、数字和短横组成，并以数字结尾", field="serial_from"
        )
    if start[1] != end[1] or len(start[2]) != len(end[2]):
        raise RecordInvalid("起号和止号的字头和位数必须相同", field="serial_to")
    low, high = int(start[2]), int(end[2])
    if high < low:
        raise RecordInvalid("止号小于起号", field="serial_to")
    if high - low >= _MOST:
        raise RecordInvalid(f"一个批次最多 {_MOST} 个号", field="serial_to")
    width = len(start[2])
    return [f"{start[1]}{number:0{width}d}" for number in range(low, high + 1)]


def ranges(numbers: Sequence[str]) -> list[list[str]]:
    """Sorted serials, those together that follow one another, as they lie in their box."""
    found: list[list[str]] = []
    for one in numbers:
        if found and _after(found[-1][-1]) == one:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _after(serial: str) -> str:
    """The serial that follows: its last digits counted on in as many places."""
    head = serial.rstrip("0123456789")
    digits = serial[len(head) :]
    return f"{head}{int(digits) + 1:0{len(digits)}}" if digits else ""


def receive(
    session: Session,
    register: str,
    numbers: list[str],
    *,
    values: Mapping[str, Any],
    trace: Trace,
) -> int:
    """Take items into stock, one record a serial; returns how many.

    Raises:
        Duplicate: a serial is in the ledger already; nothing is taken in.
    """
    key = definition(register).key
    rows = [{**values, key: one} for one in numbers]
    return len(create_many(session, register, rows, trace=trace))


def allot(
    session: Session,
    register: str,
    *,
    where: Mapping[str, Any],
    to: str,
    trace: Trace,
    changes: Mapping[str, Any] | None = None,
) -> Record | None:
    """Take the lowest item of the initial status and move it on; None if there is none.

    One statement takes it, so two takers never hold the same item. If a case holds it by that (the
    ledger's `held`) and no other is left of the record along, that one moves in the same
    transaction: nobody finds it full with a free item, nor open without one.
    """
    ledger = definition(register)
    _lock_along(session, ledger, where)
    if ledger.transition(ledger.initial, to) is None:
        raise TransitionRefused(
            f"{ledger.title}不能由『{ledger.status_name(ledger.initial)}』变为『{ledger.status_name(to)}』"
        )
    lowest = (
        select(RegisterRecord.id)
        .where(*conditions_of(ledger, where, {ledger.initial}))
        .order_by(RegisterRecord.key)  # the order of the index, so that the first row is enough
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    # raising the revision takes the row's lock without moving its status; `transition` moves it
    taken = session.execute(
        update(RegisterRecord)
        .where(RegisterRecord.id == lowest, RegisterRecord.status == ledger.initial)
        .values(revision=RegisterRecord.revision + 1, updated_at=clock.now())
        .returning(RegisterRecord.key)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken is None:
        return None
    got = transition(session, register, taken, to, trace=trace, changes=changes)
    _close_along(session, ledger, got, trace=trace)
    return got


def _lock_along(session: Session, ledger: Definition, where: Mapping[str, Any]) -> None:
    """Take the record along before the item, in the order in which a case gives both back."""
    along = ledger.held.along if ledger.held else None
    if along is not None and where.get(along.by):
        with suppress(NotFound):
            get(session, along.register, str(where[along.by]))


def _close_along(session: Session, ledger: Definition, got: Record, *, trace: Trace) -> None:
    """Move the record along on when its last free item was taken."""
    held = ledger.held
    if held is None or held.along is None or got.status != held.source:
        return
    along, key = held.along, got.values.get(held.along.by)
    if not key or available(session, ledger.register, where={along.by: key}):
        return
    if get(session, along.register, str(key)).status == along.target:
        transition(session, along.register, str(key), along.source, trace=trace)


def available(session: Session, register: str, *, where: Mapping[str, Any]) -> int:
    """How many items are free."""
    ledger = definition(register)
    return (
        session.scalar(
            select(func.count())
            .select_from(RegisterRecord)
            .where(*conditions_of(ledger, where, {ledger.initial}))
        )
        or 0
    )
