"""Every page there is, for somebody it is for: fits the screen, reads well, is sound for everyone."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import samples
from tests.browser.conftest import People
from tests.browser.desk import LARGE, PHONE, WIDE, Desk
from tests.browser.samples import PAGES, Visit

Picture = Callable[..., None]
AXE = Path(__file__).with_name("axe") / "axe.min.js"
# analysts and administrators work with the ids of models, nobody else does
TECHNICAL = ("analyst", "releaser", "admin", "hq_admin")
PICTURES = {
    "/login": "login",
    "/inbox": "worklist",
    "/operations": "incidents",
    "/operations/services": "operations",
    "/portal/apply/yacht_licence_issue": "portal-apply",
}
# axe on the large pages of analysts and administrators, and the walk in English, take minutes
NIGHTLY = bool(os.environ.get("BANLI_NIGHTLY"))
CHINESE = re.compile("[\u4e00-\u9fff]+")


@pytest.fixture(scope="module")
def made(staff: People) -> dict[str, str]:
    return samples.make(staff)


def sideways(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def violations(page: Page) -> list[str]:
    """What axe finds serious."""
    page.evaluate(AXE.read_text("utf-8"))
    # rules whose finds are never serious are not asked, and none that is needs the style sheets or
    # the media that axe would load once more
    found: dict[str, Any] = page.evaluate(
        """() => {
        const grave = axe._audit.rules.filter((one) => one.enabled
            && ["serious", "critical"].includes(one.impact)).map((one) => one.id);
        if (grave.length < 50) throw new Error("axe does not say how grave its rules are");
        return axe.run(document, { runOnly: { type: "rule", values: grave },
            resultTypes: ["violations"], preload: false }); }"""
    )
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def raw_words(page: Page) -> list[str]:
    """Ids of the model where people read."""
    text = page.locator("body").inner_text()
    return re.findall(r"\b[a-z]+(?:_[a-z]+)+\b|\{\"|None\b|undefined|\[object", text)


def read(page: Page, visit: Visit) -> list[str]:
    """What is wrong with the words of a page, and what axe finds on it."""
    technical = visit.reader in TECHNICAL
    words = [] if technical or "/api/" in visit.path else sorted(set(raw_words(page)))
    return [*words, *([] if technical and not NIGHTLY else violations(page))]


def settled(page: Page) -> None:
    """The page's script has run: what it enhances is marked, diagrams are drawn."""
    page.wait_for_load_state("load")
    expect(
        page.locator("[data-form]:not([data-ready]), [data-tabs]:not([data-ready])")
    ).to_have_count(0)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    if page.locator("[data-workspace]").count():
        page.locator("[data-workspace][data-ready]").wait_for()


def opened(desk: Desk, visit: Visit) -> None:
    """Open a page anew."""
    if desk.page.url.partition("#")[0] == desk.base + visit.path.partition("#")[0]:
        desk.page.goto("about:blank")  # an address with another # alone would not be opened
    desk.open(visit.path)
    settled(desk.page)


def test_every_page_fits_reads_well_and_is_sound(
    people: People, picture: Picture, made: dict[str, str]
) -> None:
    """Three screens without sideways scrolling, no ids of the model, nothing serious for axe."""
    keep = {**PICTURES, f"{made['case']}#diagram": "case-diagram"}
    keep |= {made["portal_case"]: "portal-case-open"}

    def look(desk: Desk, visit: Visit) -> list[str]:
        opened(desk, visit)
        if visit.path in keep:
            picture(desk, keep[visit.path])
        found = read(desk.page, visit)
        for size in (LARGE, PHONE):
            desk.page.set_viewport_size(size)  # type: ignore[arg-type]
            if (wider := sideways(desk.page)) > 0:
                found.append(f"{wider} px wider than {size['width']}")
            if size is PHONE and visit.path in ("/inbox", made["task"], made["portal_case"]):
                found += violations(desk.page)
            if size is PHONE and visit.path == made["portal_case"]:
                picture(desk, "phone-portal")
        desk.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        if (wider := sideways(desk.page)) > 0:
            found.append(f"{wider} px wider than {WIDE['width']}")
        return found

    found = samples.walk(people, made, look)
    assert not found, told(found)


def told(found: Mapping[str, list[str]]) -> str:
    """All of it: what pytest shows by itself it cuts short."""
    return "\n".join(f"{visit}: {'; '.join(wrong)}" for visit, wrong in found.items())


@cache
def written_data() -> str:
    """What models, forms, ledgers and the demo's people say; an English page may show it."""
    data = [*Path("bpmn").rglob("*.*"), *Path("processes/demo").rglob("*.*")]
    # what other browser tests of the same installation have written into it
    data += [
        Path(__file__).with_name(f"{name}.py") for name in ("licence", "samples", "test_analyst")
    ]
    data += [Path("web/config.py")]
    # the systems outside and their messages have names of their own
    named = re.compile(r'(?:title=|name = |MessageType\(\s*)"(.+?)"')
    names = [named.findall(one.read_text("utf-8")) for one in Path("adapters").glob("*/*.py")]
    return " ".join(name for each in names for name in each) + "".join(
        one.read_text("utf-8")
        for one in data
        if one.suffix in (".bpmn", ".dmn", ".yaml", ".json", ".py", ".csv") and one.is_file()
    )


def untranslated(page: Page) -> list[str]:
    """Chinese on the page that is no data; the canvas of the editors is drawn by others."""
    texts = page.evaluate(
        """() => {
        const skipped = "script, style, [lang^=zh], .diagram, [data-canvas], [data-properties], "
            + "[data-editor], [data-formpreview], .brand, .triallog, .month, .timeline details";
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const found = [document.title.split(" · ")[0]];
        for (let node = walker.nextNode(); node; node = walker.nextNode())
            if (!node.parentElement.closest(skipped)) found.push(node.data);
        for (const one of document.querySelectorAll("[placeholder], [title], [aria-label]"))
            if (!one.closest(skipped)) for (const name of ["placeholder", "title", "aria-label"])
                found.push(one.getAttribute(name) || "");
        return found; }"""
    )
    data = written_data()
    return sorted(
        {
            text.strip()[:80]
            for text in texts
            if "〔" not in text  # the number of a letter begins with the agency's sign
            for run in CHINESE.findall(text)
            if run not in data
        }
    )


@pytest.fixture
def english(people: People) -> Iterator[None]:
    """The desks that walk, with the switch on English."""
    readers = sorted({who for who, _paths in PAGES.values() if who})
    for login in readers:
        switch(people(login), "en")
    yield
    for login in readers:
        switch(people(login), "zh")


def switch(desk: Desk, language: str) -> None:
    desk.open("/notices")
    answer = desk.page.evaluate(
        """async (language) => (await fetch("/language", { method: "POST", body: new URLSearchParams({
        language, next: "/notices",
        csrf_token: document.querySelector("meta[name=csrf-token]").content }) })).status""",
        language,
    )
    assert answer == 200


@pytest.mark.skipif(not NIGHTLY, reason="every page once more, in English: make nightly")
def test_an_english_page_has_no_chinese_of_ours(
    people: People, made: dict[str, str], english: None
) -> None:
    """With the switch on English only data are Chinese."""

    def look(desk: Desk, visit: Visit) -> list[str]:
        # the tables of standards are written in Chinese beside the engine's own tables
        if not visit.reader or visit.path == "/operations/standards":
            return []
        opened(desk, visit)
        return untranslated(desk.page)

    found = samples.walk(people, made, look)
    assert not found, told(found)
