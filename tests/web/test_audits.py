"""The pages of the audit trail: found, taken away, verified; and every action has its words."""

import ast
import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from processes.identity import audit, identity
from processes.people import accounts
from processes.people.trail import OTHERS
from tests.web.conftest import PASSWORD, csrf, log_in
from web.admin.audited import ACTIONS, SUBJECTS
from web.database import database

Clients = Callable[[str], FlaskClient]


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    """Somebody of the office who reads its audit trail."""
    with app.app_context(), database().transaction() as session:
        if identity.by_login(session, "auditor") is None:
            made = accounts.create_user(
                session, "auditor", name="审计管理员", org_code="370001", id_no="110101199003070089"
            )
            made.password_hash = identity.hash_password(PASSWORD)
            accounts.assign_role(session, made, "audit_admin", org_code="370001")
    client = app.test_client()
    log_in(client, "auditor")
    return client


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.get_data(as_text=True)


def test_the_auditor_begins_at_the_audit_trail_and_has_nothing_else(auditor: FlaskClient) -> None:
    assert auditor.get("/").headers["Location"].endswith("/audit")
    assert auditor.get("/admin/users").status_code == 403
    assert auditor.get("/cases").status_code == 403


def test_nobody_else_opens_it(as_: Clients) -> None:
    for login in ("admin", "acceptor", "releaser"):
        assert as_(login).get("/audit").status_code == 403
        assert "/audit" not in page(as_(login), "/notices")


def test_rows_are_told_in_words_and_lead_to_their_page(
    auditor: FlaskClient, as_: Clients, filed: Callable[[], int]
) -> None:
    task, client = filed(), as_("acceptor")
    client.post(f"/tasks/{task}/claim", data={"csrf_token": csrf(client, "/inbox")})
    shown = page(auditor, "/audit")
    for text in ("审计管理员", "登录", "记录链首尾相符", "还没有逐条核验过"):
        assert text in shown
    only = page(auditor, "/audit?what=task.claimed")
    assert "签收任务" in only.partition("<tbody>")[2]
    assert "登录" not in only.partition("<tbody>")[2].partition("</tbody>")[0]
    href = only.partition("<tbody>")[2].split('href="')[1].split('"')[0]
    one = page(auditor, href)
    assert "与前一条相符" in one
    assert auditor.get("/audit/4611686018427387904").status_code == 404


def test_other_offices_are_out_of_sight(auditor: FlaskClient, as_: Clients) -> None:
    as_("stranger")
    assert "江苏地方海事局" not in page(auditor, "/audit?agency=")
    assert "江苏地方海事局" not in page(auditor, "/audit?agency=320002")
    answer = auditor.post(
        "/audit/verify", data={"agency": "320002", "csrf_token": csrf(auditor, "/audit")}
    )
    assert answer.status_code == 404


def test_the_list_is_taken_away_as_it_is_shown_and_that_is_a_row_too(auditor: FlaskClient) -> None:
    answer = auditor.get("/audit?what=login.accepted&format=csv")
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert lines[0] == ["时间", "操作人", "单位", "操作", "操作对象", "结果", "来源地址"]
    assert {line[3] for line in lines[1:]} == {"登录"}
    assert "导出列表" in page(auditor, "/audit?what=list.exported").partition("<tbody>")[2]


def test_a_verification_says_what_came_of_it(auditor: FlaskClient) -> None:
    answer = auditor.post(
        "/audit/verify",
        data={"agency": "370001", "csrf_token": csrf(auditor, "/audit")},
        follow_redirects=True,
    )
    shown = answer.get_data(as_text=True)
    assert "核验完毕，记录全部相符" in shown
    assert "上次逐条核验" in shown


def test_what_makes_no_sense_in_the_address_is_left_out(auditor: FlaskClient) -> None:
    for query in ("what=nothing", "since=2026-13-40", "after=x", "after=99999999999999999999"):
        assert "登录" in page(auditor, f"/audit?{query}").partition("<tbody>")[2]


def recorded() -> dict[str, str]:
    """The actions and kinds that the program writes as such, and where."""
    found: dict[str, str] = {}
    for path in [*Path("processes").rglob("*.py"), *Path("web").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                texts = [one for one in node.args[1:2] if isinstance(one, ast.Constant)]
                found |= {str(one.value): str(path) for one in texts}
    return found


def test_every_action_on_record_has_its_words() -> None:
    """Actions that are put together at run time are `case.*`, `task.*` and the like: see below."""
    found = recorded()
    assert len(found) > 50
    assert {name: at for name, at in found.items() if name not in ACTIONS} == {}


def test_every_kind_of_object_has_its_words() -> None:
    assert set(SUBJECTS) == OTHERS
    assert audit.SYSTEM not in SUBJECTS
