"""The history as events: a view on the rows of the steps, each of which holds all of its events.

Invariant: an event is read where it was written; the view stores nothing. It is made with the
table, and dropped before it.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import DDL, BigInteger, MetaData, Table, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from engine.columns import Base, Instant, Stored

_SQLITE: Final = """CREATE VIEW history_event AS
SELECT s.instance_id, s.sequence + e.key AS sequence, s.revision,
    json_extract(e.value, '$[0]') AS type, json_extract(e.value, '$[1]') AS activity,
    json_extract(e.value, '$[2]') AS activity_id, s.actor, s.at,
    json_extract(e.value, '$[3]') AS data
FROM history_step AS s, json_each(s.events) AS e"""
_POSTGRESQL: Final = """CREATE VIEW history_event AS
SELECT s.instance_id, s.sequence + e.number - 1 AS sequence, s.revision,
    e.value ->> 0 AS type, e.value ->> 1 AS activity,
    (e.value ->> 2)::bigint AS activity_id, s.actor, s.at,
    (e.value -> 3)::text AS data
FROM history_step AS s,
    json_array_elements(s.events::json) WITH ORDINALITY AS e (value, number)"""
_OF: Final = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


class _View(Base):
    """What the database shows of its tables under another name; never written."""

    __abstract__ = True
    metadata = MetaData()  # so that no table of that name is made


class HistoryEvent(_View):
    """What happened in an instance, in order; never changed.

    `sequence` rises with time over all instances; a step's events follow those of the step before.
    """

    __tablename__ = "history_event"

    instance_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    revision: Mapped[int]
    type: Mapped[str]
    activity: Mapped[str]
    activity_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    data: Mapped[dict[str, Any]] = mapped_column(Stored)


def statement(dialect: str) -> str:
    """What makes the view, in the words of a database."""
    return _OF[dialect]


def show(table: Any) -> None:
    """Make the view where its table is created from the models; migrations do it by themselves."""
    assert isinstance(table, Table)  # noqa: S101 - a mapped class promises less
    drop: ExecutableDDLElement = DDL("DROP VIEW IF EXISTS history_event")  # type: ignore[no-untyped-call]
    event.listen(table, "before_drop", drop)
    for dialect, made in _OF.items():
        ddl: ExecutableDDLElement = DDL(made)  # type: ignore[no-untyped-call]
        event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
