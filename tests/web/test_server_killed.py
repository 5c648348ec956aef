"""A real server, killed with -9 while clients submit over its socket: acknowledged once, done once."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from engine import cache, sealing
from engine.model import HistoryEvent, UserTask
from migrations import schema
from processes import settings
from processes.casework import applications
from processes.documents import files
from processes.identity import identity, tokens
from processes.model.cases import Opinion
from tests.web.conftest import application, picture, seed
from web import create_app
from web.config import Settings
from web.database import database

ROOT = Path(__file__).parents[2]
KEY = "k" * 40
TASKS, CLIENTS, KILLS = 36, 3, 3
PATIENCE = 60


class Server:
    """`banli serve` on a port of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BANLI_")},
            "BANLI_HOME": str(home),
            "BANLI_PORT": str(self.port),
            "BANLI_PROFILE": "test",
            "BANLI_SECRET_KEY": KEY,
            "PYTHONPATH": str(ROOT),
        }
        self.program = self.started()

    def started(self) -> "subprocess.Popen[str]":
        program = subprocess.Popen(
            [sys.executable, "-m", "web.cli", "serve"],
            env=self.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert program.stdout is not None
        assert str(self.port) in program.stdout.readline()
        return program

    def killed(self) -> None:
        self.ended()
        self.program = self.started()

    def ended(self) -> None:
        self.program.kill()
        self.program.communicate()


@pytest.fixture
def case_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """An installation with open tasks, and a token of the one who handles them."""
    monkeypatch.setattr(sealing, "_state_key", sealing._state_key)
    monkeypatch.setattr(settings, "_configured", settings.current())
    url = f"sqlite:///{tmp_path / 'banli.db'}"
    app = create_app(Settings(profile="test", home=tmp_path, secret_key=KEY, database_url=url))
    with app.app_context():
        schema.upgrade(database().engine)
    ids = seed(app)
    with app.app_context(), database().transaction() as session:
        by = identity.by_login(session, "applicant")

        def stored(name: str) -> dict[str, object]:
            row = files.store(session, picture(), by=by.id)
            return {"file": row.sha256, "name": name, "size": row.size, "type": "image/png"}

        answers = application(stored)
        for _ in range(TASKS):
            applications.apply(session, "yacht_licence_sample", by=by, answers=answers)
        token = tokens.issue(session, ids["acceptor"], by="test", scopes=("api",))
        found = list(session.scalars(select(UserTask.id)))
    with app.app_context():
        database().engine.dispose()
    cache.clear()
    return SimpleNamespace(app=app, home=tmp_path, token=token, tasks=found)


class Client:
    """Completes its tasks one after the other; asks again, with the same key, until answered."""

    def __init__(self, server: Server, load: SimpleNamespace, tasks: list[int]) -> None:
        self.address = f"http://127.0.0.1:{server.port}/api/v1/tasks"
        self.token = load.token
        self.tasks = tasks
        self.acknowledged = 0
        self.unanswered = 0

    def work(self) -> None:
        for task in self.tasks:
            limit = time.monotonic() + PATIENCE
            while not self.answered(task):
                assert time.monotonic() < limit, "no answer in time"
                time.sleep(0.05)  # as a client that was cut off would
            self.acknowledged += 1

    def answered(self, task: int) -> bool:
        body = json.dumps({"answers": {"decision": "accept"}}).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"complete-{task}",
        }
        address = f"{self.address}/{task}/complete"
        request = urllib.request.Request(address, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return int(answer.status) == 200
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 503:
                    raise
        except OSError:
            self.unanswered += 1
        return False


def test_every_submit_is_acknowledged_in_the_end_and_done_exactly_once(
    case_load: SimpleNamespace,
) -> None:
    server, chance = Server(case_load.home), random.Random(20261123)  # noqa: S311 - no secret
    clients = [Client(server, case_load, case_load.tasks[n::CLIENTS]) for n in range(CLIENTS)]
    threads = [threading.Thread(target=client.work) for client in clients]
    try:
        for thread in threads:
            thread.start()
        for kill in range(1, KILLS + 1):
            while sum(client.acknowledged for client in clients) < kill * TASKS // (KILLS + 1):
                time.sleep(chance.random() / 50)
            server.killed()
        for thread in threads:
            thread.join(PATIENCE)
    finally:
        server.ended()
    assert sum(client.acknowledged for client in clients) == TASKS
    assert sum(client.unanswered for client in clients) > 0, "no client ever lost its server"
    with case_load.app.app_context(), database().read_session() as session:
        ended = select(HistoryEvent.activity_id, func.count()).where(
            HistoryEvent.type == "activity.completed", HistoryEvent.activity_id.in_(case_load.tasks)
        )
        done = dict(session.execute(ended.group_by(HistoryEvent.activity_id)).tuples().all())
        said = select(func.count()).select_from(Opinion).where(Opinion.task_id.in_(case_load.tasks))
        assert done == dict.fromkeys(case_load.tasks, 1)
        assert session.scalar(said) == TASKS
        assert session.scalar(select(func.count()).select_from(UserTask)) == TASKS, "one step on"
