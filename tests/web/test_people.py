"""The person operations on the pages and by API (case-operations A.2): 代理, 离职转办, 追加/改派后续, 抄送/传阅, 沟通/征询."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine import clock
from processes.identity import identity
from tests.web.conftest import csrf, log_in
from tests.web.test_signing import colleague, page, post
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]


@pytest.fixture
def second(app: Flask) -> FlaskClient:
    """A second acceptor of the office, at the desk."""
    colleague(app, "second", "受理人乙")
    client = app.test_client()
    log_in(client, "second")
    return client


def ids(app: Flask, *logins: str) -> list[str]:
    with app.app_context(), database().read_session() as session:
        found = [identity.by_login(session, one) for one in logins]
    return [str(one.id) for one in found if one is not None]


def api(client: FlaskClient, method: str, path: str, **body: Any) -> Any:
    headers = {"X-CSRFToken": csrf(client, "/inbox")}
    answer = client.open(f"/api/v1{path}", method=method, json=body or None, headers=headers)
    assert answer.status_code in (200, 201), answer.get_data(as_text=True)
    return answer.json


def case_of(client: FlaskClient, task: int) -> str:
    return str(api(client, "GET", f"/tasks/{task}")["case_id"])


def days(number: int) -> str:
    return (clock.today() + timedelta(days=number)).isoformat()


class TestAgent:
    def test_a_clerk_sets_an_agent_who_does_the_task_in_his_name(
        self, app: Flask, as_: Clients, filed: Filed, second: FlaskClient
    ) -> None:
        task, client = filed(), as_("acceptor")
        post(client, f"/tasks/{task}/claim")
        (agent,) = ids(app, "second")
        assert "受理人乙" in page(client, "/agents")
        data = {"agent": agent, "starts_on": days(0), "ends_on": days(3), "reason": "年休假"}
        assert post(client, "/agents", **data).status_code == 303
        assert "代理中" in page(client, "/agents")
        assert "代 游艇驾驶证受理人" in page(second, "/inbox")
        assert "代 游艇驾驶证受理人 办理" in page(second, f"/tasks/{task}")
        assert 'data-open="delegate"' not in page(second, f"/tasks/{task}")
        case = case_of(second, task)
        answer = post(second, f"/tasks/{task}/complete", decision="accept", remark="")
        assert answer.status_code == 303
        assert "受理人乙 代 游艇驾驶证受理人" in page(second, f"/cases/{case}")
        revoke = page(client, "/agents").split("/agents/")[1].split("/revoke")[0]
        assert post(client, f"/agents/{revoke}/revoke").status_code == 303
        assert "已收回" in page(client, "/agents")

    def test_a_form_that_is_refused_comes_back_with_the_reason(
        self, app: Flask, as_: Clients, second: FlaskClient
    ) -> None:
        client, (agent,) = as_("acceptor"), ids(app, "second")
        data = {"agent": agent, "starts_on": days(0), "ends_on": days(-1), "reason": "出差"}
        answer = post(client, "/agents", **data)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert "结束日期不能早于开始日期" in text
        assert 'value="出差"' in text
        for wrong, words in (("abc", "金额上限应为数字"), ("1.005", "最多两位小数")):
            answer = post(client, "/agents", **{**data, "ends_on": days(1), "amount": wrong})
            assert words in answer.get_data(as_text=True)

    def test_an_administrator_sets_one_for_somebody_and_sees_all_of_the_area(
        self, app: Flask, as_: Clients, second: FlaskClient
    ) -> None:
        client, (principal, agent) = as_("admin"), ids(app, "second", "acceptor")
        assert "选定" in page(client, f"/admin/agents?principal={principal}")
        data = {"principal": principal, "agent": agent, "starts_on": days(0), "ends_on": days(1)}
        assert post(client, "/admin/agents", **data).status_code == 303
        assert "受理人乙" in page(client, "/admin/agents")
        made = api(client, "GET", "/agents?of=area")["items"][0]
        assert (made["principal_name"], made["state"]) == ("受理人乙", "on")
        api(client, "POST", f"/agents/{made['id']}/revoke")

    def test_by_api_with_an_amount_once_per_key(
        self, app: Flask, as_: Clients, second: FlaskClient
    ) -> None:
        (agent,) = ids(app, "acceptor")
        body = {"agent": agent, "starts_on": days(0), "ends_on": days(2), "amount_limit": "5000.5"}
        headers = {"X-CSRFToken": csrf(second, "/inbox"), "Idempotency-Key": "agent-once"}
        answers = [
            second.post("/api/v1/agents", json=body, headers=headers).json for _again in range(2)
        ]
        assert answers[0] == answers[1]
        assert answers[0]["amount_limit"] == "5000.50"
        assert len(api(second, "GET", "/agents")["items"]) >= 1
        assert api(as_("acceptor"), "GET", "/agents?of=taken")["items"][0]["agent"] == agent
        api(second, "POST", f"/agents/{answers[0]['id']}/revoke")


class TestCopies:
    def test_a_copy_is_sent_read_and_replied_to(
        self, app: Flask, as_: Clients, filed: Filed, second: FlaskClient
    ) -> None:
        task, client = filed(), as_("acceptor")
        post(client, f"/tasks/{task}/claim")
        case = case_of(client, task)
        reader, (to,) = as_("reviewer"), ids(app, "reviewer")
        assert 'data-open="copy"' in page(client, f"/tasks/{task}")
        data = {"person": to, "text": "请知悉", "must_read": "1", "reply": "1"}
        assert post(client, f"/cases/{case}/copies", **data).status_code == 303
        listed = page(reader, "/inbox/copies?only=unread")
        assert "须阅" in listed
        assert "请知悉" in listed
        copy = listed.split("/copies/")[1].split("/open")[0]
        assert post(reader, f"/copies/{copy}/open").headers["Location"] == f"/cases/{case}"
        assert "本件抄送给您" in page(reader, f"/cases/{case}")
        assert post(reader, f"/copies/{copy}/read").status_code == 303
        assert post(reader, f"/copies/{copy}/reply", text="已知悉").status_code == 303
        assert "本件抄送给您" not in page(reader, f"/cases/{case}")
        back = page(client, f"/cases/{case}")
        assert "传阅回复" in back
        assert "已知悉" in back
        (shown,) = api(client, "GET", f"/cases/{case}/copies")["items"]
        assert (shown["name"], shown["reply"]) == ("游艇驾驶证审核人", "已知悉")

    def test_nobody_chosen_says_so(self, as_: Clients, filed: Filed, second: FlaskClient) -> None:
        task, client = filed(), as_("acceptor")
        case = case_of(client, task)
        answer = post(client, f"/cases/{case}/copies", text="x")
        assert answer.status_code == 422
        assert "请选择抄送给谁" in answer.get_data(as_text=True)

    def test_by_api(self, app: Flask, as_: Clients, filed: Filed, second: FlaskClient) -> None:
        task, client = filed(), as_("acceptor")
        case, (to,) = case_of(client, task), ids(app, "second")
        sent = api(client, "POST", f"/cases/{case}/copies", people=[to], must_read=True)
        assert sent["number"] == 1
        assert api(client, "POST", f"/cases/{case}/copies/chase")["number"] == 1
        box = api(second, "GET", "/copies?unread=true")
        mine = next(one for one in box["items"] if str(one["case_id"]) == case)
        assert box["unread"] >= 1
        api(second, "POST", f"/copies/{mine['id']}/read")
        api(second, "POST", f"/copies/{mine['id']}/reply", text="好")
        after = api(second, "GET", "/copies")["items"]
        assert next(one for one in after if one["id"] == mine["id"])["read_at"]


class TestQuestions:
    def test_a_colleague_is_asked_and_answers(self, app: Flask, as_: Clients, filed: Filed) -> None:
        task, client = filed(), as_("acceptor")
        post(client, f"/tasks/{task}/claim")
        asked, (to,) = as_("reviewer"), ids(app, "reviewer")
        shown = page(client, f"/tasks/{task}")
        assert "等待答复期间，本环节时限停止计算" in shown
        data = {"person": to, "text": "体检证明是否有效"}
        assert post(client, f"/tasks/{task}/inquiries", **data).status_code == 303
        assert "本环节时限已暂停" in page(client, f"/tasks/{task}")
        listed = page(asked, "/inbox/questions")
        assert "体检证明是否有效" in listed
        way = "/inquiries/" + listed.split("/inquiries/")[1].split('"')[0]
        assert "体检证明是否有效" in page(asked, way)
        refused = post(asked, f"{way}/answer", text="  ")
        assert refused.status_code == 422
        assert "请填写答复内容" in refused.get_data(as_text=True)
        assert post(asked, f"{way}/answer", text="有效").status_code == 303
        back = page(client, f"/tasks/{task}")
        assert "征询答复" in back
        assert "有效" in back

    def test_a_question_without_a_person_says_so(self, as_: Clients, filed: Filed) -> None:
        task, client = filed(), as_("acceptor")
        post(client, f"/tasks/{task}/claim")
        answer = post(client, f"/tasks/{task}/inquiries", text="x")
        assert answer.status_code == 422
        assert "请选择征询谁" in answer.get_data(as_text=True)

    def test_by_api(self, app: Flask, as_: Clients, filed: Filed, second: FlaskClient) -> None:
        task, client = filed(), as_("acceptor")
        post(client, f"/tasks/{task}/claim")
        people = api(client, "GET", f"/tasks/{task}/inquiries/people")["items"]
        assert "受理人乙" in {one["name"] for one in people}
        (to,) = ids(app, "second")
        api(client, "POST", f"/tasks/{task}/inquiries", people=[to], question="属实吗")
        mine = api(second, "GET", "/inquiries")["items"][0]
        assert (mine["question"], mine["state"], mine["pauses"]) == ("属实吗", "open", True)
        api(second, "POST", f"/inquiries/{mine['id']}/answer", text="属实")
        case = case_of(client, task)
        assert api(client, "GET", f"/cases/{case}/inquiries")["items"][0]["answer"] == "属实"
        api(client, "POST", f"/tasks/{task}/inquiries", people=[to], question="还有吗")
        again = api(second, "GET", "/inquiries")["items"][0]
        api(client, "POST", f"/inquiries/{again['id']}/withdraw")
        states = {one["state"] for one in api(second, "GET", "/inquiries")["items"]}
        assert "withdrawn" in states


class TestPlanning:
    def test_the_holder_chooses_who_does_the_next_step(
        self, app: Flask, as_: Clients, filed: Filed
    ) -> None:
        task, client = filed(), as_("acceptor")
        post(client, f"/tasks/{task}/claim")
        case, (to,) = case_of(client, task), ids(app, "reviewer")
        assert "后续办理人" in page(client, f"/tasks/{task}")
        assert "由流程确定" in page(client, f"/cases/{case}/plan")
        data = {"activity": "review", "person": to, "reason": "熟悉情况"}
        assert post(client, f"/cases/{case}/plan", **data).status_code == 303
        assert "已指定" in page(client, f"/cases/{case}/plan")
        post(client, f"/tasks/{task}/complete", decision="accept", remark="")
        reviewer = as_("reviewer")
        mine = api(reviewer, "GET", "/tasks?box=todo")["items"]
        assert any(str(one["case_id"]) == case and one["mine"] for one in mine)

    def test_by_api(self, app: Flask, as_: Clients, filed: Filed) -> None:
        task, client = filed(), as_("acceptor")
        post(client, f"/tasks/{task}/claim")
        case, (to,) = case_of(client, task), ids(app, "reviewer")
        found = api(client, "GET", f"/cases/{case}/ahead/people?activity=review")["items"]
        assert {one["id"] for one in found} == {to}
        api(client, "POST", f"/cases/{case}/ahead", activity="review", people=[to])
        (ahead,) = api(client, "GET", f"/cases/{case}/ahead")["items"]
        assert ahead["people"][0]["id"] == to
        api(client, "POST", f"/cases/{case}/ahead", activity="review", people=[])
        (ahead,) = api(client, "GET", f"/cases/{case}/ahead")["items"]
        assert ahead["people"] == []


class TestHandover:
    def test_an_administrator_looks_at_every_line_and_carries_them_out(
        self, app: Flask, as_: Clients, filed: Filed, second: FlaskClient
    ) -> None:
        task = filed()
        post(second, f"/tasks/{task}/claim")
        leaver, to = ids(app, "second", "acceptor")
        admin = as_("admin")
        path = f"/admin/users/{leaver}/handover"
        shown = page(admin, f"{path}?person={to}&share=one")
        assert "第 2 步：逐项核对" in shown
        assert f"task:{task}" in shown
        data = {"line": f"task:{task}", f"to:task:{task}": to, "reason": "调离"}
        done = post(admin, path, **data).get_data(as_text=True)
        assert "已转办" in done
        assert "成功 1 项" in done
        again = post(admin, path, **data).get_data(as_text=True)
        assert "未成功 1 项" in again
        assert "已经办结或不在本人名下" in again
        assert api(as_("acceptor"), "GET", f"/tasks/{task}")["may_complete"] is True

    def test_a_role_goes_to_several_who_share_the_work(
        self, app: Flask, as_: Clients, second: FlaskClient
    ) -> None:
        leaver, one, two = ids(app, "second", "reviewer", "manager")
        admin, path = as_("admin"), f"/admin/users/{leaver}/handover"
        shown = page(admin, f"{path}?person={one}&person={two}&share=turns")
        key = "role:licence_acceptor@370001"
        for person in (one, two):
            assert f'name="to:{key}" value="{person}" checked' in shown
        data = {"line": key, f"to:{key}": [one, two], "reason": "调离"}
        assert "成功 2 项" in post(admin, path, **data).get_data(as_text=True)
        none = post(admin, path, line=key, reason="调离").get_data(as_text=True)
        assert "未成功" not in none

    def test_the_page_needs_a_reason_and_people(
        self, app: Flask, as_: Clients, second: FlaskClient
    ) -> None:
        assert "不能预览" in page(second, "/handover?share=one")
        answer = post(second, "/handover", line="task:1")
        assert answer.status_code == 422
        assert "请填写转办原因" in answer.get_data(as_text=True)

    def test_by_api_line_by_line(
        self, app: Flask, as_: Clients, filed: Filed, second: FlaskClient
    ) -> None:
        task = filed()
        post(second, f"/tasks/{task}/claim")
        leaver, to = ids(app, "second", "acceptor")
        found = api(second, "GET", f"/users/{leaver}/handover?people={to}")["items"]
        line = next(one for one in found if one["key"] == f"task:{task}")
        assert (line["to"], line["why_not"]) == (to, "")
        body = {"key": line["key"], "to": to, "reason": "离职"}
        assert api(second, "POST", f"/users/{leaver}/handover", **body)["kind"] == "task"
