"""Signals and escalations in every position: start, on the path, at boundaries, at the end."""

import pytest

from tests.engine.core.scenario import (
    TERMINATE,
    Case,
    boundary,
    call,
    each,
    escalation,
    event,
    gateway,
    io,
    script,
    signal,
    sub,
    timer,
    user,
    xml,
)


def by_event(definition: str, *, interrupting: bool = True):
    start = event("start", definition, f'isInterrupting="{str(interrupting).lower()}"')
    return sub("es -> h -> ee", by_event=True, es=start, ee=event("end"))


# -- signals ------------------------------------------------------------------------------


def test_a_signal_on_the_path_is_waited_for_by_its_name():
    case = Case(
        xml("start -> s -> a -> end", signals=("alarm",), s=event("catch", signal("alarm")))
    )
    assert (case.wait("s").name, case.wait("s").beside) == ("alarm", False)
    case.deliver("s", level=3)
    assert case.waits == ["a"]
    assert case.variables == {"level": 3}


def test_the_name_of_a_signal_may_be_an_expression():
    model = xml(
        "start -> s -> t -> end",
        signals={"x": '="alarm-" + region'},
        s=event("catch", signal("x")),
        t=event("throw", signal("x")),
    )
    case = Case(model, region="370200")
    assert case.wait("s").name == "alarm-370200"
    case.deliver("s")
    assert [one.name for one in case.signals] == ["alarm-370200"]
    assert Case(model, region=None).incidents == ["s"]


def test_a_thrown_signal_carries_its_inputs_and_nothing_else():
    case = Case(
        xml(
            "start -> s -> last",
            signals=("alarm", "over"),
            s=event("throw", signal("alarm"), io=io({"what": "=name"})),
            last=event("end", signal("over")),
        ),
        name="x",
        secret="s",
    )
    first, last = case.signals
    assert (first.name, first.variables) == ("alarm", {"what": "x"})
    assert (last.name, last.variables) == ("over", {})
    assert first.id < last.id
    assert case.completed
    assert case.history("signal.thrown") == ["s", "last"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_at_the_boundary(interrupting):
    case = Case(
        xml(
            "start -> a -> end; s -> b -> end",
            signals=("alarm",),
            s=boundary("a", signal("alarm"), interrupting=interrupting),
        )
    )
    assert case.wait("s").beside
    case.deliver("s")
    assert case.waits == (["b"] if interrupting else ["a", "b", "s"])
    if not interrupting:
        assert case.deliver("s").waits == ["a", "b", "b", "s"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_starts_an_event_sub_process(interrupting):
    model = xml(
        "start -> a -> end",
        signals=("alarm",),
        on=by_event(signal("alarm"), interrupting=interrupting),
    )
    case = Case(model).deliver("es", why="x")
    assert case.waits == (["h"] if interrupting else ["a", "es", "h"])
    assert case.variables == {"why": "x"}


def test_a_signal_may_come_first_behind_an_event_gateway():
    case = Case(
        xml(
            "start -> g; g -> s -> a -> end; g -> t -> b -> end",
            signals=("alarm",),
            g=gateway("eventBased"),
            s=event("catch", signal("alarm")),
            t=event("catch", timer("duration", "P1D")),
        )
    )
    assert case.waits == ["s", "t"]
    assert case.deliver("s").waits == ["a"]


def test_a_process_may_start_by_a_signal():
    model = xml(
        "start -> a -> end; by_signal -> b -> end",
        signals=("alarm",),
        by_signal=event("start", signal("alarm")),
    )
    assert Case(model).waits == ["a"]
    assert Case(model, start="by_signal", level=1).waits == ["b"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_from_the_last_step_of_a_scope_is_caught_at_its_own_boundary(interrupting):
    inner = sub("s1 -> a -> last", s1=event("start"), last=event("end", signal("alarm")))
    case = Case(
        xml(
            "start -> box -> end; caught -> z -> end",
            signals=("alarm",),
            box=inner,
            caught=boundary("box", signal("alarm"), interrupting=interrupting),
        )
    ).complete("a")
    assert case.waits == ["z"]
    assert case.history("signal.received") == ["caught"]
    assert case.complete("z").completed


def test_an_interrupting_signal_takes_the_thrower_and_all_beside_it_with_it():
    inner = sub(
        "s1 -> f; f -> a -> e1; f -> b -> up -> c -> e1",
        s1=event("start"),
        e1=event("end"),
        f=gateway("parallel"),
        up=event("throw", signal("alarm"), io=io({"why": "=reason"})),
    )
    case = Case(
        xml(
            "start -> box -> end; caught -> z -> end",
            signals=("alarm",),
            box=inner,
            caught=boundary("box", signal("alarm")),
        ),
        reason="late",
    ).complete("b")
    assert case.waits == ["z"]
    assert case.variables == {"reason": "late", "why": "late"}


def test_a_signal_reaches_a_branch_beside_its_thrower_and_an_event_sub_process():
    case = Case(
        xml(
            "start -> f; f -> s -> a -> end; f -> b -> up -> end",
            signals=("alarm",),
            f=gateway("parallel"),
            s=event("catch", signal("alarm")),
            up=event("throw", signal("alarm")),
            on=by_event(signal("alarm"), interrupting=False),
        )
    ).complete("b")
    assert case.waits == ["a", "es", "h"]
    assert sorted(case.history("signal.received")) == ["es", "s"]


# -- escalations --------------------------------------------------------------------------


def escalating(throw: str = "throw", *, interrupting: bool = True, code: str = "E"):
    """A sub-process that escalates beside a task of its own."""
    inner = sub(
        "s1 -> f; f -> b -> e1; f -> up -> c -> e1"
        if throw == "throw"
        else "s1 -> f; f -> b -> e1; f -> up",
        s1=event("start"),
        e1=event("end"),
        f=gateway("parallel"),
        up=event(throw, escalation("E"), io=io({"why": "=reason"})),
    )
    return xml(
        "start -> box -> end; caught -> z -> end",
        escalations=("E", "F"),
        box=inner,
        caught=boundary("box", escalation(code), interrupting=interrupting),
    )


@pytest.mark.parametrize("code", ["E", ""])
def test_an_interrupting_escalation_takes_the_scope_and_the_thrower_in_it(code):
    case = Case(escalating(code=code), reason="late")
    assert case.waits == ["z"]
    assert case.variables == {"reason": "late", "why": "late"}
    assert sorted(case.history("activity.cancelled")) == ["b", "box"]
    assert case.complete("z").completed


def test_a_non_interrupting_escalation_lets_the_scope_and_the_thrower_go_on():
    case = Case(escalating(interrupting=False), reason="late")
    assert case.waits == ["b", "c", "z"]
    case.complete("z").complete("b").complete("c")
    assert case.completed


def test_an_escalation_at_the_end_of_a_path():
    case = Case(escalating("end", interrupting=False), reason="late")
    assert case.waits == ["b", "z"]
    assert case.complete("z").complete("b").completed


def test_an_escalation_that_nobody_catches_is_told_and_no_error():
    case = Case(escalating(code="F"), reason="late")
    assert case.waits == ["b", "c"]
    assert case.incidents == []
    assert case.history("escalation.uncaught") == ["up"]


def test_the_nearest_catcher_counts():
    inner = sub(
        "s2 -> up -> a -> e2",
        s2=event("start"),
        e2=event("end"),
        up=event("throw", escalation("E")),
    )
    outer = sub(
        "s1 -> inner -> e1; near -> n -> e1",
        s1=event("start"),
        e1=event("end"),
        inner=inner,
        near=boundary("inner", escalation("E"), interrupting=False),
    )
    case = Case(
        xml(
            "start -> outer -> end; far -> z -> end",
            escalations=("E",),
            outer=outer,
            far=boundary("outer", escalation("E"), interrupting=False),
        )
    )
    assert case.waits == ["a", "n"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_starts_an_event_sub_process_of_its_scope(interrupting):
    case = Case(
        xml(
            "start -> f; f -> a -> end; f -> up -> b -> end",
            escalations=("E",),
            f=gateway("parallel"),
            up=event("throw", escalation("E")),
            on=by_event(escalation("E"), interrupting=interrupting),
        )
    )
    assert case.waits == (["h"] if interrupting else ["a", "b", "h"])


def test_an_escalation_reaches_the_caller_of_a_called_process():
    called = xml(
        "start -> up -> a -> end", key="q", escalations=("E",), up=event("throw", escalation("E"))
    )
    caller = xml(
        "start -> c -> end; caught -> z -> end",
        escalations=("E",),
        c=call("q"),
        caught=boundary("c", escalation("E"), interrupting=False),
    )
    case = Case(called, caller)
    assert case.waits == ["a", "z"]
    assert case.complete("a").complete("z").completed


def test_each_of_several_instances_escalates_by_itself():
    inner = sub(
        "s1 -> up -> a -> e1",
        loop=each("rows", "row"),
        s1=event("start"),
        e1=event("end"),
        up=event("throw", escalation("E")),
    )
    case = Case(
        xml(
            "start -> box -> end; caught -> z -> end",
            escalations=("E",),
            box=inner,
            caught=boundary("box", escalation("E"), interrupting=False),
        ),
        rows=[1, 2],
    )
    assert case.waits == ["a", "a", "z", "z"]


def test_terminate_ends_its_own_scope_only():
    inner = sub(
        "s1 -> f; f -> a -> e1; f -> b -> stop",
        s1=event("start"),
        e1=event("end"),
        f=gateway("parallel"),
        stop=event("end", TERMINATE),
    )
    case = Case(
        xml(
            "start -> fork; fork -> box -> c -> end; fork -> d -> end",
            fork=gateway("parallel"),
            box=inner,
        )
    )
    assert case.waits == ["a", "b", "d"]
    assert case.complete("b").waits == ["c", "d"]
    assert case.history("activity.cancelled") == ["a"]


def test_a_case_escalates_again_and_again_without_growing():
    case = Case(
        xml(
            "start -> m -> a -> up -> x; x -> m if n < 200; x -> end default",
            escalations=("E",),
            m=gateway("exclusive"),
            x=gateway("exclusive"),
            a=user(),
            up=event("throw", escalation("E")),
            on=sub(
                "es -> s -> ee",
                by_event=True,
                es=event("start", escalation("E"), 'isInterrupting="false"'),
                ee=event("end"),
                s=script("n + 1", "n"),
            ),
        ),
        n=0,
    )
    size = len(case.state)
    while not case.completed:
        assert len(case.state) <= size + 4
        case.complete("a")
    assert case.variables["n"] in {200, 201}
