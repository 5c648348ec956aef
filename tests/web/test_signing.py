"""Bringing others to a task: in the page as a clerk, and by API."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.model import UserTask
from processes.casework import cases
from processes.identity import identity
from processes.model.cases import Case
from processes.people import accounts
from tests.web.conftest import PASSWORD, csrf, log_in
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]
IDS = iter(("370102199201010010", "370102199201010029"))


def post(client: FlaskClient, path: str, **data: object) -> object:
    return client.post(path, data={**data, "csrf_token": csrf(client, "/inbox")})


def colleague(app: Flask, login: str, name: str) -> int:
    """One more acceptor of the office; the same one if there is one already."""
    with app.app_context(), database().transaction() as session:
        if found := identity.by_login(session, login):
            return found.id
        made = accounts.create_user(
            session, login, name=name, org_code="370001", id_no=next(IDS), kind="staff"
        )
        made.password_hash = identity.hash_password(PASSWORD)
        accounts.assign_role(session, made, "licence_acceptor", org_code="370001")
        return made.id


def page(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def open_task(client: FlaskClient) -> str:
    """The first task of the list that came by delegation."""
    rows = page(client, "/inbox").split("<tr")
    row = next(one for one in rows if "委派" in one and "/tasks/" in one)
    return "/tasks/" + row.split("/tasks/")[1].split('"')[0]


def test_a_clerk_delegates_the_colleague_answers_and_the_task_comes_back(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    other, task, client = colleague(app, "second", "受理人乙"), filed(), as_("acceptor")
    post(client, f"/tasks/{task}/claim")
    assert "受理人乙" in page(client, f"/tasks/{task}")
    answer = post(client, f"/tasks/{task}/delegate", person=str(other), reason="请核实地址")
    assert answer.status_code == 303
    case = answer.headers["Location"]
    assert "等待 受理人乙 办理" in page(client, case)
    assert "等待 受理人乙 办理" in page(client, "/inbox?box=done")

    helper = app.test_client()
    log_in(helper, "second")
    listed = page(helper, "/inbox")
    assert "委派" in listed
    mine = open_task(helper)
    shown = page(helper, mine)
    assert 'name="decision"' in shown
    assert "不同意的，应当说明理由" in shown
    refused = post(helper, f"{mine}/complete", decision="reject", opinion="")
    assert refused.status_code == 422
    assert "请填写说明" in refused.get_data(as_text=True)
    assert (
        post(helper, f"{mine}/complete", decision="reject", opinion="地址不符").status_code == 303
    )
    back = page(client, f"/tasks/{task}")
    assert "地址不符" in back
    assert 'name="decision"' in back


def test_what_bringing_others_in_would_do_is_told_and_nothing_happens(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    other, task, client = colleague(app, "second", "受理人乙"), filed(), as_("acceptor")
    post(client, f"/tasks/{task}/claim")
    assert f"/tasks/{task}/transfer/outlook" in page(client, f"/tasks/{task}")

    def told(way: str, **data: object) -> str:
        return post(client, f"/tasks/{task}/{way}/outlook", **data).get_data(as_text=True)

    given = told("transfer", to=str(other))
    assert re.search(r"转到\s*<b>受理</b>（受理人乙）", given)
    assert "需要时由对方转回" in given
    asked = told("delegate", person=str(other), reason="请核实地址")
    assert re.search(r"转到\s*<b>受理</b>（受理人乙）", asked)
    assert "对方办理之前可以减签收回" in asked
    assert "委派" in asked.split("<dt>通知</dt>")[1]
    for kind, words in (("before", "转到"), ("after", "您同意后由 受理人乙 办理")):
        signed = told("signers", person=str(other), kind=kind)
        assert words in signed, kind
        assert "受理人乙" in signed
    assert "仍在办理" in told("signers", person=str(other), kind="after")
    assert told("transfer").count("请先选择人员") == 1
    assert "请先选择人员" in told("signers", person=str(other), kind="nonsense")
    # one acceptor decides alone: there is no vote to take part in
    assert "本环节不允许这项操作" in told("signers", person=str(other), kind="beside")
    assert "note red" in told("transfer", to="1")
    # still the acceptor's, whom nobody has joined
    assert 'name="decision"' in page(client, f"/tasks/{task}")
    done = post(client, f"/tasks/{task}/delegate", person=str(other), reason="请核实地址")
    assert done.status_code == 303


def test_a_page_without_a_person_or_a_reason_says_so(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    other, task, client = colleague(app, "second", "受理人乙"), filed(), as_("acceptor")
    post(client, f"/tasks/{task}/claim")
    for data in ({"person": str(other)}, {"reason": "请核实"}):
        answer = post(client, f"/tasks/{task}/delegate", **data)
        assert answer.status_code == 422
        assert "请选择人员，并填写说明" in answer.get_data(as_text=True)


def test_a_signer_is_added_and_removed_by_api_once_per_key(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    other, task, client = colleague(app, "second", "受理人乙"), filed(), as_("acceptor")
    post(client, f"/tasks/{task}/claim")
    case = client.get(f"/api/v1/tasks/{task}").json["case_id"]
    headers = {"X-CSRFToken": csrf(client, "/inbox"), "Idempotency-Key": f"sign-{task}"}
    body = {"kind": "before", "people": [str(other)], "reason": "会商"}
    for _again in range(2):
        answer = client.post(f"/api/v1/tasks/{task}/signers", json=body, headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
    (board,) = client.get(f"/api/v1/cases/{case}/signers").json["items"]
    (added,) = [one for one in board["signers"] if one["kind"] == "before"]
    assert (added["name"], added["stage"]) == ("受理人乙", "open")
    token = {"X-CSRFToken": headers["X-CSRFToken"]}
    gone = client.delete(f"/api/v1/cases/{case}/signers/{added['id']}?reason=误选", headers=token)
    assert gone.status_code == 200, gone.get_data(as_text=True)
    assert client.get(f"/api/v1/tasks/{task}").json["may_complete"] is True


def test_a_colleague_already_on_the_task_is_a_conflict(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    other, task, client = colleague(app, "second", "受理人乙"), filed(), as_("acceptor")
    post(client, f"/tasks/{task}/claim")
    data = {"person": str(other), "reason": "会商", "kind": "after"}
    assert post(client, f"/tasks/{task}/signers", **data).status_code == 303
    assert post(client, f"/tasks/{task}/signers", **data).status_code == 409


def test_orders_of_a_case_are_foretold_on_its_page_and_nothing_happens(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    """办理后会怎样 before the button of 中止 and 终止: the very form, sent to know only."""
    task, manager = filed(), as_("manager")
    with app.app_context(), database().read_session() as session:
        case = session.get_one(UserTask, task).instance_id
    shown = page(manager, f"/cases/{case}")
    assert f'data-foresee="/cases/{case}/suspend"' in shown

    def told(command: str, **data: str) -> str:
        given = {**data, "csrf_token": csrf(manager, "/inbox")}
        answer = manager.post(f"/cases/{case}/{command}", data=given, headers={"Dry-Run": "true"})
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    held = told("suspend", reason="鉴定")
    assert "已中止" in held
    assert "在办的环节不变" in held
    ended = told("terminate", reason="申请人死亡")
    assert "本件办结" in ended
    assert "随之撤销" in ended
    assert "<html" not in ended
    refused = told("resume", reason="恢复")
    assert "note red" in refused
    with app.app_context(), database().read_session() as session:
        assert session.get_one(Case, case).status == "submitted"
        assert session.get(UserTask, task) is not None


def foretold(client: FlaskClient, path: str, **data: object) -> str:
    given = {**data, "csrf_token": csrf(client, "/inbox")}
    answer = client.post(path, data=given, headers={"Dry-Run": "true"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_copies_questions_and_urging_are_foretold_and_nothing_is_sent(
    app: Flask, as_: Clients, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """办理后会怎样 before 抄送, 征询 and 催办."""
    other, task, client = colleague(app, "second", "受理人乙"), filed(), as_("acceptor")
    post(client, f"/tasks/{task}/claim")
    with app.app_context(), database().read_session() as session:
        case = session.get_one(UserTask, task).instance_id
    assert f'data-foresee="/cases/{case}/urge"' in page(client, f"/cases/{case}")
    copied = foretold(client, f"/cases/{case}/copies", person=str(other), text="请阅")
    assert "受理人乙" in copied.split("<dt>通知</dt>")[1]
    assert "在办的环节不变" in copied
    assert "请选择抄送给谁" in foretold(client, f"/cases/{case}/copies")
    asked = foretold(client, f"/tasks/{task}/inquiries", person=str(other), text="可否？")
    assert "受理人乙" in asked
    early = foretold(client, f"/cases/{case}/urge")
    assert "不足 1 个工作日" in early
    refused = post(client, f"/cases/{case}/urge")
    assert refused.status_code == 409
    assert "不足 1 个工作日" in refused.get_data(as_text=True)
    monkeypatch.setattr(cases, "_URGE_AFTER", 0)
    urged = foretold(client, f"/cases/{case}/urge")
    assert "受理人" in urged.split("<dt>通知</dt>")[1]
    assert 'id="readers"' not in page(client, f"/cases/{case}"), "nobody was sent a copy"
    assert post(client, f"/cases/{case}/urge").status_code == 303
    assert "已催办：受理" in page(client, f"/cases/{case}")
