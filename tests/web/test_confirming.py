"""Sensitive acts ask for the password again; what was typed is done after the right answer."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import PASSWORD, csrf
from tests.web.test_unmask import NUMBER, case_of, looks
from web import confirming
from web.config import Settings, UnsafeSettings

Clients = Callable[[str], FlaskClient]
REASON = "核对体检证明上的号码"


@pytest.fixture
def asking(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application as in production, where the last password was given long ago."""
    settings = replace(app.config["BANLI"], confirm_sensitive=True)
    monkeypatch.setitem(app.config, "BANLI", settings)
    monkeypatch.setattr(confirming, "SECONDS", 0)
    return app


def kept_in(answer: Any) -> str:
    text = re.search(r'name="kept" value="([^"]*)"', answer.get_data(as_text=True))[1]
    return text.replace("&#34;", '"')


def test_the_password_is_asked_for_and_the_act_goes_on_with_what_was_typed(
    as_: Clients, asking: Flask, filed: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, client = case_of(asking, filed()), as_("acceptor")
    token = csrf(client, f"/cases/{case}")
    asked = client.post(f"/cases/{case}/unmask", data={"csrf_token": token, "reason": REASON})
    assert asked.status_code == 403
    assert "再次输入登录密码" in asked.get_data(as_text=True)
    assert NUMBER not in asked.get_data(as_text=True)
    assert looks(asking, case) == []
    kept = kept_in(asked)
    wrong = client.post("/confirm", data={"csrf_token": token, "kept": kept, "password": "no"})
    assert wrong.status_code == 422
    assert kept_in(wrong) == kept, "a wrong password loses nothing"
    monkeypatch.setattr(confirming, "SECONDS", 600)
    data = {"csrf_token": token, "kept": kept, "password": PASSWORD}
    page = client.post("/confirm", data=data).get_data(as_text=True)
    assert f'action="/cases/{case}/unmask"' in page
    assert "_restore" not in page, "it is done, not shown again"
    fields = dict(json.loads(kept)[1])
    shown = client.post(
        f"/cases/{case}/unmask", data={"csrf_token": token, "reason": fields["reason"][0]}
    )
    assert NUMBER in shown.get_data(as_text=True)
    assert [one.detail for one in looks(asking, case)] == [REASON]


def test_who_has_just_logged_in_is_not_asked(
    as_: Clients, asking: Flask, filed: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "SECONDS", 600)
    case, client = case_of(asking, filed()), as_("acceptor")
    data = {"csrf_token": csrf(client, f"/cases/{case}"), "reason": REASON}
    assert NUMBER in client.post(f"/cases/{case}/unmask", data=data).get_data(as_text=True)


def test_changes_of_rights_and_releases_are_sensitive_too(as_: Clients, asking: Flask) -> None:
    admin, releaser = as_("admin"), as_("releaser")
    for client, path in (
        (admin, "/admin/users/1/roles"),
        (admin, "/admin/users/1/status"),
        (releaser, "/releases/drafts/1/release"),
    ):
        answer = client.post(path, data={"csrf_token": csrf(client, "/password")})
        assert answer.status_code == 403, path
        assert "再次输入登录密码" in answer.get_data(as_text=True), path


def test_production_does_not_start_without_it(tmp_path: Any) -> None:
    settings = Settings(profile="production", home=tmp_path, https=True, secret_key="k" * 40)
    with pytest.raises(UnsafeSettings, match="再次输入密码"):
        settings.check()
