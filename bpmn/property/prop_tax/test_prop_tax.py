"""税务联办: declaration, assessment, payment, voucher, and every way it can stop."""

import pytest

from bpmn.property import story
from forms.errors import FormInvalid
from processes.casefile import notices
from processes.play import Play


def test_tax_is_assessed_paid_and_its_voucher_kept(play: Play) -> None:
    """P-26, P-31: the platform stores what the tax system says and computes nothing."""
    case = story.accepted(play)
    story.taxed(case)
    voucher = story.record(play, "tax_certificate", "SPZ1")
    assert (voucher["work_order_no"], voucher["amount"]) == (case.row.reference, 15000)
    assert voucher["items"] == [{"kind": "契税", "amount": "15000"}]


def test_an_exempt_case_needs_no_payment(play: Play) -> None:
    case = story.accepted(play)
    case.receives("tax_assessed", **{**story.ASSESSED, "total": 0, "exempt_reason": "继承"})
    assert "tax_paid" not in case.awaits
    case.receives("tax_voucher", voucher_no="MSZ1", amount=0)
    assert story.record(play, "tax_certificate", "MSZ1")["exempt_reason"] == "继承"


def test_what_the_tax_office_misses_is_asked_of_the_applicant_once(play: Play) -> None:
    """Supplements go out as one notice of the window and their files go back to the tax office."""
    case = story.accepted(play)
    case.receives("tax_supplement_required", items=["婚姻状况证明", "家庭唯一住房承诺书"])
    assert story.task_of(play, case, "tax")["status"] == "supplement"
    assert case.letters[-1] == "letter_supplement"
    story.supplemented(play, case, 2)
    assert story.task_of(play, case, "tax")["status"] == "sent"
    assert case.messages[-1] == "tax_supplement_submitted"
    story.taxed(case)
    assert story.task_of(play, case, "tax")["status"] == "done"


def test_a_supplement_that_never_comes_ends_the_case(play: Play) -> None:
    """Not answered within 15 working days."""
    case = story.accepted(play)
    case.receives("contract_verified", **story.VERIFIED)
    case.receives("tax_supplement_required", items=["婚姻状况证明"])
    case.passes(working_days=16)
    assert "tax_case_withdrawn" in case.messages
    assert (case.ended, case.variables["refusal_reason"]) == (
        "refused",
        "税务部门要求补正的材料逾期未补正",
    )


def test_a_rejection_by_the_tax_office_is_the_reason_of_the_refusal(play: Play) -> None:
    case = story.accepted(play)
    case.receives("tax_rejected", reason="申报价格明显偏低且无正当理由")
    assert case.ended == "refused"
    assert "申报价格明显偏低" in case.variables["refusal_reason"]
    assert story.task_of(play, case, "tax")["status"] == "refused"


def test_the_applicant_is_told_the_tax_as_money_is_written(play: Play) -> None:
    case = story.accepted(play)
    case.receives("tax_assessed", **story.ASSESSED)
    applicant = play.user("applicant")
    told = play.run(lambda session: [one.body for one in notices.box(session, applicant)])
    assert "税务已核定税款 15,000.00 元（核定编号 S1），请在 30 日内缴纳。" in told


def test_tax_unpaid_for_thirty_days_is_reminded_of_and_then_closes_the_case(play: Play) -> None:
    """Domain 5.1: tax unpaid 30 days; a reminder at 20."""
    case = story.accepted(play)
    case.receives("contract_verified", **story.VERIFIED)
    case.receives("tax_assessed", **story.ASSESSED)
    case.passes(days=21)
    assert "tax_paid" in case.awaits
    assert "请尽快缴纳税款" in story.notices_of(play, "applicant")
    case.passes(days=10)
    assert case.ended == "refused"
    assert case.variables["refusal_reason"] == "税款逾期未缴纳"


def test_when_the_interface_is_down_the_tax_officer_enters_the_result(play: Play) -> None:
    """Manual entry with the paper when the department does not answer in time."""
    case = story.accepted(play)
    case.passes(working_days=2)
    assert "enter_tax" in case.waits_for
    paid = {"outcome": "paid", "voucher_no": "SPZ9", "amount": "15000"}
    with pytest.raises(FormInvalid):
        case.complete("enter_tax", as_="prop_tax", **paid)
    case.complete("enter_tax", as_="prop_tax", **paid, paper=[story.paper(play)])
    done = story.task_of(play, case, "tax")
    assert (done["status"], done["source"]) == ("done", "manual")
    assert story.record(play, "tax_certificate", "SPZ9")["source"] == "manual"


def test_a_second_copy_of_an_answer_changes_nothing(play: Play) -> None:
    """Duplicate-safe: the assessment is not waited for any more."""
    case = story.accepted(play)
    case.receives("tax_assessed", **story.ASSESSED)
    with pytest.raises(LookupError):
        case.receives("tax_assessed", **story.ASSESSED)
    assert "tax_paid" in case.awaits


def test_a_recall_that_the_tax_office_does_not_confirm_is_told_to_its_officer(play: Play) -> None:
    case = story.accepted(play)
    case.sends("撤回申请", withdraw_reason="合同解除", withdraw_confirmed=True)
    case.passes(working_days=4)
    assert case.ended == "withdrawn"
    assert "请核实撤销申报" in story.notices_of(play, "prop_tax")


def test_who_withdraws_while_a_supplement_is_awaited_is_not_called_late(play: Play) -> None:
    case = story.accepted(play)
    case.receives("tax_supplement_required", items=["婚姻状况证明"])
    case.sends("撤回申请", withdraw_reason="合同解除", withdraw_confirmed=True)
    case.passes(working_days=4)
    assert (case.ended, case.status) == ("withdrawn", "withdrawn")
