"""Papers of a case open over its page: pictures and PDF, one after the other (A.5)."""

import io
import re

from playwright.sync_api import Page, Response, expect
from reportlab.pdfgen.canvas import Canvas

from tests.browser import licence
from tests.browser.conftest import People
from tests.browser.desk import Desk

PDF = "体检证明.pdf"


def pdf() -> bytes:
    out = io.BytesIO()
    page = Canvas(out)
    page.drawString(100, 700, "medical")
    page.save()
    return out.getvalue()


def filed(desk: Desk) -> str:
    """An application with a picture and a PDF; its work-order number."""
    licence.start(desk)
    licence.go_on(desk, "申请人")
    licence.person(desk)
    licence.go_on(desk, "体检")
    licence.medical(desk)
    desk.page.locator("[data-field=medical_scan] [data-remove-file]").click()
    desk.fill(medical_scan=(pdf(), "application/pdf", PDF))
    licence.go_on(desk, "领取方式")
    desk.fill(delivery="collect")
    licence.go_on(desk, "声明与签名")
    desk.fill(declaration=True, signature=(licence.scan("sign"), "image/png", "签名.png"))
    licence.go_on(desk, "核对并提交")
    return licence.hand_in(desk)


def test_a_clerk_looks_through_pictures_and_pdf_without_leaving_the_task(people: People) -> None:
    """Each opens in place, keys lead to the next; what was typed stays."""
    number = filed(people("applicant"))
    desk = people.another("acceptor")
    page = desk.open_task(number)
    desk.fill(decision="refuse", reason="先看材料")
    answers: list[Response] = []
    page.on("response", lambda got: answers.append(got) if "/files/" in got.url else None)
    papers = page.locator("a[data-preview]")
    total = papers.count()
    viewer = page.locator("dialog.viewer")

    papers.filter(has_text=PDF).first.click()
    expect(viewer).to_be_visible()
    expect(viewer.locator("h2")).to_have_text(PDF)
    frame = viewer.locator("iframe")
    expect(frame).to_have_attribute("title", PDF)
    seen = page.request.get(str(frame.get_attribute("src"))).headers
    assert seen["content-type"] == "application/pdf"
    assert seen["content-disposition"].startswith("inline")
    assert "frame-ancestors 'self'" in seen["content-security-policy"], "our own page may show it"

    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(viewer.locator("iframe")).to_have_count(0)
    looks_at_pictures(page, total)
    expect(page.locator("#f-reason")).to_have_value("先看材料")
    assert [one.status for one in answers if one.status != 200] == []


def looks_at_pictures(page: Page, total: int) -> None:
    viewer, photo = page.locator("dialog.viewer"), page.locator("a[data-preview=image]").first
    photo.click()
    expect(viewer.locator("img")).to_have_attribute("alt", photo.inner_text())
    page.wait_for_function("document.querySelector('dialog.viewer img')?.naturalWidth > 0")
    expect(viewer.get_by_role("link", name="下载")).to_have_attribute(
        "href", re.compile("download=1")
    )
    first = viewer.locator(".muted").inner_text()
    page.keyboard.press("ArrowRight")
    expect(viewer.locator(".muted")).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(viewer.locator(".muted")).to_have_text(first)
    assert first.endswith(f"/ {total}")
    viewer.get_by_role("button", name="关闭").click()
    expect(viewer).to_be_hidden()
