"""The programs of an installation: pages with waitress, the worker, the heartbeat that wakes it.

Invariant: the database is the schedule, the heartbeat only looks at it. A database of another
schema is refused. On SIGTERM nothing new is taken and what runs is finished.
"""

import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy import make_url
from waitress import create_server

from adapters import registry
from adapters._simulators.province import SEAL_SERVERS, all_departments
from adapters.registry import Adapters
from engine import connection
from engine.errors import Conflict
from migrations import schema
from processes import chores
from processes.background.worker import JobWorker
from processes.casefile import deliveries
from processes.casework import reachable
from processes.demo import loader
from processes.exchange import directory, publication
from processes.exchange.directory import Directory
from processes.modelling import trying
from web import create_app, refused, shedding, wiring
from web.config import Settings
from web.database import Database

_log = logging.getLogger("banli.running")
BEAT_SECONDS: Final = 1
CHORE_SECONDS: Final = 60
COLLECT_AFTER: Final = (10_000, 20, 20)
THREADS: Final = 8
CONNECTIONS: Final = 2_000
"""Browsers keep theirs open; beyond these nobody new would be answered, not even with a refusal."""
WARM_AFTER: Final = timedelta(seconds=5)
"""When the child that reads models of strangers is made: the first page is out by then."""
_DEMO_ADAPTERS: Final = (
    "card_machine",
    "courier",
    "card_centre",
    "unified_identity",
    "mail",
    *SEAL_SERVERS,
)


class CannotStart(Exception):
    """The program cannot start like this; the message says why and what to do."""


def build(settings: Settings, env: Mapping[str, str] = os.environ) -> Flask:
    """The application with its adapters, on a database of the right schema.

    Raises:
        CannotStart: an adapter or route is not in order.
        SchemaMismatch: the database is older or newer than the program.
    """
    app = create_app(settings)
    schema.check(database_of(app).engine)
    for gap in connection.may_lose(database_of(app).engine):
        _log.warning("database.%s", gap)
    loader.load_ledgers()
    reach(app, adapters_of(settings, env), routes_of(env))
    app.extensions["banli_remote_topics"] = wiring.remote_topics(env)
    return app


def reach(app: Flask, adapters: Adapters, routes: Mapping[str, str]) -> None:
    """Let the pages and the worker of an application reach the departments outside."""
    app.extensions["banli_adapters"] = adapters
    app.extensions["banli_routes"] = routes
    app.extensions["banli_directory"] = found = directory.of(adapters, routes)
    publication.reach(found.by_topic)
    deliveries.reach(adapters.workers)
    reachable.without({one.channel for one in registry.contracts()} - found.interfaces.keys())


def database_of(app: Flask) -> Database:
    """The database of an application."""
    found: Database = app.extensions["banli_database"]
    return found


def is_sqlite(app: Flask) -> bool:
    """Whether the installation is one process on one file."""
    return database_of(app).engine.dialect.name == "sqlite"


def adapters_of(settings: Settings, env: Mapping[str, str]) -> Adapters:
    """The adapters that the environment switches on.

    Raises:
        CannotStart: an unknown name, or a setting is missing.
    """
    default = ",".join(_demo_adapters()) if settings.is_demo and "CARD_CENTRE_KEY" in env else ""
    named = env.get("BANLI_ADAPTERS", default)
    names = [name.strip() for name in named.split(",") if name.strip()]
    try:
        return registry.create(names, env)
    except ValueError as error:
        raise CannotStart(f"适配器设置有误：{error}") from error


def _demo_adapters() -> list[str]:
    """The adapters whose departments the demo simulates."""
    return [*_DEMO_ADAPTERS, *(one for one in all_departments() if one in registry.available())]


def routes_of(env: Mapping[str, str]) -> dict[str, str]:
    """Which message goes through which channel (`message=channel,...`).

    Raises:
        CannotStart: not of that form.
    """
    routes: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in env.get("BANLI_ROUTES", "").split(","))):
        name, equals, channel = part.partition("=")
        if not (name and equals and channel):
            raise CannotStart(f"BANLI_ROUTES 中的“{part}”应写成 报文名=通道名")
        routes[name.strip()] = channel.strip()
    return routes


def worker_of(app: Flask) -> JobWorker:
    """The worker of this process; its name says where it runs."""
    adapters: Adapters = app.extensions["banli_adapters"]
    departments: Directory = app.extensions["banli_directory"]
    return JobWorker(
        transact=database_of(app).run,
        owner=f"{socket.gethostname()[:40]}-{os.getpid()}",
        workers=adapters.workers,
        channels=adapters.channels,
        routes={**adapters.routes, **app.extensions["banli_routes"]},
        remote=(*app.extensions["banli_remote_topics"], *departments.fetched),
    )


HEARTBEAT: Final = "banli_heartbeat"


class Heartbeat:
    """Wakes the worker every second and the chores every minute, each never twice at once."""

    def __init__(self, app: Flask) -> None:
        self._worker = worker_of(app)
        self._database = database_of(app)
        self._stopping = threading.Event()
        self._beaten = time.monotonic()
        app.extensions[HEARTBEAT] = self
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(timezone="UTC")
        for beat, seconds in ((self.work, BEAT_SECONDS), (self.chores, CHORE_SECONDS)):
            self._scheduler.add_job(
                beat, "interval", seconds=seconds, coalesce=True, max_instances=1
            )

    def start(self) -> None:
        """Begin to beat."""
        self._scheduler.start()

    def stop(self) -> None:
        """Take nothing new and wait for what runs."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    @property
    def silent_seconds(self) -> float:
        """How long ago the worker last looked for work and came back well."""
        return time.monotonic() - self._beaten

    def work(self) -> None:
        """Do what is due, batch by batch, until nothing is or the program stops."""
        try:
            while not self._stopping.is_set() and self._worker.run_once():
                self._beaten = time.monotonic()
            self._beaten = time.monotonic()
        except Exception:  # the next beat tries again; a single error must not end the schedule
            _log.exception("worker.beat_failed")

    def chores(self) -> None:
        """Small regular duties of the installation."""
        try:
            self._database.run(chores.all_due)
            for _batch in range(chores.BATCHES):
                if self._stopping.is_set() or not self._database.run(chores.go_on):
                    break
            if swept := chores.sweep(self._database.read_session):
                _log.info("files.swept", extra={"count": swept})
        except Conflict:
            _log.info("worker.chores_postponed")
        except Exception:
            _log.exception("worker.chores_failed")


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that servers and loops leave by their own door."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def keep_what_is_loaded() -> None:
    """Take the program itself out of the collector's rounds: they cost more than a commit did.

    What a request leaves behind is nearly all gone without the collector; it looks less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def serve(app: Flask, settings: Settings, *, ready: Callable[[], None] | None = None) -> None:
    """Serve pages and API until told to stop; on SQLite the worker beats in this process.

    Raises:
        CannotStart: the port is taken.
    """
    refused.install()
    try:
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            ident="banli",
            max_request_body_size=settings.upload_limit + settings.body_limit,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,  # `select` knows no more than 1,024 files
        )
        app.extensions[shedding.WAITING] = lambda: len(server.task_dispatcher.queue)
    except OSError as error:
        raise CannotStart(f"端口 {settings.port} 已被占用，请用 BANLI_PORT 换一个端口") from error
    heartbeat = Heartbeat(app) if is_sqlite(app) else None
    if heartbeat:
        heartbeat.start()
    keep_what_is_loaded()
    if ready:
        ready()
    warming = trying.warm(WARM_AFTER)
    try:
        with _ending_on_sigterm():
            server.run()
    finally:
        warming.cancel()
        server.close()
        if heartbeat:
            heartbeat.stop()


def require_shared_database(settings: Settings) -> None:
    """Refuse, before anything else is looked at, a worker beside a database of one process.

    Raises:
        CannotStart: the database is SQLite.
    """
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        raise CannotStart(
            "SQLite 只支持单进程：后台作业已在 banli serve 中运行，不需要 banli worker。"
            "要单独运行后台作业，请用 BANLI_DATABASE_URL 改用 PostgreSQL。"
        )


def work(app: Flask, *, ready: Callable[[], None] | None = None) -> None:
    """Work until told to stop; only where several processes may share the database."""
    heartbeat = Heartbeat(app)
    heartbeat.start()
    keep_what_is_loaded()
    if ready:
        ready()
    try:
        with _ending_on_sigterm():
            threading.Event().wait()
    except (KeyboardInterrupt, SystemExit):
        _log.info("worker.stopping")
    finally:
        heartbeat.stop()
