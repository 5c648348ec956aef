"""Multiple events: any trigger is enough to catch, all if parallel; everything is thrown."""

from datetime import UTC, datetime, timedelta

import pytest

from engine import clock, compiler
from engine.errors import TaskNotActive
from tests.engine.core.scenario import (
    TERMINATE,
    Case,
    boundary,
    condition,
    error,
    escalation,
    event,
    gateway,
    io,
    link,
    message,
    service,
    signal,
    sub,
    timer,
    xml,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ALL = 'parallelMultiple="true"'
DECLARED = {"messages": {"m": '"k"', "m2": '"k"'}, "signals": {"sg": "s"}}


def kinds(case: Case, activity: str) -> list[str]:
    waits = case.execution.waits.values()
    return sorted(type(one).__name__ for one in waits if one.activity == activity)


def came(case: Case, activity: str, kind: str, **payload: object) -> Case:
    """One of the triggers of a multiple event comes."""
    [wait] = [
        one
        for one in case.execution.waits.values()
        if one.activity == activity and type(one).__name__ == kind
    ]
    if kind == "TimerWait":
        return case.command("fire", wait.id)
    return case.command("deliver", wait.id, payload)


def codes(data: bytes) -> set[str]:
    found = compiler.check({"m.bpmn": data})
    return {one.code for one in found if one.severity == "error"}


@pytest.mark.parametrize("kind", ["MessageWait", "SignalWait", "TimerWait"])
def test_any_trigger_of_a_multiple_catch_is_enough(kind):
    each = message("m") + signal("sg") + timer("duration", "P1D")
    case = Case(xml("start -> x -> a -> end", **DECLARED, x=event("catch", each)))
    assert kinds(case, "x") == ["MessageWait", "SignalWait", "TimerWait"]
    came(case, "x", kind)
    assert case.waits == ["a"]
    assert case.complete("a").completed


def test_a_parallel_multiple_catch_waits_for_all_and_keeps_what_they_bring():
    both = message("m") + signal("sg")
    case = Case(xml("start -> x -> a -> end", **DECLARED, x=event("catch", both, ALL)))
    came(case, "x", "SignalWait", n=1, on=datetime(2026, 3, 2, tzinfo=UTC).date())
    assert kinds(case, "x") == ["MessageWait"]
    assert case.variables == {}
    came(case, "x", "MessageWait", n=2)
    assert case.waits == ["a"]
    assert case.variables == {"n": 2, "on": datetime(2026, 3, 2, tzinfo=UTC).date()}


def test_a_trigger_that_came_already_does_not_come_again():
    both = message("m") + signal("sg")
    case = Case(xml("start -> x -> a -> end", **DECLARED, x=event("catch", both, ALL)))
    [wait] = [o for o in case.execution.waits.values() if type(o).__name__ == "SignalWait"]
    case.command("deliver", wait.id, {})
    with pytest.raises(TaskNotActive):
        case.execution.deliver(wait.id, {})


def test_a_condition_may_be_one_of_several_triggers():
    model = xml(
        "start -> f; f -> x -> a -> end; f -> b -> c -> end",
        **DECLARED,
        f=gateway("parallel"),
        x=event("catch", condition("n > 1") + signal("sg"), ALL),
    )
    case = Case(model, n=0)
    case.complete("b", n=2)
    assert kinds(case, "x") == ["SignalWait"]
    case.complete("c", n=0)  # it was true, that is enough
    came(case, "x", "SignalWait")
    assert case.waits == ["a"]
    assert Case(model, n=2).waits == ["b", "x"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_multiple_boundary_event(interrupting):
    each = message("m") + timer("duration", "P1D")
    case = Case(
        xml(
            "start -> a -> end; x -> b -> end",
            **DECLARED,
            x=boundary("a", each, interrupting=interrupting),
        )
    )
    came(case, "x", "MessageWait")
    if interrupting:
        assert case.waits == ["b"]
        return
    assert case.waits == ["a", "b", "x", "x"]
    came(case, "x", "TimerWait")  # its instant is over, messages may still come
    assert kinds(case, "x") == ["MessageWait"]
    assert came(case, "x", "MessageWait").waits == ["a", "b", "b", "b", "x"]
    assert case.complete("a").waits == ["b", "b", "b"]


def test_a_parallel_multiple_boundary_event_begins_anew_when_all_have_come():
    both = message("m") + signal("sg")
    x = boundary("a", both, interrupting=False)
    x.attributes += f" {ALL}"
    case = Case(xml("start -> a -> end; x -> b -> end", **DECLARED, x=x))
    for round_ in (1, 2):
        came(case, "x", "MessageWait")
        assert kinds(case, "x") == ["SignalWait"]
        came(case, "x", "SignalWait")
        assert kinds(case, "x") == ["MessageWait", "SignalWait"]
        assert case.waits.count("b") == round_


def test_an_interrupting_parallel_multiple_boundary_event_needs_all_before_it_interrupts():
    x = boundary("a", message("m") + timer("duration", "P1D"))
    x.attributes += f" {ALL}"
    case = Case(xml("start -> a -> end; x -> b -> end", **DECLARED, x=x))
    came(case, "x", "TimerWait")
    assert case.waits == ["a", "x"]
    came(case, "x", "MessageWait", n=1)
    assert (case.waits, case.variables) == (["b"], {"n": 1})
    assert case.history("activity.cancelled") == ["a"]
    assert case.complete("b").completed


def test_a_parallel_multiple_boundary_event_with_a_timer_happens_once():
    x = boundary("a", message("m") + timer("duration", "P1D"), interrupting=False)
    x.attributes += f" {ALL}"
    case = Case(xml("start -> a -> end; x -> b -> end", **DECLARED, x=x))
    came(came(case, "x", "TimerWait"), "x", "MessageWait")
    assert case.waits == ["a", "b"]


def test_a_cycle_in_a_multiple_boundary_event_goes_on():
    each = message("m") + timer("cycle", "R2/PT1H")
    with clock.travel(NOON):
        case = Case(
            xml(
                "start -> a -> end; x -> b -> end",
                **DECLARED,
                x=boundary("a", each, interrupting=False),
            )
        )
    with clock.travel(NOON + timedelta(hours=1)):
        came(case, "x", "TimerWait")
        assert kinds(case, "x") == ["MessageWait", "TimerWait"]
    with clock.travel(NOON + timedelta(hours=2)):
        came(case, "x", "TimerWait")
        assert kinds(case, "x") == ["MessageWait"]
    assert case.waits.count("b") == 2


def test_a_multiple_boundary_event_catches_an_error_or_a_message():
    model = xml(
        "start -> s -> end; x -> b -> end",
        errors=("E",),
        **DECLARED,
        s=service("t"),
        x=boundary("s", error("E") + message("m")),
    )
    assert Case(model).throw("s", "E", why=1).waits == ["b"]
    assert came(Case(model), "x", "MessageWait").waits == ["b"]


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("attribute", ["", ALL])
def test_a_multiple_event_starts_an_event_sub_process(interrupting, attribute):
    start = event(
        "start",
        message("m") + signal("sg"),
        f'isInterrupting="{str(interrupting).lower()}" {attribute}',
    )
    on = sub("es -> h -> ee", by_event=True, es=start, ee=event("end"))
    case = Case(xml("start -> a -> end", **DECLARED, on=on))
    came(case, "es", "SignalWait", n=1)
    if attribute:
        assert "h" not in case.waits
        came(case, "es", "MessageWait", n=2)
    assert case.waits == (["h"] if interrupting else ["a", "es", "es", "h"])


def test_a_multiple_event_may_come_first_behind_an_event_gateway():
    case = Case(
        xml(
            "start -> g; g -> x -> a -> end; g -> y -> b -> end",
            **DECLARED,
            g=gateway("eventBased"),
            x=event("catch", message("m") + signal("sg")),
            y=event("catch", message("m2")),
        )
    )
    assert case.waits == ["x", "x", "y"]
    assert came(case, "x", "SignalWait").waits == ["a"]


def test_a_multiple_throw_throws_everything():
    inner = sub(
        "s1 -> x -> a -> e1",
        s1=event("start"),
        e1=event("end"),
        x=event("throw", message("m") + signal("sg") + escalation("E"), io=io({"n": "=1"})),
    )
    case = Case(
        xml(
            "start -> box -> end; up -> b -> end",
            escalations=("E",),
            **DECLARED,
            box=inner,
            up=boundary("box", escalation("E"), interrupting=False),
        )
    )
    assert [one.name for one in case.messages] == ["m"]
    assert [one.name for one in case.signals] == ["s"]
    assert case.waits == ["a", "b"]


def test_a_multiple_end_tells_before_it_ends():
    case = Case(
        xml(
            "start -> f; f -> a -> end; f -> b -> x",
            **DECLARED,
            f=gateway("parallel"),
            x=event("end", TERMINATE + signal("sg") + message("m")),
        )
    )
    case.complete("b")
    assert case.completed
    assert [one.name for one in case.signals] == ["s"]
    assert [one.name for one in case.messages] == ["m"]


def test_a_multiple_start_is_one_start_event():
    model = xml(
        "start -> a -> end; x -> b -> end",
        **DECLARED,
        x=event("start", message("m") + signal("sg")),
    )
    assert Case(model, start="x").waits == ["b"]
    made = compiler.compile({"m.bpmn": model}).processes["p"]
    assert set(made.messages) == {"m"}


def test_a_parallel_multiple_start_of_messages_is_one_start_event():
    model = xml(
        "start -> a -> end; x -> b -> end",
        **DECLARED,
        x=event("start", message("m") + message("m2"), ALL),
    )
    case = Case(model, start="x", n=1)
    assert (case.waits, case.history("activity.completed")) == (["b"], ["x"])
    assert set(compiler.compile({"m.bpmn": model}).processes["p"].messages) == {"m", "m2"}


@pytest.mark.parametrize(
    "node",
    [
        event("catch", message("m") + message("m")),
        event("catch", message("m") + link("A")),
        boundary("a", error() + message("m"), interrupting=True),
    ],
)
def test_definitions_that_do_not_go_together_are_refused(node):
    if node.kind == "boundaryEvent":
        node.attributes += f" {ALL}"
        data = xml("start -> a -> end; x -> b -> end", **DECLARED, x=node)
    else:
        data = xml("start -> x -> a -> end", **DECLARED, x=node)
    assert "event_multiple" in codes(data)


def test_a_definition_in_a_wrong_place_is_named():
    assert "event_place" in codes(
        xml("start -> x -> end", x=event("catch", timer("duration", "P1D") + TERMINATE))
    )
    assert "event_multiple" in codes(
        xml(
            "x -> a -> end",
            **DECLARED,
            x=event("start", message("m") + timer("date", "2027-01-01T00:00:00Z"), ALL),
        )
    )
    assert "event_place" in codes(
        xml("start -> a -> end", errors=("E",), start=event("start", error("E")))
    )
