"""What must hold in the engine when several transactions, savepoints or workers meet."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine import cache, clock, jobs, runtime, tasks
from engine.errors import Conflict, TaskNotActive
from engine.model import ProcessInstance
from tests.engine.core.scenario import event, timer, user, xml
from tests.engine.data.site import Site
from web.database import Database

LOOP = xml("start -> a -> b -> end", a=user(), b=user())
DAILY = xml("start -> a -> end", start=event("start", timer("cycle", "R/P1D")))


def test_what_was_read_after_a_step_and_a_savepoint_is_not_kept_when_all_is_undone(
    memory: Database,
) -> None:
    site = Site(memory, p=LOOP)
    case = site.start()
    task = site.task("a")
    with site.database.read_session() as session:
        tasks.complete(session, task, by="x", variables={"n": 1})
        session.begin_nested().rollback()
        runtime.variables(session, case)
    held = cache._live.pop(case)
    assert held is None or held.revision == 1


def told(error: BaseException | None) -> str:
    """What the log says of an error and of those it came from."""
    return f"{error} {error.args} {told(error.__context__)}" if error is not None else ""


def test_errors_of_the_database_do_not_carry_what_was_written(database: Database) -> None:
    statement = text("INSERT INTO process_instance (id, business_key) VALUES (:id, :key)")
    with pytest.raises(IntegrityError) as caught, database.transaction() as session:
        session.execute(statement, {"id": 1, "key": "张三"})
    assert "张三" not in told(caught.value)


@pytest.mark.postgres
@pytest.mark.parametrize("value", ["张三", "张三\nHINT: 李四"])
def test_nor_do_those_that_quote_a_value_in_their_first_line(
    postgres: Database, value: str
) -> None:
    with pytest.raises(DBAPIError) as caught, postgres.transaction() as session:
        session.execute(text("SELECT CAST(:value AS date)"), {"value": value})
    assert "22007" in told(caught.value)
    assert "张三" not in told(caught.value)
    assert "李四" not in told(caught.value)


def test_a_timer_whose_lease_has_passed_on_starts_nothing(database: Database) -> None:
    site = Site(database, p=DAILY)
    with clock.travel(clock.now() + timedelta(days=1)):
        (early,) = site.acquire("w-1")
    with clock.travel(clock.now() + timedelta(days=1, hours=1)):
        (late,) = site.acquire("w-2")
        site.run(jobs.fire_timer, late)
        with pytest.raises(TaskNotActive):
            site.run(jobs.fire_timer, early)
    assert site.count(ProcessInstance) == 1


def test_a_task_is_handed_on_only_out_of_the_hands_that_held_it(memory: Database) -> None:
    site = Site(memory, p=LOOP)
    site.start()
    task = site.task("a")
    site.run(tasks.claim, task, by="reviewer")
    with pytest.raises(Conflict):
        site.run(tasks.assign, task, by="acceptor", assignee="approver", held_by="acceptor")
    assert site.tasks()["a"].assignee == "reviewer"
