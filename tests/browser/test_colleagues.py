"""代理, 征询, 抄送, 后续办理人 as clerks at their browsers (case-operations A.2)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import PHONE, WIDE, Desk
from tests.browser.office import Office, opened
from tests.engine.core.scenario import user, xml

ALLOW = '<banli:operations allow="claim release complete copy inquire plan" pause="inquire"/>'
MODEL = xml(
    "start -> review -> approve -> end",
    key="yacht_licence_colleagues",
    review=user(
        ALLOW + '<banli:limit amount="5" unit="working_days" title="审核期限"/>',
        candidateGroups="licence_reviewer@370001",
    ),
    approve=user(
        '<banli:chosen by="previous"/><banli:separation from="review"/>',
        candidateGroups="licence_reviewer@370001",
    ),
)
COLLEAGUES = {
    "second": ("审核人乙", "370102199201010010"),
    "third": ("审核人丙", "370102199201010029"),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(tmp_path_factory.mktemp("colleagues")) as made:
        for login, (name, id_no) in COLLEAGUES.items():
            made.colleague(login, name, role="licence_reviewer", id_no=id_no)
        made.deploy("yacht_licence_colleagues", MODEL, {"review": "审核", "approve": "审批"})
        yield made


def _at(chrome: Browser, office: Office, login: str, view: dict[str, int] = WIDE) -> Desk:
    return Desk(chrome, office.base, login, view=view)


def _task(office: Office, number: str) -> tuple[int, int]:
    case = office.start("yacht_licence_colleagues", "游艇驾驶证审核", number)
    return case, office.claim(case, review="reviewer")["review"]


def _fits(desk: Desk) -> None:
    wide = desk.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]


def test_an_agent_does_the_task_and_the_record_names_both(chrome: Browser, office: Office) -> None:
    case, _id = _task(office, "Y37000020261129000021")
    clerk = _at(chrome, office, "reviewer")
    clerk.open("/agents")
    form = clerk.page.locator("aside form")
    form.get_by_label("代理人").select_option(label="审核人乙（山东海事局）")
    form.get_by_label("结束日期").fill(form.get_by_label("开始日期").input_value())
    form.get_by_label("事由").fill("年休假")
    form.get_by_role("button", name="设置代理").click()
    expect(clerk.page.get_by_text("代理中")).to_be_visible()
    agent = _at(chrome, office, "second", PHONE)
    agent.open("/inbox")
    expect(agent.page.get_by_text("代 游艇驾驶证审核人").first).to_be_visible()
    _fits(agent)
    agent.find_task("Y37000020261129000021")
    expect(agent.page.get_by_text("代 游艇驾驶证审核人 办理")).to_be_visible()
    agent.submit()
    clerk.open(f"/cases/{case}")
    expect(clerk.page.get_by_text("审核人乙 代 游艇驾驶证审核人")).to_be_visible()
    clerk.open("/agents")
    clerk.page.get_by_role("button", name="收回").click()
    clerk.page.locator("dialog[open] button").last.click()
    expect(clerk.page.get_by_text("已收回").first).to_be_visible()
    clerk.close()
    agent.close()


def test_a_question_is_asked_answered_and_the_next_person_chosen(
    chrome: Browser, office: Office
) -> None:
    case, task = _task(office, "Y37000020261129000022")
    clerk = _at(chrome, office, "reviewer")
    clerk.open(f"/tasks/{task}")
    clerk.page.get_by_text("更多", exact=True).click()
    clerk.page.get_by_role("button", name="征询", exact=True).click()
    dialog = clerk.page.locator("#inquire")
    dialog.get_by_label("审核人丙").check()
    dialog.get_by_label("问题").fill("体检证明是否在有效期内？")
    dialog.get_by_role("button", name="征询", exact=True).click()
    expect(clerk.page.get_by_text("本环节时限已暂停")).to_be_visible()
    colleague = _at(chrome, office, "third", PHONE)
    colleague.open("/inbox/questions")
    _fits(colleague)
    colleague.page.get_by_role("link", name="Y37000020261129000022").click()
    colleague.page.get_by_label("答复").fill("在有效期内")
    _fits(colleague)
    colleague.page.get_by_role("button", name="答复").click()
    clerk.open(f"/tasks/{task}")
    expect(clerk.page.get_by_text("在有效期内").first).to_be_visible()
    clerk.open(f"/cases/{case}/plan?activity=approve")
    clerk.page.get_by_label("审核人丙").check()
    clerk.page.get_by_role("button", name="确定").click()
    expect(clerk.page.get_by_text("已指定", exact=True)).to_be_visible()
    clerk.find_task("Y37000020261129000022")
    clerk.submit()
    colleague.find_task("Y37000020261129000022")
    expect(colleague.page.locator("h1")).to_have_text("审批")
    clerk.close()
    colleague.close()


def test_a_copy_that_must_be_read_is_read_and_replied_to(chrome: Browser, office: Office) -> None:
    case, task = _task(office, "Y37000020261129000023")
    clerk = _at(chrome, office, "reviewer")
    clerk.open(f"/tasks/{task}")
    clerk.page.get_by_text("更多", exact=True).click()
    clerk.page.get_by_role("button", name="抄送", exact=True).click()
    dialog = clerk.page.locator("#copy")
    dialog.get_by_label("审核人乙").check()
    dialog.get_by_label("须阅").check()
    dialog.get_by_label("须回复").check()
    dialog.get_by_label("说明").fill("请留意")
    dialog.get_by_role("button", name="抄送", exact=True).click()
    reader = _at(chrome, office, "second", PHONE)
    reader.open("/inbox/copies")
    _fits(reader)
    reader.page.get_by_role("button", name="Y37000020261129000023").click()
    reader.page.get_by_role("button", name="已阅").click()
    reader.page.get_by_role("button", name="回复").first.click()
    reader.page.locator("#copy-reply").fill("已知悉")
    reader.page.locator("dialog[open]").get_by_role("button", name="回复").click()
    clerk.open(f"/cases/{case}")
    expect(clerk.page.locator("#readers").get_by_text("已回复")).to_be_visible()
    clerk.close()
    reader.close()
