"""Events thrown when instances of a multi-instance activity complete (BPMN 2.0.2, table 10.28; 13.3.7)."""

import pytest

from engine import compiler
from tests.engine.core.scenario import Case, boundary, user, xml

ROOTS = (
    b'<escalation id="esc" escalationCode="done"/><signal id="sg" name="counted"/>'
    b'<escalationEventDefinition id="told" escalationRef="esc"/>'
    b'<signalEventDefinition id="counted" signalRef="sg"/>'
)
ESCALATION = '<escalationEventDefinition escalationRef="esc"/>'


def model(attributes: str, parts: str = "", *, interrupting: bool = False) -> bytes:
    loop = (
        f"<multiInstanceLoopCharacteristics {attributes}><extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=rows" inputElement="row"/>'
        f"</extensionElements>{parts}</multiInstanceLoopCharacteristics>"
    )
    data = xml(
        "start -> a -> end; told_b -> z -> end",
        a=user(loop=loop),
        told_b=boundary("a", ESCALATION, interrupting=interrupting),
    )
    return data.replace(b"<process ", ROOTS + b"<process ", 1)


def codes(data: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": data}) if one.severity == "error"}


def test_all_throws_nothing():
    case = Case(model('behavior="All"'), rows=[1, 2]).complete("a")
    assert case.waits == ["a"]


def test_none_throws_at_every_completion():
    case = Case(model('behavior="None" noneBehaviorEventRef="told"'), rows=[1, 2])
    assert case.complete("a").waits == ["a", "z"]
    assert case.complete("a").waits == ["z", "z"]


def test_one_throws_at_the_first_completion_only():
    case = Case(model('behavior="One" oneBehaviorEventRef="told"'), rows=[1, 2, 3])
    assert case.complete("a").waits == ["a", "a", "z"]
    assert case.complete("a").waits == ["a", "z"]


def test_complex_throws_where_its_condition_holds():
    part = (
        "<complexBehaviorDefinition><condition>=numberOfCompletedInstances = 2</condition>"
        f"<event>{ESCALATION}</event></complexBehaviorDefinition>"
    )
    case = Case(model('behavior="Complex"', part), rows=[1, 2, 3])
    assert case.complete("a").waits == ["a", "a"]
    assert case.complete("a").waits == ["a", "z"]
    assert case.complete("a").waits == ["z"]


def test_an_interrupting_boundary_ends_the_other_instances():
    data = model('behavior="One" oneBehaviorEventRef="told"', interrupting=True)
    case = Case(data, rows=[1, 2, 3]).complete("a")
    assert case.waits == ["z"]
    assert case.complete("z").completed


def test_a_signal_is_broadcast():
    case = Case(model('behavior="None" noneBehaviorEventRef="counted"'), rows=[1, 2]).complete("a")
    assert [one.name for one in case.signals] == ["counted"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_of_the_last_completion_is_caught_at_the_own_boundary(interrupting):
    data = model('behavior="None" noneBehaviorEventRef="counted"', interrupting=interrupting)
    data = data.replace(ESCALATION.encode(), b'<signalEventDefinition signalRef="sg"/>')
    case = Case(data, rows=[1]).complete("a")
    assert case.waits == ["z"]
    assert case.complete("z").completed


def test_a_signal_of_each_completion_is_caught_each_time():
    data = model('behavior="None" noneBehaviorEventRef="counted"')
    data = data.replace(ESCALATION.encode(), b'<signalEventDefinition signalRef="sg"/>')
    case = Case(data, rows=[1, 2]).complete("a")
    assert case.waits == ["a", "told_b", "z"]
    assert case.complete("a").waits == ["z", "z"]


def test_behaviour_that_is_incomplete_is_refused():
    assert "loop_behaviour" in codes(model('behavior="None"'))
    assert "loop_behaviour" in codes(model('behavior="One" oneBehaviorEventRef="wrong"'))
    assert "loop_behaviour" in codes(model('behavior="Complex"'))
    assert codes(model('behavior="Sometimes"'))
