"""Each bound of the engine: what stands at it is taken, one more is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters._shared.client import Department
from engine import feel, jobs, limits, timers
from engine.errors import LimitExceeded, VariablesInvalid
from engine.specs.workflow import Budget
from engine.variables import check
from tests.engine.core.scenario import Case, each, user, xml

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (lambda more: nested(limits.VARIABLE_DEPTH + more), "嵌套超过 20 层"),
        (lambda more: dict.fromkeys(map(str, range(limits.VARIABLE_KEYS + more))), "1000 个"),
        (lambda more: "字" * (limits.TEXT_CHARACTERS + more), "超过 20000 字"),
        (lambda more: [Decimal(1)] * (limits.TABLE_ROWS + more), "超过 500 行"),
    ],
    ids=["VARIABLE_DEPTH", "VARIABLE_KEYS", "TEXT_CHARACTERS", "TABLE_ROWS"],
)
def test_variables(at: Any, words: str) -> None:
    check({"a": at(0)})
    with pytest.raises(VariablesInvalid, match=words):
        check({"a": at(1)})


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (lambda more: "1" + " " * (limits.EXPRESSION_CHARACTERS - 1 + more), "2000 个字符"),
        (lambda more: "[" + ",".join(["1"] * (limits.EXPRESSION_NODES - 1 + more)) + "]", "200 个节点"),
        (lambda more: "(" * (limits.EXPRESSION_DEPTH - 1 + more) + "1"
         + ")" * (limits.EXPRESSION_DEPTH - 1 + more), "嵌套超过 20 层"),
    ],
    ids=["EXPRESSION_CHARACTERS", "EXPRESSION_NODES", "EXPRESSION_DEPTH"],
)  # fmt: skip
def test_expressions(at: Any, words: str) -> None:
    feel.parse(at(0))
    with pytest.raises(feel.FeelSyntaxError, match=words):
        feel.parse(at(1))


def test_the_steps_of_a_command() -> None:
    budget = Budget()
    for _ in range(limits.ENGINE_STEPS):
        budget.spend()
    with pytest.raises(LimitExceeded, match="1000 步"):
        budget.spend()


def test_the_cardinality_of_a_multi_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CARDINALITY", 5)
    Case(xml("start -> a -> end", a=user(loop=each(times="5"))))
    with pytest.raises(LimitExceeded, match="多实例数量 6 超过 5"):
        Case(xml("start -> a -> end", a=user(loop=each(times="6"))))


def test_the_size_of_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(xml("start -> a -> end", a=user()))
    size = len(case.execution.dump())
    monkeypatch.setattr(limits, "STATE_BYTES", size)
    case.execution.dump()
    monkeypatch.setattr(limits, "STATE_BYTES", size - 1)
    with pytest.raises(LimitExceeded, match="流程实例的状态超过"):
        case.execution.dump()


@pytest.mark.parametrize(
    ("kind", "within", "beyond", "words"),
    [
        ("duration", limits.TIMER_LONGEST, limits.TIMER_LONGEST + timedelta(days=1), "100 年"),
        ("cycle", "R3/PT60S", "R3/PT59S", "周期短于 60 秒"),
    ],
    ids=["TIMER_LONGEST", "CYCLE_SHORTEST"],
)
def test_timers(kind: str, within: Any, beyond: Any, words: str) -> None:
    assert timers.schedule(kind, within, NOW).due_at > NOW
    with pytest.raises(ValueError, match=words):
        timers.schedule(kind, beyond, NOW)


def test_calls_of_departments_are_bounded_in_time() -> None:
    timeout = Department("department", "http://127.0.0.1:9")._pool.connection_pool_kw
    assert timeout["timeout"].connect_timeout == limits.CALL_CONNECT.total_seconds() == 3
    assert timeout["timeout"].total == limits.CALL_TOTAL.total_seconds() == 30
    assert limits.LEASE == 2 * limits.CALL_TOTAL


def test_the_pause_after_a_failure_doubles_up_to_an_hour() -> None:
    pauses = [jobs.backoff(failed).total_seconds() for failed in range(1, 15)]
    assert pauses[0] <= 1.5 * limits.BACKOFF_FIRST.total_seconds()
    assert max(pauses) <= 1.5 * limits.BACKOFF_LONGEST.total_seconds()


def test_the_steps_of_an_expression() -> None:
    loops = "count(for a in 1..100, b in 1..{} return 1)"
    assert feel.evaluate(loops.format(10), {}).value == 1_000
    with pytest.raises(LimitExceeded, match="步"):
        feel.evaluate(loops.format(400), {})
