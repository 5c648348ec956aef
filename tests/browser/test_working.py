"""Working with lists: kept filters, columns, keys, and what a page says when the server is away."""

from playwright.sync_api import Route, expect

from tests.browser.conftest import People
from tests.browser.desk import Desk
from tests.browser.test_pages import sideways


def test_a_filter_is_kept_under_a_name_and_a_column_left_out(people: People) -> None:
    """For this user alone, until he changes it; the address is the filter for everybody."""
    desk = people.another("verifier")
    page = desk.open("/inbox?box=done&q=Y37")
    desk.press("保存此条件")
    page.fill("#keep-name", "今年的")
    desk.press("保存")
    chip = page.locator(".chip", has_text="今年的")
    expect(chip).to_have_attribute("aria-current", "true")
    desk.open("/inbox?box=done")
    chip.get_by_role("link").click()
    expect(page.locator("[name=q]").last).to_have_value("Y37")
    assert "box=done" in page.url
    page.get_by_role("button", name="删除筛选条件 今年的").click()
    expect(chip).to_have_count(0)
    left_out(desk)


def left_out(desk: Desk) -> None:
    page = desk.page
    page.locator("summary", has_text="列").click()
    page.get_by_label("时限").uncheck()
    desk.press("应用")
    page.locator("summary", has_text="列").click()
    expect(page.get_by_label("时限")).not_to_be_checked()
    expect(page.get_by_label("事项").last).to_be_checked()


def test_a_list_says_that_the_server_is_away_and_that_it_is_back(people: People) -> None:
    """The list that looks by itself fails aloud, and the next look takes the words away."""
    desk = people.another("acceptor")
    page = desk.page
    page.clock.install()

    def away(route: Route) -> None:
        route.fulfill(status=503, body="")

    desk.open("/inbox")
    expect(page.locator("[data-list][data-ready]")).to_be_visible()
    page.route("**/inbox?*", away)
    page.clock.run_for(16_000)
    expect(page.locator(".offline")).to_contain_text("连接中断")
    page.unroute("**/inbox?*")
    page.clock.run_for(16_000)
    expect(page.locator(".offline")).to_have_count(0)


def test_a_list_is_worked_by_keys_alone(people: People) -> None:
    """The first stop jumps over the menu, / searches, Escape closes a menu."""
    desk = people.another("acceptor")
    page = desk.open("/inbox")
    expect(page.locator("[data-list][data-ready]")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.locator("[data-global-search]")).to_be_focused()
    page.locator("summary", has_text="受理人").click()
    page.keyboard.press("Escape")
    expect(page.locator("details.drop[open]")).to_have_count(0)


def test_at_four_hundred_percent_nothing_is_off_the_side(people: People) -> None:
    """1280 px enlarged four times are 320 px (WCAG 2.2, 1.4.10 Reflow)."""
    desk = people.another("acceptor")
    desk.page.set_viewport_size({"width": 320, "height": 256})
    found = {}
    for path in ("/inbox", "/cases", "/notices", "/portal", "/portal/track", "/registers"):
        desk.open(path)
        if (wider := sideways(desk.page)) > 0:
            found[path] = wider
    assert not found, found


def test_a_table_taken_down_leaves_the_form_to_be_handed_in(people: People) -> None:
    """The page did not believe that it was sent once already (P-77, P-78)."""
    creator = people("prop_creator")
    creator.open("/counter/prop_info_query")
    creator.fill(
        purpose_text="执行案件财产查询",
        legal_basis="民事诉讼法第二百五十三条",
        requester="某人民法院",
        contact="执行局",
        due_on="2030-12-02",
    )
    creator.press("下一步")
    creator.fill(persons=[{"name": "甲某", "id_no": "610102198506150013"}])
    with creator.page.expect_download() as taken:
        creator.page.get_by_role("button", name="下载为表格").first.click()
    assert taken.value.suggested_filename.endswith(".xlsx")
    creator.press("下一步")
    expect(creator.page.get_by_role("heading", name="核对并提交")).to_be_visible()
