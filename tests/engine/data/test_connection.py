"""Transactions on both databases: durable, one writer at a time, no update lost."""

import sqlite3
import threading

import pytest
from sqlalchemy import create_engine, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import connection
from engine.errors import Conflict
from engine.model import ResourceContent
from web.database import Database


def test_a_sqlite_commit_is_on_the_disk(sqlite_file: Database) -> None:
    with sqlite_file.read_session() as session:
        settings = [
            session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]


def test_the_write_lock_is_taken_before_the_first_write_and_not_for_reading(
    sqlite_file: Database,
) -> None:
    with sqlite_file.transaction() as session:
        session.scalars(select(ResourceContent)).all()
        raw = session.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        assert not raw.in_transaction
        session.execute(insert(ResourceContent).values(digest="a", content=b"1"))
        assert raw.in_transaction
    with sqlite_file.read_session() as session:
        assert session.scalars(select(ResourceContent.digest)).all() == ["a"]


def test_an_exception_undoes_everything(database: Database) -> None:
    def fail(session: Session) -> None:
        session.execute(insert(ResourceContent).values(digest="a", content=b"1"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run(fail)
    with database.read_session() as session:
        assert session.scalars(select(ResourceContent)).all() == []


def test_what_is_read_for_update_is_never_lost(database: Database) -> None:
    with database.transaction() as session:
        session.execute(insert(ResourceContent).values(digest="n", content=b"0"))
    barrier = threading.Barrier(4)

    def count() -> None:
        barrier.wait()
        for _ in range(25):
            database.run(_add_one)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read_session() as session:
        assert session.scalar(select(ResourceContent.content)) == b"100"


def _add_one(session: Session) -> None:
    present = session.scalar(
        select(ResourceContent.content).where(ResourceContent.digest == "n").with_for_update()
    )
    session.execute(update(ResourceContent).values(content=str(int(present or b"") + 1).encode()))


def test_a_command_that_was_overtaken_runs_again_and_then_gives_up(memory: Database) -> None:
    tries = []

    def overtaken(_session: Session) -> None:
        tries.append(1)
        raise Conflict("someone was faster")

    with pytest.raises(Conflict):
        memory.run(overtaken)
    assert len(tries) == 4


def test_a_locked_database_is_a_clear_error_and_nothing_is_done(
    sqlite_file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_MS", 50)
    sqlite_file.engine.dispose()
    with sqlite_file.transaction() as holder:
        connection.begin_write(holder)
        with (
            pytest.raises(OperationalError, match="database is locked"),
            sqlite_file.transaction() as session,
        ):
            session.execute(insert(ResourceContent).values(digest="a", content=b"1"))
    with sqlite_file.read_session() as session:
        assert session.scalars(select(ResourceContent)).all() == []


def test_a_full_disk_is_a_clear_error_and_nothing_is_done(sqlite_file: Database) -> None:
    with sqlite_file.transaction() as session:
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count={pages + 2}"))
        raw = session.connection().connection.driver_connection

    def fill(session: Session) -> None:
        assert session.connection().connection.driver_connection is raw
        session.execute(insert(ResourceContent).values(digest="a", content=b"1" * 1_000_000))

    with pytest.raises(OperationalError, match="full"):
        sqlite_file.run(fill)
    with sqlite_file.read_session() as session:
        assert session.scalars(select(ResourceContent)).all() == []


@pytest.mark.postgres
def test_a_command_whose_connection_died_is_carried_out_on_a_new_one(postgres: Database) -> None:
    def store(session: Session) -> None:
        session.execute(insert(ResourceContent).values(digest="a", content=b"1"))

    with postgres.read_session() as session:
        session.scalar(text("SELECT 1"))
    with postgres.engine.connect() as killer:
        held = postgres.engine.connect()  # so that the killer is not the only one
        held.close()
        killer.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        postgres.run(store)
    with postgres.read_session() as session:
        assert session.scalars(select(ResourceContent.digest)).all() == ["a"]


def test_what_may_lose_an_acknowledged_commit_is_told(
    sqlite_file: Database, postgres: Database
) -> None:
    assert connection.may_lose(sqlite_file.engine) == []
    assert connection.may_lose(postgres.engine) == []
    hasty = create_engine(
        postgres.engine.url, connect_args={"options": "-c synchronous_commit=off"}
    )
    assert connection.may_lose(hasty) == ["commit_unsynced"]
    hasty.dispose()
    with pytest.MonkeyPatch.context() as patch:  # a standby that nobody waits for
        patch.setattr(connection, "_STANDBYS", "SELECT 1")
        assert connection.may_lose(postgres.engine) == ["standby_unsynced"]
