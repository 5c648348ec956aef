"""Lists sorted by the heads of their columns, as links without script, kept by all else (A.5, P-45)."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from processes import registers
from processes.ledgers import sheets
from tests.processes.people.test_registers import a_licence
from web.admin import registers as ledgers
from web.clerk import finding
from web.database import database

NAMES = ("王丙", "王甲", "王乙", "李某", "赵某")


def page(client: FlaskClient, path: str) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.text[:300])
    return html.document_fromstring(answer.text)


def heads(shown: html.HtmlElement) -> dict[str, str]:
    """The columns of the list by which it can be sorted, and how it is."""
    return {
        one.text_content().strip(): one.get("aria-sort", "")
        for one in shown.xpath("//main//table//th[a[@class='sort']]")
    }


def pressed(client: FlaskClient, shown: html.HtmlElement, column: str) -> html.HtmlElement:
    (href,) = shown.xpath(f"//main//th/a[@class='sort'][normalize-space()='{column}']/@href")
    return page(client, href)


def cells(shown: html.HtmlElement, column: str) -> list[str]:
    return [
        one.text_content().strip() for one in shown.xpath(f"//main//td[@data-label='{column}']")
    ]


def taken(client: FlaskClient, shown: html.HtmlElement) -> list[list[str]]:
    (href,) = shown.xpath("//a[contains(@href, 'format=csv')]/@href")
    text = client.get(href).get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.fixture
def licences(app: Flask) -> None:
    with app.app_context(), database().transaction() as session:
        if not registers.find(session, "yacht_licence"):
            for number, name in enumerate(NAMES):
                a_licence(session, holder_name=name, person_id=f"R{number}")


def test_a_ledger_is_sorted_by_the_head_of_a_column_and_back(
    as_: Callable[[str], FlaskClient], licences: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages and its file keep the order; another press turns it round."""
    monkeypatch.setattr(ledgers, "_PAGE", 2)
    manager = as_("manager")
    shown = page(manager, "/registers/yacht_licence")
    (name,) = (one for one in heads(shown) if "持证人" in one)
    key = next(iter(heads(shown)))
    assert heads(shown)[key] == "ascending"
    assert not heads(shown)[name]

    shown = pressed(manager, shown, name)
    assert heads(shown)[name] == "ascending"
    found = cells(shown, name)
    while following := shown.xpath("//main//a[@rel='next']/@href"):
        shown = page(manager, following[0])
        assert heads(shown)[name] == "ascending"
        found += cells(shown, name)
    assert found == sorted(NAMES)
    place = [one.text_content().strip() for one in shown.xpath("//main//th")].index(name)
    assert [line[place] for line in taken(manager, shown)] == found

    back = page(manager, shown.xpath("//main//a[@rel='prev']/@href")[0])
    assert cells(back, name) == found[2:4]
    turned = pressed(manager, shown, name)
    assert heads(turned)[name] == "descending"
    assert cells(turned, name) == found[::-1][:2]


def test_the_filters_of_a_list_carry_its_order(
    as_: Callable[[str], FlaskClient], licences: None
) -> None:
    """On a phone, where the heads are not shown, it is chosen there."""
    shown = page(as_("manager"), "/registers/yacht_licence?sort=-holder_name")
    (chosen,) = shown.xpath("//form[@class='filters']//select[@name='sort']/option[@selected]")
    assert chosen.get("value") == "-holder_name"
    assert "降序" in chosen.text_content()


@pytest.mark.parametrize(
    "query",
    [
        "sort=issued_on",
        "sort=data",
        "sort=-",
        "after=A1E001",
        "after=1~f~x&sort=holder_name",
        "endpoint=x&_scheme=y",
    ],
)
def test_what_a_list_does_not_know_gives_it_as_usual(
    as_: Callable[[str], FlaskClient], licences: None, query: str
) -> None:
    page(as_("manager"), f"/registers/yacht_licence?{query}")


def test_a_box_is_sorted_by_the_heads_of_its_columns(
    as_: Callable[[str], FlaskClient], filed: Callable[[], int]
) -> None:
    filed()
    filed()
    clerk = as_("acceptor")
    shown = page(clerk, "/inbox?hold=pool")
    assert heads(shown) == {"工作单号": "", "到达时间": "", "时限": "ascending"}
    for state in ("ascending", "descending"):
        shown = pressed(clerk, shown, "工作单号")
        assert heads(shown)["工作单号"] == state
        numbers = cells(shown, "工作单号")
        assert numbers == sorted(numbers, reverse=state == "descending")
        assert [line[0] for line in taken(clerk, shown)] == numbers
    assert shown.xpath("//form[@id='filters']//select[@name='hold']/option[@selected]")
    assert "sort=-number" in shown.xpath("//*[@id='list']/@hx-get")[0]
    (latest,) = page(clerk, "/inbox?sort=latest").xpath("//th[@aria-sort]")
    assert latest.text_content() == "到达时间"


def test_a_box_of_any_length_is_taken_whole(
    as_: Callable[[str], FlaskClient],
    filed: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It ended at 5,000 lines with a message."""
    filed()
    filed()
    monkeypatch.setattr(sheets, "MOST_ROWS", 1)
    clerk = as_("acceptor")
    for kind in ("csv", "xlsx"):
        assert clerk.get(f"/inbox?format={kind}").status_code == 200
    assert len(taken(clerk, page(clerk, "/inbox"))) >= 2


def test_cases_that_were_found_come_in_pages_and_are_taken_whole(
    as_: Callable[[str], FlaskClient],
    filed: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There were fifty of them at most, on the page and in the file."""
    monkeypatch.setattr(finding, "_PAGE", 2)
    for _ in range(3):
        filed()
    manager = as_("manager")
    shown = page(manager, "/cases?q=申请人甲")
    total = int(re.search(r"共 (\d+) 件", shown.text_content())[1])
    assert total >= 3
    shown = pressed(manager, shown, "工作单号")
    found = cells(shown, "工作单号")
    assert len(found) == 2
    while following := shown.xpath("//main//a[@rel='next']/@href"):
        shown = page(manager, following[0])
        found += cells(shown, "工作单号")
    assert found == sorted(set(found))
    assert len(found) == total
    assert [line[0] for line in taken(manager, shown)] == found
