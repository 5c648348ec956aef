"""受理与补正 by itself: suggestion, decision, supplement, deadlines, withdrawal."""

from pathlib import Path
from typing import Any

import pytest

from bpmn.beginnings import once
from engine import dmn
from processes.play import Play, PlayedCase

TABLE = Path(__file__).with_name("common_material_check.dmn")
MATERIALS = [
    {"code": "application", "title": "申请表", "present": True},
    {"code": "training", "title": "培训证明", "exempt": True},
]
MISSING = [{"item": "体检证明", "reason": "缺少"}]


@once
def received(play: Play, **more: Any) -> PlayedCase:
    facts = {"case_title": "某项许可", "materials_required": MATERIALS, "decide_days": 20, **more}
    return play("common_acceptance", **facts)


def decide(case: PlayedCase, decision: str, **more: Any) -> None:
    rows = [{"state": "ok", "grade": "B"}] * len(case.variables["materials"])
    case.complete("accept", as_="acceptor", materials=rows, decision=decision, **more)


@pytest.mark.parametrize(
    ("in_scope", "passed", "missing", "hint"),
    [
        (False, False, [], "out_of_scope"),
        (False, True, [1], "out_of_scope"),
        (True, False, [], "complete"),
        (True, True, [], "complete"),
        (True, False, [1], "supplement"),
        (True, True, [1], "close"),
    ],
)
def test_each_row_of_the_material_check(
    *, in_scope: bool, passed: bool, missing: list[int], hint: str
) -> None:
    read = dmn.read(TABLE.read_bytes(), TABLE.name)
    context = {"in_scope": in_scope, "deadline_passed": passed, "missing_materials": missing}
    assert dmn.evaluate(read.find("common_material_check"), context).value == hint


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ({}, "complete"),
        ({"in_scope": False}, "out_of_scope"),
        ({"materials_required": [*MATERIALS, {"code": "x", "title": "照片"}]}, "supplement"),
    ],
)
def test_the_clerk_sees_a_suggestion(play: Play, more: dict[str, Any], hint: str) -> None:
    case = received(play, **more)
    assert (case.waits_for, case.variables["acceptance_hint"]) == ({"accept"}, hint)


def test_acceptance_gives_a_numbered_notice(play: Play) -> None:
    case = received(play)
    decide(case, "accept")
    assert (case.ended, case.status) == ("accepted", "completed")  # nothing comes after it here
    assert "受〔2026〕" in case.variables["acceptance_document"]["number"]


def test_a_supplement_may_be_asked_again_only_with_a_reason(play: Play) -> None:
    """Y-59: one notice listing everything; a second needs an exception reason."""
    case = received(play)
    decide(case, "supplement", missing_list=MISSING)
    assert case.status == "supplement_pending"
    case.receives("supplement_submitted", supplement_files=[], supplement_note="已补")
    with pytest.raises(Exception, match="需要修改"):
        decide(case, "supplement", missing_list=MISSING)
    decide(case, "supplement", missing_list=MISSING, repeat_reason="补正件不清晰")
    assert case.variables["supplement_count"] == 2


def test_limits_are_parameters(play: Play) -> None:
    case = received(play, accept_days=2, supplement_days=4, supplement_remind_days=2)
    decide(case, "supplement", missing_list=MISSING)
    case.passes(working_days=5)
    assert case.ended == "expired_supplement"
    late = received(play, accept_days=2)
    late.passes(working_days=3)
    assert (late.ended, late.variables["acceptance_deemed"]) == ("accepted", True)


def test_only_a_supplement_is_asked_for(play: Play) -> None:
    """The mode that a review uses."""
    case = received(play, acceptance_mode="supplement", supplement_list=MISSING)
    case.receives("supplement_submitted", supplement_files=[])
    assert (case.ended, case.letters) == ("supplemented", ["letter_supplement"])


def test_the_applicant_withdraws(play: Play) -> None:
    case = received(play)
    case.receives("application_withdrawn", withdraw_reason="不办了")
    assert (case.ended, case.variables["acceptance_result"]) == ("withdrawn", "withdrawn")
