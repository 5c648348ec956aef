"""`python -m tests.bench.stock COUNT --home FOLDER`: bulk issue of a stock, really run.

A demo of its own in the folder; a worker that is a program of its own, killed with -9 in the
middle if asked; at the end every number and every file is counted. Run again with the same folder
it goes on. The seals of the simulated keeper are set in the worker.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from adapters._shared.seals import SealWorker
from adapters._simulators.authority import Authority
from adapters._simulators.kept_seals import KeptSeals
from bpmn.property import story
from processes import registers
from processes.casework import applications
from processes.documents import files
from processes.identity import identity
from processes.registers import Trace
from web import config, demo, running
from web.config import Settings

PAGE: Final = 1_000
EVERY: Final = 10.0
OFTEN: Final = 0.3
"""Seconds between two looks while a worker is to be killed, and to be told of otherwise."""
_ISSUED: Final = "SELECT count(*) FROM register_record WHERE register = 'ecert'"


class Site:
    """The installation in the folder."""

    def __init__(self, home: Path) -> None:
        os.environ["BANLI_HOME"] = str(home)
        self.home = home
        self.settings: Settings = config.from_environment()
        demo.prepare(self.settings)
        self.app = running.build(self.settings, {})
        self.database = running.database_of(self.app)

    def ask(self, sql: str) -> list[Any]:
        """The rows of a query."""
        with self.database.read_session() as session:
            return list(session.execute(text(sql)).all())

    def count(self, sql: str) -> int:
        """The number that a query gives."""
        return int(self.ask(sql)[0][0])

    def lay_down(self, count: int) -> None:
        """The stock, as far as it is not there yet."""
        held = self.count(
            "SELECT count(*) FROM register_record"
            " WHERE register = 'register_entry' AND key LIKE 'OLD%'"
        )
        for first in range(held + 1, count + 1, PAGE):
            rows = [story.stock_entry(one) for one in range(first, min(first + PAGE, count + 1))]
            self.database.run(_kept, rows)

    def order(self, batch: int, lanes: int) -> None:
        """Start the run, as the manager of certificates does, unless it was started before."""
        ordered = "SELECT count(*) FROM case_file WHERE process_key = 'prop_ecert_bulk'"
        if not self.count(ordered):
            self.database.run(
                _ordered, {"agency": story.STOCK_ORG, "batch_size": batch, "lanes": lanes}
            )

    def keeper(self) -> KeptSeals:
        """The seals of the demo."""
        return KeptSeals(Authority(self.home / "seals"))

    def work(self, keeper: KeptSeals) -> None:
        """Do what is due until the run is over."""
        worker = running.worker_of(self.app)
        worker.workers = {**worker.workers, "eseal.sign": SealWorker("eseal.sign", keeper)}
        running.keep_what_is_loaded()
        while not self.over():
            if not worker.drain(limit=400):
                time.sleep(0.2)

    def over(self) -> bool:
        """Whether the run has ended."""
        ended = (
            "SELECT count(*) FROM register_record WHERE register = 'ecert_run'"
            " AND status <> 'running'"
        )
        return self.count(ended) > 0

    def certificates(self) -> Iterator[tuple[str, str, str]]:
        """Number, entry and file of every certificate."""
        after = ""
        while True:
            with self.database.read_session() as session:
                page = registers.find(session, "ecert", limit=500, after=after)
                yield from (
                    (one.key, str(one.values["entry_no"]), str(one.values["sha256"]))
                    for one in page
                )
            if not page:
                return
            after = page[-1].key

    def examined(self, sample: int) -> dict[str, Any]:
        """What is wrong with what was issued: nothing, one hopes."""
        keeper = self.keeper()
        found = list(self.certificates())
        serials = sorted(int(key.split(".")[7]) for key, _, _ in found)
        step = max(1, len(found) // sample)
        taken = [digest for _, _, digest in found[::step]]
        genuine = sum(keeper.examine(files.content(one)).genuine for one in taken)
        return {
            "certificates": len(found),
            "entries": len({entry_no for _, entry_no, _ in found}),
            "gaps": serials[-1] - serials[0] + 1 - len(serials) if serials else 0,
            "twice": len(serials) - len(set(serials)),
            "documents": self.count(
                "SELECT count(*) FROM document WHERE sha256 IS NOT NULL"
                " AND template LIKE 'letter_right%'"
            ),
            "incidents": self.count(
                "SELECT count(*) FROM incident WHERE activity IN ('make', 'seal', 'keep', 'next')"
            ),
            "sample": len(taken),
            "genuine": genuine,
        }


def _kept(session: Session, rows: list[dict[str, Any]]) -> None:
    registers.create_many(session, "register_entry", rows, trace=Trace("bench"))


def _ordered(session: Session, answers: dict[str, Any]) -> None:
    manager = identity.by_login(session, "prop_ecert")
    assert manager is not None
    applications.apply(session, "prop_ecert_bulk", by=manager, answers=answers)


def _watched(site: Site, workers: list["subprocess.Popen[bytes]"], kill_at: int) -> Iterator[str]:
    """A line now and then; the first worker is killed when so many certificates are there."""
    began, first = time.monotonic(), site.count(_ISSUED)
    told = began
    while alive := [one for one in workers if one.poll() is None]:
        time.sleep(OFTEN if kill_at else EVERY)
        issued, now = site.count(_ISSUED), time.monotonic()
        if kill_at and issued >= kill_at:
            os.kill(alive[0].pid, signal.SIGKILL)
            alive[0].wait()
            kill_at = 0
            yield f"killed at {issued}"
        if now - told >= EVERY:
            told, resident = now, sum(_resident(one.pid) for one in alive)
            speed = (issued - first) / (now - began)
            yield f"{issued} issued, {speed:.1f} a second, {resident} MiB"


def _resident(pid: int) -> int:
    """The memory of a program that is there, in MiB."""
    status = Path(f"/proc/{pid}/status")
    told = status.read_text() if status.exists() else ""
    return next((int(x.split()[1]) >> 10 for x in told.splitlines() if x.startswith("VmRSS")), 0)


def main() -> None:
    """Lay down, order, work, count."""
    asked = argparse.ArgumentParser()
    asked.add_argument("count", type=int)
    asked.add_argument("--home", type=Path, required=True)
    asked.add_argument("--batch", type=int, default=100)
    asked.add_argument("--lanes", type=int, default=4)
    asked.add_argument("--kill-at", type=int, default=0)
    asked.add_argument(
        "--workers",
        type=int,
        default=1,
        help="on one SQLite file they wait for one another: two do 1.4 times what one does",
    )
    asked.add_argument("--sample", type=int, default=200)
    asked.add_argument("--part", choices=("all", "work", "check"), default="all")
    told = asked.parse_args()
    site = Site(told.home)
    if told.part == "work":
        site.work(site.keeper())
        return
    if told.part == "all":
        began = time.monotonic()
        site.lay_down(told.count)
        site.order(told.batch, told.lanes)
        _say(f"stock laid down in {time.monotonic() - began:.0f} s")
        kill_at = told.kill_at
        while not site.over():
            mine = [sys.executable, "-m", "tests.bench.stock", "0", "--home", str(told.home)]
            workers = [subprocess.Popen([*mine, "--part", "work"]) for _ in range(told.workers)]
            for line in _watched(site, workers, kill_at):
                _say(line)
                kill_at = 0 if line.startswith("killed") else kill_at
    _say(json.dumps(site.examined(told.sample), ensure_ascii=False))


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
