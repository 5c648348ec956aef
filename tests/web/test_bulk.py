"""Several tasks at once: each with its own result, none in the way of another."""

import re

from engine.model import UserTask
from tests.web.conftest import csrf
from web.database import database


def _send(client, ids, *, do="claim"):
    token = csrf(client, "/inbox")
    data = {"task": [str(one) for one in ids], "do": do, "csrf_token": token}
    return client.post("/inbox/bulk", data=data)


def _holders(app, ids):
    with app.app_context(), database().read_session() as session:
        return [session.get_one(UserTask, one).assignee for one in ids]


def test_ticked_tasks_are_claimed_each_with_its_result(app, built, as_, filed):
    ids = [filed() for _ in range(3)]
    clerk = as_("acceptor")
    assert len(re.findall(r'form="bulk" name="task"', clerk.get("/inbox").text)) >= 3
    answer = _send(clerk, ids)
    assert answer.status_code == 200
    assert "成功 3 件" in answer.text
    assert _holders(app, ids) == [str(built.ids["acceptor"])] * 3
    back = _send(clerk, ids, do="release")
    assert back.text.count("已退回待签收") == 3
    assert _holders(app, ids) == [None] * 3


def test_one_refusal_stops_nothing_else_and_is_told_with_its_reason(app, as_, filed):
    mine, gone = filed(), 1
    answer = _send(as_("acceptor"), [gone, mine])
    assert "成功 1 件" in answer.text
    assert "未成功 1 件" in answer.text
    assert _holders(app, [mine]) != [None]


def test_who_may_not_do_a_task_is_refused_for_it(app, as_, filed):
    task = filed()
    answer = _send(as_("reviewer"), [task])
    assert "未成功 1 件" in answer.text
    assert _holders(app, [task]) == [None]


def test_nothing_ticked_is_said_in_words(as_):
    answer = _send(as_("acceptor"), [])
    assert answer.status_code >= 400
    assert "请先勾选" in answer.text
