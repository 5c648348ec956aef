"""How far a record is that stands for work in progress, as its ledger says it (`progress`).

Invariant: only what the record itself says counts; the rate is that from its beginning to the last
time it was brought up to date, so that a pause shows as what it is.
"""

from dataclasses import dataclass
from datetime import datetime

from engine import clock
from processes.model.records import RegisterRecord
from processes.registers.definition import Definition


@dataclass(frozen=True, slots=True)
class Progress:
    """So many of so many; `rate` is a minute, `ends_at` an estimate while it goes on."""

    total: int
    done: int
    failed: int
    rate: float
    ends_at: datetime | None
    going_on: bool

    @property
    def left(self) -> int:
        """How many are still to be done."""
        return max(0, self.total - self.done)

    @property
    def share(self) -> int:
        """Hundredths done."""
        return 100 if not self.total else min(100, self.done * 100 // self.total)


def of(ledger: Definition, row: RegisterRecord) -> Progress | None:
    """How far a record is; None where its ledger says nothing of it."""
    if not ledger.progress:
        return None
    number = {name: int(row.data.get(told) or 0) for name, told in ledger.progress.items()}
    began, latest = row.created_at, row.updated_at
    minutes = (latest - began).total_seconds() / 60
    rate = number["done"] / minutes if minutes > 0 else 0.0
    going_on = row.status == ledger.initial
    left = max(0, number["total"] - number["done"])
    ends_at = None
    if going_on and rate and left:
        ends_at = max(clock.now(), latest + (latest - began) * left / number["done"])
    return Progress(**number, rate=rate, ends_at=ends_at, going_on=going_on)
