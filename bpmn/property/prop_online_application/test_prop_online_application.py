"""线上申请: identity, signature, originals; then the same process as at the counter (P-06, P-09, P-12)."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bpmn.citizens import came, citizen
from bpmn.property import seals, shares, story
from bpmn.slots import open_slot, places
from bpmn.ways import Gateway
from engine import clock, moves
from engine.errors import Retry
from engine.store import execution
from processes import registers
from processes.clock import calendar
from processes.documents import documents
from processes.identity.identity import User
from processes.model.documents import Document
from processes.play import Play, PlayedCase

SIGNED = {"sign_confirmed": True}


def online(play: Play, by: User, *, channel: str = "portal", **changes: object) -> PlayedCase:
    """A sale handed in by somebody who came by the unified identity."""
    shares.employed(play)
    return came(play, story.WINDOW, by, channel=channel, **story.sale(**changes))


def signed(play: Play, case: PlayedCase, by: User) -> None:
    if "esign.sign" not in play.worker.workers:
        seals.signing(play)
    case.sends("签署申请书", as_=by.login, signature=story.paper(play), **SIGNED)


def told(play: Play, by: User) -> list[str]:
    return story.notices_of(play, by.login)


def test_a_sale_is_applied_for_signed_and_accepted_without_a_visit(play: Play) -> None:
    """P-05, P-06, P-09: fully online; the signed application is a paper of the case."""
    by = citizen(play, "p1001")
    case = online(play, by)
    assert case.waits_for == {"signed"}
    signed(play, case, by)
    assert "letter_registration_application" in case.letters
    assert case.waits_for == {"accept"}
    assert case.row.channel == "portal"
    case.complete("accept", as_="prop_window", decision="accept")
    assert "pre_review" in case.waits_for
    (consent,) = story.records(play, "data_consent", work_order_no=case.row.reference)
    assert consent["subject_name"] == "甲某"


@pytest.mark.parametrize("fault", ["", "refuses", "down"])
def test_the_application_is_signed_electronically_or_by_hand_alone(play: Play, fault: str) -> None:
    """P-02, P-131: the signature server signs the file; without it the handwriting stands."""
    server = seals.signing(play)
    server.refuses, server.down = ("没有该签名人" if fault == "refuses" else ""), fault == "down"
    by = citizen(play, "p1001")
    case = online(play, by)
    signed(play, case, by)
    if fault == "down":
        case.passes(minutes=31)
    assert case.waits_for == {"accept"}
    assert server.asked[0].seal == "甲某"
    content = play.run(lambda session: signed_file(session, case))
    found = server.examine(content).signatures
    assert [one.signer for one in found] == ([] if fault else ["甲某"])


def signed_file(session: Session, case: PlayedCase) -> bytes:
    """The application as it was kept."""
    query = select(Document).where(
        Document.case_id == case.id, Document.template == "letter_registration_application"
    )
    return documents.content(session, session.scalars(query).one())


def test_online_and_at_the_counter_it_is_one_process(play: Play) -> None:
    """P-12: only the beginning differs."""
    case = story.applied(play, as_="prop_window")
    assert case.waits_for == {"accept"}
    (consent,) = story.records(play, "data_consent", work_order_no=case.row.reference)
    assert "申请人身份证明" in consent["items"]


def test_who_logged_in_without_a_face_shows_it_first(play: Play) -> None:
    """P-50, P-87."""
    by = citizen(play, "p1002")
    case = online(play, by)
    case.works("face_verify.open", check_url="http://127.0.0.1:1/x", expires_at="2026-12-01")
    case.receives("face_checked", result="passed", score="0.97", reason=None)
    assert case.waits_for == {"signed"}


def test_an_identity_that_is_not_proved_frees_the_unit(play: Play) -> None:
    by = citizen(play, "p1002")
    case = online(play, by)
    case.works("face_verify.open", check_url="http://127.0.0.1:1/x", expires_at="2026-12-01")
    case.passes(days=4)
    assert (case.ended, case.row.outcome) == ("not_accepted", "online_expired")
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "free"


def test_an_application_that_nobody_signs_ends(play: Play) -> None:
    case = online(play, citizen(play, "p1001"))
    case.passes(days=4)
    assert (case.ended, case.status) == ("not_accepted", "cancelled")


def test_it_may_be_withdrawn_before_it_is_accepted(play: Play) -> None:
    by = citizen(play, "p1001")
    case = online(play, by)
    case.sends("撤回申请", as_=by.login, withdraw_reason="填错了", withdraw_confirmed=True)
    assert (case.ended, case.status) == ("not_accepted", "withdrawn")
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "free"


def heir_who_booked(play: Play, by: User, slot: str) -> PlayedCase:
    """An inheritance, whose papers are shown at the counter at the time of a slot."""
    heir = {"business_kind": "inheritance", "evidence": [story.paper(play)], "contract_no": None}
    case = online(play, by, only_home=None, marital_status=None, **heir)
    signed(play, case, by)
    day = calendar.add_working_days(clock.today(), 2).date
    case.sends("预约到窗口", as_=by.login, visit_on=str(day), slot=slot)
    return case


def counter_slot(play: Play) -> str:
    day = calendar.add_working_days(clock.today(), 2).date
    return open_slot(play, org="PR610100", day=day, matters=["prop_one_window"])


def test_who_withdraws_frees_the_place_that_he_booked_for_another(play: Play) -> None:
    """Issue 6 §2, P-36: withdrawal compensates what was taken at the counter too."""
    by, slot = citizen(play, "p1001"), counter_slot(play)
    case = heir_who_booked(play, by, slot)
    assert places(play, slot) == ["taken"]
    case.sends("撤回申请", as_=by.login, withdraw_reason="改日再办", withdraw_confirmed=True)
    assert (case.ended, case.status, places(play, slot)) == ("not_accepted", "withdrawn", ["free"])
    again = heir_who_booked(play, by, slot)
    assert (again.waits_for, places(play, slot)) == ({"check_original"}, ["taken"])


def test_who_withdraws_after_he_came_frees_nothing(play: Play) -> None:
    by, slot = citizen(play, "p1001"), counter_slot(play)
    case = heir_who_booked(play, by, slot)
    case.complete("check_original", as_="prop_window", decision="same")
    case.sends("撤回申请", as_=by.login, withdraw_reason="改日再办", withdraw_confirmed=True)
    assert (case.status, places(play, slot)) == ("withdrawn", ["kept"])


def jumped(play: Play, case: PlayedCase, to: str) -> None:
    """The case is put on another step, as whoever manages cases may order it."""
    (task,) = case.tasks

    def jump(session: Session) -> None:
        with execution(session, case.id, actor="test") as step:
            moves.move(step, moves.plan(step, task.id, to=to), kind="jumped", reason="另行核验")

    play.run(jump)
    play.drain()


@pytest.mark.parametrize("to", ["identity/check_in_person", "pre_review"])
def test_a_jump_over_the_booking_gives_the_place_back(play: Play, to: str) -> None:
    """Issue 6 §2, P-36: back before it or past the visit; nobody waits for him at that time."""
    by, slot = citizen(play, "p1001"), counter_slot(play)
    case = heir_who_booked(play, by, slot)
    assert places(play, slot) == ["taken"]
    jumped(play, case, to)
    assert places(play, slot) == ["free"]
    log = play.run(lambda s: registers.log(s, "appointment_place", f"{slot}-001"))
    assert log[-1].reason == "占用它的环节已退回，予以放回"
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "locked", "the rest is kept"


def test_a_jump_to_the_visit_itself_keeps_the_place(play: Play) -> None:
    """What was booked before the step that is done anew is still booked."""
    by, slot = citizen(play, "p1001"), counter_slot(play)
    case = heir_who_booked(play, by, slot)
    jumped(play, case, "check_original")
    assert (case.waits_for, places(play, slot)) == ({"check_original"}, ["taken"])


@pytest.mark.parametrize(("decision", "goes_on"), [("same", True), ("different", False)])
def test_papers_of_an_inheritance_are_shown_at_the_counter(
    play: Play, decision: str, *, goes_on: bool
) -> None:
    """An original is needed: an appointment, and the clerk looks at it."""
    by, slot = citizen(play, "p1001"), counter_slot(play)
    case = heir_who_booked(play, by, slot)
    assert case.row.step.startswith("核对原件（")
    assert case.row.step.endswith("09:00–10:00，1 号窗口）")
    note = None if goes_on else "公证书编号不符"
    case.complete("check_original", as_="prop_window", decision=decision, note=note)
    assert places(play, slot) == ["kept"]
    if goes_on:
        assert case.waits_for == {"accept"}
    else:
        assert (case.ended, case.row.outcome) == ("not_accepted", "online_original_differs")


@pytest.mark.parametrize("channel", ["wechat", "app", "portal"])
@pytest.mark.parametrize("down", [False, True])
def test_the_channel_that_he_came_by_is_told_and_holds_nothing_up(
    play: Play, outside: dict[str, Gateway], channel: str, *, down: bool
) -> None:
    """P-13, P-81: told there, or, where it is not answered, in the portal alone."""
    outside[channel].no = Retry("无法连接") if down else None
    by = citizen(play, "p1001")
    case = online(play, by, channel=channel)
    signed(play, case, by)
    assert case.waits_for == {"accept"}
    assert "申请已送登记机构" in told(play, by)
    assert len(outside[channel].taken) == (0 if down else 1)


def test_the_payment_page_of_the_tax_office_is_offered_until_it_is_paid(play: Play) -> None:
    case = story.accepted(play)
    page = "http://127.0.0.1:1/tax_prov/pay/S1"
    case.receives("tax_assessed", **story.ASSESSED, pay_url=page)
    (offered,) = story.records(play, "outer_action", work_order_no=case.row.reference)
    assert (offered["status"], offered["url"], offered["kind"]) == ("open", page, "pay")
    case.receives("tax_paid", assessment_no="S1")
    (offered,) = story.records(play, "outer_action", work_order_no=case.row.reference)
    assert offered["status"] == "done"


def test_the_result_goes_back_to_the_channel_that_he_came_by(
    play: Play, outside: dict[str, Gateway]
) -> None:
    """P-13, P-55, P-81: from the application to the certificate without a visit."""
    by = citizen(play, "p1001")
    case = online(play, by, channel="wechat")
    signed(play, case, by)
    case.complete("accept", as_="prop_window", decision="accept")
    story.taxed(case)
    case.receives("contract_verified", **story.VERIFIED)
    story.pre_reviewed(case)
    story.booked(case)
    assert [one.variables["title"] for one in outside["wechat"].taken] == [
        "申请已送登记机构",
        "登记已办结",
    ]
    assert (case.ended, case.row.outcome) == ("registered", "registered")
    assert "登记已办结" in told(play, by)
