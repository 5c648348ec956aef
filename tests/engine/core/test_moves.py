"""Return, take back, jump: what is withdrawn and what stays (case-operations A.3)."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import move_places, moves
from engine.definition.regions import Places
from tests.engine.core.scenario import (
    Case,
    boundary,
    call,
    each,
    event,
    gateway,
    message,
    sub,
    timer,
    user,
    xml,
)

PARALLEL = """
    start -> a -> split
    split -> b -> b2 -> join
    split -> c -> c2 -> join
    join -> d -> end
"""
GATES = {"split": gateway("parallel"), "join": gateway("parallel")}


def moved(case: Case, source: str, to: str, **options: Any) -> moves.Plan:
    redo = options.get("kind", "returned") == "returned"
    planned = moves.plan(case.execution, case.wait(source).id, to=to, redo=redo)
    options = {"kind": "returned", "reason": "材料不清", **options}
    moves.move(case.execution, planned, **options)
    case._settle()
    return planned


def names(found: Any) -> set[str]:
    return {one.activity for one in found}


class TestReturn:
    def test_to_the_previous_node_creates_its_task_again(self) -> None:
        case = Case(xml("start -> a -> b -> end"), asked="yes").complete("a", said="ok")
        planned = moved(case, "b", "a")
        assert (case.waits, names(planned.withdrawn)) == (["a"], {"b"})
        assert case.variables["said"] == "ok", "data is kept"
        assert case.history("activity.cancelled") == ["b"]
        assert case.complete("a").waits == ["b"]

    def test_the_target_may_be_given_to_its_last_performer(self) -> None:
        case = Case(xml("start -> a -> b -> end", a=user(candidateGroups="g"))).complete("a")
        moved(case, "b", "a", assignee="42")
        assert case.wait("a").assignee == "42"

    def test_to_any_done_node_though_it_is_not_serially_reachable(self) -> None:
        flows = (
            "start -> a -> g\n g -> b if way = 1\n g -> c default\n b -> m\n c -> m\n m -> d -> end"
        )
        case = Case(xml(flows, g=gateway("exclusive"), m=gateway("exclusive")), way=1)
        case.complete("a").complete("b")
        moved(case, "d", "b")
        assert case.waits == ["b"]
        assert case.complete("b").waits == ["d"]

    def test_step_by_step_runs_every_node_in_between_again(self) -> None:
        case = Case(xml("start -> a -> b -> c -> end")).complete("a").complete("b")
        moved(case, "c", "a")
        assert case.complete("a").waits == ["b"]

    def test_straight_goes_back_to_the_node_that_returned_it(self) -> None:
        case = Case(xml("start -> a -> b -> c -> end")).complete("a").complete("b")
        moved(case, "c", "a", straight=True)
        assert case.complete("a").waits == ["c"]
        assert case.complete("c").completed

    def test_the_history_keeps_what_was_done_and_names_what_was_withdrawn(self) -> None:
        case = Case(xml("start -> a -> b -> end")).complete("a")
        moved(case, "b", "a")
        told = next(one for one in case.events if one.type == "activity.moved")
        assert told.data["withdrawn"] == ["b"]
        assert told.data["reason"] == "材料不清"
        assert case.history("activity.completed").count("a") == 1

    def test_the_target_s_timers_live_again_and_those_withdrawn_are_gone(self) -> None:
        late = {
            "late": boundary("a", timer("duration", "P5D"), interrupting=False),
            "slow": boundary("b", timer("duration", "P9D"), interrupting=False),
        }
        flows = "start -> a -> b -> end\n late -> n1 -> end2\n slow -> n2 -> end3"
        case = Case(xml(flows, **late)).complete("a")
        assert case.waits == ["b", "slow"]
        moved(case, "b", "a")
        assert case.waits == ["a", "late"]


class TestInParallelBranches:
    def test_inside_a_branch_only_that_branch_goes_back(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c")
        planned = moved(case, "b2", "b")
        assert case.waits == ["b", "c2"]
        assert (names(planned.withdrawn), names(planned.beside)) == ({"b2"}, {"c2"})
        case.complete("b").complete("b2").complete("c2").complete("d")
        assert case.completed

    def test_to_before_the_split_withdraws_all_siblings(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c")
        planned = moved(case, "b2", "a")
        assert (case.waits, names(planned.withdrawn)) == (["a"], {"b2", "c2"})
        assert case.complete("a").waits == ["b", "c"], "siblings are created again on re-entry"

    def test_a_sibling_that_waits_at_the_join_stays_when_a_branch_goes_back(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c").complete("c2")
        moved(case, "b2", "b")
        assert case.waits == ["b"]
        assert case.complete("b").complete("b2").waits == ["d"], "the join still has the sibling"

    def test_a_sibling_that_waits_at_the_join_goes_with_a_return_before_the_split(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c").complete("c2")
        moved(case, "b2", "a")
        case.complete("a").complete("b").complete("b2")
        assert case.waits == ["c"], "the join does not count the withdrawn sibling"

    def test_from_behind_the_join_to_before_the_split_asks_every_branch_again(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c")
        case.complete("b2").complete("c2")
        moved(case, "d", "a")
        assert case.complete("a").waits == ["b", "c"]

    def test_from_behind_the_join_into_one_branch_is_a_return_of_that_branch_alone(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c")
        case.complete("b2").complete("c2")
        moved(case, "d", "b")
        assert case.waits == ["b"], "the other branch stays done"
        assert case.complete("b").complete("b2").waits == ["d"], "the join does not wait for it"
        assert case.complete("d").completed

    def test_from_behind_the_join_straight_back_leaves_nothing_at_the_join(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c")
        case.complete("b2").complete("c2")
        moved(case, "d", "b2", straight=True)
        assert case.complete("b2").waits == ["d"]
        assert case.complete("d").completed

    def test_a_jump_ahead_into_a_branch_counts_the_others_as_come(self) -> None:
        case = Case(xml(PARALLEL, **GATES))
        moved(case, "a", "c2", kind="jumped")
        assert case.complete("c2").waits == ["d"]

    def test_into_a_branch_of_an_inner_split_counts_both_joins(self) -> None:
        flows = """
            start -> a -> s
            s -> t
            t -> b -> u
            t -> c -> u
            u -> j
            s -> e -> j
            j -> d -> end
        """
        gates = {one: gateway("parallel") for one in "stuj"}
        case = Case(xml(flows, **gates)).complete("a").complete("b").complete("c").complete("e")
        moved(case, "d", "b")
        assert case.complete("b").waits == ["d"]
        assert case.complete("d").completed

    def test_a_branch_under_way_is_waited_for(self) -> None:
        flows = """
            start -> a -> s
            s -> t
            t -> b -> u
            t -> c -> u
            u -> f -> j
            s -> e -> j
            j -> d -> end
        """
        gates = {one: gateway("parallel") for one in "stuj"}
        case = Case(xml(flows, **gates)).complete("a").complete("b").complete("c")
        moved(case, "f", "b")
        assert case.waits == ["b", "e"]
        assert case.complete("b").complete("f").waits == ["e"], "the outer join waits for it"
        assert case.complete("e").waits == ["d"]

    def test_into_a_branch_within_a_sub_process_that_is_done(self) -> None:
        inner = "si -> s\n s -> b -> j\n s -> c -> j\n j -> ei"
        gates = {"s": gateway("parallel"), "j": gateway("parallel")}
        box = sub(inner, **gates, si=event("start"), ei=event("end"))
        case = Case(xml("start -> box -> d -> end", box=box)).complete("b").complete("c")
        moved(case, "d", "b")
        assert case.waits == ["b"]
        assert case.complete("b").waits == ["d"]

    def test_out_of_a_sub_process_with_branches_under_way_straight_back_is_refused(self) -> None:
        inner = "si -> s\n s -> b -> j\n s -> c -> j\n j -> ei"
        gates = {"s": gateway("parallel"), "j": gateway("parallel")}
        box = sub(inner, **gates, si=event("start"), ei=event("end"))
        case = Case(xml("start -> a -> box -> d -> end", box=box)).complete("a")
        with pytest.raises(move_places.MoveRefused, match="并行"):
            moved(case, "b", "a", straight=True)
        assert case.waits == ["b", "c"]

    def test_straight_over_a_split_restores_the_siblings_where_they_were(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b").complete("c").complete("c2")
        moved(case, "b2", "a", straight=True)
        assert case.complete("a").waits == ["b2"]
        assert case.complete("b2").waits == ["d"], "the sibling was done and counts again"

    def test_a_loop_around_the_branches_does_not_make_them_one(self) -> None:
        flows = PARALLEL.replace(
            "d -> end", "d -> again\n again -> a if redo\n again -> end default"
        )
        model = xml(flows, again=gateway("exclusive"), **GATES)
        case = Case(model, redo=False).complete("a").complete("b").complete("c")
        moved(case, "b2", "b")
        assert case.waits == ["b", "c2"]


class TestMultiInstanceAndSubProcesses:
    def test_out_of_a_countersign_withdraws_all_its_instances(self) -> None:
        flows = "start -> a -> sign -> end"
        case = Case(xml(flows, sign=user(loop=each("people", "one"))), people=[1, 2, 3])
        case.complete("a").complete("sign", 1)
        moved(case, "sign", "a")
        assert case.waits == ["a"]

    def test_to_a_countersign_creates_all_its_tasks_again(self) -> None:
        flows = "start -> sign -> b -> end"
        case = Case(xml(flows, sign=user(loop=each("people", "one"))), people=[1, 2])
        case.complete("sign").complete("sign")
        moved(case, "b", "sign")
        assert case.waits == ["sign", "sign"]

    def test_out_of_a_sub_process_withdraws_it_whole(self) -> None:
        inner = sub("s -> x -> y -> e", s=event("start"), e=event("end"))
        case = Case(xml("start -> a -> box -> end", box=inner)).complete("a").complete("x")
        moved(case, "y", "a")
        assert (case.waits, case.complete("a").waits) == (["a"], ["x"])

    def test_into_a_sub_process_begins_it_at_the_target(self) -> None:
        inner = sub("s -> x -> y -> e", s=event("start"), e=event("end"))
        case = Case(xml("start -> box -> b -> end", box=inner)).complete("x").complete("y")
        moved(case, "b", "y")
        assert (case.waits, case.complete("y").waits) == (["y"], ["b"])

    def test_within_one_instance_of_a_repeated_sub_process_the_others_stay(self) -> None:
        inner = sub("s -> x -> y -> e", s=event("start"), e=event("end"), loop=each("list", "one"))
        case = Case(xml("start -> box -> end", box=inner), list=[1, 2])
        case.complete("x").complete("x")
        moved(case, "y", "x")
        assert case.waits == ["x", "y"]

    def test_into_one_instance_from_outside_is_refused(self) -> None:
        inner = sub("s -> x -> e", s=event("start"), e=event("end"), loop=each("list", "one"))
        case = Case(xml("start -> box -> b -> end", box=inner), list=[1]).complete("x")
        with pytest.raises(move_places.MoveRefused, match="不能从外部移动到"):
            moves.plan(case.execution, case.wait("b").id, to="x")

    def test_an_event_sub_process_under_way_stays(self) -> None:
        model = xml(
            "start -> a -> b -> end",
            messages={"ask": ""},
            side=sub(
                "s -> x -> e",
                by_event=True,
                s=event("start", timer("duration", "P1D"), 'isInterrupting="false"'),
                e=event("end"),
            ),
        )
        case = Case(model).fire("s").complete("a")
        moved(case, "b", "a")
        assert case.waits == ["a", "x"]

    def side(self, attributes: str) -> Case:
        handler = sub(
            "s -> x -> e",
            by_event=True,
            s=event("start", message("ask"), attributes),
            e=event("end"),
        )
        model = xml("start -> a -> b -> end", messages={"ask": '"k"'}, side=handler)
        return Case(model).complete("a").deliver("s")

    def test_out_of_an_event_sub_process_takes_it_along_and_its_event_may_come_again(self) -> None:
        case = self.side("")
        assert case.waits == ["x"]
        moved(case, "x", "a", kind="jumped")
        assert case.waits == ["a", "s"]
        assert case.deliver("s").waits == ["x"]

    def test_out_of_one_beside_the_flow_leaves_the_others_waiting_once(self) -> None:
        case = self.side('isInterrupting="false"')
        planned = moved(case, "x", "a", kind="jumped")
        assert (names(planned.withdrawn), case.waits) == ({"b", "side"}, ["a", "s"])

    def test_straight_back_into_an_event_sub_process_is_refused(self) -> None:
        case = self.side("")
        with pytest.raises(move_places.MoveRefused, match="由事件引起"):
            moved(case, "x", "a", straight=True)


class TestCalledProcesses:
    def files(self) -> tuple[bytes, bytes]:
        return (
            xml("start -> a -> sub -> b -> end", sub=call("q")),
            xml("start -> x -> y -> end", key="q"),
        )

    def test_out_of_a_called_process_withdraws_it_and_reopens_the_caller_s_node(self) -> None:
        case = Case(*self.files()).complete("a").complete("x")
        planned = moved(case, "y", "a")
        assert (case.waits, names(planned.withdrawn)) == (["a"], {"sub"})
        assert case.complete("a").waits == ["x"]

    def test_into_a_called_process_creates_it_again_at_the_target(self) -> None:
        case = Case(*self.files()).complete("a").complete("x").complete("y")
        moved(case, "b", "sub/y")
        assert (case.waits, case.complete("y").waits) == (["y"], ["b"])

    def test_straight_back_into_a_called_process(self) -> None:
        case = Case(*self.files()).complete("a").complete("x")
        moved(case, "y", "a", straight=True)
        assert case.complete("a").waits == ["y"]

    def test_straight_out_of_a_called_process_and_back_it_still_goes_straight_back_within(
        self,
    ) -> None:
        files = (self.files()[0], xml("start -> x -> y -> z -> end", key="q"))
        case = Case(*files).complete("a").complete("x").complete("y")
        moved(case, "z", "x", straight=True)
        moved(case, "x", "../a", straight=True)
        assert case.complete("a").waits == ["x"]
        assert case.complete("x").waits == ["z"], "not along the flow, to y"
        assert case.complete("z").waits == ["b"]

    def test_a_target_that_the_called_process_lacks_is_refused(self) -> None:
        case = Case(*self.files()).complete("a").complete("x").complete("y")
        with pytest.raises(move_places.MoveRefused, match="没有这个环节"):
            moved(case, "b", "sub/nowhere")

    def test_into_a_repeated_or_event_sub_process_of_it_is_refused(self) -> None:
        ends = {"s": event("start"), "e": event("end")}
        side = {"s2": event("start", message("ask")), "e2": event("end")}
        inner = xml(
            "start -> box -> end",
            key="q",
            messages={"ask": '"k"'},
            box=sub("s -> x -> e", loop=each("list", "one"), **ends),
            on=sub("s2 -> z -> e2", by_event=True, **side),
        )
        case = Case(self.files()[0], inner, list=[1]).complete("a").complete("x")
        for target in ("sub/box/x", "sub/on/z"):
            with pytest.raises(move_places.MoveRefused, match="不能从外部移动到"):
                moved(case, "b", target)
        assert case.waits == ["b"]

    def test_of_an_id_that_both_have_the_path_tells_whose_is_meant(self) -> None:
        files = (self.files()[0], xml("start -> a -> y -> end", key="q"))
        case = Case(*files).complete("a").complete("a")
        planned = moves.plan(case.execution, case.wait("y").id, to="a")
        assert names(planned.withdrawn) == {"y"}
        planned = moves.plan(case.execution, case.wait("y").id, to="../a")
        assert names(planned.withdrawn) == {"sub"}


THREE = """
    start -> a -> split
    split -> b -> b2 -> join
    split -> c -> c2 -> join
    split -> x -> join
    join -> d -> end
"""
INCLUSIVE = """
    start -> a -> split
    split -> b if n > 0
    split -> c if n > 1
    split -> x if n > 2
    b -> b2 -> join
    c -> c2 -> join
    x -> join
    join -> d -> end
"""
INCLUSIVE_GATES = {"split": gateway("inclusive"), "join": gateway("inclusive")}


class TestAcrossBranches:
    """From one branch to another beside it: both are withdrawn, further ones stay."""

    def at(self, flows: str = THREE, gates: dict[str, Any] = GATES, **data: Any) -> Case:
        case = Case(xml(flows, **gates), **data).complete("a")
        return case.complete("b").complete("c").complete("c2")

    @pytest.mark.parametrize(("flows", "gates"), [(THREE, GATES), (INCLUSIVE, INCLUSIVE_GATES)])
    def test_a_return_begins_the_other_branch_at_the_target_and_the_mover_s_anew(
        self, flows: str, gates: dict[str, Any]
    ) -> None:
        case = self.at(flows, gates, n=3)
        planned = moved(case, "b2", "c")
        assert planned.across
        assert (names(planned.withdrawn), names(planned.beside)) == ({"b2", "join"}, {"x"})
        assert case.waits == ["b", "c", "x"]
        for one in ("c", "c2", "b", "x"):
            case.complete(one)
        assert "d" not in case.waits, "the join waits for all three"
        assert case.complete("b2").waits == ["d"]

    @pytest.mark.parametrize(("flows", "gates"), [(THREE, GATES), (INCLUSIVE, INCLUSIVE_GATES)])
    def test_a_jump_leaves_the_rest_of_the_mover_s_branch_out_and_names_it(
        self, flows: str, gates: dict[str, Any]
    ) -> None:
        case = Case(xml(flows, **gates), n=3).complete("a").complete("c").complete("c2")
        planned = moved(case, "b", "c", kind="jumped")
        assert planned.skipped == ("b2",)
        assert case.waits == ["c", "x"]
        assert case.complete("x").complete("c").complete("c2").waits == ["d"]

    def test_straight_leads_back_to_where_both_branches_were(self) -> None:
        case = self.at()
        moved(case, "b2", "c", straight=True)
        assert case.waits == ["c", "x"]
        assert case.complete("c").waits == ["b2", "x"], "c2 was done and counts again"
        assert case.complete("b2").complete("x").waits == ["d"]

    def test_a_target_under_way_is_begun_again_once(self) -> None:
        case = Case(xml(THREE, **GATES)).complete("a").complete("b")
        planned = moved(case, "b2", "c")
        assert names(planned.withdrawn) == {"b2", "c"}
        assert case.waits == ["b", "c", "x"]

    def test_timers_of_both_branches_are_gone_and_those_begun_again_live(self) -> None:
        late = {
            "slow": boundary("b2", timer("duration", "P5D"), interrupting=False),
            "late": boundary("c", timer("duration", "P5D"), interrupting=False),
        }
        flows = PARALLEL + "\n slow -> n1 -> e1\n late -> n2 -> e2"
        case = Case(xml(flows, **GATES, **late)).complete("a").complete("b").complete("c")
        assert case.waits == ["b2", "c2", "slow"]
        moved(case, "b2", "c")
        assert case.waits == ["b", "c", "late"]

    def test_all_items_of_a_multi_instance_in_the_mover_s_branch_are_withdrawn(self) -> None:
        many = user(loop=each("people", "one"))
        case = Case(xml(PARALLEL, **GATES, b2=many), people=[1, 2, 3]).complete("a")
        case.complete("b").complete("c")
        assert case.waits == ["b2", "b2", "b2", "c2"]
        moved(case, "b2", "c")
        assert case.waits == ["b", "c"]
        assert case.complete("b").waits == ["b2", "b2", "b2", "c"]

    def test_into_a_called_process_of_the_other_branch(self) -> None:
        inner = xml("start -> x -> y -> end", key="q")
        case = Case(xml(PARALLEL, **GATES, c=call("q")), inner).complete("a")
        case.complete("b").complete("x").complete("y")
        moved(case, "b2", "c/x")
        assert case.waits == ["b", "x"]
        assert case.complete("x").complete("y").waits == ["b", "c2"]

    def test_out_of_a_sub_process_in_one_branch(self) -> None:
        box = sub("s -> x -> y -> e", s=event("start"), e=event("end"))
        case = Case(xml(PARALLEL, **GATES, b=box)).complete("a").complete("x").complete("c")
        planned = moved(case, "y", "c")
        assert names(planned.withdrawn) == {"b", "c2"}
        assert case.waits == ["c", "x"]

    def test_from_the_side_flow_of_an_event_to_its_host_ends_the_side_flow(self) -> None:
        late = boundary("b", timer("duration", "P1D"), interrupting=False)
        flows = "start -> a -> b -> c -> end\n late -> remind -> e2"
        case = Case(xml(flows, late=late)).complete("a").fire("late").complete("b")
        assert case.waits == ["c", "remind"]
        moved(case, "remind", "b")
        assert case.waits == ["b", "late"]

    def test_an_event_sub_process_that_runs_beside_stays(self) -> None:
        side = sub(
            "hold -> z -> over",
            by_event=True,
            hold=event("start", message("hold_case"), 'isInterrupting="false"'),
            over=event("end"),
        )
        flows = PARALLEL
        case = Case(xml(flows, **GATES, side=side, messages={"hold_case": "k"}), k="1").complete(
            "a"
        )
        case.deliver("hold").complete("b").complete("c")
        assert case.waits == ["b2", "c2", "hold", "z"]
        moved(case, "b2", "c")
        assert case.waits == ["b", "c", "hold", "z"]

    def test_the_history_names_what_is_to_be_done_again(self) -> None:
        case = self.at()
        moved(case, "b2", "c")
        told = next(one for one in case.events if one.type == "activity.moved")
        assert set(told.data["superseded"]) >= {"b", "b2", "c2"}
        assert case.history("activity.completed").count("c2") == 1


class TestGuards:
    @pytest.mark.parametrize("target", ["split", "start", "end", "join"])
    def test_only_activities_and_intermediate_events_are_targets(self, target: str) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a")
        with pytest.raises(move_places.MoveRefused, match="不能移动到"):
            moves.plan(case.execution, case.wait("b").id, to=target)

    def test_an_unknown_target_and_a_finished_mover_are_refused(self) -> None:
        case = Case(xml("start -> a -> b -> end"))
        gone = case.wait("a").id
        with pytest.raises(move_places.MoveRefused, match="没有可以到达"):
            moves.plan(case.execution, gone, to="nowhere")
        case.complete("a")
        with pytest.raises(move_places.MoveRefused, match="已经办结"):
            moves.plan(case.execution, gone, to="a")

    def test_a_jump_forward_out_of_a_branch_takes_the_siblings_along(self) -> None:
        case = Case(xml(PARALLEL, **GATES)).complete("a").complete("b")
        planned = moved(case, "b2", "d", kind="jumped")
        assert (case.waits, names(planned.withdrawn)) == (["d"], {"b2", "c"})

    def test_a_side_flow_of_a_reminder_goes_with_its_host(self) -> None:
        flows = "start -> a -> b -> end\n late -> remind -> end2"
        late = boundary("b", timer("duration", "P1D"), interrupting=False)
        case = Case(xml(flows, late=late)).complete("a").fire("late")
        assert case.waits == ["b", "remind"]
        moved(case, "b", "a")
        assert case.waits == ["a"]


def test_places_of_nested_splits_are_told_apart() -> None:
    flows = """
        start -> s1
        s1 -> a -> j1
        s1 -> s2
        s2 -> b -> j2
        s2 -> c -> j2
        j2 -> d -> j1
        j1 -> end
    """
    gates = {name: gateway("parallel") for name in ("s1", "s2", "j1", "j2")}
    places = Places(Case(xml(flows, **gates)).compiled.spec.process, "p")
    beside = {
        (one, other)
        for one in "abcd"
        for other in "abcd"
        if one < other and places.concurrent(one, other)
    }
    assert beside == {("a", "b"), ("a", "c"), ("a", "d"), ("b", "c")}


BLOCKS = st.recursive(
    st.sampled_from(["task", "many"]),
    lambda inner: st.tuples(
        st.sampled_from(["sequence", "parallel", "inclusive", "box", "call"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


class Generated:
    """A block-structured process from a tree of blocks."""

    def __init__(self, tree: Any) -> None:
        self.files: list[bytes] = []
        self.number = 0
        self.items: dict[str, int] = {}
        self.files.insert(0, self.process("p", tree))

    def fresh(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def process(self, key: str, tree: Any) -> bytes:
        nodes: dict[str, Any] = {}
        lines: list[str] = []
        first, last = self.block(tree, lines, nodes)
        lines += [f"start -> {first}", f"{last} -> end"]
        return xml("\n".join(lines), key=key, **nodes)

    def block(self, tree: Any, lines: list[str], nodes: dict[str, Any]) -> tuple[str, str]:
        if isinstance(tree, str):
            name = self.fresh("t")
            nodes[name] = user(loop=each("people", "one") if tree == "many" else "")
            self.items[name] = 2 if tree == "many" else 1
            return name, name
        kind, parts = tree
        if kind == "box":
            name, inner, within = self.fresh("box"), [], {}
            first, last = self.block(("sequence", parts), inner, within)
            inner += [f"s{name} -> {first}", f"{last} -> e{name}"]
            within |= {f"s{name}": event("start"), f"e{name}": event("end")}
            nodes[name] = sub("\n".join(inner), **within)
            return name, name
        if kind == "call":
            name = self.fresh("call")
            self.files.append(self.process(f"q{name}", ("sequence", parts)))
            nodes[name] = call(f"q{name}")
            return name, name
        pairs = [self.block(part, lines, nodes) for part in parts]
        if kind == "sequence":
            lines += [f"{pairs[n][1]} -> {pairs[n + 1][0]}" for n in range(len(pairs) - 1)]
            return pairs[0][0], pairs[-1][1]
        split, join = self.fresh("s"), self.fresh("j")
        nodes[split], nodes[join] = gateway(kind), gateway(kind)
        condition = " if true" if kind == "inclusive" and len(pairs) > 1 else ""
        for first, last in pairs:
            lines += [f"{split} -> {first}{condition}", f"{last} -> {join}"]
        return split, join


@settings(deadline=None, max_examples=2_000 if os.environ.get("BANLI_NIGHTLY") else 60)
@given(tree=BLOCKS, data=st.data())
def test_after_any_moves_the_case_still_ends_and_nobody_is_asked_twice_at_once(
    tree: Any, data: st.DataObject
) -> None:
    made = Generated(tree)
    case = Case(*made.files, people=[1, 2])
    done: list[str] = []
    for _round in range(data.draw(st.integers(0, 8))):
        if case.completed:
            break
        waits = sorted(case.execution.waits.values(), key=lambda wait: wait.id)
        wait = data.draw(st.sampled_from(waits))
        path = "/".join((*wait.called_path, wait.activity))
        if done and data.draw(st.booleans()):
            _try_move(case, wait, data.draw(st.sampled_from(done)), data)
        else:
            case.command("complete", wait.id, {})
            done.append(path)
        _nobody_twice(case, made)
    for _round in range(200):
        if case.completed:
            return
        case.command("complete", min(case.execution.waits), {})
    raise AssertionError(f"the case does not end: {case.waits}")


def _try_move(case: Case, wait: Any, to: str, data: st.DataObject) -> None:
    redo = data.draw(st.booleans())
    try:
        planned = moves.plan(case.execution, wait.id, to=to, redo=redo)
    except move_places.MoveRefused:
        return
    straight = data.draw(st.booleans())
    try:
        moves.move(case.execution, planned, kind="returned", reason="", straight=straight)
    except move_places.MoveRefused:
        return
    case._settle()
    assert not case.incidents


def _nobody_twice(case: Case, made: Generated) -> None:
    """Each place of the flow is occupied once: as often as its multi-instance has items."""
    found: dict[str, int] = {}
    for wait in case.execution.waits.values():
        found[wait.activity] = found.get(wait.activity, 0) + 1
    assert all(count <= made.items[name] for name, count in found.items()), found
