"""Attacks on every route there is: foreign ids, no CSRF token, other hosts, lines in headers.

Rules 21 to 23 and 41: each route is tried, a new one without a line more.
"""

from collections.abc import Callable, Iterator, Mapping
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import AnyConverter, Rule

from engine.model import UserTask
from tests.web.conftest import PASSWORD, csrf
from web.auth import policy_of
from web.database import database

Clients = Callable[[str], FlaskClient]
NOBODYS = "8999999999999999999"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
WELL_503 = ("/health/ready", "/public/login/start")
"""No worker runs and no unified identity is connected here."""
ROLES = ("acceptor", "admin", "releaser", "applicant")


def rules(app: Flask, *methods: str) -> Iterator[tuple[Rule, str]]:
    """Every route with a policy that answers one of these methods, but those of programs."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        view = app.view_functions[rule.endpoint]
        for method in methods:
            if method not in (rule.methods or ()):
                continue
            found = policy_of(view, method)
            if found is not None and found.kind != "token":
                yield rule, method


def address(app: Flask, rule: Rule, known: Mapping[str, object]) -> str:
    """The path of a rule with ids of somebody else's, or of nobody."""
    values = {
        name: known.get(name, NOBODYS if "Id" in type(converter).__name__ else "x1")
        for name, converter in rule._converters.items()
    }
    for name, converter in rule._converters.items():
        if "Integer" in type(converter).__name__ and name not in known:
            values[name] = int(NOBODYS)
        if isinstance(converter, AnyConverter):
            values[name] = sorted(converter.items)[0]
    adapter = app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, values, method=next(iter(rule.methods or {"GET"})))


@pytest.fixture
def foreign(app: Flask, filed: Callable[[], int]) -> dict[str, object]:
    """The case and the task of an application in another province."""
    task = filed()
    with app.app_context(), database().read_session() as session:
        case = session.scalar(select(UserTask.instance_id).where(UserTask.id == task))
    return {"case_id": case, "task_id": task, "instance_id": case}


@pytest.mark.parametrize("role", ["stranger", "applicant_of_nothing"])
def test_a_case_or_task_of_others_does_not_exist_at_any_address(
    app: Flask, as_: Clients, foreign: dict[str, object], role: str
) -> None:
    client = as_("stranger") if role == "stranger" else app.test_client()
    shown = {}
    for rule, _method in rules(app, "GET"):
        if not {*rule.arguments} & {*foreign}:
            continue
        answer = client.get(address(app, rule, foreign))
        away = answer.headers.get("Location", "")
        if role == "stranger" and away.startswith(("/public/login", "/inbox")):
            continue  # another realm; the next task of his own
        if role == "stranger" and answer.status_code not in {403, 404}:
            shown[rule.rule] = answer.status_code
        if role != "stranger" and answer.status_code not in {303, 401, 404}:
            shown[rule.rule] = answer.status_code
    assert shown == {}


@pytest.mark.parametrize("role", ROLES)
def test_ids_of_nobody_are_not_found_and_break_nothing(app: Flask, as_: Clients, role: str) -> None:
    client, broken = as_(role), {}
    for rule, _method in rules(app, "GET"):
        if rule.arguments:
            answer = client.get(address(app, rule, {}))
            if answer.status_code >= 500 or (
                answer.status_code == 200 and {*rule.arguments} & {"case_id", "task_id", "user_id"}
            ):
                broken[rule.rule] = answer.status_code
    assert broken == {}


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_done_without_the_token_of_a_page(
    app: Flask, as_: Clients, foreign: dict[str, object], role: str
) -> None:
    client, done = as_(role), {}
    for rule, method in rules(app, *UNSAFE):
        if rule.rule.startswith("/api/"):
            continue
        answer = client.open(
            address(app, rule, foreign), method=method, data={"a": "b", "csrf_token": "forged"}
        )
        away = answer.headers.get("Location", "")
        if answer.status_code not in {400, 403, 404, 405} and "/login" not in away:
            done[f"{method} {rule.rule}"] = answer.status_code
    assert done == {}
    assert client.get("/" if role != "applicant" else "/portal").status_code in {200, 303}


def test_a_browser_of_another_site_uses_no_cookie_for_the_interface_of_programs(
    app: Flask, as_: Clients, foreign: dict[str, object]
) -> None:
    client, done = as_("admin"), {}
    for rule, method in rules(app, *UNSAFE):
        if rule.rule.startswith("/api/"):
            path = address(app, rule, foreign)
            answer = client.open(path, method=method, data="{}", content_type="text/plain")
            if answer.status_code < 400 or answer.status_code >= 500:
                done[f"{method} {rule.rule}"] = answer.status_code
    assert done == {}


EVIL = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "https:evil.example",
)


@pytest.mark.parametrize("target", EVIL)
def test_no_address_leads_a_browser_to_another_site(app: Flask, as_: Clients, target: str) -> None:
    client, away = as_("acceptor"), {}
    names = ("next", "back", "url", "return", "from", "path", "ref")
    for rule, _method in rules(app, "GET"):
        if rule.arguments or rule.rule.startswith("/api/"):
            continue
        for one in (client, app.test_client()):
            answer = one.get(rule.rule, query_string=dict.fromkeys(names, target))
            if "evil" in answer.headers.get("Location", "") and not answer.headers[
                "Location"
            ].startswith(("/login?next=", "/public/login?next=")):
                away[rule.rule] = answer.headers["Location"]
    assert away == {}
    page = app.test_client().get("/login", query_string={"next": target}).get_data(as_text=True)
    assert 'name="next" value="/"' in page


def test_what_a_browser_sends_never_becomes_a_line_of_the_headers(app: Flask, as_: Clients) -> None:
    client, broken = as_("manager"), {}
    evil = "a\r\nX-Injected: 1\r\n\r\n<script>alert(1)</script>"
    names = ("q", "next", "box", "show", "code", "after", "sort", "export", "lang", "format")
    for rule, _method in rules(app, "GET"):
        if rule.arguments or rule.rule in WELL_503:
            continue
        answer = client.get(rule.rule, query_string=dict.fromkeys(names, evil))
        if answer.status_code >= 500 or "X-Injected" in answer.headers:
            broken[rule.rule] = answer.status_code
        assert "<script>alert(1)</script>" not in answer.get_data(as_text=True), rule.rule
    assert broken == {}


def test_a_session_that_was_given_to_a_browser_before_is_not_the_one_after(app: Flask) -> None:
    attacker, victim = app.test_client(), app.test_client()
    planted = SimpleCookie(attacker.get("/login").headers["Set-Cookie"])["banli"].value
    victim.set_cookie("banli", planted)
    token = csrf(victim)
    told = {"login": "acceptor", "password": PASSWORD, "csrf_token": token}
    assert victim.post("/login", data=told).status_code == 303
    assert victim.get("/inbox").status_code == 200
    attacker.set_cookie("banli", planted)
    assert attacker.get("/inbox").status_code == 303
    assert victim.get_cookie("banli").value != planted  # type: ignore[union-attr]
    assert csrf(victim, "/inbox") != token, "nor is the secret of forms the same"


def test_a_host_that_a_browser_makes_up_is_in_no_address(app: Flask) -> None:
    client = app.test_client()
    for path in ("/", "/login", "/public", "/verify", "/public/mine"):
        answer = client.get(
            path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        )
        assert "evil.example" not in answer.get_data(as_text=True), path
        assert "evil.example" not in answer.headers.get("Location", ""), path
