"""Statements on the driver, on the session's own connection: the hot path has no ORM in it.

Invariant: one commit covers what is written here and what the session writes. A guarded statement
that does not find its row raises `Lost`, and the transaction has to be rolled back. The driver's
errors arrive as SQLAlchemy's. On PostgreSQL what is written may wait, to travel with the commit.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

from engine.errors import Conflict

Row = tuple[Any, ...]
_WITHOUT_ZONE: Final = len("2026-03-02 04:00:00.000000")
_HELD: Final = "banli_driver"
_PREPARED: Final = "banli_prepared"
_AT_ONCE: Final = 8
"""Rows of one INSERT at most, so that the shapes to prepare are few."""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))"


class Statement(NamedTuple):
    """SQL with `?` for each value, for one or several rows; `guard`: must change just one row."""

    sql: str
    rows: Sequence[Row]
    guard: str = ""


class Lost(Conflict):
    """A guarded statement did not find its row: somebody else was faster."""

    def __init__(self, guard: str) -> None:
        super().__init__("办件刚刚被他人办理，请重试", guard=guard)
        self.guard = guard


def at_once(sql: str, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """A statement with values for each row, as few commands as its rows need."""
    if len(rows) == 1:
        yield sql, rows[0]
        return
    most = _AT_ONCE if sql.startswith("INSERT") and sql.endswith(")") else 1
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        yield _for_rows(sql, len(part)), tuple(chain.from_iterable(part))


@lru_cache(maxsize=256)
def _for_rows(sql: str, number: int) -> str:
    if number == 1:
        return sql
    values = sql[sql.rindex("(") :]
    return ", ".join((sql, *[values] * (number - 1)))


class Driver(Protocol):
    """What the engine needs of a driver."""

    writes_over: bool
    """Whether it is cheaper to change a row into the next one than to delete and insert (ADR 8)."""

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
            Lost: the first guard that failed; if they wait, when they are sent.
        """
        ...

    def flush(self, *, commit: bool = False) -> None:
        """Send what waits, and commit.

        Raises:
            Lost: the first guard that failed.
        """
        ...


class SqliteDriver:
    """Python's own driver; each statement is compiled once for a connection."""

    writes_over = True

    def __init__(self, pooled: PoolProxiedConnection, dialect: Dialect) -> None:
        self._pooled = pooled
        self._dialect = dialect
        self._raw: sqlite3.Connection = pooled.dbapi_connection  # type: ignore[assignment]

    def stamp(self, instant: datetime | None) -> str | None:
        """An instant as SQLAlchemy stores it."""
        if instant is None:
            return None
        utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
        return utc.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """The rows of a query."""
        try:
            return self._raw.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error, self._pooled, self._dialect, sql) from error

    def lock(self, *key: str) -> list[Statement]:
        """Nothing: there is one writer at a time."""
        del key
        return []

    def write(self, statements: Sequence[Statement]) -> None:
        """Carry out statements in order, under the write lock."""
        cursor = self._raw.cursor()  # one for all: the driver keeps account of each
        execute = cursor.execute
        try:
            if not self._raw.in_transaction:
                execute("BEGIN IMMEDIATE")
            for sql, rows, guard in statements:
                if len(rows) == 1:
                    execute(_lightly(sql), rows[0])
                    if guard and cursor.rowcount != 1:
                        raise Lost(guard)
                    continue
                for several, values in at_once(sql, rows):
                    execute(several, values)
        except sqlite3.Error as error:
            raise _translated(error, self._pooled, self._dialect, "step") from error

    def flush(self, *, commit: bool = False) -> None:
        """Nothing waits; commit if anything was written."""
        if not commit or not self._raw.in_transaction:
            return
        try:
            self._dialect.do_commit(self._raw)  # type: ignore[arg-type] # all it does is commit
        except sqlite3.Error as error:
            raise _translated(error, self._pooled, self._dialect, "COMMIT") from error


@lru_cache(maxsize=256)
def _lightly(sql: str) -> str:
    """SQLite's wording of a statement that may leave half of itself behind when it fails.

    Else it keeps a journal to undo an update whose table has a trigger; we undo more than that.
    """
    return f"UPDATE OR FAIL{sql.removeprefix('UPDATE')}" if sql.startswith("UPDATE") else sql


class PostgresDriver:
    """libpq's pipeline: a query, or all of a step as one statement, in one round trip.

    With `waits` statements travel with the next query or with the commit.
    """

    writes_over = False

    def __init__(
        self, pooled: PoolProxiedConnection, dialect: Dialect, *, waits: bool = False
    ) -> None:
        from engine import pipeline  # noqa: PLC0415 - an installation on SQLite needs no libpq

        self._pooled = pooled
        self._dialect = dialect
        self._pipeline = pipeline
        self._raw: Any = pooled.driver_connection
        self._prepared: dict[str, bytes] = pooled.info.setdefault(_PREPARED, {})
        self._waits = waits
        self._waiting: list[tuple[str, Row]] = []
        self._guard = ""

    def stamp(self, instant: datetime | None) -> datetime | None:
        """An instant as it is."""
        return instant

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """The rows of a query; it begins no transaction by itself if what is written waits."""
        answers = self._send((sql, values), begin=not self._waits)
        return self._pipeline.table(answers[-1])

    def lock(self, *key: str) -> list[Statement]:
        """An advisory lock of the transaction."""
        return [Statement(_LOCK, [("\n".join(key),)])]

    def write(self, statements: Sequence[Statement]) -> None:
        """Carry out statements in order, in one round trip, or have them wait."""
        self._waiting.extend(self._commands(statements))
        self._guard = self._guard or next((one.guard for one in statements if one.guard), "")
        if not self._waits:
            self._send(begin=True)

    def flush(self, *, commit: bool = False) -> None:
        """Send what waits; with `commit` in the same round trip."""
        if self._waiting or commit:
            self._send(begin=True, commit=commit)

    def _send(self, *more: tuple[str, Row], begin: bool, commit: bool = False) -> list[Any]:
        waiting, self._waiting = self._waiting, []
        guard, self._guard = self._guard, ""
        try:
            frame = self._pipeline.Frame(begin=begin or bool(waiting), commit=commit)
            queue = [*waiting, *more]
            answers = self._pipeline.converse(self._raw, self._prepared, queue, frame)
            last = answers[-1] if answers else None
            if guard and self._pipeline.is_lost(last):
                raise Lost(guard)
            if last is not None:
                self._pipeline.refuse(last)
        except self._dialect.loaded_dbapi.Error as error:
            raise _translated(error, self._pooled, self._dialect, "step") from error
        return answers

    def _commands(self, statements: Sequence[Statement]) -> Iterator[tuple[str, Row]]:
        """Locks by themselves: what follows has to see what they waited for. The rest as one."""
        shapes: list[tuple[str, bool]] = []
        values: list[Any] = []
        for sql, rows, guard in statements:
            for several, given in at_once(sql, rows):
                if sql is _LOCK:
                    yield several, given
                    continue
                shapes.append((several, bool(guard)))
                values += given
        if shapes:
            yield self._pipeline.merged(tuple(shapes)), tuple(values)


def _translated(
    error: Exception, pooled: PoolProxiedConnection, dialect: Dialect, sql: str
) -> Exception:
    """The driver's error as SQLAlchemy would say it."""
    raw: Any = pooled.driver_connection
    return DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=dialect.is_disconnect(error, raw, None),  # type: ignore[arg-type]
        dialect=dialect,
    )


def on(pooled: PoolProxiedConnection, dialect: Dialect, *, waits: bool = False) -> Driver:
    """The driver on a connection of the pool."""
    if dialect.name == "sqlite":
        return SqliteDriver(pooled, dialect)
    return PostgresDriver(pooled, dialect, waits=waits)


def of(session: Session) -> Driver:
    """The driver under a session, in the session's transaction."""
    own: Driver | None = getattr(session, "driver", None)  # of a `CommandSession`
    if own is not None:
        return own
    transaction = session.get_transaction()
    held = session.info.get(_HELD)
    if held is not None and transaction is not None and held[0] is transaction:
        found: Driver = held[1]
        return found
    connection = session.connection()
    made = on(connection.connection, connection.dialect)
    session.info[_HELD] = (session.get_transaction(), made)
    return made
