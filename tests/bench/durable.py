"""Durable completions: against bare commits and the naive way, many clients, two processes."""

import multiprocessing
import os
import time
from contextlib import suppress
from itertools import cycle
from statistics import mean, median
from typing import Any

from sqlalchemy import Engine, insert, text

from engine import cache, connection, driver, ids, jobs, tasks
from engine.model import Job
from tests.bench.naive import METADATA, Naive
from tests.bench.report import Line, ratio
from tests.bench.site import LOOP, Bench, Runner, filling

BLOCKS = 7
# short slices that alternate: what else the machine does hits a slice and its reference alike; at
# the bar of ten times both take as long, and so suffer as much from what the other left behind
SLICES = 30
SLICE = 80
NAIVE_SLICE = 8  # the first steps of a case, when the naive way is at its fastest
WARM = 200
CASES = 30


class Bare:
    """Durable commits of one small row: what the database can do at best."""

    def __init__(self, url: str) -> None:
        self.engine = connection.create(url)
        with self.engine.begin() as opened:
            opened.execute(text("DROP TABLE IF EXISTS bare"))
            opened.execute(text("CREATE TABLE bare (id BIGINT PRIMARY KEY, note TEXT)"))
        self.pooled = self.engine.raw_connection()
        self.raw: Any = self.pooled.driver_connection
        self.mark = "?" if self.engine.dialect.name == "sqlite" else "%s"

    def seconds(self, count: int) -> float:
        sql = f"INSERT INTO bare VALUES ({self.mark}, {self.mark})"  # noqa: S608
        began = time.perf_counter()
        for _ in range(count):
            if self.mark == "?":
                self.raw.execute("BEGIN IMMEDIATE")
            self.raw.execute(sql, (ids.next_id(), "one small row"))
            self.raw.commit()
        return time.perf_counter() - began

    def close(self) -> None:
        self.pooled.close()
        self.engine.dispose()


class NaiveRunner:
    """Completes tasks of fresh cases the naive way."""

    def __init__(self, url: str) -> None:
        self.naive = Naive()
        self.engine = connection.create(url)
        METADATA.drop_all(self.engine)
        METADATA.create_all(self.engine)
        self.opened = self.engine.connect()
        self.last = 0

    def seconds(self, count: int) -> float:
        spent, turns = 0.0, cycle(LOOP)
        for index in range(count):
            if index % 8 == 0:
                self.last += 1
                self.naive.create(self.opened, self.last, filling(1024))
            name, answer = next(turns)
            began = time.perf_counter()
            self.naive.durable(self.opened, self.last, name, answer)
            spent += time.perf_counter() - began
        return spent

    def close(self) -> None:
        self.opened.close()
        self.engine.dispose()


class _Undone(Exception):
    """Ends a command before it writes."""


class Floor:
    """The very rows of our steps, written and committed by the driver alone: no engine, no ORM."""

    def __init__(self, bench: Bench, runner: Runner) -> None:
        self.bench, self.runner = bench, runner

    def seconds(self, count: int) -> float:
        spent = 0.0
        for _ in range(count):
            case, answer = next(self.runner.turns)
            statements = self._of(self.bench.task(case), answer)
            began = time.perf_counter()
            with self.bench.database.transaction() as session:
                driver.of(session).write(statements)
            spent += time.perf_counter() - began
        return spent

    def _of(self, task: int, answer: str) -> Any:
        kinds = (driver.SqliteDriver, driver.PostgresDriver)
        written: list[Any] = []

        def keep(_driver: Any, statements: Any) -> None:
            written.append(statements)
            raise _Undone

        before = [kind.write for kind in kinds]
        try:
            for kind in kinds:
                kind.write = keep  # type: ignore[method-assign]
            with suppress(_Undone), self.bench.database.transaction() as session:
                tasks.complete(session, task, by="bench", variables={"decision": answer})
        finally:
            for kind, act in zip(kinds, before, strict=True):
                kind.write = act  # type: ignore[method-assign]
        return written[0]


def one_client(url: str, name: str, bar: float) -> list[Line]:
    """Completions a second of one client, against bare commits and the naive way."""
    bench = Bench(url)
    runner = Runner(bench, [bench.start() for _ in range(CASES)])
    floor = Floor(bench, Runner(bench, [bench.start() for _ in range(CASES)]))
    bare, naive = Bare(_beside(url, "bare")), NaiveRunner(_beside(url, "naive"))
    for one in (bench.database.engine, bare.engine, naive.engine):
        grow(one)
    runner.seconds(WARM)
    bare.seconds(WARM)
    acts = {
        "bare": (bare.seconds, SLICE),
        "ours": (runner.seconds, SLICE),
        "floor": (floor.seconds, SLICE // 2),
        "naive": (naive.seconds, NAIVE_SLICE),
    }
    times: dict[str, list[float]] = {key: [] for key in acts}
    cpu: dict[str, float] = dict.fromkeys(acts, 0.0)
    for _ in range(SLICES):
        for key, (act, count) in acts.items():
            began = time.process_time()
            times[key].append(act(count) / count)
            cpu[key] += (time.process_time() - began) / count / SLICES
    bare.close()
    naive.close()
    bench.database.engine.dispose()
    cache.clear()
    rates = {key: 1 / median(found) for key, found in times.items()}
    figures = "每秒 {ours:.0f}；逐行提交 {bare:.0f}；原样 {naive:.0f}".format(**rates)
    figures += f"；每步处理器 {cpu['ours'] * 1e6:.0f} µs，原样 {cpu['naive'] * 1e6:.0f} µs"
    return [
        Line(
            f"持久完成，1 客户，{name} ÷ 逐行提交",
            ratio(times["bare"], times["ours"]),
            bar,
            figures,
        ),
        Line(f"同上 ÷ 原样，{name}", ratio(times["naive"], times["ours"]), 10, figures),
        Line(
            f"其上限：同样的行由驱动直接写入，{name} ÷ 逐行提交",
            ratio(times["bare"], times["floor"]),
            None,
            f"每秒 {rates['floor']:.0f}；没有引擎、没有会话",
        ),
        Line(
            f"其上限 ÷ 原样，{name}",
            ratio(times["naive"], times["floor"]),
            None,
            "引擎一无所费时的倍数",
        ),
    ]


def _beside(url: str, name: str) -> str:
    """A SQLite file of its own on the same disk: nobody's writing empties another's page cache."""
    return f"{url}.{name}" if url.startswith("sqlite") else url


def grow(engine: Engine) -> None:
    """Let SQLite's log have its working size: from then on it is written over, not extended."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as opened:
        for sql in (
            "CREATE TABLE grown (content BLOB)",
            "INSERT INTO grown VALUES (zeroblob(20000000))",
            "DROP TABLE grown",
        ):
            opened.execute(text(sql))
            opened.commit()


def _process(url: str, cases: list[int], ready: Any, go: Any, spent: Any) -> None:
    ids.renew_process_part()
    cache.clear()
    bench = Bench.__new__(Bench)
    bench.open(url)
    runner = Runner(bench, cases)
    runner.seconds(20)
    ready.release()
    go.wait()
    runner.seconds(150)
    spent.release()


def _processes(url: str, bench: Bench, count: int) -> float:
    context = multiprocessing.get_context("fork")
    ready, spent, go = context.Semaphore(0), context.Semaphore(0), context.Event()
    cases = [[bench.start() for _ in range(10)] for _ in range(count)]
    bench.database.engine.dispose()
    children = [
        context.Process(target=_process, args=(url, mine, ready, go, spent)) for mine in cases
    ]
    for child in children:
        child.start()
    for _ in children:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for _ in children:
        spent.acquire()
    rate = count * 150 / (time.perf_counter() - began)
    for child in children:
        child.join()
    return rate


def two_processes(url: str) -> list[Line]:
    """Two processes against one on PostgreSQL."""
    bench = Bench(url)
    one, two = [], []
    for _ in range(5):
        one.append(_processes(url, bench, 1))
        two.append(_processes(url, bench, 2))
    bench.database.engine.dispose()
    figures = f"每秒 {median(one):.0f} → {median(two):.0f}，{os.cpu_count()} 个处理器"
    return [Line("2 进程 ÷ 1 进程，PostgreSQL", ratio(two, one), 1.35, figures)]


def size(url: str) -> list[Line]:
    """Cases with 1 MiB of variables against cases with 1 KiB."""
    bench = Bench(url)
    small = Runner(bench, [bench.start() for _ in range(3)])
    large = Runner(bench, [bench.start(1 << 20) for _ in range(3)])
    times: dict[str, list[float]] = {"small": [], "large": []}
    small.seconds(48)
    large.seconds(48)
    for _ in range(SLICES):
        times["small"].append(small.seconds(16))
        times["large"].append(large.seconds(16))
    bench.database.engine.dispose()
    cache.clear()
    rates = [16 / mean(times[key]) for key in ("small", "large")]
    figures = f"每秒 {rates[0]:.0f} → {rates[1]:.0f}"
    # of the sums: one slice in nine writes the whole again, and has to count
    found = sum(times["small"]) / sum(times["large"])
    return [Line("1 MiB 变量 ÷ 1 KiB", found, 0.6, figures)]


def sweep(url: str) -> list[Line]:
    """Finding due timers among those of many live cases."""
    found = {}
    for live in (1_000, 100_000):
        bench = Bench(url)
        _timers(bench, live)
        spent = []
        for _ in range(40):
            began = time.perf_counter()
            taken = bench.database.run(jobs.acquire, "bench", kinds=("timer",), limit=20)
            spent.append(time.perf_counter() - began)
            assert len(taken) == 20
        found[live] = median(spent) * 1e3
        bench.database.engine.dispose()
    cache.clear()
    figures = (
        f"1,000 件 {found[1_000]:.2f} ms；100,000 件 {found[100_000]:.2f} ms（各取 20 个到期）"
    )
    return [
        Line(
            "定时器扫描，100,000 件 ÷ 1,000 件",
            found[100_000] / found[1_000],
            2,
            figures,
            most=True,
        )
    ]


def _timers(bench: Bench, live: int) -> None:
    case = bench.start()
    with bench.database.read_session() as session:
        sample = session.query(Job).filter(Job.instance_id == case).first()
        assert sample is not None
        columns = {c.name: getattr(sample, c.name) for c in Job.__table__.columns}
    rows = []
    for index in range(live):
        due = sample.created_at if index < 900 else sample.due_at
        rows.append({**columns, "id": ids.next_id(), "due_at": due})
    with bench.database.transaction() as session:
        session.execute(insert(Job.__table__), rows)  # type: ignore[arg-type]
