"""Ad-hoc sub-processes (BPMN 2.0.2, 10.3.5 and 13.3.5): activities as they are needed."""

import pytest

from engine import compiler
from engine.errors import Conflict, NotFound, TaskNotActive
from tests.engine.core.scenario import (
    Case,
    Node,
    boundary,
    each,
    event,
    gateway,
    io,
    sub,
    timer,
    user,
    xml,
)


def ad_hoc(
    flows: str = "",
    *,
    active: str = "",
    until: str = "",
    attributes: str = "",
    loop: str = "",
    mapping: str = "",
    **nodes: Node,
) -> Node:
    extensions = f'<zeebe:adHoc activeElementsCollection="={active}"/>' if active else ""
    done = f"<completionCondition>={until}</completionCondition>" if until else ""
    return Node("adHocSubProcess", attributes, extensions + mapping, loop + done, flows, nodes)


def begin(case: Case, element: str) -> Case:
    found = next(iter(case.execution.startable))
    return case.command("begin", found, element)


def startable(case: Case) -> list[str]:
    return [one.id for found in case.execution.startable.values() for one in found]


def codes(data: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": data}) if one.severity == "error"}


SOME = xml("start -> box -> z -> end", box=ad_hoc(a=user(), b=user(), active="wanted"))


def test_the_activities_named_begin_and_the_last_one_ends_the_sub_process():
    case = Case(SOME, wanted=["a", "b"])
    assert case.waits == ["a", "b"]
    assert case.complete("b").waits == ["a"]
    assert case.complete("a").waits == ["z"]


def test_an_activity_may_be_named_twice_or_none_at_all():
    assert Case(SOME, wanted=["a", "a"]).waits == ["a", "a"]
    assert Case(SOME, wanted=[]).waits == ["z"]


def test_an_unknown_activity_is_an_incident_that_names_it():
    case = Case(SOME, wanted=["a", "nothing"])
    assert case.incidents == ["box"]
    assert "nothing" in next(iter(case.execution.incidents.values())).message


def test_a_person_begins_activities_while_the_sub_process_is_open():
    case = Case(xml("start -> box -> z -> end", box=ad_hoc(a=user(), b=user(), until="done")))
    assert (case.waits, startable(case), case.completed) == ([], ["a", "b"], False)
    begin(case, "b")
    assert case.waits == ["b"]
    begin(case, "b")
    case.complete("b", done=False).complete("b", done=False)
    assert (case.waits, startable(case)) == ([], ["a", "b"])
    begin(case, "a")
    assert case.complete("a", done=True).waits == ["z"]
    assert startable(case) == []
    assert case.history("activity.begun") == ["b", "b", "a"]


def test_what_cannot_be_begun_is_refused():
    model = xml("start -> box -> z -> end", box=ad_hoc("a -> b", a=user(), b=user(), until="false"))
    case = Case(model)
    with pytest.raises(NotFound):
        begin(case, "b")
    with pytest.raises(TaskNotActive):
        case.execution.begin(case.id, "a")


def test_a_completion_condition_cancels_what_is_left_or_waits_for_it():
    def model(attributes: str) -> bytes:
        box = ad_hoc(
            "a -> a2",
            a=user(),
            b=user(),
            active='["a","b"]'.replace('"', "&quot;"),
            until="enough",
            attributes=attributes,
        )
        return xml("start -> box -> z -> end", box=box)

    case = Case(model("")).complete("a", enough=True)
    assert case.waits == ["z"]
    assert case.history("activity.cancelled") == ["b"]
    case = Case(model('cancelRemainingInstances="false"')).complete("b", enough=True)
    assert case.waits == ["a"]
    assert case.complete("a").waits == ["a2"]
    assert case.complete("a2").waits == ["z"]


def test_sequential_ordering_runs_one_activity_at_a_time():
    model = xml(
        "start -> box -> z -> end",
        box=ad_hoc(a=user(), b=user(), active="wanted", attributes='ordering="Sequential"'),
    )
    case = Case(model, wanted=["b", "a"])
    assert (case.waits, startable(case)) == (["b"], [])
    with pytest.raises(Conflict):
        case.execution.begin(_box(case), "a")
    assert case.complete("b").waits == ["a"]
    assert case.complete("a").waits == ["z"]


def _box(case: Case) -> int:
    return next(t.id for t in case.execution.workflow.tasks.values() if t.task_spec.name == "box")


def test_flows_lead_on_inside_and_conditions_see_what_an_activity_brought():
    box = ad_hoc(
        "a -> x; x -> b if n &gt; 1; x -> c default".replace("&gt;", ">"),
        a=user(io=io(outputs={"n": "=answer"})),
        b=user(),
        c=user(),
        x=gateway("exclusive"),
        active="[&quot;a&quot;]",
        until="n = 1",
    )
    model = xml("start -> box -> z -> end", box=box)
    assert Case(model, n=0).complete("a", answer=2).waits == ["b"]
    assert Case(model, n=0).complete("a", answer=1).waits == ["z"]


def test_boundary_events_and_instances_of_an_ad_hoc_sub_process():
    model = xml(
        "start -> box -> end; late -> z -> end",
        box=ad_hoc(a=user(), active="[&quot;a&quot;]", loop=each("rows", "row")),
        late=boundary("box", timer("duration", "P1D")),
    )
    case = Case(model, rows=[1, 2])
    assert case.waits == ["a", "a", "late"]
    assert case.fire("late").waits == ["z"]
    assert Case(model, rows=[1]).complete("a").completed


def test_a_repeated_activity_counts_once_all_its_instances_are_done():
    box = ad_hoc(a=user(loop=each("rows", "row")), active="[&quot;a&quot;]", until="true")
    case = Case(xml("start -> box -> z -> end", box=box), rows=[1, 2])
    assert case.complete("a").waits == ["a"]
    assert case.complete("a").waits == ["z"]


def test_an_open_sub_process_keeps_joins_elsewhere_waiting():
    case = Case(
        xml(
            "start -> f; f -> box -> j; f -> a -> j; j -> z -> end",
            f=gateway("parallel"),
            j=gateway("parallel"),
            box=ad_hoc(b=user(), until="true"),
        )
    ).complete("a")
    assert (case.waits, case.incidents) == ([], [])
    begin(case, "b")
    assert case.complete("b").waits == ["z"]


def test_start_and_end_events_and_emptiness_are_refused():
    assert "ad_hoc" in codes(
        xml("start -> box -> end", box=ad_hoc("s1 -> a -> e1", s1=event("start"), e1=event("end")))
    )
    assert "ad_hoc" in codes(xml("start -> box -> end", box=ad_hoc()))
    assert "event_sub" in codes(
        xml("start -> end", box=ad_hoc(a=user(), attributes='triggeredByEvent="true"'))
    )
    assert "extension_unknown" in codes(
        xml("start -> a -> end", a=user('<zeebe:adHoc activeElementsCollection="=[]"/>'))
    )


def test_an_embedded_sub_process_with_an_end_still_needs_its_start():
    assert "start_missing" in codes(xml("start -> box -> end", box=sub("a -> e1", e1=event("end"))))
