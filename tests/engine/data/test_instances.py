"""Instances through the database: every step stored, read again, the same as before."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update

from engine import (
    cache,
    clock,
    history,
    ids,
    incidents,
    limits,
    repository,
    runtime,
    sealing,
    tasks,
)
from engine.errors import (
    Conflict,
    DeploymentRejected,
    NotFound,
    TaskAlreadyClaimed,
    TaskNotActive,
    VariablesInvalid,
)
from engine.model import (
    EventSubscription,
    HistoryStep,
    Incident,
    Job,
    ProcessDefinition,
    ProcessInstance,
    VariableSnapshot,
)
from tests.engine.core.scenario import (
    boundary,
    call,
    each,
    event,
    gateway,
    message,
    service,
    timer,
    user,
    xml,
)
from tests.engine.data.site import Site
from web.database import Database

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LOOP = xml(
    "start -> m -> a -> g -> m if again; g -> b default -> end",
    m=gateway("exclusive"),
    g=gateway("exclusive"),
    a=user(candidateGroups="acceptor"),
)


@pytest.fixture
def site(memory: Database) -> Site:
    return Site(memory)


def test_a_case_goes_from_start_to_end(database: Database) -> None:
    site = Site(database, p=xml("start -> a -> b -> end", a=user(candidateGroups="acceptor")))
    case = site.start(name="海之星", fee=Decimal("12.50"), born=date(1990, 1, 2))
    assert site.status(case) == "active"
    site.complete("a", again=False)
    site.forget()
    assert site.variables(case) == {
        "name": "海之星",
        "fee": Decimal("12.50"),
        "born": date(1990, 1, 2),
        "again": False,
    }
    site.complete("b", by="reviewer", done=True)
    assert site.status(case) == "completed"
    assert site.variables(case)["done"] is True
    assert site.tasks() == {}
    assert site.history(case)[0] == "instance.started"
    assert site.history(case)[-1] == "instance.completed"


def test_a_long_loop_survives_restarts_and_keeps_every_version_of_its_variables(
    site: Site,
) -> None:
    site.deploy(p=LOOP)
    case = site.start(n=0)
    for turn in range(1, 40):
        if turn % 7 == 0:
            site.forget()
        site.complete("a", again=True, n=turn)
    assert site.variables(case)["n"] == 39
    site.forget()
    assert site.variables(case)["n"] == 39
    assert site.count(VariableSnapshot) == 1
    assert site.count(HistoryStep) == 40
    with site.database.read_session() as session:
        events = history.events(session, case)
        done = [one for one in events if one.type == "activity.completed" and one.activity == "a"]
        assert history.variables_at(session, case, done[4].sequence)[case]["n"] == 5
        assert history.performers(session, case) == {"a": {"acceptor"}}
        assert [one.sequence for one in events] == sorted(one.sequence for one in events)


@pytest.mark.parametrize(("size", "snapshot"), [(10, 32), (10_000, 16)])
def test_few_small_changes_of_large_variables_do_not_write_them_all_again(
    site: Site, size: int, snapshot: int
) -> None:
    site.deploy(p=LOOP)
    case = site.start(n=0, text="办" * size)
    for turn in range(1, 39):
        site.complete("a", again=True, n=turn)
    (whole,) = site.rows(VariableSnapshot)
    assert whole.revision == snapshot
    site.forget()
    assert site.variables(case)["n"] == 38


def test_the_whole_is_written_again_after_128_steps_at_the_latest(site: Site) -> None:
    site.deploy(p=LOOP)
    site.start(n=0, text="办" * 20_000)
    for turn in range(1, 16 + 128):
        site.complete("a", again=True, n=turn)
    (whole,) = site.rows(VariableSnapshot)
    assert whole.revision == 16 + 128


def test_rows_are_what_the_tokens_wait_for(site: Site) -> None:
    model = xml(
        "start -> f; f -> a -> j; f -> s -> j; f -> m -> j; j -> end",
        messages={"paid": "number"},
        f=gateway("parallel"),
        j=gateway("parallel"),
        a=user(candidateGroups="acceptor, reviewer", candidateUsers="7"),
        s=service("print"),
        m=event("catch", message("paid")),
        t=boundary("a", timer("duration", "P5D"), interrupting=False),
        remind=user(),
    ).replace(b"</process>", b'<sequenceFlow id="x" sourceRef="t" targetRef="remind"/></process>')
    site.deploy(p=model)
    site.start(number="A-1")
    assert set(site.tasks()) == {"a"}
    assert {(job.kind, job.topic) for job in site.rows(Job)} == {
        ("timer", ""),
        ("external_task", "print"),
    }
    awaited = [one for one in site.rows(EventSubscription) if one.instance_id]
    assert [(one.name, one.correlation_key) for one in awaited] == [("paid", "A-1")]
    with site.database.read_session() as session:
        for who, found in (("acceptor", 1), ("user:7", 1), ("stranger", 0)):
            assert len(session.scalars(tasks.query(candidates=[who])).all()) == found
    site.complete("a")
    assert {job.kind for job in site.rows(Job)} == {"external_task"}
    assert site.tasks() == {}


def test_the_same_bundle_again_is_no_new_version(site: Site) -> None:
    first = site.deploy(p=LOOP)
    assert site.deploy(p=LOOP) == first
    assert site.deploy(p=xml("start -> a -> end")) != first
    assert [one.version for one in site.rows(ProcessDefinition)] == [1, 2]
    again = site.deploy(p=LOOP)
    assert again != first, "what is latest again is a version of its own"


def test_a_rejected_bundle_leaves_nothing(site: Site) -> None:
    with pytest.raises(DeploymentRejected):
        site.deploy(p=LOOP, q=b"<definitions>")
    assert site.rows(ProcessDefinition) == []


def test_a_running_case_stays_on_its_version(site: Site) -> None:
    site.deploy(p=xml("start -> a -> b -> end"))
    site.start()
    site.deploy(p=xml("start -> a -> c -> end"))
    site.forget()
    site.complete("a")
    assert set(site.tasks()) == {"b"}
    site.start()
    site.run(tasks.complete, site.task("a"), by="x", variables={})
    assert set(site.tasks()) == {"b", "c"}


def test_a_called_process_is_the_latest_at_the_call_and_stays_so(site: Site) -> None:
    site.deploy(p=xml("start -> c -> z -> end", c=call("q")))
    site.deploy(q=xml("start -> one -> two -> end", key="q"))
    case = site.start(x=1)
    task = site.tasks()["one"]
    assert task.process_key == "q"
    site.deploy(q=xml("start -> other -> end", key="q"))
    site.forget()
    site.complete("one", y=2)
    site.complete("two")
    assert set(site.tasks()) == {"z"}
    assert site.variables(case) == {"x": 1, "y": 2}


def test_a_suspended_version_starts_nothing(site: Site) -> None:
    site.deploy(p=LOOP)
    definition = site.rows(ProcessDefinition)[0].id
    site.run(repository.suspend_definition, definition, suspended=True)
    with pytest.raises(Conflict, match="停用"):
        site.start()
    site.run(repository.suspend_definition, definition, suspended=False)
    site.start()


def test_an_unknown_process_is_not_found(site: Site) -> None:
    with pytest.raises(NotFound):
        site.start("nothing")


def test_a_variable_that_cannot_be_stored_is_refused_and_nothing_is_started(site: Site) -> None:
    site.deploy(p=LOOP)
    with pytest.raises(VariablesInvalid):
        site.start(text="a\0b")
    assert site.rows(ProcessInstance) == []


def test_claiming_and_releasing(site: Site) -> None:
    site.deploy(p=LOOP)
    case = site.start()
    task = site.task("a")
    site.run(tasks.claim, task, by="acceptor")
    site.run(tasks.claim, task, by="acceptor")
    with pytest.raises(TaskAlreadyClaimed) as held:
        site.run(tasks.claim, task, by="reviewer")
    assert (held.value.by, held.value.at is not None) == ("acceptor", True)
    with pytest.raises(TaskAlreadyClaimed):
        site.run(tasks.complete, task, by="reviewer", variables={})
    with pytest.raises(Conflict):
        site.run(tasks.release, task, by="reviewer")
    site.run(tasks.release, task, by="acceptor")
    site.run(tasks.assign, task, by="admin", assignee="reviewer")
    site.run(tasks.complete, task, by="reviewer", variables={"again": False})
    done = [line for line in site.history(case) if line.startswith("task.")]
    assert done == [
        "task.created a",
        "task.claimed a",
        "task.released a",
        "task.assigned a",
        "task.created b",
    ]


def test_a_task_that_is_gone_says_who_did_it_and_when(site: Site) -> None:
    site.deploy(p=LOOP)
    site.start()
    task = site.task("a")
    with clock.travel(NOON):
        site.run(tasks.complete, task, by="acceptor", variables={"again": False})
    for command in (tasks.claim, tasks.release):
        with pytest.raises(TaskNotActive) as gone:
            site.run(command, task, by="reviewer")
        assert (gone.value.by, gone.value.at) == ("acceptor", NOON)
    with pytest.raises(TaskNotActive):
        site.run(tasks.complete, task, by="reviewer", variables={})
    with pytest.raises(NotFound):
        site.run(tasks.claim, 17, by="reviewer")


def test_a_task_completed_at_another_revision_than_seen_is_a_conflict(site: Site) -> None:
    site.deploy(p=LOOP)
    site.start()
    task = site.tasks()["a"]
    site.run(tasks.claim, task.id, by="acceptor")
    answers = {"by": "acceptor", "variables": {"again": False}}
    with pytest.raises(Conflict):
        site.run(tasks.complete, task.id, expected_revision=task.revision, **answers)
    site.run(tasks.complete, task.id, expected_revision=task.revision + 1, **answers)


def test_a_suspended_instance_rests(site: Site) -> None:
    model = xml(
        "start -> f; f -> a -> j; f -> s -> j; j -> end",
        f=gateway("parallel"),
        j=gateway("parallel"),
        s=service("print"),
    )
    site.deploy(p=model)
    case = site.start()
    task = site.task("a")
    site.run(runtime.suspend, case, by="admin", reason="核查")
    for act in (
        lambda: site.run(tasks.complete, task, by="acceptor", variables={}),
        lambda: site.run(tasks.claim, task, by="acceptor"),
        lambda: site.run(runtime.suspend, case, by="admin", reason="再次"),
    ):
        with pytest.raises(Conflict):
            act()
    assert site.acquire() == []
    assert site.variables(case) == {}
    site.run(runtime.resume, case, by="admin", reason="核查完毕")
    site.complete("a")
    assert len(site.acquire()) == 1
    assert "instance.resumed" in site.history(case)


def test_a_terminated_instance_leaves_no_rows_but_its_history(site: Site) -> None:
    model = xml(
        "start -> a -> end",
        a=user(),
        t=boundary("a", timer("duration", "P5D")),
    ).replace(
        b"</process>",
        b'<endEvent id="late"/><sequenceFlow id="x" sourceRef="t" targetRef="late"/></process>',
    )
    site.deploy(p=model)
    case = site.start(x=1)
    site.run(runtime.suspend, case, by="admin", reason="核查")
    site.run(runtime.terminate, case, by="admin", reason="重复申请")
    assert site.status(case) == "terminated"
    assert (site.tasks(), site.rows(Job)) == ({}, [])
    assert site.variables(case) == {"x": 1}
    with pytest.raises(TaskNotActive):
        site.run(runtime.terminate, case, by="admin", reason="再次")


def test_a_failing_expression_is_an_incident_that_can_be_resolved(site: Site) -> None:
    site.deploy(
        p=xml("start -> a -> g; g -> b if n > 1; g -> c default; b -> end", g=gateway("exclusive"))
    )
    case = site.start()
    site.complete("a", n="a text")
    (incident,) = site.rows(Incident)
    assert (incident.instance_id, incident.activity) == (case, "g")
    site.forget()
    site.run(incidents.resolve, incident.id, by="admin")
    (again,) = site.rows(Incident)
    assert again.activity_id == incident.activity_id, "the variable is still a text"


def test_scopes_of_multi_instance_tasks_are_stored(site: Site) -> None:
    site.deploy(p=xml("start -> a -> end", a=user(loop=each("names", "name"))))
    case = site.start(names=["甲", "乙"])
    site.forget()
    with site.database.read_session() as session:
        found = session.scalars(tasks.query(instance_id=case)).all()
        seen = {runtime.variables(session, case, scope_id=one.scope_id)["name"] for one in found}
    assert seen == {"甲", "乙"}
    for one in found:
        site.run(tasks.complete, one.id, by="acceptor", variables={})
    assert site.status(case) == "completed"


def test_a_changed_state_is_never_loaded(site: Site) -> None:
    site.deploy(p=LOOP)
    site.start(n=1)
    site.start(n=2)
    one, other = site.rows(ProcessInstance)
    site.forget()
    with site.database.transaction() as session:
        session.execute(
            update(ProcessInstance).where(ProcessInstance.id == one.id).values(state=other.state)
        )
    with pytest.raises(sealing.StateForged):
        site.variables(one.id)


def test_changed_variables_are_never_loaded(site: Site) -> None:
    site.deploy(p=LOOP)
    case = site.start(n=1)
    site.forget()
    with site.database.transaction() as session:
        session.execute(text("DROP TRIGGER history_step_keeps_values"))  # who owns the schema can
        first = session.scalars(select(HistoryStep).where(HistoryStep.revision == 1)).one()
        first.delta = (first.delta or b"").replace(b'"n":1', b'"n":9')
    with pytest.raises(sealing.StateForged):
        site.variables(case)


def test_a_step_that_was_rolled_back_is_not_in_the_cache(site: Site) -> None:
    site.deploy(p=LOOP)
    case = site.start(n=0)
    task = site.task("a")

    def fail_late(session: object) -> None:
        tasks.complete(session, task, by="x", variables={"again": True, "n": 1})  # type: ignore[arg-type]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        site.run(fail_late)
    assert site.variables(case)["n"] == 0
    assert site.task("a") == task


def test_a_step_whose_savepoint_was_rolled_back_is_not_in_the_cache(site: Site) -> None:
    site.deploy(p=LOOP)
    case = site.start(n=0)
    task = site.task("a")
    with site.database.transaction() as session:
        point = session.begin_nested()
        tasks.complete(session, task, by="x", variables={"again": True, "n": 1})
        point.rollback()
        assert runtime.variables(session, case)["n"] == 0
        tasks.complete(session, task, by="x", variables={"again": True, "n": 2})
        inner = session.begin_nested()
        inner.commit()
        assert cache._live.pop(case) is None, "the transaction is not over"
    assert site.variables(case)["n"] == 2


def test_a_command_that_failed_and_was_caught_spoils_nothing(site: Site) -> None:
    site.deploy(p=LOOP)
    case = site.start(n=0)
    task = site.task("a")
    with site.database.transaction() as session:
        with pytest.raises(VariablesInvalid):
            tasks.complete(session, task, by="x", variables={"n": "a\0"})
        tasks.complete(session, task, by="x", variables={"again": True, "n": 5})
    assert site.variables(case)["n"] == 5


def test_two_steps_in_one_transaction(site: Site) -> None:
    site.deploy(p=xml("start -> a -> b -> end"))
    case = site.start()
    with site.database.transaction() as session:
        tasks.complete(session, site.task("a"), by="x", variables={"one": 1})
        following = session.scalars(tasks.query(instance_id=case)).one()
        tasks.complete(session, following.id, by="x", variables={"two": 2})
    assert site.status(case) == "completed"
    assert site.variables(case) == {"one": 1, "two": 2}


def test_a_clock_set_back_keeps_the_history_in_order(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.deploy(p=LOOP)
    case = site.start()
    before = ids.next_id
    a_day = 86_400_000 << 22
    monkeypatch.setattr(ids, "next_id", lambda: before() - a_day)
    site.complete("a", again=True)
    assert site.history(case)[0] == "instance.started"
    assert site.history(case)[-1] == "task.created a"


def test_an_instance_grown_too_large_is_told_once(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.deploy(p=xml("start -> a -> b -> c -> d -> end"))
    case = site.start()
    part = ["办" * limits.TEXT_CHARACTERS] * 10
    site.complete("a", one=part)
    assert "instance.large" not in site.history(case), "600 KB are no matter"
    site.complete("b", two=part)
    site.forget()
    site.complete("c", three=1)
    assert site.history(case).count("instance.large") == 1
    assert [one.message for one in caplog.records].count("instance.large") == 1
