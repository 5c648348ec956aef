"""关键信息变更: pushed to training records and certificates in one transaction (Y-94, Y-95)."""

from typing import Any

import pytest

from bpmn.yacht import story
from engine.errors import BanliError
from processes import registers
from processes.play import Play, PlayedCase


def person(play: Play) -> str:
    found = play.run(lambda s: registers.first(s, "person", where={"id_no": "370202199003070011"}))
    return str(found.key)


def proposed(play: Play, **changes: Any) -> PlayedCase:
    answers = {
        "person_id": person(play),
        "new_name": "申请人（新名）",
        "reason": "户籍更名",
        "evidence": story.upload(play, "户口簿.pdf"),
        **changes,
    }
    return play.apply("common_person_key_change", as_="manager", **answers)


def test_a_new_name_reaches_training_results_and_licences_at_once(play: Play) -> None:
    """Y-94, Y-95."""
    number = story.held(play)
    case = proposed(play)
    assert [row["field"] for row in case.variables["change_rows"]] == ["姓名"]
    assert case.row.title == "人员关键信息变更：申请人", "a name, not a number"
    case.complete("approve", as_="approver", decision="approve")
    assert case.ended == "changed"
    held = story.record(play, "yacht_licence", number)
    assert (held["holder_name"], held["reprint_needed"]) == ("申请人（新名）", True)
    results = play.run(
        lambda s: registers.find(s, "training_result", where={"person_id": person(play)})
    )
    assert {one.values["name"] for one in results} == {"申请人（新名）"}
    log = play.run(lambda s: registers.log(s, "person", person(play)))
    assert log[-1].changes["name"]["before"] == "申请人"


def test_a_running_application_hears_of_it(play: Play) -> None:
    """Y-94."""
    running = story.applied(play)
    story.accept(running)
    assert running.waits_for == {"review"}
    case = proposed(play)
    case.complete("approve", as_="approver", decision="approve")
    assert case.messages == ["person_changed"]
    assert running.variables["name"] == "申请人（新名）"


def test_nothing_new_is_no_change(play: Play) -> None:
    case = proposed(play, new_name="申请人")
    assert (case.ended, case.row.outcome) == ("nothing", "declined"), "and not shown as done"


def test_every_change_is_listed_in_words(play: Play) -> None:
    """Y-94: the kind of document too, which the approver must see."""
    papers = {"new_id_type": "passport", "new_id_no": "E12345678", "new_nationality": "HKG"}
    rows = {row["field"]: row for row in proposed(play, **papers).variables["change_rows"]}
    assert list(rows) == ["姓名", "证件类型", "证件号码", "国籍"]
    assert (rows["证件类型"]["before"], rows["证件类型"]["after"]) == ("居民身份证", "护照")
    assert (rows["国籍"]["before"], rows["国籍"]["after"]) == ("中国", "中国香港")


def test_whoever_proposes_does_not_approve(play: Play) -> None:
    """Y-94: four eyes."""
    story.also(play, "manager", "licence_approver")
    case = proposed(play)
    with pytest.raises(BanliError):
        case.complete("approve", as_="manager", decision="approve")
    case.complete("approve", as_="approver", decision="reject", reason="证明不符")
    assert case.ended == "rejected"
