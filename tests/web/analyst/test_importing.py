"""Importing another tool's model in the library: a draft, and the account of it."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.analyst.pages import Page, token_of

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="x">
<bpmn:process id="{key}" name="Invoice" isExecutable="true"><bpmn:startEvent id="s"/>
<bpmn:userTask id="a" camunda:assignee="${{boss}}"/><bpmn:serviceTask id="j" camunda:class="org.x.Pay"/><bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="a"/><bpmn:sequenceFlow id="g" sourceRef="a" targetRef="j"/>
<bpmn:sequenceFlow id="h" sourceRef="j" targetRef="e"/></bpmn:process></bpmn:definitions>"""
DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<decision id="brought_rule" name="资格"><variable id="v" name="资格"/><literalExpression id="l"><text>1 + 1</text>
</literalExpression></decision></definitions>"""


@pytest.fixture
def analyst(browsers: dict[str, FlaskClient]) -> FlaskClient:
    return browsers["analyst"]


def bring(client: FlaskClient, content: str, name: str) -> TestResponse:
    token = token_of(client.get("/analyst").get_data(as_text=True))
    data = {"csrf_token": token, "file": (BytesIO(content.encode()), name)}
    return client.post("/analyst/import", data=data, content_type="multipart/form-data")


def test_a_foreign_model_becomes_a_draft_with_its_account(analyst: FlaskClient) -> None:
    answer = bring(analyst, MODEL.format(key="brought_one"), "invoice.bpmn")

    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "已导入为草稿：brought_one" in html
    assert "zeebe:assignmentDefinition assignee=&#34;=boss&#34;" in html
    assert "Java 类（class）不能执行" in html
    number = int(html.split("/analyst/drafts/")[1].split('"')[0])
    draft = Page(analyst, number)
    assert 'camunda:class="org.x.Pay"' in draft.files["brought_one.bpmn"]
    assert "BPMNShape" in draft.files["brought_one.bpmn"]
    assert any(one["element"] == "j" for one in draft.findings())


def test_a_process_that_exists_is_never_touched(analyst: FlaskClient) -> None:
    first = bring(analyst, MODEL.format(key="brought_two"), "a.bpmn")
    again = bring(analyst, MODEL.format(key="brought_two"), "a.bpmn")

    assert first.status_code == 200
    assert again.status_code == 422
    assert "流程库中已有『brought_two』" in again.get_data(as_text=True)


def test_a_decision_becomes_the_draft_of_a_process_that_holds_it(analyst: FlaskClient) -> None:
    answer = bring(analyst, DECISION, "rule.dmn")

    number = int(answer.get_data(as_text=True).split("/analyst/drafts/")[1].split('"')[0])
    draft = Page(analyst, number)
    assert {"brought_rule.bpmn", "brought_rule.dmn"} <= draft.files.keys()


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("<no", "a.bpmn", "第 1 行：不是合格的 XML：第 4 列，"),
        ("hello", "a.txt", "请选择一个 .bpmn 或 .dmn 文件"),
        ("<x/>", "a.bpmn", "不是 BPMN 2.0 文件"),
    ],
)
def test_what_is_no_model_is_refused_in_the_dialog(
    analyst: FlaskClient, content: str, name: str, says: str
) -> None:
    answer = bring(analyst, content, name)

    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert says in html
    assert 'id="import" data-show' in html
