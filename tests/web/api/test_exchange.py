"""External tasks, messages, definitions, instances and incidents through the API."""

import io
import zipfile

import pytest

from adapters import card_centre
from adapters._shared import signing
from adapters._shared.signing import SharedKey, Subject
from adapters.registry import Adapters
from processes.background.worker import JobWorker
from processes.model.cases import Case
from web.api import wire
from web.database import database

FOLDER_KEY = "yacht_licence_api"


@pytest.fixture
def accepted(caller, filed):
    """A case that waits for the work of a program outside."""
    case = filed()
    done = caller("acceptor").post(
        f"/tasks/{case['task']}/complete", {"answers": {"decision": "accept"}}
    )
    assert done.status_code == 200
    return case


def fetch(worker, case):
    """The work of this case; whatever else is due is left under its lease."""
    for _round in range(50):
        got = worker.post(
            "/external-tasks/acquire", {"topics": ["outside.print"], "limit": 20}
        ).json["items"]
        for one in got:
            if one["business_key"] == case["reference"]:
                return one
        if not got:
            break
    raise AssertionError("the work was not given out")


def status(app, case):
    with app.app_context(), database().read_session() as session:
        return session.get_one(Case, int(case["id"])).step


def test_work_is_fetched_done_and_the_reply_ends_the_case(app, caller, accepted):
    worker = caller("manager", "worker:outside.print", "message:outside_reply")

    work = fetch(worker, accepted)
    done = worker.post(
        f"/external-tasks/{work['id']}/complete",
        {"fencing": work["fencing"], "variables": {"serial": "S1"}},
    )
    reply = {
        "id": f"r-{accepted['id']}",
        "name": "outside_reply",
        "correlation_key": accepted["reference"],
        "variables": {"ok": True},
    }
    first, copy = worker.post("/messages", reply), worker.post("/messages", reply)

    assert work["variables"] == {"holder": accepted["name"]}
    assert done.json == {"kind": "completed"}
    assert (first.status_code, first.json) == (202, {"kind": "delivered"})
    assert copy.json == {"kind": "duplicate"}
    instance = caller("acceptor").get(f"/instances/{accepted['id']}").json
    assert instance["status"] == "completed"
    types = [
        event["type"]
        for event in caller("acceptor").get(f"/instances/{accepted['id']}/history").json["items"]
    ]
    assert types[0] == "instance.started"
    assert "message.correlated" in types


def test_an_answer_without_the_lease_changes_nothing(caller, accepted):
    worker, other = (
        caller("manager", "worker:outside.print"),
        caller("admin", "worker:outside.print"),
    )
    work = fetch(worker, accepted)
    path = f"/external-tasks/{work['id']}/complete"

    assert other.post(path, {"fencing": work["fencing"]}).status_code == 404
    stale = worker.post(path, {"fencing": work["fencing"] + 1, "variables": {"serial": "x"}})
    done = worker.post(path, {"fencing": work["fencing"], "variables": {"serial": "x"}})
    late = worker.post(path, {"fencing": work["fencing"], "variables": {"serial": "y"}})

    assert (stale.status_code, stale.json["code"]) == (409, "task_not_active")
    assert done.status_code == 200
    assert late.status_code in (404, 409)


def test_a_business_error_is_caught_by_the_model(caller, accepted):
    worker = caller("manager", "worker:outside.print")
    work = fetch(worker, accepted)

    thrown = worker.post(
        f"/external-tasks/{work['id']}/bpmn-error",
        {"fencing": work["fencing"], "code": "paper_jam"},
    )

    assert thrown.json == {"kind": "thrown"}
    assert caller("acceptor").get(f"/instances/{accepted['id']}").json["status"] == "completed"


def test_a_final_failure_is_an_incident_that_an_operator_retries(caller, accepted):
    worker, admin = caller("manager", "worker:outside.print"), caller("admin")
    work = fetch(worker, accepted)

    failed = worker.post(
        f"/external-tasks/{work['id']}/failure",
        {"fencing": work["fencing"], "message": "制证机故障", "final": True},
    )
    found = [
        one for one in admin.get("/incidents").json["items"] if one["instance_id"] == accepted["id"]
    ]
    retried = admin.post(f"/incidents/{found[0]['id']}/retry")

    assert failed.status_code == 200
    assert found[0]["message"] == "制证机故障"
    assert retried.json == {"kind": "retried"}
    assert admin.post(f"/incidents/{found[0]['id']}/retry").status_code == 404
    assert fetch(worker, accepted)["id"] == work["id"]


def test_a_lease_can_be_extended(caller, accepted):
    worker = caller("manager", "worker:outside.print")
    work = fetch(worker, accepted)

    answer = worker.post(
        f"/external-tasks/{work['id']}/lease", {"fencing": work["fencing"], "lease_seconds": 600}
    )

    assert answer.json == {"kind": "extended"}


@pytest.mark.parametrize("scopes", [("api",), ("worker:other",), ("message:outside_reply",)])
def test_a_topic_is_given_out_only_to_a_token_that_names_it(caller, scopes):
    answer = caller("manager", *scopes).post(
        "/external-tasks/acquire", {"topics": ["outside.print"]}
    )

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


def test_a_message_needs_a_token_that_names_it(caller):
    body = {"id": "1", "name": "outside_reply", "correlation_key": "x"}

    assert caller("manager").post("/messages", body).status_code == 403


def test_a_token_for_work_opens_nothing_else(caller):
    assert caller("acceptor", "worker:outside.print").get("/tasks").status_code == 403


@pytest.mark.parametrize(
    "variables",
    [{"@": "date", "v": "x"}, {"a": {"@x": 1}}, {"a": "长" * 20_001}, {"a": list(range(501))}],
    ids=["tag", "nested tag", "long text", "long table"],
)
def test_a_result_that_may_be_no_variable_is_refused_by_its_path(caller, accepted, variables):
    worker = caller("manager", "worker:outside.print")
    work = fetch(worker, accepted)

    answer = worker.post(
        f"/external-tasks/{work['id']}/complete",
        {"fencing": work["fencing"], "variables": variables},
    )

    assert (answer.status_code, answer.json["code"]) == (422, "variables_invalid")


KEY = b"a key of both sides"


@pytest.fixture
def centre(deployed, monkeypatch):
    """Posts what an outer centre would, with or without a good signature."""
    channel = card_centre.create({"URL": "http://127.0.0.1:9", "KEY": KEY.decode()})
    adapters = Adapters(channels={"card_centre": channel})
    monkeypatch.setitem(deployed.app.extensions, "banli_adapters", adapters)
    client = deployed.app.test_client()

    def post(envelope, *, key=KEY):
        body = wire.dumps(envelope).encode()
        subject = Subject("message", "/api/channels/card_centre")
        headers = signing.sign(subject, body, keys=SharedKey("card_centre", key))
        return client.post("/api/channels/card_centre", data=body, headers=headers)

    return post


def posted(**change):
    body = {"card_order_no": "Y9-01", "reasons": ["照片不清"]}
    envelope = {"message_id": "c-1", "name": "card_order_rejected", "correlation_key": "Y9-01"}
    return {**envelope, "body": body, **change}


def test_a_signed_callback_counts_once(centre):
    first, copy = centre(posted()), centre(posted())

    assert (first.status_code, first.json) == (202, {"kind": "buffered"})
    assert (copy.status_code, copy.json) == (202, {"kind": "duplicate"})


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({}, b"the key of somebody else", "报文签名不正确"),
        ({"name": "approve_case"}, KEY, "不能发送『approve_case』报文"),
        ({"correlation_key": "Y8-01"}, KEY, "制证单号与关联号不一致"),
    ],
)
def test_a_callback_that_is_not_right_is_refused_in_words(centre, change, key, words):
    answer = centre(posted(message_id="c-2", **change), key=key)

    assert (answer.status_code, answer.json["code"]) == (403, "message_refused")
    assert words in answer.json["detail"]


def test_an_unknown_channel_is_not_found(client):
    assert client.post("/api/channels/nobody", data=b"{}").status_code == 404


def test_the_worker_of_the_product_leaves_topics_to_programs_outside(app, caller, accepted):
    job_worker = JobWorker(
        transact=app.extensions["banli_database"].run, owner="test", remote=("outside.print",)
    )
    job_worker.drain()

    assert fetch(caller("manager", "worker:outside.print"), accepted)["retries"] == 3


def test_definitions_versions_model_and_form(caller):
    admin = caller("admin")

    found = next(
        d for d in admin.get("/definitions").json["items"] if d["key"] == "yacht_licence_api"
    )
    path = f"/definitions/{found['id']}"

    assert admin.get("/definitions/by-key/yacht_licence_api").json["items"][0] == found
    assert admin.get("/definitions/by-key/nothing").status_code == 404
    assert admin.get(path).json == found
    assert admin.get(f"{path}/model").data.startswith(b"<?xml")
    assert admin.get(f"{path}/forms/form_api_apply").json["title"] == "申请"
    assert admin.get(f"{path}/forms/none").status_code == 404
    assert caller("acceptor").get("/definitions").status_code == 403


def test_a_suspended_version_cannot_be_started(caller):
    admin, body = caller("admin"), {"process": "yacht_licence_api", "answers": {}}
    found = admin.get("/definitions/by-key/yacht_licence_api").json["items"][0]
    path = f"/definitions/{found['id']}/suspension"

    held = admin.post(path, {"suspended": True, "reason": "检查"})
    refused = caller("applicant").post("/cases", body)
    freed = admin.post(path, {"suspended": False, "reason": "检查完"})

    assert held.json["suspended"]
    assert refused.status_code == 404
    assert not freed.json["suspended"]


def packed(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_bpmn", ".bpmn"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no zip", "上传的文件不是有效的 zip 压缩包"),
        (packed(readme="x"), "其中没有流程图（.bpmn）或决策表（.dmn）"),
        (packed(x_bpmn="no xml"), ""),
        (packed(x_bpmn='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), ""),
    ],
    ids=["no zip", "no model", "no xml", "doctype"],
)
def test_the_check_of_a_bundle_tells_what_is_wrong(caller, content, message):
    answer = caller("admin").post(
        "/definitions/check/x", data=content, content_type="application/zip"
    )

    assert answer.status_code == 200
    errors = [f for f in answer.json["items"] if f["severity"] == "error"]
    assert errors
    assert errors[0]["message"].startswith(message)


def test_variables_in_clear_need_the_right_and_are_recorded(app, caller, filed):
    case = filed()

    seen = caller("acceptor").get(f"/instances/{case['id']}/variables")
    refused = caller("admin").get(f"/instances/{case['id']}/variables")

    assert seen.json["variables"]["id_no"] == "11010519491231002X"
    assert refused.status_code in (403, 404)


def test_an_operator_sees_where_an_instance_stands_and_not_what_is_in_it(caller, filed):
    case, admin = filed(), caller("admin")

    assert admin.get(f"/instances/{case['id']}").json["status"] == "active"
    page = admin.get("/instances?process=yacht_licence_api&limit=1").json
    assert len(page["items"]) == 1
    assert admin.get(f"/cases/{case['id']}").status_code == 404
    assert admin.get(f"/instances/{case['id']}/history").status_code == 403
    stands = {"activity": "accept", "state": "started"}
    assert stands in admin.get(f"/instances/{case['id']}/steps").json["items"]
    assert caller("stranger").get(f"/instances/{case['id']}/steps").status_code == 404
    assert caller("stranger").get(f"/instances/{case['id']}/history").status_code == 404


def test_a_case_is_found_urged_held_and_ended(caller, filed):
    case, manager = filed(), caller("manager")

    found = caller("acceptor").get(f"/cases?text={case['reference']}").json["items"]
    early = caller("applicant").post(f"/cases/{case['id']}/urge")
    held = manager.post(f"/cases/{case['id']}/suspend", {"reason": "核查"})
    freed = manager.post(f"/cases/{case['id']}/resume", {"reason": "核查完"})
    ended = manager.post(f"/cases/{case['id']}/terminate", {"reason": "申请人死亡"})

    assert [one["id"] for one in found] == [case["id"]]
    assert early.status_code == 403
    assert (held.status_code, freed.status_code) == (200, 200)
    assert (ended.json["status"], ended.json["outcome"]) == ("cancelled", "terminated")
    assert manager.post(f"/cases/{case['id']}/suspend", {"reason": ""}).status_code == 422
    assert (
        caller("acceptor").post(f"/cases/{case['id']}/suspend", {"reason": "x"}).status_code == 403
    )


def test_what_an_applicant_may_apply_for_comes_with_its_form(caller):
    items = caller("applicant").get("/cases/services").json["items"]

    offered = next(one for one in items if one["process"] == "yacht_licence_api")
    assert offered["form"]["required"] == ["org", "name", "id_no"]
    assert "verdict" not in offered["form"]["properties"]
