"""What models name is shown in English to whoever reads English, and in Chinese to everybody else."""

from collections.abc import Callable
from dataclasses import replace

from flask import Flask, g, session
from flask.testing import FlaskClient

from forms.display import FieldView
from tests.web.conftest import csrf
from web import wording

Clients = Callable[[str], FlaskClient]
VIEW = FieldView(
    path="a", name="a", id="f-a", label="甲", label_en="", help="", type="text", widget="text",
    value=None, text="", editable=False, required=False, visible=True,
)  # fmt: skip


def test_a_task_is_told_in_the_language_of_the_reader(
    as_: Clients, filed: Callable[[], int]
) -> None:
    client, task = as_("acceptor"), filed()

    def page() -> str:
        return client.get(f"/tasks/{task}").get_data(as_text=True)

    assert ">受理</h1>" in page()
    client.post("/language", data={"csrf_token": csrf(client, "/inbox"), "language": "en"})
    client.post(f"/tasks/{task}/claim", data={"csrf_token": csrf(client, "/inbox")})
    english = page()
    assert ">Accept</h1>" in english, "the step"
    assert "Refuse to accept" in english, "an option"
    assert ">受理</h1>" not in english


def test_what_was_answered_is_told_in_the_language_of_the_reader(app: Flask) -> None:
    field = replace(VIEW, type="boolean", text="是")
    several = replace(VIEW, type="choices", text="甲、乙")
    name = replace(VIEW, type="text", text="是")
    with app.test_request_context():
        assert [wording.answered(one) for one in (field, several, name)] == ["是", "甲、乙", "是"]
        session["language"] = "en"
        g.words_of_models = {"甲": "First", "首次": "First issue"}
        assert wording.answered(field) == "Yes"
        assert wording.answered(several) == "First, 乙"
        assert wording.answered(replace(VIEW, type="choice", text="首次")) == "First issue"
        assert wording.answered(replace(VIEW, type="auto", text="首次")) == "First issue"
        assert wording.answered(name) == "是", "what somebody typed stays"


def test_lists_roles_and_ledgers_are_told_in_the_language_of_the_reader(app: Flask) -> None:
    with app.test_request_context():
        assert wording.joined(["审计管理员", 2]) == "审计管理员、2"
        session["language"] = "en"
        assert wording.joined([wording.worded("审计管理员"), 2]) == "Audit administrator, 2"
        assert wording.worded("预约时段") == "Appointment slots"


def test_one_visit_is_a_visit_and_two_are_visits(app: Flask) -> None:
    """What a guide says of the visits it takes."""
    source = app.jinja_env.loader.get_source(app.jinja_env, "public/guide.html")[0]
    line = next(one for one in source.splitlines() if "到现场次数" in one)

    def told(visits: int) -> str:
        page = app.jinja_env.from_string(line).render(guide={"visits": visits})
        return page.partition("<dd>")[2].partition("</dd>")[0]

    with app.test_request_context():
        assert [told(n) for n in (1, 2)] == ["最多跑 1 次", "最多跑 2 次"]
    with app.test_request_context():
        session["language"] = "en"
        assert [told(n) for n in (1, 2)] == ["At most 1 visit", "At most 2 visits"]
