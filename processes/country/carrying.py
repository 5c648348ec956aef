"""Carries what a story did from the scratch copy into the installation.

Invariant: a story arrives whole, in one short transaction, or not at all. A number or a record that
somebody else changed meanwhile refuses it (`Overtaken`); the audit trail is chained anew.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine import connection
from engine.errors import BanliError
from engine.model import Base
from processes.country.scratch import Changes, Key
from processes.identity import audit

_WATCHED = {"number_sequence": "value", "register_record": "revision"}


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
    opened.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for name, found in changes.found.items():
        _refuse_changed(opened, Base.metadata.tables[name], found)
    try:
        for table in Base.metadata.sorted_tables:
            _write(opened, table, changes)
    except IntegrityError as error:  # a number or name that somebody was the first to use
        raise Overtaken("数据刚刚被他人抢先写入") from error
    audit.adopt(session, changes.audit)


def _write(opened: Connection, table: Table, changes: Changes) -> None:
    if rows := changes.added.get(table.name):
        opened.exec_driver_sql(_insert(table), rows)
    if pairs := changes.changed.get(table.name):
        opened.exec_driver_sql(_update(table), [(*row, *key) for key, row in pairs])
    if keys := changes.removed.get(table.name):
        where = _where(table)
        opened.exec_driver_sql(f'DELETE FROM "{table.name}" WHERE {where}', keys)  # noqa: S608


def _refuse_changed(opened: Connection, table: Table, found: dict[Key, int]) -> None:
    query = f'SELECT "{_WATCHED[table.name]}" FROM "{table.name}" WHERE {_where(table)}'  # noqa: S608
    for key, was in found.items():
        now = opened.exec_driver_sql(query, key).scalar()
        if now != was:
            raise Overtaken("数据刚刚被他人修改", table=table.name)


def _insert(table: Table) -> str:
    names = [column.name for column in table.columns]
    marks = ", ".join("?" for _name in names)
    return f'INSERT INTO "{table.name}" ({_listed(names)}) VALUES ({marks})'  # noqa: S608


def _update(table: Table) -> str:
    values = ", ".join(f'"{column.name}" = ?' for column in table.columns)
    return f'UPDATE "{table.name}" SET {values} WHERE {_where(table)}'  # noqa: S608


def _where(table: Table) -> str:
    return " AND ".join(f'"{column.name}" = ?' for column in table.primary_key)


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(f'"{name}"' for name in names)
