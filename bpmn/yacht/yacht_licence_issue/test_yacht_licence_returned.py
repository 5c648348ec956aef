"""Accepted, returned from the review to acceptance, asked for a supplement (B.2 补正, 受理; B.3, 4).

Source: Administrative Licensing Law art. 32, 42, 45: an acceptance that was notified stands; what
the agency does again within it costs its own time, what the applicant is asked for does not.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from bpmn.beginnings import once
from bpmn.yacht import story
from forms.errors import FormInvalid
from processes.clock import clock as ledger
from processes.clock.counting import day_of
from processes.clock.reckoning import Reckoning, State
from processes.movement import movement
from processes.movement.movement import Order
from processes.play import Play, PlayedCase

FIRST = date(2026, 3, 2)  # a Monday, on which the case is accepted


def clocks(case: PlayedCase) -> dict[str, Reckoning]:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return {one.kind: one.reckoning for one in found}


@once
def returned(play: Play, *, after: int = 8) -> PlayedCase:
    """A case that the reviewer returns to acceptance some working days after it was accepted."""
    case = story.applied(play)
    story.accept(case, accepted_on=str(FIRST))
    play.passes(working_days=after)
    (task,) = case.tasks
    by = play.user("reviewer")
    order = Order(to="acceptance/accept", reason="材料不清，请核实")
    play.run(lambda session: movement.send_back(session, task.id, by=by, order=order))
    return case


def supplement(case: PlayedCase, *, days: int) -> None:
    """The acceptor asks for a supplement, which comes some working days later."""
    story.accept(case, "supplement", missing_list=story.MISSING)
    case.play.passes(working_days=days)
    photo = story.upload(case.play, "照片.pdf")
    case.sends("提交补正材料", supplement_items=[{"files": [photo]}])


def test_row_return_into_a_called_process_it_knows_what_it_had_prepared(play: Play) -> None:
    case = returned(play)
    seen = story.seen(case, "accept")
    assert [row["code"] for row in seen["checklist"]] == [row["code"] for row in seen["materials"]]
    assert seen["acceptor_role"] == "licence_acceptor"
    assert seen["received_on"] == FIRST


def test_row_accepted_a_return_costs_the_agency_its_own_time(play: Play) -> None:
    case = returned(play)
    assert clocks(case)["statutory"].state is State.RUNNING
    play.passes(working_days=2)
    assert case.waits_for == {"accept"}, "it was accepted in time: nothing is deemed again"
    story.accept(case)
    found = clocks(case)["statutory"]
    assert (day_of(found.started_at), found.used) == (FIRST, 10)


def test_row_accepted_again_no_later_date_than_at_first(play: Play) -> None:
    case = returned(play)
    with pytest.raises(FormInvalid) as refused:
        story.accept(case, accepted_on=str(FIRST + timedelta(days=7)))
    assert set(refused.value.errors) == {"accepted_on"}


def test_row_supplement_after_acceptance_suspends_every_clock_of_the_agency(play: Play) -> None:
    case = returned(play)
    story.accept(case, "supplement", missing_list=story.MISSING)
    found = clocks(case)
    assert {found[name].state for name in ("statutory", "promised")} == {State.SUSPENDED}
    assert found["applicant"].state is State.RUNNING


def test_row_supplement_after_acceptance_what_remained_goes_on_when_it_comes(play: Play) -> None:
    case = returned(play)
    supplement(case, days=3)
    found = clocks(case)
    assert (found["statutory"].state, found["statutory"].used) == (State.RUNNING, 8)
    assert [one.counted for one in found["statutory"].pauses] == [3]
    assert found["acceptance"].state is State.STOPPED, "it was accepted; nothing counts again"
    story.accept(case)
    for limit in ("statutory", "promised"):
        again = clocks(case)[limit]
        assert (day_of(again.started_at), again.used) == (FIRST, 8)
        assert again.due_on == date(2026, 4, 2), "20 working days from 2 March, and three"


def test_row_supplement_after_acceptance_that_never_comes_ends_every_clock(play: Play) -> None:
    case = returned(play)
    story.accept(case, "supplement", missing_list=story.MISSING)
    play.passes(working_days=16)
    assert case.variables["case_outcome"] == "expired_supplement"
    assert {one.state for one in clocks(case).values()} == {State.STOPPED}


def test_row_not_accepted_after_acceptance_ends_every_clock(play: Play) -> None:
    case = returned(play)
    refused: dict[str, Any] = {"reason": "不属于许可范围"}
    story.accept(case, "refuse", **refused)
    assert {one.state for one in clocks(case).values()} == {State.STOPPED}
