"""What changed between two versions of a process, told to the person who releases the newer one."""

import pytest

from processes.modelling import differences

SPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
)
MODEL = f"""<definitions {SPACES} id="d" targetNamespace="t"><process id="p" name="流程" isExecutable="true">
<startEvent id="s"><outgoing>f</outgoing></startEvent>
<userTask id="a" name="审核"><extensionElements><zeebe:formDefinition formId="form_a"/></extensionElements><incoming>f</incoming><outgoing>g</outgoing></userTask>
<endEvent id="e" name="办结"><incoming>g</incoming></endEvent>
<sequenceFlow id="f" sourceRef="s" targetRef="a"/><sequenceFlow id="g" sourceRef="a" targetRef="e"/>
</process><bpmndi:BPMNDiagram id="di"><bpmndi:BPMNPlane id="pl" bpmnElement="p"><bpmndi:BPMNShape id="a_di" bpmnElement="a">
<dc:Bounds x="10" y="20" width="100" height="80"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"""


def changed(*replaced):
    after = MODEL
    for old, new in replaced:
        assert old in after
        after = after.replace(old, new)
    found = differences.between({"p.bpmn": MODEL.encode()}, {"p.bpmn": after.encode()})
    return found[0] if found else None


def told(change):
    return [(one.kind, one.title, *one.details) for one in change.elements]


def test_the_same_files_have_no_differences():
    assert changed() is None


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ('name="审核"', 'name="资格审核"', "名称：审核 → 资格审核"),
        ('formId="form_a"', 'formId="form_b"', "表单：form_a → form_b"),
        ('<userTask id="a"', '<userTask id="a" isForCompensation="true"', "新增isForCompensation：true"),
    ],
)  # fmt: skip
def test_what_is_changed_of_an_element_is_said_in_words(old, new, detail):
    change = changed((old, new))

    assert [(one.kind, one.element, list(one.details)) for one in change.elements] == [
        ("changed", "a", [detail])
    ]
    assert not change.drawn


def test_new_and_removed_elements_are_named_and_what_flows_repeat_is_not_told_twice():
    change = changed(
        ('<endEvent id="e" name="办结"><incoming>g</incoming></endEvent>', '<endEvent id="x" name="终止"><incoming>g</incoming></endEvent>'),
        ('targetRef="e"', 'targetRef="x"'),
    )  # fmt: skip

    assert told(change) == [
        ("added", "结束事件『终止』"),
        ("changed", "顺序流『g』", "终点：e → x"),
        ("removed", "结束事件『办结』"),
    ]


def test_a_flow_put_elsewhere_does_not_count_as_a_change_of_the_tasks_it_leaves():
    change = changed(("<outgoing>g</outgoing>", ""), ("<incoming>g</incoming>", ""))

    assert change.elements == []


def test_moving_a_shape_changes_the_drawing_only():
    change = changed(('x="10"', 'x="40"'))

    assert (change.elements, change.drawn) == ([], True)


def test_other_files_are_compared_by_their_lines():
    before = {"forms/f.yaml": b"title: A\nfields: []\n", "old.dmn": b"<x/>"}
    after = {"forms/f.yaml": b"title: B\nfields: []\n", "new.dmn": b"<x/>"}

    form, new, old = differences.between(before, after)

    assert form.lines[1:] == ["-title: A", "+title: B", " fields: []"]
    assert [(new.name, new.kind), (old.name, old.kind)] == [("new.dmn", "added"), ("old.dmn", "removed")]  # fmt: skip


def test_a_diagram_that_cannot_be_read_is_compared_by_its_lines():
    found = differences.between({"p.bpmn": MODEL.encode()}, {"p.bpmn": b"<no"})

    assert "+<no" in found[0].lines
