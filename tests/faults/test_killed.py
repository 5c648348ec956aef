"""Workers killed without warning, and several at once: each job's effect is there exactly once."""

import multiprocessing
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import cache, connection, ids, jobs
from engine.jobs import JobWork
from engine.model import Incident, Job
from engine.ports import Work
from engine.variables import Variables
from processes.background.worker import JobWorker
from tests.engine.core.scenario import service, xml
from tests.engine.data.site import Site
from web.database import Database

LEASE = timedelta(milliseconds=200)
MODEL = xml("start -> s -> end", s=service("print"))
PATIENCE = 60
"""Seconds: a machine under load is slow, not wrong. No wait of the product is as long."""
CASES = 12
PHASES = ("after the claim", "during the call", "after the call", "after the commit")


class Machine:
    """A department that does what a key asks for once; the file is what it did."""

    topic = "print"

    def __init__(self, file: Path, *, dies: str = "", by: str = "", together: Any = None) -> None:
        self.file = file
        self.dies = dies
        self.by = by
        self.together = together

    def meet(self) -> None:
        """Hold the first job until the other worker holds one too."""
        if self.together is not None:
            self.together.wait()
            self.together = None

    def execute(self, work: Work) -> Variables:
        self.meet()
        done = self.file.read_text().split()
        if self.dies == "during the call":
            self._print(work.key)
            die()
        if work.key not in done:
            self._print(work.key)
        return {"card": work.key}

    def _print(self, key: str) -> None:
        with self.file.open("a") as written:
            written.write(f"{key} {self.by}".strip() + "\n")


class Mortal(JobWorker):
    """The worker of the product, which dies in one phase."""

    dies = ""

    def do(self, work: JobWork) -> None:
        if self.dies == "after the claim":
            die()
        super().do(work)
        if self.dies == "after the commit":
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work_and_die(url: str, file: Path, phase: str) -> None:
    ids.renew_process_part()
    cache.clear()
    database = Database(connection.create(url))

    def transact(command: Any) -> Any:
        def dying(session: Any) -> Any:
            found = command(session)
            if phase == "after the call" and file.read_text():
                session.flush()
                die()
            return found

        return database.run(dying)

    worker = Mortal(transact, "mortal", workers={"print": Machine(file, dies=phase)})
    worker.dies = phase
    worker.run_once()


@pytest.mark.parametrize("phase", PHASES)
def test_a_worker_killed_in_any_phase_costs_nothing(
    database: Database, tmp_path: Path, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        jobs.acquire, "__kwdefaults__", {**jobs.acquire.__kwdefaults__, "lease": LEASE}
    )
    site = Site(database, p=MODEL)
    case = site.start()
    done = tmp_path / "printed"
    done.touch()
    url = database.engine.url.render_as_string(hide_password=False)
    database.engine.dispose()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=work_and_die, args=(url, done, phase))
    child.start()
    child.join(PATIENCE)
    assert child.exitcode == -signal.SIGKILL
    monkeypatch.undo()  # only the lease of the dead is short
    site.forget()
    if phase != "after the commit":
        assert site.status(case) == "active", "nothing is half done"
        assert len(site.rows(Job)) == 1
    worker = JobWorker(database.run, "heir", workers={"print": Machine(done)})
    until = time.monotonic() + PATIENCE
    while site.status(case) == "active":
        assert time.monotonic() < until, [(job.last_error, job.due_at) for job in site.rows(Job)]
        worker.run_once()
        time.sleep(0.02)
    assert site.status(case) == "completed"
    assert len(done.read_text().split()) == 1, "the effect is there once"
    assert site.history(case).count("activity.completed s") == 1
    assert (site.rows(Job), site.rows(Incident)) == ([], [])


def share(url: str, file: Path, name: str, together: Any) -> None:
    ids.renew_process_part()
    cache.clear()
    database = Database(connection.create(url))
    machine = Machine(file, by=name, together=together)
    worker = JobWorker(database.run, name, workers={"print": machine})
    until = time.monotonic() + PATIENCE
    while worker.run_once() or _left(database):
        assert time.monotonic() < until
    database.engine.dispose()


def _left(database: Database) -> bool:
    with database.read_session() as session:
        return session.scalar(select(Job.id).limit(1)) is not None


def test_two_worker_processes_share_the_jobs_and_do_each_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processes.background.worker.BATCH", 1)
    site = Site(database, p=MODEL)
    cases = [site.start() for _ in range(CASES)]
    done = tmp_path / "printed"
    done.touch()
    url = database.engine.url.render_as_string(hide_password=False)
    database.engine.dispose()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(2)
    children = [
        context.Process(target=share, args=(url, done, name, start)) for name in ("w-1", "w-2")
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(PATIENCE)
    assert [child.exitcode for child in children] == [0, 0]
    site.forget()
    assert {site.status(case) for case in cases} == {"completed"}
    keys, names = zip(*(line.split() for line in done.read_text().splitlines()), strict=True)
    assert set(names) == {"w-1", "w-2"}
    assert len(keys) == len(set(keys)) == CASES
    for case in cases:
        assert site.history(case).count("activity.completed s") == 1
    assert (site.rows(Job), site.rows(Incident)) == ([], [])
