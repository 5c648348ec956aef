"""Every limit of a case side by side, with its ledger: through the API and on the pages."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import clock as now
from engine.model import UserTask
from processes.clock import clock as ledger
from processes.clock.reckoning import Event
from processes.model.cases import Case
from web.database import database


@pytest.fixture
def clocked(app, filed):
    """A case accepted today, with its statutory and its promised limit."""
    case = filed()
    with app.app_context(), database().transaction() as session:
        for limit, title, amount in (("statutory", "法定期限", 20), ("promised", "承诺期限", 10)):
            entry = ledger.Entry(
                limit=limit, event=Event.START, effective_at=now.now(), amount=amount,
                title=title, basis="行政许可法第四十二条", extend_most=10,
            )  # fmt: skip
            ledger.add(session, int(case["id"]), entry, by="system")
        ledger.settle(session, int(case["id"]), org_code="370001")
    return case


def test_the_limits_of_a_case_come_side_by_side_with_their_ledger(caller, clocked):
    told = caller("acceptor").get(f"/cases/{clocked['id']}/clock").json
    shown = {one["limit"]: one for one in told["limits"]}
    assert (shown["statutory"]["left"], shown["promised"]["left"]) == (20, 10)
    assert {one["colour"] for one in told["limits"]} == {"green"}
    assert shown["statutory"]["explanation"].startswith("法定期限 20 个工作日，自 ")
    assert [(one["event"], one["title"], one["actor"]) for one in told["ledger"]] == [
        ("起算", "法定期限", "系统"),
        ("起算", "承诺期限", "系统"),
    ]


def test_an_applicant_sees_the_limits_and_not_who_wrote_them(caller, clocked):
    told = caller("applicant").get(f"/cases/{clocked['id']}/clock").json
    assert (len(told["limits"]), told["ledger"]) == (2, [])
    assert caller("stranger").get(f"/cases/{clocked['id']}/clock").status_code == 404


def test_a_case_held_by_order_rests_its_clocks_and_goes_on_with_what_was_left(app, caller, clocked):
    manager, path = caller("manager"), f"/cases/{clocked['id']}"
    held = manager.post(f"{path}/suspend", {"reason": "等待专家评审"})
    assert held.status_code == 200, held.json
    told = manager.get(f"{path}/clock").json
    assert {one["colour"] for one in told["limits"]} == {"suspended"}
    assert {one["due_on"] for one in told["limits"]} == {""}
    assert "因“等待专家评审”中止" in told["limits"][0]["explanation"]
    assert manager.post(f"{path}/resume", {"reason": "评审完成"}).status_code == 200
    told = manager.get(f"{path}/clock").json
    assert [one["left"] for one in told["limits"]] == [20, 10]
    with app.app_context(), database().transaction() as session:
        case = session.get_one(Case, int(clocked["id"]))
        assert case.due_on is not None
        assert case.due_on > now.today() + timedelta(days=10)
        query = select(UserTask.suspended).where(UserTask.instance_id == case.id)
        assert list(session.scalars(query)) == [False]


def test_a_case_ended_by_order_shows_what_it_used(caller, clocked):
    manager, path = caller("manager"), f"/cases/{clocked['id']}"
    assert manager.post(f"{path}/terminate", {"reason": "重复申请"}).status_code == 200
    told = manager.get(f"{path}/clock").json
    assert {(one["state"], one["colour"]) for one in told["limits"]} == {("stopped", "ended")}
    assert {one["text"] for one in told["limits"]} == {"用时 0 个工作日"}
