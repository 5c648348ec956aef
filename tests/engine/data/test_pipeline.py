"""Statements on PostgreSQL's own pipeline: values, failures, lost connections, many rows."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DataError

from engine import connection, driver
from engine.driver import Lost, Statement
from engine.model import ResourceContent
from tests.engine.data.site import Site
from web.database import Database

pytestmark = pytest.mark.postgres
STORE = "INSERT INTO resource_content (digest, content) VALUES (?, ?)"
CHANGE = "UPDATE resource_content SET content = ? WHERE digest = ?"


def asked(database: Database, sql: str, *values: object) -> object:
    return database.run(lambda session: driver.of(session).fetch(sql, values))[0][0]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "办件 \\ ' \" %s ? 𠮷"),
        ("text", ""),
        ("text", None),
        ("bigint", -(1 << 62)),
        ("boolean", False),
        ("bytea", bytes(range(256)) * 8_000),
        ("timestamptz", datetime(2026, 3, 2, 4, 0, 0, 7, tzinfo=UTC)),
    ],
)
def test_a_value_comes_back_as_it_was(postgres: Database, kind: str, value: object) -> None:
    assert asked(postgres, f"SELECT ?::{kind}", value) == value


def test_a_failed_statement_leaves_the_connection_and_what_was_prepared(
    postgres: Database,
) -> None:
    process = asked(postgres, "SELECT pg_backend_pid()")
    for divisor in (1, 0, 2, 0, 4):
        if divisor:
            assert asked(postgres, "SELECT 4 / ?::int", divisor) == 4 // divisor
        else:
            with pytest.raises(DataError):
                asked(postgres, "SELECT 4 / ?::int", divisor)
    assert asked(postgres, "SELECT pg_backend_pid()") == process


def test_a_connection_that_died_before_the_command_is_replaced(postgres: Database) -> None:
    process = asked(postgres, "SELECT pg_backend_pid()")
    other = connection.create(postgres.engine.url.render_as_string(hide_password=False))
    with other.connect() as killer:
        killer.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 5000)")
    other.dispose()
    assert asked(postgres, "SELECT pg_backend_pid()") != process


def test_many_rows_of_one_statement_are_all_written(postgres: Database) -> None:
    rows = [(f"{number:04d}", b"%d" % number) for number in range(21)]
    postgres.run(lambda session: driver.of(session).write([Statement(STORE, rows)]))
    found = {one.digest: one.content for one in Site(postgres).rows(ResourceContent)}
    assert found == dict(rows)


def test_a_guard_that_finds_no_row_is_told_even_if_what_follows_fails(postgres: Database) -> None:
    statements = [
        Statement(CHANGE, [(b"2", "nothing")], "content"),
        Statement(STORE, [("a", b"1"), ("a", b"1")]),
    ]
    with pytest.raises(Lost):
        postgres.run(lambda session: driver.of(session).write(statements))
    assert Site(postgres).rows(ResourceContent) == []
