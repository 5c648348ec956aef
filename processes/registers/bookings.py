"""Booking what can be used by one at a time: rooms, examiners, candidates; records of ledgers.

Invariant: no record is booked twice for overlapping times. Whoever books first locks the rows of
the records, in the order of their ids, so that two who want the same one wait for each other and
the second sees what the first has taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.orm import Session

from engine import connection
from engine.errors import BanliError, NotFound
from processes import registers
from processes.model.bookings import Booking
from processes.model.records import RegisterRecord


class BookingRefused(BanliError):
    """The times or the list of a booking make no sense."""

    code = "booking_refused"


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """A ledger record that may be booked."""

    register: str
    key: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record that somebody else has at that time; `kind` is the title of its ledger."""

    resource: Resource
    kind: str
    name: str
    starts_at: datetime
    ends_at: datetime
    holder: str
    title: str


def reserve(
    session: Session,
    resources: Sequence[Resource],
    between: tuple[datetime, datetime],
    *,
    holder: str,
    title: str = "",
    case_id: int | None = None,
) -> list[Conflict]:
    """Book all of them, or none: then the conflicts are told. What the holder had is given up.

    Raises:
        BookingRefused: nothing to book, or the end is not after the start.
        NotFound: there is no such record.
    """
    starts_at, ends_at = between
    if not resources or ends_at <= starts_at:
        raise BookingRefused("请写明要占用的对象，结束时间应晚于开始时间")
    connection.begin_write(session)
    wanted = sorted(set(resources))
    names = _locked(session, wanted)
    conflicts = [
        _conflict(row, names) for row in _taken(session, wanted, between) if row.holder != holder
    ]
    if conflicts:
        return conflicts
    release(session, holder)
    session.add_all(
        Booking(
            register=one.register,
            key=one.key,
            starts_at=starts_at,
            ends_at=ends_at,
            holder=holder,
            title=title[:200],
            case_id=case_id,
        )
        for one in wanted
    )
    session.flush()
    return []


def release(session: Session, holder: str) -> int:
    """Give up everything a holder has booked; returns how many records."""
    connection.begin_write(session)
    found = session.scalars(select(Booking.id).where(Booking.holder == holder)).all()
    session.execute(delete(Booking).where(Booking.id.in_(found)))
    return len(found)


def _locked(session: Session, wanted: Sequence[Resource]) -> dict[Resource, str]:
    """Lock the records; returns what they are called."""
    places = tuple_(RegisterRecord.register, RegisterRecord.key)
    rows = session.scalars(
        select(RegisterRecord)
        .where(places.in_([(one.register, one.key) for one in wanted]))
        .order_by(RegisterRecord.id)
        .with_for_update()
    ).all()
    found = {Resource(row.register, row.key): str(row.data.get("name") or row.key) for row in rows}
    for one in wanted:
        if one not in found:
            title = registers.definition(one.register).title
            raise NotFound(f"{title}中没有『{one.key}』", register=one.register, key=one.key)
    return found


def _taken(
    session: Session, wanted: Sequence[Resource], between: tuple[datetime, datetime]
) -> Sequence[Booking]:
    starts_at, ends_at = between
    same = or_(*((Booking.register == one.register) & (Booking.key == one.key) for one in wanted))
    return session.scalars(
        select(Booking)
        .where(same, Booking.starts_at < ends_at, Booking.ends_at > starts_at)
        .order_by(Booking.starts_at, Booking.id)
    ).all()


def _conflict(row: Booking, names: dict[Resource, str]) -> Conflict:
    resource = Resource(row.register, row.key)
    return Conflict(
        resource,
        registers.definition(row.register).title,
        names[resource],
        row.starts_at,
        row.ends_at,
        row.holder,
        row.title,
    )
