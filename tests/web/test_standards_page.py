"""系统 → 标准符合性: for administrators and analysts, from the numbers of the tests."""

from collections.abc import Callable

from flask.testing import FlaskClient

from web.conformance import report

Clients = Callable[[str], FlaskClient]


def test_the_page_shows_what_is_executed_refused_and_missed(as_: Clients) -> None:
    page = as_("admin").get("/operations/standards").get_data(as_text=True)

    counts = report().counts
    assert f"执行 {counts['executed']} 种元素" in page
    assert "拒绝" in page
    assert "年份在公元 1 年至 9999 年之外" in page
    assert "add working days" in page


def test_a_clerk_has_no_business_there(as_: Clients) -> None:
    assert as_("acceptor").get("/operations/standards").status_code in {403, 404}
