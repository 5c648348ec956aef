"""An inbox without a task tells who never had one how the first comes (pages.md: empty states)."""

from collections.abc import Callable

from flask.testing import FlaskClient

Clients = Callable[[str], FlaskClient]


def test_who_never_handled_a_case_is_told_how_the_first_comes(as_: Clients) -> None:
    html = as_("admin").get("/inbox").get_data(as_text=True)
    assert "您还没有办过件" in html
    assert "系统管理员）时，任务自动出现在这里" in html
    assert "待办已清" not in html


def test_the_processes_of_the_filter_stand_under_their_businesses(as_: Clients) -> None:
    html = as_("admin").get("/inbox").get_data(as_text=True)
    select = html.partition('<select name="process"')[2].partition("</select>")[0]
    titles = [part.partition('"')[0] for part in select.split('<optgroup label="')[1:]]
    assert len(titles) == len(set(titles))
    assert select.count("<optgroup") == select.count("</optgroup>")
    assert select.count("<option") > 1
