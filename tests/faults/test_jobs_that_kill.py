"""A job whose workers die again and again comes to rest; those beside it are done."""

from datetime import timedelta

import pytest

from engine import clock, incidents, jobs, limits, store
from engine.errors import Conflict
from engine.model import Incident, Job
from engine.store import execution
from tests.engine.core.scenario import boundary, service, timer, user, xml
from tests.engine.data.site import Site
from web.database import Database

PRINT = xml("start -> s -> a -> end", s=service("print"))
REMINDED = xml(
    "start -> a -> end; late -> told",
    a=user(),
    late=boundary("a", timer("cycle", "R3/P1D"), interrupting=False),
)
LATER = limits.LEASE * 2


def test_three_workers_that_die_with_a_job_park_it_until_somebody_looks(
    database: Database,
) -> None:
    site = Site(database, p=PRINT)
    case = site.start()
    for dead in range(limits.CRASHES):
        with clock.travel(LATER * dead):
            assert len(site.acquire(f"dead-{dead}")) == 1
    with clock.travel(LATER * limits.CRASHES):
        assert site.acquire("heir") == []
    (incident,) = site.rows(Incident)
    assert "3 次中断" in incident.message
    assert "incident.raised s" in site.history(case)
    site.run(incidents.resolve, incident.id, by="admin")
    (work,) = site.acquire("heir")
    assert work.crashes == 0
    site.answer(work, card="K")
    assert set(site.tasks(case)) == {"a"}


def test_what_was_claimed_beside_the_job_that_kills_is_not_parked(database: Database) -> None:
    site = Site(database, p=PRINT)
    cases = [site.start() for _ in range(3)]
    killer = min(work.id for work in site.acquire("dead"))
    for turn in range(1, 12):
        with clock.travel(LATER * turn):
            for work in site.acquire(f"w-{turn}"):
                if work.id != killer:
                    site.answer(work)
    assert [one.job_id for one in site.rows(Incident)] == [killer]
    assert [set(site.tasks(case)) for case in cases].count({"a"}) == 2


def test_a_failure_that_was_answered_is_no_crash(database: Database) -> None:
    site = Site(database, p=PRINT)
    site.start()
    for turn in range(2):
        with clock.travel(LATER * turn):
            (work,) = site.acquire(f"dead-{turn}")
    with clock.travel(LATER * 2):
        (work,) = site.acquire("slow")
        assert work.crashes == 2
        site.run(jobs.fail, work, message="没有纸了")
    (job,) = site.rows(Job)
    assert (job.crashes, job.retries) == (0, limits.RETRIES - 1)


def test_a_repeating_timer_whose_lease_passed_on_is_not_armed_again(database: Database) -> None:
    site = Site(database, p=REMINDED)
    case = site.start()
    with clock.travel(timedelta(days=1, seconds=1)):
        (early,) = site.acquire("w-1")

        def overtaken() -> None:
            with site.database.transaction() as slow, execution(slow, case, actor="w-1") as step:
                store.guard_job(step, early.id, early.fencing)
                step.fire(early.id)
                with clock.travel(LATER):
                    assert len(site.acquire("w-2")) == 1

        with pytest.raises(Conflict):
            overtaken()
    (job,) = site.rows(Job)
    assert (job.owner, job.fencing) == ("w-2", early.fencing + 1)
    assert site.history(case).count("timer.fired late") == 0
