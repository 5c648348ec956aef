"""Clients killed without warning: what was acknowledged is there, once; nothing is half done."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import cache, connection, external_tasks, ids, jobs, limits, tasks
from engine.errors import BanliError
from engine.model import (
    EventSubscription,
    HistoryEvent,
    Incident,
    Job,
    ProcessInstance,
    UserTask,
)
from tests.engine.core.scenario import boundary, event, gateway, script, service, timer, user, xml
from tests.engine.data.site import Site
from web.database import Database

SEED = int(os.environ.get("BANLI_SEED", "20260302"))
SECONDS = 60 if os.environ.get("BANLI_NIGHTLY") else 8
CLIENTS = 3
CASES = 6
LEASE = timedelta(milliseconds=300)
MODEL = xml(
    "start -> m -> a -> count -> s -> g -> m if true; g -> end default; t -> late",
    m=gateway("exclusive"),
    g=gateway("exclusive"),
    a=user(candidateGroups="acceptor"),
    count=script("n + 1", "n"),
    s=service("print"),
    t=boundary("a", timer("cycle", "R/PT60S"), interrupting=False),
    late=event("end"),
)


def client(url: str, acknowledged: Path, seed: int) -> None:
    """Do what there is to do, again and again; write down what has been confirmed."""
    ids.renew_process_part()
    cache.clear()
    chance = random.Random(seed)  # noqa: S311
    database = Database(connection.create(url))
    sink = os.open(acknowledged, os.O_WRONLY | os.O_APPEND)
    while True:
        try:
            if chance.random() < 0.5:
                _complete(database, sink, chance)
            else:
                _work(database, sink)
        except BanliError:
            continue  # somebody was faster


def _complete(database: Database, sink: int, chance: random.Random) -> None:
    with database.read_session() as session:
        open_tasks = session.scalars(select(UserTask.id)).all()
    if open_tasks:
        task = chance.choice(open_tasks)
        database.run(tasks.complete, task, by="acceptor", variables={"last": str(task)})
        os.write(sink, f"a {task}\n".encode())


def _work(database: Database, sink: int) -> None:
    owner = f"w-{os.getpid()}"
    for work in database.run(jobs.acquire, owner, limit=3, lease=LEASE):
        if work.kind == "timer":
            database.run(jobs.fire_timer, work)
        else:
            database.run(external_tasks.complete, work, variables={"card": work.key})
            os.write(sink, f"s {work.id}\n".encode())


@pytest.mark.slow
def test_every_acknowledged_completion_counts_exactly_once(
    database: Database, tmp_path: Path, record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # here the clients are killed whatever job they hold: none of it is the job's fault
    monkeypatch.setattr(limits, "CRASHES", 1_000)
    site = Site(database, p=MODEL)
    cases = [site.start(n=0) for _ in range(CASES)]
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()
    url = database.engine.url.render_as_string(hide_password=False)
    database.engine.dispose()  # the children open their own
    kills = _rage(url, acknowledged)
    site.forget()
    confirmed = acknowledged.read_text().split("\n")[:-1]
    record_property("run", f"{len(confirmed)} acknowledged, {kills} kills, seed {SEED}")
    assert kills > 10
    assert len(confirmed) > 50
    _check_confirmed(site, confirmed)
    for case in cases:
        _check_case(site, case)
    _finish(site, cases)


def _rage(url: str, acknowledged: Path) -> int:
    context = multiprocessing.get_context("fork")
    chance = random.Random(SEED)  # noqa: S311

    def spawn() -> Any:
        child = context.Process(target=client, args=(url, acknowledged, chance.randrange(1 << 30)))
        child.start()
        return child

    children = [spawn() for _ in range(CLIENTS)]
    kills, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.02, 0.4))  # the moment of death is the point
        victim = children.pop(chance.randrange(len(children)))
        assert victim.is_alive(), f"a client died by itself: {victim.exitcode}"
        _kill(victim)
        kills += 1
        children.append(spawn())
    for child in children:
        _kill(child)
    return kills


def _kill(child: Any) -> None:
    os.kill(child.pid, signal.SIGKILL)
    child.join()


def _check_confirmed(site: Site, confirmed: list[str]) -> None:
    assert max(Counter(confirmed).values()) == 1, "nothing is acknowledged twice"
    with site.database.read_session() as session:
        rows = session.execute(
            select(HistoryEvent.activity, HistoryEvent.activity_id, func.count())
            .where(HistoryEvent.type == "activity.completed", HistoryEvent.activity.in_(("a", "s")))
            .group_by(HistoryEvent.activity, HistoryEvent.activity_id)
        ).all()
    done = {f"{activity} {activity_id}": times for activity, activity_id, times in rows}
    assert set(done.values()) == {1}, "nothing is done twice"
    lost = [one for one in confirmed if one not in done]
    assert lost == [], "nothing acknowledged is lost"


def _check_case(site: Site, case: int) -> None:
    """State, variables, history and rows say the same, and the case can go on."""
    with site.database.read_session() as session:
        execution = cache.peek(session, case)
        waits = set(execution.waits)
        rows: set[int] = set()
        for model in (UserTask, Job, EventSubscription):
            rows |= set(session.scalars(select(model.id).where(model.instance_id == case)))
        completed = session.scalar(
            select(func.count())
            .select_from(HistoryEvent)
            .where(
                HistoryEvent.instance_id == case,
                HistoryEvent.type == "activity.completed",
                HistoryEvent.activity == "a",
            )
        )
        assert execution.variables["n"] == completed
        revisions = session.scalars(
            select(HistoryEvent.revision)
            .where(HistoryEvent.instance_id == case)
            .order_by(HistoryEvent.sequence)
        ).all()
        assert revisions == sorted(revisions)
    assert waits == rows != set()
    assert site.count(Incident) == 0


def _finish(site: Site, cases: list[int]) -> None:
    """Leases of the dead run out, and everything goes on."""
    time.sleep(LEASE.total_seconds())
    while found := site.acquire(kinds=("external_task",)):  # lapsed ones come one at a time
        for work in found:
            site.answer(work)
    for case in cases:
        site.run(tasks.complete, site.task("a", case), by="x", variables={})
        assert site.rows(ProcessInstance)
