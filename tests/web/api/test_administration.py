"""Administration by API: organisations, roles, jobs, services, drafts, ledgers, notices."""

import pytest

from processes.casefile import notices
from processes.casefile.notices import Notice
from processes.people import accounts
from tests.web.api.test_surroundings import bundle
from web.database import database


@pytest.fixture
def analyst(app, deployed):
    with app.app_context(), database().transaction() as session:
        account = accounts.create_user(
            session, "drawing", name="流程分析员", org_code="370001", id_no="110101199003070142"
        )
        accounts.assign_role(session, account, "process_analyst", org_code="370001")
        deployed.ids["drawing"] = account.id
    return "drawing"


BRANCH = {"name": "威海海事局", "kind": "msa_branch", "region_code": "371000"}


def test_an_organisation_is_added_changed_and_taken_out_of_use(caller):
    admin = caller("admin")
    made = admin.post("/organisations", {"org_code": "371009", "parent_code": "370001", **BRANCH})
    assert made.status_code == 201, made.json
    assert made.json["parent_code"] == "370001"
    path = "/organisations/371009"
    changed = admin("PUT", path, {**BRANCH, "name": "威海海事局（新）", "parent_code": "370001"})
    assert changed.json["name"] == "威海海事局（新）"
    assert admin.post(f"{path}/status", {"active": False}).json["status"] == "closed"
    assert admin.post(f"{path}/status", {"active": True}).json["status"] == "active"
    listed = [one["org_code"] for one in admin.get("/organisations").json["items"]]
    assert "371009" in listed


def test_nothing_outside_the_own_tree_is_there(caller):
    admin = caller("admin")
    body = {**BRANCH, "parent_code": "320002"}
    refused = admin.post("/organisations", {"org_code": "320009", **body})
    assert refused.status_code in {404, 422}
    assert admin("PUT", "/organisations/320002", body).status_code == 404
    assert admin.post("/organisations/320002/status", {"active": False}).status_code == 404
    assert caller("acceptor").post("/organisations", {}).status_code == 403


def test_an_organisation_without_a_parent_is_refused_by_its_field(caller):
    refused = caller("admin").post("/organisations", {"org_code": "371008", **BRANCH})
    assert refused.status_code == 422
    assert "请选择上级机构" in refused.json["detail"]


def test_roles_are_told_with_their_names(caller):
    found = {one["role"]: one for one in caller("admin").get("/roles").json["items"]}
    assert found["licence_acceptor"]["name"]
    assert found["licence_acceptor"]["name_en"]
    assert caller("acceptor").get("/roles").status_code == 403


def test_jobs_services_and_where_cases_stand_are_told_to_operators(caller, filed):
    filed()
    admin = caller("admin")
    assert admin.get("/operations/jobs?kind=timer&limit=5").status_code == 200
    assert admin.get("/operations/jobs?kind=dance").status_code == 422
    services = admin.get("/operations/services").json
    assert set(services) == {"departments", "topics", "workers"}
    assert admin.post("/operations/services/nowhere/probe").status_code == 404
    latest = admin.get("/definitions/by-key/yacht_licence_api").json["items"][0]
    standing = admin.get(f"/definitions/{latest['id']}/tokens").json["items"]
    assert sum(standing.values()) >= 1
    for path in ("jobs", "services"):
        assert caller("acceptor").get(f"/operations/{path}").status_code == 403


def test_a_draft_is_read_recalled_and_discarded_by_its_author(caller, analyst):
    author = caller(analyst)
    headers = {"Content-Type": "application/zip"}
    made = author("POST", "/definitions/drafts/draft_of_api", data=bundle(), headers=headers)
    assert made.status_code == 201, made.json
    path = f"/drafts/{made.json['id']}"
    read = author.get(path)
    assert read.headers["ETag"] == f'"{read.json["revision"]}"'
    assert any(name.endswith(".bpmn") for name in read.json["files"])
    stale = author.post(f"{path}/discard", headers={"If-Match": '"99"'})
    assert stale.status_code == 409
    assert caller("acceptor").get(path).status_code == 403
    assert author.post(f"{path}/discard").json["status"] == "withdrawn"
    assert author.post(f"{path}/recall").status_code == 409


def test_ledgers_show_the_records_of_the_own_organisations(caller):
    acceptor = caller("acceptor")
    found = acceptor.get("/registers")
    assert found.status_code == 200
    for one in found.json["items"]:
        page = acceptor.get(f"/registers/{one['register']}?limit=1")
        assert page.status_code == 200, page.json
    assert acceptor.get("/registers/nothing").status_code == 404
    assert acceptor.post("/registers/blank_item", {"answers": {}}).status_code == 404
    assert caller("applicant").get("/registers").status_code == 403


def test_a_person_reads_the_own_notices_and_nobody_elses(app, caller, deployed):
    with app.app_context(), database().transaction() as session:
        [sent] = notices.send(
            session, [deployed.ids["acceptor"]], Notice(kind="test", title="催办", body="请办理")
        )
        number = sent.id
    acceptor = caller("acceptor")
    box = acceptor.get("/notices").json
    assert box["unread"] >= 1
    assert box["items"][0]["title"] == "催办"
    assert caller("stranger").post(f"/notices/{number}/read").status_code == 404
    assert acceptor.post(f"/notices/{number}/read").json["status"] == "read"
    assert acceptor.get("/notices").json["unread"] == box["unread"] - 1
