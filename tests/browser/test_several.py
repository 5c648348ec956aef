"""Several people on one task, as clerks at their browsers: 加签, 委派, 会签按比例 (A.1, A.2)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import PHONE, WIDE, Desk
from tests.browser.office import Office, opened
from tests.engine.core.scenario import user, xml

ALLOW = (
    '<banli:operations allow="claim release complete transfer delegate sign_before sign_after'
    ' remove_signer"/>'
)
VOTE = (
    '<banli:approval mode="ratio" ratio="=0.6" people="=voters"'
    ' decision="=if decision = &quot;agree&quot; then &quot;approve&quot; else &quot;reject&quot;"'
    ' result="vote" opinions="votes"/>'
)
FORM = '<zeebe:formDefinition formId="form_opinion"/>'
OPINION = """
form: form_opinion
title: 办理意见
sections:
  - title: 办理意见
    fields:
      - {name: decision, label: 意见, type: choice, required: true,
         values: [{value: agree, label: 同意}, {value: disagree, label: 不同意}]}
      - {name: opinion, label: 说明, type: textarea, max_length: 500}
"""
MODEL = xml(
    "start -> review -> vote -> end",
    key="yacht_licence_council",
    review=user(ALLOW + FORM, candidateGroups="licence_reviewer@370001"),
    vote=user(VOTE + FORM),
)
COLLEAGUES = {
    "second": ("审核人乙", "370102199201010010"),
    "third": ("审核人丙", "370102199201010029"),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(tmp_path_factory.mktemp("several")) as made:
        for login, (name, id_no) in COLLEAGUES.items():
            made.colleague(login, name, role="licence_reviewer", id_no=id_no)
        names = {"review": "审核", "vote": "会商表决"}
        made.deploy("yacht_licence_council", MODEL, names, form_opinion=OPINION)
        yield made


def _case(office: Office, number: str) -> tuple[int, int]:
    voters = [str(office.ids[one]) for one in ("reviewer", "second", "third")]
    case = office.start("yacht_licence_council", "游艇驾驶证会商", number, voters=voters)
    return case, office.claim(case, review="reviewer")["review"]


def _at(chrome: Browser, office: Office, login: str, view: dict[str, int] = WIDE) -> Desk:
    return Desk(chrome, office.base, login, view=view)


def _more(desk: Desk, task: int, name: str) -> None:
    desk.open(f"/tasks/{task}")
    desk.page.get_by_text("更多", exact=True).click()
    desk.page.get_by_role("button", name=name, exact=True).click()


def _say(desk: Desk, number: str, decision: str, opinion: str = "") -> None:
    desk.find_task(number)
    desk.fill(decision=decision, opinion=opinion)
    desk.submit()


def test_a_clerk_has_a_colleague_sign_first_and_then_decides(
    chrome: Browser, office: Office
) -> None:
    case, task = _case(office, "Y37000020261129000011")
    clerk = _at(chrome, office, "reviewer")
    _more(clerk, task, "前加签")
    dialog = clerk.page.locator("#sign_before")
    dialog.get_by_label("审核人乙").check()
    dialog.get_by_label("说明").fill("请先核对体检结论")
    dialog.get_by_role("button", name="前加签", exact=True).click()
    helper = _at(chrome, office, "second")
    helper.find_task("Y37000020261129000011")
    expect(helper.page.get_by_text("前加签").first).to_be_visible()
    expect(helper.page.get_by_text("请先核对体检结论").first).to_be_visible()
    helper.fill(decision="approve", opinion="体检结论属实")
    helper.submit()
    clerk.find_task("Y37000020261129000011")
    expect(clerk.page.get_by_text("体检结论属实").first).to_be_visible()
    clerk.fill(decision="agree", opinion="同意")
    clerk.submit()
    clerk.open(f"/cases/{case}")
    expect(clerk.page.get_by_text("前加签", exact=False).first).to_be_visible()
    clerk.close()
    helper.close()


def test_a_clerk_delegates_and_gets_the_task_back_with_the_opinion(
    chrome: Browser, office: Office
) -> None:
    _case_id, task = _case(office, "Y37000020261129000012")
    clerk = _at(chrome, office, "reviewer")
    _more(clerk, task, "委派")
    dialog = clerk.page.locator("#delegate")
    dialog.get_by_label("委派给").select_option(label="审核人丙（山东海事局）")
    dialog.get_by_label("说明").fill("请核对培训证明")
    dialog.get_by_role("button", name="委派", exact=True).click()
    helper = _at(chrome, office, "third", PHONE)
    helper.find_task("Y37000020261129000012")
    wide = helper.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    helper.fill(decision="approve", opinion="培训证明有效")
    helper.submit()
    clerk.find_task("Y37000020261129000012")
    expect(clerk.page.get_by_text("培训证明有效").first).to_be_visible()
    clerk.fill(decision="agree")
    clerk.submit()
    clerk.close()
    helper.close()


def test_two_of_three_who_agree_carry_a_vote_of_six_tenths(chrome: Browser, office: Office) -> None:
    case, _task = _case(office, "Y37000020261129000013")
    desks = {login: _at(chrome, office, login) for login in ("reviewer", "second", "third")}
    first = desks["reviewer"]
    _say(first, "Y37000020261129000013", "agree")
    told = first.page
    # the vote is foretold before it is cast, and carried by the second who agrees
    _say(first, "Y37000020261129000013", "agree", "同意发证")
    desks["third"].find_task("Y37000020261129000013")
    expect(desks["third"].page.get_by_text("1/3", exact=False).first).to_be_visible()
    desks["third"].fill(decision="disagree", opinion="宜再核实")
    desks["third"].submit()
    second = desks["second"]
    second.find_task("Y37000020261129000013")
    second.fill(decision="agree")
    second.press("办理后会怎样")
    expect(second.page.locator("#outlook")).to_contain_text("本件办结")
    second.press("确认提交")
    second.page.wait_for_url("**/inbox*")
    told.goto(f"{office.base}/cases/{case}")
    expect(told.get_by_text("办结时间", exact=False).first).to_be_visible()
    for desk in desks.values():
        desk.close()
