"""Records of ledgers in batches, each one short transaction.

Invariant: every record is written by the ledger's own commands; a batch is there whole or not at
all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from processes import registers
from processes.model.records import RegisterRecord
from processes.registers import Trace

BATCH: Final = 100
TRACE: Final = Trace(by="demo", reason="演示数据")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records to be added in one transaction."""

    what: str
    add: Callable[[Session], None]


def of(register: str, rows: Sequence[Row], status: str, on: date) -> Iterator[Batch]:
    """Records of one ledger and status, entered on a day of the past."""
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        yield Batch(register, partial(_add, register=register, rows=part, told=(status, on)))


def _add(session: Session, register: str, rows: Sequence[Row], told: tuple[str, date]) -> None:
    status, on = told
    new = _without_those_there(session, register, rows)
    with clock.travel(morning(on)):
        registers.create_many(session, register, new, trace=TRACE, status=status)


def _without_those_there(session: Session, register: str, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows whose key nobody has used: people work while the country is made."""
    key = registers.definition(register).key
    wanted = [row[key] for row in rows if row.get(key)]
    query = select(RegisterRecord.key).where(
        RegisterRecord.register == register, RegisterRecord.key.in_(wanted)
    )
    there = set(session.scalars(query)) if wanted else set()
    return [row for row in rows if row.get(key) not in there]


def morning(day: date) -> datetime:
    """When an office begins to enter things on a day."""
    return datetime.combine(day, time(9, 20), clock.SHANGHAI)
