"""Tasks, scopes and mappings, sub-processes, call activities, multi-instance."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from engine import clock, waiting
from engine.errors import LimitExceeded, NotFound, VariablesInvalid
from tests.engine.core.scenario import (
    Case,
    Node,
    boundary,
    call,
    each,
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


def test_a_user_task_says_who_when_and_what():
    extensions = (
        '<zeebe:formDefinition formId="form_a"/>'
        '<zeebe:taskSchedule dueDate="=due"/><zeebe:priorityDefinition priority="70"/>'
        '<banli:separation from="x y"/><banli:operations allow="claim complete"/>'
    )
    case = Case(
        xml("start -> a -> end", a=user(extensions, assignee="=who", candidateUsers="u1, u2")),
        who="acceptor",
        due=NOON,
    )
    wait = case.wait("a")
    assert (wait.assignee, wait.candidate_users, wait.form_id) == (
        "acceptor",
        ("u1", "u2"),
        "form_a",
    )
    assert (wait.due_at, wait.priority, wait.separation) == (NOON, 70, ("x", "y"))
    assert wait.operations == ("claim", "complete")
    assert (wait.process_key, wait.called_path, wait.scope_id) == ("p", (), case.id)


def test_a_task_says_what_it_is_about_where_several_of_one_name_are_open():
    about = '<zeebe:properties><zeebe:property name="taskSubject" value="=city.name"/></zeebe:properties>'
    node = user(about + "<zeebe:userTask/>", loop=each("cities", "city"))
    case = Case(xml("start -> a -> end", a=node), cities=[{"name": "西安市"}, {"name": None}])
    names = [case.wait("a", nth).name for nth in range(2)]
    assert names == ["a（西安市）", "a"]


def test_a_task_without_assignment_belongs_to_its_lane_in_the_scope_of_the_process():
    lanes = (
        '<extensionElements><zeebe:properties><zeebe:property name="candidateScope" value="=org"/>'
        '</zeebe:properties></extensionElements><laneSet id="ls"><lane id="acceptor" name="受理人">'
        "<flowNodeRef>a</flowNodeRef><flowNodeRef>start</flowNodeRef></lane></laneSet>"
    )
    case = Case(
        xml(
            "start -> a -> b -> end",
            before=lanes,
            b=user(candidateGroups='=["reviewer", "x@000001"]'),
        ),
        org="370001",
    )
    assert case.wait("a").candidate_groups == ("acceptor@370001",)
    assert case.wait("a").lane == "acceptor"
    case.complete("a")
    assert case.wait("b").candidate_groups == ("reviewer@370001", "x@000001")


def test_a_statutory_limit_is_counted_by_the_calendar_that_was_handed_in():
    waiting.set_due_resolver(lambda amount, unit, start: start.replace(day=start.day + amount))
    with clock.travel(NOON):
        case = Case(
            xml(
                "start -> a -> end",
                a=user('<banli:limit amount="5" unit="working_days" title="受理期限"/>'),
            )
        )
        assert case.wait("a").due_at == NOON.replace(day=7)
        assert case.wait("a").limit_title == "受理期限"


def test_inputs_are_local_and_outputs_propagate():
    case = Case(
        xml(
            "start -> a -> b -> end",
            a=user(io=io({"local": "=n + 1"}, {"result": "=local + answer"})),
        ),
        n=1,
    )
    scope = case.execution.scopes[case.wait("a").scope_id]
    assert scope.variables == {"local": 2}
    case.complete("a", answer=10, other=3)
    assert case.variables == {"n": 1, "result": 12}
    assert set(case.execution.scopes) == {case.id}


def test_without_outputs_a_result_goes_where_the_name_is_defined():
    inner = sub("s1 -> a -> e1", s1=event("start"), e1=event("end"), io=io({"x": "=0"}))
    case = Case(xml("start -> box -> z -> end", box=inner))
    case.complete("a", x=1, y=2)
    assert case.variables == {"y": 2}
    assert case.waits == ["z"]


def test_a_failing_output_keeps_the_token_with_what_was_submitted_and_can_be_retried():
    case = Case(xml("start -> a -> b -> end", a=user(io=io(outputs={"r": "=1", "s": "=range"}))))
    case.complete("a", range=3)
    assert case.waits == ["b"]
    broken = Case(
        xml("start -> a -> t -> end", a=user(), t=event("catch", timer("date", "=due"))),
    )
    broken.complete("a", due=5)
    assert broken.incidents == ["t"]
    broken.execution.workflow.scopes.set_local(broken.id, {"due": NOON})
    broken.stored[broken.id]["due"] = NOON
    assert broken.retry("t").waits == ["t"]


def test_a_result_that_cannot_be_a_variable_is_refused():
    case = Case(xml("start -> a -> end"))
    with pytest.raises(VariablesInvalid):
        case.execution.complete(case.wait("a").id, {"x": object()})
    assert Case(xml("start -> s -> end", s=script("function(x) x", "f"))).incidents == ["s"]


def test_what_a_caller_does_to_its_values_later_does_not_reach_the_case():
    case = Case(xml("start -> a -> b -> end"))
    rows = [{"n": 1}]
    case.complete("a", rows=rows)
    rows[0]["n"] = 99
    assert case.variables["rows"] == [{"n": 1}]


def test_variables_keep_their_types_and_may_have_any_name():
    case = Case(xml("start -> a -> b -> end"))
    case.complete("a", typename="BpmnWorkflow", d=Decimal("1.10"), on=NOON)
    assert case.variables == {"typename": "BpmnWorkflow", "d": Decimal("1.10"), "on": NOON}
    assert case.complete("b").completed


def test_a_service_task_hands_out_its_inputs_only():
    case = Case(
        xml(
            "start -> s -> end",
            s=service("card.print", io=io({"name": "=person.name"}, {"no": "=number"})),
        ),
        person={"name": "x", "id": "secret"},
    )
    wait = case.wait("s")
    assert (wait.topic, wait.variables, wait.retries) == ("card.print", {"name": "x"}, 8)
    assert case.complete("s", number=5, noise=1).completed
    assert case.variables["no"] == 5
    assert "noise" not in case.variables


def test_a_script_writes_its_result():
    case = Case(xml("start -> s -> end", s=script("a + b", "c")), a=1, b=2)
    assert case.variables["c"] == 3


def test_an_embedded_sub_process_ends_with_its_last_token():
    inner = sub(
        "s1 -> f; f -> a -> e1; f -> b -> e1",
        s1=event("start"),
        e1=event("end"),
        f=gateway("parallel"),
    )
    case = Case(xml("start -> box -> z -> end", box=inner))
    assert case.waits == ["a", "b"]
    assert case.complete("b").waits == ["a"]
    assert case.complete("a").waits == ["z"]


def test_a_boundary_timer_cancels_a_sub_process_with_all_its_content():
    deep = sub(
        "s2 -> b -> e2; late2 -> c -> e2",
        s2=event("start"),
        e2=event("end"),
        late2=boundary("b", timer("duration", "P9D")),
    )
    inner = sub("s1 -> deep -> e1", s1=event("start"), e1=event("end"), deep=deep)
    case = Case(
        xml(
            "start -> box -> end; late -> z -> end",
            box=inner,
            late=boundary("box", timer("duration", "P1D")),
        )
    )
    assert case.waits == ["b", "late", "late2"]
    assert case.fire("late").waits == ["z"]
    assert case.history("activity.cancelled") == ["b", "deep", "box"]


def test_a_called_process_has_variables_of_its_own_and_returns_what_it_wrote():
    inner = xml("start -> a -> end", key="q")
    case = Case(
        inner, xml("start -> c -> z -> end", c=call("q", io=io({"x": "=n * 2"}))), n=2, keep="k"
    )
    wait = case.wait("a")
    assert (wait.process_key, wait.definition_id, wait.called_path) == ("q", 1, ("c",))
    scope = case.execution.scopes[wait.scope_id]
    assert scope.variables == {"n": 2, "keep": "k", "x": 4}
    case.complete("a", result="r", x=5)
    assert case.waits == ["z"]
    assert case.variables == {"n": 2, "keep": "k", "result": "r"}


def test_a_called_process_does_not_bring_back_a_stale_copy():
    inner = xml("start -> a -> end", key="q")
    outer = xml("start -> f; f -> c -> end; f -> b -> end", f=gateway("parallel"), c=call("q"))
    case = Case(inner, outer, n=1)
    case.complete("b", n=2)
    case.complete("a", m=3)
    assert case.variables == {"n": 2, "m": 3}


def test_a_call_may_pass_and_return_only_what_is_mapped():
    inner = xml("start -> a -> end", key="q")
    outer = xml(
        "start -> c -> end",
        c=call("q", io=io({"x": "=n"}, {"y": "=out + 1"}), propagateAllParentVariables="false"),
    )
    case = Case(inner, outer, n=1, secret="s")
    assert case.execution.scopes[case.wait("a").scope_id].variables == {"x": 1}
    case.complete("a", out=5, more=1)
    assert case.variables == {"n": 1, "secret": "s", "y": 6}


def test_a_running_call_stays_on_the_version_it_called():
    case = Case(xml("start -> a -> b -> end", key="q"), xml("start -> c -> end", c=call("q")))
    newer = Case(xml("start -> other -> end", key="q"), key="q").compiled
    case.registry.add(newer)
    assert case.complete("a").waits == ["b"]


def test_a_call_of_an_unknown_process_is_an_incident():
    case = Case(xml("start -> c -> end", c=call("=name")), name="missing")
    assert case.incidents == ["c"]


def test_calls_without_end_are_stopped():
    with pytest.raises(LimitExceeded):
        Case(xml("start -> c -> end", c=call("=name")), name="p")


def test_parallel_instances_have_their_own_item_and_collect_in_order():
    loop = each("people", "person", output=("votes", "vote"))
    case = Case(
        xml("start -> a -> z -> end", a=user(loop=loop, assignee="=person")),
        people=["u1", "u2", "u3"],
    )
    assert [case.wait("a", n).assignee for n in range(3)] == ["u1", "u2", "u3"]
    case.complete("a", 1, vote="no")
    case.complete("a", 1, vote="yes")
    case.complete("a", 0, vote="maybe")
    assert case.waits == ["z"]
    assert case.variables["votes"] == ["maybe", "no", "yes"]


def test_sequential_instances_come_one_after_another():
    loop = each("people", "person", output=("seen", "person"), sequential=True)
    case = Case(
        xml("start -> a -> z -> end", a=user(loop=loop, assignee="=person")), people=["u1", "u2"]
    )
    assert case.wait("a").assignee == "u1"
    case.execution.workflow.scopes.set_local(case.id, {"people": []})
    case.complete("a")
    assert case.wait("a").assignee == "u2"
    case.complete("a")
    assert case.variables["seen"] == ["u1", "u2"]


def test_a_completion_condition_ends_the_others():
    loop = each("people", "person", until="numberOfCompletedInstances >= 2")
    case = Case(xml("start -> a -> z -> end", a=user(loop=loop)), people=[1, 2, 3])
    case.complete("a")
    assert case.complete("a").waits == ["z"]


def test_an_empty_collection_passes_and_a_missing_one_is_an_incident():
    model = xml(
        "start -> a -> z -> end", a=user(loop=each("people", "person", output=("out", "1")))
    )
    case = Case(model, people=[])
    assert case.waits == ["z"]
    assert case.variables["out"] == []
    assert Case(model).incidents == ["a"]
    assert Case(model, people=5).incidents == ["a"]


def test_too_many_instances_are_refused():
    model = xml("start -> a -> z -> end", a=user(loop=each(times="n")))
    assert len(Case(model, n=5).waits) == 5
    with pytest.raises(LimitExceeded):
        Case(model, n=1001)


def test_a_thousand_instances_are_not_too_many():
    case = Case(xml("start -> a -> z -> end", a=user(loop=each(times="n"))), n=1000)
    assert len(case.waits) == 1000


def test_boundary_events_of_a_multi_instance_activity_belong_to_the_whole():
    model = xml(
        "start -> a -> end; late -> z -> end",
        a=user(loop=each("people", "person")),
        late=boundary("a", timer("duration", "P1D")),
    )
    case = Case(model, people=[1, 2])
    assert case.waits == ["a", "a", "late"]
    assert case.fire("late").waits == ["z"]


def test_multi_instance_sub_processes_and_calls():
    inner = sub(
        "s1 -> a -> b -> e1",
        s1=event("start"),
        e1=event("end"),
        loop=each("rows", "row", output=("out", "row + 1")),
    )
    case = Case(xml("start -> box -> z -> end", box=inner), rows=[1, 2])
    case.complete("a").complete("a")
    assert case.waits == ["b", "b"]
    case.complete("b").complete("b")
    assert case.variables["out"] == [2, 3]
    called = xml("start -> a -> end", key="q")
    loop = each("rows", "row", output=("out", "result"))
    outer = xml("start -> c -> z -> end", c=call("q", loop=loop, io=io(outputs={"result": "=got"})))
    case = Case(called, outer, rows=[1, 2])
    assert [case.execution.scopes[case.wait("a", n).scope_id].variables["row"] for n in (0, 1)] == [
        1,
        2,
    ]
    case.complete("a", 1, got="second").complete("a", 0, got="first")
    assert case.variables["out"] == ["first", "second"]


def test_multi_instance_service_tasks_carry_their_item():
    case = Case(xml("start -> s -> end", s=service("t", loop=each("rows", "row"))), rows=["x"])
    assert case.wait("s").variables == {"loopCounter": 1, "row": "x"}
    assert case.complete("s").completed


def test_a_multi_instance_in_a_loop_collects_anew():
    case = Case(
        xml(
            "start -> a -> x; x -> a if again; x -> end default",
            x=gateway("exclusive"),
            a=user(loop=each("rows", "row", output=("out", "v"))),
        ),
        rows=[1],
        again=True,
    )
    for n in range(3):
        case.complete("a", v=n)
        assert case.variables["out"] == [n]


def test_a_receive_task_waits_and_a_send_task_sends():
    case = Case(
        xml(
            "start -> ask -> answer -> z -> end; late -> y -> end",
            messages={"question": "ref", "answer_m": "ref"},
            ask=Node("sendTask", 'messageRef="question"', io({"what": "=name"})),
            answer=Node("receiveTask", 'messageRef="answer_m"', io(outputs={"ok": "=yes"})),
            late=boundary("answer", timer("duration", "P1D")),
        ),
        ref="R",
        name="x",
    )
    assert [(m.name, m.correlation_key, m.variables) for m in case.messages] == [
        ("question", "R", {"what": "x"})
    ]
    assert case.wait("answer").correlation_key == "R"
    assert case.deliver("answer", yes=True).waits == ["z"]
    assert case.variables == {"ref": "R", "name": "x", "ok": True}


def test_the_portal_is_told_which_messages_it_may_offer():
    public = '<banli:public formId="form_supplement" title="提交补正材料"/>'
    node = Node(
        "intermediateCatchEvent",
        extensions=public,
        children='<messageEventDefinition messageRef="m"/>',
    )
    wait = Case(xml("start -> c -> end", messages={"m": '"k"'}, c=node)).wait("c")
    assert (wait.public_form_id, wait.public_title) == ("form_supplement", "提交补正材料")


def test_a_wait_for_the_applicant_says_what_it_is_about_where_several_of_one_title_are_open():
    """P-24: two departments ask for a supplement at once; the applicant tells them apart."""
    public = (
        '<banli:public formId="f" title="提交补正材料"/><zeebe:properties>'
        '<zeebe:property name="taskSubject" value="=asks.name"/></zeebe:properties>'
    )
    catch = Node(
        "intermediateCatchEvent",
        extensions=public,
        children='<messageEventDefinition messageRef="m"/>',
    )
    receive = Node("receiveTask", 'messageRef="m"', public)

    def title(node: Node, name: object) -> str:
        case = Case(xml("start -> c -> end", messages={"m": '"k"'}, c=node), asks={"name": name})
        return str(case.wait("c").public_title)

    for node in (catch, receive):
        assert title(node, "税务部门") == "提交补正材料（税务部门）"
        assert title(node, None) == "提交补正材料"


def test_a_wait_is_offered_to_the_applicant_where_its_condition_holds_as_the_waiting_begins():
    """B.2: what has been handed in already is not asked for; the message is awaited all the same."""
    public = (
        '<banli:public formId="f" title="补交材料"/><zeebe:properties>'
        '<zeebe:property name="offeredWhen" value="=missing &gt; 0"/></zeebe:properties>'
    )
    catch = Node(
        "intermediateCatchEvent",
        extensions=public,
        children='<messageEventDefinition messageRef="m"/>',
    )
    receive = Node("receiveTask", 'messageRef="m"', public)
    for node in (catch, receive):
        model = xml("start -> c -> z -> end", messages={"m": '"k"'}, c=node, z=user())
        asked = Case(model, missing=1).wait("c")
        assert (asked.public_title, asked.public_form_id) == ("补交材料", "f")
        case = Case(model, missing=0)
        assert (case.wait("c").public_title, case.wait("c").public_form_id) == ("", "")
        assert case.deliver("c").waits == ["z"]
        assert Case(model, missing=None).incidents == ["c"], "neither true nor false"


def test_an_event_that_says_what_it_is_about_stands_in_the_history_with_it():
    """P-79: the answer of which city came; what an applicant sends is on record with him."""
    said = '<zeebe:properties><zeebe:property name="taskSubject" value="=city"/></zeebe:properties>'

    def told(extensions: str, city: object) -> list[dict[str, object]]:
        catch = Node(
            "intermediateCatchEvent",
            extensions=extensions,
            children='<messageEventDefinition messageRef="m"/>',
        )
        case = Case(xml("start -> c -> end", messages={"m": '"k"'}, c=catch), city=city)
        case.deliver("c")
        kept = [one for one in case.events if one.type == "event.happened"]
        return [{name: one.data[name] for name in ("name", "about")} for one in kept]

    assert told(said, "宝鸡市") == [{"name": "c", "about": "宝鸡市"}]
    assert told(said, None) == []
    assert told('<banli:public formId="f" title="答复"/>' + said, "宝鸡市") == []


def test_outputs_that_cannot_be_stored_keep_what_the_person_submitted():
    case = Case(xml("start -> a -> b -> end", a=user(io=io(outputs={"f": "=function(x) x"}))))
    case.complete("a", answer=1)
    assert (case.waits, case.incidents) == ([], ["a"])
    stuck = next(iter(case.execution.incidents.values()))
    assert case.execution.scopes[stuck.activity_id].variables == {"answer": 1}
    assert case.variables == {}
    assert case.retry("a").incidents == ["a"]


def test_a_step_records_only_what_changed():
    case = Case(xml("start -> a -> b -> end"), big="x" * 1000, n=1)
    step = case.execution.begin_step()
    case.execution.complete(case.wait("a").id, {"n": 2})
    case.execution.advance()
    assert step.variable_deltas == {case.id: {"n": 2}}
    assert (step.scopes_created, step.scopes_closed) == ([], [])
    assert [event.type for event in step.events] == [
        "activity.completed",
        "activity.started",
        "task.created",
    ]


def test_a_scope_that_begins_and_ends_in_one_step_leaves_no_trace():
    case = Case(
        xml("start -> s -> a -> end", s=script("x + 1", "y", io=io({"x": "=1"}, {"z": "=y"})))
    )
    assert case.variables == {"z": 2}
    assert list(case.stored) == [case.id]


def test_a_timer_start_event_begins_an_instance_like_any_other():
    model = xml("t -> a -> end", t=event("start", timer("cycle", "R/P1D")))
    case = Case(model, start="t")
    assert case.waits == ["a"]
    assert case.compiled.start_events[0].definition.kind == "cycle"


def test_a_task_in_a_sub_process_belongs_to_the_lane_of_the_sub_process():
    lanes = '<laneSet id="ls"><lane id="maker" name="制证人"><flowNodeRef>box</flowNodeRef></lane></laneSet>'
    inner = sub("s1 -> a -> e1", s1=event("start"), e1=event("end"))
    case = Case(xml("start -> box -> end", before=lanes, box=inner))
    assert case.wait("a").candidate_groups == ("maker",)


def test_a_task_that_turns_out_to_be_nobodys_is_an_incident():
    model = xml("start -> a -> end", a=user(candidateGroups="=role"))
    assert Case(model, role="r").waits == ["a"]
    assert Case(model).incidents == ["a"]


def test_a_process_is_called_by_its_none_start_and_started_by_one_that_it_has():
    called = xml("m -> a -> end", key="q", messages={"go": "1"}, m=event("start", message("go")))
    outer = xml("start -> c -> end", c=call("q"))
    assert Case(called, outer).incidents == ["q"]
    assert Case(called, key="q").waits == ["a"]
    with pytest.raises(NotFound):
        Case(outer, called, start="elsewhere")
