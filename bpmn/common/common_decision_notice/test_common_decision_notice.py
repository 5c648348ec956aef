"""决定书制作与送达: letter, delivery, proof."""

from typing import Any

import pytest

from processes.play import Play, PlayedCase


def noticed(play: Play, delivery: str) -> PlayedCase:
    data = {
        "applicant": {"name": "申请人"},
        "case_title": "游艇驾驶证初次申领",
        "licence_no": None,
    }
    return play(
        "common_decision_notice",
        notice_letter="letter_decision_grant",
        notice_title="准予行政许可决定书",
        notice_data=data,
        notice_delivery=delivery,
        deliverer_role="licence_issuer",
    )


def test_a_letter_is_delivered_online(play: Play) -> None:
    """Y-93: numbered letter, electronic delivery, proof."""
    case = noticed(play, "online")
    assert case.ended == "delivered"
    assert case.letters == ["letter_decision_grant", "letter_delivery_proof"]
    assert "〔2026〕" in case.variables["notice_number"]


@pytest.mark.parametrize(
    "answers",
    [
        {"method": "direct", "receiver": "申请人"},
        {"method": "post", "receiver": "申请人", "express_no": "EMS1"},
        {"method": "left", "witness": "见证人"},
        {"method": "public_notice"},
    ],
)
def test_a_letter_is_handed_over_and_proven(play: Play, answers: dict[str, Any]) -> None:
    """Y-93: each way of delivery."""
    case = noticed(play, "collect")
    assert case.waits_for == {"record_delivery"}
    case.complete("record_delivery", as_="issuer", delivered_on="2026-03-03", **answers)
    assert (case.ended, case.letters[-1]) == ("delivered", "letter_delivery_proof")


def test_late_delivery_is_reminded_of(play: Play) -> None:
    """Licensing Law art. 44: ten working days."""
    case = noticed(play, "post")
    case.passes(working_days=12)
    assert case.waits_for == {"record_delivery"}
