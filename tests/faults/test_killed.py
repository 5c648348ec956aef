"""A worker killed without warning in each phase of a job: done once, and the case goes on."""

import multiprocessing
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import cache, connection, ids, jobs
from engine.jobs import JobWork
from engine.model import Incident, Job
from engine.ports import Work
from engine.variables import Variables
from processes.worker import JobWorker
from tests.engine.core.scenario import service, xml
from tests.engine.data.site import Site
from web.database import Database

LEASE = timedelta(milliseconds=200)
MODEL = xml("start -> s -> end", s=service("print"))
PHASES = ("after the claim", "during the call", "after the call", "after the commit")


class Machine:
    """A department that does what a key asks for once; the file is what it did."""

    topic = "print"

    def __init__(self, file: Path, *, dies: str = "") -> None:
        self.file = file
        self.dies = dies

    def execute(self, work: Work) -> Variables:
        done = self.file.read_text().split()
        if self.dies == "during the call":
            self._print(work.key)
            die()
        if work.key not in done:
            self._print(work.key)
        return {"card": work.key}

    def _print(self, key: str) -> None:
        with self.file.open("a") as written:
            written.write(f"{key}\n")


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
    sqlite_file: Database, tmp_path: Path, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        jobs.acquire, "__kwdefaults__", {**jobs.acquire.__kwdefaults__, "lease": LEASE}
    )
    database = sqlite_file
    site = Site(database, p=MODEL)
    case = site.start()
    done = tmp_path / "printed"
    done.touch()
    url = database.engine.url.render_as_string(hide_password=False)
    database.engine.dispose()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=work_and_die, args=(url, done, phase))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    monkeypatch.undo()  # only the lease of the dead is short
    site.forget()
    if phase != "after the commit":
        assert site.status(case) == "active", "nothing is half done"
        assert len(site.rows(Job)) == 1
    worker = JobWorker(database.run, "heir", workers={"print": Machine(done)})
    until = time.monotonic() + 10
    while site.status(case) == "active":
        assert time.monotonic() < until
        worker.run_once()
        time.sleep(0.02)
    assert site.status(case) == "completed"
    assert len(done.read_text().split()) == 1, "the effect is there once"
    assert site.history(case).count("activity.completed s") == 1
    assert (site.rows(Job), site.rows(Incident)) == ([], [])
