"""制发签章文书: drawn, sealed, issued; or not issued at all (P-02, P-52, P-53, P-80, P-131)."""

import io
from datetime import date
from typing import Any, BinaryIO

import pytest
from pypdf import PdfReader

from adapters._shared import pades
from adapters._shared.seals import SealOrder, refusal
from bpmn.property import seals
from engine import clock
from processes.documents import documents, files, verification
from processes.play import Play, PlayedCase

FACE = {
    "certificate_no": "陕(2026)西安市不动产权第0000001号",
    "holder_name": "受让人",
    "share": "单独所有",
    "location": "西安市雁塔区演示路 1 号",
    "unit_code_spaced": "610113 001002 GB00001 F00010001",
    "right_kind": "国有建设用地使用权/房屋所有权",
    "right_nature": "出让",
    "use": "城镇住宅",
    "area": "96.52 平方米",
    "term": "无",
    "other_rights": "无",
    "remark": "无",
    "ecert_id": "1.2.156.3005.2.x",
}


def asked(play: Play, **changes: Any) -> PlayedCase:
    """A letter to be sealed, as a process of a domain asks for it."""
    return play.start(
        "common_sealed_letter",
        sealed_letter="letter_right_certificate",
        sealed_process="prop_ecert_issue",
        sealed_data={**FACE, **changes},
        sealed_org="PR610100",
        sealed_seal=changes.get("seal", "PR610100"),
        sealed_reason="核发",
    )


def numbered(play: Play, **more: Any) -> PlayedCase:
    """A letter with a number of its own, to be sealed."""
    applicant = {"name": "查询人", "id_no": "11010519491231002X"}
    said = {"purpose": "核实", "rows": [], "own": True, "interested": False, "as_of": clock.now()}
    return play.start(
        "common_sealed_letter",
        sealed_letter="letter_title_proof",
        sealed_process="prop_public_query",
        sealed_data={"applicant": applicant, "work_order_no": "P1", **said},
        sealed_org="PR610100",
        sealed_seal="PR610100",
        **more,
    )


def test_a_letter_is_issued_with_its_seal_on_it(play: Play) -> None:
    seals.employed(play)
    case = asked(play)
    assert (case.ended, case.variables["sealed_result"]) == ("sealed", "sealed")
    with play.session() as session:
        (document,) = documents.issued(session, case.id)
        content = files.read(session, document.sha256)
    found = pades.examine(content, pades.roots(seals.authority().trust))
    assert found.genuine
    assert found.signatures[0].signer == "西安市不动产登记局登记专用章"
    assert document.sha256 == case.variables["sealed_file"]["file"]
    text = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert document.verification_code in text
    assert case.variables["sealed_document"]["url"].endswith(f"/documents/{document.id}/content")


def test_the_seal_is_seen_where_the_template_wants_it(play: Play) -> None:
    desk = seals.employed(play)
    asked(play)
    assert len({order.place for order in desk.asked}) == 1, "in both formats"
    order = desk.asked[0]
    assert order.place is not None
    assert order.place.page == 1
    assert abs(order.place.width - 119) < 1  # 42 mm


def test_nothing_is_issued_when_the_seal_is_refused(play: Play) -> None:
    seals.employed(play).refuses = "印章已停用"
    case = asked(play)
    assert (case.ended, case.letters) == ("failed", [])
    assert case.variables["sealed_failure"] == "印章已停用"


def test_a_letter_that_is_sealed_again_keeps_its_number(play: Play) -> None:
    """党政机关公文处理工作条例第二十五条: numbered before it is sealed, and once."""
    desk = seals.employed(play)
    desk.refuses = "印章使用审批未通过"
    first = numbered(play)
    number = first.variables["sealed_number"]
    assert (first.ended, first.letters, number[-2:]) == ("failed", [], "1号")
    again = numbered(play, sealed_number=number)
    assert (again.ended, again.variables["sealed_number"]) == ("failed", number)
    desk.refuses = ""
    sealed = numbered(play, sealed_number=number)
    assert sealed.variables["sealed_document"]["number"] == number
    other = numbered(play)
    assert other.variables["sealed_document"]["number"][-2:] == "2号"


def test_the_number_of_an_issued_letter_is_given_to_no_other(play: Play) -> None:
    """It is an incident that names the number, not a second letter with it."""
    seals.employed(play)
    number = numbered(play).variables["sealed_document"]["number"]
    other = numbered(play, sealed_number=number)
    other.passes(days=2)
    assert (other.ended, other.letters) == (None, [])
    assert other.incidents == [f"文号『{number}』的文书已经制发"]


def test_a_seal_system_that_is_down_is_asked_again_and_given_up_after_four_hours(
    play: Play,
) -> None:
    desk = seals.employed(play)
    desk.down = True
    case = asked(play)
    case.passes(minutes=5)
    assert case.ended is None
    assert len({order.id for order in desk.asked}) == 1, "the same request every time"
    case.passes(hours=4)
    assert (case.ended, case.letters) == ("failed", [])
    assert "超过时限" in case.variables["sealed_failure"]


def test_a_seal_system_that_is_back_in_time_seals(play: Play) -> None:
    desk = seals.employed(play)
    desk.down = True
    case = asked(play)
    desk.down = False
    case.passes(minutes=2)
    assert (case.ended, len(case.letters)) == ("sealed", 1)


def test_what_cannot_be_drawn_is_told_with_its_reason(play: Play) -> None:
    seals.employed(play)
    case = asked(play, holder_name="无字形\U0001f600")
    assert (case.ended, case.letters) == ("failed", [])
    assert case.variables["sealed_failure"]
    missing = asked(play, location=None)
    assert missing.ended == "failed"
    assert "location" in missing.variables["sealed_failure"]
    assert clock.today() == date(2026, 3, 2)


def test_what_names_ofd_is_issued_as_ofd_too_with_the_same_seal(play: Play) -> None:
    """GB/T 33190 and GB/T 38540 beside the PDF: either file is found again by verification (P-38)."""
    pytest.importorskip("gmssl_pyx", reason="no wheel of the optional SM2 library for this machine")
    desk = seals.employed(play)
    case = asked(play)
    with play.session() as session:
        (document,) = documents.issued(session, case.id)
        pdf, ofd = documents.content(session, document), documents.as_ofd(session, document)
    found = desk.examine(ofd)
    assert found.genuine
    assert found.signatures[0].signer == desk.examine(pdf).signatures[0].signer
    assert {order.format for order in desk.asked} == {"pdf", "ofd"}
    for content in (pdf, ofd):
        told = play.run(lambda session, content=content: verification.by_file(session, content))
        assert told.code == document.verification_code


def test_without_a_seal_for_ofd_the_letter_is_issued_as_pdf_alone(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = seals.employed(play)
    real = desk.seal

    def no_ofd(order: SealOrder, document: BinaryIO) -> bytes:
        if order.format == "ofd":
            raise refusal("印章没有用于 OFD 的电子印章")
        return real(order, document)

    monkeypatch.setattr(desk, "seal", no_ofd)
    case = asked(play)
    assert case.variables["sealed_result"] == "sealed"
    with play.session() as session:
        (document,) = documents.issued(session, case.id)
    assert document.sha256 is not None
    assert document.ofd_sha256 is None
