"""A process is changed in the browser while cases run on it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import licence
from tests.browser.conftest import People
from tests.browser.desk import Desk

Picture = Callable[..., None]
RENAMED = "资格审核"


def rename_task(page: Page) -> None:
    """In the diagram and its properties panel."""
    page.locator("[data-element-id=review] .djs-hit").first.dispatch_event("click")
    name = page.locator("#bio-properties-panel-name")
    expect(name).to_have_value("审核")
    name.fill(RENAMED)
    name.press("Tab")


def bring(page: Page, element: str) -> None:
    """Move the diagram until an element stands in its middle."""
    shape, canvas = (
        page.locator(f"[data-element-id={element}]").first,
        page.locator(".djs-container"),
    )
    frame = canvas.first.bounding_box()
    assert frame
    page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    for _ in range(3):  # the canvas goes a part of the way that the wheel does
        at = shape.bounding_box()
        assert at
        page.mouse.wheel(
            at["x"] - frame["x"] - frame["width"] * 0.45,
            at["y"] - frame["y"] - frame["height"] * 0.3,
        )
    expect(shape).to_be_in_viewport()


def relabel_field(page: Page) -> None:
    """In the text of its form, seen in the preview."""
    page.locator("[data-pane=forms]").click()
    page.locator("[data-files=forms]").get_by_text("form_licence_review", exact=True).click()
    text = page.locator("[data-editor=forms] .cm-content")
    expect(text).to_be_visible()
    text.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.insert_text("title: 资格审核意见")
    expect(page.locator("[data-formpreview]")).to_contain_text("资格审核意见")


def change(desk: Desk, picture: Picture) -> None:
    """Draft, change, check, save, submit."""
    page = desk.open("/analyst")
    row = page.locator("tr", has_text=licence.SERVICE)
    row.get_by_role("button", name=re.compile("修改")).click()
    page.wait_for_url("**/drafts/*")
    expect(page.locator("[data-element-id=review]").first).to_be_attached()
    rename_task(page)
    bring(page, "review")
    picture(desk, "editor")
    relabel_field(page)
    desk.press("检查")
    expect(page.locator("[data-findings]")).to_be_visible()
    expect(page.locator("[data-findings]")).not_to_contain_text("错误")
    desk.press("存为草稿")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    desk.press("提交发布")
    page.fill("#note", "审核环节按新规定改称资格审核")
    page.locator("#submit").get_by_role("button", name="提交", exact=True).click()
    expect(row).to_contain_text("待发布")


def tried(desk: Desk, picture: Picture) -> None:
    """A trial of a draft: nothing but memory is touched, the token stands on the diagram."""
    page = desk.open("/analyst")
    page.locator("tr", has_text="common_acceptance").get_by_role("button").first.click()
    page.wait_for_url("**/drafts/*")
    expect(page.locator("[data-workspace][data-ready]")).to_be_attached()
    desk.press("试运行")
    page.wait_for_url("**/trial")
    page.get_by_role("button", name="开始：收件").click()
    served = page.get_by_role("button", name="完成服务")
    expect(page.locator(".banli-current").first).to_be_visible()
    for _ in range(5):  # services wait for what the analyst says that they answer
        if served.count():
            served.click()
            page.wait_for_load_state()
    expect(page.locator("[data-element-id=accept].banli-current")).to_be_visible()
    desk.sees("产生待办『受理』")
    picture(desk, "trial")


def release(desk: Desk) -> None:
    """The second person."""
    page = desk.open("/releases")
    page.locator("tr", has_text=licence.SERVICE).get_by_role("link", name="审核").first.click()
    desk.sees(
        "审核环节按新规定改称资格审核",
        "用户任务『资格审核』",
        "名称：审核 → 资格审核",
        "+title: 资格审核意见",
    )
    expect(page.locator(".banli-badge", has_text="有修改")).to_have_count(1)
    desk.press("确认发布")
    page.locator("#go").get_by_role("button", name="发布", exact=True).click()
    page.wait_for_load_state()
    desk.open(f"/releases/{licence.SERVICE}")
    desk.sees("第 2 版")


def running(desk: Desk) -> dict[str, int]:
    """Running cases by version."""
    page = desk.open(f"/releases/{licence.SERVICE}")
    rows = page.locator("tbody tr").all()
    return {
        row.locator("td").nth(0).inner_text(): int(row.locator("td.num").inner_text())
        for row in rows
    }


def test_a_new_version_takes_new_cases_and_old_ones_run_on(
    people: People, picture: Picture
) -> None:
    """Renamed by the analyst, confirmed by another; the old case keeps its model."""
    applicant, reviewer = people("applicant"), people("reviewer")
    licence.fill_in(applicant)
    old = licence.hand_in(applicant)
    licence.accept(people("acceptor"), old)

    tried(people("analyst"), picture)
    change(people("analyst"), picture)
    release(people("releaser"))
    before = running(people("releaser"))

    licence.fill_in(applicant)
    new = licence.hand_in(applicant)
    licence.accept(people("acceptor"), new)
    reviewer.find_task(new, RENAMED)
    reviewer.sees("资格审核意见")
    reviewer.find_task(old, "审核")
    expect(reviewer.page.locator("h1")).to_have_text("审核")
    after = running(people("releaser"))
    picture(people("releaser"), "versions")
    assert after["第 2 版"] == before["第 2 版"] + 1
    assert after["第 1 版"] == before["第 1 版"] > 0
