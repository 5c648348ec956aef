"""一窗受理、并行办理: one application, departments in parallel, tax before the book."""

from typing import Any

import pytest
from sqlalchemy import select

from bpmn import papers
from bpmn.citizens import citizen
from bpmn.property import shares, story
from engine.errors import BanliError, Forbidden
from forms.errors import FormInvalid
from processes.casefile import notices
from processes.casework import cases, reachable
from processes.clock.reckoning import State
from processes.documents import checklist
from processes.identity.identity import User
from processes.model.documents import Document
from processes.play import Play, PlayedCase


def test_a_sale_goes_from_one_application_to_the_book_and_the_certificate(play: Play) -> None:
    """P-08, P-10, P-11, P-22, P-23, P-28, P-30: entered once, split, handled side by side."""
    case = story.applied(play)
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "locked"
    case.complete("accept", as_="prop_window", decision="accept")
    assert "pre_review" in case.waits_for
    assert case.messages == ["tax_case_submitted", "housing_case_submitted"]
    story.taxed(case)
    case.receives("contract_verified", **story.VERIFIED)
    assert case.waits_for == {"pre_review"}
    story.pre_reviewed(case)
    story.booked(case)
    assert (case.ended, case.status, case.row.outcome) == ("registered", "completed", "registered")
    assert {one.reckoning.state for one in story.limits(play, case)} == {State.STOPPED}
    (entry,) = story.records(play, "register_entry", unit_code=story.UNIT)
    assert (entry["holder_name"], entry["voucher_no"]) == ("受让人", "SPZ1")
    assert entry["certificate_no"] == "陕(2026)西安市不动产权第0000001号"
    unit = story.record(play, "realty_unit", story.UNIT)
    assert (unit["status"], unit["holder_name"]) == ("free", "受让人")
    assert case.letters[-2:] == ["letter_registration_accepted", "letter_right_certificate"]


def test_registration_waits_for_tax_and_housing(play: Play) -> None:
    """P-07, domain 5.1 step 6: neither alone lets the case go on to the book."""
    case = story.accepted(play)
    story.pre_reviewed(case)
    assert "review" not in case.waits_for
    case.receives("contract_verified", **story.VERIFIED)
    assert "review" not in case.waits_for
    story.taxed(case)
    assert case.waits_for == {"review"}
    told = [(one["title"], one["text"]) for one in case.variables["department_results"]]
    assert told == [("税务", "完税凭证 SPZ1"), ("住建（房管）", "合同 WQ1，备案 BA1")]


def test_the_applicant_finds_one_withdrawal_while_two_departments_wait_for_him(play: Play) -> None:
    """P-24: each notice may be withdrawn from inside its own process; the one offered ends all."""
    case = story.accepted(play)
    case.receives("tax_supplement_required", items=["婚姻状况证明"])
    case.receives("housing_supplement_required", items=["资金监管协议"])
    by = play.user("applicant")
    with play.session() as session:
        offered = [
            one.title
            for one in cases.public_actions(session, cases.get(session, case.id, by=by), by=by)
        ]
    assert sorted(offered) == ["提交补正材料（住建部门）", "提交补正材料（税务部门）", "撤回申请"]
    case.sends("撤回申请", withdraw_reason="合同解除", withdraw_confirmed=True)
    case.receives("tax_cancelled", outcome="cancelled")
    assert case.ended == "withdrawn"


def case_notices(play: Play, case: PlayedCase) -> list[str]:
    """Whom each notice of supplement is from, oldest first."""
    query = select(Document).where(Document.case_id == case.id).order_by(Document.id)
    with play.session() as session:
        letters = session.scalars(query).all()
        return [one.values["subject"] for one in letters if one.template == "letter_supplement"]


def test_tax_and_housing_may_ask_the_applicant_at_the_same_time(play: Play) -> None:
    """B.2 补正 in parallel: a clock for each notice, the agency's rests until the last answer."""
    case = story.accepted(play)
    case.receives("tax_supplement_required", items=["婚姻状况证明"])
    case.passes(hours=3)
    case.receives("housing_supplement_required", items=["资金监管协议"])

    def states(kind: str) -> list[State]:
        return [one.reckoning.state for one in story.limits(play, case) if one.kind == kind]

    assert states("applicant") == [State.RUNNING, State.RUNNING]
    titles = [one.title for one in story.limits(play, case) if one.kind == "applicant"]
    assert titles == ["补正期限（税务部门）", "补正期限（住建部门）"]
    assert case_notices(play, case) == ["税务部门", "住建部门"]
    assert states("promised") == [State.SUSPENDED]
    asked = "提交补正材料（税务部门）、提交补正材料（住建部门）"
    assert (case.row.status, case.row.step) == ("supplement_pending", f"登记预审、{asked}")
    story.supplemented(play, case, 1)
    assert case.row.status == "supplement_pending", "the other department still waits"
    assert sorted(states("applicant")) == sorted([State.STOPPED, State.RUNNING])
    assert states("promised") == [State.SUSPENDED]
    story.supplemented(play, case, 1)
    assert (case.row.status, case.row.step) == ("in_progress", "登记预审")
    assert states("promised") == [State.RUNNING]
    story.taxed(case)
    case.receives("contract_verified", **story.VERIFIED)
    assert "pre_review" in case.waits_for


def test_progress_and_results_of_each_department_are_on_record(play: Play) -> None:
    """P-24, P-29: dispatched, supplemented, done, each with its source."""
    case = story.accepted(play)
    assert story.task_of(play, case, "tax")["status"] == "sent"
    story.taxed(case)
    done = story.task_of(play, case, "tax")
    assert (done["status"], done["source"], done["result_text"]) == (
        "done",
        "interface",
        "完税凭证 SPZ1",
    )
    assert story.task_of(play, case, "housing")["status"] == "sent"


def test_a_refusal_of_one_department_ends_the_case_and_recalls_the_other(play: Play) -> None:
    """Domain 5.1 step 5d, ambiguity 9: refused as a whole, the unit is free again."""
    case = story.accepted(play)
    case.receives("housing_refused", reason="网签合同已注销备案")
    assert "tax_case_withdrawn" in case.messages
    case.receives("tax_cancelled", outcome="cancelled")
    assert (case.ended, case.row.outcome) == ("refused", "not_registered")
    assert case.letters[-1] == "letter_not_registered"
    assert story.task_of(play, case, "housing")["status"] == "refused"
    assert story.task_of(play, case, "tax")["status"] == "withdrawn"
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "free"


def test_a_pre_review_that_fails_ends_the_case(play: Play) -> None:
    case = story.accepted(play)
    story.pre_reviewed(case, decision="refuse", reason="存在异议登记")
    case.receives("tax_cancelled", outcome="cancelled")
    assert (case.ended, case.variables["refusal_reason"]) == (
        "refused",
        "登记预审不通过：存在异议登记",
    )


def test_a_withdrawal_before_the_book_recalls_every_department(play: Play) -> None:
    """Withdraw allowed before the book (domain 5.1); declaration cancelled, unit unlocked."""
    case = story.accepted(play)
    case.sends("撤回申请", withdraw_reason="合同解除", withdraw_confirmed=True)
    assert {"tax_case_withdrawn", "housing_case_withdrawn"} <= set(case.messages)
    case.receives("tax_cancelled", outcome="cancelled")
    assert (case.ended, case.status) == ("withdrawn", "withdrawn")
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "free"
    assert story.notices_of(play, "applicant")[0] == "已撤回"


def test_the_counter_withdraws_for_who_applied_there_and_others_do_not(play: Play) -> None:
    """P-12: the applicant came to the window, and comes again."""
    case = story.accepted(play, as_="prop_window")
    with pytest.raises(Forbidden):
        case.sends("撤回申请", as_="prop_reviewer", withdraw_reason="合同解除")
    case.sends("撤回申请", as_="prop_window", withdraw_reason="合同解除", withdraw_confirmed=True)
    case.receives("tax_cancelled", outcome="cancelled")
    assert case.ended == "withdrawn"
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "free"


def test_who_came_to_the_counter_is_told_in_the_portal(play: Play) -> None:
    """P-09, P-12: the case is his there by the number of his document, and so are its messages."""
    who, other = citizen(play, "p1003"), citizen(play, "p1001")
    assert who.citizen is not None
    buyer = {**story.BUYER, "name": who.citizen.name, "id_no": who.citizen.number}
    case = story.applied(play, as_="prop_window", right_holders=[buyer])
    case.complete("accept", as_="prop_window", decision="accept")

    def told(user: User) -> list[str]:
        return [one.title for one in play.run(lambda session: list(notices.box(session, user)))]

    assert told(who) == ["受理通知"]
    assert told(other) == []


def test_a_withdrawal_during_the_review_leaves_paid_tax_on_record(play: Play) -> None:
    case = story.handled(play)
    case.sends("撤回申请", withdraw_reason="合同解除", withdraw_confirmed=True)
    case.receives("tax_cancelled", outcome="refund_requested")
    assert case.ended == "withdrawn"
    assert story.task_of(play, case, "tax")["status"] == "done"


def test_until_the_book_is_entered_the_applicant_can_withdraw(play: Play) -> None:
    """《不动产登记暂行条例》 art. 15: before it is recorded in the register."""
    case = story.handled(play)
    case.complete("review", as_="prop_reviewer", decision="pass")
    case.sends("撤回申请", withdraw_reason="合同解除", withdraw_confirmed=True)
    case.receives("tax_cancelled", outcome="refund_requested")
    assert case.ended == "withdrawn"


def test_after_the_book_nobody_can_withdraw(play: Play) -> None:
    case = story.handled(play)
    story.booked(case)
    with pytest.raises(StopIteration):
        case.sends("撤回申请", withdraw_reason="合同解除", withdraw_confirmed=True)


def test_a_second_application_for_a_unit_under_way_is_told_why(play: Play) -> None:
    """P-03: the unit code ties trade, tax and registration together; one case at a time."""
    first = story.accepted(play)
    second = story.applied(play, as_="prop_window")
    assert (second.ended, second.row.outcome) == ("unavailable", "unit_unavailable")
    assert first.row.reference in papers.read(second, "letter_unit_unavailable")
    unit = story.record(play, "realty_unit", story.UNIT)
    assert (unit["status"], unit["work_order_no"]) == ("locked", first.row.reference)


@pytest.mark.parametrize("unit", [story.SEIZED, "610113001002GB00001F00019999"])
def test_a_seized_or_unknown_unit_is_not_taken(play: Play, unit: str) -> None:
    case = story.applied(play, unit_code=unit)
    assert case.ended == "unavailable"


@pytest.mark.parametrize(
    "code",
    [
        "610113001002GB00001F0001000",
        "610113001002XB00001F00010001",
        "610113001002GB00001W00010001",
        "６10113001002GB00001F00010001",
    ],
)
def test_a_unit_code_that_is_not_of_the_standard_is_refused_at_its_field(
    play: Play, code: str
) -> None:
    """GB/T 37346: 28 characters; W has eight zeros."""
    with pytest.raises(FormInvalid) as refused:
        story.applied(play, unit_code=code)
    assert "unit_code" in refused.value.errors


def test_the_registrar_is_not_the_reviewer(play: Play) -> None:
    """Reviewer ≠ registrar (domain section 3)."""
    case = story.handled(play)
    case.complete("review", as_="prop_reviewer", decision="pass")
    with pytest.raises(BanliError):
        case.complete(
            "book",
            as_="prop_reviewer",
            right_kind="抵押权",
            share="单独所有",
            registrar_name="登簿人",
            second_look=True,
        )


def test_a_mortgage_goes_to_registration_alone_and_gives_a_proof(play: Play) -> None:
    case = story.accepted(
        play,
        business_kind="mortgage",
        secured_amount="500000",
        mortgage_from="2026-03-01",
        mortgage_to="2036-03-01",
        evidence=[story.paper(play)],
        contract_no=None,
        price=None,
        only_home=None,
        marital_status=None,
    )
    assert case.messages == []
    story.pre_reviewed(case)
    assert case.waits_for == {"review"}
    story.booked(case)
    assert case.letters[-1] == "letter_registration_proof"
    assert "不动产证明第0000001号" in case.variables["certificate_no"]


def test_a_cancellation_has_the_certificate_of_the_right_annulled(play: Play) -> None:
    """P-15: no certificate is issued, and that of the right that ended goes before two people."""
    case = story.accepted(
        play,
        business_kind="cancellation",
        contract_no=None,
        price=None,
        only_home=None,
        marital_status=None,
    )
    story.pre_reviewed(case)
    story.booked(case)
    assert case.ended == "registered"
    assert "right_cancelled" in case.messages
    assert play.case("prop_ecert_change").row.title.startswith("注销电子证照")


def test_an_application_that_is_not_accepted_frees_the_unit(play: Play) -> None:
    case = story.applied(play)
    case.complete("accept", as_="prop_window", decision="refuse", reason="不属于登记范围")
    assert case.ended == "not_accepted"
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "free"


def test_without_consent_the_papers_are_handed_in_and_nothing_is_fetched(play: Play) -> None:
    """P-25, P-89: consent is free; who refuses it uploads what would have been fetched."""
    desk = shares.employed(play)
    with pytest.raises(FormInvalid) as refused:
        story.applied(play, share_consent=False)
    assert set(refused.value.errors) == {
        "paper_identity",
        "paper_contract",
        "paper_certificate",
        "marital_status",
    }
    scan = [story.paper(play)]
    scans = {"paper_identity": scan, "paper_contract": scan, "paper_certificate": scan}
    case = story.applied(play, share_consent=False, marital_status="single", **scans)
    assert case.waits_for == {"accept"}
    assert [one.asked for one in desk.values()] == [[], [], []]
    assert story.records(play, "data_consent", work_order_no=case.row.reference) == []
    needed: Any = case.variables["materials_required"]
    assert {one["code"]: (one["exempt"], one["present"]) for one in needed} == {
        "application": (False, True),
        "identity": (False, True),
        "contract": (False, True),
        "certificate": (False, True),
        "tax_voucher": (True, True),
    }
    assert case.variables["declarations"]["marital_status"] == "single"


def test_the_application_is_the_applicants_own_and_no_paper_of_an_authority(play: Play) -> None:
    """B.1: what he filled in himself is of grade D; what is fetched is of grade A."""
    case = story.applied(play)
    with play.session() as session:
        listed = {one.code: (one.grade, one.state) for one in checklist.of_case(session, case.id)}
    assert listed["application"] == ("D", "ok")
    assert listed["identity"] == listed["tax_voucher"] == ("A", "exempt")


def test_where_no_data_are_shared_no_consent_is_asked_and_the_papers_are_handed_in(
    play: Play,
) -> None:
    """P-25: what could not be fetched is not offered; the form asks for the papers and says why."""
    reachable.without({"data_share"})
    try:
        with pytest.raises(FormInvalid) as refused:
            story.applied(play, share_consent=True)
        assert {"paper_identity", "paper_contract", "paper_certificate"} <= set(
            refused.value.errors
        )
        scan = [story.paper(play)]
        scans = {"paper_identity": scan, "paper_contract": scan, "paper_certificate": scan}
        case = story.applied(play, share_consent=None, marital_status="single", **scans)
        assert case.waits_for == {"accept"}
        assert "share_consent" not in case.variables
    finally:
        reachable.without(())


def test_with_consent_the_marriage_is_fetched_for_the_tax_office(play: Play) -> None:
    """P-25, P-88: not asked in the form; told to the tax office as the exchange gave it."""
    case = story.applied(play)
    assert case.variables["declarations"]["marital_status"] == "married"
    (consent,) = story.records(play, "data_consent", work_order_no=case.row.reference)
    assert "申请人身份证明" in consent["items"]
    assert "完税" not in consent["items"], "that comes of the handling, not of a consent"


def test_an_exchange_that_is_down_holds_up_an_hour_and_the_paper_is_wanted(play: Play) -> None:
    for one in shares.employed(play).values():
        one.down = True
    case = story.applied(play)
    assert case.waits_for == {"identity"}
    case.passes(minutes=130)
    assert case.waits_for == {"accept"}
    needed: Any = case.variables["materials_required"]
    assert [one["code"] for one in needed if not one["present"]] == ["identity"]
