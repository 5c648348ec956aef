"""The comparator: it notices what is lost, and is not disturbed by what says the same."""

import os
import random
from pathlib import Path

import pytest
from lxml import etree

from processes.importing import conformance
from processes.modelling import compare
from processes.modelling.compare import Difference

SPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:x="urn:x"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
MODEL = f"""<definitions {SPACES} id="d" targetNamespace="t"><itemDefinition id="i" structureRef="x:a"/>
<process id="p"><documentation>Why</documentation><userTask id="a" name="A" x:colour="red">
<extensionElements><x:note level="1">hello</x:note></extensionElements><incoming>f</incoming></userTask>
<startEvent id="s"><outgoing>f</outgoing></startEvent>
<sequenceFlow id="f" sourceRef="s" targetRef="a"><conditionExpression xsi:type="tFormalExpression">1 = 1</conditionExpression></sequenceFlow>
</process><bpmndi:BPMNDiagram id="di"><bpmndi:BPMNPlane bpmnElement="p"><bpmndi:BPMNShape bpmnElement="a">
<dc:Bounds x="10" y="20.0" width="100" height="80"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"""


def compared(after: str, before: str = MODEL) -> list[Difference]:
    return compare.compare(etree.fromstring(before), etree.fromstring(after))


def test_a_model_is_equal_to_itself():
    assert compared(MODEL) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('y="20.0"', 'y="20"'),
        ('id="s">', 'id="s" isInterrupting="true">'),
        ("<documentation>Why", "<documentation>\n  Why "),
        ('xmlns:x="urn:x"', 'xmlns:x="urn:x" xmlns:unused="urn:y"'),
        ('structureRef="x:a"', 'xmlns:y="urn:x" structureRef="y:a"'),
        ('xsi:type="tFormalExpression"', 'xsi:type="tFormalExpression" '),
    ],
)
def test_what_says_the_same_is_no_difference(before, after):
    assert before in MODEL
    assert compared(MODEL.replace(before, after)) == []


def test_the_order_of_elements_with_ids_says_nothing():
    start = MODEL[MODEL.index("<startEvent") : MODEL.index("<sequenceFlow")]

    assert (
        compared(MODEL.replace(start, "").replace("<documentation>", start + "<documentation>"))
        == []
    )


@pytest.mark.parametrize(
    ("before", "after", "kind", "where"),
    [
        (' name="A"', "", "lost", "userTask#a 的属性 name"),
        ('name="A"', 'name="B"', "changed", "userTask#a 的属性 name"),
        (' x:colour="red"', "", "lost", "colour"),
        ('<x:note level="1">hello</x:note>', "", "lost", "note"),
        ('level="1"', 'level="2"', "changed", "level"),
        ("hello", "", "lost", "note"),
        ("<incoming>f</incoming>", "", "lost", "incoming"),
        ("1 = 1", "1 = 2", "lost", "conditionExpression"),
        ('targetRef="a"', 'targetRef="s"', "changed", "targetRef"),
        ("<documentation>Why</documentation>", "", "lost", "documentation"),
        ('x="10"', 'x="11"', "changed", "Bounds"),
        ('structureRef="x:a"', 'structureRef="a"', "changed", "structureRef"),
        ('id="s">', 'id="s" isInterrupting="false">', "added", "isInterrupting"),
        (' xsi:type="tFormalExpression"', "", "lost", "xsi:type"),
    ],
)
def test_every_loss_is_noticed(before, after, kind, where):
    assert before in MODEL
    found = compared(MODEL.replace(before, after, 1))

    assert any(one.kind == kind and where in one.where for one in found), [*map(str, found)]


def test_an_element_that_went_elsewhere_is_noticed():
    moved = MODEL.replace("<itemDefinition", '<process id="q"/><itemDefinition')
    task = moved[moved.index("<userTask") : moved.index("<startEvent")]
    moved = moved.replace(task, "").replace(
        '<process id="q"/>', f'<process id="q">{task}</process>'
    )

    assert [one.kind for one in compare.lost(compared(moved))] == ["moved"]


def reference_models() -> list[Path]:
    named = os.environ.get("CONFORMANCE_DIR")
    if named is None:
        return []
    folder = Path(named) / "bpmn-miwg"
    if not folder.is_dir():
        raise FileNotFoundError(f"CONFORMANCE_DIR names {named}, which has no bpmn-miwg")
    return sorted(folder.glob("*.bpmn"))


def test_every_single_element_lost_of_a_reference_model_is_noticed():
    if not reference_models():
        pytest.skip("CONFORMANCE_DIR is not set: the MIWG models were not run")
    chance = random.Random(1)  # noqa: S311 - any choice will do, the same each time
    for path in reference_models():
        whole = etree.parse(path).getroot()
        for _ in range(5):
            less = etree.fromstring(etree.tostring(whole))
            removed = chance.choice([n for n in less.iter() if isinstance(n.tag, str)][1:])
            removed.getparent().remove(removed)
            assert compare.lost(compare.compare(whole, less)), (path.name, removed.tag)


def test_the_reference_models_come_in_and_go_out_without_losing_an_element():
    models = reference_models()
    if not models:
        pytest.skip("CONFORMANCE_DIR is not set: the MIWG models were not run")
    for path in models:
        made = conformance.case(path.read_bytes(), path.name)
        assert made.imported, path.name
        assert made.differences == (), (path.name, [*map(str, made.differences)])
        assert made.executed or made.refused, path.name
