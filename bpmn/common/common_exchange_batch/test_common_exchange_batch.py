"""数据交换批次: receipts, dead letters, resending, reconciliation (Y-04, Y-05)."""

from typing import Any

from bpmn import papers
from bpmn.beginnings import once
from processes.play import Play, PlayedCase

RECORDS = [{"key": "1", "value": "甲"}, {"key": "2", "value": "乙"}]


@once
def begun(play: Play, **more: Any) -> PlayedCase:
    return play.start(
        "common_exchange_batch", exchange_kind="status_changed", records=RECORDS, **more
    )


def test_a_batch_that_is_taken_whole_is_reconciled(play: Play) -> None:
    """Y-04: HQ production database with the shared databases of the bureaus."""
    case = begun(play)
    assert case.messages == ["exchange_package"]
    case.receives("exchange_receipt", accepted=2, rejected=[])
    assert (case.ended, case.variables["exchange_result"]) == ("exchanged", "exchanged")
    assert case.variables["reconciliation"] == {"sent": 2, "accepted": 2, "rejected": 0}
    assert case.letters == ["letter_reconciliation"]


def test_what_the_other_side_refuses_is_a_dead_letter_that_can_be_sent_again(play: Play) -> None:
    """Y-05: shared database with the filing database."""
    case = begun(play)
    case.receives("exchange_receipt", accepted=1, rejected=[{"key": "2", "reason": "无此单号"}])
    assert case.waits_for == {"handle_dead"}
    case.complete("handle_dead", as_="admin", decision="resend", remark="已补单号")
    case.receives("exchange_receipt", accepted=2, rejected=[])
    assert case.variables["exchange_result"] == "exchanged"
    assert case.messages == ["exchange_package"] * 2


def test_a_dead_letter_may_be_left_and_stands_in_the_statement(play: Play) -> None:
    case = begun(play)
    case.receives("exchange_receipt", accepted=1, rejected=[{"key": "2", "reason": "无此单号"}])
    case.complete("handle_dead", as_="admin", decision="leave", remark="对方已停用")
    assert case.variables["exchange_result"] == "with_dead_letters"


def test_without_a_receipt_it_is_sent_three_times_and_then_a_person_looks(play: Play) -> None:
    """Y-04."""
    case = begun(play)
    case.passes(days=4)
    assert case.messages == ["exchange_package"] * 3
    assert case.waits_for == {"handle_dead"}
    case.complete("handle_dead", as_="admin", decision="leave", remark="对方停机")
    told = papers.read(case, "letter_reconciliation")
    assert "发送2条，对方接收0条，未接收2条。" in told
    assert told.count("逾期无回执") == 2


def test_a_count_that_does_not_add_up_is_found(play: Play) -> None:
    """Y-05: 对账."""
    case = begun(play)
    case.receives("exchange_receipt", accepted=1, rejected=[])
    assert case.waits_for == {"handle_dead"}
    assert case.variables["balanced"] is False
