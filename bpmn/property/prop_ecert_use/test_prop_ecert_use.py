"""电子证照共享与打印: by authorisation, with scope, purpose and end (P-17, P-46, P-59)."""

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from bpmn.property import story
from engine import clock, correlation
from forms.errors import FormInvalid
from processes.documents import documents, files
from processes.play import Play, PlayedCase

OWNER = "610102199001010016"


def requested(play: Play, held: dict[str, Any], **changes: Any) -> PlayedCase:
    """Another department asks for a certificate."""
    told = {
        "request_no": "GX1",
        "department": "西安住房公积金管理中心",
        "certificate_no": held["certificate_no"],
        "holder_name": held["holder_name"],
        "purpose": "办理公积金贷款",
        "legal_basis": "条例第三十二条",
        "contact": "经办人",
        **changes,
    }
    play.run(
        lambda session: correlation.correlate(
            session, "sharing_requested", told["request_no"], told,
            message_id=told["request_no"], channel="third_dept", ttl=timedelta(days=1),
        )
    )  # fmt: skip
    play.drain()
    return play.case("prop_ecert_use")


def kinds(play: Play, held: dict[str, Any]) -> list[str]:
    found = story.records(play, "ecert_event", ecert_id=held["ecert_id"])
    return [one["kind"] for one in found if one["kind"] != "wallet"]  # another process


def test_a_department_gets_what_was_permitted_until_it_ends(play: Play) -> None:
    held = story.certified(play)
    case = requested(play, held)
    case.complete(
        "decide", as_="prop_ecert", share_decision="grant", share_scope="face",
        valid_until="2026-03-05",
    )  # fmt: skip
    assert case.messages == ["ecert_shared"]
    granted = story.record(play, "sharing_request", "GX1")
    assert (granted["status"], granted["scope"]) == ("granted", "face")
    case.passes(days=10)
    assert (case.ended, case.row.outcome) == ("expired", "expired")
    assert story.record(play, "sharing_request", "GX1")["status"] == "expired"
    assert kinds(play, held) == ["issued", "shared", "revoked"]


def test_a_permission_ends_with_its_day_although_it_is_a_friday(play: Play) -> None:
    """P-59: the use is limited to a day, not to a working day; the case says until when."""
    case = requested(play, story.certified(play))
    friday = clock.today() + timedelta(days=(4 - clock.today().weekday()) % 7)
    case.complete(
        "decide", as_="prop_ecert", share_decision="grant", share_scope="face",
        valid_until=friday.isoformat(),
    )  # fmt: skip
    case.passes(days=(friday - clock.today()).days)
    assert case.variables["case_step"] == f"已授权，使用期限至 {friday}"
    assert story.record(play, "sharing_request", "GX1")["status"] == "granted"
    (shared,) = story.records(play, "ecert_event", kind="shared")
    assert shared["detail"] == "照面信息"  # a word, not the code of the scope
    case.passes(days=1)
    assert story.record(play, "sharing_request", "GX1")["status"] == "expired"


def test_what_the_department_received_is_on_record_as_often_as_it_says_so(play: Play) -> None:
    held = story.certified(play)
    case = requested(play, held)
    case.complete(
        "decide", as_="prop_ecert", share_decision="grant", share_scope="file",
        valid_until="2026-03-05",
    )  # fmt: skip
    first, again = clock.now(), clock.now() + timedelta(minutes=5)
    case.receives("sharing_received", received_at=first)
    assert story.record(play, "sharing_request", "GX1")["received_at"] == first
    case.receives("sharing_received", received_at=again)
    assert story.record(play, "sharing_request", "GX1")["received_at"] == again
    case.passes(days=10)
    assert (case.ended, case.row.outcome) == ("expired", "expired")


def revoke(play: Play, **told: Any) -> PlayedCase:
    answers = {"revoked_request": "GX1", "reason": "用证部门已不承办该业务", **told}
    return play.apply("prop_ecert_share_revoke", as_="prop_ecert", **answers)


def test_a_permission_that_is_revoked_ends_at_once_and_the_department_is_told(play: Play) -> None:
    """P-59: what was shared for a purpose is taken back before its day, with the reason."""
    held = story.certified(play)
    case = requested(play, held)
    case.complete(
        "decide", as_="prop_ecert", share_decision="grant", share_scope="face",
        valid_until="2026-03-05",
    )  # fmt: skip
    with pytest.raises(FormInvalid):
        revoke(play, reason=None)
    assert revoke(play).ended == "done"
    assert (case.ended, case.row.outcome) == ("revoked", "revoked")
    assert case.messages == ["ecert_shared", "sharing_revoked"]
    told = story.record(play, "sharing_request", "GX1")
    assert (told["status"], told["revoked_why"]) == ("revoked", "用证部门已不承办该业务")
    assert kinds(play, held) == ["issued", "shared", "revoked"]
    with pytest.raises(FormInvalid):  # a second time there is nothing to choose
        revoke(play)


def test_a_permission_of_which_the_receipt_came_is_revoked_too(play: Play) -> None:
    case = requested(play, story.certified(play))
    case.complete(
        "decide", as_="prop_ecert", share_decision="grant", share_scope="file",
        valid_until="2026-03-05",
    )  # fmt: skip
    case.receives("sharing_received", received_at=clock.now())
    revoke(play)
    assert case.ended == "revoked"


def test_a_request_without_a_basis_is_refused_with_its_reason(play: Play) -> None:
    held = story.certified(play)
    case = requested(play, held)
    case.complete(
        "decide", as_="prop_ecert", share_decision="refuse", refusal="没有法定依据"
    )  # fmt: skip
    assert (case.ended, case.messages) == ("refused", ["sharing_refused"])
    assert case.row.outcome == "sharing_refused"
    assert story.record(play, "sharing_request", "GX1")["refusal"] == "没有法定依据"
    assert kinds(play, held) == ["issued"]


def test_a_certificate_that_does_not_agree_is_refused_at_once(play: Play) -> None:
    """Another holder or an annulled certificate: the same answer, nothing told."""
    held = story.certified(play)
    case = requested(play, held, holder_name="他人")
    assert (case.ended, case.messages) == ("refused", ["sharing_refused"])


def test_a_print_bears_its_purpose_and_is_on_record(play: Play) -> None:
    held = story.certified(play)
    case = play.apply(
        "prop_ecert_use",
        as_="prop_window",
        certificate_no=held["certificate_no"],
        holder_id_no=OWNER,
        purpose="办理落户",
    )
    assert (case.ended, case.letters) == ("printed", ["letter_ecert_print"])
    with play.session() as session:
        (letter,) = documents.issued(session, case.id)
        text = PdfReader(io.BytesIO(files.read(session, letter.sha256))).pages[0].extract_text()
    assert text.count("办理落户") > 3
    assert "没有印章" in text
    assert kinds(play, held) == ["issued", "printed"]


def test_nobody_prints_what_is_not_in_his_name(play: Play) -> None:
    held = story.certified(play)
    case = play.apply(
        "prop_ecert_use",
        as_="prop_window",
        certificate_no=held["certificate_no"],
        holder_id_no="610102198001010014",
        purpose="办理落户",
    )
    assert (case.ended, case.letters) == ("none", [])
