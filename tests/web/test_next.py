"""下一件, who else has a task open, why it is here, what handing it in would do: as pages and by API."""

from datetime import timedelta

from sqlalchemy import func, select

from engine.model import HistoryEvent, UserTask
from processes.desk import presence
from tests.web.conftest import csrf
from web.database import database


def _post(client, path, **data):
    return client.post(path, data={**data, "csrf_token": csrf(client, "/inbox")})


def _history(app):
    with app.app_context(), database().read_session() as session:
        return session.scalar(select(func.count()).select_from(HistoryEvent))


def test_after_a_task_comes_the_next_of_the_list_that_was_looked_at(as_, filed):
    first, second, third = filed(), filed(), filed()
    clerk = as_("acceptor")
    clerk.get("/inbox?sort=arrived")
    assert clerk.get(f"/tasks/{first}/next").headers["Location"] == f"/tasks/{second}"
    clerk.get("/inbox?sort=latest")
    assert clerk.get(f"/tasks/{third}/next").headers["Location"] == f"/tasks/{second}"
    clerk.get("/inbox?sort=arrived")
    done = _post(clerk, f"/tasks/{second}/complete", decision="accept", _then="next")
    assert done.headers["Location"] == f"/tasks/{third}"


def test_the_next_task_is_one_of_the_filter(as_, filed):
    task, clerk = filed(), as_("acceptor")
    clerk.get("/inbox?q=无此人")
    assert clerk.get(f"/tasks/{task}/next").headers["Location"] == "/inbox"
    clerk.get("/inbox")


def test_a_colleague_is_told_who_has_the_task_open_until_it_runs_out(as_, filed, monkeypatch):
    task = filed()
    acceptor, manager = as_("acceptor"), as_("manager")
    assert _post(acceptor, f"/tasks/{task}/presence").get_json()["text"] == ""
    told = _post(manager, f"/tasks/{task}/presence").get_json()["text"]
    assert told == "游艇驾驶证受理人 正在办理" or told.endswith("正在办理")
    assert "正在看" in acceptor.get("/inbox").text
    monkeypatch.setattr(presence, "LIVES", timedelta(0))
    assert _post(acceptor, f"/tasks/{task}/presence").get_json()["text"] == ""


def test_presence_is_a_hint_and_locks_nothing(as_, filed):
    task = filed()
    _post(as_("manager"), f"/tasks/{task}/presence")
    assert _post(as_("acceptor"), f"/tasks/{task}/complete", decision="accept").status_code == 303


def test_who_may_not_see_a_task_is_not_told_who_works_on_it(as_, filed):
    assert _post(as_("stranger"), f"/tasks/{filed()}/presence").status_code == 404


def test_why_a_task_is_here_names_rule_post_and_who_else(as_, filed):
    task, clerk = filed(), as_("acceptor")
    text = clerk.get(f"/tasks/{task}/why").text
    assert "您任职于候选岗位" in text
    assert "山东海事局" in text
    assert "受理机构" in text or "泳道" in text
    _post(clerk, f"/tasks/{task}/claim")
    told = clerk.get(f"/tasks/{task}/why").text
    assert "本件已在您名下" in told
    assert "签收" in told
    answer = clerk.get(f"/api/v1/tasks/{task}/reason").get_json()
    assert answer["rule"] == "holder"
    assert answer["events"][-1]["kind"] == "claimed"
    assert as_("stranger").get(f"/tasks/{task}/why").status_code == 404


def test_what_handing_in_would_do_is_told_and_nothing_has_happened(app, as_, filed):
    task, clerk = filed(), as_("acceptor")
    before = _history(app)
    text = _post(clerk, f"/tasks/{task}/outlook", decision="accept").text
    assert "审核" in text
    assert "审核人" in text
    assert _history(app) == before
    assert "撤回" in text
    wrong = _post(clerk, f"/tasks/{task}/outlook", decision="refuse").text
    assert "请先更正" in wrong
    assert "不予受理理由" in wrong
    with app.app_context(), database().read_session() as session:
        assert session.get(UserTask, task) is not None


def test_what_handing_in_would_do_by_api(as_, filed):
    task, clerk = filed(), as_("acceptor")
    headers = {"X-CSRFToken": csrf(clerk, "/inbox")}
    body = {"answers": {"decision": "accept"}}
    answer = clerk.post(f"/api/v1/tasks/{task}/outlook", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert [one["activity"] for one in told["tasks"]] == ["review"]
    assert told["kept"] == ""
    refused = clerk.post(f"/api/v1/tasks/{task}/outlook", json={"answers": {}}, headers=headers)
    assert refused.status_code == 422
    assert "decision" in refused.get_json()["errors"]


def test_the_page_shows_the_steps_that_lie_ahead_with_names(as_, filed):
    text = as_("acceptor").get(f"/tasks/{filed()}").text
    ahead = text.split('class="ahead"')[1].split("</ol>")[0]
    assert "审核" in ahead
    assert "视办理结果" not in ahead


def test_a_case_is_followed_and_a_task_assigned_by_api(app, built, as_, filed):
    task, manager = filed(), as_("manager")
    with app.app_context(), database().read_session() as session:
        case = session.get_one(UserTask, task).instance_id
    headers = {"X-CSRFToken": csrf(manager, "/inbox")}
    for _ in range(2):
        assert manager.put(f"/api/v1/cases/{case}/follow", headers=headers).status_code == 200
    listed = manager.get("/api/v1/tasks?box=followed").get_json()
    assert [one["case_id"] for one in listed["items"]].count(str(case)) == 1
    assert manager.delete(f"/api/v1/cases/{case}/follow", headers=headers).status_code == 200
    office = manager.get("/api/v1/tasks?box=office&sort=latest").get_json()
    assert str(task) in [one["task_id"] for one in office["items"]]
    body = {"to": str(built.ids["acceptor"])}
    done = manager.post(f"/api/v1/tasks/{task}/assign", json=body, headers=headers)
    assert done.status_code == 200, done.text
    clerk = as_("acceptor")
    held = clerk.get("/api/v1/tasks?hold=mine&sort=latest").get_json()
    assert str(task) in [one["task_id"] for one in held["items"]]
    mine = {"X-CSRFToken": csrf(clerk, "/inbox")}
    assert clerk.post(f"/api/v1/tasks/{task}/assign", json=body, headers=mine).status_code == 403
