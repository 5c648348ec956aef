"""Gateways, implicit splits and merges, loops: how tokens meet and part."""

import pytest

from engine.errors import LimitExceeded, TaskNotActive
from tests.engine.core.scenario import Case, each, event, gateway, script, sub, user, xml


def test_a_sequence_runs_from_task_to_task_and_ends():
    case = Case(xml("start -> a -> b -> end"))
    assert case.waits == ["a"]
    case.complete("a", x=1)
    assert case.waits == ["b"]
    assert case.complete("b").completed
    assert case.variables == {"x": 1}
    assert case.history("activity.completed") == ["start", "a", "b", "end"]


def test_a_completed_task_cannot_be_completed_again():
    case = Case(xml("start -> a -> b -> end"))
    first = case.wait("a").id
    case.complete("a")
    with pytest.raises(TaskNotActive):
        case.execution.complete(first, {})


def test_an_exclusive_gateway_takes_the_first_open_flow_else_the_default():
    model = xml(
        "start -> x; x -> a if n > 10; x -> b if n > 5; x -> c default; a -> end; b -> end; c -> end",
        x=gateway("exclusive"),
    )
    assert Case(model, n=20).waits == ["a"]
    assert Case(model, n=7).waits == ["b"]
    assert Case(model, n=1).waits == ["c"]


def test_a_condition_that_is_no_truth_value_is_an_incident_and_the_token_stays():
    model = xml(
        "start -> x; x -> a if n > 10; x -> b default; a -> end; b -> end", x=gateway("exclusive")
    )
    case = Case(model, n="text")
    assert case.waits == []
    assert case.incidents == ["x"]
    found = next(iter(case.execution.incidents.values()))
    assert found.details["expression"] == "n > 10"
    assert "条件" in found.message
    case.execution.workflow.scopes.set_local(case.id, {"n": 11})
    case.retry("x")
    assert case.waits == ["a"]
    assert case.incidents == []


def test_no_open_flow_and_no_default_is_an_incident():
    model = xml(
        "start -> x; x -> a if n > 10; x -> b if n > 20; a -> end; b -> end", x=gateway("exclusive")
    )
    assert Case(model, n=1).incidents == ["x"]


def test_parallel_branches_meet_again():
    case = Case(
        xml(
            "start -> f -> a -> j -> z -> end; f -> b -> j",
            f=gateway("parallel"),
            j=gateway("parallel"),
        )
    )
    assert case.waits == ["a", "b"]
    assert case.complete("a").waits == ["b"]
    assert case.complete("b").waits == ["z"]
    assert case.complete("z").completed


def test_branches_see_each_others_writes_and_the_join_merges_nothing():
    case = Case(
        xml(
            "start -> f -> a -> a2 -> j -> z -> end; f -> b -> j",
            f=gateway("parallel"),
            j=gateway("parallel"),
        ),
        n={"k": 0},
        log=["start"],
    )
    case.complete("b", n={"k": 1}, log=["start", "b"])
    case.complete("a", own=1)
    case.complete("a2")
    assert case.waits == ["z"]
    assert case.variables == {"n": {"k": 1}, "log": ["start", "b"], "own": 1}


def test_a_parallel_join_in_a_loop_waits_in_every_pass_for_every_branch():
    case = Case(
        xml(
            "start -> m -> f; f -> a -> j; f -> b -> j; j -> x; x -> m if again; x -> end default",
            m=gateway("exclusive"),
            f=gateway("parallel"),
            j=gateway("parallel"),
            x=gateway("exclusive"),
        ),
        again=True,
    )
    for order in (["a", "b"], ["b", "a"], ["a", "b"], ["b", "a"]):
        case.complete(order[0])
        assert case.waits == [order[1]]
        case.complete(order[1])
        assert case.waits == ["a", "b"]
    case.complete("a", again=False)
    assert case.complete("b").completed


def test_a_join_leaves_a_second_token_of_one_flow_for_its_next_activation():
    # two tokens come by the first flow before one comes by the second
    case = Case(
        xml(
            "start -> f -> a -> m -> j -> z -> end; f -> b -> m; f -> c -> c2 -> n -> j; f -> d -> n",
            f=gateway("parallel"),
            m=gateway("exclusive"),
            n=gateway("exclusive"),
            j=gateway("parallel"),
        )
    )
    case.complete("a").complete("b")
    assert "z" not in case.waits
    case.complete("c")
    case.complete("c2")
    assert case.waits == ["d", "z"]
    case.complete("d")
    assert case.waits == ["z", "z"]


def test_an_inclusive_gateway_joins_what_it_split():
    model = xml(
        "start -> s; s -> a if x; s -> b if y; s -> c default; a -> j; b -> j; c -> j; j -> z -> end",
        s=gateway("inclusive"),
        j=gateway("inclusive"),
    )
    case = Case(model, x=True, y=True)
    assert case.waits == ["a", "b"]
    assert case.complete("a").waits == ["b"]
    assert case.complete("b").waits == ["z"]
    assert Case(model, x=True, y=False).complete("a").waits == ["z"]
    assert Case(model, x=False, y=False).complete("c").waits == ["z"]


@pytest.mark.parametrize("order", [["a", "b"], ["b", "a"]])
def test_an_inclusive_join_in_a_loop_never_fires_early(order):
    case = Case(
        xml(
            "start -> m -> s; s -> a if true; s -> b if true; a -> j; b -> j; j -> x; x -> m if again; x -> end default",
            m=gateway("exclusive"),
            s=gateway("inclusive"),
            j=gateway("inclusive"),
            x=gateway("exclusive"),
        ),
        again=True,
    )
    for _ in range(3):
        assert case.complete(order[0]).waits == [order[1]]
        assert case.complete(order[1]).waits == ["a", "b"]


def test_an_inclusive_join_waits_for_a_token_that_may_still_turn_to_it():
    case = Case(
        xml(
            "start -> f -> a -> j -> z -> end; f -> b -> x; x -> j if go; x -> end default",
            f=gateway("parallel"),
            x=gateway("exclusive"),
            j=gateway("inclusive"),
        )
    )
    case.complete("a")
    assert case.waits == ["b"]
    case.complete("b", go=False)
    assert case.waits == ["z"]


def test_several_flows_out_of_a_task_are_a_parallel_split_and_into_it_a_merge():
    case = Case(xml("start -> a; a -> b; a -> c; b -> d; c -> d; d -> end"))
    assert case.complete("a").waits == ["b", "c"]
    assert case.complete("b").waits == ["c", "d"]
    assert case.complete("c").waits == ["d", "d"]
    case.complete("d")
    assert not case.completed
    assert case.complete("d").completed


def test_conditional_flows_out_of_a_task_are_taken_when_true():
    model = xml(
        "start -> a; a -> b if x; a -> c if y; a -> d default; b -> end; c -> end; d -> end"
    )
    assert Case(model).complete("a", x=True, y=True).waits == ["b", "c"]
    assert Case(model).complete("a", x=False, y=False).waits == ["d"]
    case = Case(model).complete("a", x=1, y=False)
    assert case.incidents == ["a"]


def test_a_loop_back_to_a_task_without_a_gateway_runs():
    case = Case(xml("start -> a -> x; x -> a if again; x -> end default", x=gateway("exclusive")))
    for _ in range(5):
        assert case.complete("a", again=True).waits == ["a"]
    assert case.complete("a", again=False).completed


def test_thousands_of_passes_leave_the_state_as_small_as_the_first():
    case = Case(
        xml("start -> a -> b -> x; x -> a if again; x -> end default", x=gateway("exclusive")),
        again=True,
    )
    size = len(case.state)
    for _ in range(1_000):
        case.complete("a").complete("b")
    assert len(case.state) <= size * 1.1
    assert len(case.execution.workflow.tasks) == 2
    case.complete("a")
    assert case.complete("b", again=False).completed


def test_too_many_automatic_steps_are_stopped():
    pair = sub(
        "s1 -> x1 -> x2 -> e1",
        s1=event("start"),
        e1=event("end"),
        x1=script("1", "a"),
        x2=script("2", "b"),
        loop=each(times="n", sequential=True),
    )
    assert Case(xml("start -> box -> end", box=pair), n=100).completed
    with pytest.raises(LimitExceeded):
        Case(xml("start -> box -> end", box=pair), n=400)


def test_a_terminate_end_stops_its_scope_only():
    inner = sub(
        "s1 -> f; f -> a -> t; f -> b -> e1",
        s1=event("start"),
        e1=event("end"),
        f=gateway("parallel"),
        t=event("end", "<terminateEventDefinition/>"),
    )
    case = Case(
        xml("start -> g; g -> box -> z -> end; g -> c -> end", g=gateway("parallel"), box=inner)
    )
    assert case.waits == ["a", "b", "c"]
    case.complete("a")
    assert case.waits == ["c", "z"]
    assert case.history("activity.cancelled") == ["b"]


def test_a_terminate_end_of_the_process_stops_everything():
    case = Case(
        xml(
            "start -> f; f -> a -> t; f -> b -> end",
            f=gateway("parallel"),
            t=event("end", "<terminateEventDefinition/>"),
        )
    )
    assert case.complete("a").completed
    assert case.waits == []


def test_an_instance_can_be_terminated():
    case = Case(xml("start -> f; f -> a -> end; f -> b -> end", f=gateway("parallel"), b=user()))
    case.command("terminate", "申请人撤回")
    assert case.completed
    assert sorted(case.history("activity.cancelled")) == ["a", "b"]
    assert case.variables == {}


def test_a_join_that_nothing_can_reach_any_more_is_an_incident():
    case = Case(
        xml(
            "start -> f; f -> a -> j; f -> x; x -> j if n; x -> end default; j -> z -> end",
            f=gateway("parallel"),
            j=gateway("parallel"),
            x=gateway("exclusive"),
        ),
        n=False,
    )
    case.complete("a")
    assert case.waits == []
    assert case.incidents == ["j"]
    assert case.retry("j").incidents == ["j"]
