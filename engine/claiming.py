"""The statements by which jobs are claimed, each built once.

Invariant: what is asked for depends on parameters alone; a claim is one `UPDATE … RETURNING` for
each class of jobs, which stands first in the index: what can wait is never read on the way.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    bindparam,
    case,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import aliased

from engine import priority
from engine.model import READY, Job, OutboxMessage

_FETCHED: Final = ("external_task", "outbox_message")
_jobs: Final[Table] = Job.__table__  # type: ignore[assignment]


class Claims(NamedTuple):
    """The statements of one way of asking; to build them costs as much as to carry them out."""

    heads: CompoundSelect[tuple[int, datetime | None]]
    """The class and the lease of the first due job of each class."""
    free: Mapping[int, Any]
    lapsed: Mapping[int, Any]
    """By class."""


@lru_cache(maxsize=64)
def statements(
    kinds: tuple[str, ...],
    leave: tuple[str, ...],
    channels: tuple[tuple[str, str], ...],
    narrowed: bool,  # noqa: FBT001 - part of the key
) -> Claims:
    """The statements for these kinds and topics to leave; see `jobs.acquire`."""
    due = due_jobs(dict(channels))
    if kinds:
        due = due.where(Job.kind.in_(kinds))
    if narrowed:
        due = due.where(Job.id.in_(bindparam("only", expanding=True)))
    if leave:
        due = due.where(or_(Job.kind.not_in(_FETCHED), Job.topic.not_in(leave)))
    queues = {one: in_turn(due, one) for one in priority.CLASSES}
    free = {
        one: _taking(queue.where(Job.lease_until.is_(None)).limit(bindparam("at_most")))
        for one, queue in queues.items()
    }
    lapsed = {
        one: _taking(queue.where(Job.lease_until.is_not(None)).limit(1))
        for one, queue in queues.items()
    }
    return Claims(_heads(queues.values()), free, lapsed)


def in_turn(due: Select[tuple[int]], job_class: int) -> Select[tuple[int]]:
    """Due jobs of a class in the order in which they are done, as the index has them."""
    return due.where(Job.priority == job_class).order_by(Job.due_at, Job.id)


def _heads(queues: Iterable[Select[tuple[int]]]) -> CompoundSelect[tuple[int, datetime | None]]:
    asked = (Job.priority, Job.lease_until)
    each = [queue.with_only_columns(*asked).limit(1).subquery() for queue in queues]
    return union_all(*(select(one.c.priority, one.c.lease_until) for one in each))


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
