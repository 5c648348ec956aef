"""What a case holds in the ledgers is given back when it ends, however it ends (P-03, P-36, B.2)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bpmn.slots import open_slot, places
from engine import clock, repository
from processes import registers
from processes.casework import cases
from processes.movement import ending
from processes.play import Play, PlayedCase
from processes.registers import Trace, giving_back
from tests.engine.core.scenario import user, xml
from tests.play import Player

KEY = "yacht_licence_counter"
ALLOW = '<banli:operations allow="claim release complete"/>'
MODEL = xml(
    "start -> serve -> end", key=KEY, serve=user(ALLOW, candidateGroups="licence_acceptor@370001")
)
TRACE = Trace(by="test")
TODAY = date(2026, 3, 2)
"""Plays begin on this Monday, before the office opens."""
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        made.run(lambda session: repository.deploy(session, {f"{KEY}.bpmn": MODEL}, by="admin"))
        yield made
    finally:
        made.close()


def slot(play: Play, *, day: date = TOMORROW, **more: Any) -> str:
    return open_slot(play, org="370001", day=day, matters=[KEY], **more)


def take(play: Play, slot_no: str, number: str) -> str | None:
    """The place that a work order gets in a slot; with the last the slot is full at once."""

    def taken(session: Any) -> str | None:
        where, changes = {"slot_no": slot_no}, {"work_order_no": number}
        found = registers.allot(
            session, "appointment_place", where=where, to="taken", trace=TRACE, changes=changes
        )
        return found.key if found else None

    return play.run(taken)


def booked(play: Play, slot_no: str) -> PlayedCase:
    case = play.start(KEY)
    assert take(play, slot_no, case.row.reference)
    return case


def state(play: Play, slot_no: str) -> str:
    return str(play.run(lambda s: registers.get(s, "appointment_slot", slot_no)).status)


def terminate(play: Play, case: PlayedCase) -> None:
    manager = play.user("licence_manager")
    play.run(lambda s: cases.terminate(s, case.id, by=manager, reason="申请人死亡"))


def void(play: Play, case: PlayedCase) -> None:
    asking = play.user("licence_manager")
    agreeing = replace(asking, id=999, person_key="another")
    play.run(lambda s: ending.ask_to_void(s, case.id, by=asking, reason="重复立案"))
    play.run(lambda s: ending.void(s, case.id, by=agreeing, reason=""))


def serve(_play: Play, case: PlayedCase) -> None:
    case.complete("serve", as_="acceptor")


@pytest.mark.parametrize("end", [terminate, void, serve])
def test_the_place_is_free_and_the_slot_open_once_the_case_is_over(play: Play, end: Any) -> None:
    """终止, 作废, or to its end: one rule of the ledger for all of them."""
    one = slot(play)
    case = booked(play, one)
    assert (places(play, one), state(play, one)) == (["taken"], "full")
    end(play, case)
    assert (places(play, one), state(play, one)) == (["free"], "open")


def test_somebody_else_gets_the_place(play: Play) -> None:
    one = slot(play)
    case = booked(play, one)
    other = play.start(KEY)
    assert take(play, one, other.row.reference) is None
    terminate(play, case)
    assert take(play, one, other.row.reference) is not None
    assert (places(play, one), state(play, one)) == (["taken"], "full")


def test_a_slot_is_full_with_its_last_place_and_never_with_a_free_one(play: Play) -> None:
    """Taking the last place and closing the slot are one step: nothing comes between them."""
    one = slot(play, places=2)
    first = booked(play, one)
    assert (places(play, one), state(play, one)) == (["taken", "free"], "open")
    booked(play, one)
    assert (places(play, one), state(play, one)) == (["taken", "taken"], "full")
    terminate(play, first)
    assert (places(play, one), state(play, one)) == (["free", "taken"], "open")


def test_a_slot_that_was_closed_is_not_full_with_its_last_place(play: Play) -> None:
    one = slot(play)
    play.run(
        lambda s: registers.transition(s, "appointment_slot", one, "closed", trace=TRACE) and None
    )
    booked(play, one)
    assert state(play, one) == "closed"


def test_given_back_twice_does_nothing_also_if_another_has_it_now(play: Play) -> None:
    one = slot(play)
    case = booked(play, one)
    number = case.row.reference
    terminate(play, case)
    assert play.run(lambda s: giving_back.give_back(s, number)) == 0
    booked(play, one)
    assert play.run(lambda s: giving_back.give_back(s, number)) == 0
    assert (places(play, one), state(play, one)) == (["taken"], "full")


def test_the_record_tells_why_and_for_which_case(play: Play) -> None:
    one = slot(play)
    case = booked(play, one)
    terminate(play, case)
    line = play.run(lambda s: registers.log(s, "appointment_place", f"{one}-001"))[-1]
    assert (line.from_status, line.to_status) == ("taken", "free")
    assert (line.reference, line.reason) == (case.row.reference, "办件已结束，予以放回")


def test_the_places_of_others_stay_theirs(play: Play) -> None:
    one = slot(play, places=2)
    case = booked(play, one)
    booked(play, one)
    terminate(play, case)
    assert (places(play, one), state(play, one)) == (["free", "taken"], "open")


@pytest.mark.parametrize(
    ("at", "status"),
    [("08:59", "free"), ("09:00", "taken"), ("15:00", "taken")],
)
def test_a_time_that_has_come_stays_taken(play: Play, at: str, status: str) -> None:
    """The slot begins at nine: nobody else could come any more."""
    one = slot(play, begins="09:00")
    case = booked(play, one)
    play.until(datetime.fromisoformat(f"{TOMORROW}T{at}:00").replace(tzinfo=clock.SHANGHAI))
    terminate(play, case)
    assert places(play, one) == [status]
    assert state(play, one) == ("open" if status == "free" else "full")


def test_a_slot_that_was_closed_meanwhile_stays_closed(play: Play) -> None:
    one = slot(play)
    case = booked(play, one)
    play.run(
        lambda s: registers.transition(s, "appointment_slot", one, "closed", trace=TRACE) and None
    )
    terminate(play, case)
    assert (places(play, one), state(play, one)) == (["free"], "closed")


def test_a_case_that_was_told_the_number_of_another_gives_nothing_of_his_back(play: Play) -> None:
    one = slot(play)
    case = booked(play, one)
    beside = play.start(KEY)
    beside.complete("serve", as_="acceptor", work_order_no=case.row.reference)
    assert beside.row.ended_at is not None
    assert places(play, one) == ["taken"]


def test_every_ledger_names_ways_that_there_are(play: Play) -> None:
    """The record beside is of another file, so its ways are looked at here."""
    held = {name: one.held for name, one in registers.definitions().items() if one.held}
    assert {"appointment_place", "realty_unit", "identity_check"} <= held.keys()
    for name, rule in held.items():
        assert registers.definition(name).transition(rule.source, rule.target)
        if rule.along:
            beside = registers.definition(rule.along.register)
            assert beside.transition(rule.along.source, rule.along.target)
