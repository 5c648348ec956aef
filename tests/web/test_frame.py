"""The frame: every page has a policy, says so in its headers, and refuses what it must."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select

from processes.model.cases import Case
from processes.model.people import UserAccount
from processes.people import accounts
from tests.web.conftest import csrf
from web import security
from web.auth import policy_of, require_policies
from web.config import Settings, UnsafeSettings, from_environment
from web.database import database
from web.display import status_view, statuses
from web.paths import own_path

Clients = Callable[[str], FlaskClient]


def test_every_route_declares_a_policy(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            view = app.view_functions[rule.endpoint]
            assert rule.endpoint == "static" or policy_of(view, method), f"{rule} {method}"


def test_a_route_without_a_policy_stops_the_start(app: Flask) -> None:
    bare = Flask("bare")
    bare.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(RuntimeError, match="/open"):
        require_policies(bare)


def test_a_stranger_gets_no_page_but_the_public_ones(app: Flask, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or "GET" not in (rule.methods or set()) or rule.arguments:
            continue
        found = policy_of(app.view_functions[rule.endpoint], "GET")
        if found is not None and found.kind not in ("public", "token"):
            answer = client.get(rule.rule)
            assert answer.status_code in (303, 401), rule.rule
            assert "/login" in answer.headers.get("Location", "/login"), rule.rule


def test_every_answer_carries_a_strict_policy_with_a_fresh_nonce(client: FlaskClient) -> None:
    first, second = client.get("/login"), client.get("/login")
    policy = first.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert policy != second.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in first.get_data(as_text=True)
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["X-Frame-Options"] == "DENY"
    assert first.headers["Cache-Control"] == "no-store"


def test_no_template_has_inline_handlers_styles_or_foreign_addresses() -> None:
    for path in Path("web/templates").rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"""\s(on[a-z]+|style)=["']""", text), path
        assert "javascript:" not in text, path
        assert not re.search(r"(src|href)=\"(https?:)?//", text), path


def test_an_unsafe_request_without_the_token_does_nothing(as_: Clients) -> None:
    client = as_("acceptor")
    answer = client.post("/logout")
    assert answer.status_code == 400
    assert "页面已失效" in answer.get_data(as_text=True)
    assert client.get("/inbox").status_code == 200


def test_a_role_that_may_not_gets_403_and_no_menu_entry(as_: Clients) -> None:
    client = as_("acceptor")
    answer = client.get("/admin/users")
    assert answer.status_code == 403
    assert "无权办理" in answer.get_data(as_text=True)
    assert "系统管理" not in client.get("/inbox").get_data(as_text=True)
    assert "系统管理" in as_("admin").get("/inbox").get_data(as_text=True)


def test_no_menu_is_long_nor_begins_with_a_line(as_: Clients) -> None:
    """Eight entries in one row; nine below three headings that fold."""
    for login, most in (("acceptor", 9), ("admin", 8)):
        html = as_(login).get("/inbox").get_data(as_text=True)
        menu = html.partition('<nav class="menu"')[2].partition("</nav>")[0]
        assert 1 <= menu.count("<a ") <= most, login
        assert menu.find("<hr>") == -1 or menu.find("<hr>") > menu.find("<a ")


def test_the_watch_over_interfaces_is_a_page_of_the_watch_over_operation(as_: Clients) -> None:
    admin = as_("admin")
    html = admin.get("/operations/interfaces").get_data(as_text=True)
    menu, rest = html.partition('<nav class="menu"')[2].split("</nav>", 1)
    assert "接口监控" not in menu
    assert re.search(r'href="/operations" title="运行监控" aria-current="page"', menu)
    assert 'href="/operations/interfaces" aria-current="page"' in rest


def test_a_case_is_open_to_whoever_may_do_tasks_and_out_of_scope_not_there(
    as_: Clients, app: Flask, filed: Callable[[], int]
) -> None:
    """An administrator files cases and sees those alone: what is not his is 404, not 403."""
    filed()
    with app.app_context(), database().transaction() as session:
        case = session.scalars(select(Case.id)).first()
    assert as_("admin").get(f"/cases/{case}").status_code == 404
    assert as_("acceptor").get(f"/cases/{case}").status_code == 200


def test_an_applicant_cannot_open_staff_pages(as_: Clients) -> None:
    assert as_("applicant").get("/inbox").status_code == 403


def test_redirects_go_to_own_paths_alone() -> None:
    assert own_path("/inbox?box=done") == "/inbox?box=done"
    for path in ("//evil.example", "https://evil.example", "/\\evil", "javascript:1", "", None):
        assert own_path(path) == "/"


def test_production_refuses_unsafe_settings(tmp_path: Path) -> None:
    good = {
        "BANLI_PROFILE": "production",
        "BANLI_HOME": str(tmp_path),
        "BANLI_HTTPS": "1",
        "BANLI_SECRET_KEY": "s" * 40,
    }
    assert from_environment(good).profile == "production"
    for name, value in (
        ("BANLI_HTTPS", "0"),
        ("BANLI_SECRET_KEY", "short"),
        ("BANLI_DEMO_ACCOUNTS", "1"),
        ("BANLI_SECOND_PERSON", "0"),
    ):
        with pytest.raises(UnsafeSettings):
            from_environment({**good, name: value})


def test_over_https_the_cookie_is_of_this_host_alone_and_out_of_reach_of_scripts(
    tmp_path: Path,
) -> None:
    """Rule 28."""
    app = Flask(__name__)
    app.config["BANLI"] = Settings(profile="test", home=tmp_path)
    security.init_app(app, https=True, rate_limits=False)
    app.secret_key = "s" * 40

    @app.get("/in")
    def _in() -> str:
        session["known"] = "1"
        return ""

    given = app.test_client().get("/in", base_url="https://banli.example").headers["Set-Cookie"]
    assert given.startswith("__Host-banli=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(given.split("; "))
    assert "Domain" not in given


def test_a_demo_never_starts_with_production_settings(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSettings):
        from_environment({"BANLI_HOME": str(tmp_path), "BANLI_HTTPS": "1"})
    with pytest.raises(UnsafeSettings):
        Settings(profile="staging", home=tmp_path).check()  # type: ignore[arg-type]


def test_the_secret_key_of_a_demo_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = from_environment({"BANLI_HOME": str(tmp_path)})
    assert from_environment({"BANLI_HOME": str(tmp_path)}).secret_key == first.secret_key
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_liveness_and_readiness_tell_no_more_than_they_must(client: FlaskClient) -> None:
    assert client.get("/health/live").json == {"status": "ok"}
    # these tables were made without the migrations, which readiness sees
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "parts": {"database": "ok", "disk": "ok", "schema": "bad", "audit": "ok"},
    }


def test_the_language_is_switched_and_kept(client: FlaskClient) -> None:
    token = csrf(client)
    answer = client.post(
        "/language", data={"language": "en", "next": "/login", "csrf_token": token}
    )
    assert answer.headers["Location"] == "/login"
    page = client.get("/login").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "Log in" in page


def test_scripts_are_kept_for_good_under_one_version(client: FlaskClient) -> None:
    """A module asks for its neighbours beside itself, so they share its version."""
    page = client.get("/login").get_data(as_text=True)
    address = re.search(r'src="(/static/[0-9a-f]{10}/js/)app\.js"', page)[1]
    for name in ("app.js", "core.js", "analyst/workspace.js"):
        with client.get(address + name) as script:
            assert script.status_code == 200
            assert script.mimetype == "text/javascript"
            assert "immutable" in script.headers["Cache-Control"]
            assert "Set-Cookie" not in script.headers
    assert client.get(address + "nothing.js").status_code == 404
    assert client.get(address + "../banli.css").status_code == 404


def test_every_status_has_its_words_in_both_languages(app: Flask) -> None:
    """The badge of a case, also of one that is still under way."""
    with app.test_request_context(), force_locale("en"):
        assert status_view("submitted").title == "Received"
        assert all(title.isascii() for _code, title in statuses())
        assert all(status_view(code).title == title for code, title in statuses())
        ended = status_view("completed", "granted").title
        assert " · " in ended
        assert ended.replace(" · ", "").isascii()
    with app.test_request_context(), force_locale("zh_CN"):
        assert status_view("submitted").title == "已收件"
        refused = {status_view("decided_refused", one).title for one in ("", "refused")}
        assert refused == {"不予许可"}
        assert status_view("decided_refused", "not_registered").title == "不予登记"
        assert status_view("decided_refused", "query_refused").title == "不予查询"
        assert status_view("completed", "update_refused").title == "已办结 · 不予更新"
        assert status_view("completed", "sharing_refused").title == "已办结 · 不予共享"


def test_no_link_of_the_frame_or_the_organisations_is_refused(app: Flask, as_: Clients) -> None:
    """Who has no tasks has no agents either; who only manages accounts changes no agency."""
    with app.app_context(), database().transaction() as session_:
        stranger = session_.scalar(select(UserAccount).where(UserAccount.login == "stranger"))
        accounts.assign_role(session_, stranger, "province_user", org_code="320002")
    for login, page in (("releaser", "/notices"), ("stranger", "/admin/organisations")):
        client = as_(login)
        shown = client.get(page)
        assert shown.status_code == 200
        found = re.findall(
            r'href="(/(?:agents|signature|admin/organisations)[^"#?]*)"',
            shown.get_data(as_text=True),
        )
        assert {path: client.get(path).status_code for path in found} == dict.fromkeys(found, 200)
