"""培训计划变更: dates, teachers and trainees of a confirmed plan change with a new confirmation.

Requirements Y-09, Y-49, Y-68, Y-69; and a class cancelled before the exam leaves nothing behind.
"""

from datetime import datetime
from typing import Any

import pytest

from bpmn import papers
from bpmn.yacht import story
from engine.clock import SHANGHAI
from engine.errors import BanliError
from processes import registers
from processes.documents import documents
from processes.play import Play, PlayedCase

ASK = "申请变更或取消培训计划"
NEW = {
    "name": "新学员",
    "id_type": "resident_id",
    "id_no": "370202199912120012",
    "sex": "male",
    "birth_date": "1999-12-12",
    "phone": "13900000021",
}


def asked(case: PlayedCase, **changes: Any) -> None:
    """The institution asks for a change."""
    answers = {"change_kind": "change", "change_reason": "教练船检修", **changes}
    case.sends(ASK, as_="institution_clerk", **answers)


def answered(case: PlayedCase, decision: str = "confirm", **more: Any) -> None:
    """The confirmer decides on it."""
    case.complete("confirm_change", as_="plan_confirmer", decision=decision, **more)


def plan_of(case: PlayedCase) -> dict[str, Any]:
    """The plan as the ledger has it."""
    return story.record(case.play, "training_plan", case.variables["plan_no"])


def statuses(case: PlayedCase, register: str) -> dict[str, str]:
    """Who is in the class or enrolled for its exams, and how."""
    where = {"plan_no": case.variables["plan_no"]}
    found = case.play.run(lambda session: registers.find(session, register, where=where))
    return {one.values.get("name", one.key): one.status for one in found}


def test_changed_dates_and_schedule_hold_once_they_are_confirmed(play: Play) -> None:
    """Y-49, Y-69: until then the old plan."""
    case = story.confirmed(play)
    later = [{**story.SCHEDULE[0], "day": "2026-03-27"}]
    asked(case, new_end_date="2026-03-27", new_schedule=later)
    assert str(plan_of(case)["end_date"]) == "2026-03-20"
    assert "2026-03-20 变更为 2026-03-16 至 2026-03-27" in str(
        story.seen(case, "confirm_change")["change_text"]
    )
    answered(case)
    assert (str(plan_of(case)["end_date"]), len(plan_of(case)["schedule"])) == ("2026-03-27", 1)
    issued = play.run(lambda session: documents.issued(session, case.id))
    sheet = next(one for one in issued if one.template == "letter_plan_change")
    assert sheet.values["schedule"][0]["course"] == "船艺与操纵"
    assert "变更为2026年3月16日至2026年3月27日" in papers.read(case, "letter_plan_change")
    assert (case.ended, case.incidents) == (None, [])


def test_the_supervision_goes_on_to_the_new_end(play: Play) -> None:
    """Y-50: and ends the day after it."""
    case = story.confirmed(play)
    asked(case, new_end_date="2026-03-27")
    answered(case)
    play.until(datetime(2026, 3, 21, 9, tzinfo=SHANGHAI))
    assert "visit" in case.waits_for
    play.until(datetime(2026, 3, 28, 9, tzinfo=SHANGHAI))
    assert "visit" not in case.waits_for


def test_trainees_join_and_leave(play: Play) -> None:
    """Y-09: who joins enrols for the exams by himself."""
    case = story.confirmed(play)
    leaving = case.variables["trainees"][0]
    asked(case, left_trainees=[leaving["id_no"]], added_trainees=[NEW])
    answered(case)
    held = statuses(case, "trainee")
    assert (held[leaving["name"]], held["新学员"]) == ("left", "in_training")
    later = {"starts_at": "2026-03-21T09:00", "ends_at": "2026-03-21T11:00"}
    story.part_examined(case, "theory", 80, 90, 70)
    story.part_examined(
        case, "assessment", "pass", "pass", "pass", **later, site="QD02", rooms=["QD02-A"]
    )
    held = statuses(case, "trainee")
    assert (case.ended, held[leaving["name"]], held["新学员"]) == ("closed", "left", "finished")


def test_what_does_not_fit_is_shown_and_a_refusal_has_its_reason(play: Play) -> None:
    """Y-48, Y-49, Y-69."""
    case = story.confirmed(play)
    asked(case, new_end_date="2026-03-16")
    assert "课程表的日期超出培训期" in str(story.seen(case, "confirm_change")["findings_text"])
    with pytest.raises(BanliError):
        answered(case, "refuse")
    answered(case, "refuse", reason="课程没有排完")
    assert str(plan_of(case)["end_date"]) == "2026-03-20"
    assert "培训计划变更未获确认" in story.told(play, "institution_clerk")


def test_only_the_confirmer_of_the_agency_confirms(play: Play) -> None:
    """Y-49."""
    case = story.confirmed(play)
    asked(case, new_end_date="2026-03-27")
    for login in ("plan_acceptor", "supervisor"):
        with pytest.raises(BanliError):
            case.complete("confirm_change", as_=login, decision="confirm")


def test_nothing_is_changed_before_the_plan_is_confirmed(play: Play) -> None:
    """Y-49: before, it is withdrawn or returned."""
    case = story.filed(play)
    with pytest.raises(StopIteration):  # it is not among what the institution may send
        asked(case, new_end_date="2026-03-27")


def test_a_cancelled_class_frees_rooms_people_and_trainees(play: Play) -> None:
    """Y-09: who was enrolled may be enrolled for the same part again."""
    case = story.confirmed(play)
    story.arrange(story.PartOf(case, "theory"))
    asked(case, change_kind="cancel")
    answered(case)
    assert (case.ended, case.status, plan_of(case)["status"]) == (
        "cancelled", "cancelled", "cancelled",
    )  # fmt: skip
    for register, left in (
        ("exam_sitting", {"cancelled"}),
        ("exam_session", {"cancelled"}),
        ("trainee", {"left"}),
    ):
        assert set(statuses(case, register).values()) == left
    again = story.enrolled(play, plan_no=None)
    story.arrange(again)
    assert again.variables["arrangement_problem"] is None
