"""游艇驾驶证办理: from application to decision, each way it can go."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bpmn.yacht import story
from engine.errors import Forbidden
from forms.errors import FormInvalid
from processes import registers
from processes.play import Play


def test_a_first_licence_goes_from_application_to_issue(play: Play) -> None:
    """Y-11, Y-59…Y-63, Y-77, Y-89: seven steps; the approver is the signing officer."""
    case = story.applied(play)
    assert (case.waits_for, case.status) == ({"accept"}, "submitted")
    story.accept(case)
    assert (case.waits_for, case.row.due_on) == ({"review"}, date(2026, 3, 30))
    assert case.variables["findings"] == []
    story.review(case)
    assert case.waits_for == {"approve"}
    story.approve(case)
    assert (case.status, case.row.outcome) == ("waiting_external", "granted")
    assert story.licence_of(case)["status"] == "pending_card"
    story.produce(play)
    assert case.waits_for == {"verify"}
    story.verify(case)
    assert case.waits_for == {"issue"}
    story.issue(case)
    assert (case.ended, case.status, case.row.outcome) == ("issued", "completed", "issued")
    licence = story.licence_of(case)
    assert (licence["status"], licence["signing_officer"]) == ("valid", "审批人")
    assert (licence["issued_on"], licence["expires_on"]) == (date(2026, 3, 2), date(2031, 3, 1))
    assert case.letters == [
        "letter_receipt",
        "letter_acceptance",
        "letter_decision_grant",
        "letter_delivery_proof",
        "letter_collect_receipt",
    ]
    assert case.messages == ["card_order", "card_received", "card_closed"]
    assert play.case(story.PRODUCTION).ended == "delivered"


def test_the_counter_clerk_types_an_application(play: Play) -> None:
    """Y-08: channel counter; the decision letter is handed over and proven."""
    case = story.applied(play, as_="acceptor")
    assert case.variables["channel"] == "counter"
    story.accept(case)
    story.review(case)
    story.approve(case)
    assert "record_delivery" in case.waits_for
    case.complete(
        "record_delivery",
        as_="issuer",
        method="direct",
        delivered_on="2026-03-03",
        receiver="申请人",
    )
    assert "letter_delivery_proof" in case.letters
    assert case.waits_for == {"card_posted", "card_order_rejected"}


def test_a_unit_applies_for_a_member(play: Play) -> None:
    """Y-104: filing by unit or person; the proxy is among the materials."""
    case = story.applied(
        play,
        as_="unit_clerk",
        filed_by="unit",
        filing_org="YC3702001",
        agent_name="俱乐部业务员",
        agent_id_no="370202198805060021",
        proxy_scan=story.upload(play, "委托书.pdf"),
    )
    titles = {row["title"]: row["state"] for row in story.seen(case, "accept")["materials"]}
    assert titles["委托书"] == "ok"
    assert titles["培训证明和考试成绩"] == "exempt"


def test_a_unit_may_file_before_the_proxy_is_at_hand(play: Play) -> None:
    """Y-104, B.2: it may follow, so the application is taken without; the acceptor decides."""
    case = story.applied(
        play,
        as_="unit_clerk",
        filed_by="unit",
        filing_org="YC3702001",
        agent_name="俱乐部业务员",
        agent_id_no="370202198805060021",
    )
    rows = {row["title"]: row for row in story.seen(case, "accept")["materials"]}
    assert (rows["委托书"]["state"], rows["委托书"]["deferrable"]) == ("missing", True)


def test_a_renewed_licence_replaces_the_old_one(play: Play) -> None:
    """Y-89: the old licence is annulled with `replaced` when the new one is valid."""
    old = story.held(play)
    case = story.posted(play, application_kind="renew", old_licence_no=old)
    assert case.variables["findings"] == []
    story.verify(case)
    story.issue(case, old_card_handed_in=True)
    assert case.ended == "issued"
    before = story.record(play, "yacht_licence", old)
    assert (before["status"], before["annul_reason"]) == ("annulled", "replaced")
    assert story.licence_of(case)["expires_on"] == date(2031, 5, 31)
    assert story.licence_of(case)["predecessor_no"] == old


def test_a_replacement_keeps_number_and_dates(play: Play) -> None:
    """Y-89: a new card only; the old serial is marked invalid."""
    old = story.held(play)
    case = story.posted(
        play,
        application_kind="replace",
        old_licence_no=old,
        replace_reason="lost",
        loss_statement=story.upload(play, "遗失声明.pdf"),
    )
    assert story.record(play, "yacht_licence", old)["replacement_pending"] is True
    story.verify(case)
    story.issue(case)
    licence = story.record(play, "yacht_licence", old)
    assert case.variables["licence_no"] == old
    assert (licence["status"], licence["expires_on"]) == ("valid", date(2026, 5, 31))
    assert (licence["card_count"], licence["invalid_serials"]) == (2, ["YJ99990001"])
    assert licence["blank_serial"] == story.card(case)["ordered_serial"]
    assert licence["replacement_pending"] is False


def test_a_class_is_added(play: Play) -> None:
    """Y-89: add_class needs a valid licence and the exam of the class."""
    old = story.held(play, licence_class="A1F")
    case = story.posted(play, application_kind="add_class", old_licence_no=old)
    assert case.variables["findings"] == []
    story.verify(case)
    story.issue(case, old_card_handed_in=True)
    assert story.record(play, "yacht_licence", old)["status"] == "annulled"


def test_an_officer_converts_a_certificate(play: Play) -> None:
    """Y-89: convert needs the competency certificate; its finding is shown, not decided."""
    case = story.applied(
        play,
        application_kind="convert",
        licence_class="B1E",
        coc_no="HC370000001",
        coc_scan=story.upload(play, "适任证书.pdf"),
    )
    story.accept(case)
    assert [one["finding"] for one in case.variables["findings"]] == ["convert_missing"]
    story.review(case, finding_overrides=[{"finding": "convert_missing", "reason": "已核实"}])
    assert case.waits_for == {"approve"}


@pytest.mark.parametrize(
    ("decision", "more"),
    [("refuse", {"reason": "不属于许可事项"}), ("other_agency", {"competent_org": "320002"})],
)
def test_an_application_is_not_accepted(play: Play, decision: str, more: dict[str, Any]) -> None:
    """Y-59: refusal with reason, or the competent agency by name."""
    case = story.applied(play)
    story.accept(case, decision, **more)
    assert (case.ended, case.status, case.row.outcome) == (
        "not_accepted",
        "cancelled",
        "not_accepted",
    )
    assert case.letters == ["letter_receipt", "letter_not_accepted"]


def test_materials_are_supplemented_once(play: Play) -> None:
    """Y-59: one notice listing everything; the applicant hands in; the case goes on."""
    case = story.applied(play)
    story.accept(case, "supplement", missing_list=story.MISSING)
    assert (case.status, case.letters[-1]) == ("supplement_pending", "letter_supplement")
    case.sends(
        "提交补正材料",
        supplement_items=[{"files": [story.upload(play, "体检证明.pdf")]}],
        supplement_note="已重新拍照",
    )
    assert case.waits_for == {"accept"}
    story.accept(case)
    assert case.waits_for == {"review"}


def test_a_supplement_that_never_comes_ends_the_case(play: Play) -> None:
    """Y-59: reminded after 10, ended after 15 working days with a letter."""
    case = story.applied(play)
    story.accept(case, "supplement", missing_list=story.MISSING)
    case.passes(working_days=15)
    assert case.ended is None
    case.passes(working_days=1)
    assert (case.ended, case.status) == ("expired_supplement", "expired")
    assert case.letters == ["letter_receipt", "letter_supplement", "letter_termination"]


def test_an_application_nobody_answers_counts_as_accepted(play: Play) -> None:
    """Y-59 (Licensing Law art. 32): after 5 working days, from the day of receipt."""
    case = story.applied(play)
    case.passes(working_days=5)
    assert case.waits_for == {"accept"}
    case.passes(working_days=1)
    assert case.waits_for == {"review"}
    assert case.variables["accepted_on"] == date(2026, 3, 2)
    assert case.letters == ["letter_receipt", "letter_acceptance"]


def test_the_reviewer_asks_for_a_supplement_once(play: Play) -> None:
    """Y-60: at most once, the clock pauses meanwhile; afterwards the choice is gone."""
    case = story.applied(play)
    story.accept(case)
    due = case.row.due_on
    story.review(case, "supplement", reason="照片背景不是白色", missing_list=story.MISSING)
    case.passes(working_days=3)
    case.sends("提交补正材料", supplement_items=[{"files": [story.upload(play, "照片.pdf")]}])
    assert case.waits_for == {"review"}
    assert due is not None
    assert case.row.due_on == date(2026, 4, 2)
    assert case.letters == ["letter_receipt", "letter_acceptance", "letter_supplement"]
    with pytest.raises(FormInvalid):
        story.review(case, "supplement", reason="再次", missing_list=story.MISSING)


def test_a_supplement_of_the_review_that_never_comes_ends_the_case(play: Play) -> None:
    """Y-60."""
    case = story.applied(play)
    story.accept(case)
    story.review(case, "supplement", reason="照片", missing_list=story.MISSING)
    case.passes(working_days=16)
    assert (case.ended, case.status) == ("expired_in_review", "expired")


@pytest.mark.parametrize("login", ["acceptor", "reviewer"])
def test_nobody_approves_what_they_accepted_or_reviewed(play: Play, login: str) -> None:
    """Y-61: approver ≠ acceptor, approver ≠ reviewer, by person."""
    story.also(play, login, "licence_approver")
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    with pytest.raises(Forbidden):
        case.complete("approve", as_=login, decision="grant")
    assert case.waits_for == {"approve"}


def test_the_approver_refuses(play: Play) -> None:
    """Y-61: reasons, legal basis and remedies in the letter; delivery is proven."""
    case = story.applied(play)
    story.accept(case)
    story.review(case, "propose_refuse", reason="体检不合格")
    story.approve(case, "refuse", reason="体检不合格", legal_basis="《游艇安全管理规定》")
    assert (case.ended, case.status, case.row.outcome) == (
        "refused",
        "decided_refused",
        "refused",
    )
    assert case.letters == [
        "letter_receipt",
        "letter_acceptance",
        "letter_decision_refuse",
        "letter_delivery_proof",
    ]


def test_the_approver_sends_back_and_extends_once(play: Play) -> None:
    """Y-61: return with reason; +10 working days once, with the head's approval and a letter."""
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    story.approve(case, "return", reason="请补充审核意见")
    assert (case.waits_for, case.variables["return_reason"]) == ({"review"}, "请补充审核意见")
    story.review(case)
    due = case.row.due_on
    extend = {"reason": "需专家论证", "extend_days": 10}
    story.approve(case, "extend", **extend)
    assert case.waits_for == {"approve_extension"}
    case.complete("approve_extension", as_="head", extension_decision="approve")
    assert case.waits_for == {"approve"}
    assert due is not None
    assert case.row.due_on == date(2026, 4, 14)
    assert case.letters[-1] == "letter_extension"
    with pytest.raises(FormInvalid):
        story.approve(case, "extend", **extend)


def test_an_extension_that_the_head_refuses_leaves_the_limit(play: Play) -> None:
    """Y-61, B.2 延期."""
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    due = case.row.due_on
    story.approve(case, "extend", reason="需专家论证", extend_days=5)
    refused = {"extension_decision": "refuse", "extension_opinion": "可按期办结"}
    case.complete("approve_extension", as_="head", **refused)
    assert (case.waits_for, case.row.due_on) == ({"approve"}, due)
    assert "letter_extension" not in case.letters


@pytest.mark.parametrize("stage", ["accept", "supplement", "review", "approve"])
def test_the_applicant_withdraws_before_the_decision(play: Play, stage: str) -> None:
    """Y-06: accepted only while no decision exists; confirmed by letter."""
    case = story.applied(play)
    if stage == "supplement":
        story.accept(case, "supplement", missing_list=story.MISSING)
    if stage in ("review", "approve"):
        story.accept(case)
    if stage == "approve":
        story.review(case)
    case.sends("撤回申请", withdraw_reason="计划有变", withdraw_confirmed=True)
    assert case.ended in {"withdrawn", "withdrawn_in_review"}
    assert case.status == "withdrawn"
    assert case.letters[-1] == "letter_termination"


def test_after_the_decision_nothing_can_be_withdrawn(play: Play) -> None:
    """Y-06: the message is not waited for any more."""
    case = story.granted(play)
    assert "application_withdrawn" not in case.awaits


def test_changed_person_data_are_checked_again(play: Play) -> None:
    """Y-94: before the decision the case goes back to the eligibility check."""
    case = story.applied(play)
    story.accept(case)
    case.receives("person_changed", person={"birth_date": date(2010, 1, 1)})
    assert [one["finding"] for one in case.variables["findings"]] == ["under_age"]
    story.review(case, finding_overrides=[{"finding": "under_age", "reason": "待核"}])
    case.receives("person_changed", person={"birth_date": date(1990, 3, 7)})
    story.approve(case)
    assert (case.waits_for, case.variables["findings"]) == ({"review"}, [])
    story.review(case)
    story.approve(case)
    assert case.status == "waiting_external"


def test_urging_is_limited_and_reaches_the_holder(play: Play) -> None:
    """Y-92: not before one working day in the step, once in two; goes to whoever has the case."""
    case = story.applied(play)
    story.accept(case)
    case.receives("urge", urge_text="请尽快审核")
    assert case.variables["urge_count"] == 0
    case.passes(working_days=1)
    case.receives("urge", urge_text="请尽快审核")
    assert case.variables["urge_count"] == 1
    assert case.letters[-1] == "letter_urge"
    case.receives("urge", urge_text="请尽快审核")
    assert case.variables["urge_count"] == 1
    assert case.waits_for == {"review"}


def test_a_centre_with_a_system_of_its_own_answers_by_message(play: Play) -> None:
    """Y-13, Y-15: the messages are the whole contract; nothing else of the centre is needed."""
    case = story.granted(play)
    case.receives(
        "card_posted",
        card_order_no=story.card(case)["card_order_no"],
        blank_serial="ZX00000001",
        prechecked_by="外部预核",
        parcel_no="ZX2026000001",
        express_company="ems",
        express_no="EMS77",
        posted_at=datetime(2026, 3, 4, 2, 0, tzinfo=UTC),
    )
    assert case.waits_for == {"verify"}
    story.verify(case)
    story.issue(case)
    assert (case.ended, story.licence_of(case)["blank_serial"]) == ("issued", "ZX00000001")
    assert case.messages == ["card_order", "card_received", "card_closed"]


HOLDER, ANOTHER = "370202199003070011", "11010519491231002X"
OVERRIDDEN = [{"finding": "case_running", "reason": "另一件将撤回"}]


def test_a_second_licence_of_the_class_is_not_granted(play: Play) -> None:
    """Y-61, Y-89: of two cases under way for one person and class one alone comes to a licence."""
    first, second = story.applied(play), story.applied(play)
    for case in (first, second):
        story.accept(case)
    for case in (first, second):
        story.review(case, finding_overrides=OVERRIDDEN)
    story.approve(first)
    number = story.licence_of(first)["licence_no"]
    story.approve(second)
    assert (second.waits_for, second.row.outcome) == ({"review"}, "")
    assert second.variables["licence_created"] is False
    said = f"持证人已有同类别等级的证书{number}（待制证），不能再准予许可"
    assert second.variables["return_reason"] == said
    assert story.told(play, "approver")[0] == "没有准予许可，已退回审核"
    story.review(second, "propose_refuse", reason="已有同类别等级的证书")
    law = "《游艇安全管理规定》"
    story.approve(second, "refuse", reason="已有同类别等级的证书", legal_basis=law)
    assert (second.ended, second.row.outcome) == ("refused", "refused")
    assert first.waits_for == {"card_posted", "card_order_rejected"}


def test_two_grants_at_the_same_moment_are_no_incident(play: Play) -> None:
    """Y-61, Y-89: the ledger refuses the slower one; its time limits run on, nothing is lost."""
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    person = case.variables["person_id"]
    # as the other approver's grant looks to who read the ledger before: none but the own
    number = story.held(
        play,
        status="pending_card",
        person_id=person,
        work_order_no=case.variables["work_order_no"],
        blank_serial=None,
    )
    story.approve(case)
    assert (case.waits_for, case.row.status, case.row.outcome) == ({"review"}, "in_progress", "")
    said = "持证人已有同类别等级的待制证证书，不能再准予许可"
    assert case.variables["return_reason"] == said
    assert (case.variables["decided_on"], case.variables["licence_no"]) == (None, None)
    assert case.row.due_on == date(2026, 3, 30)
    assert story.told(play, "approver")[0] == "没有准予许可，已退回审核"
    gone = registers.Trace(by="test")
    play.run(
        lambda session: registers.transition(session, "yacht_licence", number, "void", trace=gone)
    )
    story.review(case)
    story.approve(case)
    assert story.licence_of(case)["status"] == "pending_card"


def test_who_applies_again_is_told_at_once_what_there_is(play: Play) -> None:
    """Y-11, Y-89: the holder is told the work order under way, the acceptor sees it as well."""
    first = story.applied(play)
    assert first.variables["acceptance_notice"] is None
    again = story.applied(play)
    said = f"持证人同类别等级（A1E）已有在办的工作单{first.variables['work_order_no']}。"
    assert again.variables["acceptance_notice"] == said
    newest = story.box(play, "applicant")[0]
    assert (newest.title, said in newest.body) == ("同类别等级已有在办业务或者有效证书", True)
    assert story.applied(play, licence_class="A2E").variables["acceptance_notice"] is None


def test_who_holds_a_valid_licence_is_told_its_number(play: Play) -> None:
    """Y-11, Y-89: but for the one that a renewal replaces."""
    old = story.held(play, id_no=HOLDER)
    renewal = story.applied(play, application_kind="renew", old_licence_no=old)
    assert renewal.variables["acceptance_notice"] is None
    case = story.applied(play)
    number = renewal.variables["work_order_no"]
    said = f"持证人同类别等级（A1E）已有在办的工作单{number}、有效证书{old}。"
    assert case.variables["acceptance_notice"] == said


def test_who_files_for_another_is_not_told_the_numbers(play: Play) -> None:
    """Y-08, Y-11: only that there is something, and to ask the holder."""
    first = story.applied(play, id_no=ANOTHER)
    number = first.variables["work_order_no"]
    again = story.applied(play, id_no=ANOTHER)
    assert number in again.variables["acceptance_notice"]
    newest = story.box(play, "applicant")[0]
    assert (number in newest.body, "请与持证人核实" in newest.body) == (False, True)


def test_a_renewal_is_not_granted_beside_another_valid_licence(play: Play) -> None:
    """Y-89: the licence that it replaces does not stand in its way; another one of the class does."""
    old = story.held(play)
    case = story.applied(play, application_kind="renew", old_licence_no=old)
    story.accept(case)
    story.review(case)
    story.approve(case)
    assert story.licence_of(case)["status"] == "pending_card"
    again = story.applied(play, application_kind="renew", old_licence_no=old)
    story.accept(again)
    story.review(again, finding_overrides=OVERRIDDEN)
    story.approve(again)
    assert again.waits_for == {"review"}
    assert story.licence_of(case)["licence_no"] in again.variables["return_reason"]
