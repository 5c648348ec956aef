"""Data objects, stores, inputs, outputs and associations (BPMN 2.0.2, 10.4); message flows."""

import pytest

from engine import compiler
from tests.engine.core.scenario import HEAD, Case, Node, event, message, service, sub, user, xml

OBJECTS = (
    '<dataObject id="do1"/><dataObjectReference id="fee_ref" name="fee" dataObjectRef="do1"/>'
    '<dataObject id="do2" name="receipt"/>'
    '<dataObjectReference id="receipt_ref" dataObjectRef="do2"/>'
    '<dataStoreReference id="ledger" name="ledger"/>'
)


def into(inner: str) -> str:
    return f"<dataInputAssociation>{inner}</dataInputAssociation>"


def out(inner: str) -> str:
    return f"<dataOutputAssociation>{inner}</dataOutputAssociation>"


def assign(value: str, goal: str) -> str:
    return f"<assignment><from>{value}</from><to>{goal}</to></assignment>"


IO = (
    '<ioSpecification><dataInput id="in_amount" name="amount"/><dataOutput id="out_no" name="no"/>'
    "<inputSet><dataInputRefs>in_amount</dataInputRefs></inputSet>"
    "<outputSet><dataOutputRefs>out_no</dataOutputRefs></outputSet></ioSpecification>"
)


def codes(data: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": data}) if one.severity == "error"}


def work(children: str) -> bytes:
    node = service("t")
    node.children = children
    return xml("start -> s -> z -> end", before=OBJECTS, s=node)


def test_an_assignment_maps_in_and_out():
    model = work(
        IO
        + into("<targetRef>in_amount</targetRef>" + assign("fee * 2", "amount"))
        + out("<targetRef>receipt_ref</targetRef>" + assign("no", "receipt"))
    )
    case = Case(model, fee=5)
    assert case.wait("s").variables == {"amount": 10}
    case.complete("s", no="R1", noise=1)
    assert case.variables == {"fee": 5, "receipt": "R1"}


def test_a_copy_goes_from_data_object_to_input_and_from_output_to_data_object():
    model = work(
        IO
        + into("<sourceRef>fee_ref</sourceRef><targetRef>in_amount</targetRef>")
        + out("<sourceRef>out_no</sourceRef><targetRef>receipt_ref</targetRef>")
    )
    case = Case(model, fee=5)
    assert case.wait("s").variables == {"amount": 5}
    assert case.complete("s", no="R1").variables == {"fee": 5, "receipt": "R1"}


def test_a_transformation_computes_what_goes_to_the_target():
    model = work(
        IO
        + into(
            "<sourceRef>fee_ref</sourceRef><targetRef>in_amount</targetRef>"
            "<transformation>fee + 1</transformation>"
        )
    )
    assert Case(model, fee=5).wait("s").variables == {"amount": 6}


def test_a_property_is_a_variable_of_its_activity_alone():
    inner = sub("s1 -> a -> e1", s1=event("start"), e1=event("end"))
    inner.children = '<property id="p1" name="draft"/>'
    case = Case(xml("start -> box -> z -> end", box=inner)).complete("a", draft="x", kept="y")
    assert case.variables == {"kept": "y"}


def test_a_line_to_a_data_object_or_store_is_a_picture():
    model = work(
        '<property id="p1" name="__targetRef_placeholder"/>'
        + into("<sourceRef>fee_ref</sourceRef><targetRef>p1</targetRef>")
        + into("<sourceRef>ledger</sourceRef><targetRef>p1</targetRef>")
        + out("<targetRef>ledger</targetRef>")
    )
    case = Case(model, fee=5)
    assert "__targetRef_placeholder" not in case.wait("s").variables
    assert case.complete("s", n=1).variables == {"fee": 5, "n": 1}


def test_data_of_events_is_mapped_like_that_of_activities():
    caught = event("catch", message("paid"))
    caught.children = (
        '<dataOutput id="do" name="sum"/>'
        + out("<sourceRef>do</sourceRef><targetRef>fee_ref</targetRef>")
        + caught.children
    )
    model = xml("start -> c -> z -> end", messages={"paid": '"k"'}, before=OBJECTS, c=caught)
    assert Case(model).deliver("c", sum=7, other=1).variables == {"fee": 7}


WHILE_EXECUTING = (
    "<ioSpecification><inputSet><whileExecutingInputRefs>in_amount"
    "</whileExecutingInputRefs></inputSet></ioSpecification>"
)


@pytest.mark.parametrize(
    ("children", "code"),
    [
        (out("<targetRef>ledger</targetRef>" + assign("1", "ledger")), "construct_unsupported"),
        (into("<targetRef>in_amount</targetRef>" + assign("", "amount")), "data_association"),
        (into("<targetRef>in_amount</targetRef>" + assign("1", "no name")), "variable_name"),
        (into("<targetRef>in_amount</targetRef>" + assign("1 +", "amount")), "expression_syntax"),
        (
            into(
                "<sourceRef>fee_ref</sourceRef><sourceRef>receipt_ref</sourceRef>"
                "<targetRef>in_amount</targetRef>"
            ),
            "data_association",
        ),
        ("<ioSpecification><inputSet/><inputSet/></ioSpecification>", "construct_unsupported"),
        (WHILE_EXECUTING, "construct_unsupported"),
        (into("<targetRef>in_amount</targetRef><part/>"), "element_unknown"),
    ],
)
def test_what_data_cannot_say_is_refused_by_name(children, code):
    extra = "" if "<ioSpecification>" in children else IO
    assert code in codes(work(extra + children))


# -- message flows -------------------------------------------------------------------------


def pools(sent: str, awaited: str, drawn: str = "") -> bytes:
    def process(key: str, node: str) -> str:
        return (
            f'<process id="{key}" isExecutable="true"><startEvent id="s{key}"/>{node}'
            f'<endEvent id="e{key}"/><sequenceFlow id="f{key}" sourceRef="s{key}" targetRef="n{key}"/>'
            f'<sequenceFlow id="g{key}" sourceRef="n{key}" targetRef="e{key}"/></process>'
        )

    key = '<extensionElements><zeebe:subscription correlationKey="=ref"/></extensionElements>'
    return (
        f'{HEAD}<message id="m1" name="paid">{key}</message><message id="m2" name="signed">{key}'
        '</message><collaboration id="co"><participant id="pa" processRef="a"/>'
        '<participant id="pb" processRef="b"/>'
        f'<messageFlow id="mf" sourceRef="na" targetRef="nb" {drawn}/></collaboration>'
        + process("a", f'<sendTask id="na" messageRef="{sent}"/>')
        + process("b", f'<receiveTask id="nb" messageRef="{awaited}"/>')
        + "</definitions>"
    ).encode()


def test_a_message_flow_joins_those_who_speak_of_the_same_message():
    assert "message_flow_message" not in codes(pools("m1", "m1"))
    assert "message_flow_message" not in codes(pools("m1", "m1", 'messageRef="m1"'))
    assert "message_flow_message" in codes(pools("m1", "m2"))
    assert "message_flow_message" in codes(pools("m1", "m1", 'messageRef="m2"'))


def test_pools_of_one_file_are_processes_of_their_own():
    made = compiler.compile({"m.bpmn": pools("m1", "m1")}).processes
    assert set(made) == {"a", "b"}


def test_a_task_belongs_to_the_innermost_of_nested_lanes():
    lanes = (
        '<laneSet id="l1"><lane id="bureau"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef>'
        '<childLaneSet id="l2"><lane id="acceptor"><flowNodeRef>a</flowNodeRef></lane>'
        "</childLaneSet></lane></laneSet>"
    )
    case = Case(xml("start -> a -> b -> end", before=lanes, a=user(), b=Node("userTask")))
    assert case.wait("a").lane == "acceptor"
    assert case.complete("a").wait("b").lane == "bureau"
