"""The whole product under measurement: a form that is submitted, memory, and the start.

What a request spends is told apart by clocks around the driver and around the engine's command:
database is every statement and the commit, engine the completion without its statements, page the
rest (session, permissions, form, HTML). Memory and start are those of programs of their own.
"""

import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from types import SimpleNamespace
from typing import Any

from flask import Flask
from sqlalchemy import event, select

from engine import clock, driver, ids, repository, runtime, tasks
from engine.model import UserTask
from processes.casework import applications
from processes.documents import files
from processes.identity import identity
from tests.bench import models
from tests.bench.report import Line
from tests.bench.site import filling
from tests.web.conftest import application, csrf, log_in, picture, seed
from web import create_app, running
from web.config import Settings

REQUESTS = 60
OPEN_CASES = 2_000
PATIENCE = 240
_BANLI = Path(sys.executable).with_name("banli")


class Clocks:
    """Seconds by name, of whatever is wrapped."""

    def __init__(self) -> None:
        self.spent = {"database": 0.0, "complete": 0.0, "inside": 0.0}
        self._completing = False

    def database(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return act(*arguments, **named)
            finally:
                self._add(time.perf_counter() - began)

        return timed

    def _add(self, seconds: float) -> None:
        self.spent["database"] += seconds
        if self._completing:
            self.spent["inside"] += seconds

    def complete(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began, self._completing = time.perf_counter(), True
            try:
                return act(*arguments, **named)
            finally:
                self._completing = False
                self.spent["complete"] += time.perf_counter() - began

        return timed

    def before(self, *arguments: Any) -> None:
        arguments[4]._banli_began = time.perf_counter()

    def after(self, *arguments: Any) -> None:
        self._add(time.perf_counter() - arguments[4]._banli_began)


@contextmanager
def _watched(app: Flask) -> Iterator[Clocks]:
    clocks, engine = Clocks(), running.database_of(app).engine
    places = (
        (driver.SqliteDriver, "fetch", clocks.database),
        (driver.SqliteDriver, "write", clocks.database),
        (engine.dialect, "do_commit", clocks.database),
        (tasks, "complete", clocks.complete),
    )
    before = [getattr(owner, name) for owner, name, _wrap in places]
    for (owner, name, wrap), act in zip(places, before, strict=True):
        setattr(owner, name, wrap(act))
    event.listen(engine, "before_cursor_execute", clocks.before)
    event.listen(engine, "after_cursor_execute", clocks.after)
    yield clocks
    event.remove(engine, "before_cursor_execute", clocks.before)
    event.remove(engine, "after_cursor_execute", clocks.after)
    for (owner, name, _wrap), act in zip(places, before, strict=True):
        setattr(owner, name, act)


def _application(folder: Path) -> Flask:
    url = f"sqlite:///{folder / 'pages.db'}"
    settings = Settings(
        profile="test", home=folder, secret_key="k" * 40, rate_limits=False, database_url=url
    )
    app = create_app(settings)
    seed(app)
    return app


def _file(app: Flask, count: int) -> list[int]:
    """Applications of the sample process; the ids of their first tasks."""

    def one(session: Any) -> int:
        by = identity.by_login(session, "applicant")
        row = files.store(session, picture(), by=by.id)

        def stored(name: str) -> dict[str, object]:
            return {"file": row.sha256, "name": name, "size": row.size, "type": "image/png"}

        issued = (clock.today() - timedelta(days=30)).isoformat()
        answers = {**application(stored), "medical_issued_on": issued}
        case = applications.apply(session, "yacht_licence_sample", by=by, answers=answers)
        query = select(UserTask.id).where(UserTask.instance_id == case.id)
        return int(session.scalars(query).one())

    with app.app_context():
        return [running.database_of(app).run(one) for _ in range(count)]


def _submissions(app: Flask, count: int) -> tuple[list[float], dict[str, float]]:
    """Wall seconds of each POST of a filled-in form, and what they spent in all."""
    client = app.test_client()
    log_in(client, "acceptor")
    token = csrf(client, "/inbox")
    todo = _file(app, count + 3)
    for task in todo:
        client.post(f"/tasks/{task}/claim", data={"csrf_token": token})
    data = {"decision": "accept", "remark": "齐全", "csrf_token": token}
    spent = []
    for task in todo[:3]:
        client.post(f"/tasks/{task}/complete", data=data)
    with _watched(app) as clocks:
        for task in todo[3:]:
            began = time.perf_counter()
            answer = client.post(f"/tasks/{task}/complete", data=data)
            spent.append(time.perf_counter() - began)
            assert answer.status_code == 303, answer.status
    return spent, clocks.spent


def request(folder: Path) -> list[Line]:
    """A request that submits a form, from the WSGI server's hand to the answer."""
    folder.mkdir()
    app = _application(folder)
    spent, parts = _submissions(app, REQUESTS)
    running.database_of(app).engine.dispose()
    whole = sum(spent)
    cut = quantiles(spent, n=20)
    engine = parts["complete"] - parts["inside"]
    shares = SimpleNamespace(
        engine=engine / whole, database=parts["database"] / whole, p50=cut[9], p95=cut[18]
    )
    figures = (
        f"p50 {shares.p50 * 1e3:.1f} ms，p95 {shares.p95 * 1e3:.1f} ms；引擎 {shares.engine:.0%}，"
        f"数据库 {shares.database:.0%}，页面与规则 {1 - shares.engine - shares.database:.0%}"
    )
    return [Line("提交一张表单的整个 HTTP 请求，p50（毫秒）", shares.p50 * 1e3, None, figures)]


def _resident() -> float:
    """MiB of this process in memory."""
    for row in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if row.startswith("VmRSS"):
            return int(row.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def _fill(folder: Path, told: Any) -> None:
    ids.renew_process_part()
    app = _application(folder)
    database = running.database_of(app)
    database.run(repository.deploy, {"licence.bpmn": models.ours()}, by="bench")
    for number in range(OPEN_CASES):
        database.run(
            runtime.start,
            "licence",
            by="bench",
            variables=filling(1024),
            business_key=f"B-{number}",
        )
    _submissions(app, 10)
    told.send(_resident())


def memory(folder: Path) -> list[Line]:
    """A process that has 2,000 open cases and has served pages."""
    folder.mkdir()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_fill, args=(folder, there))
    child.start()
    there.close()
    found: float = here.recv()
    child.join()
    figures = f"{found:.0f} MiB（{OPEN_CASES} 件在办，各 1 KiB 数据，一个进程）"
    return [Line("一个进程的常驻内存（MiB）", found, 300, figures, most=True)]


def start(folder: Path) -> list[Line]:
    """From the command line to the first page."""
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BANLI_")}
    given = {**kept, "BANLI_HOME": str(folder), "BANLI_PORT": str(port)}
    quiet = {"env": given, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([_BANLI, "db", "upgrade"], check=True, **quiet)  # type: ignore[call-overload]
    spent = []
    worked = _cpu_of_children()
    for _ in range(3):
        began = time.perf_counter()
        server = subprocess.Popen([_BANLI, "serve"], **quiet)  # type: ignore[call-overload]
        try:
            _first_page(f"http://127.0.0.1:{port}/login", until=began + PATIENCE)
            spent.append(time.perf_counter() - began)
        finally:
            server.terminate()
            server.wait()
    cpu = (_cpu_of_children() - worked) / len(spent)
    figures = f"{min(spent):.1f} s，其中处理器 {cpu:.1f} s（启动、首页、退出）"
    return [Line("启动到第一页（秒）", min(spent), 3, figures, most=True)]


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _first_page(address: str, *, until: float) -> None:
    while time.perf_counter() < until:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise AssertionError("no page in time")
