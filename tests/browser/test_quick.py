"""Who is quicker than a page's scripts loses nothing: what was chosen before they ran counts too."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.desk import Desk
from tests.browser.office import Office, opened
from tests.engine.core.scenario import user, xml

FORM = """
form: form_quick
title: 办理意见
sections:
  - title: 办理意见
    fields:
      - {name: listed, label: 审批意见, type: choice, widget: select, values: [{value: a, label: 准予}, {value: b, label: 不予},
         {value: c, label: 退回}, {value: d, label: 延长}]}
      - {name: preset, label: 送达方式, type: choice, widget: select, default: a, values: [{value: a, label: 邮寄},
         {value: b, label: 自取}, {value: c, label: 电子}, {value: d, label: 公告}]}
      - {name: pressed, label: 是否听证, type: choice, values: [{value: a, label: 是}, {value: b, label: 否}]}
      - {name: ticked, label: 需要检测, type: boolean, must_accept: true}
      - {name: typed, label: 金额, type: integer}
      - {name: after_listed, label: 法律依据, type: text, shown_if: listed = "b"}
      - {name: after_preset, label: 自取窗口, type: text, shown_if: preset = "b"}
      - {name: after_pressed, label: 听证时间, type: text, shown_if: pressed = "a"}
      - {name: after_ticked, label: 检测机构, type: text, shown_if: ticked = true}
      - {name: after_typed, label: 大额说明, type: text, shown_if: typed > 100}
"""
WAYS: dict[str, Callable[[Page], object]] = {
    "listed": lambda page: page.locator("select[name=listed]").select_option("b"),
    "preset": lambda page: page.locator("select[name=preset]").select_option("b"),
    "pressed": lambda page: page.locator("[name=pressed][value=a]").check(),
    "ticked": lambda page: page.locator("[type=checkbox][name=ticked]").check(),
    "typed": lambda page: page.locator("[name=typed]").fill("101"),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, int]]:
    """The pages with one task whose form has a condition on each kind of field."""
    model = xml(
        "start -> decide -> end",
        key="yacht_licence_quick",
        decide=user(
            '<zeebe:formDefinition formId="form_quick"/>',
            candidateGroups="licence_reviewer@370001",
        ),
    )
    with opened(tmp_path_factory.mktemp("quick")) as made:
        made.deploy("yacht_licence_quick", model, {"decide": "审批"}, form_quick=FORM)
        case = made.start("yacht_licence_quick", "游艇驾驶证核发", "Y37000020261129000021")
        yield made, made.claim(case, decide="reviewer")["decide"]


@pytest.fixture(scope="module")
def clerk(chrome: Browser, office: tuple[Office, int]) -> Iterator[Desk]:
    desk = Desk(chrome, office[0].base, "reviewer")
    yield desk
    desk.close()


@pytest.mark.parametrize("kind", WAYS)
def test_a_choice_made_before_the_script_ran_shows_its_fields(
    clerk: Desk, office: tuple[Office, int], kind: str
) -> None:
    """The script of forms comes late, as from a busy server; the choice is already made."""
    page, held = clerk.page, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/form.js*", hold)
    with page.expect_request("**/form.js*"):
        clerk.open(f"/tasks/{office[1]}")
    WAYS[kind](page)
    expect(page.locator(f"[name=after_{kind}]")).to_be_hidden()
    for route in held:
        route.continue_()
    page.unroute("**/form.js*")
    expect(page.locator(f"[name=after_{kind}]")).to_be_visible(timeout=10_000)


def test_a_form_that_nobody_has_touched_is_not_taken_for_changed(
    clerk: Desk, office: tuple[Office, int]
) -> None:
    """Nothing to save: neither a list with nothing chosen nor one with a preset choice counts."""
    asked = list[str]()
    clerk.page.on("request", lambda request: asked.append(request.url))
    clerk.open(f"/tasks/{office[1]}")
    expect(clerk.page.locator("[data-presence][data-ready]")).to_have_count(1)
    assert not [url for url in asked if url.endswith(("/refresh", "/draft"))]


def test_a_script_that_does_not_come_is_said_to_be_missing(
    clerk: Desk, office: tuple[Office, int]
) -> None:
    page = clerk.page
    page.route("**/form.js*", lambda route: route.abort())
    clerk.open(f"/tasks/{office[1]}")
    expect(page.locator(".toast-note")).to_contain_text("页面没有载入完整")
    page.unroute("**/form.js*")
