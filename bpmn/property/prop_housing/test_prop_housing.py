"""住建联办: contract, filing and restrictions, by interface or by hand."""

from bpmn.property import story
from processes.play import Play


def test_a_verified_contract_ends_the_part_of_housing(play: Play) -> None:
    """P-27: contract and filing come from the trading system."""
    case = story.accepted(play)
    case.receives("contract_verified", **story.VERIFIED)
    done = story.task_of(play, case, "housing")
    assert (done["status"], done["result_text"]) == ("done", "合同 WQ1，备案 BA1")


def test_a_restricted_house_is_not_sold(play: Play) -> None:
    case = story.accepted(play)
    case.receives("contract_verified", **{**story.VERIFIED, "restrictions": ["限售至 2028 年"]})
    case.receives("tax_cancelled", outcome="cancelled")
    assert case.ended == "refused"
    assert "限售至 2028 年" in case.variables["refusal_reason"]


def test_what_housing_misses_is_asked_of_the_applicant(play: Play) -> None:
    case = story.accepted(play)
    case.receives("housing_supplement_required", items=["资金监管协议"])
    assert case.status == "supplement_pending"
    story.supplemented(play, case, 1)
    assert case.status == "in_progress", "once handed in nothing is pending any more"
    assert case.messages[-1] == "housing_supplement_submitted"
    case.receives("contract_verified", **story.VERIFIED)
    assert story.task_of(play, case, "housing")["status"] == "done"


def test_a_city_without_interface_enters_the_result_by_hand(play: Play) -> None:
    """Domain 5.5: local system offline, upload of the paper."""
    case = story.accepted(play)
    case.passes(working_days=2)
    case.complete(
        "enter_housing",
        as_="prop_housing",
        outcome="verified",
        contract_no="WQ7",
        filing_no="BA7",
        paper=[story.paper(play)],
    )
    assert story.task_of(play, case, "housing")["source"] == "manual"


def test_a_refusal_by_hand_ends_the_case(play: Play) -> None:
    case = story.accepted(play)
    story.taxed(case)
    case.passes(working_days=2)
    case.complete(
        "enter_housing",
        as_="prop_housing",
        outcome="refused",
        reason="合同已注销",
        paper=[story.paper(play)],
    )
    case.receives("tax_cancelled", outcome="refund_requested")
    assert case.ended == "refused"
    assert case.variables["refusal_reason"] == "住建部门不予办理：合同已注销"
