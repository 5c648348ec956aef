"""The steps of a yacht licence as people do them on the pages."""

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect

from engine import clock
from tests.browser.desk import Desk, photo, scan

SERVICE = "yacht_licence_issue"
ID_NO = "370202199003070011"
CHECKLIST = [{"result": "ok"}] * 5 + [{"result": "not_applicable"}]


def go_on(desk: Desk, step: str) -> None:
    """To the next step of the application, which has this title."""
    desk.press("下一步")
    expect(desk.page.locator("h1")).to_have_text(step)


def start(desk: Desk, **changes: Any) -> None:
    """The first step of an application, filled in."""
    desk.open(f"/portal/apply/{SERVICE}")
    answers = {
        "application_kind": "first",
        "licence_class": "A1E",
        "org": "370001",
        "filed_by": "person",
    }
    desk.fill(**{**answers, **changes})


def discard(desk: Desk) -> None:
    """Forget the draft of an application."""
    desk.open("/portal/mine")
    desk.page.get_by_role("button", name="删除草稿").first.click()
    desk.page.get_by_role("dialog").get_by_role("button", name="确定").click()
    desk.sees("草稿已删除")


def person(desk: Desk) -> None:
    """The second step."""
    desk.fill(
        name="申请人",
        sex="male",
        birth_date="1990-03-07",
        id_no=ID_NO,
        phone="13800000000",
        address="山东省青岛市演示路 3 号",
        photo=(photo(), "image/jpeg", "证件照.jpg"),
    )


def medical(desk: Desk) -> None:
    """The third step."""
    desk.fill(
        medical_issued_on=str(clock.today() - timedelta(days=20)),
        medical_items=[{"result": "pass"}] * 5,
        medical_scan=(scan("medical"), "image/png", "体检证明.png"),
    )


def fill_in(desk: Desk, **changes: Any) -> None:
    """The whole application up to the last look at it."""
    start(desk, **changes)
    go_on(desk, "申请人")
    person(desk)
    go_on(desk, "体检")
    medical(desk)
    go_on(desk, "领取方式")
    desk.fill(delivery="collect")
    go_on(desk, "声明与签名")
    desk.fill(declaration=True, signature=(scan("sign"), "image/png", "签名.png"))
    go_on(desk, "核对并提交")


def hand_in(desk: Desk) -> str:
    """Send the application; its work-order number."""
    desk.press("确认并提交申请")
    desk.page.wait_for_url(re.compile(r"/portal/cases/\d+\?submitted=1"))
    desk.sees("申请已提交")
    return reference(desk)


def reference(desk: Desk) -> str:
    """The work-order number on a page."""
    found = re.search(r"Y[0-9A-Z]{20}", desk.page.locator("main").inner_text())
    assert found, "no work-order number on the page"
    return found.group()


def query_code(desk: Desk) -> str:
    """The query code on the applicant's page of a case."""
    return desk.page.locator("p", has_text="查询码").locator("b").first.inner_text()


def accept(desk: Desk, number: str, decision: str = "accept", **more: Any) -> None:
    """The acceptor ticks every material and decides."""
    desk.open_task(number)
    rows = desk.page.locator("#taskform [data-path='materials'] tbody tr").count()
    desk.fill(materials=[{"state": "ok", "grade": "B"}] * rows, decision=decision, **more)
    desk.submit()


def review(desk: Desk, number: str, decision: str = "agree", **more: Any) -> None:
    desk.open_task(number)
    desk.fill(checklist=CHECKLIST, decision=decision, **more)
    findings = desk.page.locator("[data-path='findings'] tbody tr", has_not_text="没有内容").count()
    if findings and decision == "agree":
        expect(desk.page.locator("[data-path='finding_overrides']")).to_be_visible()
        reasons = [{"finding": "已核对", "reason": "经核对不影响许可"}] * findings
        desk.fill(finding_overrides=reasons)
    desk.submit()


def approve(desk: Desk, number: str, decision: str = "grant", **more: Any) -> None:
    desk.open_task(number)
    desk.fill(decision=decision, **more)
    desk.submit()


def check_order(desk: Desk, number: str) -> None:
    """The centre checks what it is to make."""
    desk.open_task(number)
    desk.fill(data_ok=True, photo_ok=True, address_ok=True, decision="ok")
    desk.submit()


def make_card(desk: Desk, number: str) -> str:
    """The machine printed it, the maker says so; the serial of the blank."""
    desk.open_task(number)
    desk.sees("打印完成")
    shown = desk.page.locator("[data-path='allotted_serial'] .value").inner_text().strip()
    desk.fill(blank_serial=shown, result="printed")
    desk.submit()
    return shown


def precheck(desk: Desk, number: str, serial: str) -> None:
    desk.open_task(number)
    desk.fill(serial=serial, items=[{"ok": True}] * 8, result="pass")
    desk.submit()


def pack(desk: Desk, number: str) -> None:
    desk.open_task(number)
    desk.submit()


def verify(desk: Desk, number: str, serial: str) -> None:
    desk.open_task(number)
    desk.fill(
        arrived_on=str(clock.today()), blank_serial=serial, items=[{"ok": True}] * 11, decision="ok"
    )
    desk.submit()


def issue(desk: Desk, number: str) -> None:
    desk.open_task(number)
    desk.fill(result="issued")
    desk.fill(
        collector_name="申请人",
        collector_id_no=ID_NO,
        relation="self",
        collector_signature=(scan("sign"), "image/png", "领证签名.png"),
    )
    desk.submit()
