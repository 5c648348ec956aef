"""Deployment checks that the limits of nodes fit into the limit of the whole (issue 4 §1, B.2 承办)."""

from typing import Any

import pytest

from engine import compiler, lint
from engine.errors import DeploymentRejected
from tests.engine.core.scenario import (
    Node,
    boundary,
    call,
    event,
    gateway,
    io,
    rule,
    script,
    sub,
    timer,
    user,
    xml,
)

PROMISE = (
    '<banli:clocks><banli:clock do="start" limit="promised" title="承诺期限" amount="{}"'
    ' unit="{}" basis="服务指南"/></banli:clocks>'
)
MARK = '<banli:clocks><banli:clock do="{}" limit="{}" reason="专家评审" basis="第四十五条"/></banli:clocks>'


def promise(amount: str = "10", unit: str = "working_days") -> Node:
    return Node("intermediateThrowEvent", extensions=PROMISE.format(amount, unit))


def mark(do: str, limit: str = "*") -> Node:
    return Node("intermediateThrowEvent", extensions=MARK.format(do, limit))


def task(amount: str, unit: str = "working_days") -> Node:
    return user(f'<banli:limit amount="{amount}" unit="{unit}" title="时限"/>')


def found(flows: str, **nodes: Node) -> list[str]:
    nodes.setdefault("begun", promise())
    try:
        return [one.code for one in compiler.compile({"x.bpmn": xml(flows, **nodes)}).findings]
    except DeploymentRejected as refused:
        return [one.code for one in refused.findings if one.severity == "error"]


def test_limits_that_sum_over_the_promise_are_refused_with_the_way() -> None:
    model = xml(
        "start -> begun -> a -> b -> c -> end",
        begun=promise(),
        a=task("5"),
        b=task("4"),
        c=task("2"),
    )
    with pytest.raises(DeploymentRejected) as refused:
        compiler.compile({"x.bpmn": model})
    (text,) = [one.message for one in refused.value.findings if one.severity == "error"]
    assert "各环节期限之和 11 个工作日超过承诺期限 10 个工作日：a（5） → b（4） → c（2）" in text


@pytest.mark.parametrize(
    ("flows", "nodes"),
    [
        ("start -> begun -> a -> b -> end", {"a": task("5"), "b": task("5")}),
        # branches run beside each other: the longer one counts, not both
        (
            "start -> begun -> f -> a -> j -> end; f -> b -> j",
            {"f": gateway("parallel"), "j": gateway("parallel"), "a": task("9"), "b": task("8")},
        ),
        (
            "start -> begun -> x; x -> a if n = 1; x -> b default; a -> end; b -> end",
            {"x": gateway("exclusive"), "a": task("9"), "b": task("8")},
        ),
        # sent back: one round counts
        (
            "start -> begun -> a -> x; x -> a if n = 1; x -> b default; b -> end",
            {"x": gateway("exclusive"), "a": task("6"), "b": task("4")},
        ),
        # time that is suspended does not count
        (
            "start -> begun -> a -> s -> b -> r -> c -> end",
            {"a": task("5"), "s": mark("suspend"), "b": task("30"), "r": mark("resume"), "c": task("5")},
        ),
        # what comes after the decision has a limit of its own
        ("start -> begun -> a -> s -> b -> end", {"a": task("9"), "s": mark("stop", "promised"), "b": task("9")}),
        # what came before the acceptance too
        ("start -> a -> begun -> b -> end", {"a": task("5"), "b": task("9")}),
        # known only in a case, or counted otherwise
        ("start -> begun -> a -> b -> end", {"a": task("=days"), "b": task("9")}),
        ("start -> begun -> a -> b -> end", {"a": task("48", "hours"), "b": task("9")}),
        # only a reminder: it runs beside
        (
            "start -> begun -> a -> end; late -> b -> e2",
            {
                "a": task("9"),
                "late": boundary("a", timer("duration", "P5D"), interrupting=False),
                "b": task("5"),
            },
        ),
    ],
)  # fmt: skip
def test_no_false_alarm(flows: str, nodes: dict[str, Any]) -> None:
    assert "limits_over_whole" not in found(flows, **nodes)


@pytest.mark.parametrize(
    ("flows", "nodes"),
    [
        (
            "start -> begun -> f -> a -> j -> c -> end; f -> b -> j",
            {
                "f": gateway("parallel"),
                "j": gateway("parallel"),
                "a": task("2"),
                "b": task("8"),
                "c": task("3"),
            },
        ),
        (
            "start -> begun -> box -> c -> end",
            {
                "box": sub("s -> b -> e", s=event("start"), b=task("8"), e=event("end")),
                "c": task("3"),
            },
        ),
        (
            "start -> begun -> a -> end; late -> b -> e2",
            {"a": task("9"), "late": boundary("a", timer("duration", "P9D")), "b": task("2")},
        ),
        (
            "start -> begun -> a -> s -> b -> r -> c -> end",
            {"a": task("8"), "s": mark("suspend"), "b": task("1"), "r": mark("resume"), "c": task("3")},
        ),
        (
            "start -> begun -> a -> x; x -> a if n = 1; x -> b default; b -> end",
            {"x": gateway("exclusive"), "a": task("7"), "b": task("4")},
        ),
    ],
)  # fmt: skip
def test_every_way_of_a_token_is_looked_at(flows: str, nodes: dict[str, Any]) -> None:
    assert "limits_over_whole" in found(flows, **nodes)


def test_hours_are_compared_with_hours() -> None:
    hours = promise("8", "working_hours")
    assert "limits_over_whole" in found(
        "start -> begun -> a -> end", begun=hours, a=task("9", "working_hours")
    )


DAYS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:days">
  <decision id="days" name="days"><variable name="days"/>
    <decisionTable hitPolicy="UNIQUE">
      <input label="kind"><inputExpression typeRef="string"><text>kind</text></inputExpression></input>
      <output name="review" typeRef="number"/><output name="approve" typeRef="number"/>
      <rule><inputEntry><text>"easy"</text></inputEntry>
        <outputEntry><text>3</text></outputEntry><outputEntry><text>2</text></outputEntry></rule>
      <rule><inputEntry><text>not("easy")</text></inputEntry>
        <outputEntry><text>8</text></outputEntry><outputEntry><text>{}</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


def together(
    flows: str, called: dict[str, bytes] | None = None, dmn: str = "", **nodes: Node
) -> list[tuple[str, str]]:
    """Severity and text of what the deployment of a model finds."""
    resources = {"x.bpmn": xml(flows, **nodes)} | ({"d.dmn": dmn.encode()} if dmn else {})
    findings, made = compiler.examine(resources)
    assert not [one for one in findings if one.severity == "error"], findings
    there = {
        one.key: one.process
        for name, data in (called or {}).items()
        for one in compiler.examine({name: data})[1]
    }
    found = compiler.budgets(resources, made, there.get)
    return [(one.severity, one.message.rpartition("：")[0].partition("：")[2]) for one in found]


def test_amounts_that_a_script_always_gives_are_counted() -> None:
    found = together(
        "start -> set -> begun -> a -> b -> end",
        set=script("{review: 8, approve: 2 + 1}", "days"),
        begun=promise(),
        a=task("=days.review"),
        b=task("=days.approve"),
    )
    assert found == [("error", "各环节期限之和 11 个工作日超过承诺期限 10 个工作日")]


def test_amounts_that_hold_by_default_are_a_warning() -> None:
    found = together(
        "start -> set -> begun -> a -> end",
        set=script("if wished = null then 11 else wished", "days"),
        begun=promise(),
        a=task("=days"),
    )
    assert found == [("warning", "按缺省取值，各环节期限之和 11 个工作日超过承诺期限 10 个工作日")]


@pytest.mark.parametrize(("approve", "over"), [(2, False), (3, True)])
def test_every_row_of_a_decision_that_gives_the_limits_is_looked_at(
    approve: int,
    over: bool,
) -> None:
    found = together(
        "start -> look -> begun -> a -> b -> end",
        dmn=DAYS.format(approve),
        look=rule("days", "days"),
        begun=promise(),
        a=task("=days.review"),
        b=task("=days.approve"),
    )
    said = "『look』第 2 行：各环节期限之和 11 个工作日超过承诺期限 10 个工作日"
    assert found == ([("error", said)] if over else [])


def test_a_limit_that_a_called_process_starts_is_compared_with_the_nodes_of_its_caller() -> None:
    accepting = xml(
        "start -> accept -> begun -> note -> end",
        key="accepting",
        accept=task("5"),
        begun=promise("=days"),
        note=task("1"),
    )
    found = together(
        "start -> call -> a -> b -> end",
        {"accepting.bpmn": accepting},
        call=call("accepting", io=io({"days": "=10"})),
        a=task("5"),
        b=task("5"),
    )
    assert found == [("error", "各环节期限之和 11 个工作日超过承诺期限 10 个工作日")]


def test_what_only_a_case_knows_is_left_to_the_case() -> None:
    assert together("start -> begun -> a -> end", begun=promise(), a=task("=days")) == []
    (process,) = compiler.examine({"x.bpmn": xml("s -> a -> end", s=event("start"), a=task("=n"))})[
        1
    ]
    over = lint.limits.exceeded(
        process.process, "s", limit="promised", unit="working_days", amount=10, values={"n": 11}
    )
    assert over == "各环节期限之和 11 个工作日超过承诺期限 10 个工作日：a（11）"
