"""办理后会怎样 of any command: told by API with `Dry-Run`, and nothing is done (issue 4 §4)."""

import pytest

from tests.web.api.conftest import paths_that_name

DRY = {"Dry-Run": "true"}


@pytest.mark.parametrize(
    ("who", "command", "body", "wanted"),
    [
        ("acceptor", "tasks/{task}/claim", {}, {"status": "submitted", "finished": False}),
        ("manager", "cases/{id}/suspend", {"reason": "等待鉴定"}, {"status": "suspended"}),
        ("manager", "cases/{id}/terminate", {"reason": "申请人死亡"}, {"finished": True}),
    ],
)
def test_a_command_is_foretold_and_leaves_no_trace(caller, filed, who, command, body, wanted):
    filed_case, person = filed(), caller(who)
    command = "/" + command.format(**filed_case)
    path = command.rsplit("/", 1)[0]
    before = person.get(path)
    for _ in range(2):
        told = person.post(command, body, headers=DRY)
        assert told.status_code == 200, told.json
        assert told.json.items() >= wanted.items()
        assert told.json["kept"] is None
    after = person.get(path)
    assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])
    assert person.post(command, body).status_code == 200


def test_the_tasks_that_an_order_would_end_are_told(caller, filed):
    case, manager = filed(), caller("manager")
    told = manager.post(f"/cases/{case['id']}/terminate", {"reason": "撤销"}, headers=DRY).json
    assert told["ended"] == ["受理"], "the task that would be withdrawn"
    assert told["tasks"] == []


def test_what_would_be_refused_is_refused(caller, filed):
    case = filed()
    body = {"reason": "等待鉴定"}
    assert caller("stranger").post(
        f"/cases/{case['id']}/suspend", body, headers=DRY
    ).status_code in {403, 404}
    refused = caller("manager").post(f"/cases/{case['id']}/suspend", {}, headers=DRY)
    assert refused.status_code == 422
    stale = caller("manager").post(
        f"/cases/{case['id']}/suspend", body, headers={**DRY, "If-Match": '"999"'}
    )
    assert stale.status_code == 409


def test_a_key_given_with_a_dry_run_is_not_used_up(caller, filed):
    case, manager = filed(), caller("manager")
    path, keyed = f"/cases/{case['id']}/suspend", {"Idempotency-Key": "one-suspension"}
    body = {"reason": "等待鉴定"}
    assert manager.post(path, body, headers={**DRY, **keyed}).json["status"] == "suspended"
    done = manager.post(path, body, headers=keyed)
    assert done.json["status"] == "suspended"
    assert "tasks" not in done.json


def test_what_concerns_no_case_cannot_be_foretold(caller):
    body = {"process": "yacht_licence_api", "answers": {}}
    answer = caller("applicant").post("/cases", body, headers=DRY)
    assert answer.status_code == 400
    assert "Dry-Run" in answer.json["detail"]


def test_the_description_names_the_header(client):
    said = paths_that_name(client, "Dry-Run")
    assert {"/api/v1/cases/{case_id}/jump", "/api/v1/tasks/{task_id}/return"} <= said
    assert "/api/v1/cases" not in said
