"""身份核验: the level of the log-in, the face, the counter (P-36, P-50, P-87)."""

import pytest

from bpmn.citizens import begun, citizen
from bpmn.property.story import records
from bpmn.slots import open_slot, places
from engine import clock
from processes.clock import calendar
from processes.identity.identity import User
from processes.play import Play, PlayedCase

KEY = "common_identity_check"
ASKED = {
    "identity_required": "face",
    "identity_purpose": "二手房转移登记",
    "identity_matter": "prop_one_window",
    "identity_role": "licence_acceptor@370001",
}
OPENED = {"check_url": "http://127.0.0.1:1/face_verify/check/1", "expires_at": "2026-12-01"}


def checking(play: Play, subject: str = "p1002", **given: object) -> PlayedCase:
    return begun(play, KEY, citizen(play, subject), **{**ASKED, **given})


def opened(play: Play, case: PlayedCase) -> None:
    case.works("face_verify.open", **OPENED)
    (link,) = links(play, case, "open")
    (check,) = records(play, "identity_check", work_order_no=case.variables["work_order_no"])
    time = len(links(play, case, "done")) + 1
    assert link["outer_no"] == f"{check['check_no']}-{time}", "the number it was asked with"


def links(play: Play, case: PlayedCase, status: str) -> list[dict[str, object]]:
    found = records(play, "outer_action", work_order_no=case.variables["work_order_no"])
    return [one for one in found if one["status"] == status]


def checked(case: PlayedCase, result: str = "passed") -> None:
    case.receives("face_checked", result=result, score="0.97", reason=None)


def test_who_was_compared_at_log_in_is_not_compared_again(play: Play) -> None:
    case = checking(play, "p1001")
    assert (case.ended, case.variables["identity_result"]) == ("verified", "passed")
    assert case.variables["identity_check"]["method"] == "login"


def test_a_real_name_is_enough_where_no_more_is_asked(play: Play) -> None:
    case = checking(play, identity_required="real_name")
    assert (case.ended, case.variables["identity_check"]["method"]) == ("verified", "login")


def test_an_enterprise_comes_by_its_handler(play: Play) -> None:
    by = citizen(play, "e2001", level=2)
    case = begun(play, KEY, by, **ASKED)
    assert case.ended == "verified"


def test_a_face_is_compared_on_the_page_of_the_service_and_the_result_is_on_record(
    play: Play,
) -> None:
    """P-87: the link is offered while it is wanted; no picture comes to us."""
    case = checking(play)
    opened(play, case)
    checked(case)
    assert case.ended == "verified"
    assert not links(play, case, "open")
    (one,) = records(play, "identity_check", work_order_no=case.variables["work_order_no"])
    assert (one["status"], one["method"], one["attempts"]) == ("passed", "face", 1)


def test_the_applicant_reads_that_the_face_is_waited_for_not_the_way_out(play: Play) -> None:
    """The case stands at the comparison; the counter is only offered beside it."""
    by, _slot = citizen(play, "p1002"), offered(play)
    case = begun(play, KEY, by, **ASKED)
    opened(play, case)
    assert case.row.step == "人脸核验"
    case.sends("改为到窗口核验", as_=by.login)
    assert "人脸" not in case.row.step


def test_three_faces_that_do_not_match_lead_to_the_counter(play: Play) -> None:
    by, slot = citizen(play, "p1002"), offered(play)
    case = begun(play, KEY, by, **ASKED)
    for _time in range(3):
        opened(play, case)
        checked(case, "failed")
    at_the_counter(case, by, slot)
    (one,) = records(play, "identity_check", work_order_no=case.variables["work_order_no"])
    assert (one["status"], one["method"], one["document_kind"]) == (
        "passed",
        "counter",
        "resident_id",
    )


def offered(play: Play) -> str:
    """A time at the counter that may be booked."""
    day = calendar.add_working_days(clock.today(), 2).date
    return open_slot(play, org="370001", day=day, matters=["prop_one_window"])


def at_the_counter(case: PlayedCase, by: User, slot: str, **changes: object) -> None:
    """An appointment is made and kept."""
    day = str(calendar.add_working_days(clock.today(), 2).date)
    case.sends("预约到窗口", as_=by.login, visit_on=day, slot=slot)
    assert places(case.play, slot) == ["taken"]
    assert case.row.step == f"当面核对证件（{day} 09:00–10:00，1 号窗口）"
    answers = {"document_kind": "resident_id", "decision": "same", **changes}
    case.complete("check_in_person", as_="acceptor", **answers)
    assert places(case.play, slot) == ["kept"]


def test_a_match_at_the_second_time_is_good(play: Play) -> None:
    case = checking(play)
    opened(play, case)
    checked(case, "failed")
    opened(play, case)
    checked(case)
    assert case.ended == "verified"


def test_who_would_rather_come_in_person_may(play: Play) -> None:
    by, slot = citizen(play, "p1002"), offered(play)
    case = begun(play, KEY, by, **ASKED)
    opened(play, case)
    case.sends("改为到窗口核验", as_=by.login)
    assert not links(play, case, "open"), "the page of the face check is offered no more"
    at_the_counter(case, by, slot)
    assert case.ended == "verified"


@pytest.mark.parametrize("code", ["no_portrait", "name_differs"])
def test_whom_the_service_cannot_compare_comes_to_the_counter(play: Play, code: str) -> None:
    offered(play)
    case = checking(play)
    case.fails("face_verify.open", code=code)
    assert "chosen" in case.waits_for


def test_a_service_that_is_down_for_half_an_hour_leads_to_the_counter(play: Play) -> None:
    offered(play)
    case = checking(play)
    case.passes(minutes=31)
    assert "chosen" in case.waits_for


def test_where_no_times_are_opened_he_comes_without_an_appointment(play: Play) -> None:
    case = checking(play)
    case.fails("face_verify.open", code="no_portrait")
    case.complete("check_in_person", as_="acceptor", document_kind="passport", decision="same")
    assert case.ended == "verified"


def test_somebody_else_at_the_counter_is_not_verified(play: Play) -> None:
    by, slot = citizen(play, "p1002"), offered(play)
    case = begun(play, KEY, by, **ASKED)
    case.fails("face_verify.open", code="no_portrait")
    at_the_counter(case, by, slot, decision="different", note="相貌不符")
    assert (case.ended, case.variables["identity_result"]) == ("not_verified", "failed")


def test_a_check_that_nobody_makes_ends(play: Play) -> None:
    case = checking(play)
    opened(play, case)
    case.passes(days=4)
    assert (case.ended, case.variables["identity_result"]) == ("late", "expired")


def test_an_appointment_that_nobody_makes_ends(play: Play) -> None:
    offered(play)
    case = checking(play)
    case.fails("face_verify.open", code="no_portrait")
    case.passes(working_days=6)
    assert (case.ended, case.variables["identity_result"]) == ("not_appointed", "expired")


def test_at_the_counter_the_document_is_looked_at_in_any_case(play: Play) -> None:
    case = begun(play, KEY, citizen(play, "p1001"), channel="counter", **ASKED)
    case.complete("check_in_person", as_="acceptor", document_kind="passport", decision="same")
    assert case.ended == "verified"
