"""Processes begun by messages at gateways and receive tasks; versions that calls are bound to."""

import pytest

from engine import compiler
from tests.engine.core.scenario import (
    Case,
    Node,
    boundary,
    call,
    event,
    gateway,
    message,
    sub,
    timer,
    user,
    xml,
)

MESSAGES = {"paid": "ref", "signed": "ref"}


def begins(kind: str) -> bytes:
    return xml(
        "g -> paid_c -> a -> end; g -> signed_c -> b -> end",
        messages=MESSAGES,
        g=Node("eventBasedGateway", f'instantiate="true" eventGatewayType="{kind}"'),
        paid_c=event("catch", message("paid")),
        signed_c=event("catch", message("signed")),
    )


def codes(data: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": data}) if one.severity == "error"}


def test_one_of_several_messages_begins_a_process():
    assert Case(begins("Exclusive"), start="paid_c", ref="R").waits == ["a"]
    assert Case(begins("Exclusive"), start="signed_c", ref="R").waits == ["b"]


def test_a_parallel_gateway_needs_all_its_messages():
    case = Case(begins("Parallel"), start="signed_c", ref="R")
    assert case.waits == ["b", "paid_c"]
    assert case.wait("paid_c").correlation_key == "R"
    assert not case.complete("b").completed
    assert case.deliver("paid_c").waits == ["a"]
    assert case.complete("a").completed


def test_a_compiled_process_says_which_messages_begin_it():
    made = compiler.compile({"m.bpmn": begins("Parallel")}).processes["p"]
    assert {key: one.name for key, one in made.begun_by_message.items()} == {
        "paid_c": "paid",
        "signed_c": "signed",
    }
    assert made.begins_at == {"paid_c", "signed_c"}


def test_a_receive_task_begins_a_process():
    model = xml(
        "r -> a -> end",
        messages={"paid": "ref"},
        r=Node("receiveTask", 'messageRef="paid" instantiate="true"'),
    )
    case = Case(model, start="r", ref="R")
    assert case.waits == ["a"]
    assert case.history("activity.completed") == ["r"]
    assert Case(model, ref="R").waits == ["a"]


def test_a_start_event_and_a_gateway_may_both_begin_a_process():
    model = xml(
        "start -> a -> end; g -> paid_c -> b -> end; g -> signed_c -> b",
        messages=MESSAGES,
        g=Node("eventBasedGateway", 'instantiate="true"'),
        paid_c=event("catch", message("paid")),
        signed_c=event("catch", message("signed")),
    )
    assert Case(model, ref="R").waits == ["a"]
    assert Case(model, start="paid_c", ref="R").waits == ["b"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (
            begins("Exclusive").replace(
                message("paid").encode(), timer("duration", "P1D").encode()
            ),
            "event_gateway",
        ),
        (begins("Parallel").replace(b'instantiate="true" ', b""), "event_gateway"),
        (begins("Other"), "attribute_unsupported"),
        (
            xml(
                "start -> r -> end",
                messages=MESSAGES,
                r=Node("receiveTask", 'messageRef="paid" instantiate="true"'),
            ),
            "instantiate_place",
        ),
    ],
)
def test_what_bpmn_forbids_at_the_beginning_is_refused(data, code):
    assert code in codes(data)


# -- versions of called processes ----------------------------------------------------------


def test_a_call_bound_to_its_deployment_keeps_to_it():
    old = xml("start -> old -> end", key="q")
    outer = xml("start -> a -> c -> end", c=call("q", bindingType="deployment"))
    case = Case(old, outer)
    case.registry.add(Case(xml("start -> new -> end", key="q"), key="q").compiled)
    assert case.complete("a").waits == ["old"]


def test_a_call_bound_to_the_latest_takes_what_is_latest_then():
    old = xml("start -> old -> end", key="q")
    case = Case(old, xml("start -> a -> c -> end", c=call("q", bindingType="latest")))
    case.registry.add(Case(xml("start -> new -> end", key="q"), key="q").compiled)
    assert case.complete("a").waits == ["new"]


def test_a_call_bound_to_a_version_tag_finds_it_or_is_an_incident():
    tag = '<extensionElements><zeebe:versionTag value="{}"/></extensionElements>'
    tagged = xml("start -> v1 -> end", key="q", before=tag.format("1.0"))
    outer = xml("start -> c -> end", c=call("q", bindingType="versionTag", versionTag="1.0"))
    case = Case(tagged, outer)
    assert case.waits == ["v1"]
    other = xml("start -> v2 -> end", key="q", before=tag.format("2.0"))
    assert Case(other, outer).incidents == ["c"]


def test_bindings_that_are_incomplete_or_lead_nowhere_are_refused():
    assert "binding_type" in codes(xml("start -> c -> end", c=call("q", bindingType="newest")))
    assert "binding_type" in codes(xml("start -> c -> end", c=call("q", bindingType="versionTag")))
    assert "binding_type" in codes(xml("start -> c -> end", c=call("q", versionTag="1")))
    assert "binding_missing" in codes(
        xml("start -> c -> end", c=call("q", bindingType="deployment"))
    )


# -- how gateways are left and entered by way of activities -----------------------------------


def test_an_activity_with_several_flows_in_and_out_starts_and_splits_for_each_token():
    case = Case(
        xml(
            "start -> f; f -> a -> c; f -> b -> c; c -> d; c -> e; d -> end; e -> end",
            f=gateway("parallel"),
            c=user(),
        )
    )
    assert case.complete("a").waits == ["b", "c"]
    assert case.complete("b").waits == ["c", "c"]
    assert case.complete("c").waits == ["c", "d", "e"]


# -- where no start event is drawn (BPMN 2.0.2, 10.5.2) ------------------------------------------


def test_a_sub_process_without_start_event_begins_everything_that_nothing_leads_to():
    case = Case(xml("start -> box -> c -> end", box=sub("a -> b; x", x=user())))
    assert case.waits == ["a", "x"]
    assert case.complete("x").waits == ["a"]
    assert case.complete("a").waits == ["b"]
    assert case.complete("b").waits == ["c"]


def test_a_process_without_start_event_begins_everything_that_nothing_leads_to():
    case = Case(xml("a -> j; b -> j; j -> c", j=gateway("parallel"), a=user(), b=user(), c=user()))
    assert case.waits == ["a", "b"]
    assert case.complete("a").complete("b").waits == ["c"]
    assert case.complete("c").completed


def test_what_is_begun_otherwise_is_not_begun_with_the_scope():
    late = sub("es -> h -> ee", by_event=True, es=event("start", message("paid")), ee=event("end"))
    box = sub("a -> b; out -> c", on=late, out=boundary("a", timer("duration", "P1D")))
    case = Case(xml("start -> box -> end", messages=MESSAGES, box=box), ref="R")
    assert case.waits == ["a", "es", "out"]
    assert case.fire("out").waits == ["c", "es"]


def test_a_called_process_without_start_event_begins():
    called = xml("x; y", key="q", x=user(), y=user())
    case = Case(called, xml("start -> c -> a -> end", c=call("q")))
    assert case.waits == ["x", "y"]
    assert case.complete("x").complete("y").waits == ["a"]


def test_a_join_of_what_begins_together_is_sound():
    good = xml("a -> j; b -> j; j -> c", j=gateway("parallel"), a=user(), b=user(), c=user())
    found = {one.code for one in compiler.check({"m.bpmn": good})}
    assert not {"merge_twice", "join_never", "join_starves", "dead_end"} & found
    twice = xml("a -> c -> d; b -> c", a=user(), b=user(), c=user())
    assert "merge_twice" in {one.code for one in compiler.check({"m.bpmn": twice})}


def test_an_end_event_asks_for_a_start_event():
    [found] = [o for o in compiler.check({"m.bpmn": xml("a -> end")}) if o.code == "start_missing"]
    assert "结束事件" in found.message
