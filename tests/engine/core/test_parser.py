"""Bad files: each fault is a finding with element and line, none is a stack trace."""

import pytest

from engine import compiler, limits, parser
from engine.errors import DeploymentRejected
from tests.engine.core.scenario import HEAD, Node, condition, event, gateway, link, user, xml

GOOD = xml("start -> a -> end")


def codes(data: bytes) -> set[str]:
    return {found.code for found in compiler.check({"m.bpmn": data}) if found.severity == "error"}


def findings(data: bytes):
    return [found for found in compiler.check({"m.bpmn": data}) if found.severity == "error"]


def inside(body: str, roots: str = "") -> bytes:
    return (
        f'{HEAD}{roots}<process id="p" isExecutable="true"><startEvent id="s"/>{body}</process></definitions>'
    ).encode()


def test_a_good_file_has_no_findings_but_names():
    assert codes(GOOD) == set()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml_broken"),
        (b"no xml at all", "xml_broken"),
        (b"<a><b></a>", "xml_broken"),
        (b'<!DOCTYPE x [<!ENTITY e "v">]><x>&e;</x>', "xml_doctype"),
        (b'<?xml version="1.0"?>\n<!-- c -->\n<!DOCTYPE x>\n<x/>', "xml_doctype"),
        (b'<?xml version="1.0" encoding="gb2312"?><x/>', "xml_encoding"),
        ("<x>办理</x>".encode("gb18030"), "xml_encoding"),
        (b"<x>" + b" " * limits.MODEL_BYTES + b"</x>", "xml_too_large"),
        (b"<x>" + b"<y/>" * limits.MODEL_XML_ELEMENTS + b"</x>", "xml_too_many_elements"),
        (b"<x/>", "not_bpmn"),
    ],
)
def test_what_is_no_model_is_refused_with_one_finding(data, code):
    found = findings(data)
    assert [one.code for one in found] == [code]
    assert found[0].file == "m.bpmn"


def test_an_entity_is_never_expanded():
    bomb = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    with pytest.raises(DeploymentRejected):
        parser.parse(bomb, "m.bpmn")


def test_ids_are_names_unique_and_not_reserved():
    assert "id_twice" in codes(GOOD.replace(b'id="a"', b'id="end"'))
    assert "id_form" in codes(GOOD.replace(b'id="a"', b'id="1 a"'))
    assert "id_reserved" in codes(GOOD.replace(b'id="a"', b'id="Start"'))
    assert "id_missing" in codes(inside("<userTask/>"))


def test_names_have_no_invisible_characters():
    for hidden in ("\u200b", "\u202e", "\ufeff"):
        assert "name_characters" in codes(GOOD.replace(b'name="a"', f'name="a{hidden}"'.encode()))


def test_dangling_references_are_named():
    found = findings(GOOD.replace(b'targetRef="a"', b'targetRef="nowhere"'))
    assert "reference_dangling" in {one.code for one in found}
    assert any("nowhere" in one.message and one.element == "f0" and one.line for one in found)
    assert "message_missing" in codes(
        xml("start -> m -> end", m=event("catch", '<messageEventDefinition messageRef="x"/>'))
    )
    assert "error_missing" in codes(
        xml("start -> m", m=event("end", '<errorEventDefinition errorRef="x"/>'))
    )


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("subChoreography", "编排子流程"),
        ("callChoreography", "编排"),
    ],
)
def test_a_construct_that_is_not_executed_is_refused_by_name(kind, word):
    found = findings(inside(f'<{kind} id="x" name="甲"/>'))
    assert any(one.code == "construct_unsupported" and word in one.message for one in found)
    assert any("甲" in one.message and one.element == "x" for one in found)


@pytest.mark.parametrize(
    ("code", "place", "definition"),
    [
        ("signal_missing", "throw", "<signalEventDefinition/>"),
        ("signal_missing", "catch", '<signalEventDefinition signalRef="x"/>'),
        ("link_name", "throw", "<linkEventDefinition/>"),
        ("condition_missing", "catch", "<conditionalEventDefinition/>"),
        ("expression_syntax", "catch", condition("1 +")),
        ("escalation_missing", "throw", '<escalationEventDefinition escalationRef="x"/>'),
        ("escalation_code", "end", "<escalationEventDefinition/>"),
        ("attribute_unsupported", "throw", '<linkEventDefinition name="A" colour="red"/>'),
        ("element_unknown", "catch", f"<timerEventDefinition>{link('A')}</timerEventDefinition>"),
    ],
)
def test_an_event_definition_that_lacks_a_part_is_refused(code, place, definition):
    found = findings(xml("start -> x -> end", x=event(place, definition)))
    assert [one.element for one in found if one.code == code] == ["x"]


def test_a_loop_without_an_end_and_a_handler_that_nothing_leads_to_are_refused():
    assert "loop_endless" in codes(
        xml("start -> a -> end", a=user(loop="<standardLoopCharacteristics/>"))
    )
    assert "compensation_handler" in codes(
        xml("start -> a -> end", h=Node("userTask", 'isForCompensation="true"'))
    )


def test_scripts_and_services_of_other_engines_are_refused():
    assert {"construct_unsupported", "script_missing"} <= codes(
        xml(
            "start -> a -> end",
            a=Node("scriptTask", 'scriptFormat="python"', children="<script>1</script>"),
        )
    )
    assert "topic_missing" in codes(xml("start -> a -> end", a=Node("serviceTask")))
    assert "extension_unknown" in codes(
        xml("start -> a -> end", a=Node("userTask", extensions="<zeebe:executionListeners/>"))
    )
    foreign = GOOD.replace(
        b'id="a"', b'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:assignee="x" id="a"'
    )
    assert "attribute_unsupported" in codes(foreign)
    assert "extension_attribute" in codes(
        xml(
            "start -> a -> end",
            a=Node("userTask", extensions='<zeebe:formDefinition formKey="x"/>'),
        )
    )


def test_a_bad_expression_names_element_place_and_reason():
    data = xml("start -> x; x -> a if 1 +; x -> end default", x=gateway("exclusive"))
    found = findings(data)
    assert [one.code for one in found] == ["expression_syntax"]
    assert found[0].element == "f1"
    assert "条件" in found[0].message
    assert "第 1 行" in found[0].message


def test_all_findings_come_at_once():
    data = xml(
        "start -> x; x -> a; x -> end; c -> end",
        x=gateway("exclusive"),
        c=Node("scriptTask"),
        d=Node("callChoreography"),
    )
    assert {"condition_missing", "script_missing", "construct_unsupported"} <= codes(data)


def test_a_process_must_be_executable():
    assert "not_executable" in codes(GOOD.replace(b'isExecutable="true"', b""))


def test_too_many_nodes_and_too_deep_nesting_are_refused():
    chain = " -> ".join(f"t{n}" for n in range(limits.PROCESS_ELEMENTS + 1))
    assert "too_many_elements" in codes(xml(f"start -> {chain} -> end"))
    body = "<startEvent id='x'/>"
    for level in range(limits.MODEL_NESTING + 1):
        body = f'<subProcess id="n{level}">{body}</subProcess>'
    assert "nesting" in codes(inside(body))


def test_vendor_colours_and_diagrams_are_pictures():
    data = GOOD.replace(
        b"</definitions>",
        b'<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" id="d">'
        b'<di:BPMNPlane id="d1" bpmnElement="p"/></di:BPMNDiagram></definitions>',
    ).replace(
        b'id="a"', b'xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" bioc:fill="#fff" id="a"'
    )
    assert codes(data) == set()


def test_the_same_content_is_compiled_once():
    first = compiler.compile({"m.bpmn": GOOD}).processes["p"]
    assert compiler.compile({"m.bpmn": GOOD}).processes["p"] is first


def test_a_compiled_process_says_what_it_refers_to():
    data = xml(
        "start -> a -> s -> m -> end",
        messages={"paid": "n"},
        a=user('<zeebe:formDefinition formId="form_a"/>'),
        s=Node("serviceTask", extensions='<zeebe:taskDefinition type="letter.issue"/>'),
        m=event("catch", '<messageEventDefinition messageRef="paid"/>'),
    )
    made = compiler.compile({"m.bpmn": data}).processes["p"]
    assert made.forms == {"form_a"}
    assert made.topics == {"letter.issue"}
    assert set(made.messages) == {"paid"}
    assert [start.id for start in made.start_events] == ["start"]


# every element of BPMN 2.0.2 (formal/2013-12-09) that may stand in a process or in an activity
FLOW_LEVEL = [
    "activity",
    "adHocSubProcess",
    "artifact",
    "association",
    "boundaryEvent",
    "businessRuleTask",
    "callActivity",
    "callChoreography",
    "choreographyTask",
    "complexGateway",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "endEvent",
    "event",
    "eventBasedGateway",
    "exclusiveGateway",
    "group",
    "implicitThrowEvent",
    "inclusiveGateway",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "manualTask",
    "parallelGateway",
    "receiveTask",
    "scriptTask",
    "sendTask",
    "sequenceFlow",
    "serviceTask",
    "startEvent",
    "subChoreography",
    "subProcess",
    "task",
    "textAnnotation",
    "transaction",
    "userTask",
    "property",
    "ioSpecification",
    "correlationSubscription",
    "resourceRole",
    "performer",
    "humanPerformer",
    "potentialOwner",
    "auditing",
    "monitoring",
    "supports",
    "supportedInterfaceRef",
    "laneSet",
    "documentation",
    "extensionElements",
    "dataInputAssociation",
    "dataOutputAssociation",
    "script",
    "completionCondition",
    "standardLoopCharacteristics",
    "compensateEventDefinition",
    "linkEventDefinition",
    "signalEventDefinition",
    "escalationEventDefinition",
    "conditionalEventDefinition",
    "cancelEventDefinition",
    "callConversation",
    "conversation",
    "subConversation",
]
EXECUTED = [
    "boundaryEvent",
    "adHocSubProcess",
    "businessRuleTask",
    "callActivity",
    "complexGateway",
    "transaction",
    "endEvent",
    "eventBasedGateway",
    "exclusiveGateway",
    "inclusiveGateway",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "manualTask",
    "parallelGateway",
    "receiveTask",
    "scriptTask",
    "sendTask",
    "sequenceFlow",
    "serviceTask",
    "startEvent",
    "subProcess",
    "task",
    "userTask",
    "laneSet",
    "property",
    "ioSpecification",
]
PICTURES = [
    "dataStoreReference",
    "association",
    "group",
    "textAnnotation",
    "documentation",
    "extensionElements",
    "dataObject",
    "dataObjectReference",
    "monitoring",
    "auditing",
]


@pytest.mark.parametrize("name", FLOW_LEVEL)
def test_each_element_of_the_standard_is_executed_a_picture_or_refused(name):
    plain = {one.code for one in findings(inside("<endEvent id='e'/>"))}
    found = [
        one
        for one in findings(inside(f'<{name} id="x"/><endEvent id="e"/>'))
        if one.code not in plain
    ]
    refused = {one.code for one in found} & {"construct_unsupported", "element_unknown"}
    assert bool(refused) == (name not in EXECUTED and name not in PICTURES)


def test_unknown_attributes_are_refused():
    assert "attribute_unsupported" in codes(GOOD.replace(b'id="a"', b'id="a" colour="red"'))
    assert "attribute_unsupported" in codes(
        GOOD.replace(b'isExecutable="true"', b'isExecutable="true" fast="1"')
    )


def test_the_standards_own_attribute_names_the_called_process():
    data = xml("start -> c -> end", c=Node("callActivity", 'calledElement="q"'))
    assert compiler.compile({"m.bpmn": data}).processes["p"].processes_called == {"q"}
