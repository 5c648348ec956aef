"""The public portal on a phone (P-01, P-09): every page sound for everyone, the path without script."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.citizen import Citizen
from tests.browser.conftest import Demo
from tests.browser.desk import LARGE, PHONE, scan
from tests.browser.samples import readable
from tests.browser.test_pages import raw_words, settled, sideways, violations

Visitor = Callable[..., Citizen]
KEY: Final = "prop_one_window"
# what a browser is given that is no page: redirects, files
NO_PAGES: Final = {
    "public.start", "public.enter", "public.face", "public.returned", "public.file", "public.document",
    "public.certificate_file",
}  # fmt: skip
# pages that need a case or certificate of their own: looked at on the way through the story
ON_THE_WAY: Final = {
    "public.case", "public.action", "public.certificate", "public.certificate_code",
    "public.shown",
}  # fmt: skip
OPEN: Final = {
    "public.index": "",
    "public.guide": f"/services/{KEY}",
    "public.login": "/login",
    "public.track": "/track",
    "public.accessibility": "/accessibility",
}
OWN: Final = {
    "public.begin": f"/services/{KEY}/begin",
    "public.apply": f"/apply/{KEY}",
    "public.mine": "/mine",
    "public.certificates": "/certificates",
    "public.messages": "/messages",
    "public.me": "/me",
    "public.ways": "/ways",
}


@pytest.fixture
def visitor(chrome: Browser, demo: Demo) -> Iterator[Visitor]:
    """Browsers of the public; no page of theirs may have an error in its scripts."""
    made: list[Citizen] = []

    def come(*, scripts: bool = True) -> Citizen:
        made.append(Citizen(chrome, demo.base, scripts=scripts))
        return made[-1]

    yield come
    errors = [error for one in made for error in one.errors]
    for one in made:
        one.context.close()
    assert not errors, errors


def sound(who: Citizen) -> list[str]:
    """What is wrong with the page that is open: width, words, what axe finds serious."""
    settled(who.page)
    found = sorted(set(raw_words(who.page)))
    for size in (LARGE, PHONE):
        who.page.set_viewport_size(size)  # type: ignore[arg-type]
        if (wider := sideways(who.page)) > 0:
            found.append(f"{wider} px wider than {size['width']}")
    return [f"{who.page.url}: {one}" for one in (*found, *violations(who.page))]


def test_every_page_of_the_portal_is_looked_at(tmp_path: Path) -> None:
    found = {
        endpoint
        for endpoint, address in readable(tmp_path).items()
        if address.startswith("/public")
    }
    assert found == {*OPEN, *OWN, *NO_PAGES, *ON_THE_WAY}


def test_every_page_fits_a_phone_reads_well_and_is_sound(visitor: Visitor) -> None:
    who = visitor()
    found: list[str] = []
    for path in OPEN.values():
        who.open(path)
        found += sound(who)
    who.open("/login?next=/public/mine")
    who.log_in("甲某")
    for path in OWN.values():
        who.open(path)
        found += sound(who)
    assert not found, found


def test_the_way_from_the_catalogue_to_the_progress_works_by_keyboard_alone(
    visitor: Visitor,
) -> None:
    who = visitor()
    who.open("")
    who.page.keyboard.press("Tab")
    assert who.page.evaluate("document.activeElement.className") == "skip"
    who.page.locator("#q").focus()
    who.page.keyboard.type("过户")
    who.page.keyboard.press("Enter")
    expect(who.page.get_by_role("status")).to_contain_text("找到 1 项服务")
    who.page.locator(".cards a").first.focus()
    who.page.keyboard.press("Enter")
    expect(who.page.get_by_role("heading", level=1)).to_contain_text("不动产登记")


def test_the_main_path_works_without_any_script(visitor: Visitor) -> None:
    """Browse, log in, agree, apply with an upload, follow by number and code (P-06, P-09)."""
    who = visitor(scripts=False)
    page = who.page
    who.open("")
    page.locator("#q").fill("抵押")
    page.get_by_role("button", name="查找").click()
    page.locator(".cards a").first.click()
    page.get_by_role("link", name="在线办理").click()
    who.log_in("乙某")
    page.locator("[name=identity]").check()
    page.locator("[name='held.realty']").first.check()
    page.get_by_role("button", name="同意所选并继续").click()
    page.locator("[name=business_kind]").select_option("mortgage")
    page.locator("[name=share_consent][value=true]").check()
    who.go_on()
    assert page.locator("[name='obligors.0.name']").input_value() == "乙某", "whose home it is"
    page.locator("[name='right_holders.0.name']").fill("丁某")
    page.locator("[name='right_holders.0.id_no']").fill("61010219921110003X")
    page.locator("[name='right_holders.0.phone']").fill("13900001003")
    who.go_on()
    page.locator("[name=secured_amount]").fill("500000")
    page.locator("[name=mortgage_from]").fill("2026-12-01")
    page.locator("[name=mortgage_to]").fill("2036-12-01")
    who.go_on()
    paper = {"name": "抵押合同.png", "mimeType": "image/png", "buffer": scan("mortgage")}
    page.locator("input[type=file][name=evidence]").set_input_files(paper)  # type: ignore[arg-type]
    page.locator("[name=declaration][type=checkbox]").check()
    who.go_on()
    expect(page.locator("main")).to_contain_text("抵押合同.png")
    page.get_by_role("button", name="确认并提交申请").click()
    expect(page.get_by_role("heading", name="申请已提交")).to_be_visible()
    told = page.locator("main").inner_text()
    number, code = re.search(r"P\d{19}[0-9A-Z]", told), re.search(r"查询码\s+([0-9A-Z]{8})", told)
    assert number, told
    assert code, told
    who.open("/track")
    page.locator("#reference").fill(number[0])
    page.locator("#code").fill(code[1])
    page.get_by_role("button", name="查询进度").click()
    expect(page.locator("main")).to_contain_text("提交申请")


def test_what_was_uploaded_before_is_told_when_a_form_asks_and_is_in_its_draft(
    visitor: Visitor,
) -> None:
    """The field of an upload has the name of the papers that came: those are sent, it is not."""
    who = visitor()
    who.open("/track")
    page = who.page
    page.evaluate(
        """async () => {
          const form = document.createElement("form");
          form.dataset.refresh = "/public/track?asked=1";
          form.innerHTML = '<input type="hidden" name="papers" value="one">' +
            '<input type="file" name="papers"><input name="note" value="two">';
          document.querySelector("main").append(form);
          const { default: start } = await import("/static/js/form.js");
          start(form);
        }"""
    )
    with page.expect_request("**/track?asked=1") as asked:
        page.locator("[name=note]").fill("three")
        page.locator("[name=note]").dispatch_event("change")
    sent = asked.value.post_data or ""
    assert re.findall(r'name="(\w+)"\s+(\S+)', sent) == [("papers", "one"), ("note", "three")]


def test_a_case_and_what_may_be_done_in_it_are_sound(visitor: Visitor) -> None:
    """The case of the path above, and the form for taking it back."""
    who = visitor()
    who.open("/login?next=/public/mine")
    who.log_in("乙某")
    if not who.page.locator(".cards a").count():  # this test runs alone
        test_the_main_path_works_without_any_script(visitor)
        who.open("/mine")
    who.page.locator(".cards a").first.click()
    found = sound(who)
    who.page.get_by_role("link", name="撤回申请").click()
    found += sound(who)
    who.open("/certificates")
    found += sound(who)
    who.page.get_by_role("link", name="去核验人脸").click()
    who.page.get_by_role("button", name="核验通过").click()
    expect(who.page.get_by_role("heading", name="我的证照")).to_be_visible()
    assert not found, found
