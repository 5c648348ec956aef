"""Logging in: the same answer to every mistake, lock-out, sessions that end, nothing typed lost."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine import clock
from processes.identity import identity
from processes.people import accounts
from tests.web.conftest import PASSWORD, csrf
from web.database import database

Clients = Callable[[str], FlaskClient]


def attempt(client: FlaskClient, login: str, word: str, **more: str) -> object:
    data = {"login": login, "password": word, "csrf_token": csrf(client), **more}
    return client.post("/login", data=data)


def test_a_wrong_name_and_a_wrong_password_get_the_same_words(client: FlaskClient) -> None:
    wrong = attempt(client, "acceptor", "no")
    nobody = attempt(client, "nobody", "no")
    assert wrong.status_code == nobody.status_code == 401
    assert "用户名或密码不正确" in wrong.get_data(as_text=True)
    assert "用户名或密码不正确" in nobody.get_data(as_text=True)


def test_five_failures_lock_the_name_for_a_while(client: FlaskClient) -> None:
    for _number in range(5):
        attempt(client, "ghost", "no")
    answer = attempt(client, "ghost", "no")
    assert answer.status_code == 429
    assert "分钟后再试" in answer.get_data(as_text=True)


def test_logging_in_gives_a_new_session_and_leads_where_one_was_going(client: FlaskClient) -> None:
    asked = client.get("/inbox?box=done")
    assert asked.headers["Location"] == "/login?next=/inbox?box%3Ddone"
    answer = attempt(client, "acceptor", PASSWORD, next="/inbox?box=done")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/inbox?box=done"
    assert client.get("/inbox").status_code == 200


def test_logging_out_revokes_the_session_everywhere(as_: Clients, app: Flask) -> None:
    client = as_("reviewer")
    cookie = client.get_cookie("banli")
    client.post("/logout", data={"csrf_token": csrf(client, "/inbox")})
    thief = app.test_client()
    thief.set_cookie("banli", cookie.value)
    assert thief.get("/inbox").status_code == 303


def test_an_idle_session_ends_and_polling_does_not_keep_it_alive(as_: Clients) -> None:
    client = as_("reviewer")
    for minutes in (6, 12):
        with clock.travel(timedelta(minutes=minutes)):
            assert client.get("/inbox", headers={"X-Banli-Poll": "1"}).status_code == 200
    with clock.travel(timedelta(minutes=16)):
        assert client.get("/inbox").status_code == 303


def test_what_was_typed_before_the_session_expired_comes_back(client: FlaskClient) -> None:
    answer = client.post("/counter/yacht_licence_sample", data={"name": "张三", "_step": "1"})
    assert answer.status_code == 401
    page = answer.get_data(as_text=True)
    assert "您填写的内容已保留" in page
    kept = json.dumps(["/counter/yacht_licence_sample", {"name": ["张三"], "_step": ["1"]}])
    again = attempt(client, "acceptor", PASSWORD, kept=kept)
    restored = again.get_data(as_text=True)
    assert 'action="/counter/yacht_licence_sample"' in restored
    assert "张三" in restored
    form = {"name": "张三", "_step": "1", "_restore": "1", "csrf_token": csrf(client, "/inbox")}
    shown = client.post("/counter/yacht_licence_sample", data=form).get_data(as_text=True)
    assert "已恢复登录前填写的内容" in shown
    assert 'value="张三"' in shown


def test_a_form_from_another_site_is_not_carried_along(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post("/counter/yacht_licence_sample", data={"name": "张三"}, headers=headers)
    assert "张三" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("kept", ["no json", '["//evil.example", {}]', '["/inbox"]', "[1, 2]"])
def test_nonsense_carried_by_the_log_in_page_is_ignored(client: FlaskClient, kept: str) -> None:
    assert attempt(client, "acceptor", PASSWORD, kept=kept).status_code == 303


def test_a_password_is_changed_with_the_old_one(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), database().transaction() as session:
        made = accounts.create_user(
            session, "newcomer", name="新人", org_code="370001", id_no="110101199003070089"
        )
        made.password_hash = identity.hash_password(PASSWORD)
    attempt(client, "newcomer", PASSWORD)
    data = {"old": "wrong", "new": "river-stone-42", "again": "river-stone-42"}
    data["csrf_token"] = csrf(client, "/password")
    assert client.post("/password", data=data).status_code == 422
    data["old"] = PASSWORD
    assert client.post("/password", data=data).status_code == 303
    assert client.get("/password").status_code == 200  # this seat goes on, with a new session
    other = app.test_client()
    assert attempt(other, "newcomer", PASSWORD).status_code == 401
    assert attempt(other, "newcomer", "river-stone-42").status_code == 303


def test_the_demo_offers_its_cast(client: FlaskClient) -> None:
    page = client.get("/login").get_data(as_text=True)
    assert "演示账号" in page
    assert 'value="acceptor"' in page


def test_a_first_password_must_be_changed_before_anything_else(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context(), database().transaction() as session:
        made = accounts.create_user(
            session, "beginner", name="新人", org_code="370001", id_no="110101199003070097"
        )
        accounts.set_password(session, made, "first-word-1", must_change=True)
    attempt(client, "beginner", "first-word-1")
    assert client.get("/notices").headers["Location"] == "/password"
    words = {"old": "first-word-1", "new": "second-word-2", "again": "second-word-2"}
    client.post("/password", data={**words, "csrf_token": csrf(client, "/password")})
    assert client.get("/notices").status_code == 200
