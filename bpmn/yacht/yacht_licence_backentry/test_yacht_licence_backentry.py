"""补录: old licences entered by one, confirmed by another, into the ledger (Y-65, Y-66)."""

from typing import Any

import pytest

from bpmn.beginnings import once
from bpmn.yacht import story
from engine.errors import BanliError
from processes.play import Play, PlayedCase


@once
def entered(play: Play, **changes: Any) -> PlayedCase:
    return play.apply(
        "yacht_licence_backentry", as_="backentry_recorder", **answers(play, **changes)
    )


def answers(play: Play, **changes: Any) -> dict[str, Any]:
    return {
        "holder_name": "持证人",
        "id_type": "resident_id",
        "id_no": "370202198505050059",
        "sex": "male",
        "birth_date": "1985-05-05",
        "licence_no": "LYJ2011000123",
        "licence_class": "A2E",
        "issued_on": "2023-05-01",
        "expires_on": "2028-04-30",
        "issuer": "370001",
        "signing_officer": "签发官员",
        "scan": story.upload(play, "原证.pdf"),
        **changes,
    }


def test_an_old_licence_is_entered_confirmed_and_valid(play: Play) -> None:
    """Y-65, Y-66."""
    case = entered(play)
    assert case.row.applicant_name == "持证人"
    case.complete("confirm", as_="backentry_confirmer", decision="confirm")
    held = story.record(play, "yacht_licence", "LYJ2011000123")
    assert (case.ended, held["status"], held["origin"]) == ("confirmed", "valid", "backentry")
    assert held["person_id"]


def test_one_that_has_expired_is_kept_as_expired(play: Play) -> None:
    case = entered(play, issued_on="2015-05-01", expires_on="2020-04-30")
    case.complete("confirm", as_="backentry_confirmer", decision="confirm")
    assert story.record(play, "yacht_licence", "LYJ2011000123")["status"] == "expired"


def test_whoever_entered_it_does_not_confirm_it(play: Play) -> None:
    """Y-66: 补录确认人 ≠ 补录人."""
    story.also(play, "backentry_recorder", "licence_backentry_confirmer")
    case = entered(play)
    with pytest.raises(BanliError):
        case.complete("confirm", as_="backentry_recorder", decision="confirm")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuer": "370001", "expires_on": "2022-01-01"}, "有效期至应晚于签发日期"),
        ({"issued_on": "2027-01-01"}, "签发日期不能晚于今天"),
    ],
)
def test_what_cannot_be_goes_back_to_the_recorder(
    play: Play, changes: dict[str, Any], words: str
) -> None:
    case = entered(play, **changes)
    assert (case.waits_for, case.variables["entry_problem"]) == ({"revise"}, words)
    case.complete("revise", as_="backentry_recorder", **answers(play))
    assert case.waits_for == {"confirm"}


def test_a_second_entry_of_the_same_number_or_of_a_valid_licence_of_the_class_blocks(
    play: Play,
) -> None:
    entered(play).complete("confirm", as_="backentry_confirmer", decision="confirm")
    assert "已有证书编号" in entered(play).variables["entry_problem"]
    other = entered(play, licence_no="LYJ2011000999")
    assert "同类别等级的有效证书" in other.variables["entry_problem"]


def test_the_confirmer_returns_or_rejects_with_a_reason(play: Play) -> None:
    """Y-66."""
    case = entered(play)
    case.complete("confirm", as_="backentry_confirmer", decision="return", reason="扫描件不清")
    assert case.variables["entry_problem"] == "确认人退回：扫描件不清"
    case.complete("revise", as_="backentry_recorder", **answers(play))
    case.complete("confirm", as_="backentry_confirmer", decision="reject", reason="查无此证")
    assert (case.ended, case.status, case.row.outcome) == ("rejected", "cancelled", "declined")
