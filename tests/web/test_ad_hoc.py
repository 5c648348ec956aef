"""A clerk begins activities of an ad-hoc sub-process on the page of the case."""

import re

import pytest

from engine import ids, repository, runtime
from processes.model.cases import Case
from tests.engine.core.scenario import Node, user, xml
from tests.web.conftest import csrf
from web.database import database

KEY = "yacht_licence_begun_by_hand"


@pytest.fixture
def case_id(app) -> int:
    box = Node(
        "adHocSubProcess",
        children="<completionCondition>=false</completionCondition>",
        nodes={"inspect": user(candidateGroups="licence_acceptor@370001")},
    )
    with app.app_context(), database().transaction() as session:
        files = {"m.bpmn": xml("start -> box -> end", key=KEY, box=box)}
        repository.deploy(session, files, by="test")
        number = str(ids.next_id())
        made = runtime.start(session, KEY, by="test", variables={}, business_key=number)
        session.get_one(Case, made.id).org_code = "370001"
        return int(made.id)


def _offered(client, case_id: int) -> list[str]:
    text = client.get(f"/cases/{case_id}").get_data(as_text=True)
    return re.findall(r'name="activity" value="(\d+:\w+)"', text)


def test_what_may_be_begun_stands_on_the_page_and_is_begun_there(as_, case_id):
    clerk = as_("acceptor")
    [chosen] = _offered(clerk, case_id)
    path = f"/cases/{case_id}"
    token = csrf(clerk, path)
    answer = clerk.post(f"{path}/activities", data={"activity": chosen, "csrf_token": token})
    assert answer.status_code == 303
    text = clerk.get(path).get_data(as_text=True)
    assert "已启动" in text
    assert "inspect" in text


def test_who_does_not_handle_the_case_is_offered_nothing(as_, case_id):
    assert as_("stranger").get(f"/cases/{case_id}").status_code == 404


def test_what_is_not_offered_is_refused_in_words(as_, case_id):
    clerk = as_("acceptor")
    path = f"/cases/{case_id}"
    token = csrf(clerk, path)
    for chosen in ("1:inspect", "nothing"):
        answer = clerk.post(f"{path}/activities", data={"activity": chosen, "csrf_token": token})
        assert answer.status_code == 404
