"""Authority of agencies: who may be granted what, in the words of the rule, and what falls with it.

Requirements Y-35, Y-40, Y-41, Y-42, Y-78, Y-79.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from processes.identity import audit, authority, organisations
from processes.model.people import AuthorityGrant
from processes.people import accounts
from tests.web.conftest import csrf, installation, log_in, seed
from web.database import database

BASIS = "关于游艇驾驶证签发管理有关事项的通知"
Clients = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An installation of its own: headquarters with an administrator, a bureau with two branches."""
    app = installation(tmp_path_factory.mktemp("grants"))
    seed(app)
    with app.app_context(), database().transaction() as session:
        for code, kind, parent in (
            ("310001", "msa_direct", "000001"),
            ("370201", "msa_branch", "370001"),
            ("310201", "msa_branch", "310001"),
        ):
            organisations.create(session, code, name=f"机构{code}", kind=kind, parent_code=parent)
        hq = accounts.create_user(
            session, "hq_admin", name="部局管理员", org_code="000001", id_no="110101199003070089"
        )
        accounts.set_password(session, hq, "banli-demo")
        accounts.assign_role(session, hq, "system_admin", org_code="000001")
    return app


@pytest.fixture
def hq(agencies: Flask) -> FlaskClient:
    return logged_in(agencies, "hq_admin")


@pytest.fixture
def bureau(agencies: Flask) -> FlaskClient:
    return logged_in(agencies, "admin")


@pytest.fixture(autouse=True)
def no_grants_left(agencies: Flask) -> Iterator[None]:
    yield
    with agencies.app_context(), database().transaction() as session:
        for one in session.query(AuthorityGrant).filter(AuthorityGrant.basis != ""):
            one.status = "revoked"


def logged_in(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    log_in(client, login)
    return client


def ask(client: FlaskClient, grantor: str, grantee: str, **more: object) -> object:
    data = {
        "grantor": grantor, "grantee": grantee, "scope": "inland_yacht",
        "business": ["licence_issue"], "valid_from": "2026-01-01", "basis": BASIS,
        "csrf_token": csrf(client, "/admin/grants/new"), **more,
    }  # fmt: skip
    return client.post("/admin/grants/new", data=data)


def told_at(html: str, place: str) -> str:
    found = re.search(rf'<p class="error" id="{place}-error">(.*?)</p>', html)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("who", "grantor", "grantee", "delegate", "place", "sentence"),
    [
        ("hq_admin", "000001", "370001", "", "delegate", "须选中『是否下授』"),
        ("hq_admin", "000001", "320002", "1", "delegate", "不可选中『是否下授』"),
        ("hq_admin", "000001", "370201", "", "grantee", "不能在这两个机构之间授权"),
        ("admin", "370001", "370201", "", "business", "没有可下授的"),
        ("admin", "370001", "310201", "", "grantee", "只能授权给本局所属的分支局"),
        ("admin", "370001", "999999", "", "grantee", "没有机构"),
        ("admin", "000001", "370001", "1", "grantor", "您所管理的机构"),
    ],
)
def test_a_refused_grant_says_why_at_the_field_and_keeps_what_was_typed(  # noqa: PLR0917
    agencies: Flask, who: str, grantor: str, grantee: str, delegate: str, place: str, sentence: str
) -> None:
    client = logged_in(agencies, who)
    answer = ask(client, grantor, grantee, may_delegate=delegate)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in told_at(html, place)
    assert BASIS in html
    assert 'value="inland_yacht" selected' in html


def test_every_missing_item_is_named_at_its_field(hq: FlaskClient) -> None:
    html = ask(
        hq, "000001", "", scope="", business=[], valid_from="明天", basis=" "
    ).get_data(as_text=True)  # fmt: skip
    assert all(
        told_at(html, place) for place in ("grantee", "scope", "business", "valid_from", "basis")
    )


def test_a_grant_does_not_end_before_it_begins(hq: FlaskClient) -> None:
    html = ask(hq, "000001", "320002", valid_to="2025-12-31").get_data(as_text=True)
    assert "不能早于" in told_at(html, "valid_to")


def test_what_an_agency_holds_already_is_not_granted_again(hq: FlaskClient) -> None:
    """Y-35: a second would outlive the first; more than what it holds is granted."""
    assert ask(hq, "000001", "320002", business=["exam", "licence_issue"]).status_code == 303
    again = ask(hq, "000001", "320002", valid_to="2027-12-31")
    assert again.status_code == 422
    assert "已有这项授权，自 2026-01-01 起" in told_at(again.get_data(as_text=True), "business")
    assert ask(hq, "000001", "320002", business=["training", "exam"]).status_code == 303


def test_headquarters_lets_a_bureau_and_the_bureau_its_branch_and_both_fall_together(
    agencies: Flask, hq: FlaskClient, bureau: FlaskClient
) -> None:
    made = ask(hq, "000001", "370001", may_delegate="1")
    assert made.status_code == 303
    parent = made.location
    assert ask(bureau, "370001", "370201").status_code == 303
    page = hq.get(parent).get_data(as_text=True)
    assert "将一并收回" in page
    assert "机构370201（游艇驾驶证签发）" in page
    token = csrf(hq, "/admin/grants")
    child = re.search(r'name="with" value="(\d+)"', page)[1]
    unsaid = hq.post(f"{parent}/revoke", data={"csrf_token": token, "with": child, "reason": ""})
    assert unsaid.status_code == 422
    assert "请写明收回的原因" in unsaid.get_data(as_text=True)
    stale = hq.post(f"{parent}/revoke", data={"csrf_token": token, "reason": "调整"})
    assert stale.status_code == 422
    done = hq.post(f"{parent}/revoke", data={"csrf_token": token, "with": child, "reason": "调整"})
    assert done.status_code == 303
    assert "收回原因" in hq.get(parent).get_data(as_text=True)
    with agencies.app_context(), database().read_session() as session:
        assert not authority.has_grant(session, "370201", "licence_issue", "inland_yacht")
        assert audit.verify(session) is None


def test_a_bureau_cannot_revoke_what_it_was_given_nor_see_what_others_hold(
    hq: FlaskClient, bureau: FlaskClient
) -> None:
    own = ask(hq, "000001", "370001", may_delegate="1").location
    other = ask(hq, "000001", "310001", may_delegate="1").location
    page = bureau.get(own).get_data(as_text=True)
    assert "收回授权" not in page
    data = {"csrf_token": csrf(bureau, "/admin/grants"), "reason": "不要了"}
    assert bureau.post(f"{own}/revoke", data=data).status_code == 404
    assert bureau.get(other).status_code == 404
    listed = bureau.get("/admin/grants").get_data(as_text=True)
    assert "机构310001" not in listed
    assert "山东海事局" in listed


def test_only_administrators_come_to_the_grants(agencies: Flask) -> None:
    assert logged_in(agencies, "acceptor").get("/admin/grants").status_code == 403
