"""Several tasks at once: each with its own result, none in the way of another."""

import re

from sqlalchemy import select

from engine.model import UserTask
from forms.definition import read
from processes.model.people import AuditEvent
from tests.web.conftest import csrf
from web.clerk import bulk
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


def _review(clerk, ids):
    data = {"task": [str(one) for one in ids], "csrf_token": csrf(clerk, "/inbox")}
    return clerk.post("/inbox/bulk/review", data=data)


def _complete(clerk, ids, **answers):
    token = csrf(clerk, "/inbox")
    data = {"_task": [str(one) for one in ids], "csrf_token": token, **answers}
    return clerk.post("/inbox/bulk/complete", data=data)


def _open(app, ids):
    with app.app_context(), database().read_session() as session:
        return [session.get(UserTask, one) is not None for one in ids]


def test_tasks_of_one_step_are_done_together_after_a_look_at_all(app, as_, filed):
    ids, clerk = [filed(), filed()], as_("acceptor")
    with app.app_context(), database().read_session() as session:
        case = session.get_one(UserTask, ids[0]).instance_id
    text = _review(clerk, ids).text
    assert text.count('name="_task"') == 2
    assert 'name="decision"' in text
    done = _complete(clerk, ids, decision="accept", remark="齐全")
    assert "成功 2 件" in done.text
    assert _open(app, ids) == [False, False]
    assert "用时 不到 1 分钟" in clerk.get(f"/cases/{case}").text, "counted from its own task"
    with app.app_context(), database().read_session() as session:
        marks = session.scalars(
            select(AuditEvent.subject_id).where(AuditEvent.action == "task.completed")
        ).all()
    assert {str(one) for one in ids} <= {str(one) for one in marks}


def test_a_wrong_form_hands_in_nothing_and_keeps_what_was_typed(app, as_, filed):
    ids, clerk = [filed(), filed()], as_("acceptor")
    answer = _complete(clerk, ids, decision="refuse", remark="材料不符")
    assert answer.status_code == 422
    assert "材料不符" in answer.text
    assert _open(app, ids) == [True, True]


def test_one_that_somebody_else_holds_stays_and_the_rest_is_done(app, built, as_, filed):
    mine, held = filed(), filed()
    with app.app_context(), database().transaction() as session:
        session.get_one(UserTask, held).assignee = str(built.ids["reviewer"])
    answer = _complete(as_("acceptor"), [mine, held], decision="accept")
    assert "成功 1 件" in answer.text
    assert "未成功 1 件" in answer.text
    assert _open(app, [mine, held]) == [False, True]


def test_different_steps_and_steps_to_be_done_one_by_one_are_not_done_together(app, as_, filed):
    first, second = filed(), filed()
    clerk, reviewer = as_("acceptor"), as_("reviewer")
    _complete(clerk, [first], decision="accept")
    with app.app_context(), database().read_session() as session:
        review = session.scalars(select(UserTask.id).where(UserTask.activity == "review")).all()
    refused = _review(reviewer, [max(review)])
    assert refused.status_code == 403
    assert "须逐件办理" in refused.text
    assert _review(clerk, [second]).status_code == 200


def test_a_manager_assigns_what_is_open_in_the_office(app, built, as_, filed):
    task, manager = filed(), as_("manager")
    text = manager.get("/inbox?box=office").text
    assert f'value="{task}"' in text
    token = csrf(manager, "/inbox")
    data = {"task": [str(task)], "do": "assign", "to": str(built.ids["acceptor"])}
    answer = manager.post("/inbox/bulk", data={**data, "csrf_token": token})
    assert "成功 1 件" in answer.text
    assert _holders(app, [task]) == [str(built.ids["acceptor"])]
    assert "分派您办理" in as_("acceptor").get("/notices").text
    wrong = manager.post(
        "/inbox/bulk", data={**data, "to": built.ids["reviewer"], "csrf_token": token}
    )
    assert "不在候选岗位" in wrong.text


def test_who_does_not_assign_has_no_office_box_and_assigns_nothing(app, built, as_, filed):
    task, clerk = filed(), as_("acceptor")
    text = clerk.get("/inbox?box=office").text
    assert "本单位在办" not in text
    data = {"task": [str(task)], "do": "assign", "to": str(built.ids["reviewer"])}
    answer = clerk.post("/inbox/bulk", data={**data, "csrf_token": csrf(clerk, "/inbox")})
    assert "未成功 1 件" in answer.text
    assert _holders(app, [task]) == [None]


def test_a_confirmation_that_only_some_cases_ask_for_is_made_case_by_case():
    """Nobody confirms a doubt about one applicant together with twenty others."""
    form = read(
        b"""
form: form_x
title: X
sections:
  - title: S
    fields:
      - {name: decision, label: D, type: choice, values: [{value: yes_, label: Y}]}
      - {name: checked, label: C, type: boolean, shown_if: 'decision = "yes_"', must_accept: true}
      - {name: sworn, label: W, type: boolean, must_accept: true}
""",
        "forms/form_x.yaml",
    )
    given = {"decision": "yes_", "checked": True, "sworn": True}
    assert bulk.common(form, given) == {"decision": "yes_", "sworn": True}
