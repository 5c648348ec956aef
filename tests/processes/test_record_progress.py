"""How far a record is that stands for bulk work: done, left, rate, estimated end (P-43)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from engine import clock
from processes import registers
from processes.ledgers import progress
from processes.model.records import RegisterRecord

BEGAN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def run(*, minutes: int, status: str = "running", **values: Any) -> progress.Progress:
    """The progress of a run that was last brought up to date so many minutes after it began."""
    row = RegisterRecord(register="ecert_run", status=status, data=values)
    row.created_at, row.updated_at = BEGAN, BEGAN + timedelta(minutes=minutes)
    clock.set_to(row.updated_at)
    try:
        found = progress.of(registers.definition("ecert_run"), row)
    finally:
        clock.set_to(None)
    assert found is not None
    return found


def test_what_is_left_takes_as_long_at_the_rate_so_far() -> None:
    found = run(minutes=10, total=1_000, done=250, problems=3)
    assert (found.left, found.share, found.failed, found.rate) == (750, 25, 3, 25.0)
    assert found.ends_at == BEGAN + timedelta(minutes=40)


def test_before_the_first_batch_nothing_is_foretold() -> None:
    found = run(minutes=0, total=1_000, done=0, problems=0)
    assert (found.left, found.share, found.rate, found.ends_at) == (1_000, 0, 0.0, None)


def test_a_run_that_is_over_has_no_end_to_come() -> None:
    found = run(minutes=10, status="stopped", total=1_000, done=250, problems=250)
    assert (found.going_on, found.ends_at, found.left) == (False, None, 750)


def test_a_ledger_that_says_nothing_of_progress_has_none() -> None:
    row = RegisterRecord(register="ecert", status="issued", data={})
    assert progress.of(registers.definition("ecert"), row) is None
