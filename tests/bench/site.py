"""Our engine under measurement: cases of the licence shape that never end."""

import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from engine import connection, repository, runtime, tasks
from engine.model import Base
from tests.bench import models
from web.database import Database

# accept, review, back: a case can be turned round for ever
LOOP = (("accept", "ok"), ("review", "back"))


def filling(size: int) -> dict[str, str]:
    """Variables of about so many bytes."""
    return {f"field_{number:04d}": "办" * 8 + "x" * 36 for number in range(max(1, size // 80))}


class Bench:
    """A database with cases on it."""

    def __init__(self, url: str) -> None:
        self.open(url)
        Base.metadata.drop_all(self.database.engine)
        Base.metadata.create_all(self.database.engine)
        self.database.run(repository.deploy, {"licence.bpmn": models.ours()}, by="bench")

    def open(self, url: str, **options: Any) -> None:
        """Work on a database that has everything already."""
        sqlite = url.startswith("sqlite")
        self.database = Database(connection.create(url, **({} if sqlite else POOL), **options))
        self.sql = _TASK if sqlite else _TASK.replace("?", "%s")

    def start(self, size: int = 1024) -> int:
        started = self.database.run(
            runtime.start, "licence", by="bench", variables=filling(size), business_key="B-1"
        )
        return started.id

    def task(self, case: int) -> int:
        # as cheap as can be: looking for the task is not what is measured
        pooled = self.database.engine.raw_connection()
        try:
            raw: Any = pooled.driver_connection
            found: int = raw.execute(self.sql, (case,)).fetchone()[0]
            return found
        finally:
            pooled.close()

    def complete(self, task: int, answer: str) -> None:
        self.database.run(tasks.complete, task, by="bench", variables={"decision": answer})


_TASK = "SELECT id FROM user_task WHERE instance_id = ?"
POOL: dict[str, Any] = {"pool_size": 20}


class Runner:
    """Completes the tasks of some cases in turn; only the completion itself is timed."""

    def __init__(self, bench: Bench, cases: list[int]) -> None:
        self.bench = bench
        self.cases = len(cases)
        self.turns: Iterator[tuple[int, str]] = (
            (case, answer) for _, answer in cycle(LOOP) for case in cases
        )

    def tasks(self, count: int) -> list[tuple[int, str]]:
        """The tasks of so many cases, with what is to be answered."""
        todo = [next(self.turns) for _ in range(count)]
        return [(self.bench.task(case), answer) for case, answer in todo]

    def seconds(self, count: int) -> float:
        """The time that so many completions take, one after the other as a busy server has them."""
        spent = 0.0
        while count > 0:
            tasks = self.tasks(min(count, self.cases))
            began = time.perf_counter()
            for task, answer in tasks:
                self.bench.complete(task, answer)
            spent += time.perf_counter() - began
            count -= len(tasks)
        return spent
