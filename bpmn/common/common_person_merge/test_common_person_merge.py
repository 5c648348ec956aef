"""人员合并: training, exams and certificates go along in one transaction (Y-94, Y-95)."""

from datetime import date
from typing import Any

import pytest

from bpmn.yacht import story
from engine.errors import BanliError
from forms.definition import FormInvalid
from processes import registers
from processes.play import Play, PlayedCase
from processes.registers import Trace

TRACE = Trace(by="test")
OTHER = {
    "name": "申请人（旧名）",
    "sex": "male",
    "birth_date": "1990-03-07",
    "nationality": "CHN",
    "id_type": "passport",
    "id_no": "E12345678",
}


def made(play: Play, register: str, values: dict[str, Any], status: str = "") -> str:
    return play.run(lambda s: registers.create(s, register, values, trace=TRACE, status=status).key)


def known(play: Play) -> str:
    found = play.run(lambda s: registers.first(s, "person", where={"id_no": "370202199003070011"}))
    return str(found.key)


def twice(play: Play) -> tuple[str, str]:
    """One human being registered twice, with records on both."""
    survivor, duplicate = known(play), made(play, "person", OTHER)
    common = {"person_id": duplicate, "name": OTHER["name"], "msa_org": "370001", "id_no": OTHER["id_no"]}  # fmt: skip
    made(play, "trainee", {**common, "plan_no": "JH1", "id_type": "passport"})
    made(play, "exam_sitting", {**common, "licence_class": "A1E", "part": "theory"}, "confirmed")
    return survivor, duplicate


def proposed(play: Play, survivor: str, duplicate: str) -> PlayedCase:
    answers = {"survivor": survivor, "duplicate": duplicate, "reason": "护照与身份证为同一人"}
    return play.apply("common_person_merge", as_="manager", **answers)


def test_records_of_training_and_certificates_follow_the_person_at_once(play: Play) -> None:
    """Y-94, Y-95: 同步更新游艇驾驶证的培训信息、证书信息."""
    survivor, duplicate = twice(play)
    licence = story.held(play, person_id=duplicate, holder_name=OTHER["name"], licence_class="B1E")
    case = proposed(play, survivor, duplicate)
    assert case.waits_for == {"approve"}
    rows = {row["field"]: row for row in case.variables["compare_rows"]}
    assert (rows["培训记录"]["survivor"], rows["培训记录"]["duplicate"]) == ("0 条", "1 条")
    assert rows["证书"]["survivor"] == "0 本"
    assert rows["证书"]["duplicate"].startswith(f"1 本：{licence}（B1E，有效，至 ")
    case.complete("approve", as_="approver", decision="approve")
    assert case.ended == "merged_end"
    for register in ("trainee", "exam_sitting"):
        rows = play.run(
            lambda s, register=register: registers.find(s, register, where={"person_id": survivor})
        )
        assert [one.values["name"] for one in rows] == ["申请人"]
    held = story.record(play, "yacht_licence", licence)
    assert (held["person_id"], held["holder_name"]) == (survivor, "申请人")
    merged = story.record(play, "person", duplicate)
    assert (merged["status"], merged["merged_into"]) == ("merged", survivor)
    assert case.letters == ["letter_person_change"]
    assert case.row.title == "人员合并：申请人", "a name, not a number"


def test_of_two_valid_licences_of_a_class_the_later_one_stays(play: Play) -> None:
    """Y-95."""
    survivor, duplicate = twice(play)
    ours = story.held(play, expires_on=date(2027, 1, 1))
    theirs = story.held(play, person_id=duplicate, expires_on=date(2028, 1, 1), blank_serial="YJ9999X")  # fmt: skip
    case = proposed(play, survivor, duplicate)
    assert case.variables["compare_rows"][-1] == {
        "field": "合并后注销",
        "survivor": ours,
        "duplicate": "无",
    }
    case.complete("approve", as_="approver", decision="approve")
    assert case.incidents == []
    assert case.variables["changed_count"] == 4, "two licences, a trainee, an examination"
    told = {key: story.record(play, "yacht_licence", key) for key in (ours, theirs)}
    assert (told[ours]["status"], told[ours]["annul_reason"]) == (
        "annulled",
        "duplicate_after_merge",
    )
    assert (told[theirs]["status"], told[theirs]["person_id"]) == ("valid", survivor)


def test_nothing_of_a_merge_is_done_where_one_change_cannot_be(play: Play) -> None:
    """Y-95: one transaction; here the survivor already is a trainee of the class."""
    survivor, duplicate = twice(play)
    values = {"plan_no": "JH1", "msa_org": "370001", "person_id": survivor, "name": "申请人"}
    made(play, "trainee", values)
    case = proposed(play, survivor, duplicate)
    case.complete("approve", as_="approver", decision="approve")
    assert case.ended is None
    assert story.record(play, "person", duplicate)["status"] == "active"
    rows = play.run(lambda s: registers.find(s, "exam_sitting", where={"person_id": duplicate}))
    assert len(rows) == 1


def test_running_cases_of_both_block_the_merge(play: Play) -> None:
    """Y-94."""
    survivor, duplicate = twice(play)
    story.applied(play)
    story.applied(play, as_="unit_clerk", filed_by="person", id_type="passport", id_no="E12345678", name=OTHER["name"])  # fmt: skip
    case = proposed(play, survivor, duplicate)
    assert (case.ended, case.variables["merge_problem"]) == (
        "blocked",
        "两人都有在办的驾驶证业务，办结一件后再合并",
    )


def test_whoever_proposes_does_not_approve_and_the_approver_may_refuse(play: Play) -> None:
    """Y-94: four eyes."""
    survivor, duplicate = twice(play)
    story.also(play, "manager", "licence_approver")
    case = proposed(play, survivor, duplicate)
    with pytest.raises(BanliError):
        case.complete("approve", as_="manager", decision="approve")
    case.complete("approve", as_="approver", decision="reject", reason="不是同一人")
    assert case.ended == "rejected"
    assert story.record(play, "person", duplicate)["status"] == "active"


def test_a_person_is_not_merged_with_itself(play: Play) -> None:
    with pytest.raises(FormInvalid) as refused:
        proposed(play, known(play), known(play))
    assert refused.value.errors == {"duplicate": ["保留的与重复的是同一条记录。"]}
