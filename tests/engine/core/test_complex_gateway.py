"""Complex gateways (BPMN 2.0.2, 13.4.5) and gateways that join and split at once."""

from engine import compiler
from tests.engine.core.scenario import Case, Node, gateway, xml


def complex_(condition: str) -> Node:
    text = f"<activationCondition>={condition}</activationCondition>" if condition else ""
    return Node("complexGateway", children=text)


def two_of_three(after: str) -> bytes:
    return xml(
        f"start -> f; f -> a -> g; f -> b -> g; f -> c -> g; {after}",
        f=gateway("parallel"),
        g=complex_("activationCount &gt;= 2"),
    )


def codes(data: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": data}) if one.severity == "error"}


def test_two_of_three_are_enough_and_the_third_only_resets_the_gateway():
    case = Case(two_of_three("g -> z -> end"))
    assert case.complete("a").waits == ["b", "c"]
    assert case.complete("c").waits == ["b", "z"]
    assert case.complete("b").waits == ["z"]
    assert case.complete("z").completed


def test_the_process_goes_on_while_the_gateway_waits_for_reset_and_does_not_end_before():
    case = Case(two_of_three("g -> z -> end")).complete("a").complete("b").complete("z")
    assert (case.waits, case.completed) == (["c"], False)
    assert case.complete("c").completed


def test_after_the_reset_the_gateway_starts_anew_in_a_loop():
    case = Case(
        xml(
            "start -> m -> f; f -> a -> g; f -> b -> g; g -> z -> x; x -> m if again; x -> end default",
            m=gateway("exclusive"),
            f=gateway("parallel"),
            x=gateway("exclusive"),
            g=complex_("activationCount &gt;= 1"),
        ),
        again=True,
    )
    for _ in range(3):
        case.complete("a")
        assert case.waits == ["b", "z"]
        case.complete("b")
        assert case.waits == ["z"]
        case.complete("z")
        assert case.waits == ["a", "b"]


def test_a_token_that_comes_again_before_the_reset_waits_for_the_next_start():
    case = Case(
        xml(
            "start -> f; f -> a -> m -> g; f -> b -> m; f -> c -> g; g -> z -> end",
            f=gateway("parallel"),
            m=gateway("exclusive"),
            g=complex_("activationCount &gt;= 1"),
        )
    )
    assert case.complete("a").waits == ["b", "c", "z"]
    assert case.complete("b").waits == ["c", "z"]
    assert case.complete("c").waits == ["z", "z"]


def test_conditions_are_asked_in_both_phases_and_the_reset_need_not_take_any():
    case = Case(
        two_of_three(
            "g -> first if waitingForStart; g -> late if not(waitingForStart) and told; "
            "first -> end; late -> end"
        ),
        told=True,
    )
    case.complete("a").complete("b")
    assert case.waits == ["c", "first"]
    assert case.complete("c").waits == ["first", "late"]


def test_a_start_without_an_open_flow_is_an_incident_that_can_be_retried():
    case = Case(two_of_three("g -> y if go; g -> z if go; y -> end; z -> end"), go=False)
    case.complete("a").complete("b")
    assert case.incidents == ["g"]
    case.execution.workflow.scopes.set_local(case.id, {"go": True})
    assert case.retry("g").waits == ["c", "y", "z"]


def test_a_condition_that_fails_is_an_incident_of_the_gateway():
    case = Case(two_of_three("g -> z -> end"))
    assert case.complete("a").incidents == []
    broken = xml(
        "start -> f; f -> a -> g; f -> b -> g; g -> z -> end",
        f=gateway("parallel"),
        g=complex_("missing + 1"),
    )
    assert Case(broken).complete("a").incidents == ["g"]


def test_what_can_never_be_enough_is_an_incident_when_nothing_moves_any_more():
    model = xml(
        "start -> f; f -> a -> g; f -> b -> g; g -> z -> end",
        f=gateway("parallel"),
        g=complex_("activationCount &gt;= 3"),
    )
    case = Case(model).complete("a").complete("b")
    assert case.incidents == ["g", "g"]


def test_a_complex_gateway_with_one_incoming_flow_only_splits():
    model = xml("start -> g; g -> a if n; g -> b; a -> end; b -> end", g=complex_(""))
    assert Case(model, n=True).waits == ["a", "b"]
    assert Case(model, n=False).waits == ["b"]


def test_a_complex_join_without_a_condition_and_a_split_with_one_are_refused():
    assert "activation_missing" in codes(
        xml(
            "start -> f; f -> a -> g; f -> b -> g; g -> end",
            f=gateway("parallel"),
            g=complex_(""),
        )
    )
    assert "activation_place" in codes(xml("start -> g -> end", g=complex_("true")))


def test_a_parallel_gateway_joins_and_splits_at_once():
    case = Case(
        xml(
            "start -> f; f -> a -> g; f -> b -> g; g -> c -> end; g -> d -> end",
            f=gateway("parallel"),
            g=gateway("parallel"),
        )
    )
    assert case.complete("a").waits == ["b"]
    assert case.complete("b").waits == ["c", "d"]


def test_an_inclusive_gateway_joins_and_splits_at_once():
    case = Case(
        xml(
            "start -> f; f -> a -> g; f -> b -> g; g -> c if n > 0; g -> d if n > 1; g -> e default; "
            "c -> end; d -> end; e -> end",
            f=gateway("inclusive"),
            g=gateway("inclusive"),
        )
        .replace(
            b'sourceRef="f" targetRef="a">',
            b'sourceRef="f" targetRef="a"><conditionExpression>=true</conditionExpression>',
        )
        .replace(
            b'sourceRef="f" targetRef="b">',
            b'sourceRef="f" targetRef="b"><conditionExpression>=true</conditionExpression>',
        ),
        n=2,
    )
    assert case.complete("a").waits == ["b"]
    assert case.complete("b").waits == ["c", "d"]


def test_an_exclusive_gateway_passes_each_token_by_itself():
    case = Case(
        xml(
            "start -> f; f -> a -> x; f -> b -> x; x -> c if n; x -> d default; c -> end; d -> end",
            f=gateway("parallel"),
            x=gateway("exclusive"),
        ),
        n=True,
    )
    assert case.complete("a").waits == ["b", "c"]
    assert case.complete("b", n=False).waits == ["c", "d"]
