"""Unified identity (P-36, P-86): the public and the staff never meet, whatever a browser carries."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from processes.model.people import AuthSession, PublicIdentity, UserAccount
from tests.web.conftest import PASSWORD, csrf
from tests.web.public.conftest import Provider, enter, query_of, send
from web.auth import policy_of
from web.database import database

Clients = Callable[[str], FlaskClient]


def test_a_person_comes_in_by_the_unified_identity_and_is_who_that_says(
    portal: Flask, provider: Provider
) -> None:
    """P-36, P-87: name and number come from there; nobody types a password here."""
    client = portal.test_client()
    assert client.get("/public/mine").headers["Location"] == "/public/login?next=/public/mine"
    assert enter(client, provider, "p1001") == "/public/mine"
    page = client.get("/public/me").get_data(as_text=True)
    assert "甲某" in page
    assert "610***********0013" in page
    assert "610102198506150013" not in page


def test_an_enterprise_comes_with_its_handler(portal: Flask, provider: Provider) -> None:
    client = portal.test_client()
    enter(client, provider, "e2001")
    page = client.get("/public/me").get_data(as_text=True)
    assert "演示置业有限公司" in page
    assert "经办人甲" in page


def test_one_registration_is_one_account_however_often_one_comes(
    portal: Flask, provider: Provider
) -> None:
    """P-86: the second log-in finds the first one's account."""
    for _time in range(2):
        enter(portal.test_client(), provider, "p1002")
    with portal.app_context(), database().read_session() as session:
        query = select(PublicIdentity).where(PublicIdentity.subject == "p1002")
        (one,) = session.scalars(query)
        account = session.get_one(UserAccount, one.account_id)
        assert (account.kind, account.password_hash, account.org_code) == ("applicant", "", None)


def test_who_has_not_proved_a_real_name_is_not_let_in(portal: Flask, provider: Provider) -> None:
    """P-50: registered alone is not enough."""
    client = portal.test_client()
    started = client.get("/public/login/start")
    answer = client.get(provider.chosen(started.headers["Location"], "p1005"))
    assert answer.status_code == 401
    assert "尚未实名" in answer.get_data(as_text=True)
    assert client.get("/public/me").status_code == 303


def test_a_face_is_compared_when_it_is_wanted_and_not_before(
    portal: Flask, provider: Provider, citizen: Callable[..., FlaskClient]
) -> None:
    """P-50: certificates are seen after real name and face; nobody logs in a second time."""
    client = citizen("p1002")
    assert client.get("/public/mine").status_code == 200
    assert client.get("/public/certificates").status_code == 403
    sent = client.get("/public/login/face?next=/public/certificates")
    assert query_of(sent.headers["Location"])["acr_values"] == "3"
    back = client.get(provider.faced(sent.headers["Location"], "p1002"))
    assert back.headers["Location"] == "/public/certificates"
    assert client.get("/public/certificates").status_code == 200
    assert "已实名并核验人脸" in client.get("/public/me").get_data(as_text=True)


def test_a_log_in_that_was_cancelled_says_so(portal: Flask, provider: Provider) -> None:
    client = portal.test_client()
    started = client.get("/public/login/start")
    answer = client.get(provider.chosen(started.headers["Location"], ""))
    assert answer.status_code == 401
    assert "您取消了登录" in answer.get_data(as_text=True)


def test_an_answer_with_another_state_is_refused(portal: Flask, provider: Provider) -> None:
    client = portal.test_client()
    started = client.get("/public/login/start")
    back = provider.chosen(started.headers["Location"], "p1001")
    forged = back.replace(f"state={query_of(back)['state']}", "state=another")
    answer = client.get(forged)
    assert answer.status_code == 401
    assert "登录请求与返回不符" in answer.get_data(as_text=True)


def test_an_answer_is_good_once_and_only_in_the_browser_that_asked(
    portal: Flask, provider: Provider
) -> None:
    client = portal.test_client()
    started = client.get("/public/login/start")
    back = provider.chosen(started.headers["Location"], "p1001")
    assert portal.test_client().get(back).status_code == 400, "another browser has no errand"
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 400


def test_the_next_page_is_always_one_of_the_portal(portal: Flask, provider: Provider) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/inbox", "/publications"):
        client = portal.test_client()
        way = f"/public/login/start?next={wanted}"
        assert enter(client, provider, "p1001", way=way) == "/public"


def test_another_channel_enters_without_asking_and_the_case_knows_it(
    portal: Flask, provider: Provider
) -> None:
    """P-13, P-81, P-86: silent at first; who is not logged in there simply sees the page."""
    client = portal.test_client()
    started = client.get("/public/enter/wechat?next=/public/mine")
    asked = query_of(started.headers["Location"])
    assert asked["prompt"] == "none"
    silent = f"/public/login/return?error=login_required&state={asked['state']}"
    assert client.get(silent).headers["Location"] == "/public/mine"
    assert "渠道：微信公众号" in client.get("/public").get_data(as_text=True)
    assert client.get("/public/enter/nowhere").status_code == 404


def test_logging_out_ends_the_session_and_goes_on_to_the_provider(
    portal: Flask, provider: Provider, citizen: Callable[..., FlaskClient]
) -> None:
    client = citizen("p1001")
    cookie = client.get_cookie("banli_public", path="/public")
    assert cookie is not None
    page = client.get("/public/me")
    assert provider.issuer in page.headers["Content-Security-Policy"]
    answer = send(client, "/public/logout")
    assert answer.headers["Location"].startswith(f"{provider.issuer}/logout?")
    thief = portal.test_client()
    thief.set_cookie("banli_public", cookie.value, path="/public")
    assert thief.get("/public/mine").status_code == 303


def test_a_public_session_opens_no_staff_page(
    portal: Flask, citizen: Callable[..., FlaskClient]
) -> None:
    """The cookie is sent to the portal alone; carried over by hand it opens nothing either."""
    client = citizen("p1001")
    for path in ("/inbox", "/portal/mine", "/notices", "/cases"):
        assert client.get(path).status_code == 303, path
    cookie = client.get_cookie("banli_public", path="/public")
    thief = portal.test_client()
    thief.set_cookie("banli", cookie.value)
    assert thief.get("/notices").headers["Location"].startswith("/login")


def test_a_staff_session_opens_no_page_of_the_public(as_: Clients, portal: Flask) -> None:
    for login in ("acceptor", "applicant"):
        client = as_(login)
        assert client.get("/public/mine").headers["Location"].startswith("/public/login")
        cookie = client.get_cookie("banli")
        thief = portal.test_client()
        thief.set_cookie("banli_public", cookie.value, path="/public")
        assert thief.get("/public/mine").headers["Location"].startswith("/public/login")


def test_a_session_row_is_good_in_its_realm_alone(
    portal: Flask, citizen: Callable[..., FlaskClient]
) -> None:
    """Even a token that was signed for the other realm would not be found there."""
    citizen("p1003")
    with portal.app_context(), database().read_session() as session:
        rows = session.scalars(select(AuthSession.realm).distinct()).all()
    assert "public" in rows


def test_a_password_opens_no_account_of_the_public(
    portal: Flask, provider: Provider, client: FlaskClient
) -> None:
    enter(portal.test_client(), provider, "p1002")
    with portal.app_context(), database().read_session() as session:
        query = select(UserAccount.login).join(
            PublicIdentity, PublicIdentity.account_id == UserAccount.id
        )
        login = session.scalars(query).first()
    for word in ("", PASSWORD):
        data = {"login": login, "password": word, "csrf_token": csrf(client)}
        assert client.post("/login", data=data).status_code == 401


def test_an_unsafe_request_needs_the_token_of_its_own_realm(
    portal: Flask, citizen: Callable[..., FlaskClient]
) -> None:
    client = citizen("p1001")
    of_staff = csrf(client, "/login")
    assert client.post("/public/messages", data={"csrf_token": of_staff}).status_code == 400
    assert client.post("/public/messages").status_code == 400
    assert send(client, "/public/messages").status_code == 303


def test_every_page_behind_log_in_of_the_portal_is_for_the_public_alone(portal: Flask) -> None:
    """The policy `citizen` is that of the portal, and the portal has no other but `public`."""
    for rule in portal.url_map.iter_rules():
        view = portal.view_functions[rule.endpoint]
        kinds = {
            policy_of(view, method).kind
            for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
            if policy_of(view, method)
        }
        if rule.rule.startswith("/public"):
            assert kinds <= {"public", "citizen"}, rule.rule
        else:
            assert "citizen" not in kinds, rule.rule


@pytest.mark.parametrize("path", ["/public/login", "/public", "/public/track"])
def test_without_the_unified_identity_the_open_pages_still_work(
    app: Flask, client: FlaskClient, path: str
) -> None:
    assert client.get(path).status_code == 200
    assert client.get("/public/login/start").status_code == 503
