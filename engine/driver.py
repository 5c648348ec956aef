"""Statements on the driver, on the session's own connection: the hot path has no ORM in it.

Invariant: one commit covers what is written here and what the session writes. A guarded statement
that does not find its row raises `Lost`, and the transaction has to be rolled back. The driver's
errors arrive as SQLAlchemy's.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Row = tuple[Any, ...]
_WITHOUT_ZONE: Final = len("2026-03-02 04:00:00.000000")
_HELD: Final = "banli_driver"
_PREPARED: Final = "banli_prepared"
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))"


class Statement(NamedTuple):
    """SQL with `?` for each value, for one or several rows; `guard`: must change just one row."""

    sql: str
    rows: Sequence[Row]
    guard: str = ""


class Lost(Exception):
    """A guarded statement did not find its row: somebody else was faster."""

    def __init__(self, guard: str) -> None:
        super().__init__(guard)
        self.guard = guard


class Driver(Protocol):
    """What the engine needs of a driver."""

    def stamp(self, instant: datetime | None) -> Any:
        """An instant as the driver takes it."""
        ...

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """The rows of a query."""
        ...

    def lock(self, *key: str) -> list[Statement]:
        """What makes those who name the same key wait for each other until they commit."""
        ...

    def write(self, statements: Sequence[Statement]) -> None:
        """Carry out statements in order.

        Raises:
            Lost: the first guard that failed.
        """
        ...


class SqliteDriver:
    """Python's own driver; each statement is compiled once for a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]

    def stamp(self, instant: datetime | None) -> str | None:
        """An instant as SQLAlchemy stores it."""
        if instant is None:
            return None
        return instant.astimezone(UTC).isoformat(" ", "microseconds")[:_WITHOUT_ZONE]

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """The rows of a query."""
        with _translated(self._connection, sql):
            return self._raw.execute(sql, values).fetchall()

    def lock(self, *key: str) -> list[Statement]:
        """Nothing: there is one writer at a time."""
        del key
        return []

    def write(self, statements: Sequence[Statement]) -> None:
        """Carry out statements in order, under the write lock."""
        raw = self._raw
        with _translated(self._connection, "step"):
            if not raw.in_transaction:
                raw.execute("BEGIN IMMEDIATE")
            for sql, rows, guard in statements:
                if len(rows) == 1:
                    changed = raw.execute(sql, rows[0]).rowcount
                else:
                    changed = raw.executemany(sql, rows).rowcount
                if guard and changed != 1:
                    raise Lost(guard)


class PostgresDriver:
    """libpq's pipeline: a query, or all of a step, in one round trip."""

    def __init__(self, connection: Connection) -> None:
        from engine import pipeline  # noqa: PLC0415 - an installation on SQLite needs no libpq

        self._connection = connection
        self._pipeline = pipeline
        self._raw: Any = connection.connection.driver_connection
        self._prepared: dict[str, bytes] = connection.info.setdefault(_PREPARED, {})

    def stamp(self, instant: datetime | None) -> datetime | None:
        """An instant as it is."""
        return instant

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """The rows of a query."""
        with _translated(self._connection, sql):
            (answer,) = self._pipeline.converse(self._raw, self._prepared, [(sql, [*values])])
            self._pipeline.refuse(answer)
            return self._pipeline.table(answer)

    def lock(self, *key: str) -> list[Statement]:
        """An advisory lock of the transaction."""
        return [Statement(_LOCK, [("\n".join(key),)])]

    def write(self, statements: Sequence[Statement]) -> None:
        """Carry out statements in order, in one round trip."""
        queue: list[tuple[str, list[Any]]] = []
        guards: list[tuple[str, int]] = []
        for sql, rows, guard in statements:
            if guard:
                guards.append((guard, len(queue)))
            queue.extend(self._pipeline.commands(sql, rows))
        with _translated(self._connection, "step"):
            answers = self._pipeline.converse(self._raw, self._prepared, queue)
            for guard, index in guards:
                # what followed a lost guard may have failed because of it
                if index < len(answers) and answers[index].command_tuples == 0:
                    raise Lost(guard)
            self._pipeline.refuse(answers[-1])


@contextmanager
def _translated(connection: Connection, sql: str) -> Iterator[None]:
    dialect = connection.dialect
    try:
        yield
    except dialect.loaded_dbapi.Error as error:
        raw = connection.connection.driver_connection
        lost = dialect.is_disconnect(error, raw, None)
        raise DBAPIError.instance(
            sql,
            None,
            error,
            dialect.loaded_dbapi.Error,
            connection_invalidated=lost,
            dialect=dialect,
        ) from error


def of(session: Session) -> Driver:
    """The driver under a session, in the session's transaction."""
    transaction = session.get_transaction()
    held = session.info.get(_HELD)
    if held is not None and transaction is not None and held[0] is transaction:
        found: Driver = held[1]
        return found
    connection = session.connection()
    sqlite = connection.dialect.name == "sqlite"
    made: Driver = SqliteDriver(connection) if sqlite else PostgresDriver(connection)
    session.info[_HELD] = (session.get_transaction(), made)
    return made
