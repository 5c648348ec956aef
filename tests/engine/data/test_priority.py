"""What can wait never delays what somebody waits for, and is not forgotten either (ADR 9)."""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from engine import clock, compiler, incidents, jobs, limits, migration, priority
from engine.errors import DeploymentRejected
from engine.model import Incident, Job, ProcessDefinition, SignalDelivery, Timer
from processes.background.worker import BATCH, JobWorker
from tests.engine.core.scenario import event, message, service, signal, timer, user, xml
from tests.engine.data.site import Site
from tests.review.test_worker import Printer
from web.database import Database

LOW = (
    '<extensionElements><zeebe:properties><zeebe:property name="jobPriority" value="low"/>'
    "</zeebe:properties></extensionElements>"
)
WAITED_FOR = xml("start -> s -> a -> end", key="waited_for", s=service("print"))
CAN_WAIT = xml("start -> s -> a -> end", key="can_wait", before=LOW, s=service("print"))


def a_site(database: Database) -> Site:
    return Site(database, waited_for=WAITED_FOR, can_wait=CAN_WAIT)


def classes(site: Site, **narrow: object) -> list[int]:
    return [work.priority for work in site.acquire(**narrow)]


def test_what_can_wait_comes_after_what_was_due_later(database: Database) -> None:
    site = a_site(database)
    low = [site.start("can_wait") for _ in range(3)]
    normal = [site.start("waited_for") for _ in range(2)]
    taken = site.acquire()
    assert [work.instance_id for work in taken] == [*normal, *low]
    assert [work.priority for work in taken] == [0, 0, -1, -1, -1]


def test_of_what_can_wait_a_claim_takes_no_more_than_it_is_told(database: Database) -> None:
    site = a_site(database)
    for key in ("can_wait", "can_wait", "waited_for"):
        site.start(key)
    assert classes(site, low=1) == [0, -1]
    assert classes(site, low=1) == [-1]
    assert classes(site, low=1) == []


def test_places_are_kept_for_what_can_wait_only_where_that_is_said(database: Database) -> None:
    site = a_site(database)
    for key in (*["waited_for"] * 5, *["can_wait"] * 5):
        site.start(key)
    assert classes(site, limit=2) == [0, 0]
    assert classes(site, limit=2, room=1) == [0, -1]
    assert classes(site, limit=4, room=1) == [0, 0, -1, -1]


def test_the_worker_does_one_at_most_before_it_looks_again(memory: Database) -> None:
    """A bulk of many is under way, and a clerk's case comes: it is the next one done."""
    site = a_site(memory)
    low = [site.start("can_wait") for _ in range(50)]
    printer = Printer({})
    worker = JobWorker(transact=site.run, owner="w-1", workers={"print": printer})
    assert [worker.run_once(), worker.run_once()] == [1, 1]
    normal = site.start("waited_for")
    worker.run_once()
    assert (len(printer.asked), set(site.tasks(normal))) == (4, {"a"})
    worker.drain()
    assert all(set(site.tasks(one)) == {"a"} for one in low)


def test_what_can_wait_has_its_turn_where_there_is_never_an_end_to_the_rest(
    memory: Database,
) -> None:
    site = a_site(memory)
    for _ in range(3):
        site.start("can_wait")
    for _ in range(BATCH * (limits.LOW_AFTER * 3 + 3)):
        site.start("waited_for")
    low = {f"external_task-{job.id}" for job in site.rows(Job) if job.priority == priority.LOW}
    printer = Printer({})
    worker = JobWorker(transact=site.run, owner="w-1", workers={"print": printer})
    while low - {*printer.asked}:
        worker.run_once()
    turns = [place for place, key in enumerate(printer.asked) if key in low]
    between = BATCH * (limits.LOW_AFTER + 1)
    assert turns == [between * nth - 1 for nth in (1, 2, 3)]


def test_one_that_kills_workers_takes_none_of_the_others_along(database: Database) -> None:
    """A job that can wait whose holder is gone comes last and at the end rests with an incident."""
    site = a_site(database)
    site.start("can_wait")
    now = clock.now()
    for dead in range(limits.CRASHES):
        with clock.travel(now + timedelta(hours=dead)):
            assert classes(site, owner=f"dead-{dead}") == [-1]
    with clock.travel(now + timedelta(hours=9)):
        site.start("waited_for")
        assert classes(site, owner="heir") == [0]
    (incident,) = site.rows(Incident)
    site.run(incidents.resolve, incident.id, by="admin")
    with clock.travel(now + timedelta(hours=10)):
        assert [classes(site, owner=f"heir-{nth}") for nth in (1, 2)] == [[0], [-1]]


def test_workers_at_the_same_time_share_the_work_and_keep_the_order(database: Database) -> None:
    """Several programs on one table (`SKIP LOCKED` on PostgreSQL): none takes a job twice, and
    none takes one that can wait while it might have one that somebody waits for."""
    site = a_site(database)
    for _ in range(20):
        site.start("can_wait")
        site.start("waited_for")
    barrier = threading.Barrier(4)
    taken: list[list[jobs.JobWork]] = [[], [], [], []]

    def work(nth: int) -> None:
        barrier.wait()
        for _ in range(40):
            taken[nth] += site.acquire(f"w-{nth}", limit=3, low=1)

    threads = [threading.Thread(target=work, args=(nth,)) for nth in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    everything = [job for one in taken for job in one]
    assert len({job.id for job in everything}) == len(everything) == 40
    assert Counter(job.priority for job in everything) == {0: 20, -1: 20}


def test_all_jobs_of_a_case_are_of_the_class_of_the_process_it_began_with(memory: Database) -> None:
    """Timers, messages, signals and the work of processes that it calls."""
    model = xml(
        "start -> m -> s -> t -> end",
        messages={"told": "number"},
        signals=("bell",),
        key="sender",
        before=LOW,
        m=event("throw", message("told")),
        s=event("throw", signal("bell")),
        t=event("catch", timer("duration", "PT1H")),
    )
    heard = xml(
        "start -> s -> end", key="hearer", signals=("bell",), s=event("catch", signal("bell"))
    )
    site = Site(memory, sender=model, hearer=heard)
    site.start("hearer")
    site.start("sender", number="A-1")
    found = {job.kind: job.priority for job in site.rows(Job)}
    assert found == {"outbox_message": -1, "signal": -1, "timer": -1}
    site.work()
    assert [job.priority for job in site.rows(SignalDelivery)] == [priority.LOW]


def test_a_timer_that_begins_cases_is_of_the_class_of_its_process(memory: Database) -> None:
    nightly = event("start", timer("cycle", "R/P1D"))
    Site(memory, p=xml("start -> a -> end", key="p", before=LOW, start=nightly, a=user()))
    with memory.read_session() as session:
        assert [one.priority for one in session.query(Timer)] == [priority.LOW]


def test_a_running_case_moved_to_a_version_that_can_wait_waits(memory: Database) -> None:
    site = Site(memory, p=xml("start -> s -> a -> end", s=service("print")))
    case = site.start()
    site.deploy(p=xml("start -> s -> a -> end", before=LOW, s=service("print")))
    (first, latest) = sorted(site.rows(ProcessDefinition), key=lambda one: one.version)
    site.run(migration.migrate, case, first.id, latest.id, by="admin")
    assert [job.priority for job in site.rows(Job)] == [priority.LOW]


@pytest.mark.parametrize("word", ["", "high", "-1", "LOW"])
def test_a_class_that_there_is_not_is_refused(word: str) -> None:
    model = xml("start -> a -> end", before=LOW.replace('"low"', f'"{word}"'))
    with pytest.raises(DeploymentRejected) as refused:
        compiler.compile({"p.bpmn": model})
    errors = [one for one in refused.value.findings if one.severity == "error"]
    assert [(one.code, one.element) for one in errors] == [("job_priority", "p")]
