"""The desk's pages: boxes with counts, filters in the address, kept and shared, drafts, 关注 (A.5)."""

import re

import pytest

from engine.model import UserTask
from processes.casework import cases
from processes.desk import worklist
from processes.identity import identity
from tests.web.conftest import csrf
from web.database import database


def _text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def _post(client, path, **data):
    return client.post(path, data={**data, "csrf_token": csrf(client, "/inbox")})


def _case(app, task):
    with app.app_context(), database().read_session() as session:
        return session.get_one(UserTask, task).instance_id


def test_the_boxes_are_tabs_with_their_counts(as_, filed):
    filed()
    text = _text(as_("acceptor"), "/inbox")
    tabs = text.split('class="boxes"')[1].split("</nav>")[0]
    named = re.findall(r">([^<>]+)<span", tabs)
    assert named[:6] == ["待办", "已办", "我发起", "抄送我", "草稿", "关注"]
    assert int(re.search(r"待办<span[^>]*>(\d+)", tabs)[1]) >= 1


def test_an_address_shares_a_filter(as_, filed):
    filed()
    text = _text(as_("acceptor"), "/inbox?process=yacht_licence_sample&sort=latest&hold=pool&q=sqr")
    assert 'value="pool" selected' in text
    assert 'value="latest" selected' in text
    assert "申**甲" in text


@pytest.mark.parametrize(
    "query", ["sort=sideways", "hold=x", "only=x", "since=2026-13-01", "box=x"]
)
def test_an_unknown_filter_narrows_nothing(as_, filed, query):
    filed()
    assert "没有符合条件" not in _text(as_("acceptor"), f"/inbox?{query}")


def test_a_filter_is_shared_with_the_organisation_and_taken_back_by_its_author(as_):
    acceptor, reviewer, stranger = as_("acceptor"), as_("reviewer"), as_("stranger")
    kept = {"box": "todo", "hold": "pool", "name": "大家的待签收", "shared": "1"}
    assert _post(acceptor, "/inbox/filters", **kept).status_code == 303
    assert "大家的待签收" in _text(reviewer, "/inbox")
    assert "大家的待签收" not in _text(stranger, "/inbox")
    number = re.search(r'name="shared" value="(\d+)"', _text(acceptor, "/inbox"))[1]
    assert 'name="shared" value' not in _text(reviewer, "/inbox").split('id="keep"')[0]
    assert _post(reviewer, "/inbox/filters/drop", box="todo", shared=number).status_code == 403
    assert _post(stranger, "/inbox/filters/drop", box="todo", shared=number).status_code == 404
    assert _post(acceptor, "/inbox/filters/drop", box="todo", shared=number).status_code == 303
    assert "大家的待签收" not in _text(reviewer, "/inbox")


def test_kept_filters_tell_how_much_they_find(as_, filed):
    filed()
    clerk = as_("acceptor")
    _post(clerk, "/inbox/filters", box="todo", hold="pool", name="待签收的")
    _post(clerk, "/inbox/filters", box="todo", q="无此人", name="没有的")
    counts = clerk.get("/inbox/filters/counts?box=todo").get_json()["counts"]
    assert counts["/inbox?box=todo&hold=pool"] >= 1
    assert [n for href, n in counts.items() if "q=" in href] == [0]


def test_columns_begin_with_the_usual_ones_and_are_the_users_to_choose(as_, filed):
    filed()
    clerk = as_("acceptor")
    head = _text(clerk, "/inbox").split("<thead>")[1].split("</thead>")[0]
    assert "办结期限" not in head
    _post(clerk, "/inbox/columns", box="todo", column=["title", "case_due"])
    head = _text(clerk, "/inbox").split("<thead>")[1].split("</thead>")[0]
    assert "办结期限" in head
    assert "申请人" not in head
    _post(
        clerk,
        "/inbox/columns",
        box="todo",
        column=["title", "applicant", "step", "holder", "at", "due"],
    )


def test_a_case_is_followed_and_let_go(app, as_, filed):
    case, clerk = _case(app, filed()), as_("manager")
    assert _post(clerk, f"/cases/{case}/follow").status_code == 303
    assert _post(clerk, f"/cases/{case}/follow").status_code == 303
    assert f"/cases/{case}" in _text(clerk, "/inbox?box=followed")
    assert "取消关注" in _text(clerk, f"/cases/{case}")
    assert _post(clerk, f"/cases/{case}/unfollow").status_code == 303
    assert f"/cases/{case}" not in _text(clerk, "/inbox?box=followed")


def test_what_is_out_of_scope_cannot_be_followed(app, as_, filed):
    assert _post(as_("stranger"), f"/cases/{_case(app, filed())}/follow").status_code == 404


def test_drafts_lead_back_to_where_they_were_begun(app, as_, filed):
    task, clerk = filed(), as_("acceptor")
    _post(clerk, f"/tasks/{task}/claim")
    assert _post(clerk, f"/tasks/{task}/draft", remark="还差一份").status_code == 200
    text = _text(clerk, "/inbox/drafts")
    assert f'href="/tasks/{task}"' in text
    number = re.search(rf"/tasks/{task}.*?/inbox/drafts/(\d+)/drop", text, re.S)[1]
    assert _post(as_("reviewer"), f"/inbox/drafts/{number}/drop").status_code == 404
    assert _post(clerk, f"/inbox/drafts/{number}/drop").status_code == 303
    assert f'href="/tasks/{task}"' not in _text(clerk, "/inbox/drafts")


def test_a_draft_whose_task_somebody_else_did_says_so(app, as_, filed):
    task, clerk = filed(), as_("acceptor")
    with app.app_context(), database().transaction() as session:
        by = identity.by_login(session, "acceptor")
        worklist.save_draft(session, task, by=by, answers={"remark": "x"})
        manager = identity.by_login(session, "manager")
        case = session.get_one(UserTask, task).instance_id
        cases.terminate(session, case, by=manager, reason="测试终止")
    assert "任务已由他人办理" in _text(clerk, "/inbox/drafts")


def test_fields_of_the_chosen_process_are_columns_and_sensitive_ones_are_masked(as_, filed):
    filed()
    clerk = as_("acceptor")
    assert "选定事项后可加办件内容列" in _text(clerk, "/inbox")
    offered = _text(clerk, "/inbox?process=yacht_licence_sample")
    assert 'value="var.licence_class"' in offered
    assert 'value="var.photo"' not in offered
    wanted = ["title", "var.licence_class", "var.phone", "var.unheard_of"]
    chosen = {"box": "todo", "process": "yacht_licence_sample", "column": wanted}
    assert _post(clerk, "/inbox/columns", **chosen).status_code == 303
    text = _text(clerk, "/inbox?process=yacht_licence_sample")
    body = text.split("<tbody>")[1]
    assert "A1E" in body
    assert "13900000001" not in body
    assert "unheard_of" not in text
    assert "A1E" not in _text(clerk, "/inbox").split("<tbody>")[1]
    usual = ["title", "applicant", "step", "holder", "at", "due"]
    _post(clerk, "/inbox/columns", box="todo", process="yacht_licence_sample", column=usual)


_LISTED = "/inbox?process=yacht_licence_sample"


@pytest.mark.parametrize(
    ("asked", "finds"),
    [
        ("var.licence_class=A1E", True),
        ("var.licence_class=B1E", False),
        ("var.name=申请人甲", True),
        ("var.birth_date.from=1990-03-07&var.birth_date.to=1990-03-07", True),
        ("var.birth_date.from=1990-03-08", False),
        ("var.licence_class=A1E&var.birth_date.to=1990-03-06", False),
        # what the process does not list, what is sensitive and what is no bound narrows nothing
        ("var.address=nowhere", True),
        ("var.phone=1", True),
        ("var.birth_date.from=yesterday", True),
    ],
)
def test_fields_that_the_process_lists_filter_its_cases(as_, filed, asked, finds):
    filed()
    text = _text(as_("acceptor"), f"{_LISTED}&{asked}")
    assert bool(re.search(r'href="/tasks/\d+"', text)) is finds


def test_what_was_asked_of_a_field_stands_in_the_form_and_in_what_is_kept(as_, filed):
    filed()
    clerk = as_("acceptor")
    text = _text(clerk, f"{_LISTED}&var.licence_class=A1E&var.birth_date.from=1990-01-01")
    assert 'name="var.licence_class"' in text
    assert 'value="A1E" selected' in text
    assert 'name="var.birth_date.from" value="1990-01-01" type="date"' in text
    assert 'name="var.phone"' not in text
    named = {"var.licence_class": "A1E", "process": "yacht_licence_sample"}
    kept = _post(clerk, "/inbox/filters", box="todo", name="A1E 的", **named)
    assert "var.licence_class=A1E" in kept.headers["Location"]
    counts = clerk.get("/inbox/filters/counts?box=todo").get_json()["counts"]
    assert next(n for href, n in counts.items() if "var.licence_class=A1E" in href) >= 1
    # without a process there are no fields to ask for
    assert 'name="var.licence_class"' not in _text(clerk, "/inbox?var.licence_class=B1E")
