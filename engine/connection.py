"""Connections as the engine needs them, on SQLite and on PostgreSQL.

Invariant: on SQLite a commit is on the disk (WAL, `synchronous=FULL`), and whatever writes holds
the write lock from before its first write (`BEGIN IMMEDIATE`), so two writers never deadlock and
never lose an update; what only reads holds nothing.
"""

import sqlite3
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, create_engine, event, make_url
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from engine import redaction

BUSY_MS: Final = 10_000
CONNECTIONS: Final = 32
_IDLE: Final = 0  # libpq's PQTRANS_IDLE; libpq itself is not loaded on SQLite
_STANDBYS: Final = "SELECT count(*) FROM pg_stat_replication"
_BEGINS_NOTHING: Final = (
    *("SELECT", "PRAGMA", "EXPLAIN", "VALUES", "WITH"),
    *("BEGIN", "COMMIT", "ROLLBACK", "RELEASE"),
)


def create(url: str, **options: Any) -> Engine:
    """An engine for a database URL, ready for use."""
    return prepare(create_engine(url, **{**engine_options(url), **options}))


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` has to be told for this URL."""
    parsed = make_url(url)
    # errors go to the log, and what was written may be about persons
    options: dict[str, Any] = {"hide_parameters": True, "pool_reset_on_return": None}
    if parsed.get_backend_name() != "sqlite":
        # a command that waits for another's row longer than this is better tried again
        return {
            **options,
            # no ping before each command: `web.database` repeats one whose connection was dead
            "connect_args": {
                "options": "-c lock_timeout=10s -c timezone=UTC",
                # psycopg throws away every prepared statement of a connection at each rollback,
                # also those of `engine.pipeline`, unless it has none of its own
                "prepare_threshold": None,
            },
        }
    options["connect_args"] = {"check_same_thread": False, "cached_statements": 256}
    if in_memory(url):
        options["poolclass"] = StaticPool
    else:
        # the connection used last knows the newest pages, and one that is closed has to read the
        # schema and every statement anew
        options |= {"pool_use_lifo": True, "pool_size": CONNECTIONS}
    return options


def in_memory(url: str) -> bool:
    """Whether the database lives in this process only."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:")


def prepare(engine: Engine) -> Engine:
    """Attach what every connection needs; again on the same engine changes nothing."""
    if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _on_connect):
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "before_cursor_execute", _before_execute)
    if not event.contains(engine, "reset", _on_return):
        event.listen(engine, "reset", _on_return)
    if not event.contains(engine, "handle_error", redaction.on_error):
        event.listen(engine, "handle_error", redaction.on_error)
    return engine


def may_lose(engine: Engine) -> list[str]:
    """By what a PostgreSQL server may lose a commit that was acknowledged; SQLite by nothing.

    `commit_unsynced`: it answers before the commit is on the disk. `standby_unsynced`: it has
    standbys and waits for none, so that one of them taking over knows less.
    Source: rule 13 of the reliability rules.
    """
    if engine.dialect.name == "sqlite":
        return []
    with engine.connect() as connection:
        waits, awaited = (
            connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("synchronous_commit", "synchronous_standby_names")
        )
        standbys = connection.exec_driver_sql(_STANDBYS)
        behind = standbys.scalar_one() > 0 and (not awaited or waits in ("off", "local"))
    found = {"commit_unsynced": waits == "off", "standby_unsynced": behind}
    return [name for name, there in found.items() if there]


def _on_return(raw: Any, _record: object, _state: object) -> None:
    """Undo what was left open; as the pool would, but without a call where nothing was."""
    if is_busy(raw):
        raw.rollback()


def is_busy(raw: Any) -> bool:
    """Whether a connection of the driver is in a transaction, or of no use any more."""
    if isinstance(raw, sqlite3.Connection):
        return raw.in_transaction
    return bool(raw.closed or raw.pgconn.transaction_status != _IDLE)


def begin_write(session: Session) -> None:
    """Hold SQLite's write lock from here on; PostgreSQL locks rows instead (`with_for_update`).

    For a command that reads rows without a revision in order to change them.
    """
    begin_write_on(session.connection())


def begin_write_on(connection: Connection) -> None:
    """The same for a connection."""
    raw = connection.connection.driver_connection
    if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _on_connect(raw: sqlite3.Connection, _record: object) -> None:
    raw.isolation_level = None  # transactions are ours to begin
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        # of a new database: a step changes little in each of a dozen trees, and its log has a page
        # of each; half as large they are written and synced in less time
        "page_size=2048",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "wal_autocheckpoint=4000",
        "journal_size_limit=67108864",
    ):
        raw.execute(f"PRAGMA {pragma}").close()


def _before_execute(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    context: ExecutionContext | None,
    _many: bool,  # noqa: FBT001
) -> None:
    raw = connection.connection.driver_connection
    idle = isinstance(raw, sqlite3.Connection) and not raw.in_transaction
    if idle and _writes(statement, context):
        # through the dialect, so that "database is locked" arrives as every other error does
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _writes(statement: str, context: ExecutionContext | None) -> bool:
    compiled = getattr(context, "compiled", None)
    if compiled is not None and isinstance(compiled.statement, Select):
        # SQLite knows no FOR UPDATE; who asks for it is about to write what it reads
        return compiled.statement._for_update_arg is not None
    return not statement.lstrip().upper().startswith(_BEGINS_NOTHING)
