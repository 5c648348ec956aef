"""No room, examiner or candidate twice at one time, whoever comes first (Y-51, Y-72, Y-88)."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from engine import connection
from engine.errors import NotFound
from engine.model import Base
from processes import registers
from processes.model.bookings import Booking
from processes.play import Play
from processes.registers import Trace, bookings
from processes.registers.bookings import BookingRefused, Resource

NINE = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
ROOM, OTHER = Resource("exam_room", "QD01-101"), Resource("exam_room", "QD01-102")
EXAMINER = Resource("examiner", "KG001")


def hours(first: float, last: float) -> tuple[datetime, datetime]:
    return NINE + timedelta(hours=first), NINE + timedelta(hours=last)


def reserve(
    play: Play, holder: str, *resources: Resource, between: tuple[datetime, datetime]
) -> list[str]:
    found = play.run(
        lambda session: bookings.reserve(
            session, resources, between, holder=holder, title=f"考试{holder}"
        )
    )
    return [f"{one.kind}{one.name}" for one in found]


def test_a_room_that_is_taken_is_told_with_what_has_it(play: Play) -> None:
    assert reserve(play, "KS1", ROOM, EXAMINER, between=hours(0, 2)) == []
    assert reserve(play, "KS2", ROOM, between=hours(1, 3)) == ["考场第一考场"]
    assert reserve(play, "KS2", OTHER, EXAMINER, between=hours(1, 3)) == ["考官考官甲"]


def test_nothing_is_taken_where_one_of_several_is_not_free(play: Play) -> None:
    reserve(play, "KS1", ROOM, between=hours(0, 2))
    reserve(play, "KS2", ROOM, OTHER, between=hours(0, 2))
    assert reserve(play, "KS3", OTHER, between=hours(0, 2)) == []


def test_one_time_may_begin_when_another_ends(play: Play) -> None:
    reserve(play, "KS1", ROOM, between=hours(0, 2))
    assert reserve(play, "KS2", ROOM, between=hours(2, 4)) == []
    assert reserve(play, "KS3", ROOM, between=hours(-2, 0)) == []


def test_whoever_moves_gives_up_the_old_time(play: Play) -> None:
    reserve(play, "KS1", ROOM, between=hours(0, 2))
    assert reserve(play, "KS1", ROOM, between=hours(1, 3)) == []
    assert reserve(play, "KS2", ROOM, between=hours(0, 1)) == []


def test_what_is_released_is_free(play: Play) -> None:
    reserve(play, "KS1", ROOM, EXAMINER, between=hours(0, 2))
    assert play.run(lambda session: bookings.release(session, "KS1")) == 2
    assert reserve(play, "KS2", ROOM, between=hours(0, 2)) == []


def test_what_there_is_not_cannot_be_taken(play: Play) -> None:
    with pytest.raises(NotFound):
        reserve(play, "KS1", Resource("exam_room", "QD99"), between=hours(0, 1))
    with pytest.raises(BookingRefused):
        reserve(play, "KS1", ROOM, between=hours(1, 1))
    with pytest.raises(BookingRefused):
        reserve(play, "KS1", between=hours(0, 1))


SPANS = st.tuples(st.integers(0, 20), st.integers(1, 5)).map(lambda t: (t[0], t[0] + t[1]))


@settings(max_examples=25, deadline=None)
@given(st.lists(SPANS, min_size=2, max_size=8))
def test_of_any_wishes_no_two_that_came_through_overlap(wishes: list[tuple[int, int]]) -> None:
    play = Play()
    try:
        won = [
            span
            for number, span in enumerate(wishes)
            if not reserve(play, f"KS{number}", ROOM, between=hours(*span))
        ]
    finally:
        play.close()
    assert won
    for at, (first, last) in enumerate(won):
        assert all(last <= start or end <= first for start, end in won[at + 1 :])


def test_of_two_who_want_one_room_at_the_same_moment_one_gets_it(tmp_path: Path) -> None:
    """A race on a database file: both are told apart at the barrier, one wins."""
    engine = connection.prepare(create_engine(f"sqlite:///{tmp_path / 'race.db'}"))
    Base.metadata.create_all(engine)
    room = {"room_code": "R-01", "org": "370001", "site": "S1", "name": "考场", "seats": 10}
    with Session(engine) as session:
        registers.create(session, "exam_room", room, trace=Trace(by="test"))
        session.commit()
    barrier, told = threading.Barrier(2, timeout=10), []

    def book(holder: str) -> None:
        with Session(engine) as session:
            barrier.wait()
            wanted = [Resource("exam_room", "R-01")]
            found = bookings.reserve(session, wanted, hours(0, 2), holder=holder)
            session.commit()
            told.append((holder, len(found)))

    threads = [threading.Thread(target=book, args=(name,)) for name in ("KS1", "KS2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(conflicts for _holder, conflicts in told) == [0, 1]
    with Session(engine) as session:
        assert len(session.scalars(select(Booking.holder)).all()) == 1
    engine.dispose()
