"""No room, examiner or candidate twice at one time, whoever comes first (Y-51, Y-72, Y-88)."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import registers
from processes.model.bookings import Booking
from processes.play import Play
from processes.registers import Trace, bookings
from processes.registers.bookings import BookingRefused, Resource
from tests.play import Player
from web.database import Database

DAY = date(2030, 1, 1)
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
    play = Player()
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


@pytest.mark.parametrize("shared", ["room", "examiner", "candidate"])
def test_of_two_who_want_the_same_at_the_same_moment_one_gets_it(
    database: Database, shared: str
) -> None:
    """A race on both kinds of database: both are at the barrier, one wins, nothing is half done.

    Each wants a room, an examiner and a candidate; one of the three is the same.
    """
    made = {
        "exam_room": {"org": "370001", "site": "S1", "name": "考场", "seats": 10},
        "examiner": {"org": "370001", "name": "考官", "exam_kinds": ["yacht_operator"]},
        "person": {"name": "考生", "sex": "male", "nationality": "CHN", "id_type": "passport"},
    }
    names = dict(zip(("room", "examiner", "candidate"), made, strict=True))
    keys = {register: [] for register in made}

    def fill(session: Session) -> None:
        for register, values in made.items():
            key = registers.definition(register).key
            for at in range(2):
                own = {**values, "birth_date": DAY} if register == "person" else dict(values)
                own |= {"id_no": f"E1234567{at}"} if register != "exam_room" else {}
                own |= {"cert_valid_to": DAY} if register == "examiner" else {}
                own |= {} if register == "person" else {key: f"N00-{at}"}
                record = registers.create(session, register, own, trace=Trace(by="test"))
                keys[register].append(record.key)

    database.run(fill)
    barrier, told = threading.Barrier(2, timeout=20), []

    def book(at: int) -> None:
        def command(session: Session) -> int:
            wanted = [
                Resource(register, found[0 if register == names[shared] else at])
                for register, found in keys.items()
            ]
            return len(bookings.reserve(session, wanted, hours(0, 2), holder=f"KS{at}"))

        barrier.wait()
        told.append(database.run(command))

    threads = [threading.Thread(target=book, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(told) == [0, 1]
    with database.read_session() as session:
        assert len(session.scalars(select(Booking.holder)).all()) == 3
