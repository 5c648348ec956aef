"""The clerk's desk: lists that live, tasks that lose nothing, two clerks on one task."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.model import UserTask
from processes.desk import worklist
from processes.identity import identity
from processes.model.cases import Case
from tests.web.conftest import csrf
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]


def post(client: FlaskClient, path: str, **data: str) -> object:
    return client.post(path, data={**data, "csrf_token": csrf(client, "/inbox")})


def claimed(client: FlaskClient, task: int) -> int:
    assert post(client, f"/tasks/{task}/claim").status_code == 303
    return task


def test_the_list_shows_what_a_clerk_may_take_and_nobody_elses(as_: Clients, filed: Filed) -> None:
    task = filed()
    assert f"/tasks/{task}" in as_("acceptor").get("/inbox").get_data(as_text=True)
    assert f"/tasks/{task}" not in as_("reviewer").get("/inbox").get_data(as_text=True)
    assert f"/tasks/{task}" not in as_("stranger").get("/inbox").get_data(as_text=True)


def test_a_poll_is_empty_until_something_changes(as_: Clients, filed: Filed) -> None:
    client = as_("acceptor")
    page = client.get("/inbox").get_data(as_text=True)
    href = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    headers = {"X-Banli-Poll": "1"}
    assert client.get(href, headers=headers).status_code == 204
    task = filed()
    news = client.get(href, headers=headers)
    assert news.status_code == 200
    assert f"/tasks/{task}" in news.get_data(as_text=True)


def test_names_are_masked_in_lists(as_: Clients, filed: Filed) -> None:
    filed()
    page = as_("acceptor").get("/inbox?q=申请人甲").get_data(as_text=True)
    assert "申**甲" in page


def test_before_it_is_claimed_a_task_shows_what_is_filled_and_names_what_will_be(
    as_: Clients, filed: Filed
) -> None:
    client, task = as_("acceptor"), filed()
    form = client.get(f"/tasks/{task}").get_data(as_text=True).split('id="taskform"')[1]
    form = form.split("</form>")[0]
    assert "办理时填写：" in form
    assert ">—<" not in form, "nothing stands there empty"
    claimed(client, task)
    assert "办理时填写：" not in client.get(f"/tasks/{task}").get_data(as_text=True)


def test_a_task_is_claimed_filled_in_and_leads_on(as_: Clients, filed: Filed) -> None:
    client, task = as_("acceptor"), filed()
    assert "签收办理" in client.get(f"/tasks/{task}").get_data(as_text=True)
    claimed(client, task)
    page = client.get(f"/tasks/{task}").get_data(as_text=True)
    assert 'name="decision"' in page
    answer = post(client, f"/tasks/{task}/complete", decision="accept", remark="齐全")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/inbox"
    assert "受理" in client.get("/inbox?box=done").get_data(as_text=True)


def test_a_refused_form_names_the_fields_and_keeps_what_was_typed(
    as_: Clients, filed: Filed
) -> None:
    client, task = as_("acceptor"), filed()
    claimed(client, task)
    answer = post(
        client, f"/tasks/{task}/complete", decision="refuse", reason="", remark="已电话沟通"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#f-reason"' in page
    assert "请填写不予受理理由" in page
    assert 'value="已电话沟通"' in page


def test_conditions_are_asked_from_the_server(as_: Clients, filed: Filed) -> None:
    client, task = as_("acceptor"), filed()
    claimed(client, task)
    hidden = post(client, f"/tasks/{task}/refresh", decision="accept").json["fields"]
    shown = post(client, f"/tasks/{task}/refresh", decision="refuse").json["fields"]
    assert hidden["reason"] == {"visible": False, "required": False, "remarks": []}
    assert shown["reason"] == {"visible": True, "required": True, "remarks": []}


def test_a_draft_comes_back_to_its_author(as_: Clients, filed: Filed) -> None:
    client, task = as_("acceptor"), filed()
    claimed(client, task)
    answer = post(client, f"/tasks/{task}/draft", decision="refuse", reason="材料为复印件")
    assert "已暂存" in answer.json["text"]
    assert "材料为复印件" in client.get(f"/tasks/{task}").get_data(as_text=True)


def test_who_comes_second_is_told_who_and_when_and_keeps_what_was_typed(
    as_: Clients, filed: Filed, app: Flask
) -> None:
    task = filed()
    late = as_("acceptor")
    claimed(late, task)
    with app.app_context(), database().transaction() as session:
        # the same person in another window: the task is done before this form arrives
        worklist.submit(
            session,
            task,
            by=identity.by_login(session, "acceptor"),
            answers={"decision": "accept"},
        )
    answer = post(late, f"/tasks/{task}/complete", decision="refuse", reason="写了很久的理由")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "本环节已由他人办理" in page
    assert "游艇驾驶证受理人" in page
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", page)
    assert "写了很久的理由" in page


def test_a_task_out_of_scope_does_not_exist(as_: Clients, filed: Filed) -> None:
    answer = as_("stranger").get(f"/tasks/{filed()}")
    assert answer.status_code == 404
    assert "没有找到" in answer.get_data(as_text=True)


def test_duties_are_kept_apart_on_the_page_too(as_: Clients, filed: Filed, app: Flask) -> None:
    client, task = as_("acceptor"), filed()
    claimed(client, task)
    post(client, f"/tasks/{task}/complete", decision="accept")
    with app.app_context(), database().read_session() as session:
        review = session.scalars(
            select(UserTask.id).where(UserTask.activity == "review").order_by(UserTask.id.desc())
        ).first()
    reviewer = as_("reviewer")
    claimed(reviewer, review)
    page = reviewer.get(f"/tasks/{review}").get_data(as_text=True)
    assert "审核要点" in page
    assert "意见时间线" in page


def test_a_case_shows_its_diagram_materials_and_timeline(
    as_: Clients, filed: Filed, app: Flask
) -> None:
    client, task = as_("acceptor"), filed()
    with app.app_context(), database().read_session() as session:
        case = session.get_one(UserTask, task).instance_id
    page = client.get(f"/cases/{case}").get_data(as_text=True)
    assert "申请材料" in page
    assert "1101**********0070" in page
    drawn = client.get(f"/cases/{case}/diagram").json
    assert drawn["state"]["elements"]["accept"]["mark"] == "current"
    assert "<bpmn:definitions" in drawn["diagrams"][0]["xml"]
    href = re.search(rf'href="(/cases/{case}/materials/\d+)"', page)[1]
    sent = client.get(href)
    assert sent.mimetype == "image/png"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert as_("stranger").get(href).status_code == 404


def test_a_case_that_bears_the_number_of_its_sender_shows_our_work_order_too(
    as_: Clients, filed: Filed, app: Flask
) -> None:
    """P-34: what another province forwards bears its number; our letters bear the work order."""
    client, task = as_("acceptor"), filed()
    with app.app_context(), database().read_session() as session:
        case_id = session.get_one(UserTask, task).instance_id
        number = session.get_one(Case, case_id).reference
    assert "办件编号" not in client.get(f"/cases/{case_id}").text
    forwarded = f"KS{case_id}"
    with app.app_context(), database().transaction() as session:
        session.get_one(Case, case_id).reference = forwarded
    for path in (f"/cases/{case_id}", f"/tasks/{task}"):
        facts = client.get(path).text.split("案件摘要")[1].split("</dl>")[0]
        assert re.findall(r'data-copy="([^"]+)"', facts) == [forwarded, number]
        assert "办件编号" in facts


def test_cases_are_found_by_number_name_and_identity_tail(
    as_: Clients, filed: Filed, app: Flask
) -> None:
    task, client = filed(), as_("acceptor")
    with app.app_context(), database().read_session() as session:
        case = session.get_one(Case, session.get_one(UserTask, task).instance_id)
    for words in (case.reference, "申请人甲", "0070"):
        page = client.get("/cases", query_string={"q": words}).get_data(as_text=True)
        assert f'href="/cases/{case.id}"' in page
    assert "没有找到" in as_("stranger").get("/cases?q=申请人甲").get_data(as_text=True)
