"""Every list exports what it shows, with the same rights and masks (issue 5, Imports and exports)."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from lxml import html
from sqlalchemy import select

from processes.ledgers import sheets
from processes.model.people import AuditEvent, UserAccount
from web import exporting
from web.admin import people
from web.database import database

TEMPLATES: Final = Path("web/templates")
TABLE: Final = re.compile(r'<table class="list[ "]')
# tables that are no lists of records: parts of one record, answers to a command, and references
NO_LISTS: Final = {
    "admin/calendar.html": "the days of one year, kept on the page and read in as a file",
    "admin/calendar_preview.html": "what a change of the calendar would do, before it is confirmed",
    "admin/draft.html": "what differs in one draft",
    "admin/interface_contract.html": "a reference about the product, taken along as a whole",
    "admin/interface_package.html": "the receipt of one package, which is itself downloaded",
    "admin/intake.html": "the lines of an import: the refused ones are downloaded on their own",
    "admin/intakes.html": "which tables may be read in: a menu",
    "admin/migration.html": "what a migration would do, before it is confirmed",
    "admin/org.html": "parts of one organisation",
    "admin/restoration.html": "a form: the last number of each series",
    "admin/standards.html": "a reference about the product, no data",
    "admin/user.html": "the roles of one account",
    "agents/_form.html": "a macro: its pages are asked",
    "analyst/imported.html": "what was rewritten in one imported model",
    "analyst/process.html": "the files and versions of one process",
    "circulation/plan.html": "the steps of one case",
    "components/case.html": "a macro: parts of one case",
    "components/chart.html": "a macro: the numbers of a statistic, whose page exports them",
    "components/ui.html": "a macro: the ledger of one case's limits",
    "handover/done.html": "what one handover moved",
    "handover/page.html": "what one handover would move",
    "statistics/index.html": "which statistics there are: a menu",
    "worklist/_list.html": "a part of worklist/inbox.html, which is asked",
    "worklist/bulk.html": "what one bulk command would do",
    "worklist/review.html": "a command over several cases before it is confirmed",
    "admin/_interface.html": "a macro: the content of one message",
    "business/index.html": "how the ledgers stand that are kept: each of them exports its records",
    "business/record.html": "the first of what belongs to one record, whose whole list exports it",
}


def test_a_page_with_a_list_offers_its_export() -> None:
    """A new page with a table of records either exports it or says here why not."""
    found = {
        str(one.relative_to(TEMPLATES)): one.read_text("utf-8") for one in TEMPLATES.rglob("*.html")
    }
    tables = {name for name, text in found.items() if TABLE.search(text)}
    silent = {name for name in tables if "exports" not in found[name]}
    assert silent == set(NO_LISTS)


@pytest.fixture
def drawn(app: Flask) -> Iterator[list[str]]:
    """The templates of the pages as they are drawn."""
    names: list[str] = []

    def told(_sender: Flask, template: Template, **_more: object) -> None:
        names.append(template.name or "")

    with template_rendered.connected_to(told, app):
        yield names


def without_arguments(app: Flask) -> list[str]:
    """The addresses of pages that need no more than to be opened."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
        and not rule.rule.startswith(("/api/", "/public", "/health", "/demo"))
    )  # fmt: skip


def words(cell: html.HtmlElement) -> str:
    return " ".join(" ".join(cell.itertext()).split())


def as_file(client: FlaskClient, href: str) -> list[list[str]]:
    """The lines of a list taken as CSV."""
    answer = client.get(href)
    assert answer.status_code == 200, (href, answer.get_data(as_text=True)[:400])
    assert answer.content_type == sheets.CSV
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("login", "lists"),
    [
        ("admin", {"/admin/users", "/admin/organisations", "/admin/roles", "/admin/grants"}),
        ("releaser", {"/releases", "/analyst"}),
        ("manager", {"/cases?q=110101199003070070"}),
        ("acceptor", {"/inbox"}),
    ],
)
def test_the_file_holds_what_the_page_shows(
    app: Flask,
    as_: Callable[[str], FlaskClient],
    filed: Callable[[], int],
    drawn: list[str],
    login: str,
    lists: set[str],
) -> None:
    """Every page this person may open: a list leads to its own table, column by column."""
    filed()
    client, found = as_(login), set()
    for path in [*without_arguments(app), *(one for one in lists if "?" in one)]:
        drawn.clear()
        answer = client.get(path)
        if answer.mimetype != "text/html" or answer.status_code != 200 or not drawn:
            continue
        page = html.document_fromstring(answer.get_data(as_text=True))
        tables = page.xpath("//main//table[contains(@class, 'list')]")
        if not tables or set(drawn) & set(NO_LISTS) - {"components/ui.html", "worklist/_list.html"}:
            continue
        found.add(path)
        (href,) = page.xpath("//a[contains(@href, 'format=csv')]/@href")
        table = (page.xpath("//main//table[@data-export]") or tables)[0]
        first = table.xpath("./thead/tr/th[not(@class='tick')]")[0]
        place = first.getparent().index(first)
        shown = [words(row.xpath("./td|./th")[place]) for row in table.xpath("./tbody/tr")]
        headings, *lines = as_file(client, href)
        assert headings[0] == words(first)
        assert [line[0] for line in lines[: len(shown)]] == shown
    assert lists <= found


def test_who_may_not_take_lists_away_is_offered_none(
    as_: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right there is no menu, and asking for the file gives the page."""
    monkeypatch.setattr(exporting, "actions_of", lambda _user: frozenset())
    client = as_("admin")
    assert "format=csv" not in client.get("/admin/users").get_data(as_text=True)
    assert client.get("/admin/users?format=csv").mimetype == "text/html"


def test_the_whole_list_is_taken_not_the_page_and_it_is_audited(
    app: Flask, as_: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users are shown fifty a page; the file has all of the area, and the trail says who took it."""
    monkeypatch.setattr(people, "_PAGE", 2)
    client = as_("admin")
    page = html.document_fromstring(client.get("/admin/users").get_data(as_text=True))
    assert len(page.xpath("//main//tbody/tr")) == 2
    lines = as_file(client, "/admin/users?format=csv")
    assert lines[0] == ["用户名", "姓名", "单位", "角色", "最近登录", "状态"]
    assert {line[0] for line in lines[1:]} >= {"acceptor", "reviewer", "manager", "admin"}
    assert "stranger" not in {line[0] for line in lines}  # another agency's
    with app.app_context(), database().transaction() as session:
        told = select(AuditEvent.detail).where(AuditEvent.action == "list.exported")
        assert f"用户管理 {len(lines) - 1}" in session.scalars(told).all()


def test_buttons_stay_behind(as_: Callable[[str], FlaskClient]) -> None:
    """A column of buttons is nothing to take away."""
    assert "操作" not in as_file(as_("releaser"), "/analyst?format=csv")[0]


def test_a_page_without_records_says_that_there_is_nothing_to_take(
    as_: Callable[[str], FlaskClient],
) -> None:
    answer = as_("admin").get("/operations?format=xlsx")
    assert answer.status_code == 422
    assert "目前没有可以导出的记录" in answer.get_data(as_text=True)


def test_an_applicant_takes_the_list_of_own_applications(
    as_: Callable[[str], FlaskClient], filed: Callable[[], int]
) -> None:
    filed()
    client = as_("applicant")
    assert "format=xlsx" in client.get("/portal/mine").get_data(as_text=True)
    headings, *lines = as_file(client, "/portal/mine?format=csv")
    assert headings == ["事项", "编号", "申请人", "提交日期", "需要您办理", "状态"]
    assert lines[0][2] == "申请人甲"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_looks_like_a_formula_is_text(
    app: Flask, as_: Callable[[str], FlaskClient], kind: str
) -> None:
    """A name that begins like a formula is one in no spreadsheet."""
    with app.app_context(), database().transaction() as session:
        account = session.scalars(select(UserAccount).where(UserAccount.login == "reviewer")).one()
        kept, account.name = account.name, "=1+1"
    try:
        content = as_("admin").get(f"/admin/users?format={kind}").get_data()
    finally:
        with app.app_context(), database().transaction() as session:
            session.get_one(UserAccount, account.id).name = kept
    if kind == "csv":
        assert ",'=1+1," in content.decode("utf-8-sig")
    else:
        assert "=1+1" in {
            cell for line in sheets.read(content).lines for cell in line.cells.values()
        }
