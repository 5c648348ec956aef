"""A clerk returns a task of a parallel branch: sees whom it cancels, agrees, says why (A.3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import PHONE, WIDE, Desk
from tests.browser.office import opened
from tests.engine.core.scenario import gateway, user, xml

ALLOW = '<banli:operations allow="claim release complete transfer return reclaim"/>'


def desk(role: str) -> object:
    return user(ALLOW, candidateGroups=f"{role}@370001")


MODEL = xml(
    """
    start -> accept -> split
    split -> review -> join
    split -> check -> join
    join -> approve -> end
    """,
    key="yacht_licence_parallel",
    split=gateway("parallel"),
    join=gateway("parallel"),
    accept=desk("licence_acceptor"),
    review=desk("licence_reviewer"),
    check=desk("licence_manager"),
    approve=desk("licence_approver"),
)
NAMES = {"accept": "受理", "review": "审核", "check": "现场核查", "approve": "审批"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, int]]:
    """The pages with one case in two parallel branches: address, case, task of the reviewer."""
    with opened(tmp_path_factory.mktemp("return")) as made:
        made.deploy("yacht_licence_parallel", MODEL, NAMES)
        case = made.start("yacht_licence_parallel", "游艇驾驶证并联审查", "Y37000020261122000010")
        made.complete(case, "acceptor")
        found = made.claim(case, review="reviewer", check="manager")
        yield made.base, case, found["review"]


def test_a_clerk_returns_a_task_of_a_parallel_branch(
    chrome: Browser, office: tuple[str, int, int], tmp_path: Path
) -> None:
    base, case, task = office
    with_phone = Desk(chrome, base, "reviewer", view=PHONE)
    with_phone.page.goto(f"{base}/tasks/{task}/return")
    wide = with_phone.page.evaluate("document.documentElement.scrollWidth")
    with_phone.page.screenshot(path=str(tmp_path / "return-phone.png"), full_page=True)
    assert wide <= PHONE["width"]
    clerk = Desk(chrome, base, "reviewer", view=WIDE)
    page = clerk.page
    page.goto(f"{base}/tasks/{task}")
    page.get_by_text("更多", exact=True).click()
    page.get_by_role("link", name="退回", exact=True).click()
    expect(page.get_by_text("现场核查（游艇驾驶证管理人）")).to_be_visible()
    page.screenshot(path=str(tmp_path / "return.png"), full_page=True)
    page.get_by_label("退回意见").fill("证件照片不清")
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_text("请确认后再办", exact=False)).to_be_visible()
    expect(page.get_by_label("退回意见")).to_have_value("证件照片不清")
    page.get_by_label("我已知晓", exact=False).check()
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_text("已退回")).to_be_visible()
    manager = Desk(chrome, base, "manager", view=WIDE)
    manager.page.goto(f"{base}/cases/{case}")
    expect(manager.page.get_by_text("退回至『受理』", exact=False)).to_be_visible()
    manager.page.screenshot(path=str(tmp_path / "after.png"), full_page=True)
    manager.page.goto(f"{base}/cases/{case}/move")
    manager.page.screenshot(path=str(tmp_path / "move.png"), full_page=True)
