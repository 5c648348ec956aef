"""Carries what a story did from the scratch copy into the installation.

Invariant: a story arrives whole, in one short transaction, or not at all. A number or a record that
somebody else changed meanwhile refuses it (`Overtaken`); the audit trail is chained anew. SQLite
takes the rows as its driver read them, PostgreSQL as the values that they mean.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine import connection
from engine.errors import BanliError
from engine.model import Base
from processes.casefile.derivation import told_apart
from processes.country.scratch import WAS, Changes, Key
from processes.identity import audit

_SCRATCH: Final = sqlite.dialect()


class Overtaken(BanliError):
    """Somebody took a number or changed a record that the story also used."""

    code = "story_overtaken"


def carry(session: Session, changes: Changes) -> None:
    """Write a story's rows.

    Raises:
        Overtaken: the story has to be played again on what is there now.
    """
    connection.begin_write(session)
    opened = session.connection()
    raw = opened.dialect.name == "sqlite"
    if raw:
        opened.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for name, found in changes.found.items():
        _refuse_changed(opened, Base.metadata.tables[name], found)
    refer_apart(opened, changes)
    try:
        for table in Base.metadata.sorted_tables:
            (_write if raw else _write_typed)(opened, table, changes)
        for table in reversed(Base.metadata.sorted_tables):
            _remove(opened, table, changes.removed.get(table.name, []))
    except IntegrityError as error:  # a number or name that somebody was the first to use
        raise Overtaken("数据刚刚被他人抢先写入") from error
    audit.adopt(session, changes.audit)


def refer_apart(opened: Connection, changes: Changes) -> None:
    """Give a case its own reference where a case of another story bears the same.

    Cases that a message begins with the key of a record, such as a certificate's, share it; the
    story did not see the other one.
    """
    table = Base.metadata.tables["case_file"]
    at = [column.name for column in table.columns]
    key, reference = at.index("id"), at.index("reference")
    rows = changes.added.get(table.name, [])
    borne = select(table.c.reference).where(table.c.reference.in_([row[reference] for row in rows]))
    taken = frozenset(opened.scalars(borne)) if rows else frozenset()
    for place, row in enumerate(rows):
        if row[reference] in taken:
            own = told_apart(row[reference], row[key])
            rows[place] = (*row[:reference], own, *row[reference + 1 :])


def _write(opened: Connection, table: Table, changes: Changes) -> None:
    if rows := changes.added.get(table.name):
        opened.exec_driver_sql(_insert(table), rows)
    if pairs := changes.changed.get(table.name):
        opened.exec_driver_sql(_update(table), [(*row, *key) for key, row in pairs])


def _write_typed(opened: Connection, table: Table, changes: Changes) -> None:
    if rows := changes.added.get(table.name):
        opened.execute(insert(table), [_typed(table, row) for row in rows])
    if pairs := changes.changed.get(table.name):
        keys = {column.name for column in table.primary_key}
        names = [column.name for column in table.columns if column.name not in keys]
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        opened.execute(
            update(table).where(*_at(table)).values(values),
            [
                {f"new_{n}": v for n, v in _typed(table, row).items()} | _placed(table, key)
                for key, row in pairs
            ],
        )


def _remove(opened: Connection, table: Table, keys: Sequence[Key]) -> None:
    if keys:
        opened.execute(delete(table).where(*_at(table)), [_placed(table, key) for key in keys])


def _refuse_changed(opened: Connection, table: Table, found: Mapping[Key, int]) -> None:
    asked = select(table.c[WAS[table.name]]).where(*_at(table)).with_for_update()
    for key, was in found.items():
        if opened.scalar(asked, _placed(table, key)) != was:
            raise Overtaken("数据刚刚被他人修改", table=table.name)


def _at(table: Table) -> list[Any]:
    return [column == bindparam(f"at_{column.name}") for column in table.primary_key]


def _placed(table: Table, key: Key) -> dict[str, Any]:
    return {f"at_{c.name}": value for c, value in zip(table.primary_key, key, strict=True)}


@cache
def _readers(table: Table) -> list[Callable[[Any], Any] | None]:
    """What makes of each column as SQLite's driver reads it the value that it means."""
    types = (column.type.dialect_impl(_SCRATCH) for column in table.columns)
    return [type_.result_processor(_SCRATCH, None) for type_ in types]


def _typed(table: Table, row: Key) -> dict[str, Any]:
    read = zip(table.columns, _readers(table), row, strict=True)
    return {column.name: reader(value) if reader else value for column, reader, value in read}


def _insert(table: Table) -> str:
    names = [column.name for column in table.columns]
    marks = ", ".join("?" for _name in names)
    return f'INSERT INTO "{table.name}" ({_listed(names)}) VALUES ({marks})'  # noqa: S608


def _update(table: Table) -> str:
    values = ", ".join(f'"{column.name}" = ?' for column in table.columns)
    where = " AND ".join(f'"{column.name}" = ?' for column in table.primary_key)
    return f'UPDATE "{table.name}" SET {values} WHERE {where}'  # noqa: S608


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(f'"{name}"' for name in names)
