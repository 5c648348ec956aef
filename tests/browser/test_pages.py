"""Every page for everybody it is for: fits the screen, speaks Chinese, is sound for everyone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import licence
from tests.browser.conftest import People
from tests.browser.desk import LARGE, PHONE, WIDE, Desk

Picture = Callable[..., None]
AXE = Path(__file__).with_name("axe") / "axe.min.js"
# the page, and by which link in it further pages of the same kind are reached
PAGES = {
    "": ["/login", "/portal", "/portal/track"],
    "applicant": ["/portal", "/portal/mine", f"/portal/apply/{licence.SERVICE}", "/notices"],
    "unit_clerk": ["/portal", "/portal/mine", "/password"],
    "acceptor": [
        "/inbox", "/inbox?box=done", "/inbox?box=mine", "/cases", "/registers", "/notices",
        f"/counter/{licence.SERVICE}",
    ],
    "card_maker": ["/inbox", "/registers"],
    "stock_keeper": ["/inbox", "/registers/blank_item"],
    "admin": ["/admin/users", "/admin/users/new", "/admin/organisations", "/admin/roles"],
    "hq_admin": [
        "/operations", "/operations/jobs", "/operations/services", "/admin/calendar", "/releases",
    ],
    "analyst": ["/analyst", f"/analyst/processes/{licence.SERVICE}"],
    "releaser": ["/releases", f"/releases/{licence.SERVICE}"],
}  # fmt: skip
CLERKS = ("applicant", "unit_clerk", "acceptor", "card_maker", "stock_keeper", "")
PICTURES = {" /login": "login", "acceptor /inbox": "worklist", "hq_admin /operations": "incidents"}
SIZES = {"1366": WIDE, "1920": LARGE, "390": PHONE}


def sideways(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def violations(page: Page) -> list[str]:
    """What axe finds serious."""
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
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


def wrong(page: Page, *, reader: str, whole: bool) -> list[str]:
    """What is wrong with the page that is open."""
    found = []
    if (wider := sideways(page)) > 0:
        found.append(f"{wider} px wider than the window")
    if reader in CLERKS and (words := raw_words(page)):
        found.append(f"raw words: {sorted(set(words))}")
    if whole:
        found += violations(page)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_and_reads_well(people: People, picture: Picture, size: str) -> None:
    """No sideways scrolling, no ids of the model, nothing serious for axe."""
    found: dict[str, list[str]] = {}
    for login, paths in PAGES.items():
        desk = people(login) if login else people.another()
        desk.page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
        for path in paths:
            desk.open(path)
            problems = wrong(desk.page, reader=login, whole=size == "1366")
            if size == "1366" and f"{login} {path}" in PICTURES:
                picture(desk, PICTURES[f"{login} {path}"])
            if size == "390" and login == "applicant" and path == "/portal":
                picture(desk, "phone-portal")
            if problems:
                found[f"{login} {path}"] = problems
        desk.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    assert not found, found


def test_the_pages_of_a_case_fit_and_read_well(people: People, picture: Picture) -> None:
    """Applicant's case, task of the clerk, case page, trial of the analyst."""
    applicant, acceptor = people("applicant"), people("acceptor")
    licence.start(applicant)
    picture(applicant, "portal-apply")
    licence.fill_in(applicant)
    number = licence.hand_in(applicant)
    acceptor.open_task(number)
    found = {**in_all_sizes(applicant, "applicant"), **in_all_sizes(acceptor, "acceptor")}
    acceptor.open(f"/cases?q={number}")
    acceptor.page.locator("a[href*='/cases/']", has_text=number).first.click()
    acceptor.page.wait_for_url(re.compile(r"/cases/\d+"))
    found |= in_all_sizes(acceptor, "acceptor")
    assert not found, found


def in_all_sizes(desk: Desk, reader: str) -> dict[str, list[str]]:
    found = {}
    for size, view in SIZES.items():
        desk.page.set_viewport_size(view)  # type: ignore[arg-type]
        if problems := wrong(desk.page, reader=reader, whole=size != "1920"):
            found[f"{size} {desk.page.url}"] = problems
    desk.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return found
