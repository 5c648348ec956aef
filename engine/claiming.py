"""The statements by which jobs are claimed, each built once.

Invariant: what is asked for depends on parameters alone; a claim is one `UPDATE … RETURNING`.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, bindparam, case, or_, select, text, update
from sqlalchemy.orm import aliased

from engine.model import READY, Job, OutboxMessage

_FETCHED: Final = ("external_task", "outbox_message")
_jobs: Final[Table] = Job.__table__  # type: ignore[assignment]


class Claims(NamedTuple):
    """The statements of one way of asking; to build them costs as much as to carry them out."""

    first: Select[tuple[int, datetime | None]]
    free: Any
    lapsed: Any


@lru_cache(maxsize=64)
def statements(
    kinds: tuple[str, ...],
    leave: tuple[str, ...],
    channels: tuple[tuple[str, str], ...],
    narrowed: bool,  # noqa: FBT001 - part of the key
) -> Claims:
    """The statements for these kinds and topics to leave; see `jobs.acquire`."""
    due = due_jobs(dict(channels)).order_by(Job.due_at, Job.id)
    if kinds:
        due = due.where(Job.kind.in_(kinds))
    if narrowed:
        due = due.where(Job.id.in_(bindparam("only", expanding=True)))
    if leave:
        due = due.where(or_(Job.kind.not_in(_FETCHED), Job.topic.not_in(leave)))
    free = due.where(Job.lease_until.is_(None)).limit(bindparam("at_most"))
    lapsed = due.where(Job.lease_until.is_not(None)).limit(1)
    first = due.add_columns(Job.lease_until).limit(1)
    return Claims(first, _taking(free), _taking(lapsed))


def _taking(wanted: Select[tuple[int]]) -> Any:
    chosen = wanted.with_for_update(skip_locked=True).scalar_subquery()
    return (
        update(_jobs)
        .where(_jobs.c.id.in_(chosen))
        .values(
            owner=bindparam("new_owner"),
            lease_until=bindparam("new_lease"),
            fencing=_jobs.c.fencing + 1,
            crashes=case((_jobs.c.lease_until.is_(None), 0), else_=_jobs.c.crashes + 1),
        )
        .returning(*_jobs.c)
    )


def due_jobs(channels: Mapping[str, str]) -> Select[tuple[int]]:
    """Jobs due at `now`, a parameter; a message behind another one of its receiver is not."""
    now = bindparam("now", type_=Job.due_at.type)
    earlier = aliased(OutboxMessage)
    same = [_receiver(earlier, channels) == _receiver(Job, channels)] if channels else []
    overtaking = (
        select(earlier.id)
        .where(
            Job.kind == "outbox_message",
            earlier.instance_id == Job.instance_id,
            earlier.id < Job.id,
            *same,
        )
        .exists()
    )
    return select(Job.id).where(
        Job.due_at <= now,
        text(READY),
        or_(Job.lease_until.is_(None), Job.lease_until < now),
        ~overtaking,
    )


def _receiver(job: type[Job], channels: Mapping[str, str]) -> ColumnElement[str]:
    """Whom a message goes to; all that stay with us count as one."""
    return case(dict(channels), value=job.topic, else_="")
