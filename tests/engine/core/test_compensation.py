"""Compensation and transactions (BPMN 2.0.2, 10.7 and 13.5): what was completed is undone."""

import pytest

from engine import compiler, limits
from tests.engine.core.scenario import (
    Case,
    Node,
    boundary,
    call,
    each,
    error,
    event,
    gateway,
    io,
    sub,
    timer,
    user,
    xml,
)

COMPENSATE = "<compensateEventDefinition/>"


def throw(activity: str = "", *, wait: bool = True, kind: str = "throw") -> Node:
    attributes = f'activityRef="{activity}"' if activity else ""
    if not wait:
        attributes += ' waitForCompletion="false"'
    return event(kind, f"<compensateEventDefinition {attributes}/>")


def undoable(*names: str, kind: str = "userTask") -> dict[str, Node]:
    """Boundary events and handlers: `a` is undone by `undo_a`."""
    nodes: dict[str, Node] = {}
    for name in names:
        nodes[f"on_{name}"] = boundary(name, COMPENSATE)
        nodes[f"undo_{name}"] = Node(kind, 'isForCompensation="true"')
        nodes[f"link_{name}"] = Node(
            "association",
            f'sourceRef="on_{name}" targetRef="undo_{name}" associationDirection="One"',
        )
    return nodes


def codes(data: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": data}) if one.severity == "error"}


def test_what_may_be_undone_does_not_count_as_under_way(monkeypatch):
    monkeypatch.setattr(limits, "LIVE_TASKS", 20)
    case = Case(
        xml(
            "start -> a -> x; x -> a if more; x -> t default; t -> z -> end",
            x=gateway("exclusive"),
            t=throw(),
            **undoable("a"),
        ),
        more=True,
    )
    for _ in range(29):
        case.complete("a")
    case.complete("a", more=False)
    for _ in range(30):
        assert case.waits == ["undo_a"]
        case.complete("undo_a")
    assert case.waits == ["z"]


def test_completed_activities_are_undone_in_the_reverse_order_of_their_completion():
    case = Case(
        xml(
            "start -> f; f -> a -> j; f -> b -> j; j -> c -> t -> z -> end",
            f=gateway("parallel"),
            j=gateway("parallel"),
            t=throw(),
            **undoable("a", "b", "c"),
        )
    )
    case.complete("b").complete("a").complete("c")
    assert case.waits == ["undo_c"]
    assert case.complete("undo_c").waits == ["undo_a"]
    assert case.complete("undo_a").waits == ["undo_b"]
    assert case.complete("undo_b").waits == ["z"]
    assert case.history("activity.compensated") == ["c", "a", "b"]
    assert case.complete("z").completed


def test_only_the_activity_named_is_undone_and_only_once():
    case = Case(
        xml(
            "start -> a -> b -> t1 -> t2 -> z -> end",
            t1=throw("a"),
            t2=throw("a"),
            **undoable("a", "b"),
        )
    )
    case.complete("a").complete("b")
    assert case.waits == ["undo_a"]
    assert case.complete("undo_a").waits == ["z"]


def test_an_activity_that_was_not_completed_is_not_undone():
    case = Case(
        xml(
            "start -> f; f -> a -> end; f -> b -> t -> z -> end",
            f=gateway("parallel"),
            t=throw(),
            **undoable("a", "b"),
        )
    )
    case.complete("b")
    assert case.waits == ["a", "undo_b"]
    assert case.complete("undo_b").waits == ["a", "z"]


def test_an_end_event_compensates_before_the_process_ends():
    case = Case(xml("start -> a -> t", t=throw(kind="end"), **undoable("a")))
    assert case.complete("a").waits == ["undo_a"]
    assert case.complete("undo_a").completed
    assert set(case.execution.scopes) == {case.id}


def test_without_waiting_the_path_goes_on_and_the_process_ends_after_both():
    case = Case(xml("start -> a -> t -> z -> end", t=throw(wait=False), **undoable("a")))
    assert case.complete("a").waits == ["undo_a", "z"]
    assert not case.complete("z").completed
    assert case.complete("undo_a").completed


def test_a_handler_sees_the_data_of_its_activity_as_they_were_on_completion():
    nodes = undoable("a", kind="serviceTask")
    nodes["undo_a"].extensions = '<zeebe:taskDefinition type="card.return"/>' + io({"card": "=no"})
    case = Case(
        xml(
            "start -> a -> b -> t -> end",
            a=user(io=io({"no": "=serial"})),
            t=throw(),
            **nodes,
        ),
        serial="K1",
    )
    case.complete("a").complete("b", serial="K2")
    assert case.wait("undo_a").variables == {"card": "K1"}


def test_each_instance_of_a_multiple_activity_is_undone_with_its_own_item():
    case = Case(
        xml(
            "start -> a -> t -> z -> end",
            a=user(loop=each("rows", "row")),
            t=throw("a"),
            **undoable("a"),
        ),
        rows=["x", "y"],
    )
    case.complete("a", 1).complete("a", 0)

    def item() -> str:
        scope = case.wait("undo_a").scope_id
        return case.execution.workflow.scopes.context(scope)["row"]

    assert item() == "x"
    case.complete("undo_a")
    assert item() == "y"
    assert case.complete("undo_a").waits == ["z"]


def test_a_sub_process_without_a_handler_of_its_own_is_undone_from_the_inside():
    inner = sub("s1 -> a -> b -> e1", s1=event("start"), e1=event("end"), **undoable("a", "b"))
    case = Case(xml("start -> box -> c -> t -> z -> end", box=inner, t=throw("box")))
    case.complete("a").complete("b").complete("c")
    assert case.waits == ["undo_b"]
    case.complete("undo_b").complete("undo_a")
    assert case.waits == ["z"]
    assert case.history("activity.compensated") == ["b", "a", "box"]


def test_an_event_sub_process_undoes_its_scope_on_the_snapshot_of_its_data():
    on = sub(
        "es -> undo -> t2 -> ee",
        by_event=True,
        es=event("start", COMPENSATE),
        ee=event("end"),
        t2=throw("a"),
    )
    inner = sub(
        "s1 -> a -> e1",
        s1=event("start"),
        e1=event("end"),
        on=on,
        io=io({"fee": "=amount"}),
        **undoable("a"),
    )
    case = Case(xml("start -> box -> c -> t -> z -> end", box=inner, t=throw("box")), amount=5)
    case.complete("a", fee=7).complete("c", amount=1)
    assert case.waits == ["undo"]
    scope = case.wait("undo").scope_id
    assert case.execution.workflow.scopes.context(scope)["fee"] == 7
    assert case.complete("undo").waits == ["undo_a"]
    assert case.complete("undo_a").waits == ["z"]
    assert case.complete("z").completed
    assert set(case.execution.scopes) == {case.id}


def test_an_error_handler_undoes_what_its_scope_had_completed():
    on = sub(
        "es -> t -> ee",
        by_event=True,
        es=event("start", error("E")),
        ee=event("end"),
        t=throw(),
    )
    inner = sub("s1 -> a -> b -> e1", s1=event("start"), e1=event("end"), on=on, **undoable("a"))
    case = Case(xml("start -> box -> z -> end", errors=("E",), box=inner))
    case.complete("a").throw("b", "E")
    assert case.waits == ["undo_a"]
    assert case.complete("undo_a").waits == ["z"]


def test_an_interrupted_scope_takes_its_records_and_running_handlers_with_it():
    inner = sub(
        "s1 -> a -> t -> e1", s1=event("start"), e1=event("end"), t=throw(), **undoable("a")
    )
    case = Case(
        xml(
            "start -> box -> end; late -> t2 -> z -> end",
            box=inner,
            late=boundary("box", timer("duration", "P1D")),
            t2=throw(),
        )
    )
    case.complete("a")
    assert case.waits == ["late", "undo_a"]
    assert case.fire("late").waits == ["z"]


def test_a_called_process_is_undone_with_its_own_data():
    called = xml("start -> a -> end", key="q", **undoable("a"))
    case = Case(called, xml("start -> c -> t -> z -> end", c=call("q"), t=throw("c")), n=1)
    case.complete("a", own=2)
    wait = case.wait("undo_a")
    assert (wait.definition_id, wait.called_path, wait.process_key) == (1, ("c",), "q")
    assert case.execution.workflow.scopes.context(wait.scope_id)["own"] == 2
    assert case.complete("undo_a").waits == ["z"]


def test_an_error_of_a_handler_is_caught_around_it():
    inner = sub(
        "s1 -> a -> t -> e1", s1=event("start"), e1=event("end"), t=throw(), **undoable("a")
    )
    case = Case(
        xml(
            "start -> box -> end; failed -> z -> end",
            errors=("E",),
            box=inner,
            failed=boundary("box", error("E")),
        )
    )
    case.complete("a").throw("undo_a", "E")
    assert case.waits == ["z"]


def test_a_loop_leaves_a_record_for_each_pass():
    case = Case(
        xml(
            "start -> a -> x; x -> a if again; x -> t default; t -> end",
            x=gateway("exclusive"),
            t=throw(),
            **undoable("a"),
        )
    )
    case.complete("a", again=True).complete("a", again=True).complete("a", again=False)
    for _ in range(3):
        case.complete("undo_a")
    assert case.completed


# -- transactions --------------------------------------------------------------------------


def transaction(flows: str, *, loop: str = "", **nodes: Node) -> Node:
    return Node("transaction", children=loop, flows=flows, nodes=nodes)


def booking(**more: Node) -> bytes:
    inner = transaction(
        "s1 -> f; f -> a -> x; x -> no if not(ok); x -> e1 default; f -> b -> e1",
        s1=event("start"),
        e1=event("end"),
        f=gateway("parallel"),
        x=gateway("exclusive"),
        no=event("end", "<cancelEventDefinition/>"),
        **undoable("a", "b"),
    )
    return xml(
        "start -> box -> done -> end; cancelled -> z -> end; failed -> y -> end",
        errors=("E",),
        box=inner,
        cancelled=boundary("box", "<cancelEventDefinition/>"),
        failed=boundary("box", error("E")),
        **more,
    )


def test_a_cancelled_transaction_undoes_what_it_completed_and_leaves_by_its_boundary():
    case = Case(booking())
    case.complete("a", ok=False)
    assert case.waits == ["undo_a"]
    assert case.history("activity.cancelled") == ["b"]
    assert case.complete("undo_a").waits == ["z"]
    assert case.complete("z").completed


def test_a_transaction_that_succeeds_leaves_by_its_flow():
    case = Case(booking())
    assert case.complete("a", ok=True).complete("b").waits == ["done"]


def test_an_error_leaves_a_transaction_without_compensation():
    case = Case(booking())
    case.complete("a", ok=True).throw("b", "E")
    assert case.waits == ["y"]
    assert case.history("activity.compensated") == []


def test_an_error_while_a_transaction_is_undone_is_a_hazard():
    case = Case(booking())
    case.complete("a", ok=False).throw("undo_a", "E")
    assert case.waits == ["y"]


def test_all_instances_of_a_repeated_transaction_are_cancelled_together():
    inner = transaction(
        "s1 -> a -> b -> x; x -> no if not(ok); x -> e1 default",
        loop=each("rows", "row"),
        s1=event("start"),
        e1=event("end"),
        x=gateway("exclusive"),
        no=event("end", "<cancelEventDefinition/>"),
        **undoable("a"),
    )
    case = Case(
        xml(
            "start -> box -> end; cancelled -> z -> end",
            box=inner,
            cancelled=boundary("box", "<cancelEventDefinition/>"),
        ),
        rows=[1, 2],
    )
    case.complete("a").complete("a").complete("b", 1, ok=True)
    case.complete("b", ok=False)
    case.complete("undo_a").complete("undo_a")
    assert case.waits == ["z"]


def test_a_cancelled_transaction_without_a_boundary_ends_its_path():
    inner = transaction(
        "s1 -> a -> no", s1=event("start"), no=event("end", "<cancelEventDefinition/>")
    )
    assert Case(xml("start -> box -> z -> end", box=inner)).complete("a").completed


# -- what the standard forbids ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("flows", "nodes", "code"),
    [
        ("start -> a -> end", {"on_a": boundary("a", COMPENSATE)}, "compensation_handler"),
        ("start -> a -> undo_a -> end", undoable("a"), "flow_place"),
        (
            "start -> a -> end",
            {"h": Node("task", 'isForCompensation="true"')},
            "compensation_handler",
        ),
        ("start -> a -> t -> end", {"t": throw("nothing")}, "reference_dangling"),
        ("start -> a -> t", {"t": event("end", "<cancelEventDefinition/>")}, "event_place"),
        (
            "start -> a -> end; c -> end",
            {"c": boundary("a", "<cancelEventDefinition/>")},
            "event_place",
        ),
        ("start -> t -> end", {"t": event("throw", "<cancelEventDefinition/>")}, "event_place"),
        ("start -> t -> end", {"t": event("catch", COMPENSATE)}, "event_place"),
        ("start -> end", {"start": event("start", COMPENSATE)}, "event_place"),
        (
            "start -> end",
            {"x": Node("transaction", 'method="##Store"')},
            "attribute_unsupported",
        ),
    ],
)
def test_what_bpmn_forbids_about_compensation_is_refused(flows, nodes, code):
    assert code in codes(xml(flows, **nodes))


def test_an_activity_of_another_scope_cannot_be_compensated_from_here():
    inner = sub("s1 -> a -> e1", s1=event("start"), e1=event("end"), **undoable("a"))
    assert "compensation_target" in codes(xml("start -> box -> t -> end", box=inner, t=throw("a")))
