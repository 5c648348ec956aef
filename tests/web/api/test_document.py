"""The OpenAPI document and the page of it; every route declares who may call."""

import pytest
from openapi_spec_validator import validate

from web.api.access import ATTRIBUTE
from web.auth import policy_of

VERIFY = "POST /api/v1/verifications"
PUBLIC = {
    "POST /api/v1/cases/progress",
    f"{VERIFY}/code",
    f"{VERIFY}/holder",
    f"{VERIFY}/file",
    f"{VERIFY}/form",
    f"{VERIFY}/form-file",
    "GET /api/openapi.json",
    "GET /api/docs",
}
CHANNEL = "POST /api/channels/<string(minlength=1, maxlength=64):name>"
SIGNED = {CHANNEL, f"{CHANNEL}/fetch", f"{CHANNEL}/confirm"}


def operations(app):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield f"{method} {rule.rule}", app.view_functions[rule.endpoint], method


def test_the_document_is_valid_openapi_3_1(client):
    answer = client.get("/api/openapi.json")

    assert answer.status_code == 200
    assert answer.json["openapi"] == "3.1.0"
    validate(answer.json)


def test_every_operation_has_a_chinese_summary_and_a_problem_answer(client):
    paths = client.get("/api/openapi.json").json["paths"]

    for path, methods in paths.items():
        for method, operation in methods.items():
            if method != "parameters":
                assert operation["summary"].endswith("。"), path
                assert not operation["summary"].isascii(), path
                assert "default" in operation["responses"], path


def test_the_page_of_the_document_needs_nothing_from_elsewhere(client):
    answer = client.get("/api/docs")
    text = answer.get_data(as_text=True)

    assert answer.status_code == 200
    assert "/api/v1/tasks/{task_id}/complete" in text
    assert "https://" not in text.replace("https://banli.example", "")
    assert "<style" not in text


def test_every_route_says_who_may_call(app):
    named = dict.fromkeys(PUBLIC | SIGNED)
    for name, view, method in operations(app):
        assert policy_of(view, method) is not None, name
        if name not in named:
            assert hasattr(view, ATTRIBUTE), name


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_without_token_or_session_nothing_is_answered(app, client, method):
    for name, view, verb in operations(app):
        if verb != method or not hasattr(view, ATTRIBUTE):
            continue
        path = name.split(" ", 1)[1]
        for part in [p for p in path.split("/") if p.startswith("<")]:
            path = path.replace(part, "1")
        answer = client.open(path, method=method, json={} if method != "GET" else None)
        assert answer.status_code == 401, name
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_address_is_a_problem_too(client):
    answer = client.get("/api/v1/nothing")

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
