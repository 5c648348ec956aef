"""Every operation of A.2 and A.3 once by API, as a program of the clerk would call it."""

import io
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from engine import clock, repository, runtime, tasks
from engine.model import UserTask
from processes.people import accounts
from tests.engine.core.scenario import gateway, user, xml
from tests.web.api.conftest import Caller
from tests.web.conftest import picture
from web.database import database

ALLOW = (
    '<banli:operations allow="claim release complete transfer delegate return reclaim sign_before'
    ' sign_after sign_beside remove_signer inquire copy plan"/>'
)


def desk(role: str, more: str = "") -> Any:
    return user(ALLOW + more, candidateGroups=f"{role}@370001")


VOTE = (
    '<banli:approval mode="ratio" ratio="=0.6" people="=voters"'
    ' decision="=if decision = &quot;agree&quot; then &quot;approve&quot; else &quot;reject&quot;"'
    ' result="vote" opinions="votes"/>'
)
MODEL = xml(
    """
    start -> accept -> split
    split -> review -> join
    split -> check -> join
    join -> vote -> end
    """,
    key="yacht_licence_once",
    split=gateway("parallel"),
    join=gateway("parallel"),
    accept=desk("licence_acceptor"),
    review=desk("licence_reviewer"),
    check=desk("licence_manager"),
    vote=user(ALLOW + VOTE),
)
COLLEAGUES = {
    "second": ("licence_reviewer", "370102199201010010"),
    "third": ("licence_reviewer", "370102199201010029"),
    "manager2": ("licence_manager", "370102199201010037"),
}
_numbers = count(1)
Clients = Callable[..., Caller]


class Run:
    """A case in its two branches: the review is the reviewer's, the check the manager's."""

    def __init__(self, house: SimpleNamespace) -> None:
        self.house = house
        self.told: dict[str, Any] = {"org": "370001", "case_title": "游艇驾驶证并联审查"}
        self.told["voters"] = [str(house.ids[one]) for one in ("reviewer", "second")]
        number = f"Y370000202611309{next(_numbers):05d}"
        with house.app.app_context(), database().transaction() as session:
            made = runtime.start(
                session, "yacht_licence_once", by="system", variables=self.told,
                business_key=number,
            )  # fmt: skip
            self.id = made.id
        self.accept = self.take("accept", "acceptor")
        with house.app.app_context(), database().transaction() as session:
            by = str(house.ids["acceptor"])
            tasks.complete(session, self.accept, by=by, variables={})
        self.review = self.take("review", "reviewer")
        self.check = self.take("check", "manager")

    def open(self) -> dict[str, int]:
        with self.house.app.app_context(), database().read_session() as session:
            found = session.scalars(select(UserTask).where(UserTask.instance_id == self.id))
            return {one.activity: one.id for one in found}

    def take(self, activity: str, login: str) -> int:
        task = self.open()[activity]
        with self.house.app.app_context(), database().transaction() as session:
            tasks.claim(session, task, by=str(self.house.ids[login]))
        return task

    def who(self, login: str) -> str:
        return str(self.house.ids[login])


@pytest.fixture(scope="module")
def house(deployed: SimpleNamespace) -> SimpleNamespace:
    with deployed.app.app_context(), database().transaction() as session:
        repository.deploy(session, {"yacht_licence_once.bpmn": MODEL}, by="system")
        for login, (role, id_no) in COLLEAGUES.items():
            made = accounts.create_user(session, login, name=login, org_code="370001", id_no=id_no)
            accounts.assign_role(session, made, role, org_code="370001")
            deployed.ids[login] = made.id
    return deployed


@pytest.fixture
def run(house: SimpleNamespace) -> Run:
    return Run(house)


def ok(answer: Any) -> Any:
    assert answer.status_code in {200, 201}, answer.get_data(as_text=True)
    return answer.json


def test_a_task_is_delegated_and_comes_back(run: Run, caller: Clients) -> None:
    body = {"to": run.who("third"), "reason": "请核对"}
    ok(caller("reviewer").post(f"/tasks/{run.review}/delegate", body))
    ok(caller("third").get(f"/tasks/{run.open()['review']}"))


def test_a_task_is_handed_over(run: Run, caller: Clients) -> None:
    body = {"to": run.who("second"), "reason": "出差"}
    ok(caller("reviewer").post(f"/tasks/{run.review}/transfer", body))
    assert ok(caller("second").get(f"/tasks/{run.review}"))["may_complete"] is True


@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_signer_is_added_and_taken_off(run: Run, caller: Clients, kind: str) -> None:
    clerk = caller("reviewer")
    body = {"kind": kind, "people": [run.who("second")], "reason": "请复核"}
    ok(clerk.post(f"/tasks/{run.review}/signers", body))
    (board,) = ok(clerk.get(f"/cases/{run.id}/signers"))["items"]
    added = next(one for one in board["signers"] if one["user"] == run.who("second"))
    ok(clerk("DELETE", f"/cases/{run.id}/signers/{added['id']}", {"reason": "不需要了"}))


def test_a_copy_is_sent_read_and_replied_to(run: Run, caller: Clients) -> None:
    body = {"people": [run.who("second")], "must_read": True, "reply": True, "text": "请阅"}
    ok(caller("reviewer").post(f"/cases/{run.id}/copies", body))
    reader = caller("second")
    copy = next(one for one in ok(reader.get("/copies"))["items"] if one["case_id"] == str(run.id))
    ok(reader.post(f"/copies/{copy['id']}/read"))
    ok(reader.post(f"/copies/{copy['id']}/reply", {"text": "收到"}))


def test_a_question_is_asked_and_answered(run: Run, caller: Clients) -> None:
    body = {"people": [run.who("second")], "question": "可否？"}
    asked = ok(caller("reviewer").post(f"/tasks/{run.review}/inquiries", body))
    assert asked
    helper = caller("second")
    (mine,) = [one for one in ok(helper.get("/inquiries"))["items"] if one["question"] == "可否？"]
    ok(helper.post(f"/inquiries/{mine['id']}/answer", {"text": "可以"}))


def test_a_task_of_a_branch_is_returned_once_its_sibling_is_agreed_to(
    run: Run, caller: Clients
) -> None:
    clerk, body = caller("reviewer"), {"to": "accept", "reason": "材料不清"}
    refused = clerk.post(f"/tasks/{run.review}/return", body)
    assert refused.status_code == 409
    ok(clerk.post(f"/tasks/{run.review}/return", {**body, "confirmed": [str(run.check)]}))
    assert [*run.open()] == ["accept"]


def test_a_case_jumps_to_a_vote_that_another_joins(run: Run, caller: Clients) -> None:
    body = {"to": "vote", "reason": "上级批示", "confirmed": [str(run.check)]}
    ok(caller("manager").post(f"/cases/{run.id}/jump", {**body, "task_id": str(run.review)}))
    with run.house.app.app_context(), database().read_session() as session:
        query = select(UserTask).where(UserTask.instance_id == run.id)
        mine = session.scalars(query.where(UserTask.assignee == run.who("reviewer"))).one().id
    body = {"kind": "beside", "people": [run.who("third")], "reason": "一并表决"}
    ok(caller("reviewer").post(f"/tasks/{mine}/signers", body))


def test_a_case_is_voided_by_two_and_another_reopened(run: Run, caller: Clients) -> None:
    first, second = caller("manager"), caller("manager2")
    ok(first.post(f"/cases/{run.id}/void", {"reason": "重复"}))
    assert first.post(f"/cases/{run.id}/void/decide", {"agree": True}).status_code == 403
    ok(second.post(f"/cases/{run.id}/void/decide", {"agree": True, "reason": "属实"}))
    other = Run(run.house)
    ok(first.post(f"/cases/{other.id}/terminate", {"reason": "申请人撤回"}))
    body = {"at": "review", "basis": "行政许可法第六十九条", "reason": "新证据"}
    answer = first.post(f"/cases/{other.id}/reopen", body)
    assert answer.status_code in {200, 201}
    assert answer.json["id"] != str(other.id)


def test_urging_too_early_says_why(run: Run, caller: Clients) -> None:
    answer = caller("manager").post(f"/cases/{run.id}/urge")
    assert answer.status_code == 403
    assert "不足 1 个工作日" in answer.json["detail"]


def test_a_step_done_on_paper_is_entered_later_with_its_true_time(
    run: Run, caller: Clients
) -> None:
    clerk = caller("manager")
    sent = ok(clerk.post("/files", data={"file": (io.BytesIO(picture()), "签批件.png")}))
    body = {
        "answers": {},
        "true_at": clock.now().isoformat(),
        "decided_by": run.who("manager"),
        "reason": "停电，先在纸上核查",
        "evidence": sent["reference"],
    }
    lacking = clerk.post(f"/tasks/{run.check}/backentry", {**body, "reason": ""})
    assert lacking.status_code == 422
    ok(clerk.post(f"/tasks/{run.check}/backentry", body))
    assert "check" not in run.open()
