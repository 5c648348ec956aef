"""The legal date and its instants: Shanghai, which had summer time from 1986 to 1991 (rule 18)."""

from datetime import UTC, date, datetime

import pytest

from engine import clock


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (date(2026, 3, 2), datetime(2026, 3, 1, 16, tzinfo=UTC)),
        (date(1988, 7, 1), datetime(1988, 6, 30, 15, tzinfo=UTC)),
    ],
)
def test_a_legal_date_begins_at_midnight_in_shanghai(day: date, instant: datetime) -> None:
    assert clock.midnight(day) == instant
    with clock.travel(clock.midnight(day)):
        assert clock.today() == day
