"""What a model means: each rule with a model that breaks it, and good models without findings."""

import pytest

from engine import compiler
from tests.engine.core.scenario import (
    Node,
    boundary,
    call,
    each,
    error,
    escalation,
    event,
    gateway,
    io,
    message,
    script,
    service,
    sub,
    timer,
    user,
    xml,
)


def codes(*files: bytes, severity: str = "error") -> set[str]:
    found = compiler.check({f"m{n}.bpmn": data for n, data in enumerate(files)})
    assert all(one.element and one.line for one in found)
    return {one.code for one in found if one.severity == severity}


X = gateway("exclusive")
P = gateway("parallel")


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("start_missing", xml("a -> end")),
        ("start_twice", xml("start -> a -> end; start2 -> a")),
        ("event_place", xml("start -> a -> end", start=event("start", timer("duration", "P1D")))),
        ("event_place", xml("start -> a -> end", errors=("E",), start=event("start", error("E")))),
        ("event_place", xml("start -> c -> end", c=event("catch"))),
        (
            "event_place",
            xml("start -> a -> end; b -> end", b=boundary("a", "<terminateEventDefinition/>")),
        ),
        (
            "event_place",
            xml(
                "start -> box -> end",
                box=sub(
                    "s1 -> e1", s1=event("start", timer("date", "2026-01-01")), e1=event("end")
                ),
            ),
        ),
        (
            "event_place",
            xml(
                "start -> a -> end; b -> end",
                errors=("E",),
                b=boundary("a", error("E"), interrupting=False),
            ),
        ),
        ("error_code", xml("start -> x", x=event("end", error()))),
        (
            "boundary_never",
            xml(
                "start -> a -> end; b -> end",
                a=script("1", "x"),
                b=boundary("a", timer("duration", "P1D")),
            ),
        ),
        (
            "boundary_place",
            xml("start -> x -> end; b -> end", x=X, b=boundary("x", timer("duration", "P1D"))),
        ),
        (
            "reference_dangling",
            xml("start -> a -> end; b -> end", b=boundary("zzz", timer("duration", "P1D"))),
        ),
        (
            "correlation_missing",
            xml("start -> m -> end", messages={"m1": ""}, m=event("catch", message("m1"))),
        ),
        ("timer_text", xml("start -> t -> end", t=event("catch", timer("duration", "5 days")))),
        ("timer_text", xml("start -> t -> end", t=event("catch", timer("duration", "P200Y")))),
        (
            "timer_text",
            xml(
                "start -> a -> end; b -> end",
                b=boundary("a", timer("cycle", "R/PT5S"), interrupting=False),
            ),
        ),
        (
            "mapping_place",
            xml(
                "start -> t -> end", t=event("catch", timer("duration", "P1D"), io=io({"x": "=1"}))
            ),
        ),
        ("flow_place", xml("start -> a -> end; end -> a")),
        ("flow_missing", xml("start -> a -> end; a -> x", x=X)),
        ("condition_missing", xml("start -> x; x -> a; x -> end default", x=X)),
        ("condition_place", xml("start -> f; f -> a if true; f -> end", f=P)),
        ("condition_single", xml("start -> x; x -> end if a", x=X)),
        ("default_place", xml("start -> a; a -> b default; a -> end")),
        (
            "event_gateway",
            xml(
                "start -> g; g -> a -> end; g -> t -> end",
                g=gateway("eventBased"),
                t=event("catch", timer("duration", "P1D")),
            ),
        ),
        ("unreachable", xml("start -> a -> end; b -> end")),
        (
            "automatic_cycle",
            xml("start -> x; x -> s -> x; x -> end default", x=X, s=script("1", "n")),
        ),
        (
            "join_never",
            xml("start -> x; x -> a if n; x -> b default; a -> j; b -> j; j -> end", x=X, j=P),
        ),
        (
            "event_sub",
            xml(
                "start -> a -> end",
                on=sub(
                    "e -> x",
                    by_event=True,
                    e=event("start", timer("duration", "P1D")),
                    x=event("end"),
                    loop=each("r"),
                ),
            ),
        ),
        (
            "limit_twice",
            xml(
                "start -> a -> end",
                a=user('<zeebe:taskSchedule dueDate="=d"/><banli:limit amount="1" unit="days"/>'),
            ),
        ),
        ("limit_incomplete", xml("start -> a -> end", a=user('<banli:limit amount="1"/>'))),
        (
            "operation_unknown",
            xml("start -> a -> end", a=user('<banli:operations allow="steal"/>')),
        ),
        ("loop_source", xml("start -> a -> end", a=user(loop=each()))),
        (
            "loop_output",
            xml("start -> a -> end", a=user(loop=each("rows", "row", output=("rows", "1")))),
        ),
        ("variable_name", xml("start -> a -> end", a=user(io=io({"a-b": "=1"})))),
        ("called_missing", xml("start -> c -> end", c=Node("callActivity"))),
        ("decision_missing", xml("start -> c -> end", c=Node("businessRuleTask"))),
    ],
)
def test_a_rule_that_is_broken_is_named(code, data):
    assert code in codes(data)


def test_calls_in_a_circle_are_found_over_several_files():
    first = xml("start -> c -> end", key="p", c=call("q"))
    second = xml("start -> c -> end", key="q", c=call("r"))
    third = xml("start -> c -> end", key="r", c=call("p"))
    assert codes(first, second) == set()
    assert codes(first, second, third) == {"call_recursion"}


def test_a_flow_may_not_cross_the_border_of_a_sub_process():
    data = xml(
        "start -> box -> b -> end", box=sub("s1 -> a -> e1", s1=event("start"), e1=event("end"))
    )
    crossing = data.replace(b'sourceRef="box" targetRef="b"', b'sourceRef="a" targetRef="b"')
    assert "flow_border" in codes(crossing)


@pytest.mark.parametrize(
    "data",
    [
        xml(
            "start -> m -> f; f -> a -> j; f -> b -> j; j -> x; x -> m if again; x -> end default",
            m=X,
            f=P,
            j=P,
            x=X,
        ),
        xml("start -> a -> b -> end; late -> c -> b", late=boundary("a", timer("duration", "P1D"))),
        xml(
            "start -> s; s -> a if x; s -> b default; a -> j; b -> j; j -> end",
            s=gateway("inclusive"),
            j=gateway("inclusive"),
        ),
        xml("start -> a; a -> b; a -> c; b -> j; c -> j; j -> end", j=P),
        xml(
            "start -> s -> end; bad -> a -> end",
            errors=("E",),
            s=service("t"),
            bad=boundary("s", error("E")),
        ),
        xml(
            "start -> x; x -> a if n; x -> b default; a -> f; f -> c -> j; f -> d -> j; j -> end; b -> end",
            x=X,
            f=P,
            j=P,
        ),
    ],
)
def test_sound_models_have_no_findings(data):
    assert codes(data) == set()
    assert codes(data, severity="warning") <= {"nobody", "name_missing"}


def test_a_join_that_may_starve_is_a_warning():
    data = xml(
        "start -> f; f -> a -> j; f -> x; x -> j if n; x -> end default; j -> z -> end",
        f=P,
        j=P,
        x=X,
    )
    assert codes(data) == set()
    assert "join_starves" in codes(data, severity="warning")


def test_two_parallel_writers_of_one_variable_are_a_warning():
    data = xml(
        "start -> f; f -> a -> j; f -> b -> j; j -> end",
        f=P,
        j=P,
        a=user(io=io(outputs={"x": "=1"})),
        b=user(io=io(outputs={"x": "=2"})),
    )
    assert "parallel_write" in codes(data, severity="warning")


def test_nobody_can_do_a_task_without_lane_or_assignment():
    assert "nobody" in codes(xml("start -> a -> end"), severity="warning")


@pytest.mark.parametrize(("interrupting", "starves"), [(True, False), (False, True)])
def test_a_join_does_not_starve_where_an_escalation_ends_its_scope(interrupting, starves):
    inner = sub(
        "s1 -> f; f -> a -> j; f -> x; x -> j if n; x -> up default; j -> e1",
        s1=event("start"),
        e1=event("end"),
        f=P,
        j=P,
        x=X,
        up=event("end", escalation("U")),
    )
    data = xml(
        "start -> box -> end; caught -> b -> end",
        escalations=("U",),
        box=inner,
        caught=boundary("box", escalation("U"), interrupting=interrupting),
    )
    assert codes(data) == set()
    assert ("join_starves" in codes(data, severity="warning")) == starves


def test_what_lies_behind_a_refused_element_is_not_called_unreachable():
    """The element has its finding already; a second one about its followers would be a false alarm."""
    refused = Node("scriptTask", children="<script>n = 1</script>")
    found = codes(xml("start -> s -> a -> end", s=refused))
    assert "construct_unsupported" in found
    assert "unreachable" not in found
