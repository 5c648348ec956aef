"""A command's session: the driver alone, the ORM alone, or both, in one transaction (engine notes 5).

A step of an instance at hand reads nothing beforehand: its statements say whether it was right.
"""

from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from engine import cache, driver, runtime, tasks
from engine.driver import Statement
from engine.errors import Conflict, TaskAlreadyClaimed, TaskNotActive
from engine.model import ResourceContent, UserTask
from engine.session import CommandSession
from tests.engine.core.scenario import gateway, xml
from tests.engine.data.site import Site
from web.database import Database

STORE = "INSERT INTO resource_content (digest, content) VALUES (?, ?)"
CHANGE = "UPDATE resource_content SET content = ? WHERE digest = ?"
LOOP = xml(
    "start -> m -> a -> g; g -> m if again; g -> end default",
    g=gateway("exclusive"),
    m=gateway("exclusive"),
)


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database, p=LOOP)


def by_driver(session: Any, digest: str) -> None:
    driver.of(session).write([Statement(STORE, [(digest, b"1")])])


def by_orm(session: Any, digest: str) -> None:
    session.execute(insert(ResourceContent).values(digest=digest, content=b"1"))


def stored(database: Database) -> set[str]:
    return {one.digest for one in Site(database).rows(ResourceContent)} & {"a", "b", "c"}


def test_the_driver_alone_does_not_wake_the_orm(database: Database) -> None:
    with database.transaction() as session:
        by_driver(session, "a")
        assert isinstance(session, CommandSession)
        assert session.asleep
    assert stored(database) == {"a"}


def test_what_the_driver_and_the_orm_write_is_one_transaction(database: Database) -> None:
    def both(session: Any) -> None:
        by_driver(session, "a")
        seen = session.scalars(select(ResourceContent.digest)).all()
        assert "a" in seen, "the ORM sees what the driver wrote"
        by_orm(session, "b")
        by_driver(session, "c")

    database.run(both)
    assert stored(database) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "writers", [(by_driver,), (by_orm,), (by_driver, by_orm), (by_orm, by_driver)]
)
def test_whoever_wrote_an_exception_undoes_it(database: Database, writers: Any) -> None:
    def fails(session: Any) -> None:
        for write, digest in zip(writers, "abc", strict=False):
            write(session, digest)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run(fails)
    assert stored(database) == set()
    database.run(by_driver, "c")
    assert stored(database) == {"c"}, "the connection is in order"


@pytest.mark.parametrize("awake", [False, True])
def test_a_guard_that_finds_no_row_undoes_all_of_the_command(
    database: Database, awake: bool
) -> None:
    statements = [Statement(STORE, [("a", b"1")]), Statement(CHANGE, [(b"2", "no")], "content")]

    def guarded(session: Any) -> None:
        if awake:
            session.connection()
        driver.of(session).write(statements)

    with pytest.raises(Conflict):
        database.run(guarded)
    assert stored(database) == set()


def test_a_guard_that_fails_when_the_orm_wakes_leaves_nothing_behind(database: Database) -> None:
    def guarded(session: Any) -> None:
        driver.of(session).write(
            [Statement(STORE, [("a", b"1")]), Statement(CHANGE, [(b"2", "no")], "content")]
        )
        session.scalar(select(UserTask.id))

    with pytest.raises(Conflict):
        database.run(guarded)
    assert stored(database) == set()


def test_a_step_of_an_instance_at_hand_asks_the_database_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.start(n=0)
    task, asked = site.task("a"), []
    for kind in (driver.SqliteDriver, driver.PostgresDriver):
        monkeypatch.setattr(kind, "fetch", lambda *given: asked.append(given))
    site.run(tasks.complete, task, by="acceptor", variables={"again": True})
    assert asked == []
    monkeypatch.undo()
    assert site.task("a") != task


def test_a_task_that_another_claimed_meanwhile_is_refused_by_name(site: Site) -> None:
    site.start(n=0)
    task = site.task("a")
    site.run(tasks.claim, task, by="reviewer")
    with pytest.raises(TaskAlreadyClaimed) as refused:
        site.run(tasks.complete, task, by="acceptor", variables={"again": True})
    assert refused.value.by == "reviewer"
    assert site.task("a") == task
    site.run(tasks.complete, task, by="reviewer", variables={"again": True})


def test_an_instance_that_was_suspended_meanwhile_is_not_moved(site: Site) -> None:
    case = site.start(n=0)
    task = site.task("a")
    site.run(runtime.suspend, case, by="manager", reason="核查")
    with pytest.raises(Conflict, match="挂起"):
        site.run(tasks.complete, task, by="acceptor", variables={"again": True})
    site.run(runtime.resume, case, by="manager", reason="核查完毕")
    site.run(tasks.complete, task, by="acceptor", variables={"again": True})


def test_a_live_object_that_another_process_left_behind_never_decides(site: Site) -> None:
    case = site.start(n=0)
    first = site.task("a")
    stale = cache._live.pop(case)
    assert stale is not None
    site.complete("a", again=True, n=1)  # as another process would
    cache._live.put(stale)
    second = site.task("a")
    with pytest.raises(TaskNotActive):
        site.run(tasks.complete, first, by="acceptor", variables={"again": True, "n": 7})
    site.run(tasks.complete, second, by="acceptor", variables={"again": True, "n": 2})
    assert site.variables(case)["n"] == 2


def test_a_command_refused_on_a_stale_object_is_judged_by_what_is_stored(site: Site) -> None:
    case = site.start(n=0)
    stale = cache._live.pop(case)
    assert stale is not None
    site.complete("a", again=True, n=1)
    site.complete("a", again=True, n=2)
    cache._live.put(stale)
    site.complete("a", again=False)
    assert site.status(case) == "completed"


def test_commands_without_any_statement_take_no_connection(database: Database) -> None:
    taken: list[object] = []
    event.listen(database.engine, "checkout", lambda *given: taken.append(given))
    assert database.run(lambda _session: 7) == 7
    assert taken == []


def test_an_instance_moved_twice_in_one_command_has_both_steps(site: Site) -> None:
    case = site.start(n=0)

    def twice(session: Any) -> None:
        for n in (1, 2):
            (task,) = driver.of(session).fetch("SELECT id FROM user_task", ())[0]
            tasks.complete(session, task, by="acceptor", variables={"again": True, "n": n})

    site.run(twice)
    site.forget()
    assert site.variables(case)["n"] == 2


def test_two_instances_moved_in_one_command_are_stored_together(site: Site) -> None:
    cases = [site.start(n=0) for _ in range(2)]
    todo = [site.task("a", case) for case in cases]

    def both(session: Any) -> None:
        for task in todo:
            tasks.complete(session, task, by="acceptor", variables={"again": False})

    site.run(both)
    assert [site.status(case) for case in cases] == ["completed", "completed"]


def test_many_rows_of_one_statement_are_all_written_whatever_their_number(
    database: Database,
) -> None:
    rows = [(f"{number:04d}", b"%d" % number) for number in range(21)]
    database.run(lambda session: driver.of(session).write([Statement(STORE, rows)]))
    found = {one.digest: one.content for one in Site(database).rows(ResourceContent)}
    assert found == dict(rows)


def test_a_connection_given_back_within_a_transaction_undoes_it(database: Database) -> None:
    pooled = database.engine.raw_connection()
    cursor = pooled.cursor()
    cursor.execute("BEGIN")
    cursor.execute("INSERT INTO resource_content VALUES ('a', '1')")
    pooled.close()
    assert stored(database) == set()


def test_on_sqlite_the_next_command_has_the_connection_of_the_one_before(
    sqlite_file: Database,
) -> None:
    def raw(session: Any) -> int:
        return id(driver.of(session)._raw)

    first = sqlite_file.run(raw)
    assert sqlite_file.run(raw) == first
    sqlite_file.engine.dispose()
    sqlite_file.run(by_driver, "a")
    assert stored(sqlite_file) == {"a"}


def test_commands_one_after_the_other_go_on_with_the_connection_at_hand(
    postgres: Database,
) -> None:
    taken: list[object] = []
    event.listen(postgres.engine, "checkout", lambda *given: taken.append(given))
    for digest in "ab":
        postgres.run(by_driver, digest)
    assert len(taken) <= 1
    assert stored(postgres) == {"a", "b"}


def test_the_connection_at_hand_ends_with_the_pool(postgres: Database) -> None:
    used: list[Any] = []

    def keeps(session: Any) -> None:
        by_driver(session, "a")
        used.append(session._pooled.dbapi_connection)

    postgres.run(keeps)
    postgres.engine.dispose()
    assert used[0].closed
    postgres.run(by_driver, "b")
    assert stored(postgres) == {"a", "b"}


def test_a_connection_at_hand_that_died_is_not_used_again(postgres: Database) -> None:
    """A command that reads first runs again; what was lost in a commit is told."""
    pid = "SELECT pg_backend_pid()"
    first = postgres.run(lambda session: driver.of(session).fetch(pid, ())[0][0])
    with postgres.read_session() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})

    def reads(session: Any) -> int:
        found: int = driver.of(session).fetch(pid, ())[0][0]
        by_driver(session, "a")
        return found

    assert postgres.run(reads) != first
    assert stored(postgres) == {"a"}
