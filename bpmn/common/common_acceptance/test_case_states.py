"""Rows of case-operations B.2 that acceptance drives: each test is named after its row."""

from datetime import date
from typing import Any

from bpmn.beginnings import once
from processes.clock import clock as ledger
from processes.clock import explanation
from processes.clock.reckoning import Colour, Reckoning, State
from processes.play import Play, PlayedCase

# plays begin on Monday 2 March 2026 at 09:00
MATERIALS = [{"code": "application", "title": "申请表", "present": True}]
MISSING = [{"item": "体检证明", "reason": "缺少"}]


@once
def received(play: Play, **more: Any) -> PlayedCase:
    facts = {"case_title": "某项许可", "materials_required": MATERIALS, "decide_days": 15, **more}
    return play("common_acceptance", **facts)


def decide(case: PlayedCase, decision: str, **more: Any) -> None:
    rows = [{"state": "ok", "grade": "B"}] * len(case.variables["materials"])
    case.complete("accept", as_="acceptor", materials=rows, decision=decision, **more)


def standings(case: PlayedCase) -> dict[str, ledger.Standing]:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return {one.kind: one for one in found}


def clock(case: PlayedCase, limit: str) -> Reckoning:
    return standings(case)[limit].reckoning


def test_row_received_the_acceptance_clock_of_five_working_days_starts(play: Play) -> None:
    case = received(play)
    assert set(standings(case)) == {"acceptance"}
    assert clock(case, "acceptance").due_on == date(2026, 3, 9)
    assert case.row.due_on == date(2026, 3, 9)


def test_row_supplement_the_clock_stops_and_the_applicant_s_starts(play: Play) -> None:
    case = received(play, supplement_days=10)
    play.passes(working_days=2)
    decide(case, "supplement", missing_list=MISSING)
    assert clock(case, "acceptance").state is State.STOPPED
    assert clock(case, "applicant").due_on == date(2026, 3, 18)
    play.passes(working_days=4)
    case.receives("supplement_submitted", supplement_files=[], supplement_note="已补")
    assert (clock(case, "applicant").state, clock(case, "applicant").used) == (State.STOPPED, 4)
    assert clock(case, "acceptance").due_on == date(2026, 3, 17), "five days from the supplement"


def test_row_supplement_asked_twice_has_two_runs_of_each_clock(play: Play) -> None:
    case = received(play)
    for reason in ({}, {"repeat_reason": "补正件不清晰"}):
        decide(case, "supplement", missing_list=MISSING, **reason)
        case.receives("supplement_submitted", supplement_files=[], supplement_note="已补")
    lines = play.run(lambda session: [one.event for one in ledger.entries(session, case.id)])
    assert lines == ["start", *["stop", "start", "stop", "start"] * 2]
    assert clock(case, "acceptance").state is State.RUNNING


def test_row_supplement_during_the_review_leaves_the_applicant_s_clock_running(play: Play) -> None:
    case = received(play, acceptance_mode="supplement", supplement_list=MISSING)
    assert set(standings(case)) == {"applicant"}
    assert clock(case, "applicant").state is State.RUNNING


def test_row_accepted_the_statutory_and_the_promised_clock_start(play: Play) -> None:
    case = received(play)
    play.passes(working_days=1)
    decide(case, "accept")
    assert clock(case, "statutory").due_on == date(2026, 3, 31)
    assert clock(case, "promised").due_on == date(2026, 3, 24)
    assert clock(case, "acceptance").colour() is Colour.ENDED
    said = explanation.explain(standings(case)["statutory"])
    assert said.startswith("法定期限 20 个工作日，自 2026-03-03 次日起算")


def test_row_deemed_accepted_the_clocks_start_on_the_receipt_date(play: Play) -> None:
    case = received(play)
    play.passes(working_days=6)
    assert case.variables["acceptance_deemed"] is True
    assert clock(case, "statutory").due_on == date(2026, 3, 30)
    late = clock(case, "acceptance")
    assert (late.colour(), late.over) == (Colour.RED, 1)


def test_row_not_accepted_the_clock_ends_with_reason_and_letter(play: Play) -> None:
    case = received(play)
    decide(case, "refuse", reason="不属于许可范围")
    assert (case.ended, case.letters) == ("not_accepted", ["letter_receipt", "letter_not_accepted"])
    assert {one.reckoning.state for one in standings(case).values()} == {State.STOPPED}


def test_row_withdrawn_every_clock_ends(play: Play) -> None:
    case = received(play)
    decide(case, "supplement", missing_list=MISSING)
    case.receives("application_withdrawn", withdraw_reason="不办了")
    assert case.ended == "withdrawn"
    assert {one.reckoning.state for one in standings(case).values()} == {State.STOPPED}
