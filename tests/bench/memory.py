"""What a step costs the processor, without a database."""

import time
from collections.abc import Iterator
from itertools import cycle
from statistics import median
from typing import Any

from engine import compiler
from engine.execution import Execution
from engine.ids import next_id
from engine.variables import decode, encode
from engine.waiting import UserTaskWait
from tests.bench import models
from tests.bench.naive import Naive
from tests.bench.report import Line, ratio
from tests.bench.site import LOOP, filling

BLOCKS = 9
STEPS = 12


class Nothing:
    """The licence calls no other definition."""

    def process(self, key: str) -> Any:
        raise KeyError(key)

    by_id = decision = process


class Ours:
    """One instance in memory, moved round its loop."""

    def __init__(self, size: int = 1024) -> None:
        self.compiled = compiler.compile({"l.bpmn": models.ours()}).processes["licence"]
        self.id = next_id()
        self.execution = Execution.start(
            self.compiled, instance_id=self.id, variables=filling(size), resolver=Nothing()
        )
        self.execution.advance()
        self.answers: Iterator[tuple[str, str]] = cycle(LOOP)
        self.store()

    def store(self) -> None:
        self.state = self.execution.dump()
        scopes = self.execution.scopes.values()
        self.scopes = encode({str(scope.id): scope.variables for scope in scopes})

    def cached(self) -> None:
        """Complete and dump: state, and what the step changed."""
        execution = self.execution
        execution.begin_step()
        _, answer = next(self.answers)
        task = next(w.id for w in execution.waits.values() if isinstance(w, UserTaskWait))
        execution.complete(task, {"decision": answer})
        execution.advance()
        self.state = execution.dump()
        deltas = execution.step.variable_deltas.items()
        encode({str(scope): values for scope, values in deltas})

    def cold(self) -> None:
        """Load, complete and dump."""
        self.execution = Execution.load(
            self.compiled,
            instance_id=self.id,
            state=self.state,
            scopes={int(key): values for key, values in decode(self.scopes).items()},
            resolver=Nothing(),
        )
        self.cached()


def _cpu(act: Any, count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        act()
    return (time.process_time() - began) / count


def cpu() -> list[Line]:
    """A step of a fresh case, cold and cached, against the naive way."""
    naive = Naive()
    times: dict[str, list[float]] = {"naive": [], "cold": [], "cached": []}
    for _ in range(BLOCKS):
        stored = [naive.start(filling(1024))]
        answers = cycle(LOOP)

        def step(stored: list[str] = stored, answers: Any = answers) -> None:
            name, answer = next(answers)
            stored[0] = naive.step(stored[0], name, answer)

        # both in the first rounds of a case: later the naive one only gets slower
        times["naive"].append(_cpu(step, STEPS))
        ours = Ours()
        ours.cold()
        times["cold"].append(_cpu(ours.cold, STEPS * 8))
        times["cached"].append(_cpu(ours.cached, STEPS * 8))
    micro = {name: median(found) * 1e6 for name, found in times.items()}
    figures = "{naive:.0f} µs 原样；{cold:.0f} µs 冷；{cached:.0f} µs 热".format(**micro)
    return [
        Line(
            "一步的 CPU（装入、完成、写出），冷 / 原样",
            ratio(times["naive"], times["cold"]),
            15,
            figures,
        ),
        Line("同上，缓存命中 / 原样", ratio(times["naive"], times["cached"]), 20, figures),
    ]


def loops() -> list[Line]:
    """The cost of a step, and the size of the state, late in a long case."""
    ours = Ours()
    for _ in range(100):
        ours.cached()
    early = [_cpu(ours.cold, 40) for _ in range(BLOCKS)]
    early_size = len(ours.state)
    for _ in range(10_000):
        ours.cached()
    late = [_cpu(ours.cold, 40) for _ in range(BLOCKS)]
    cost = median(late) / median(early)
    figures = f"{median(early) * 1e6:.0f} → {median(late) * 1e6:.0f} µs"
    size = len(ours.state) / early_size
    return [
        Line("第 5000 圈的一步 ÷ 第 50 圈", cost, 1.2, figures, most=True),
        Line("状态大小，同上", size, 1.1, f"{early_size} → {len(ours.state)} 字节", most=True),
    ]
