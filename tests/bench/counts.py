"""What a step asks of the database, counted: true on a busy machine too."""

import sqlite3
from contextlib import closing
from typing import Any

from sqlalchemy import event

from engine import cache, pipeline
from tests.bench.report import Line
from tests.bench.site import Bench, Runner

CASES = 30


def pages(url: str) -> list[Line]:
    """Statements of the ORM in a step, and pages of the log that a step writes (SQLite)."""
    bench = Bench(url)
    runner = Runner(bench, [bench.start() for _ in range(CASES)])
    runner.seconds(CASES * 4)
    seen: list[str] = []

    def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        event.listen(bench.database.engine, "before_cursor_execute", watch)
        runner.seconds(CASES * 2)
        event.remove(bench.database.engine, "before_cursor_execute", watch)
        (_, written, _) = raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    bench.database.engine.dispose()
    cache.clear()
    return [
        Line("热路径上的 ORM 语句", len(seen), 0, "从取出到写完", most=True),
        Line(
            "一步写的页数，SQLite",
            written / (CASES * 2),
            None,
            f"每页 {size} 字节；一次提交，一次 fdatasync",
        ),
    ]


def round_trips(url: str) -> list[Line]:
    """How often a step waits for an answer of PostgreSQL."""
    bench = Bench(url)
    runner = Runner(bench, [bench.start() for _ in range(CASES)])
    runner.seconds(CASES * 2)
    asked, converse = [0], pipeline.converse

    def counting(*given: Any) -> Any:
        asked[0] += 1
        return converse(*given)

    pipeline.converse = counting
    try:
        runner.seconds(CASES * 2)
    finally:
        pipeline.converse = converse
    bench.database.engine.dispose()
    cache.clear()
    figures = "全部写入与提交同行"
    return [Line("一步的往返次数，PostgreSQL", asked[0] / (CASES * 2), None, figures)]
