"""The main job, as people do it: from an application to the issued card."""

import io
import re
from collections.abc import Callable

import pypdf
from playwright.sync_api import expect

from tests.browser import licence
from tests.browser.conftest import People
from tests.browser.desk import Desk, scan

Picture = Callable[..., None]


def letters(desk: Desk) -> dict[str, str]:
    """The letters on the applicant's page of a case: their text by the name of the file."""
    found = {}
    for link in desk.page.locator("a[href*='/documents/']").all():
        with desk.page.expect_download() as waiting:
            link.click()
        content = waiting.value.path().read_bytes()
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        text = "".join(page.extract_text() for page in pages)
        found[waiting.value.suggested_filename] = re.sub(r"\s", "", text)
    return found


def letter(found: dict[str, str], title: str) -> str:
    """The text of the one letter of a title."""
    (text,) = [text for name, text in found.items() if name.startswith(title)]
    return text


def open_case(desk: Desk, number: str) -> None:
    """The applicant's page of a case."""
    desk.open("/portal/mine")
    desk.page.locator("section", has_text=number).locator("a").first.click()
    expect(desk.page.locator("h1")).to_contain_text("游艇驾驶证")


def ask_for_supplement(desk: Desk, number: str) -> None:
    rows = [
        {"item": "体检证明", "reason": "印章不清晰", "basis": "《游艇安全管理规定》"},
        {"item": "照片", "reason": "背景不是白色"},
    ]
    licence.accept(desk, number, "supplement", missing_list=rows)


def supplement(desk: Desk, number: str) -> None:
    open_case(desk, number)
    desk.until("提交补正材料")
    desk.page.get_by_role("link", name="提交补正材料").first.click()
    desk.sees("印章不清晰", "背景不是白色")
    desk.fill(
        supplement_items=[
            {"files": (scan("again"), "image/png", "体检证明补正.png")},
            {"note": "已按要求重新拍照"},
        ],
        supplement_note="已重新拍摄",
    )
    desk.press("提交补正材料")
    desk.sees("已提交")


def test_a_licence_from_application_to_issued_card(people: People, picture: Picture) -> None:
    """Y-02…Y-23: every hand that the licence goes through, on its real pages."""
    applicant = people("applicant")
    licence.fill_in(applicant)
    number = licence.hand_in(applicant)
    code = licence.query_code(applicant)

    ask_for_supplement(people("acceptor"), number)
    supplement(applicant, number)
    licence.accept(people("acceptor"), number)
    licence.review(people("reviewer"), number)
    people("approver").open_task(number)
    picture(people("approver"), "task")
    licence.approve(people("approver"), number)

    serial = make(people, number)
    licence.verify(people("verifier"), number, serial)
    licence.issue(people("issuer"), number)

    open_case(applicant, number)
    applicant.until("已发证")
    picture(applicant, "portal-case")
    found = letters(applicant)
    assert "补正" in letter(found, "补正通知书")
    assert re.search(r"鲁海事受〔20\d\d〕第\d{5}号受理通知书", letter(found, "受理通知书"))
    assert re.search(r"鲁海事许〔20\d\d〕第\d{5}号", letter(found, "准予行政许可决定书"))
    assert number in letter(found, "准予行政许可决定书")
    followed_without_logging_in(people, number, code)


def make(people: People, number: str) -> str:
    """The centre makes, checks and posts the card; its blank's serial."""
    maker = people("card_maker")
    licence.check_order(maker, number)
    serial = licence.make_card(maker, number)
    licence.precheck(people("card_prechecker"), number, serial)
    licence.pack(maker, number)
    return serial


def followed_without_logging_in(people: People, number: str, code: str) -> None:
    stranger = people.another()
    stranger.open("/portal/track")
    stranger.page.fill("#reference", number)
    stranger.page.fill("#code", "WRONG234")
    stranger.press("查询进度")
    stranger.sees("没有找到相符的申请")
    stranger.page.fill("#code", code)
    stranger.press("查询进度")
    stranger.sees("已发证")
    assert licence.ID_NO not in stranger.page.content()


def test_a_refusal_ends_with_its_letter(people: People) -> None:
    """Y-12: proposed by the reviewer, decided by the approver, with reasons and remedies."""
    applicant = people("applicant")
    licence.fill_in(applicant)
    number = licence.hand_in(applicant)
    licence.accept(people("acceptor"), number)
    reason = "体检证明与本人不符"
    licence.review(people("reviewer"), number, "propose_refuse", reason=reason)
    licence.approve(
        people("approver"), number, "refuse", reason=reason, legal_basis="《游艇安全管理规定》"
    )
    open_case(applicant, number)
    applicant.until("不予许可")
    applicant.until("不予行政许可决定书")  # the worker draws it after the status has changed
    text = letter(letters(applicant), "不予行政许可决定书")
    assert reason in text
    assert "行政复议" in text
