"""The queue and the messages: leases, fencing, retries, incidents, buffer, order."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from engine import (
    claiming,
    clock,
    correlation,
    external_tasks,
    incidents,
    jobs,
    limits,
    priority,
    runtime,
    tasks,
)
from engine.errors import TaskNotActive
from engine.model import EventSubscription, InboundMessage, Incident, Job, ProcessInstance
from tests.engine.core.scenario import (
    boundary,
    event,
    gateway,
    io,
    message,
    service,
    timer,
    user,
    xml,
)
from tests.engine.data.site import Site
from web.database import Database

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PRINT = xml("start -> s -> a -> end", s=service("print", io=io({"no": "=number"})))
WAITING = xml(
    "start -> a -> m -> b -> end",
    messages={"paid": "number"},
    m=event("catch", message("paid")),
)
STARTED = xml(
    "start -> a -> end",
    key="q",
    messages={"order": ""},
    start=event("start", message("order")),
)


@pytest.fixture
def site(memory: Database) -> Site:
    return Site(memory)


def test_an_external_task_is_fetched_with_its_inputs_and_answered(database: Database) -> None:
    site = Site(database, p=PRINT)
    case = site.start(number="A-1")
    (work,) = site.acquire()
    assert (work.kind, work.topic, work.variables) == ("external_task", "print", {"no": "A-1"})
    assert (work.business_key, work.instance_id, work.fencing) == ("C-1", case, 1)
    assert site.acquire("w-2") == [], "the lease holds"
    site.answer(work, card="K-7")
    assert site.variables(case) == {"number": "A-1", "card": "K-7"}
    assert site.rows(Job) == []
    with pytest.raises(TaskNotActive):
        site.answer(work, card="K-8")


def test_a_lapsed_lease_passes_on_and_the_first_owner_is_too_late(database: Database) -> None:
    site = Site(database, p=PRINT)
    case = site.start(number="A-1")
    (first,) = site.acquire("w-1")
    with clock.travel(limits.LEASE + timedelta(seconds=1)):
        (second,) = site.acquire("w-2")
        assert (second.id, second.key, second.fencing) == (first.id, first.key, 2)
        with pytest.raises(TaskNotActive):
            site.answer(first, card="late")
        site.run(jobs.fail, first, message="late")
        with pytest.raises(TaskNotActive):
            site.run(external_tasks.fail, first, message="late")
        site.answer(second, card="K-7")
    assert site.variables(case)["card"] == "K-7"
    assert site.rows(Incident) == []


def test_a_lease_can_be_extended_by_its_holder(site: Site) -> None:
    site.deploy(p=PRINT)
    site.start(number="A-1")
    (work,) = site.acquire()
    site.run(external_tasks.extend, work, lease=timedelta(hours=1))
    with clock.travel(timedelta(minutes=30)):
        assert site.acquire("w-2") == []


def test_failures_cost_retries_with_a_growing_pause_and_end_in_an_incident(site: Site) -> None:
    site.deploy(p=PRINT)
    case = site.start(number="A-1")
    now, pauses = NOON, []
    with clock.travel(NOON):
        site.run(lambda session: session.execute(text("UPDATE job SET due_at = created_at")))
    for attempt in range(limits.RETRIES):
        with clock.travel(now := now + timedelta(days=400)):
            (work,) = site.acquire()
            assert work.retries == limits.RETRIES - attempt
            site.run(jobs.fail, work, message="没有纸了")
            pauses.append(site.rows(Job)[0].due_at - now)
    assert timedelta(seconds=8) <= pauses[0] <= timedelta(seconds=12)
    assert pauses == sorted(pauses) or pauses[-2] > timedelta(minutes=8)
    assert max(pauses) <= limits.BACKOFF_LONGEST * 1.2
    with clock.travel(now + timedelta(days=400)):
        assert site.acquire() == []
        (incident,) = site.rows(Incident)
        assert (incident.instance_id, incident.message) == (case, "没有纸了")
        site.run(incidents.resolve, incident.id, by="admin")
        (work,) = site.acquire()
        assert work.retries == limits.RETRIES
        site.answer(work)
    assert site.rows(Incident) == []
    assert "incident.raised s" in site.history(case)
    assert "incident.resolved s" in site.history(case)


def test_an_incident_goes_with_its_job(site: Site) -> None:
    site.deploy(p=PRINT)
    case = site.start(number="A-1")
    (work,) = site.acquire()
    site.run(jobs.fail, work, message="4xx", final=True)
    assert len(site.rows(Incident)) == 1
    site.run(runtime.terminate, case, by="admin", reason="撤销")
    assert (site.rows(Incident), site.rows(Job)) == ([], [])


def test_a_timer_fires_when_due_and_not_before(database: Database) -> None:
    site = Site(database)
    model = xml("start -> a -> end", a=user(), t=boundary("a", timer("duration", "P5D"))).replace(
        b"</process>",
        b'<userTask id="late"/><sequenceFlow id="x" sourceRef="t" targetRef="late"/>'
        b'<endEvent id="e2"/><sequenceFlow id="y" sourceRef="late" targetRef="e2"/></process>',
    )
    with clock.travel(NOON):
        site.deploy(p=model)
        site.start()
        assert site.work() == []
    site.forget()
    with clock.travel(NOON + timedelta(days=30)):
        assert site.work() == ["timer"], "a timer that was missed fires once"
        assert site.work() == []
        assert set(site.tasks()) == {"late"}


def test_a_cycle_fires_again_and_missed_firings_are_one(site: Site) -> None:
    model = xml(
        "start -> a -> end",
        a=user(),
        t=boundary("a", timer("cycle", "R/P1D"), interrupting=False),
    ).replace(
        b"</process>",
        b'<endEvent id="e2"/><sequenceFlow id="x" sourceRef="t" targetRef="e2"/></process>',
    )
    with clock.travel(NOON):
        site.deploy(p=model)
        site.start()
    with clock.travel(NOON + timedelta(days=3, hours=1)):
        (stale,) = site.acquire()
        site.run(jobs.fire_timer, stale)
        assert site.work() == []
        (job,) = site.rows(Job)
        assert job.due_at == NOON + timedelta(days=4)
        with pytest.raises(TaskNotActive):
            site.run(jobs.fire_timer, stale)
    with clock.travel(NOON + timedelta(days=4, hours=1)):
        assert site.work() == ["timer"]
    site.complete("a")
    assert site.rows(Job) == []


def test_a_timer_start_event_starts_instances_of_the_latest_version(site: Site) -> None:
    def version(task: str) -> bytes:
        return xml(f"start -> {task} -> end", start=event("start", timer("cycle", "R2/P1D")))

    with clock.travel(NOON):
        site.deploy(p=version("a"))
        site.deploy(p=version("b"))
    assert len(site.rows(Job)) == 1
    for day in (1, 2, 3):
        with clock.travel(NOON + timedelta(days=day, hours=1)):
            site.work()
    begun = sorted(one.id for one in site.rows(ProcessInstance))
    assert [site.variables(one)["scheduled_at"] for one in begun] == [
        NOON + timedelta(days=day) for day in (1, 2)
    ], "when it was due, for who has to make up what was missed"
    assert set(site.tasks()) == {"b"}
    assert site.rows(Job) == []


def _daily(task: str, every: str = "0 0 6 * * *") -> bytes:
    return xml(f"start -> {task} -> end", start=event("start", timer("cycle", every)))


def test_a_new_version_still_begins_what_its_timer_missed(site: Site) -> None:
    """The work of the days before an upgrade can be made up for: `scheduled_at` tells since when."""
    with clock.travel(NOON):
        site.deploy(p=_daily("a"))
        (armed,) = site.rows(Job)
    with clock.travel(NOON + timedelta(days=3)):
        site.deploy(p=_daily("b"))
        assert site.work() == ["timer"]
        (begun,) = site.rows(ProcessInstance)
        assert site.variables(begun.id)["scheduled_at"] == armed.due_at
        assert set(site.tasks()) == {"b"}
        (following,) = site.rows(Job)
        assert following.due_at > clock.now(), "once, not for each day"
        site.deploy(p=_daily("c"))
        assert site.work() == [], "nothing is due that has been begun"


def test_a_new_version_with_another_cycle_begins_anew(site: Site) -> None:
    with clock.travel(NOON):
        site.deploy(p=_daily("a"))
    with clock.travel(NOON + timedelta(days=3)):
        site.deploy(p=_daily("b", "0 0 7 * * *"))
        assert site.work() == []
        (armed,) = site.rows(Job)
        assert armed.due_at > clock.now()


def test_a_message_reaches_the_one_that_waits(database: Database) -> None:
    site = Site(database, p=WAITING)
    case = site.start(number="A-1")
    site.complete("a")
    assert site.send("paid", "A-2", message_id="m-0") == "buffered"
    assert site.send("paid", "A-1", amount=5) == "delivered"
    assert site.send("paid", "A-1", amount=9) == "duplicate"
    assert site.variables(case) == {"number": "A-1", "amount": 5}
    assert set(site.tasks()) == {"b"}
    assert "message.correlated m" in site.history(case)


def test_a_message_that_comes_too_early_is_kept_and_delivered_later(database: Database) -> None:
    site = Site(database, p=WAITING)
    case = site.start(number="A-1")
    assert site.send("paid", "A-1", amount=5) == "buffered"
    site.complete("a")
    assert site.work() == ["inbound_message"]
    assert site.variables(case)["amount"] == 5
    (inbound,) = site.rows(InboundMessage)
    assert (inbound.state, inbound.instance_id) == ("delivered", case)


def test_a_message_that_nobody_took_in_time_is_an_incident(site: Site) -> None:
    site.send("paid", "A-1", amount=5)
    assert site.run(correlation.expire) == 0
    with clock.travel(timedelta(days=2)):
        assert site.run(correlation.expire) == 1
        assert site.run(correlation.expire) == 0
        (incident,) = site.rows(Incident)
        assert incident.kind == "message_expired"
        site.deploy(p=WAITING)
        site.start(number="A-1")
        site.complete("a")
        assert site.work() == [], "its time is over"
        site.run(incidents.resolve, incident.id, by="admin")
    assert set(site.tasks()) == {"b"}


def test_a_message_for_two_reaches_the_one_that_its_sender_chose(site: Site) -> None:
    site.deploy(p=WAITING)
    cases = [site.start(number="A-1") for _ in range(2)]
    with site.database.read_session() as session:
        open_tasks = session.scalars(tasks.query()).all()
    for task in open_tasks:
        site.run(tasks.complete, task.id, by="x", variables={})
    chosen = next(one for one in site.rows(EventSubscription) if one.instance_id == cases[1])
    site.run(
        correlation.correlate, "paid", "A-1", {},
        message_id="m-1", channel="portal", ttl=timedelta(days=1), to=chosen.id,
    )  # fmt: skip
    assert site.rows(Incident) == []
    assert (set(site.tasks(cases[0])), set(site.tasks(cases[1]))) == (set(), {"b"})


def test_a_message_for_two_is_an_incident_until_one_is_left(site: Site) -> None:
    site.deploy(p=WAITING)
    cases = [site.start(number="A-1") for _ in range(2)]
    with site.database.read_session() as session:
        open_tasks = session.scalars(tasks.query()).all()
    for task in open_tasks:
        site.run(tasks.complete, task.id, by="x", variables={})
    assert site.send("paid", "A-1") == "ambiguous"
    (incident,) = site.rows(Incident)
    site.run(runtime.terminate, cases[0], by="admin", reason="重复")
    site.run(incidents.resolve, incident.id, by="admin")
    assert site.rows(Incident) == []
    assert set(site.tasks(cases[1])) == {"b"}


def test_a_message_start_event_starts_the_latest_version(site: Site) -> None:
    site.deploy(q=STARTED)
    site.deploy(q=STARTED.replace(b'id="a"', b'id="c"').replace(b'"a"', b'"c"'))
    assert site.count(EventSubscription) == 1
    assert site.send("order", "O-1", n=3) == "started"
    (instance,) = site.rows(ProcessInstance)
    assert instance.business_key == "O-1"
    assert site.variables(instance.id) == {"n": 3}
    assert set(site.tasks()) == {"c"}


def test_a_message_for_a_suspended_case_waits_until_it_goes_on(site: Site) -> None:
    site.deploy(p=WAITING)
    case = site.start(number="A-1")
    site.complete("a")
    site.run(runtime.suspend, case, by="admin", reason="核查")
    assert site.send("paid", "A-1") == "buffered"
    site.run(runtime.resume, case, by="admin", reason="完毕")
    assert site.work() == ["inbound_message"]
    assert set(site.tasks()) == {"b"}


def test_messages_of_a_case_are_sent_in_order_and_outlive_it(site: Site) -> None:
    model = xml(
        "start -> t1 -> t2 -> end",
        messages={"one": "number", "two": "number"},
        t1=event("throw", message("one")),
        t2=event("throw", message("two")),
    )
    site.deploy(p=model)
    case = site.start(number="A-1")
    assert site.status(case) == "completed"
    (first,) = site.acquire()
    assert (first.kind, first.topic, first.correlation_key) == ("outbox_message", "one", "A-1")
    assert site.acquire() == [], "the second waits for the first"
    site.run(jobs.finish, first)
    (second,) = site.acquire()
    assert second.topic == "two"


@pytest.mark.parametrize("job_class", priority.CLASSES)
def test_the_queue_is_found_by_its_index(sqlite_file: Database, job_class: int) -> None:
    """In the order of the index: what can wait is not read, nothing is sorted."""
    due = claiming.due_jobs({})
    statement = claiming.in_turn(due, job_class).limit(20).params(now=NOON)
    with sqlite_file.read_session() as session:
        compiled = statement.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = [str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()]
    assert any("ix_job_due (priority=? AND due_at<?)" in row for row in plan), plan
    assert not any("TEMP B-TREE" in row for row in plan), plan


def test_parallel_branches_of_messages_and_gateways(site: Site) -> None:
    model = xml(
        "start -> g; g -> m; g -> t; m -> a -> end; t -> b -> end2",
        messages={"paid": "number"},
        g=gateway("eventBased"),
        m=event("catch", message("paid")),
        t=event("catch", timer("duration", "P5D")),
    )
    site.deploy(p=model)
    site.start(number="A-1")
    assert (site.count(Job), site.count(EventSubscription)) == (1, 1)
    assert site.send("paid", "A-1") == "delivered"
    assert (site.count(Job), site.count(EventSubscription)) == (0, 0)
    assert set(site.tasks()) == {"a"}
