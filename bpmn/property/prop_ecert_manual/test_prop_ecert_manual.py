"""问题证照手工生成: corrected with evidence, checked by another person, sealed (P-44, P-45)."""

from typing import Any

import pytest

from bpmn.property import corrections, seals, story
from bpmn.property.corrections import CLERK, PROCESS, RIGHT, correct
from engine.errors import BanliError
from forms.errors import FormInvalid
from processes.casefile import opinions
from processes.play import Play, PlayedCase


def taken(play: Play, **changes: Any) -> PlayedCase:
    """An entry that could not be issued, on the list and taken up."""
    seals.employed(play)
    story.entry_reported(play, **{"unit_code": "610113001002XB00001F00010002", **changes})
    return corrections.taken(play)


def test_a_corrected_entry_is_checked_by_another_and_gets_its_certificate(play: Play) -> None:
    case = taken(play)
    assert case.waits_for == {"correct"}
    correct(case)
    case.complete("second_check", as_="prop_reviewer", second_decision="pass")
    assert (case.ended, case.row.outcome) == ("resolved", "issued")
    (held,) = story.records(play, "ecert")
    assert (held["source"], held["unit_code"]) == ("manual", RIGHT)
    (found,) = story.records(play, "ecert_problem")
    assert (found["status"], found["ecert_id"]) == ("resolved", held["ecert_id"])


def test_who_corrected_does_not_check(play: Play) -> None:
    case = taken(play)
    correct(case)
    with pytest.raises(BanliError):
        case.complete("second_check", as_="prop_ecert_clerk", second_decision="pass")


def test_without_evidence_or_with_a_wrong_code_nothing_is_handed_on(play: Play) -> None:
    case = taken(play)
    with pytest.raises(FormInvalid) as refused:
        correct(case, evidence=[], unit_code="610113")
    assert {"evidence", "unit_code"} <= set(refused.value.errors)


def test_a_correction_sent_back_is_made_again_with_the_reason(play: Play) -> None:
    case = taken(play)
    correct(case)
    case.complete(
        "second_check", as_="prop_reviewer", second_decision="return", second_reason="证据不清"
    )
    assert case.waits_for == {"correct"}
    assert case.variables["problem_text"] == "复核退回：证据不清"
    with play.session() as session:
        said = opinions.of_case(session, case.id)[-1]
    assert (said.decision, said.text) == ("退回改正", "证据不清")


def test_a_correction_sent_back_begins_with_what_was_written(play: Play) -> None:
    """P-44: at first with the entry of the book, then with what the clerk had made of it."""
    case = taken(play)
    assert story.opened(case, CLERK)["unit_code"] == "610113001002XB00001F00010002"
    assert story.opened(case, CLERK)["note"] == ""
    correct(case, location="演示路 9 号 1 幢")
    case.complete(
        "second_check", as_="prop_reviewer", second_decision="return", second_reason="证据不清"
    )
    found = story.opened(case, CLERK)
    assert found["unit_code"] == RIGHT
    assert found["location"] == "演示路 9 号 1 幢"
    assert found["decision"] == "改正后发证"
    assert found["note"] == "登记簿原页为 GB"
    assert found["evidence"].startswith("扫描件.png"), "it need not be uploaded again"


def test_who_checks_sees_the_evidence(play: Play) -> None:
    """P-44: with what the clerk says of it."""
    case = taken(play)
    correct(case)
    assert story.opened(case, "prop_reviewer")["evidence"].startswith("扫描件.png")


def test_what_should_have_no_certificate_is_closed_with_its_reason(play: Play) -> None:
    case = taken(play)
    correct(case, decision="dismiss", note="权利已注销")
    case.complete("second_check", as_="prop_reviewer", second_decision="pass")
    assert case.ended == "dismissed"
    (found,) = story.records(play, "ecert_problem")
    assert (found["status"], found["handled_by"]) == ("dismissed", "权利已注销")
    assert story.records(play, "ecert") == []


def test_what_still_cannot_be_sealed_goes_back_on_the_list(play: Play) -> None:
    case = taken(play)
    correct(case)
    seals.employed(play).refuses = "印章已停用"
    case.complete("second_check", as_="prop_reviewer", second_decision="pass")
    assert (case.ended, case.row.outcome) == ("still_wrong", "still_wrong")
    (found,) = story.records(play, "ecert_problem")
    assert (found["status"], found["handled_by"]) == ("open", "仍有问题：印章已停用")
    assert found["reason"] == "印章已停用", "and no more what was corrected"
    again = story.opened(corrections.taken(play), CLERK)
    assert (again["unit_code"], again["note"]) == (RIGHT, "登记簿原页为 GB")
    assert again["evidence"].startswith("扫描件.png"), "what was checked is not done again"


def test_a_problem_somebody_else_took_up_is_not_handled_twice(play: Play) -> None:
    first = taken(play)
    with pytest.raises(FormInvalid):
        play.apply(PROCESS, as_="prop_ecert_clerk", problem_no=first.variables["problem_no"])
