"""Programs look at and order the migration of running cases (version safety)."""

import pytest
from sqlalchemy import select

from engine import ids, repository, runtime
from engine.model import UserTask
from tests.engine.core.scenario import user, xml
from web.database import database

KEY = "yacht_licence_migrating"
ORDER = {"source": 1, "target": 2}


@pytest.fixture(scope="module")
def case_id(deployed) -> str:
    """A case on the first of two versions; the second calls its step by another id."""
    group = "licence_reviewer@370001"
    with deployed.app.app_context(), database().transaction() as session:
        first = xml("start -> a -> end", key=KEY, a=user(candidateGroups=group))
        repository.deploy(session, {"m.bpmn": first}, by="test")
        facts = {"org": "370001", "case_title": "某项许可"}
        number = str(ids.next_id())
        made = runtime.start(session, KEY, by="test", variables=facts, business_key=number)
        second = xml("start -> b -> end", key=KEY, b=user(candidateGroups=group))
        repository.deploy(session, {"m.bpmn": second}, by="test")
        return str(made.id)


def at(app, case_id: str) -> set[str]:
    with app.app_context(), database().transaction() as session:
        query = select(UserTask.activity).where(UserTask.instance_id == int(case_id))
        return set(session.scalars(query))


def test_the_preview_tells_why_a_case_cannot_be_moved(app, caller, case_id):
    found = caller("admin").post(f"/definitions/by-key/{KEY}/migration/preview", ORDER)
    assert found.status_code == 200, found.text
    (line,) = found.json["lines"]
    assert (line["movable"], line["case_id"]) == (False, case_id)
    assert line["problems"][0]["element"] == "a"
    assert at(app, case_id) == {"a"}


def test_a_case_is_moved_once_with_a_reason(app, caller, case_id):
    path = f"/definitions/by-key/{KEY}/migration/{case_id}"
    admin, order = caller("admin"), {**ORDER, "mapping": {"a": "b"}, "reason": "法规修订"}
    refused = admin.post(path, {**ORDER, "reason": "法规修订"}, key="move-0")
    assert refused.status_code == 422, refused.text
    assert caller("reviewer").post(path, order, key="move-1").status_code == 403
    for _again in range(2):
        done = admin.post(path, order, key="move-2")
        assert done.status_code == 200, done.text
        assert done.json["placed"][0]["to"] == "b"
    assert at(app, case_id) == {"b"}
