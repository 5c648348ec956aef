"""The editor in a browser: everything in Chinese, what is set in the panel is in the model."""

import re
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab
from waitress.server import create_server

from engine import constructs
from tests.web.analyst.bad_models import faulty
from tests.web.analyst.conftest import PASSWORD
from tests.web.analyst.pages import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(built: SimpleNamespace, analysts: dict[str, int]) -> Iterator[str]:
    server = create_server(built.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.fixture(scope="module")
def tab(chrome: Browser, address: str) -> Iterator[Tab]:
    """A browser in which the analyst is logged in; an error of a page's script fails the test."""
    context = chrome.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    made = context.new_page()
    made.set_default_timeout(20_000)
    made.goto(f"{address}/login")
    made.fill("[name=login]", "analyst")
    made.fill("[name=password]", PASSWORD)
    made.press("[name=password]", "Enter")
    made.wait_for_url(re.compile(r"^(?!.*/login)"))
    yield made
    context.close()


@pytest.fixture
def draft(begin: Callable[..., Page], tab: Tab, address: str) -> Iterator[Page]:
    page = begin()
    problems: list[str] = []

    def note(error: object) -> None:
        problems.append(str(error))

    tab.on("pageerror", note)
    tab.goto(f"{address}{page.href}")
    tab.wait_for_selector("[data-workspace][data-ready='1']")
    yield page
    tab.remove_listener("pageerror", note)
    assert problems == []


def select(tab: Tab, element: str) -> None:
    tab.click(f"[data-element-id={element}] .djs-hit")
    tab.wait_for_selector("#bio-properties-panel-id >> nth=0")


def test_every_word_of_the_editor_is_chinese(draft: Page, tab: Tab) -> None:
    for element in ("applied", "handle", "closed"):
        select(tab, element)
    words = tab.evaluate(
        "[...document.querySelectorAll('.bio-properties-panel-label, .djs-palette [title],"
        " .djs-context-pad [title], .bio-properties-panel-group-header-title')]"
        ".map(one => one.title || one.innerText)"
    )
    assert [word for word in words if word and not re.search("[\u4e00-\u9fff]", word)] == []
    assert tab.evaluate("[...(window.__banliMissingTranslations ?? [])]") == []


def test_the_mark_of_bpmn_io_stays_visible_and_uncovered(draft: Page, tab: Tab) -> None:
    on_top = tab.evaluate(
        "(() => { const mark = document.querySelector('.bjs-powered-by');"
        " const box = mark.getBoundingClientRect();"
        " const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);"
        " return box.width > 0 && mark.contains(hit); })()"
    )
    assert on_top is True


def test_what_is_set_in_the_panel_is_saved_in_the_model(draft: Page, tab: Tab) -> None:
    select(tab, "handle")
    tab.fill("#bio-properties-panel-name", "受理")
    tab.fill("#bio-properties-panel-banli-limit-amount", "5")
    tab.select_option("#bio-properties-panel-banli-limit-unit", "working_days")
    tab.fill("#bio-properties-panel-banli-title-en", "Acceptance")
    tab.press("#bio-properties-panel-banli-title-en", "Tab")
    tab.wait_for_timeout(500)  # the panel waits this long after the last key before it writes
    tab.click("[data-do=save]")
    expect(tab.locator("[data-saved]")).to_contain_text("已保存")
    draft.open()
    text = draft.files[f"{draft.data['key']}.bpmn"]
    assert '<banli:limit amount="5" unit="working_days" />' in text
    assert '<zeebe:property name="title_en" value="Acceptance" />' in text
    assert 'name="受理"' in text


def test_a_process_whose_jobs_can_wait_says_so_in_the_panel(draft: Page, tab: Tab) -> None:
    """ADR 9; nothing is selected, so the panel shows the process."""
    header = tab.locator("[data-group-id=group-banli-jobs] .bio-properties-panel-group-header")
    expect(header).to_have_text(re.compile("后台作业"))
    field = tab.locator("#bio-properties-panel-banli-jobs-priority")
    if not field.is_visible():
        header.click()
    field.select_option("low")
    tab.click("[data-do=save]")
    expect(tab.locator("[data-saved]")).to_contain_text("已保存")
    draft.open()
    assert (
        '<zeebe:property name="jobPriority" value="low" />'
        in draft.files[f"{draft.data['key']}.bpmn"]
    )


def test_the_check_marks_the_element_and_a_click_selects_it(draft: Page, tab: Tab) -> None:
    select(tab, "handle")
    tab.fill("#bio-properties-panel-banli-formId", "form_nowhere")
    tab.press("#bio-properties-panel-banli-formId", "Tab")
    tab.click("[data-do=check]")
    expect(tab.locator("[data-findings-title]")).to_contain_text("1 个错误")
    expect(tab.locator(".banli-finding.error")).to_be_visible()
    tab.click("#tab-forms")
    tab.click("[data-findings-list] button")
    expect(tab.locator("#pane-bpmn")).to_be_visible()
    expect(tab.locator("#bio-properties-panel-banli-formId")).to_have_value("form_nowhere")


def test_a_decision_and_a_form_open_in_their_editors(draft: Page, tab: Tab) -> None:
    tab.click("#tab-forms")
    expect(tab.locator("[data-formpreview]")).to_contain_text("姓名")
    tab.click("#tab-dmn")
    tab.click("[data-add=dmn]")
    tab.fill("#newfile-id", "eligible")
    tab.click("#newfile [type=submit]")
    expect(tab.locator(".dmn-decision-table-container")).to_contain_text("命中规则")
    assert tab.evaluate("[...(window.__banliMissingTranslations ?? [])]") == []


def test_a_trial_shows_the_token_on_the_diagram(draft: Page, tab: Tab) -> None:
    tab.click("[data-do=trial]")
    tab.fill("[name=name]", "申请人甲")
    tab.select_option("[name=org]", "370001")
    tab.click("text=开始：申请提交")
    tab.wait_for_selector("[data-trialdiagram][data-ready='1']")
    expect(tab.locator("[data-element-id=handle].banli-current")).to_be_visible()


def test_a_refused_construct_is_marked_on_the_diagram_and_its_finding_selects_it(
    begin: Callable[..., Page], tab: Tab, address: str
) -> None:
    page = begin()
    key = page.data["key"]
    page.files[f"{key}.bpmn"] = faulty("an unsupported construct", key)[f"{key}.bpmn"].decode()
    assert page.save().status_code == 200
    tab.goto(f"{address}{page.href}")
    tab.wait_for_selector("[data-workspace][data-ready='1']")
    tab.click("[data-do=check]")
    expect(tab.locator("[data-findings-title]")).to_contain_text("1 个错误")
    found = tab.locator("[data-findings-list] button").first
    expect(found).to_contain_text("不执行的构造：潜在处理人（potentialOwner）")
    expect(tab.locator("#pane-bpmn .banli-finding.error")).to_be_visible()
    found.click()
    expect(tab.locator('.djs-element.selected[data-element-id="handle"]')).to_be_visible()


def test_every_refused_construct_shows_its_sentence_and_its_place_in_the_panel(
    begin: Callable[..., Page], tab: Tab, address: str
) -> None:
    """Issue 3: one task for each construct, checked as the analyst checks."""
    page = begin()
    path = f"{page.data['key']}.bpmn"
    page.files[path] = with_each_refused(page.files[path])
    assert page.save().status_code == 200
    tab.goto(f"{address}{page.href}")
    tab.wait_for_selector("[data-workspace][data-ready='1']")
    tab.click("[data-do=check]")
    expect(tab.locator("[data-findings-title]")).to_contain_text("个错误")
    told = "\n".join(tab.locator("[data-findings-list] button").all_inner_texts())
    missing = [name for name in constructs.named("refused") if constructs.refusal(name) not in told]
    assert missing == []
    marked = tab.locator("#pane-bpmn .banli-finding.error").count()
    assert marked == len(constructs.named("refused"))


def with_each_refused(model: str) -> str:
    """A model with one more task, drawn in a row, for each construct that is refused."""
    tasks, shapes = [], []
    for number, name in enumerate(constructs.named("refused")):
        tasks.append(f'<bpmn:userTask id="r{number}" name="{name}"><bpmn:{name} /></bpmn:userTask>')
        x, y = 200 + number % 12 * 120, 500 + number // 12 * 100
        shapes.append(
            f'<bpmndi:BPMNShape id="r{number}_di" bpmnElement="r{number}">'
            f'<dc:Bounds x="{x}" y="{y}" width="100" height="80" /></bpmndi:BPMNShape>'
        )
    model = model.replace("</bpmn:process>", "".join(tasks) + "</bpmn:process>", 1)
    return model.replace("</bpmndi:BPMNPlane>", "".join(shapes) + "</bpmndi:BPMNPlane>", 1)


def test_the_version_of_a_form_and_the_tag_of_a_process_are_set_in_the_panel(
    draft: Page, tab: Tab
) -> None:
    select(tab, "handle")
    open_group(tab, "banli-form")
    version = "#bio-properties-panel-banli-FormDefinition-binding"
    expect(tab.locator(version)).to_have_value("deployment")
    tab.select_option(version, "latest")
    assert saved(tab, draft).count('bindingType="latest"') == 1
    tab.select_option(version, "versionTag")
    tab.fill("#bio-properties-panel-banli-FormDefinition-versionTag", "2026")
    tab.press("#bio-properties-panel-banli-FormDefinition-versionTag", "Tab")
    tab.wait_for_timeout(500)  # the panel waits this long after the last key before it writes
    assert 'bindingType="versionTag" versionTag="2026"' in saved(tab, draft)
    tab.select_option(version, "deployment")
    assert "bindingType" not in saved(tab, draft)


def saved(tab: Tab, draft: Page) -> str:
    """The model as it is after 保存."""
    with tab.expect_response(lambda answer: answer.request.method != "GET") as answered:
        tab.click("[data-do=save]")
    assert answered.value.ok
    draft.open()
    return str(draft.files[f"{draft.data['key']}.bpmn"])


def test_several_people_clocks_and_operations_are_set_in_the_panel(draft: Page, tab: Tab) -> None:
    """Approval mode, a clock of the case and the operations of a task, as the model has them."""
    select(tab, "handle")
    open_group(tab, "banli-approval")
    tab.select_option("#bio-properties-panel-banli-approval-mode", "ratio")
    tab.fill(
        "[data-entry-id=banli-approval-people] [role=textbox], #bio-properties-panel-banli-approval-people",
        "=signers",
    )
    tab.fill("#bio-properties-panel-banli-approval-result", "outcome")
    tab.press("#bio-properties-panel-banli-approval-result", "Tab")
    open_group(tab, "banli-operations")
    tab.click("#bio-properties-panel-banli-operation-return")
    tab.click("#bio-properties-panel-banli-operation-reclaim")
    tab.select_option("#bio-properties-panel-banli-operations-reclaim", "unopened")
    clocks = tab.locator("[data-group-id=group-banli-clocks]")
    clocks.locator(".bio-properties-panel-add-entry").dispatch_event("click")
    item = clocks.locator(".bio-properties-panel-collapsible-entry").first
    expect(item).to_contain_text("起算 promised")
    basis = tab.locator("#bio-properties-panel-banli-clock-0-basis")
    # group and entry may open by themselves a little later: each is turned until both are open
    headers = (
        ".bio-properties-panel-group-header",
        ".bio-properties-panel-collapsible-entry-header",
    )
    for header in headers * 3:
        tab.wait_for_timeout(300)
        if basis.is_visible():
            break
        clocks.locator(header).first.dispatch_event("click")
    expect(basis).to_be_visible()
    tab.click("#bio-properties-panel-banli-clock-0-own")
    basis.fill("行政许可法第四十二条")
    tab.press("#bio-properties-panel-banli-clock-0-basis", "Tab")
    tab.wait_for_timeout(500)  # the panel waits this long after the last key before it writes
    tab.click("[data-do=save]")
    expect(tab.locator("[data-saved]")).to_contain_text("已保存")
    draft.open()
    text = draft.files[f"{draft.data['key']}.bpmn"]
    assert '<banli:approval mode="ratio"' in text
    assert 'result="outcome"' in text
    allowed = re.search(r'<banli:operations allow="([^"]*)"', text)
    assert allowed
    assert {"delegate", "return", "claim"} <= set(allowed[1].split())
    assert 'reclaim="unopened"' in text
    (clock,) = re.findall(r"<banli:clock [^>]*>", text)
    for said in ('do="start"', 'limit="promised"', 'own="true"', 'basis="行政许可法第四十二条"'):
        assert said in clock


def test_copies_questions_and_people_chosen_beforehand_are_set_in_the_panel(
    draft: Page, tab: Tab
) -> None:
    """What A.2 leaves to the model: picking, the pause of a question, choosers, automatic copies."""
    select(tab, "handle")
    open_group(tab, "banli-approval")
    tab.select_option("#bio-properties-panel-banli-approval-mode", "round_robin")
    open_group(tab, "banli-operations")
    tab.click("#bio-properties-panel-banli-operations-pause")
    open_group(tab, "banli-chosen")
    tab.click("#bio-properties-panel-banli-chosen-previous")
    copies = tab.locator("[data-group-id=group-banli-copies]")
    copies.locator(".bio-properties-panel-add-entry").dispatch_event("click")
    expect(copies.locator(".bio-properties-panel-collapsible-entry").first).to_be_attached()
    title = tab.locator("#bio-properties-panel-banli-copy-0-title")
    for header in (
        ".bio-properties-panel-group-header",
        ".bio-properties-panel-collapsible-entry-header",
    ):
        if not title.is_visible():
            copies.locator(header).first.dispatch_event("click")
    title.fill("已办结")
    tab.press("#bio-properties-panel-banli-copy-0-title", "Tab")
    tab.click("#bio-properties-panel-banli-copy-0-mustRead")
    tab.wait_for_timeout(500)  # the panel waits this long after the last key before it writes
    tab.click("[data-do=save]")
    expect(tab.locator("[data-saved]")).to_contain_text("已保存")
    draft.open()
    text = draft.files[f"{draft.data['key']}.bpmn"]
    assert '<banli:approval mode="round_robin"' in text
    assert 'pause="inquire"' in text
    assert '<banli:chosen by="previous" />' in text
    assert 'title="已办结" mustRead="true" />' in text


def open_group(tab: Tab, group: str) -> None:
    """A group of the panel, unfolded."""
    header = tab.locator(f"[data-group-id=group-{group}] .bio-properties-panel-group-header").first
    if "open" not in (header.get_attribute("class") or ""):
        header.dispatch_event("click")


def speak(tab: Tab, address: str, language: str) -> None:
    """The page again in another language."""
    token = tab.get_attribute("meta[name=csrf-token]", "content") or ""
    told = tab.request.post(
        f"{address}/language", form={"csrf_token": token, "language": language}, max_redirects=0
    )
    assert told.status == 303
    tab.reload()
    tab.wait_for_selector(f"html[lang^={language}] [data-workspace][data-ready='1']")


def titles(tab: Tab, within: str) -> list[str]:
    return [one.get_attribute("title") or "" for one in tab.locator(f"{within} [title]").all()]


def test_no_word_of_the_editor_is_chinese_on_an_english_page(
    draft: Page, tab: Tab, address: str
) -> None:
    speak(tab, address, "en")
    select(tab, "handle")
    expect(tab.locator("#bio-properties-panel-banli-limit-amount")).to_be_visible()
    told = tab.locator(
        ".bio-properties-panel-label, .bio-properties-panel-group-header-title,"
        " .bio-properties-panel-description, .bio-properties-panel option"
    ).all_text_contents()
    told += [*titles(tab, ".djs-palette"), *titles(tab, ".djs-context-pad")]
    speak(tab, address, "zh")
    assert {"Limit of the task", "working days", "Append task"} <= set(told)
    own = "\n".join(draft.files.values())  # the forms of the draft are named as it names them
    assert [one for one in told if re.search("[\u4e00-\u9fff]", one) and one not in own] == []
