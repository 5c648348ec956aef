"""Errors of a running model: incidents with element, expression, place and names, for the admin."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import runtime
from engine.model import Incident
from processes.casework import monitor
from processes.identity.identity import User
from processes.modelling import bundle, deployment
from tests.web.conftest import csrf
from web.database import database

Clients = Callable[[str], FlaskClient]
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="n">\n'
)
SCRIPT = (
    '<scriptTask id="work" name="计算"><extensionElements>'
    '<zeebe:script expression="={text}" resultVariable="r"/></extensionElements>'
    "<incoming>f1</incoming><outgoing>f2</outgoing></scriptTask>"
)
RULE = (
    '<businessRuleTask id="work" name="判定"><extensionElements>'
    '<zeebe:calledDecision decisionId="must_match" resultVariable="r"/></extensionElements>'
    "<incoming>f1</incoming><outgoing>f2</outgoing></businessRuleTask>"
)
GATE = (
    '<exclusiveGateway id="work" name="是否同意" default="f2"><incoming>f1</incoming>'
    "<outgoing>f2</outgoing><outgoing>f3</outgoing></exclusiveGateway>"
)
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
<decision id="must_match" name="年龄段"><extensionElements><zeebe:properties>
<zeebe:property name="match" value="required"/></zeebe:properties></extensionElements>
<variable name="must_match"/><decisionTable hitPolicy="UNIQUE">
<input id="i1" label="年龄"><inputExpression typeRef="number"><text>age</text></inputExpression></input>
<output id="o1" name="grade"/>
<rule id="r1"><inputEntry><text>&lt; 18</text></inputEntry><outputEntry><text>"young"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def model(key: str, work: str, more: str = "") -> bytes:
    text = (
        f'{HEAD}<process id="{key}" name="求值" isExecutable="true">\n'
        '<startEvent id="start"><outgoing>f1</outgoing></startEvent>\n'
        f"{work}\n"
        f'<endEvent id="end"><incoming>f2</incoming>{"<incoming>f3</incoming>" if more else ""}</endEvent>\n'
        '<sequenceFlow id="f1" sourceRef="start" targetRef="work"/>\n'
        f'<sequenceFlow id="f2" sourceRef="work" targetRef="end"/>{more}</process></definitions>'
    )
    return text.encode()


def stuck(app: Flask, key: str, files: dict[str, bytes], **variables: Any) -> tuple[str, dict]:
    """The one incident of a process started with these variables: its message and details."""

    def begin(session: Any) -> int:
        deployment.deploy(session, bundle.make(files, source=key), by="system")
        here = {"org": "370001", **variables}
        made = runtime.start(session, key, by="system", variables=here, business_key=key)
        return int(made.id)

    with app.app_context():
        instance = database().run(begin)
        with database().read_session() as session:
            query = select(Incident).where(Incident.instance_id == instance)
            found = session.scalars(query).one()
            return found.message, {"activity": found.activity, **found.details}


CASES = {
    "sample_gate_number": (
        model(
            "sample_gate_number",
            GATE,
            '<sequenceFlow id="f3" sourceRef="work" targetRef="end">'
            '<conditionExpression xsi:type="tFormalExpression">=score + 1</conditionExpression></sequenceFlow>',
        ),
        {"score": 5},
        {"expression": "score + 1", "names": "score"},
        "结果应为 true 或 false，实为数字",
    ),
    "sample_missing_name": (
        model(
            "sample_missing_name",
            GATE,
            '<sequenceFlow id="f3" sourceRef="work" targetRef="end">'
            '<conditionExpression xsi:type="tFormalExpression">=certificate.status = "valid" and unknown_name</conditionExpression></sequenceFlow>',
        ),
        {"certificate": {"status": "valid"}},
        {"names": "certificate、unknown_name"},
        "第 1 行第 34 列：找不到变量『unknown_name』",
    ),
    "sample_no_match": (
        model("sample_no_match", RULE),
        {"age": 40},
        {"names": "年龄"},
        "决策表『年龄段』：没有匹配的规则（输入：年龄）",
    ),
    "sample_endless": (
        model("sample_endless", SCRIPT.format(text="for i in 1..100000, j in 1..100000 return i")),
        {},
        {"names": ""},
        "步",
    ),
}


@pytest.mark.parametrize("key", CASES)
def test_a_failing_expression_is_an_incident_that_says_where_and_why(
    app: Flask, as_: Clients, key: str
) -> None:
    content, variables, details, words = CASES[key]
    files = {f"{key}.bpmn": content}
    if key == "sample_no_match":
        files["must_match.dmn"] = TABLE.encode()

    message, found = stuck(app, key, files, **variables)

    assert words in message
    assert found["activity"] == "work"
    assert found.items() >= details.items()
    assert "Traceback" not in json.dumps(found)
    page = as_("admin").get("/operations").get_data(as_text=True)
    assert words.split("『")[0] in page
    assert 'title="work">' in page
    assert ">work<" not in page
    assert details["names"] in page
    assert "Traceback" not in page
    assert "NoneType" not in page


def test_an_operator_sees_and_retries_incidents_of_the_own_agency_alone(
    app: Flask, as_: Clients
) -> None:
    """Rule 22: what belongs to another agency is not there."""
    key = "sample_other_agency"
    content = model(key, SCRIPT.format(text="for i in 1..100000, j in 1..100000 return i"))
    stuck(app, key, {f"{key}.bpmn": content}, org="000001")
    with app.app_context(), database().read_session() as session:
        incident = session.scalars(select(Incident.id).order_by(Incident.id.desc())).first()

    assert f"/incidents/{incident}/" not in as_("admin").get("/operations").get_data(as_text=True)
    assert as_("admin").get("/operations/jobs").status_code == 200
    admin = as_("admin")
    data = {"csrf_token": csrf(admin, "/operations")}
    refused = admin.post(f"/operations/incidents/{incident}/retry", data=data)
    assert refused.status_code == 404
    with app.app_context(), database().read_session() as session:
        roles = (("system_admin", "000001"),)
        paths = (("000001", "/000001/"),)
        top = User(id=1, login="top", name="", kind="staff", roles=roles, paths=paths)
        found, _following = monitor.incidents(session, by=top)
        assert incident in {one.id for one in found}
