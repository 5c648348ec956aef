"""A page that is sent twice is done once: double clicks, races, answers that never arrived."""

import re
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from processes.documents import files
from processes.model.cases import Case
from tests.web.conftest import application, csrf, picture
from web import references
from web.database import database

Clients = Callable[[str], FlaskClient]
APPLY = "/portal/apply/yacht_licence_sample"
PAGES = (f"page-of-this-test-{number:04d}" for number in count())


@pytest.fixture
def typed(app: Flask, built: Any) -> dict[str, Any]:
    """A complete application as the last step of the form posts it."""

    def stored(name: str) -> str:
        with app.app_context(), database().transaction() as session:
            row = files.store(session, picture(), by=None)
            facts = {"file": row.sha256, "name": name, "size": row.size, "type": "image/png"}
            return references.give(facts, "form", to=built.ids["applicant"])

    answers = application(stored)
    items = answers.pop("medical_items")
    rows = {f"medical_items.{n}.result": row["result"] for n, row in enumerate(items)}
    return {
        **answers, **rows, "declaration": "true", "_go": "submit", "_step": "99",
        "_page": next(PAGES),
    }  # fmt: skip


def post(client: FlaskClient, path: str, data: dict[str, Any], token: str = "") -> Any:
    return client.post(path, data={**data, "csrf_token": token or csrf(client, "/portal")})


def cases(app: Flask, name: str) -> list[Case]:
    with app.app_context(), database().read_session() as session:
        return list(session.scalars(select(Case).where(Case.applicant_name == name)))


def test_the_page_of_an_application_is_filed_once_however_often_it_is_sent(
    as_: Clients, app: Flask, typed: dict[str, Any]
) -> None:
    client, typed["name"] = as_("applicant"), "申请人双击"
    first, second = post(client, APPLY, typed), post(client, APPLY, typed)
    assert first.status_code == second.status_code == 303, first.get_data(as_text=True)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(cases(app, "申请人双击")) == 1


def test_of_two_posts_at_the_same_moment_one_files_and_both_lead_to_the_case(
    as_: Clients, app: Flask, typed: dict[str, Any]
) -> None:
    typed["name"] = "申请人同时"
    clients = [as_("applicant"), as_("applicant")]
    tokens = [csrf(client, "/portal") for client in clients]
    barrier, answers = threading.Barrier(2), []

    def send(client: FlaskClient, token: str) -> None:
        barrier.wait()
        answers.append(post(client, APPLY, typed, token))

    threads = [threading.Thread(target=send, args=pair) for pair in zip(clients, tokens, strict=1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(cases(app, "申请人同时")) == 1


def test_other_answers_under_a_used_page_are_asked_about_and_kept(
    as_: Clients, app: Flask, typed: dict[str, Any]
) -> None:
    client, typed["name"] = as_("applicant"), "申请人返回"
    assert post(client, APPLY, typed).status_code == 303
    typed["address"] = "山东省烟台市返回路 2 号"
    answer = post(client, APPLY, typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "已经提交过" in page
    assert "返回路 2 号" in page
    fresh = re.search(r'name="_page" value="([^"]+)"', page)[1]
    assert fresh != typed["_page"]
    assert post(client, APPLY, {**typed, "_page": fresh}).status_code == 303
    assert len(cases(app, "申请人返回")) == 2


def test_a_page_without_its_token_files_nothing_and_shows_what_was_typed(
    as_: Clients, app: Flask, typed: dict[str, Any]
) -> None:
    client, typed["name"] = as_("applicant"), "申请人无号"
    del typed["_page"]
    answer = post(client, APPLY, typed)
    assert answer.status_code == 422
    assert "太平路 1 号" in answer.get_data(as_text=True)
    assert cases(app, "申请人无号") == []
