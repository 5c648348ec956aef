"""Import of other tools' models: what is rewritten, what is refused by name, what is drawn."""

import pytest
from lxml import etree

from engine import compiler
from engine.errors import DeploymentRejected
from processes.casework import functions
from processes.importing import foreign, juel
from processes.importing.foreign import Imported

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HEAD = f"""<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:flowable="http://flowable.org/bpmn" id="d" targetNamespace="x">"""


def imported(body: str, *, process: str = "") -> Imported:
    functions.register()
    text = (
        f'{HEAD}<!-- a note --><bpmn:process id="p" isExecutable="true" {process}>'
        f'<bpmn:startEvent id="s"/>{body}<bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>'
    )
    return foreign.read(text.encode(), "given.bpmn")


def told(made: Imported) -> list[tuple[str, str]]:
    return [(one.before, one.after) for one in made.rewrites if "BPMNDI" not in one.before]


def task(inner: str = "", *, kind: str = "userTask", attributes: str = "") -> str:
    extension = f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""
    return (
        f'<bpmn:{kind} id="a" {attributes}>{extension}</bpmn:{kind}>'
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="a"/>'
        '<bpmn:sequenceFlow id="g" sourceRef="a" targetRef="e"/>'
    )


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (task(attributes='camunda:assignee="${boss}"'), 'assignmentDefinition assignee="=boss"'),
        (task(attributes='flowable:candidateGroups="a,b"'), 'candidateGroups="a,b"'),
        (task(attributes='camunda:dueDate="${due}"'), 'taskSchedule dueDate="=due"'),
        (task(attributes='camunda:formKey="embedded:app:forms/x.html"'), 'formId="x"'),
        (
            task(kind="serviceTask", attributes='camunda:type="external" camunda:topic="pay"'),
            'taskDefinition type="pay"',
        ),
        (
            task(
                kind="businessRuleTask",
                attributes='camunda:decisionRef="d" camunda:resultVariable="r"',
            ),
            'calledDecision decisionId="d" resultVariable="r"',
        ),
        (
            task(
                '<camunda:in source="x" target="y"/>',
                kind="callActivity",
                attributes='calledElement="sub"',
            ),
            'zeebe:input source="=x" target="y"',
        ),
        (
            task(
                '<camunda:inputOutput><camunda:inputParameter name="n">${a + 1}'
                "</camunda:inputParameter></camunda:inputOutput>"
            ),
            'zeebe:input source="=a + 1" target="n"',
        ),
        (
            task('<camunda:properties><camunda:property name="k" value="v"/></camunda:properties>'),
            "zeebe:property k=v",
        ),
    ],
)
def test_an_extension_with_a_counterpart_is_rewritten_and_passes_the_check(body, after):
    made = imported(body)

    assert any(after in said for _before, said in told(made)), told(made)
    assert made.refusals == ()
    assert [one for one in made.findings if one.severity == "error"] == []
    assert b"camunda:" not in made.content.replace(b"xmlns:camunda", b"")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (task(kind="serviceTask", attributes='camunda:class="x.Y"'), "Java 类"),
        (task(kind="serviceTask", attributes='camunda:delegateExpression="${b}"'), "Java 委托"),
        (task(kind="serviceTask", attributes='camunda:expression="${b.do()}"'), "Java 表达式"),
        (task('<camunda:executionListener class="x" event="end"/>'), "执行监听器"),
        (task('<camunda:taskListener class="x" event="create"/>'), "任务监听器"),
        (task("<camunda:connector/>", kind="serviceTask"), "连接器"),
        (task('<flowable:formProperty id="x"/>'), "表单字段"),
        (task(attributes='camunda:assignee="${users.first(x)}"'), "不能安全地译为 FEEL"),
        (task(attributes='camunda:unheardOf="1"'), 'camunda:unheardOf="1"'),
    ],
)
def test_what_has_no_counterpart_stays_and_is_refused_by_name(body, reason):
    made = imported(body)

    assert any(reason in one.reason and one.element == "a" for one in made.refusals)
    assert any(one.severity == "error" for one in made.findings)
    assert b"camunda:" in made.content or b"flowable:" in made.content


@pytest.mark.parametrize("language", ["javascript", "groovy", "python"])
def test_a_script_in_another_language_is_refused(language):
    script = (
        f'<bpmn:scriptTask id="a" scriptFormat="{language}"><bpmn:script>x</bpmn:script></bpmn:scriptTask>'
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="a"/>'
        '<bpmn:sequenceFlow id="g" sourceRef="a" targetRef="e"/>'
    )
    made = imported(script)

    assert any(f"脚本（{language}）" in one.reason for one in made.refusals)


def test_conditions_timers_and_loops_are_said_in_feel():
    made = imported(
        task(
            kind="userTask",
        ).replace(
            "></bpmn:userTask>",
            '><bpmn:multiInstanceLoopCharacteristics camunda:collection="${list}" camunda:elementVariable="one">'
            "<bpmn:completionCondition>${nrOfCompletedInstances == 2}</bpmn:completionCondition>"
            "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>"
            '<bpmn:boundaryEvent id="b" attachedToRef="a"><bpmn:timerEventDefinition>'
            "<bpmn:timeDuration>${wait}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
            '<bpmn:sequenceFlow id="h" sourceRef="b" targetRef="e"/>',
        )
    )

    assert ("${nrOfCompletedInstances == 2}", "=numberOfCompletedInstances = 2") in told(made)
    assert ("${wait}", "=wait") in told(made)
    assert any('inputCollection="=list" inputElement="one"' in after for _, after in told(made))
    assert [one for one in made.findings if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("source", "feel"),
    [
        ("${a == 1 && b != 'x'}", 'a = 1 and b != "x"'),
        ("${!done}", "not(done)"),
        ("${!(a or b)}", "not(a or b)"),
        ("${order.total ge 10}", "order.total >= 10"),
        ("#{a.b.c}", "a.b.c"),
        ("Nr ${no}/${year}", '"Nr " + string(no) + "/" + string(year)'),
        ("${list[0]}", None),
        ("${empty list}", None),
        ("${f(x)}", None),
        ("${a ? b : c}", None),
        ("${execution.id}", None),
        ("${a % 2}", None),
        ("${}", None),
    ],
)
def test_an_expression_is_translated_safely_or_not_at_all(source, feel):
    assert juel.to_feel(source) == feel


def test_settings_of_the_other_machinery_go_with_a_word_of_why():
    made = imported(
        task(attributes='camunda:asyncBefore="true"'), process='camunda:historyTimeToLive="5"'
    )

    assert ('asyncBefore="true"', "去除：由本引擎的等待点提交事务，不需要此设置") in told(made)
    assert any(before == 'historyTimeToLive="5"' for before, _after in told(made))


def test_missing_ids_are_given_and_told():
    made = imported(task().replace('id="f" ', ""))

    assert ("没有 id", 'id="sequenceFlow_1"') in told(made)
    assert [one for one in made.findings if one.code == "id_missing"] == []


def test_a_model_without_a_diagram_gets_one_with_every_node_and_flow():
    made = imported(
        task() + '<bpmn:subProcess id="sub"><bpmn:startEvent id="in"/></bpmn:subProcess>'
    )

    root = etree.fromstring(made.content)
    drawn = {node.get("bpmnElement") for node in root.iter("{*}BPMNShape", "{*}BPMNEdge")}
    assert {"s", "a", "e", "sub", "in", "f", "g"} <= drawn
    assert "<!-- a note -->" in made.content.decode()


def test_a_file_that_needs_nothing_comes_out_byte_for_byte():
    first = imported(task(attributes='name="A"')).content
    again = foreign.read(first, "p.bpmn")

    assert again.content == first
    assert again.rewrites == ()


def test_the_encoding_is_made_ours():
    text = f'<?xml version="1.0" encoding="GBK"?>{HEAD}<bpmn:process id="p" name="请假"/></bpmn:definitions>'
    made = foreign.read(text.encode("gbk"), "x.bpmn")

    assert made.rewrites[0].before == "编码 GBK"
    assert "请假" in made.content.decode("utf-8")
    assert compiler.check({"x.bpmn": made.content})[0].code == "not_executable"
    assert any("isExecutable" in one.reason for one in made.refusals)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<no", "不是合格的 XML"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "DOCTYPE"),
        (b'<?xml version="1.0" encoding="EBCDIC"?><x/>', "不支持的编码"),
        (b"\xff\x00bad", "不是它声明的编码"),
        (b"<x/>", "不是 BPMN 2.0 文件"),
    ],
)
def test_what_is_no_model_is_refused_in_one_sentence(content, says):
    with pytest.raises(DeploymentRejected) as caught:
        foreign.read(content, "x.bpmn")

    assert says in caught.value.message


@pytest.mark.parametrize(
    ("reference", "others", "element"),
    [
        ("formRef", "", "formDefinition"),
        ("decisionRef", 'camunda:resultVariable="r"', "calledDecision"),
    ],
)
def test_the_version_that_a_reference_is_bound_to_is_kept(reference, others, element):
    kind = "userTask" if reference == "formRef" else "businessRuleTask"
    bound = f'camunda:{reference}="x" camunda:{reference}Binding='
    for binding in ('"latest"', f'"versionTag" camunda:{reference}VersionTag="1.0"'):
        made = imported(task(kind=kind, attributes=f"{bound}{binding} {others}"))
        root = etree.fromstring(made.content)
        [found] = root.iter("{http://camunda.org/schema/zeebe/1.0}" + element)
        assert found.get("bindingType") == binding.split('"')[1]
        assert (found.get("versionTag") == "1.0") == (found.get("bindingType") == "versionTag")
    refused = imported(task(kind=kind, attributes=f'{bound}"version" {others}'))
    assert any("没有对应写法" in one for one in map(str, refused.refusals))


def test_the_version_of_a_called_process_is_kept():
    attributes = 'calledElement="q" camunda:calledElementBinding="deployment"'
    made = imported(task(kind="callActivity", attributes=attributes))
    assert b'bindingType="deployment"' in made.content
