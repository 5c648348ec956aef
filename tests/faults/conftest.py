"""An installation on a file, with pages on a port, and the departments as programs beside it."""

import atexit
import json
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.serving import make_server

from adapters.registry import Adapters
from engine import cache, clock, incidents
from engine.jobs import JobWork
from engine.model import Incident, Job
from processes.background.worker import JobWorker
from processes.play import Play
from web import create_app, demo, running
from web.config import Settings

SECONDS = 60  # not waited for unless something is wrong
NAMES = (
    "card_machine",
    "courier",
    "card_centre",
    "tax_prov",
    "housing_local",
    "eseal",
    "data_share",
    "gov_portal",
    "qinwuyuan_app",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(found: Callable[[], Any]) -> Any:
    """Wait for something that another program does."""
    limit = time.monotonic() + SECONDS
    while not (seen := found()):
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)
    return seen


_states: dict[str, tuple[sqlite3.Connection, Path]] = {}


class Departments:
    """The simulated departments, each a program of its own."""

    def __init__(self, env: dict[str, str], port: int) -> None:
        self.env = env
        self.port = port

    def switch(self, name: str, mode: str, *, times: int | None = None) -> None:
        """Let a department show a fault from now on."""
        self._order(name, {"mode": mode, "times": times, "latency": 0})

    def chance(self, name: str, **rates: float) -> None:
        """Let a department show these faults by chance, each in its share of the requests."""
        self._order(name, {"mode": "normal", "latency": 0, "rates": rates})

    def _order(self, name: str, told: dict[str, Any]) -> None:
        order = json.dumps(told).encode()
        address = f"{self.env[f'{name.upper()}_URL']}/_faults"
        request = urllib.request.Request(
            address, data=order, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def did(self, name: str, what: str) -> int:
        """How often the page of a department tells of something it did lately."""
        with urllib.request.urlopen(self.env[f"{name.upper()}_URL"], timeout=10) as answer:
            return str(answer.read().decode()).count(what)


class House(Play):
    """An installation with the demo's people whose worker calls real programs."""

    def __init__(self, folder: Path, departments: Departments) -> None:
        self.file = folder / "banli.db"
        url = f"sqlite:///{self.file}"
        settings = Settings(
            profile="test",
            home=folder,
            secret_key="k" * 40,
            rate_limits=False,
            port=departments.port,
            database_url=url,
        )
        self.app = create_app(settings)
        self.database = running.database_of(self.app)
        self.database.engine.dispose()
        super().__init__(start=datetime.now(UTC), database=url)
        clock.set_to(None)  # the programs beside it live in the present
        self.calls: list[int] = []
        """What callbacks over the network were answered."""
        self.reach(departments)

    def reach(self, departments: Departments) -> None:
        """Make the adapters, with the settings and limits of now."""
        adapters = running.adapters_of(Settings(), departments.env)
        running.reach(self.app, adapters, {})
        self.worker = JobWorker(
            transact=self.database.run,
            owner="house",
            workers=adapters.workers,
            channels=adapters.channels,
            routes=adapters.routes,
        )

    def known(self, name: str, make: Callable[[], None]) -> None:
        """Bring the installation into a state, made once a run and copied from then on."""
        own, home = sqlite3.connect(self.file), Path(self._home.name)
        if name in _states:
            template, files = _states[name]
            template.backup(own)
            shutil.copytree(files, home, dirs_exist_ok=True)
            cache.clear()
        else:
            make()
            files = Path(tempfile.mkdtemp(prefix="banli-state-"))
            atexit.register(shutil.rmtree, files, ignore_errors=True)
            shutil.copytree(home, files, dirs_exist_ok=True)
            template = sqlite3.connect(":memory:")
            own.backup(template)
            _states[name] = template, files
        own.close()

    def route(self, *messages: str) -> None:
        """Send messages to the outer centre instead of our own process."""
        self.worker.routes = {**self.worker.routes, **dict.fromkeys(messages, "card_centre")}

    def job(self, topic: str) -> Job:
        """The job of a topic."""
        with self.session() as session:
            return session.scalars(select(Job).where(Job.topic == topic)).one()

    def jobs(self, topic: str) -> int:
        with self.session() as session:
            return len(session.scalars(select(Job.id).where(Job.topic == topic)).all())

    def due(self, topic: str) -> None:
        """The pause after a failure is over."""
        self.run(
            lambda session: session.execute(
                update(Job).where(Job.topic == topic).values(due_at=clock.now() - timedelta(1))
            )
        )

    def work(self) -> None:
        """The worker does whatever is due."""
        self.worker.drain()

    def claim(self, topic: str) -> JobWork:
        """Only claim the work of a topic."""
        with self.session() as session:
            instance = session.scalar(select(Job.instance_id).where(Job.topic == topic))
        return self.outside(int(instance or 0), topic)

    def incident(self) -> Incident:
        """The one open incident."""
        with self.session() as session:
            return session.scalars(select(Incident)).one()

    def retry(self) -> None:
        """The administrator presses 重试."""
        number = self.incident().id
        self.run(lambda session: incidents.resolve(session, number, by="admin"))
        self.work()


@pytest.fixture(scope="session")
def departments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Departments]:
    """The departments, which call back on a fixed port; the seal system keeps its keys apart."""
    port = free_port()
    home = tmp_path_factory.mktemp("departments")
    with demo.departments(Settings(host="127.0.0.1", port=port, home=home)) as given:
        yield Departments(
            {**given, "BANLI_ADAPTERS": ",".join(NAMES), "CARD_MACHINE_WAIT": "5"}, port
        )


@pytest.fixture
def house(tmp_path: Path, departments: Departments) -> Iterator[House]:
    """An installation whose worker reaches the departments."""
    for name in NAMES:
        departments.switch(name, "normal")
    made = House(tmp_path, departments)
    yield made
    made.close()
    running.reach(made.app, Adapters(), {})
    made.database.engine.dispose()


@pytest.fixture
def open_house(house: House) -> Iterator[House]:
    """The same, with its pages on the port that the outer centre calls back."""
    port = house.app.config["BANLI"].port
    pages = house.app.wsgi_app

    def watched(environ: Any, start: Any) -> Any:
        """The pages; what the centre was answered is written down."""

        def note(status: str, *rest: Any) -> Any:
            house.calls.append(int(status[:3]))
            return start(status, *rest)

        return pages(environ, note)

    server = make_server("127.0.0.1", port, watched, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield house
    server.shutdown()
    server.server_close()
    thread.join(SECONDS)
