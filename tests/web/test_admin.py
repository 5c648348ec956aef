"""Administrators: people of their own area, versions, incidents, the calendar."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from processes.identity import audit
from processes.identity.roles import Action
from processes.model.people import AuditEvent
from tests.web.conftest import csrf
from web.admin.permitted import ACTIONS
from web.database import database

Clients = Callable[[str], FlaskClient]


def post(client: FlaskClient, path: str, **data: str) -> object:
    return client.post(path, data={**data, "csrf_token": csrf(client, "/inbox")})


def test_every_action_of_the_matrix_has_words() -> None:
    assert set(ACTIONS) == set(Action)


def test_an_administrator_sees_his_own_area_alone(as_: Clients) -> None:
    page = as_("admin").get("/admin/users").get_data(as_text=True)
    assert "acceptor" in page
    assert "stranger" not in page


def test_an_account_is_opened_with_a_first_password_that_must_be_changed(as_: Clients) -> None:
    client = as_("admin")
    bad = post(client, "/admin/users/new", login="new_one", name="新人", org="370001", id_no="1")
    assert bad.status_code == 422
    assert "身份证号有误" in bad.get_data(as_text=True)
    assert 'value="new_one"' in bad.get_data(as_text=True)
    outside = post(
        client, "/admin/users/new",
        login="outsider", name="外人", org="320002", id_no="110101199003070118",
    )  # fmt: skip
    assert outside.status_code == 422
    assert "没有机构" in outside.get_data(as_text=True)


def test_roles_are_given_and_taken_and_both_are_on_record(
    as_: Clients, app: Flask, built: object
) -> None:
    client, user = as_("admin"), built.ids["manager"]
    path = f"/admin/users/{user}"
    assert post(client, f"{path}/roles", role="licence_issuer", org="370001").status_code == 303
    assert "游艇驾驶证发证人" in client.get(path).get_data(as_text=True).split("授予角色")[0]
    taken = post(client, f"{path}/roles", role="licence_issuer", org="370001", act="withdraw")
    assert taken.status_code == 303
    assert "游艇驾驶证发证人" not in client.get(path).get_data(as_text=True).split("授予角色")[0]
    with app.app_context(), database().read_session() as session:
        acts = [row.action for row in session.query(AuditEvent).filter_by(subject_id=str(user))]
        assert {"role.assigned", "role.withdrawn"} <= set(acts)
        assert audit.verify(session) is None or not audit.verify(session)


def test_nobody_outside_the_area_is_touched(as_: Clients, built: object) -> None:
    client = as_("admin")
    assert client.get(f"/admin/users/{built.ids['stranger']}").status_code == 404
    path = f"/admin/users/{built.ids['stranger']}/status"
    assert post(client, path, status="locked").status_code == 404


def test_pages_of_operation_show(as_: Clients) -> None:
    client = as_("admin")
    for path in ("/operations", "/operations/jobs", "/operations/services", "/admin/roles",
                 "/admin/organisations", "/releases", "/releases/yacht_licence_sample"):  # fmt: skip
        assert client.get(path).status_code == 200, path


def test_a_version_is_suspended_and_takes_no_new_case(as_: Clients, client: FlaskClient) -> None:
    admin = as_("admin")
    page = admin.get("/releases/yacht_licence_sample").get_data(as_text=True)
    href = re.search(r'action="(/releases/definitions/\d+/suspend)"', page)[1]
    offered = "/portal/apply/yacht_licence_sample"
    post(admin, href, suspended="1")
    try:
        assert offered not in client.get("/portal").get_data(as_text=True)
    finally:
        post(admin, href, suspended="0")
    assert offered in client.get("/portal").get_data(as_text=True)


def test_a_day_of_the_calendar_is_corrected_with_its_basis(as_: Clients) -> None:
    client = as_("admin")
    without = post(client, "/admin/calendar", day="2027-02-08", working="0", name="春节", source="")
    assert without.status_code == 422
    done = post(
        client, "/admin/calendar", day="2027-02-08", working="0", name="春节", source="国办通知"
    )
    assert done.status_code == 303
    assert "2027-02-08 春节" in client.get("/admin/calendar?year=2027").get_data(as_text=True)


def test_every_token_of_a_version_stands_on_its_diagram(as_: Clients) -> None:
    client = as_("admin")
    page = client.get("/releases/yacht_licence_sample").get_data(as_text=True)
    href = re.search(r'href="(/operations/definitions/\d+)"', page)[1]
    assert client.get(href).status_code == 200
    assert "diagrams" in client.get(f"{href}/tokens").json


def test_a_role_needs_the_business_of_its_agency(as_: Clients, built: object) -> None:
    client, user = as_("admin"), built.ids["manager"]
    path = f"/admin/users/{user}/roles"
    refused = post(client, path, role="exam_arranger", org="370001")
    assert refused.status_code == 422
    assert "没有『考试』业务授权" in refused.get_data(as_text=True)


def test_a_change_of_the_calendar_is_previewed_before_it_is_made(as_: Clients) -> None:
    client = as_("admin")
    given = {"org": "", "days": "2031-03-03 至 2031-03-04 停工", "hours": "", "source": "通告"}
    shown = post(client, "/admin/calendar/preview", **given).get_data(as_text=True)
    assert "2031-03-04 停工" in shown
    assert "确认并重新计算" in shown
    assert "2031-03-04 停工" not in client.get("/admin/calendar?year=2031").get_data(as_text=True)
    made = post(client, "/admin/calendar/apply", **given)
    assert made.status_code == 303
    page = client.get("/admin/calendar?year=2031").get_data(as_text=True)
    assert "2031-03-04 停工" in page
    assert "通告" in page
    assert "暂定" in page, "nobody has published 2031"
    wrong = post(client, "/admin/calendar/preview", **{**given, "days": "明天 停工"})
    assert wrong.status_code == 422
    assert "第 1 行" in wrong.get_data(as_text=True)
