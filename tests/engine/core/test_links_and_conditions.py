"""Links within one level; conditions that are looked at when a variable changes."""

import pytest

from engine import compiler
from engine.errors import LimitExceeded
from tests.engine.core.scenario import (
    Case,
    boundary,
    condition,
    event,
    gateway,
    io,
    link,
    script,
    sub,
    user,
    xml,
)


def codes(data: bytes, severity: str = "error") -> set[str]:
    found = compiler.check({"m.bpmn": data})
    return {one.code for one in found if one.severity == severity}


def by_event(definition: str, *, interrupting: bool = True):
    start = event("start", definition, f'isInterrupting="{str(interrupting).lower()}"')
    return sub("es -> h -> ee", by_event=True, es=start, ee=event("end"))


# -- links --------------------------------------------------------------------------------


def test_a_link_goes_on_at_its_target():
    case = Case(
        xml(
            "start -> a -> there; here -> b -> end",
            there=event("throw", link("A")),
            here=event("catch", link("A")),
        )
    )
    assert case.complete("a").waits == ["b"]
    assert case.history("activity.completed") == ["start", "a", "there", "here"]
    assert case.complete("b").completed


def test_several_throws_lead_to_one_target_and_a_link_may_lead_back():
    case = Case(
        xml(
            "start -> x; x -> one if n = 1; x -> two default; here -> b -> y; y -> again if more;"
            "y -> end default",
            x=gateway("exclusive"),
            y=gateway("exclusive"),
            one=event("throw", link("A")),
            two=event("throw", link("A")),
            again=event("throw", link("A")),
            here=event("catch", link("A")),
        ),
        n=2,
        more=True,
    )
    for more in (True, True, False):
        assert case.waits == ["b"]
        case.complete("b", more=more)
    assert case.completed


def test_an_inclusive_join_waits_for_who_comes_through_a_link():
    case = Case(
        xml(
            "start -> s; s -> a if true; s -> b if true; s -> j default; a -> j; b -> there;"
            "here -> c -> j; j -> z -> end",
            s=gateway("inclusive"),
            j=gateway("inclusive"),
            there=event("throw", link("A")),
            here=event("catch", link("A")),
        )
    )
    case.complete("a").complete("b")
    assert case.waits == ["c"]
    assert case.complete("c").waits == ["z"]


def test_a_link_without_a_target_on_its_own_level_is_refused():
    inner = sub(
        "s1 -> a -> e1; in1 -> b -> e1",
        s1=event("start"),
        e1=event("end"),
        in1=event("catch", link("A")),
    )
    throw = {"there": event("throw", link("A"))}
    assert codes(xml("start -> there", **throw)) == {"link_missing"}
    found = compiler.check({"m.bpmn": xml("start -> box -> there", box=inner, **throw)})
    assert any("另一层" in one.message for one in found if one.code == "link_missing")


def test_two_targets_of_one_link_are_refused():
    data = xml(
        "start -> there; one -> a -> end; two -> b -> end",
        there=event("throw", link("A")),
        one=event("catch", link("A")),
        two=event("catch", link("A")),
    )
    assert "link_twice" in codes(data)


def test_flows_out_of_a_throwing_link_or_into_a_catching_one_are_refused():
    out = xml(
        "start -> there -> end; here -> a -> end",
        there=event("throw", link("A")),
        here=event("catch", link("A")),
    )
    into = xml(
        "start -> x; x -> there if n; x -> here default; here -> a -> end",
        x=gateway("exclusive"),
        there=event("throw", link("A")),
        here=event("catch", link("A")),
    )
    assert "flow_place" in codes(out)
    assert "flow_place" in codes(into)


def test_a_loop_through_links_without_a_rest_is_refused():
    data = xml(
        "start -> x; x -> there if n; x -> end default; here -> s -> x",
        x=gateway("exclusive"),
        s=script("1", "n"),
        there=event("throw", link("A")),
        here=event("catch", link("A")),
    )
    assert "automatic_cycle" in codes(data)


# -- conditions ---------------------------------------------------------------------------

FORK = gateway("parallel")


def test_a_condition_on_the_path_waits_until_it_becomes_true():
    case = Case(
        xml(
            "start -> f; f -> c -> b -> end; f -> a -> d -> end",
            f=FORK,
            c=event("catch", condition("paid >= fee")),
        ),
        fee=10,
        paid=0,
    )
    assert case.waits == ["a", "c"]
    assert case.wait("c").condition == "paid >= fee"
    assert case.complete("a", paid=9).waits == ["c", "d"]
    assert case.complete("d", paid=10).waits == ["b"]
    assert case.history("condition.met") == ["c"]


def test_a_condition_that_holds_already_is_passed_at_once():
    model = xml("start -> c -> b -> end", c=event("catch", condition("n > 1")))
    assert Case(model, n=2).waits == ["b"]
    assert Case(model, n=1).waits == ["c"]
    assert Case(model).waits == ["c"]  # what is not there yet is not true


def test_a_condition_that_is_neither_true_nor_false_is_an_incident():
    model = xml("start -> c -> b -> end", c=event("catch", condition("n")))
    assert Case(model, n=5).incidents == ["c"]
    later = Case(
        xml(
            "start -> f; f -> c -> b -> end; f -> a -> end",
            f=FORK,
            c=event("catch", condition("n")),
        ),
        n=False,
    )
    later.complete("a", n="x")
    assert later.incidents == ["c"]
    assert later.waits == []


def test_an_incident_of_a_condition_is_looked_at_again():
    case = Case(
        xml(
            "start -> f; f -> c -> b -> end; f -> a -> d -> end",
            f=FORK,
            c=event("catch", condition("n > limit")),
        ),
        n=1,
        limit=2,
    )
    case.complete("a", n="x", limit=[1])
    stuck = case.incidents
    case.complete("d", n=5, limit=2)
    if stuck:
        case.retry("c")
    assert case.waits == ["b"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_condition_at_the_boundary_happens_when_it_becomes_true(interrupting):
    case = Case(
        xml(
            "start -> f; f -> a -> end; f -> w -> w2 -> w3 -> w4 -> end; c -> b -> end",
            f=FORK,
            c=boundary("a", condition("sum > 100"), interrupting=interrupting),
        ),
        sum=1,
    )
    assert case.waits == ["a", "c", "w"]
    case.complete("w", sum=101)
    if interrupting:
        assert case.waits == ["b", "w2"]
        return
    assert case.waits == ["a", "b", "c", "w2"]
    assert case.complete("w2", sum=200).waits == ["a", "b", "c", "w3"]  # it was true before
    assert case.complete("w3", sum=5).waits == ["a", "b", "c", "w4"]
    assert case.complete("w4", sum=500).waits == ["a", "b", "b", "c"]


def test_a_condition_at_the_boundary_that_holds_from_the_start_happens_at_once():
    model = xml("start -> a -> end; c -> b -> end", c=boundary("a", condition("n > 1")))
    case = Case(model, n=2)
    assert case.waits == ["b"]
    assert case.history("activity.cancelled") == ["a"]


def test_a_condition_at_the_boundary_sees_the_variables_of_its_activity():
    box = sub(
        "s1 -> b -> c1 -> e1",
        io=io({"inner": "=0"}),
        s1=event("start"),
        e1=event("end"),
        b=user(io=io(outputs={"inner": "=x"})),
    )
    case = Case(
        xml(
            "start -> box -> end; c -> z -> end", box=box, c=boundary("box", condition("inner > 2"))
        )
    )
    assert case.complete("b", x=3).waits == ["z"]
    assert "inner" not in case.variables


def test_the_work_that_makes_a_condition_true_is_done_first():
    case = Case(
        xml("start -> a -> d -> end; c -> b -> end", c=boundary("a", condition("n > 1"))), n=0
    )
    assert case.complete("a", n=2).waits == ["d"]
    assert case.history("activity.cancelled") == []


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_condition_starts_an_event_sub_process(interrupting):
    case = Case(
        xml(
            "start -> a -> d -> end",
            on=by_event(condition("n > 1"), interrupting=interrupting),
        ),
        n=0,
    )
    assert case.waits == ["a", "es"]
    case.complete("a", n=2)
    assert case.waits == (["h"] if interrupting else ["d", "es", "h"])


def test_a_condition_may_come_first_behind_an_event_gateway():
    model = xml(
        "start -> f; f -> g; g -> c -> b -> end; g -> c2 -> e -> end; f -> a -> end",
        f=FORK,
        g=gateway("eventBased"),
        c=event("catch", condition("n > 1")),
        c2=event("catch", condition("n < 0")),
    )
    assert Case(model, n=-1).waits == ["a", "e"]
    case = Case(model, n=0)
    assert case.waits == ["a", "c", "c2"]
    assert case.complete("a", n=5).waits == ["b"]


def test_scripts_that_make_a_condition_true_and_false_again_are_seen_on_the_way():
    case = Case(
        xml(
            "start -> f; f -> c -> b -> end; f -> a -> up -> down -> end",
            f=FORK,
            c=event("catch", condition("n > 1")),
            up=script("2", "n"),
            down=script("0", "n"),
        ),
        n=0,
    )
    assert case.complete("a").waits == ["b"]


def test_a_process_may_start_by_a_condition():
    assert not codes(xml("start -> a -> end", start=event("start", condition("n > 1"))))


def test_a_condition_that_reads_nothing_is_a_warning():
    data = xml("start -> c -> a -> end", c=event("catch", condition("true")))
    assert codes(data) == set()
    assert "condition_constant" in codes(data, "warning")


def test_conditions_that_chase_each_other_are_stopped():
    loop = sub(
        "es -> up -> down -> ee",
        by_event=True,
        es=event("start", condition("n = 1"), 'isInterrupting="false"'),
        ee=event("end"),
        up=script("0", "n"),
        down=script("1", "n"),
    )
    case = Case(xml("start -> a -> d -> end", on=loop), n=0)
    with pytest.raises(LimitExceeded):
        case.complete("a", n=1)
