"""What goes wrong between people and pages, and what they are told."""

import re

from playwright.sync_api import Route, expect

from tests.browser import licence
from tests.browser.conftest import Demo, People
from tests.browser.desk import Desk


def filed(desk: Desk) -> int:
    """How many applications the applicant has filed."""
    desk.open("/portal/mine")
    return desk.page.locator(".services section").count()


def test_a_double_click_files_one_application(people: People) -> None:
    """A second click on the way out changes nothing."""
    desk = people("applicant")
    before = filed(desk)
    licence.fill_in(desk)
    desk.page.get_by_role("button", name="确认并提交申请").dblclick()
    desk.page.wait_for_url(re.compile(r"/portal/cases/\d+"))
    desk.sees("申请已提交")
    assert filed(desk) == before + 1


def test_of_two_on_one_task_the_second_is_told_and_loses_nothing(people: People) -> None:
    """One wins; the other reads who and when, and what was typed."""
    applicant = people("applicant")
    licence.fill_in(applicant)
    number = licence.hand_in(applicant)
    first, second = people("acceptor"), people.another("acceptor")
    first.open_task(number)
    second.open_task(number)
    second.fill(decision="refuse")
    second.fill(reason="申请人不具备资格")
    licence.accept(first, number)
    second.press("提交")
    second.sees("受理人", "已", "您填写的内容已保留", "申请人不具备资格")
    expect(second.page.locator("main")).to_contain_text(re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d"))


def test_a_log_in_that_expires_in_the_middle_of_a_form_loses_nothing(people: People) -> None:
    """What was typed stands there again after the log-in."""
    desk = people.another("applicant")
    licence.start(desk)
    licence.go_on(desk, "申请人")
    licence.person(desk)
    desk.fill(address="山东省青岛市登录过期路 9 号")
    desk.context.clear_cookies()
    desk.press("下一步")
    desk.sees("登录已过期。您填写的内容已保留")
    desk.log_in("applicant")
    desk.sees("已恢复登录前填写的内容")
    expect(desk.page.locator("[name=address]")).to_have_value("山东省青岛市登录过期路 9 号")
    expect(desk.page.locator("[data-field=photo] [data-files] li")).to_have_count(1)
    licence.go_on(desk, "体检")
    licence.discard(desk)


def test_a_draft_is_deleted_by_the_one_who_wrote_it(people: People) -> None:
    """It asks first; then the form is empty again."""
    desk = people.another("applicant")
    licence.start(desk)
    licence.go_on(desk, "申请人")
    licence.discard(desk)
    desk.open(f"/portal/apply/{licence.SERVICE}")
    expect(desk.page.locator("[name=application_kind][value=first]")).not_to_be_checked()


def test_a_wrong_or_too_large_file_is_refused_beside_its_field(people: People) -> None:
    """In words, at once, and nothing else on the page is lost."""
    desk = people.another("applicant")
    licence.start(desk)
    licence.go_on(desk, "申请人")
    desk.fill(name="申请人")
    box = desk.page.locator("[data-upload][data-field=photo]")
    chooser, told = box.locator("input[type=file]"), box.locator("[data-upload-error]")
    chooser.set_input_files({"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": b"MZ" * 500})
    expect(told).to_contain_text("文件")
    expect(told).not_to_contain_text(re.compile("[a-z]{3,}_[a-z]+|Error"))
    chooser.set_input_files(
        {"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + b"0" * 300_000}
    )
    expect(told).to_contain_text("不能超过 200 KB")
    expect(box.locator("[data-files] li")).to_have_count(0)
    expect(desk.page.locator("[name=name]")).to_have_value("申请人")
    licence.discard(desk)


def test_what_is_missing_is_named_on_top_and_at_its_field(people: People) -> None:
    """The summary links to the fields."""
    desk = people.another("applicant")
    desk.open(f"/portal/apply/{licence.SERVICE}")
    desk.fill(application_kind="first")
    desk.press("下一步")
    desk.sees("请修改以下", "类别等级")
    summary = desk.page.locator(".note[role=alert]")
    summary.get_by_role("link").first.click()
    expect(desk.page.locator("[name=application_kind][value=first]")).to_be_checked()
    licence.discard(desk)


def test_a_page_that_cannot_save_a_draft_says_so(people: People) -> None:
    """A draft that was not kept is never shown as kept."""
    desk = people.another("applicant")
    desk.open(f"/portal/apply/{licence.SERVICE}")

    def refuse(route: Route) -> None:
        route.fulfill(status=503, body="")

    desk.page.route("**/draft", refuse)
    desk.fill(application_kind="first")
    expect(desk.page.locator("[data-saved]")).to_contain_text("暂存失败")


def test_a_card_machine_that_refuses_is_an_incident_until_it_works_again(
    people: People, demo: Demo
) -> None:
    """The administrator sees the cause and lets it try again; the card is made once."""
    applicant, admin = people("applicant"), people("hq_admin")
    # a class of its own: the person has one licence of a class, and other tests share the person
    licence.fill_in(applicant, licence_class="B2E")
    number = licence.hand_in(applicant)
    licence.accept(people("acceptor"), number)
    licence.review(people("reviewer"), number)
    licence.approve(people("approver"), number)
    demo.switch(demo.machine, b'{"mode": "refuse"}')
    try:
        licence.check_order(people("card_maker"), number)
        admin.open("/operations")
        admin.until("拒绝")
    finally:
        demo.switch(demo.machine, b'{"mode": "normal"}')
    admin.page.locator("tr", has_text="拒绝").get_by_role("button", name="重试").first.click()
    licence.make_card(people("card_maker"), number)
