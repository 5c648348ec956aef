"""A handler begins activities of an ad-hoc sub-process; nobody else does."""

import pytest

from engine import ids, repository, runtime
from engine.model import UserTask
from processes.model.cases import Case
from tests.engine.core.scenario import Node, user, xml
from web.database import database

KEY = "yacht_licence_ad_hoc"


@pytest.fixture
def case_id(deployed) -> str:
    box = Node(
        "adHocSubProcess",
        children="<completionCondition>=false</completionCondition>",
        nodes={
            "inspect": user(candidateGroups="x@000000"),
            "ask": user(candidateGroups="x@000000"),
        },
    )
    with deployed.app.app_context(), database().transaction() as session:
        files = {"m.bpmn": xml("start -> box -> end", key=KEY, box=box)}
        repository.deploy(session, files, by="test")
        number = str(ids.next_id())
        made = runtime.start(session, KEY, by="test", variables={}, business_key=number)
        # the store's observer made its case file
        session.get_one(Case, made.id).org_code = "370001"
        return str(made.id)


def test_a_handler_sees_what_may_be_begun_and_begins_it(app, caller, case_id):
    clerk = caller("acceptor")
    found = clerk.get(f"/cases/{case_id}/activities")
    assert found.status_code == 200, found.text
    offered = found.json["items"]
    assert [one["activity"] for one in offered] == ["inspect", "ask"]
    body = {"ad_hoc_id": offered[0]["ad_hoc_id"], "activity": "ask"}
    answer = clerk.post(f"/cases/{case_id}/activities", body, key=f"begin-{case_id}")
    again = clerk.post(f"/cases/{case_id}/activities", body, key=f"begin-{case_id}")
    assert (answer.status_code, again.status_code) == (200, 200)
    with app.extensions["banli_database"].read_session() as session:
        rows = session.query(UserTask).filter_by(instance_id=int(case_id)).all()
        assert [one.activity for one in rows] == ["ask"]


def test_what_is_not_offered_cannot_be_begun(caller, case_id):
    clerk = caller("acceptor")
    [first, *_] = clerk.get(f"/cases/{case_id}/activities").json["items"]
    body = {"ad_hoc_id": first["ad_hoc_id"], "activity": "end"}
    answer = clerk.post(f"/cases/{case_id}/activities", body)
    assert answer.status_code == 404
    assert clerk.post(f"/cases/{case_id}/activities", {"activity": "ask"}).status_code == 422


def test_an_applicant_begins_nothing(caller, case_id):
    assert caller("applicant").get(f"/cases/{case_id}/activities").status_code in (403, 404)
