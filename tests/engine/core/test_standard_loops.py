"""Standard loops (BPMN 2.0.2, 10.3.9 and 13.3.6): an activity again and again."""

import pytest

from engine import compiler
from engine.errors import LimitExceeded
from tests.engine.core.scenario import (
    Case,
    boundary,
    call,
    error,
    event,
    io,
    script,
    sub,
    timer,
    user,
    xml,
)


def again(condition: str = "", *, before: bool = False, maximum: str = "") -> str:
    attributes = 'testBefore="true"' if before else ""
    attributes += f' loopMaximum="{maximum}"' if maximum else ""
    text = f"<loopCondition>={condition}</loopCondition>" if condition else ""
    return f"<standardLoopCharacteristics {attributes}>{text}</standardLoopCharacteristics>"


def codes(data: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": data}) if one.severity == "error"}


def test_a_task_is_repeated_while_its_condition_holds_and_at_least_once():
    model = xml("start -> a -> z -> end", a=user(loop=again("more")))
    case = Case(model)
    case.complete("a", more=True).complete("a", more=True)
    assert case.waits == ["a"]
    assert case.complete("a", more=False).waits == ["z"]
    assert Case(model, more=False).waits == ["a"]


def test_a_condition_tested_before_may_leave_out_the_activity():
    model = xml("start -> a -> z -> end", a=user(loop=again("n &gt; 0", before=True)))
    assert Case(model, n=0).waits == ["z"]
    case = Case(model, n=1)
    assert case.complete("a", n=1).waits == ["a"]
    assert case.complete("a", n=0).waits == ["z"]


def test_a_maximum_bounds_the_passes_with_a_condition_or_without():
    model = xml("start -> a -> z -> end", a=user(loop=again("true", maximum="2")))
    assert Case(model).complete("a").waits == ["a"]
    assert Case(model).complete("a").complete("a").waits == ["z"]
    only = xml("start -> a -> z -> end", a=user(loop=again(maximum="3")))
    case = Case(only).complete("a").complete("a")
    assert case.waits == ["a"]
    assert case.complete("a").waits == ["z"]


def test_the_loop_counter_counts_the_passes_in_activity_and_condition():
    task = user(loop=again("loopCounter &lt; 2"), io=io({"no": "=loopCounter"}))
    case = Case(xml("start -> a -> z -> end", a=task))
    for number in (1, 2):
        scope = case.execution.scopes[case.wait("a").scope_id]
        assert scope.variables["no"] == number
        case.complete("a")
    assert case.waits == ["z"]
    assert case.variables == {}


def test_a_boundary_event_belongs_to_the_whole_loop():
    model = xml(
        "start -> a -> end; late -> z -> end; wrong -> y -> end",
        errors=("E",),
        a=user(loop=again("true")),
        late=boundary("a", timer("duration", "P1D")),
        wrong=boundary("a", error("E")),
    )
    case = Case(model).complete("a")
    assert case.waits == ["a", "late"]
    assert case.fire("late").waits == ["z"]
    assert Case(model).complete("a").throw("a", "E").waits == ["y"]


def test_sub_processes_and_calls_are_repeated_too():
    inner = sub("s1 -> a -> e1", s1=event("start"), e1=event("end"), loop=again("more"))
    case = Case(xml("start -> box -> z -> end", box=inner))
    assert case.complete("a", more=True).waits == ["a"]
    assert case.complete("a", more=False).waits == ["z"]
    called = xml("start -> a -> end", key="q")
    case = Case(called, xml("start -> c -> z -> end", c=call("q", loop=again("more"))))
    assert case.complete("a", more=True).waits == ["a"]
    assert case.complete("a", more=False).waits == ["z"]


def test_a_condition_that_fails_keeps_the_pass_as_an_incident():
    case = Case(xml("start -> a -> z -> end", a=user(loop=again("more")))).complete("a")
    assert (case.waits, case.incidents) == ([], ["a"])
    case.execution.workflow.scopes.set_local(case.id, {"more": False})
    assert case.retry("a").waits == ["z"]


def test_a_loop_that_never_rests_is_stopped_by_the_budget():
    with pytest.raises(LimitExceeded):
        Case(xml("start -> s -> z -> end", s=script("1", "x", loop=again("true"))))


def test_hundreds_of_passes_leave_the_state_as_small_as_the_first():
    case = Case(xml("start -> a -> end", a=user(loop=again("true"))))
    size = len(case.state)
    for _ in range(300):
        case.complete("a")
    assert len(case.state) < size + 20


def test_a_loop_needs_an_end_and_a_maximum_that_is_a_number():
    assert "loop_endless" in codes(xml("start -> a -> end", a=user(loop=again())))
    assert "loop_maximum" in codes(xml("start -> a -> end", a=user(loop=again(maximum="0"))))
    assert "loop_twice" in codes(
        xml(
            "start -> a -> end",
            a=user(loop=again("true") + "<multiInstanceLoopCharacteristics/>"),
        )
    )
    assert "element_unknown" in codes(
        xml(
            "start -> a -> end",
            a=user(
                loop="<standardLoopCharacteristics loopMaximum='1'><loop/></standardLoopCharacteristics>"
            ),
        )
    )
