"""Many clients in one process against one: how much of the wait for the disk they share."""

import sqlite3
import threading
import time
from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from sqlalchemy import event

from engine import cache, connection
from tests.bench.durable import WARM, grow
from tests.bench.report import Line, ratio
from tests.bench.site import Bench, Runner

ROUNDS: Final = 12
ALONE: Final = 60
MANY: Final = 16
EACH: Final = 15
DELAY: Final = 0.001
"""Seconds. An SSD without power-loss protection takes one to several milliseconds for a sync; one
with it, some tens of microseconds."""


class _Slow(sqlite3.Connection):
    """A database on a slower disk: each commit waits longer, with the write lock held.

    As in the sync itself, nothing is computed meanwhile and other threads may run.
    """

    def commit(self) -> None:
        if self.in_transaction:
            time.sleep(DELAY)
        super().commit()


class Clients:
    """Clients on one database, each with cases of its own."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.alone = [Runner(bench, [bench.start() for _ in range(ALONE)])]
        self.many = [Runner(bench, [bench.start() for _ in range(EACH)]) for _ in range(MANY)]
        grow(bench.database.engine)
        self.alone[0].seconds(WARM // ALONE * ALONE)

    def rate(self, runners: Sequence[Runner]) -> float:
        """Completions a second when each completes a task of each of its cases."""
        # looking for the tasks is not what is measured: everybody has them before it begins
        work = [runner.tasks(runner.cases) for runner in runners]
        barrier = threading.Barrier(len(work) + 1)

        def act(tasks: Sequence[tuple[int, str]]) -> None:
            barrier.wait()
            for task, answer in tasks:
                self.bench.complete(task, answer)

        threads = [threading.Thread(target=act, args=(tasks,)) for tasks in work]
        for thread in threads:
            thread.start()
        barrier.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        return sum(map(len, work)) / (time.perf_counter() - began)

    def close(self) -> None:
        self.bench.database.engine.dispose()
        cache.clear()


def sixteen(url: str) -> list[Line]:
    """Sixteen clients against one: on this disk, with its ceiling, and on a slower one."""
    return [*_on_this_disk(url), _on_a_slower_disk(url)]


def _on_this_disk(url: str) -> list[Line]:
    clients = Clients(Bench(url))
    unsafe = Clients(_without_disk(url))
    one, many, free, cpu = [], [], [], []
    for _ in range(ROUNDS):
        one.append(clients.rate(clients.alone))
        began = time.process_time()
        many.append(clients.rate(clients.many))
        cpu.append((time.process_time() - began) / (MANY * EACH))
        free.append(unsafe.rate(unsafe.alone))
    clients.close()
    unsafe.close()
    figures = f"每秒 {median(one):.0f} → {median(many):.0f}；每步处理器 {median(cpu) * 1e6:.0f} µs"
    ceiling = ratio(free, one)
    return [
        Line(
            "16 客户 ÷ 1 客户，一个进程，SQLite FULL，本机磁盘",
            ratio(many, one),
            2,
            figures,
            ceiling=ceiling,
        ),
        Line(
            "其上限：1 客户完全不等磁盘（synchronous=OFF） ÷ 1 客户",
            ceiling,
            None,
            f"每秒 {median(free):.0f}；一把解释器锁下，合并提交至多省去这一等待",
        ),
    ]


def _on_a_slower_disk(url: str) -> Line:
    bench = Bench.__new__(Bench)
    slow = {**connection.engine_options(url)["connect_args"], "factory": _Slow}
    bench.open(url, connect_args=slow)
    clients = Clients(bench)
    one, many = [], []
    for _ in range(ROUNDS):
        one.append(clients.rate(clients.alone))
        many.append(clients.rate(clients.many))
    clients.close()
    return Line(
        f"同上，每次提交多等 {DELAY * 1e3:.0f} ms（模拟没有掉电保护的固态盘）",
        ratio(many, one),
        2,
        f"每秒 {median(one):.0f} → {median(many):.0f}",
    )


def _without_disk(url: str) -> Bench:
    """The same database without waiting for the disk: what sharing a commit could save at most."""
    bench = Bench.__new__(Bench)
    bench.open(url)
    event.listen(bench.database.engine, "connect", _unsafe)
    return bench


def _unsafe(raw: Any, _record: object) -> None:
    raw.execute("PRAGMA synchronous=OFF")
