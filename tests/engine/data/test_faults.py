"""A fault at any SQL statement of a command: the database is as before, or as after."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import cache, connection, driver, external_tasks, jobs, runtime, store, tasks
from engine.model import Base
from tests.engine.core.scenario import boundary, gateway, message, service, timer, user, xml
from tests.engine.core.scenario import event as node
from tests.engine.data.site import Site
from web.database import Database

MODEL = xml(
    "start -> a -> f; f -> b -> j; f -> s -> j; f -> m -> j; j -> end; t -> c -> e2",
    messages={"paid": "number"},
    f=gateway("parallel"),
    j=gateway("parallel"),
    a=user(candidateGroups="acceptor"),
    s=service("print"),
    m=node("catch", message("paid")),
    t=boundary("a", timer("duration", "PT1S"), interrupting=False),
    e2=node("end"),
)


class Fault(sqlite3.OperationalError):
    """The disk is gone for one statement."""


class Countdown:
    """Fails the n-th statement from now on; statements of the driver and of SQLAlchemy alike."""

    def __init__(self) -> None:
        self.left: int | None = None

    def __call__(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Fault("disk I/O error")


def failing(countdown: Countdown) -> type[sqlite3.Connection]:
    class FailingCursor(sqlite3.Cursor):
        def execute(self, *arguments: Any) -> "FailingCursor":
            countdown()
            return super().execute(*arguments)

        def executemany(self, *arguments: Any) -> "FailingCursor":
            countdown()
            return super().executemany(*arguments)

    class FailingConnection(sqlite3.Connection):
        def cursor(self, factory: Any = FailingCursor) -> Any:
            return super().cursor(factory)

        def execute(self, *arguments: Any) -> Any:
            countdown()
            return super().execute(*arguments)

        def executemany(self, *arguments: Any) -> Any:
            countdown()
            return super().executemany(*arguments)

        def commit(self) -> None:
            countdown()
            super().commit()

    return FailingConnection


@contextmanager
def fragile(path: Path, countdown: Countdown) -> Iterator[Engine]:
    options = connection.engine_options(f"sqlite:///{path}")
    options["connect_args"]["factory"] = failing(countdown)
    engine = connection.prepare(create_engine(f"sqlite:///{path}", **options))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()
    cache.clear()


def prepare(site: Site, step: str) -> Callable[[Session], Any]:
    """Bring a new case to just before a command; the command."""
    if step == "start":
        return lambda session: runtime.start(
            session, "p", by="x", variables={"number": "A-1"}, business_key="C"
        )
    case = site.start(number="A-1")
    task = site.task("a", case)
    if step == "claim":
        return lambda session: tasks.claim(session, task, by="acceptor")
    if step == "complete":
        return lambda session: tasks.complete(session, task, by="acceptor", variables={"n": 1})
    if step == "terminate":
        return lambda session: runtime.terminate(session, case, by="admin", reason="撤销")
    site.run(tasks.complete, task, by="x", variables={})
    (work,) = site.acquire(kinds=("external_task",))
    if step == "answer":
        return lambda session: external_tasks.complete(session, work, variables={"card": "K"})
    return lambda session: jobs.fail(session, work, message="没有纸了", final=True)


STEPS = ("start", "claim", "complete", "terminate", "answer", "fail")


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_statement_leaves_the_database_as_before_or_as_after(
    step: str, tmp_path: Path
) -> None:
    countdown = Countdown()
    with fragile(tmp_path / "banli.db", countdown) as engine:
        site = Site(Database(engine), p=MODEL)
        command = prepare(site, step)
        before = site.picture()
        statements = 0
        while True:
            if statements % 2:
                site.forget()
            countdown.left = statements
            try:
                site.run(command)
            except OperationalError:
                countdown.left = None
                assert site.picture() == before, f"statement {statements}"
                statements += 1
                continue
            countdown.left = None
            break
        assert statements >= 3
        assert site.picture() != before


def test_no_statement_of_the_orm_stands_between_take_and_save(
    sqlite_file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "observers", [])  # of case management, if another test wired it
    monkeypatch.setattr(store, "preparers", [])
    site = Site(sqlite_file, p=MODEL)
    site.start(number="A-1")
    task = site.task("a")
    seen: list[str] = []

    def watch(_c: Any, _u: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with sqlite_file.transaction() as session:
        driver.of(session)
        event.listen(sqlite_file.engine, "before_cursor_execute", watch)
        tasks.complete(session, task, by="x", variables={"n": 1})
        event.remove(sqlite_file.engine, "before_cursor_execute", watch)
    assert seen == []
