"""An interface is down; an operator repairs it in the page 接口监控 (issue 6: done when; P-13, P-29)."""

import json
from typing import Any

from playwright.sync_api import expect

from bpmn.property import story
from tests.browser.conftest import Demo, People
from tests.browser.desk import PHONE, Desk, scan

UNIT = "610113001002GB00001F00010004"
REFUSES = b'{"mode": "refuse", "latency": 0}'
NORMAL = b'{"mode": "normal", "latency": 0}'


def api(desk: Desk, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """A call of the API in the session of a browser."""
    if "/login" in desk.page.url or not desk.page.url.startswith(desk.base):
        desk.open("/notices")
    told = desk.page.evaluate(
        """async ([method, path, body]) => {
            const token = document.querySelector('meta[name=csrf-token]').content;
            const headers = {'Content-Type': 'application/json', 'X-CSRFToken': token};
            const sent = body ? JSON.stringify(body) : undefined;
            const answer = await fetch('/api/v1' + path, {method, headers, body: sent});
            return [answer.status, await answer.text()];
        }""",
        [method, path, body],
    )
    assert told[0] < 300, told
    return json.loads(told[1])


def complete(desk: Desk, reference: str, step: str, **answers: Any) -> None:
    """Do a task as its page would."""
    desk.find_task(reference, step)
    task = desk.page.url.rstrip("/").rpartition("/")[2]
    api(desk, "POST", f"/tasks/{task}/claim")
    api(desk, "POST", f"/tasks/{task}/complete", {"answers": answers})


def entered(operator: Desk, reference: str, title: str, **answers: Any) -> None:
    """Enter what the department said on paper."""
    operator.open("/operations/interfaces/tax_prov")
    operator.page.get_by_text("人工录入结果").click()
    operator.page.get_by_role("link", name=title, exact=True).click()
    operator.fill(
        work_order_no=reference,
        **answers,
        entry_reason="税务接口中断，收到纸质通知书",
        entry_paper=(scan("notice"), "image/png", "通知书.png"),
    )
    operator.press("录入")
    expect(operator.page.get_by_text("已录入，办件继续办理")).to_be_visible()


def test_an_operator_repairs_an_outage_in_the_page(people: People, demo: Demo) -> None:
    for name in ("tax_prov", "housing_local"):
        demo.switch(f"{demo.province}/{name}", REFUSES)
    applicant, operator = people("applicant"), people("prop_interface")
    answers = story.sale(
        unit_code=UNIT,
        location="西安市雁塔区演示路 1 号 1 幢 1 单元 10202 室",
        old_certificate_no="陕(2020)西安市不动产权第0000104号",
    )
    filed = api(applicant, "POST", "/cases", {"process": story.WINDOW, "answers": answers})
    number = filed["reference"]
    complete(people("prop_window"), number, "受理", decision="accept")

    # both have stopped: they stand at the top of the page
    page = operator.page
    row = page.locator("tr", has_text="省税务系统")
    for _ in range(60):
        operator.open("/operations/interfaces?show=troubled")
        if row.locator(".mark.red").count() and page.locator("tr", has_text="住建").count():
            break
        page.wait_for_timeout(500)  # the worker is on its way
    expect(row).to_contain_text("对方系统拒绝受理")
    phone = people.another("prop_interface", view=PHONE)
    phone.open("/operations/interfaces")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    # housing is back: what stopped is sent again
    demo.switch(f"{demo.province}/housing_local", NORMAL)
    operator.open("/operations/interfaces/housing_local")
    expect(page.locator("tr", has_text=number).first).to_contain_text("已停止")
    page.get_by_role("button", name="全部重发").click()
    page.locator("dialog[open] button").last.click()
    expect(page.get_by_text("已安排重发 1 份报文")).to_be_visible()
    for _ in range(60):
        operator.open(f"/operations/interfaces/housing_local?q={number}")
        if page.get_by_role("link", name="核验通过").count():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_role("link", name="核验通过").first).to_be_visible()

    # tax stays down: delivered on paper, and its answers entered by hand
    operator.open("/operations/interfaces/tax_prov")
    page.locator("tr", has_text=number).get_by_role("link", name="查看").first.click()
    expect(page.get_by_text("个人信息已打码")).to_be_visible()
    assert "610102199001010016" not in page.content()
    operator.fill(
        entry_reason="税务接口中断", entry_paper=(scan("receipt"), "image/png", "回执.png")
    )
    operator.press("登记为已送达")
    expect(page.get_by_text("已登记人工办理")).to_be_visible()
    items = [{"kind": "契税", "amount": "15000"}]
    entered(operator, number, "核定结果", assessment_no="S1", items=items, total="15000")
    entered(operator, number, "已缴税", assessment_no="S1", paid_at="2026-03-02T10:00")
    entered(operator, number, "完税（免税）凭证", voucher_no="SPZ1", amount="15000")

    # and the case goes on
    demo.switch(f"{demo.province}/tax_prov", NORMAL)
    checks = [{"result": "ok"}] * 4
    complete(people("prop_reviewer"), number, "登记预审", checks=checks, decision="pass")
    people("prop_reviewer").find_task(number, "登记审核")
