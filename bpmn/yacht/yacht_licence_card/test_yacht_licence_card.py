"""制证、核对与发证, called after the decision: ordering, checking, returning, losing, issuing, ending."""

from datetime import date, timedelta
from typing import Any

import pytest

from bpmn import papers
from bpmn.beginnings import once
from bpmn.yacht import story
from engine import clock, correlation, ids
from forms.errors import FormInvalid
from processes import registers
from processes.casefile import notices
from processes.documents import documents
from processes.play import Play, PlayedCase

CENTRE = {"card_posted", "card_order_rejected"}


def order_status(case: PlayedCase, number: str = "") -> str:
    key = number or story.card(case)["card_order_no"]
    return str(story.record(case.play, "card_order", key)["status"])


def fix(case: PlayedCase, *, again: bool = False) -> None:
    case.complete(
        "fix_card_data", as_="reviewer", decision_content_wrong=again, remark="已更正并重新下单"
    )


@once
def rejected(play: Play) -> PlayedCase:
    """A case whose order the centre sent back because of the photo."""
    case = story.granted(play)
    play.case(story.PRODUCTION).complete(
        "check_order",
        as_="card_maker",
        data_ok=True,
        photo_ok=False,
        address_ok=True,
        decision="reject",
        reasons=["photo_unusable"],
    )
    return case


def test_an_order_sent_back_is_corrected_and_ordered_again(play: Play) -> None:
    """Y-13: photo corrected → make number 02."""
    case = rejected(play)
    first = story.card(case)["card_order_no"]
    assert (case.waits_for, order_status(case, first)) == ({"fix_card_data"}, "rejected")
    assert play.case(story.PRODUCTION).ended == "rejected"
    fix(case)
    assert case.waits_for == CENTRE
    assert story.card(case)["card_order_no"] == first.replace("-01", "-02")
    assert play.case(story.PRODUCTION).waits_for == {"check_order"}


def test_a_wrong_decision_is_signed_again_and_the_licence_corrected(play: Play) -> None:
    """Y-77: decision content wrong → 5, new signature, the licence row is corrected."""
    case = rejected(play)
    number = case.variables["licence_no"]
    fix(case, again=True)
    assert case.waits_for == {"approve"}
    story.approve(case)
    assert (case.waits_for, case.variables["licence_no"]) == (CENTRE, number)
    assert case.messages.count("card_order") == 2


def test_a_decision_that_exists_is_not_withdrawn(play: Play) -> None:
    """Y-06: the applicant is told, the approver goes on."""
    case = rejected(play)
    fix(case, again=True)
    case.sends("撤回申请", withdraw_reason="不要了", withdraw_confirmed=True)
    assert (case.waits_for, case.ended) == ({"approve"}, None)


def test_a_decision_taken_back_voids_the_licence(play: Play) -> None:
    """Y-61: refusing at the second signature."""
    case = rejected(play)
    number = case.variables["licence_no"]
    fix(case, again=True)
    story.approve(case, "refuse", reason="条件不符", legal_basis="《游艇安全管理规定》")
    assert case.ended == "refused"
    assert story.record(play, "yacht_licence", number)["status"] == "void"


@pytest.mark.parametrize("reason", ["wrong_centre", "wrong_agency_data"])
def test_a_wrong_card_goes_back_and_is_made_again(play: Play, reason: str) -> None:
    """Y-62: blank spoiled, card returned by express, new order; agency data are corrected first."""
    case = story.posted(play)
    first, serial = story.card(case)["card_order_no"], story.card(case)["ordered_serial"]
    order = play.case(story.PRODUCTION)
    story.verify(case, reason, error_items=["name"])
    story.return_card(case, reason=reason)
    assert order_status(case, first) == "returned"
    assert story.record(play, "blank_item", serial)["status"] == "spoiled"
    issued = play.run(lambda session: documents.issued(session, case.id))
    (listed,) = (one for one in issued if one.template == "letter_return_list")
    assert listed.values["error_items"] == ["姓名"]
    assert order.waits_for == {"receive_returned"}
    if reason == "wrong_agency_data":
        assert case.waits_for == {"fix_card_data"}
        fix(case)
    assert case.waits_for == CENTRE
    story.produce(play, "EMS0002")
    story.verify(case)
    story.issue(case)
    assert case.ended == "issued"
    assert story.licence_of(case)["blank_serial"] != serial


def test_another_serial_than_ordered_is_checked_again(play: Play) -> None:
    """Y-62: the serial on the card must be the order's."""
    case = story.posted(play)
    case.complete(
        "verify",
        as_="verifier",
        arrived_on=str(clock.today()),
        blank_serial="YJ00000299",
        items=[{"ok": True}] * 11,
        decision="ok",
    )
    assert case.waits_for == {"verify"}
    assert order_status(case) == "posted"


def test_a_person_changed_while_the_card_is_made_is_found_at_the_check(play: Play) -> None:
    """Y-94: flag `data_changed`; the verifier must choose wrong_agency_data."""
    case = story.granted(play)
    case.receives("person_changed", person={"name": "申请人甲"})
    story.produce(play)
    with pytest.raises(FormInvalid):
        story.verify(case)
    story.verify(case, "wrong_agency_data", error_items=["name"])
    story.return_card(case, reason="wrong_agency_data")
    fix(case)
    assert (case.waits_for, story.card(case)["data_changed"]) == (CENTRE, False)


def test_urging_while_the_card_is_made_reaches_whoever_has_the_order(play: Play) -> None:
    """Y-92: the ledger of card orders says who that is: the centre, then the verifier."""
    case = story.granted(play)
    play.passes(working_days=2)
    case.receives("urge", urge_text="请尽快制证")
    assert any("催办" in title for title in story.told(play, "card_maker"))
    story.produce(play)
    play.passes(working_days=4)
    case.receives("urge", urge_text="请尽快核对")
    assert any("催办" in title for title in story.told(play, "verifier"))


def trace(case: PlayedCase, decision: str) -> None:
    more = {"evidence": story.upload(case.play, "证明.pdf")} if decision == "lost" else {}
    case.complete(
        "trace_parcel", as_="verifier", express_reply="快递公司答复", decision=decision, **more
    )


def test_a_lost_parcel_is_traced_and_the_card_made_again(play: Play) -> None:
    """Y-15: after 5 working days; order and blank lost, new order."""
    case = story.posted(play)
    first, serial = story.card(case)["card_order_no"], story.card(case)["ordered_serial"]
    order = play.case(story.PRODUCTION)
    case.passes(working_days=7)
    assert case.waits_for == {"verify", "trace_parcel"}
    trace(case, "lost")
    assert case.waits_for == CENTRE
    assert (order_status(case, first), order.ended) == ("lost", "lost")
    assert story.record(play, "blank_item", serial)["status"] == "lost"
    assert "letter_loss_record" in case.letters
    assert story.card(case)["make_no"] == 2


def test_a_parcel_found_is_checked(play: Play) -> None:
    """Y-15."""
    case = story.posted(play)
    case.passes(working_days=7)
    trace(case, "found")
    assert case.waits_for == {"verify"}
    story.verify(case)
    assert case.waits_for == {"issue"}


@pytest.mark.parametrize("decision", ["ok", "wrong_centre"])
def test_a_card_that_arrived_is_traced_no_more(play: Play, decision: str) -> None:
    """Y-15: nobody can report as lost what lies before him."""
    case = story.posted(play)
    case.passes(working_days=7)
    assert case.waits_for == {"verify", "trace_parcel"}
    story.verify(case, decision, **({} if decision == "ok" else {"error_items": ["photo"]}))
    assert "trace_parcel" not in case.waits_for


def test_the_fourth_card_needs_the_manager(play: Play) -> None:
    """Y-64: from make number 04 first a to-do for the licence manager."""
    case = story.granted(play)
    for number in range(3):
        story.produce(play, f"EMS100{number}")
        story.verify(case, "wrong_centre", error_items=["photo"])
        story.return_card(case, reason="wrong_centre")
    assert case.waits_for == {"confirm_remake"}
    case.complete(
        "confirm_remake", as_="manager", remake_confirmed=True, remake_remark="制作单位设备故障"
    )
    assert case.waits_for == CENTRE
    assert story.card(case)["card_order_no"].endswith("-04")


def test_the_holder_refuses_a_wrong_card(play: Play) -> None:
    """Y-63."""
    case = story.posted(play)
    story.verify(case)
    case.complete(
        "issue",
        as_="issuer",
        result="refused_by_holder",
        issued_date="2026-03-06",
        error_items=["name"],
    )
    assert case.waits_for == {"return_card"}
    story.return_card(case, reason="wrong_centre")
    assert case.waits_for == CENTRE


def test_a_posted_licence_may_come_back(play: Play) -> None:
    """Y-63: proof of delivery; what the post returns stays at 发证."""
    case = story.posted(play, delivery="post", post_address="山东省青岛市演示路 1 号")
    story.verify(case)
    sent: dict[str, Any] = {"result": "posted", "express_no": "SF01", "issued_date": "2026-03-06"}
    case.complete("issue", as_="issuer", **sent)
    case.complete("confirm_delivery", as_="issuer", result="returned", delivered_on="2026-03-09")
    assert case.waits_for == {"issue"}
    case.complete("issue", as_="issuer", **sent)
    case.complete(
        "confirm_delivery",
        as_="issuer",
        result="delivered",
        delivered_on="2026-03-12",
        receiver="申请人",
    )
    assert case.ended == "issued"


@once
def uncollected(play: Play, **changes: Any) -> PlayedCase:
    case = story.posted(play, **changes)
    story.verify(case)
    case.passes(working_days=61)
    case.complete("store_uncollected", as_="manager", shelf_no="A-01", stored_on="2026-06-05")
    return case


def test_a_licence_nobody_collects_is_kept_and_collected_later(play: Play) -> None:
    """Y-63, Y-64: reminders after 20 and 40, kept after 60 working days; then collected."""
    case = uncollected(play)
    assert case.letters.count("letter_collection_reminder") == 2
    assert (case.status, order_status(case)) == ("suspended", "uncollected")
    assert case.row.step == "证书存放在发证机构（A-01），等待申请领取"
    told = play.run(lambda session: notices.box(session, play.user("applicant")))
    stored = next(one for one in told if one.title == "证书存放通知")
    assert "存放位置：A-01" in stored.body
    assert "济南市历下区演示路 1 号" in stored.body
    case.sends("申请领取证书", delivery="collect")
    assert (case.waits_for, case.status) == ({"issue"}, "in_progress")
    assert case.row.step == "发证"
    story.issue(case)
    assert case.ended == "issued"


@pytest.mark.parametrize("decision", ["annul", "reject"])
def test_after_a_year_annulment_is_proposed(play: Play, decision: str) -> None:
    """Y-97: `not_collected`; the approver decides on the manager's proposal."""
    case = uncollected(play)
    case.passes(days=366)
    case.complete("propose_annul", as_="manager", decision="annul", reason="存放满一年")
    more = {} if decision == "annul" else {"reason": "已联系上持证人"}
    case.complete("decide_annul", as_="approver", decision=decision, **more)
    if decision == "reject":
        assert case.waits_for == {"collect_requested"}
        return
    assert (case.ended, case.status) == ("annulled_uncollected", "cancelled")
    assert story.licence_of(case)["annul_reason"] == "not_collected"
    assert order_status(case) == "closed"
    decided = papers.read(case, "letter_uncollected_annulment")
    assert f"编号：{case.variables['licence_no']}" in decided
    assert "自2026年6月5日起由本机关存放" in decided
    told = play.run(lambda session: notices.box(session, play.user("applicant")))
    (annulled,) = [one for one in told if one.title == "游艇驾驶证已注销"]
    assert case.variables["licence_no"] in annulled.body


def test_a_replacement_nobody_collects_ends_and_the_licence_stays_valid(play: Play) -> None:
    """Y-97: the first licence is not annulled; the applicant is told that the replacement ended."""
    old = story.held(play)
    lost = {"replace_reason": "lost", "loss_statement": story.upload(play, "遗失声明.pdf")}
    case = uncollected(play, application_kind="replace", old_licence_no=old, **lost)
    case.passes(days=366)
    case.complete("propose_annul", as_="manager", decision="annul", reason="存放满一年")
    case.complete("decide_annul", as_="approver", decision="annul")
    assert (case.ended, case.letters[-1]) == ("annulled_uncollected", "letter_termination")
    assert "补发的证书经两次催领、存放满一年仍未领取" in papers.read(case, "letter_termination")
    assert story.record(play, "yacht_licence", old)["status"] == "valid"


def without_address(play: Play) -> None:
    def command(session: Any) -> None:
        found = registers.first(session, "mailing_address", where={"org": "370001"})
        registers.transition(
            session,
            "mailing_address",
            found.key if found else "",
            "inactive",
            trace=registers.Trace(by="test"),
        )

    play.run(command)


def test_without_a_mailing_address_the_administrator_maintains_one(play: Play) -> None:
    """Y-74: warned at 受理, blocked at ordering; urged after two working days."""
    without_address(play)
    case = story.applied(play)
    assert story.seen(case, "accept")["address_missing"] is True
    story.accept(case)
    story.review(case)
    story.approve(case)
    assert case.waits_for == {"maintain_address"}
    case.passes(working_days=3)
    assert "letter_urge" in case.letters
    case.complete(
        "maintain_address",
        as_="admin",
        receiver="证书收发岗",
        phone="0531-80000001",
        postcode="250001",
        region="山东省济南市",
        street="演示路 3 号",
    )
    assert case.waits_for == CENTRE


def test_an_address_maintained_elsewhere_is_noticed(play: Play) -> None:
    """Y-74."""
    without_address(play)
    case = story.granted(play)
    values = {
        "org": "370001",
        "receiver": "证书收发岗",
        "phone": "0531-80000001",
        "postcode": "250001",
        "region": "山东省济南市",
        "street": "演示路 3 号",
    }
    play.run(
        lambda session: registers.create(
            session, "mailing_address", values, trace=registers.Trace(by="test")
        )
    )
    case.passes(hours=2)
    assert case.waits_for == CENTRE


def test_a_late_centre_is_urged(play: Play) -> None:
    """Y-92: after 5 working days."""
    case = story.granted(play)
    case.passes(working_days=7)
    sheet = papers.read(case, "letter_urge")
    assert ("第1次催办" in sheet, "提醒办理人并抄送负责人" in sheet) == (True, True)
    for login in ("card_maker", "manager"):
        assert any("催办" in title for title in story.told(play, login))
    assert case.waits_for == CENTRE


def terminate(case: PlayedCase) -> None:
    case.receives(
        "terminate_case",
        reason="death",
        evidence=story.upload(case.play, "证明.pdf"),
        remark="申请人去世",
    )


def test_a_case_is_terminated_before_the_decision(play: Play) -> None:
    """Y-64: letter, no licence."""
    case = story.applied(play)
    story.accept(case)
    terminate(case)
    assert (case.ended, case.status, case.row.outcome) == ("terminated", "cancelled", "terminated")
    assert case.letters[-1] == "letter_termination"


def test_a_case_is_terminated_before_posting(play: Play) -> None:
    """Y-64: order cancelled, blank back or spoiled, licence void."""
    case = story.granted(play)
    order = play.case(story.PRODUCTION)
    terminate(case)
    assert order.ended == "cancelled"
    assert case.status == "cancelled"
    case.passes(days=2)
    assert case.ended == "terminated"
    assert story.licence_of(case)["status"] == "void"
    assert order_status(case) == "cancelled"


def test_a_case_is_terminated_after_posting(play: Play) -> None:
    """Y-64: the card goes back with `cancelled_after_post`, no new order."""
    case = story.posted(play)
    order = play.case(story.PRODUCTION)
    terminate(case)
    assert case.waits_for == {"return_cancelled_card"}
    story.return_card(case, "return_cancelled_card", reason="cancelled_after_post")
    assert case.ended == "terminated"
    assert (order_status(case), story.licence_of(case)["status"]) == ("returned", "void")
    assert order.waits_for == {"receive_returned"}
    assert case.messages.count("card_order") == 1


def filed_outside(play: Play, **changes: Any) -> PlayedCase:
    """An application that the e-filing system of the bureau sent."""
    payload = {
        **story.application(play),
        "birth_date": date(1990, 3, 7),
        "medical_issued_on": date(2026, 1, 10),
        "outer_no": "SD20260001",
        "applicant": {"user": None, "name": "申请人", "org": None, "id_no": "370202199003070011"},
        **changes,
    }
    payload = {name: value for name, value in payload.items() if value is not None}
    play.run(
        lambda session: correlation.correlate(
            session,
            "application_submitted",
            "SD20260001",
            payload,
            message_id=f"m-{ids.next_id()}",
            channel="play",
            ttl=timedelta(days=1),
        )
    )
    play.drain()
    return play.case(story.LICENCE)


def test_an_e_filed_form_is_received_by_itself(play: Play) -> None:
    """Y-10: work order and outer number are linked."""
    case = filed_outside(play)
    assert case.waits_for == {"accept"}
    assert len(case.variables["work_order_no"]) == 21


def test_an_e_filed_form_may_be_received_by_hand(play: Play) -> None:
    """Y-10: parameter `efiling_auto_receive` off."""
    case = filed_outside(play, parameters={"efiling_auto_receive": False})
    case.complete("receive_efiling", as_="acceptor", decision="receive")
    assert case.waits_for == {"accept"}


def test_a_broken_package_is_rejected(play: Play) -> None:
    """Y-10: end `rejected_package`."""
    case = filed_outside(play, id_no=None)
    assert (case.ended, case.row.outcome) == ("rejected_package", "rejected_package")
