"""The clocks of a licence: supplement, extension, decision and delivery (case-operations B.2)."""

from datetime import date

from bpmn.yacht import story
from processes.clock import clock as ledger
from processes.clock.reckoning import Reckoning, State
from processes.play import Play, PlayedCase


def clocks(case: PlayedCase) -> dict[str, Reckoning]:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return {one.kind: one.reckoning for one in found}


def test_row_extended_once_both_limits_move_and_keep_the_old_one(play: Play) -> None:
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    story.approve(case, "extend", reason="需专家论证", extend_days=10)
    case.complete("approve_extension", as_="head", extension_decision="approve")
    found = clocks(case)
    for limit in ("statutory", "promised"):
        assert (found[limit].budget, found[limit].extended) == (20, 10)
        assert found[limit].due_on == date(2026, 4, 14)


def test_row_supplement_of_the_review_suspends_until_it_is_handed_in(play: Play) -> None:
    case = story.applied(play)
    story.accept(case)
    story.review(case, "supplement", reason="照片背景不是白色", missing_list=story.MISSING)
    assert clocks(case)["statutory"].state is State.SUSPENDED
    assert clocks(case)["applicant"].state is State.RUNNING
    play.passes(working_days=3)
    case.sends("提交补正材料", supplement_items=[{"files": [story.upload(play, "照片.pdf")]}])
    found = clocks(case)["statutory"]
    assert (found.state, found.pauses[0].counted) == (State.RUNNING, 3)
    assert found.due_on == date(2026, 4, 2)


def test_row_decided_the_statutory_clock_stops_and_delivery_is_counted(play: Play) -> None:
    case = story.applied(play)
    story.accept(case)
    play.passes(working_days=2)
    story.review(case)
    story.approve(case)
    found = clocks(case)
    assert (found["statutory"].state, found["statutory"].used) == (State.STOPPED, 2)
    assert found["promised"].state is State.STOPPED
    assert (found["delivery"].budget, found["delivery"].state) == (10, State.STOPPED)
