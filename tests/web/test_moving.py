"""退回, 撤回, 跳转, 作废, 唤醒 on their pages and through the API (case-operations A.3)."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.model import UserTask
from processes.identity import identity
from processes.model.cases import Opinion
from processes.movement.movement import Preview
from processes.movement.targets import Target
from processes.people import accounts
from tests.web.conftest import PASSWORD, csrf, log_in
from web.clerk.moving import Way
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]


def post(client: FlaskClient, path: str, **data: str) -> object:
    return client.post(path, data={**data, "csrf_token": csrf(client, "/inbox")})


def open_tasks(app: Flask, case_id: int) -> list[UserTask]:
    with app.app_context(), database().transaction() as session:
        query = select(UserTask).where(UserTask.instance_id == case_id)
        return list(session.scalars(query.execution_options(populate_existing=True)))


def case_of(app: Flask, task_id: int) -> int:
    with app.app_context(), database().transaction() as session:
        return session.get_one(UserTask, task_id).instance_id


def in_review(app: Flask, as_: Clients, filed: Filed) -> tuple[int, UserTask]:
    """A case accepted by the acceptor, whose review nobody has claimed."""
    task = filed()
    case_id = case_of(app, task)
    client = as_("acceptor")
    assert post(client, f"/tasks/{task}/claim").status_code == 303
    answer = post(client, f"/tasks/{task}/complete", decision="accept", remark="齐全")
    assert answer.status_code == 303
    return case_id, open_tasks(app, case_id)[0]


def test_a_reviewer_returns_a_task_from_its_page(app: Flask, as_: Clients, filed: Filed) -> None:
    case_id, review = in_review(app, as_, filed)
    client = as_("reviewer")
    assert post(client, f"/tasks/{review.id}/claim").status_code == 303
    assert f"/tasks/{review.id}/return" in client.get(f"/tasks/{review.id}").get_data(as_text=True)
    page = client.get(f"/tasks/{review.id}/return").get_data(as_text=True)
    assert 'value="accept"' in page
    assert "材料不清晰" in page
    answer = post(client, f"/tasks/{review.id}/return", to="accept", reason="照片不清")
    assert answer.status_code == 303
    (task,) = open_tasks(app, case_id)
    assert (task.activity, task.assignee is not None) == ("accept", True)
    shown = as_("acceptor").get(f"/tasks/{task.id}").get_data(as_text=True)
    assert "退回至『受理』" in shown
    assert "照片不清" in shown


def test_a_return_without_an_opinion_is_refused_and_keeps_what_was_chosen(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    _case, review = in_review(app, as_, filed)
    client = as_("reviewer")
    answer = post(client, f"/tasks/{review.id}/return", to="accept", way="straight")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "退回须填写意见" in page
    assert re.search(r'value="straight" checked', page)


def test_the_page_of_a_task_that_was_taken_back_says_who_did_it_and_why(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    case_id, review = in_review(app, as_, filed)
    client = as_("acceptor")
    page = client.get(f"/cases/{case_id}").get_data(as_text=True)
    done = re.search(r"/tasks/(\d+)/reclaim", page)[1]
    assert post(client, f"/tasks/{done}/reclaim", reason="选错了").status_code == 303
    gone = as_("reviewer").get(f"/tasks/{review.id}").get_data(as_text=True)
    assert "撤回，不再办理。理由：选错了" in gone


def test_returned_steps_are_marked_on_the_diagram(app: Flask, as_: Clients, filed: Filed) -> None:
    case_id, review = in_review(app, as_, filed)
    client = as_("reviewer")
    post(client, f"/tasks/{review.id}/return", to="accept", reason="照片不清")
    state = as_("manager").get(f"/cases/{case_id}/diagram").get_json()["state"]["elements"]
    assert state["review"]["mark"] == "returned"
    assert state["accept"]["mark"] == "current"


def test_a_manager_jumps_and_asks_to_void_on_the_case_s_page(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    task = filed()
    case_id, manager = case_of(app, task), as_("manager")
    assert "跳转" in manager.get(f"/cases/{case_id}/move").get_data(as_text=True)
    answer = post(manager, f"/cases/{case_id}/move/jump", to="review", reason="上级批示")
    assert answer.status_code == 303
    assert [one.activity for one in open_tasks(app, case_id)] == ["review"]
    state = manager.get(f"/cases/{case_id}/diagram").get_json()["state"]["elements"]
    assert (state["accept"]["mark"], state["review"]["mark"]) == ("skipped", "current")
    assert post(manager, f"/cases/{case_id}/move/void", reason="重复").status_code == 303
    shown = manager.get(f"/cases/{case_id}/move").get_data(as_text=True)
    assert "须由另一人复核" in shown
    assert "提交复核" not in shown, "whoever asked does not decide"
    second = post(manager, f"/cases/{case_id}/move/decide", agree="yes")
    assert second.status_code == 403


def test_a_manager_reopens_an_ended_case(app: Flask, as_: Clients, filed: Filed) -> None:
    task = filed()
    case_id, manager = case_of(app, task), as_("manager")
    post(manager, f"/cases/{case_id}/terminate", reason="申请人撤回")
    assert "唤醒" in manager.get(f"/cases/{case_id}/move").get_data(as_text=True)
    lacks = post(manager, f"/cases/{case_id}/move/reopen", at="review", reason="新证据")
    assert lacks.status_code == 409
    assert "法律依据" in lacks.get_data(as_text=True)
    made = post(
        manager,
        f"/cases/{case_id}/move/reopen",
        at="review",
        reason="新证据",
        basis="行政许可法第六十九条",
    )
    assert made.status_code == 303
    assert "唤醒自" in manager.get(made.headers["Location"]).get_data(as_text=True)


def foretold(client: FlaskClient, path: str, **data: str) -> str:
    given = {**data, "csrf_token": csrf(client, "/inbox")}
    answer = client.post(path, data=given, headers={"Dry-Run": "true"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_reopening_is_foretold_by_the_case_that_would_be_made(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    task = filed()
    case_id, manager = case_of(app, task), as_("manager")
    post(manager, f"/cases/{case_id}/terminate", reason="申请人撤回")
    path = f"/cases/{case_id}/move/reopen"
    assert f'data-foresee="{path}"' in manager.get(f"/cases/{case_id}/move").get_data(as_text=True)
    assert "法律依据" in foretold(manager, path, at="review", reason="新证据")
    told = foretold(manager, path, at="review", reason="新证据", basis="行政许可法第六十九条")
    assert re.search(r"转到\s*<b>审核</b>", told)
    assert "唤醒自" not in manager.get(f"/cases/{case_id}").get_data(as_text=True)


def test_deciding_on_a_voiding_needs_a_conclusion_and_is_foretold(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    case_id, manager = case_of(app, filed()), as_("manager")
    assert post(manager, f"/cases/{case_id}/move/void", reason="重复").status_code == 303
    path = f"/cases/{case_id}/move/decide"
    second = manager_too(app)
    assert f'data-foresee="{path}"' in second.get(f"/cases/{case_id}/move").get_data(as_text=True)
    undecided = post(manager, path)
    assert undecided.status_code == 409
    assert "请选择同意或不同意作废" in undecided.get_data(as_text=True)
    assert "note red" in foretold(manager, path, agree="yes"), "a second person decides"
    told = foretold(second, path, agree="yes")
    assert "本件办结" in told
    assert "随之撤销" in told
    assert post(second, path, agree="yes").status_code == 303
    assert "已作废" in second.get(f"/cases/{case_id}").get_data(as_text=True)


def manager_too(app: Flask) -> FlaskClient:
    """A second manager of the office."""
    with app.app_context(), database().transaction() as session:
        made = accounts.create_user(
            session, "manager2", name="管理人乙", org_code="370001", id_no="370102199201010037"
        )
        made.password_hash = identity.hash_password(PASSWORD)
        accounts.assign_role(session, made, "licence_manager", org_code="370001")
    client = app.test_client()
    log_in(client, "manager2")
    return client


def test_the_steps_to_jump_to_stand_by_process_and_can_be_searched(app: Flask) -> None:
    def way(name: str, *called: str) -> Way:
        target = Target("/".join((*called, name)), name, name, called)
        return Way(target, Preview((), (), ()), returning=False)

    ways = [way("审查"), *(way(f"环节{n}", "受理") for n in range(9))]
    with app.test_request_context():
        macro = app.jinja_env.get_template("components/moves.html").module.ways_field
        shown = str(macro(ways, {}))
        short = str(macro(ways[:1], {}))
    assert re.findall(r"<summary>(\S+) ", shown) == ["本流程", "受理"]
    assert "data-sift " in shown
    assert 'data-sifted="环节3 受理"' in shown
    assert "<summary>" not in short
    assert "data-sift " not in short


def test_a_handler_without_the_right_moves_nothing(app: Flask, as_: Clients, filed: Filed) -> None:
    case_id = case_of(app, filed())
    answer = post(as_("acceptor"), f"/cases/{case_id}/move/jump", to="review", reason="x")
    assert answer.status_code == 403
    assert [one.activity for one in open_tasks(app, case_id)] == ["accept"]


class TestApi:
    def call(self, client: FlaskClient, path: str, body: dict[str, object], **headers: str):
        token = csrf(client, "/inbox")
        return client.post(f"/api/v1{path}", json=body, headers={"X-CSRFToken": token, **headers})

    def test_targets_preview_and_return(self, app: Flask, as_: Clients, filed: Filed) -> None:
        case_id, review = in_review(app, as_, filed)
        client = as_("reviewer")
        path = f"/tasks/{review.id}/return"
        found = client.get(f"/api/v1{path}").get_json()["items"]
        assert [one["path"] for one in found] == ["accept"]
        preview = client.get(f"/api/v1{path}/preview?to=accept").get_json()
        assert preview["cancelled"] == []
        body = {"to": "accept", "reason": "照片不清", "straight": True}
        stale = self.call(client, path, body, **{"If-Match": '"99"'})
        assert stale.status_code == 409
        key = {"Idempotency-Key": f"return-{review.id}"}
        first = self.call(client, path, body, **key)
        assert first.status_code == 200, first.get_json()
        again = self.call(client, path, body, **key)
        assert again.get_json() == first.get_json()
        (task,) = open_tasks(app, case_id)
        assert first.get_json()["tasks"] == [str(task.id)]

    def test_reclaim(self, app: Flask, as_: Clients, filed: Filed) -> None:
        case_id, _review = in_review(app, as_, filed)
        with app.app_context(), database().transaction() as session:
            query = select(Opinion.task_id).where(
                Opinion.case_id == case_id, Opinion.action == "completed"
            )
            done = session.scalar(query)
        answer = self.call(as_("acceptor"), f"/tasks/{done}/reclaim", {"reason": "选错了"})
        assert answer.status_code == 200
        assert [one.activity for one in open_tasks(app, case_id)] == ["accept"]

    def test_jump_and_reopen(self, app: Flask, as_: Clients, filed: Filed) -> None:
        case_id, manager = case_of(app, filed()), as_("manager")
        jumped = self.call(
            manager, f"/cases/{case_id}/jump", {"to": "review", "reason": "上级批示"}
        )
        assert jumped.status_code == 200
        self.call(manager, f"/cases/{case_id}/terminate", {"reason": "撤件"})
        body = {"at": "accept", "reason": "新证据", "basis": "行政许可法第六十九条"}
        made = self.call(manager, f"/cases/{case_id}/reopen", body)
        assert made.status_code == 201
        assert made.get_json()["id"] != str(case_id)


def test_what_a_return_would_do_is_told_before_it_is_ordered(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    case_id, review = in_review(app, as_, filed)
    client = as_("reviewer")
    post(client, f"/tasks/{review.id}/claim")
    way = f"/tasks/{review.id}/return/outlook"
    told = post(client, way, to="accept", reason="照片不清").get_data(as_text=True)
    assert "受理" in told
    assert "游艇驾驶证受理人" in told
    assert [one.activity for one in open_tasks(app, case_id)] == ["review"]
    assert "note red" in post(client, way, to="accept").get_data(as_text=True)
    assert (
        post(client, f"/tasks/{review.id}/return", to="accept", reason="照片不清").status_code
        == 303
    )
    assert [one.activity for one in open_tasks(app, case_id)] == ["accept"]


def test_a_finished_case_is_archived_on_its_page(app, as_, filed):
    """B.2 归档."""
    manager, case_id = as_("manager"), case_of(app, filed())
    assert 'id="archive"' not in manager.get(f"/cases/{case_id}").get_data(as_text=True)
    post(manager, f"/cases/{case_id}/terminate", reason="申请人撤回")
    assert 'id="archive"' in manager.get(f"/cases/{case_id}").get_data(as_text=True)
    assert 'id="archive"' not in as_("acceptor").get(f"/cases/{case_id}").get_data(as_text=True)
    post(manager, f"/cases/{case_id}/archive")
    page = manager.get(f"/cases/{case_id}").get_data(as_text=True)
    assert all(words in page for words in ("已归档", "保管至", "SHA-256"))
    assert 'id="archive"' not in page
