"""If-Match: a write is done to what the caller has seen, or not at all."""

import pytest

from tests.web.api.conftest import paths_that_name

ACCEPT = {"answers": {"decision": "accept"}}


def older(tag):
    return {"If-Match": f'"{int(tag.strip(chr(34))) - 1}"'}


@pytest.mark.parametrize(
    ("who", "kind", "command", "body"),
    [
        ("acceptor", "tasks", "claim", {}),
        ("manager", "cases", "suspend", {"reason": "等待鉴定"}),
        ("manager", "cases", "terminate", {"reason": "申请人死亡"}),
    ],
)
def test_any_write_at_an_old_revision_does_nothing(caller, filed, who, kind, command, body):
    filed_case, person = filed(), caller(who)
    path = f"/{kind}/{filed_case['task' if kind == 'tasks' else 'id']}"
    before = person.get(path)

    refused = person.post(f"{path}/{command}", body, headers=older(before.headers["ETag"]))
    after = person.get(path)
    done = person.post(f"{path}/{command}", body, headers={"If-Match": before.headers["ETag"]})

    assert refused.status_code == 409
    assert "已有变化" in refused.json["detail"]
    assert after.json == before.json
    assert done.status_code == 200
    assert person.get(path).headers["ETag"] != before.headers["ETag"]


def test_a_stranger_learns_nothing_from_a_revision(caller, filed):
    path, stranger = f"/tasks/{filed()['task']}/claim", caller("stranger")

    answer = stranger.post(path, {}, headers={"If-Match": '"99"'})

    assert answer.status_code == 404
    assert "revision" not in answer.json


def test_a_write_without_a_revision_to_compare_refuses_the_header(caller):
    body = {"process": "yacht_licence_api", "answers": {}}
    answer = caller("applicant").post("/cases", body, headers={"If-Match": '"1"'})

    assert answer.status_code == 400
    assert "If-Match" in answer.json["detail"]


def test_the_description_names_the_header_wherever_it_is_compared(client):
    said = paths_that_name(client, "If-Match")
    assert all("{task_id}" in p or "{case_id}" in p or "{draft_id}" in p for p in said)
    assert "/api/v1/cases/{case_id}/suspend" in said
