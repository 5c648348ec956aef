"""Deployment checks that the limits of nodes fit into the limit of the whole (issue 4 §1, B.2 承办)."""

from typing import Any

import pytest

from engine import compiler
from engine.errors import DeploymentRejected
from tests.engine.core.scenario import Node, boundary, event, gateway, sub, timer, user, xml

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
