"""Timers, messages, errors: on the path, at boundaries, in event sub-processes, behind gateways."""

from datetime import UTC, datetime, timedelta

import pytest

from engine import clock
from engine.errors import TaskNotActive
from tests.engine.core.scenario import (
    Case,
    boundary,
    call,
    error,
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

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def test_an_intermediate_timer_keeps_the_instant_for_which_it_was_armed():
    with clock.travel(NOON):
        case = Case(xml("start -> t -> a -> end", t=event("catch", timer("duration", "P5D"))))
        assert case.wait("t").due_at == NOON + timedelta(days=5)
        assert case.wait("t").repeat is None
    with clock.travel(NOON + timedelta(days=6)):
        assert case.wait("t").due_at == NOON + timedelta(days=5)
        assert case.fire("t").waits == ["a"]


def test_a_timer_may_be_an_expression_or_a_date():
    model = xml("start -> t -> end", t=event("catch", timer("date", "=due")))
    case = Case(model, due=NOON)
    assert case.wait("t").due_at == NOON
    literal = xml("start -> t -> end", t=event("catch", timer("date", "2026-03-02T12:00:00+08:00")))
    assert Case(literal).wait("t").due_at == NOON
    assert Case(model, due=None).incidents == ["t"]


def test_a_message_catch_waits_for_its_key():
    case = Case(
        xml(
            "start -> m -> a -> end", messages={"paid": "number"}, m=event("catch", message("paid"))
        ),
        number="A-1",
    )
    assert case.wait("m").name == "paid"
    assert case.wait("m").correlation_key == "A-1"
    case.deliver("m", amount=5)
    assert case.waits == ["a"]
    assert case.variables["amount"] == 5


def test_a_payload_is_mapped_when_outputs_are_declared():
    case = Case(
        xml(
            "start -> m -> a -> end",
            messages={"paid": "1"},
            m=event("catch", message("paid"), io=io(outputs={"sum": "=amount + 1"})),
        )
    )
    case.deliver("m", amount=5)
    assert case.variables == {"sum": 6}


def test_a_throw_sends_its_inputs_and_nothing_else():
    case = Case(
        xml(
            "start -> m -> end2",
            messages={"ask": "number", "done": "number"},
            m=event("throw", message("ask"), io=io({"what": "=name"})),
            end2=event("end", message("done")),
        ),
        number=7,
        name="x",
        secret="s",
    )
    first, last = case.messages
    assert (first.name, first.correlation_key, first.variables) == ("ask", "7", {"what": "x"})
    assert (last.name, last.variables) == ("done", {})
    assert case.completed
    assert case.variables == {"number": 7, "name": "x", "secret": "s"}


def test_an_interrupting_boundary_timer_cancels_its_task():
    case = Case(
        xml("start -> a -> end; late -> b -> end", late=boundary("a", timer("duration", "P1D")))
    )
    assert case.waits == ["a", "late"]
    stale = case.wait("a").id
    case.fire("late")
    assert case.waits == ["b"]
    assert case.history("activity.cancelled") == ["a"]
    with pytest.raises(TaskNotActive):
        case.execution.complete(stale, {})


def test_a_completed_task_takes_its_boundary_timer_with_it():
    case = Case(
        xml(
            "start -> a -> c -> end; late -> b -> end", late=boundary("a", timer("duration", "P1D"))
        )
    )
    assert case.complete("a").waits == ["c"]


def test_a_non_interrupting_timer_starts_a_path_beside():
    case = Case(
        xml(
            "start -> a -> end; late -> b -> end",
            late=boundary("a", timer("duration", "P1D"), interrupting=False),
        )
    )
    case.fire("late")
    assert case.waits == ["a", "b"]
    case.complete("a")
    assert case.waits == ["b"]
    assert case.complete("b").completed


def test_a_cycle_reminds_again_and_again_and_lets_out_what_it_missed():
    with clock.travel(NOON):
        case = Case(
            xml(
                "start -> a -> end; remind -> s -> end2",
                remind=boundary("a", timer("cycle", "R4/PT1H"), interrupting=False),
                s=script("if n = null then 1 else n + 1", "n"),
            ),
            n=0,
        )
        first = case.wait("remind")
        assert (first.due_at, first.repeat) == (NOON + timedelta(hours=1), "R4/PT1H")
    with clock.travel(NOON + timedelta(hours=1)):
        case.fire("remind")
        assert case.wait("remind").id == first.id
        assert case.wait("remind").due_at == NOON + timedelta(hours=2)
    with clock.travel(NOON + timedelta(hours=3, minutes=30)):
        case.fire("remind")
        assert case.wait("remind").due_at == NOON + timedelta(hours=4)
        assert case.wait("remind").repeat == "R1/PT1H"
    with clock.travel(NOON + timedelta(hours=4)):
        assert case.fire("remind").waits == ["a"]
    assert case.variables["n"] == 3
    assert case.complete("a").completed


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_message_at_the_boundary(interrupting):
    case = Case(
        xml(
            "start -> a -> end; withdrawn -> b -> end",
            messages={"withdraw": "ref"},
            withdrawn=boundary("a", message("withdraw"), interrupting=interrupting),
        ),
        ref="R1",
    )
    case.deliver("withdrawn", reason="x")
    if interrupting:
        assert case.waits == ["b"]
    else:
        assert case.waits == ["a", "b", "withdrawn"]
        assert case.deliver("withdrawn").waits == ["a", "b", "b", "withdrawn"]
    assert case.variables["reason"] == "x"


def test_the_first_event_behind_an_event_gateway_wins():
    model = xml(
        "start -> g; g -> m -> a -> end; g -> t -> b -> end",
        messages={"answer": "1"},
        g=gateway("eventBased"),
        m=event("catch", message("answer")),
        t=event("catch", timer("duration", "P3D")),
    )
    case = Case(model)
    assert case.waits == ["m", "t"]
    assert case.deliver("m", ok=True).waits == ["a"]
    other = Case(model)
    assert other.fire("t").waits == ["b"]


def test_a_worker_error_goes_to_the_error_boundary():
    model = xml(
        "start -> s -> end; refused -> a -> end; any -> b -> end",
        errors=("REFUSED",),
        s=service("check"),
        refused=boundary("s", error("REFUSED")),
        any=boundary("s", error()),
    )
    case = Case(model).throw("s", "REFUSED", why="x")
    assert case.waits == ["a"]
    assert case.variables == {"why": "x"}
    assert Case(model).throw("s", "OTHER").waits == ["b"]


def test_an_error_without_a_catcher_is_an_incident_and_a_retry_asks_again():
    case = Case(xml("start -> s -> end", s=service("check"))).throw("s", "REFUSED")
    assert case.waits == []
    assert case.incidents == ["s"]
    case.retry("s")
    assert case.waits == ["s"]
    assert case.complete("s").completed


def test_an_error_end_is_caught_at_the_boundary_of_its_sub_process():
    inner = sub(
        "s1 -> f; f -> a -> bad; f -> b -> e1",
        s1=event("start"),
        e1=event("end"),
        f=gateway("parallel"),
        bad=event("end", error("E")),
    )
    case = Case(
        xml(
            "start -> box -> end; caught -> z -> end",
            errors=("E",),
            box=inner,
            caught=boundary("box", error("E")),
        )
    )
    assert case.complete("a").waits == ["z"]
    assert sorted(case.history("activity.cancelled")) == ["b", "box"]


def test_an_error_crosses_call_activities():
    inner = xml("start -> a -> bad", key="q", errors=("E",), bad=event("end", error("E")))
    outer = xml(
        "start -> c -> end; caught -> z -> end",
        errors=("E",),
        c=call("q"),
        caught=boundary("c", error("E")),
    )
    assert Case(inner, outer).complete("a").waits == ["z"]


def test_an_error_end_without_a_catcher_is_an_incident():
    case = Case(xml("start -> bad", errors=("E",), bad=event("end", error("E"))))
    assert case.incidents == ["bad"]


def by_event(definition: str, *, interrupting: bool = True):
    start = event("start", definition, f'isInterrupting="{str(interrupting).lower()}"')
    return sub("es -> h -> ee", by_event=True, es=start, ee=event("end"))


def test_an_interrupting_event_sub_process_replaces_its_scope():
    case = Case(
        xml(
            "start -> f; f -> a -> end; f -> b -> end",
            messages={"stop": "1"},
            f=gateway("parallel"),
            on=by_event(message("stop")),
        )
    )
    assert case.waits == ["a", "b", "es"]
    assert case.deliver("es", why="x").waits == ["h"]
    assert case.variables == {"why": "x"}
    assert case.complete("h").completed


def test_a_non_interrupting_event_sub_process_runs_beside_as_often_as_it_is_called():
    case = Case(
        xml(
            "start -> a -> end",
            messages={"note": "1"},
            on=by_event(message("note"), interrupting=False),
        )
    )
    assert case.deliver("es").waits == ["a", "es", "h"]
    assert case.deliver("es").waits == ["a", "es", "h", "h"]
    case.complete("a")
    assert case.waits == ["es", "h", "h"]
    case.complete("h")
    assert case.complete("h").completed


def test_a_timer_in_an_event_sub_process_does_not_keep_a_finished_process_open():
    case = Case(xml("start -> a -> end", on=by_event(timer("duration", "P1D"), interrupting=False)))
    assert case.waits == ["a", "es"]
    assert case.complete("a").completed
    again = Case(
        xml("start -> a -> end", on=by_event(timer("duration", "P1D"), interrupting=False))
    )
    assert again.fire("es").waits == ["a", "h"]


def test_an_error_event_sub_process_waits_for_an_error():
    case = Case(xml("start -> s -> end", errors=("E",), s=service("t"), on=by_event(error("E"))))
    assert case.waits == ["s"]
    assert case.throw("s", "E").waits == ["h"]
    assert case.complete("h").completed


def test_an_event_sub_process_does_not_catch_its_own_error():
    start = event("start", error("E"))
    handler = sub("es -> bad", by_event=True, es=start, bad=event("end", error("E")))
    inner = sub("s1 -> s -> e1", s1=event("start"), e1=event("end"), s=service("t"), on=handler)
    case = Case(
        xml(
            "start -> box -> end; caught -> z -> end",
            errors=("E",),
            box=inner,
            caught=boundary("box", error("E")),
        )
    )
    assert case.throw("s", "E").waits == ["z"]


def test_a_message_start_takes_the_payload():
    model = xml(
        "start -> a -> end; by_message -> b -> end",
        messages={"order": "1"},
        by_message=event("start", message("order")),
    )
    assert Case(model).waits == ["a"]
    assert Case(model, start="by_message", n=1).waits == ["b"]


def test_a_boundary_timer_sees_the_local_variables_of_its_activity():
    with clock.travel(NOON):
        case = Case(
            xml(
                "start -> a -> end; late -> b -> end",
                a=user(io=io({"days": '=duration("P2D")'})),
                late=boundary("a", timer("duration", "=days")),
            )
        )
        assert case.wait("late").due_at == NOON + timedelta(days=2)
