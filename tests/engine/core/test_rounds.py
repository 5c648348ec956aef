"""Thousands of rounds of a loop with events in it: nothing is lost, nothing grows."""

import os

from engine.execution import Execution
from engine.ids import next_id
from tests.engine.core.scenario import (
    Registry,
    condition,
    event,
    gateway,
    message,
    script,
    signal,
    sub,
    xml,
)

# the nightly run goes 10,000 times round
ROUNDS = int(os.environ.get("BANLI_ROUNDS", "2000"))
MODEL = xml(
    "start -> m -> e -> count -> x; x -> m if n < limit; x -> end default",
    messages={"next": '"k"'},
    signals={"sg": "alarm"},
    m=gateway("exclusive"),
    x=gateway("exclusive"),
    e=event("catch", message("next") + signal("sg")),
    count=script("n + 1", "n"),
    on=sub(
        "es -> s -> ee",
        by_event=True,
        es=event("start", condition("modulo(n, 1000) = 999"), 'isInterrupting="false"'),
        ee=event("end"),
        s=script("seen + 1", "seen"),
    ),
)


def test_thousands_of_rounds_with_events_lose_nothing_and_do_not_grow():
    registry = Registry(MODEL)
    case = Execution.start(
        registry.process("p")[1],
        instance_id=next_id(),
        variables={"n": 0, "seen": 0, "limit": ROUNDS},
        resolver=registry,
    )
    case.advance()
    size = len(case.dump())
    for round_ in range(ROUNDS):
        kind = "MessageWait" if round_ % 2 else "SignalWait"
        wait = next(one for one in case.waits.values() if type(one).__name__ == kind)
        case.begin_step()
        case.deliver(wait.id, {})
        case.advance()
        assert len(case.workflow.tasks) <= 5
    assert case.completed
    assert case.variables["n"] == ROUNDS
    assert case.variables["seen"] == ROUNDS // 1000
    assert size < 1_000
