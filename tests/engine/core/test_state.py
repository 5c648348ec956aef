"""The stored state, the bounds, and the defects of stock SpiffWorkflow 3.2.0 that must not return."""

import orjson
import pytest

from engine import limits
from engine.errors import LimitExceeded
from engine.execution import Execution
from engine.ids import next_id
from engine.specs.workflow import Budget
from engine.state import StateMismatch
from tests.engine.core.scenario import Case, Registry, each, gateway, user, xml


def test_a_state_of_another_definition_is_refused():
    case = Case(xml("start -> a -> end"))
    other = Registry(xml("start -> b -> end"))
    with pytest.raises(StateMismatch):
        Execution.load(
            other.process("p")[1], instance_id=case.id, state=case.state, scopes={}, resolver=other
        )


def test_the_state_holds_no_variables():
    case = Case(xml("start -> a -> b -> end"), secret="身份证")
    assert "身份证" not in case.state.decode()
    assert len(case.state) < 400


def test_the_size_of_the_state_follows_the_present_only():
    case = Case(xml("start -> a -> b -> c -> d -> end"))
    sizes = {len(case.state)}
    for activity in "abc":
        case.complete(activity)
        sizes.add(len(case.state))
    assert max(sizes) - min(sizes) <= 2


def test_a_state_that_grows_too_large_is_refused(monkeypatch):
    case = Case(xml("start -> a -> end"))
    monkeypatch.setattr(limits, "STATE_BYTES", 10)
    with pytest.raises(LimitExceeded):
        case.execution.dump()


def test_too_many_live_tasks_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "LIVE_TASKS", 50)
    with pytest.raises(LimitExceeded):
        Case(xml("start -> a -> end", a=user(loop=each(times="60"))))


def test_a_step_that_takes_too_long_is_stopped():
    budget = Budget()
    budget.deadline = 0
    with pytest.raises(LimitExceeded):
        budget.spend()


def test_two_instances_share_one_specification_and_nothing_else():
    registry = Registry(
        xml("start -> x; x -> a if n; x -> b default; a -> end; b -> end", x=gateway("exclusive"))
    )
    compiled = registry.process("p")[1]
    before = {name: list(spec.outputs) for name, spec in compiled.spec.task_specs.items()}
    runs = []
    for flag in (True, False):
        run = Execution.start(
            compiled, instance_id=next_id(), variables={"n": flag}, resolver=registry
        )
        run.advance()
        runs.append([wait.activity for wait in run.waits.values()])
    assert runs == [["a"], ["b"]]
    assert before == {name: list(spec.outputs) for name, spec in compiled.spec.task_specs.items()}


# -- defects of the stock library (docs/adr/0002) ------------------------------------------


def test_two_hundred_loops_neither_recurse_nor_end_the_case():
    # stock: RecursionError after 197 passes; completed at depth 1,000 with tasks open
    case = Case(
        xml("start -> a -> b -> x; x -> a if again; x -> end default", x=gateway("exclusive")),
        again=True,
    )
    for _ in range(250):
        case.complete("a").complete("b")
    assert case.waits == ["a"]
    assert not case.completed


def test_lists_are_replaced_and_never_merged():
    # stock: [1, 2] merged with [2, 2, 3] gave [1, 2, 3]
    case = Case(
        xml(
            "start -> f; f -> a -> j; f -> b -> j; j -> z -> end",
            f=gateway("parallel"),
            j=gateway("parallel"),
        ),
        rows=[1, 2],
    )
    case.complete("a", rows=[2, 2, 3])
    case.complete("b")
    assert case.variables["rows"] == [2, 2, 3]


def test_a_variable_called_like_a_type_is_data():
    # stock: such a case could never be loaded again
    case = Case(xml("start -> a -> b -> end"), typename="Task")
    assert case.complete("a", data={"typename": "x"}).waits == ["b"]


def test_nested_values_of_the_past_are_not_rewritten():
    case = Case(xml("start -> a -> b -> end"))
    case.complete("a", form={"a": {"b": 1}})
    before = case.execution.scopes[case.id].variables["form"]
    case.complete("b", form={"a": {"b": 2}})
    assert before == {"a": {"b": 1}}


def test_the_state_names_nodes_by_their_bpmn_ids():
    case = Case(xml("start -> a -> end"))
    rows = orjson.loads(case.state)[2]
    assert [row[2] for row in rows] == ["#root", "a"]
