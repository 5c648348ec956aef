"""A scratch copy of the installation: what is played there nobody sees till it is carried over.

Invariant: it holds what cases refer to (models, agencies, people, ledgers, counters) and the cases
of one story at a time; every row a story writes, changes or removes the database itself notes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Table, event, insert, select, text
from sqlalchemy.orm import Session

import processes.model  # noqa: F401 - its tables are copied
from engine import connection
from engine.jobs import JobWork
from engine.model import Base
from engine.variables import decode
from processes.model.people import AuditEvent

T = TypeVar("T")
Key = tuple[Any, ...]

BASE: Final = (
    *("deployment", "resource_content", "resource", "process_definition", "decision_definition"),
    *("org", "role", "user_account", "user_role", "authority_grant", "org_position"),
    *("calendar_version", "calendar_change", "number_sequence", "rotation", "stored_file"),
    *("register_record", "register_index", "register_unique", "booking", "event_subscription"),
    "document",  # a certificate that is changed withdraws the one that another story issued
)
"""Tables that stand in the scratch copy from the start, parents first."""
_ONLY: Final = {"event_subscription": "instance_id IS NULL"}
_PARTITION: Final = 2_000
WAS: Final = {"number_sequence": "value", "register_record": "revision"}
"""Columns that tell whether somebody else changed a row meanwhile."""
_TRIGGER: Final = (
    'CREATE TRIGGER "scratch_{name}_{op}" AFTER {event} ON "{name}"{when} BEGIN'
    " INSERT INTO scratch_change (name, op, key, was)"
    " VALUES ('{name}', '{letter}', json_array({key}), {was}); END"
)
_AUDIT: Final = ("audit_event", "audit_head")
OWNER: Final = "country"
_LEASE: Final = timedelta(hours=1)
_READY: Final = "j.suspended IS FALSE AND j.retries > 0"
_OUTSIDE: Final = "(j.kind = 'external_task' AND j.topic IN (SELECT value FROM json_each(?)))"
_WORK: Final = (
    *("id", "kind", "instance_id", "definition_id", "activity", "topic", "business_key"),
    *("correlation_key", "retries", "fencing", "key"),
)
_DUE: Final = (
    "SELECT j.id, j.kind, coalesce(j.instance_id, 0), j.definition_id, j.activity, j.topic,"  # noqa: S608 - our own tables
    " coalesce(i.business_key, ''), j.correlation_key, j.retries, j.fencing + 1,"
    " j.kind || '-' || j.id, coalesce(j.payload, '{}')"
    " FROM job j LEFT JOIN process_instance i ON i.id = j.instance_id"
    f" WHERE j.due_at <= ? AND {_READY} AND NOT {_OUTSIDE} ORDER BY j.due_at, j.id"
)
_CLAIM: Final = "UPDATE job SET owner = ?, lease_until = ?, fencing = fencing + 1 WHERE id = ?"
_NEXT: Final = f"SELECT min(j.due_at) FROM job j WHERE {_READY} AND NOT {_OUTSIDE}"  # noqa: S608
_WAITING: Final = {
    "task": "SELECT id FROM user_task WHERE suspended IS FALSE ORDER BY id",
    "wait": "SELECT id FROM event_subscription WHERE instance_id IS NOT NULL ORDER BY id",
    "work": f"SELECT j.id FROM job j WHERE {_OUTSIDE} ORDER BY j.id",  # noqa: S608
}


@dataclass(slots=True)
class Changes:
    """What a story did to the tables: rows as the driver reads them, by table, parents first."""

    added: dict[str, list[Key]] = field(default_factory=dict)
    changed: dict[str, list[tuple[Key, Key]]] = field(default_factory=dict)
    """Primary key and row."""
    removed: dict[str, list[Key]] = field(default_factory=dict)
    found: dict[str, dict[Key, int]] = field(default_factory=dict)
    """What a counter or the revision of a record was before."""
    audit: list[Mapping[str, Any]] = field(default_factory=list)


class Scratch:
    """The copy, on one connection; `path` is a file that is nobody else's."""

    def __init__(self, path: Path, source: Engine) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._engine = connection.create(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _hurry)
        Base.metadata.create_all(self._engine)
        self._connection = self._engine.connect()
        self._raw: Any = self._connection.connection.driver_connection
        self._copy(source)
        self._watch()
        self._beside = [t.name for t in reversed(Base.metadata.sorted_tables) if t.name not in BASE]

    def close(self) -> None:
        """Leave nothing behind."""
        self._connection.close()
        self._engine.dispose()
        self._path.unlink(missing_ok=True)

    @property
    def connection(self) -> Connection:
        """The connection on which everything is played."""
        return self._connection

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A story: its changes stay to be collected and the copy goes on with them, or none do."""
        self._clear()
        with self._connection.begin():
            connection.begin_write_on(self._connection)
            yield

    def run(self, command: Callable[[Session], T]) -> T:
        """One command within the attempt; undone by itself if it is refused."""
        self._raw.execute("SAVEPOINT command").close()
        try:
            with self._session() as session, ExitStack() as ending:
                ending.enter_context(session.begin())
                try:
                    result = command(session)
                except BaseException:
                    ending.pop_all()  # the savepoint undoes it; the session would undo the story
                    raise
        except BaseException:
            self._raw.execute("ROLLBACK TO command").close()
            raise
        finally:
            self._raw.execute("RELEASE command").close()
        return result

    def look(self, question: Callable[[Session], T]) -> T:
        """One question within the attempt; what it might change is not kept apart."""
        with self._session() as session:
            return question(session)

    def claim(self, now: datetime, held: Sequence[str]) -> list[JobWork]:
        """Jobs that are due but for the topics that somebody outside does, the earliest first.

        There is one worker on one connection: nobody to share the jobs with, no lease to lapse.
        """
        found = self._raw.execute(_DUE, (_stamp(now), json.dumps(held))).fetchall()
        until = _stamp(now + _LEASE)
        self._raw.executemany(_CLAIM, [(OWNER, until, row[0]) for row in found])
        return [
            JobWork(**dict(zip(_WORK, row, strict=True)), variables=decode(payload), owner=OWNER)
            for *row, payload in found
        ]

    def waiting(self, kind: str, held: Sequence[str]) -> list[int]:
        """What waits for somebody: `task`, `wait` for a message, or `work` of somebody outside."""
        given = (json.dumps(held),) if kind == "work" else ()
        return [number for (number,) in self._raw.execute(_WAITING[kind], given)]

    def next_due(self, held: Sequence[str]) -> datetime | None:
        """When the next job is due, but for the topics that somebody outside does."""
        (at,) = self._raw.execute(_NEXT, (json.dumps(held),)).fetchone()
        return datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None

    def _session(self) -> Session:
        # the savepoints are this class's: those of SQLAlchemy are new statements each time
        return Session(
            self._connection, expire_on_commit=False, join_transaction_mode="rollback_only"
        )

    def changes(self) -> Changes:
        """What the attempt did so far."""
        first: dict[tuple[str, Key], tuple[str, int | None]] = {}
        noted = self._raw.execute("SELECT name, op, key, was FROM scratch_change ORDER BY n")
        for name, op, key, was in noted:
            first.setdefault((name, tuple(json.loads(key))), (op, was))
        found = Changes(audit=self._audit())
        for table in Base.metadata.sorted_tables:
            if table.name not in _AUDIT:
                self._sort(table, {k: v for (n, k), v in first.items() if n == table.name}, found)
        return found

    def _sort(
        self, table: Table, noted: Mapping[Key, tuple[str, int | None]], found: Changes
    ) -> None:
        now = self._rows(table, list(noted))
        for key, (op, was) in noted.items():
            row = now.get(key)
            if op == "I":
                if row is not None:
                    found.added.setdefault(table.name, []).append(row)
                continue
            if was is not None:
                found.found.setdefault(table.name, {})[key] = was
            if row is None:
                found.removed.setdefault(table.name, []).append(key)
            else:
                found.changed.setdefault(table.name, []).append((key, row))

    def _rows(self, table: Table, keys: Sequence[Key]) -> dict[Key, Key]:
        names = [column.name for column in table.columns]
        places = [names.index(column.name) for column in table.primary_key]
        where = " AND ".join(f'"{column.name}" = ?' for column in table.primary_key)
        query = f'SELECT {_listed(names)} FROM "{table.name}" WHERE {where}'  # noqa: S608 - our own tables
        rows = (self._raw.execute(query, key).fetchone() for key in keys)
        return {tuple(row[place] for place in places): row for row in rows if row is not None}

    def _audit(self) -> list[Mapping[str, Any]]:
        table: Any = AuditEvent.__table__
        rows = self._connection.execute(select(table).order_by(table.c.id))
        return [dict(row) for row in rows.mappings()]

    def _copy(self, source: Engine) -> None:
        self._raw.execute("PRAGMA foreign_keys=OFF")
        if source.dialect.name == "sqlite":
            self._raw.execute("ATTACH DATABASE ? AS installation", (source.url.database,))
            with self._raw:
                self._raw.execute("BEGIN")
                self._fill()
            self._raw.execute("DETACH DATABASE installation")
        else:
            self._read(source)
        self._raw.execute("PRAGMA foreign_keys=ON")

    def _fill(self) -> None:
        for name in BASE:
            names = _listed([column.name for column in Base.metadata.tables[name].columns])
            self._raw.execute(
                f'INSERT INTO main."{name}" ({names})'  # noqa: S608 - our own tables
                f' SELECT {names} FROM installation."{name}" WHERE {_ONLY.get(name, "TRUE")}'
            )

    def _read(self, source: Engine) -> None:
        """The same from another kind of database, as of one moment."""
        with (
            source.connect().execution_options(
                isolation_level="REPEATABLE READ", stream_results=True
            ) as there,
            self._connection.begin(),
        ):
            for name in BASE:
                table = Base.metadata.tables[name]
                found = there.execute(select(table).where(text(_ONLY.get(name, "TRUE"))))
                for rows in found.mappings().partitions(_PARTITION):
                    self._connection.execute(insert(table), [dict(row) for row in rows])

    def _watch(self) -> None:
        """Have the database note every change; guards of append-only tables make room."""
        guards = self._raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in guards.fetchall():
            self._raw.execute(f'DROP TRIGGER "{name}"')
        self._raw.execute(
            "CREATE TABLE scratch_change (n INTEGER PRIMARY KEY, name TEXT, op TEXT, key TEXT, was)"
        )
        for table in Base.metadata.sorted_tables:
            if table.name in _AUDIT:
                continue
            for op, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
                self._raw.execute(_trigger(table, op, row))
            self._raw.execute(_moved(table))

    def _clear(self) -> None:
        """Forget the story before; what it did to the base stays."""
        self._raw.execute("PRAGMA foreign_keys=OFF")
        with self._raw:
            self._raw.execute("BEGIN")
            for name in self._beside:
                self._raw.execute(f'DELETE FROM "{name}"')  # noqa: S608 - our own tables
            self._raw.execute("DELETE FROM event_subscription WHERE instance_id IS NOT NULL")
            self._raw.execute("DELETE FROM scratch_change")
        self._raw.execute("PRAGMA foreign_keys=ON")


def _trigger(table: Table, op: str, row: str) -> str:
    was = f'{row}."{WAS[table.name]}"' if table.name in WAS and op != "INSERT" else "NULL"
    return _TRIGGER.format(
        name=table.name, op=op, event=op, when="", letter=op[0], key=_key(table, row), was=was
    )


def _moved(table: Table) -> str:
    """A row that is written over with that of another key has come in under that key."""
    new, old = _key(table, "NEW"), _key(table, "OLD")
    when = f" WHEN ({new}) IS NOT ({old})"
    return _TRIGGER.format(
        name=table.name, op="MOVE", event="UPDATE", when=when, letter="I", key=new, was="NULL"
    )


def _key(table: Table, row: str) -> str:
    return ", ".join(f'{row}."{column.name}"' for column in table.primary_key)


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _hurry(raw: Any, _record: object) -> None:
    """A copy that is thrown away needs no disk under it."""
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "cache_size=-65536"):
        raw.execute(f"PRAGMA {pragma}").close()
