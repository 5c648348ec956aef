"""Notices: a row in the user's box, and from there on the ways that he chose.

Invariant: a notice commits with what it tells of; the same `dedupe_key` gives one notice a user.
Nothing is sent from here: `deliveries` gives the worker a job, the worker sends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from processes.casefile import deliveries
from processes.identity.identity import User
from processes.model.cases import Notification

_OF_A_CASE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is told; `ways` are usual for it where the receiver has not chosen his own."""

    kind: str
    title: str
    body: str = ""
    case_id: int | None = None
    link: str = ""
    dedupe_key: str | None = None
    ways: Sequence[str] = ()


def send(session: Session, user_ids: Iterable[int], notice: Notice) -> list[Notification]:
    """Put a notice into the boxes of users; those who have it already are left out."""
    made = []
    for user_id in dict.fromkeys(user_ids):
        key = f"{notice.dedupe_key}:{user_id}" if notice.dedupe_key else None
        if key and session.scalar(select(Notification.id).where(Notification.dedupe_key == key)):
            continue
        row = Notification(
            user_id=user_id,
            case_id=notice.case_id,
            kind=notice.kind,
            title=notice.title[:200],
            body=notice.body,
            link=notice.link,
            dedupe_key=key,
        )
        session.add(row)
        made.append(row)
    session.flush()
    for row in made:
        deliveries.begin(session, row, usual=notice.ways)
    return made


def box(
    session: Session, user: User, *, after: int | None = None, limit: int = 50
) -> Sequence[Notification]:
    """A user's notices, newest first; `after` is the id of the last one seen.

    By the time they tell, for those of a made-up country are written out of their order.
    """
    query = select(Notification).where(Notification.user_id == user.id)
    last = session.get(Notification, after) if after is not None else None
    if last is not None:
        place = tuple_(Notification.created_at, Notification.id)
        query = query.where(place < (last.created_at, last.id))
    newest = query.order_by(Notification.created_at.desc(), Notification.id.desc())
    return session.scalars(newest.limit(min(limit, 100))).all()


def of_case(session: Session, user: User, case_id: int) -> Sequence[Notification]:
    """What a user was told about a case, newest first."""
    query = (
        select(Notification)
        .where(Notification.user_id == user.id, Notification.case_id == case_id)
        .order_by(Notification.created_at.desc(), Notification.id.desc())
    )
    return session.scalars(query.limit(_OF_A_CASE)).all()


def unread(session: Session, user: User) -> int:
    """How many notices a user has not read."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Notification)
            .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        )
        or 0
    )


def mark_read(session: Session, user: User, notice_id: int) -> Notification:
    """Mark a notice as read.

    Raises:
        NotFound: it is nobody's or somebody else's.
    """
    notice = session.get(Notification, notice_id)
    if notice is None or notice.user_id != user.id:
        raise NotFound("没有这条消息", notice=notice_id)
    notice.read_at = notice.read_at or clock.now()
    return notice


def mark_all_read(session: Session, user: User) -> None:
    """Mark all of a user's notices as read."""
    session.execute(
        update(Notification)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        .values(read_at=clock.now())
    )
