"""The first password: told once and legibly by the administrator, changed before all else (Y-46)."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from processes.identity import identity
from processes.model.people import UserAccount
from processes.people import accounts
from tests.web.conftest import csrf
from web.database import database


def test_a_first_password_stays_on_the_page_until_it_is_left(
    app: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Other messages fade after seconds; this one is shown nowhere else."""
    with app.app_context(), database().read_session() as session:
        number = identity.by_login(session, "reviewer").id
    client = as_("admin")
    path = f"/admin/users/{number}"
    token = csrf(client, path)
    data = {"csrf_token": token, "status": "password"}
    page = client.post(f"{path}/status", data=data, follow_redirects=True).text
    assert re.search(
        r'class="toast-note" data-stays>.*新的初始密码 \S+，请当面告知本人', page, re.DOTALL
    )
    for status in ("locked", "active"):
        data = {"csrf_token": token, "status": status}
        page = client.post(f"{path}/status", data=data, follow_redirects=True).text
        assert "账号状态已更新" in page
        assert "data-stays" not in page


def test_an_applicant_changes_his_first_password_before_he_is_led_anywhere(
    app: Flask,
) -> None:
    """Y-103: the page of services is open to all, so that it alone would not have asked him."""
    first = "Erstes-Passwort-2026"
    query = select(UserAccount).where(UserAccount.login == "applicant")
    with app.app_context(), database().transaction() as session:
        account = session.scalars(query).one()
        before = account.password_hash
        accounts.set_password(session, account, first, must_change=True)
    try:
        client = app.test_client()
        data = {"login": "applicant", "password": first, "csrf_token": csrf(client)}
        assert client.post("/login", data=data).status_code == 303
        assert client.get("/").headers["Location"].endswith("/password")
        page = client.get("/password").text
        assert "初始密码，请先改成自己的密码" in page
        assert "取消" not in page, "it would lead back here"
    finally:
        with app.app_context(), database().transaction() as session:
            account = session.scalars(query).one()
            account.password_hash, account.must_change_password = before, False
