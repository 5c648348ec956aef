"""接口监控: each department outside at a glance, its queue, its traffic, one message.

Invariant: an operator sees the messages of the cases he looks after; counts of a department are
told to every operator. Contents leave here masked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from adapters._shared.breaker import FAILURES, PAUSE
from adapters._shared.members import Member
from engine import clock
from engine.errors import NotFound
from engine.model import InboundMessage, Job
from processes.casework import monitor
from processes.exchange import shown
from processes.exchange.directory import Directory, Interface
from processes.exchange.shown import Shown
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.model.exchange import ExchangeEvent
from processes.rights import permissions

HOUR: Final = timedelta(hours=1)
SLOTS: Final = 12
PAGE: Final = 50
"""The last hour in pieces of five minutes."""
_KINDS: Final = ("outbox_message", "external_task", "dispatch")
_MOST: Final = 100
_GOOD: Final = ("sent", "answered", "taken", "duplicate")
_BAD: Final = ("failed", "refused")
STATES: Final = ("dead", "waiting")


@dataclass(frozen=True, slots=True)
class Health:
    """How a department stands; `slots` are good and bad calls by five minutes, oldest first."""

    interface: Interface
    waiting: int = 0
    retrying: int = 0
    dead: int = 0
    oldest: datetime | None = None
    breaker: str = "closed"
    last_good: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None
    slots: Sequence[tuple[int, int]] = ((0, 0),) * SLOTS

    @property
    def good(self) -> int:
        return sum(good for good, _bad in self.slots)

    @property
    def bad(self) -> int:
        return sum(bad for _good, bad in self.slots)

    @property
    def troubled(self) -> bool:
        """Whether somebody should look."""
        return bool(self.dead or self.retrying or self.breaker != "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What narrows the traffic of a department."""

    direction: str = ""
    outcome: str = ""
    words: str = ""


def all_health(session: Session, directory: Directory, *, by: User) -> list[Health]:
    """Every department, those that need somebody first.

    Raises:
        Forbidden: not an operator of interfaces.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    found = [health(session, one, by=by) for one in directory.interfaces.values()]
    return sorted(found, key=lambda one: (not one.dead, not one.troubled, one.interface.title))


def health(session: Session, interface: Interface, *, by: User) -> Health:
    """One department.

    Raises:
        Forbidden: not an operator of interfaces.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    queue = session.execute(
        select(
            func.count(),
            func.count().filter(Job.last_error != "", Job.retries > 0),
            func.count().filter(Job.retries <= 0),
            func.min(Job.created_at),
        ).where(Job.kind.in_(_KINDS), Job.topic.in_(interface.topics))
    ).one()
    now = clock.now()
    edges = [now - HOUR + HOUR / SLOTS * n for n in range(SLOTS + 1)]
    columns = [
        func.count().filter(
            ExchangeEvent.outcome.in_(kind), ExchangeEvent.at > a, ExchangeEvent.at <= b
        )
        for a, b in pairwise(edges)
        for kind in (_GOOD, _BAD)
    ]
    mine = ExchangeEvent.adapter == interface.name
    counted = session.execute(select(*columns).where(mine, ExchangeEvent.at > edges[0])).one()
    told = Health(interface, queue[0], queue[1], queue[2], queue[3])
    error = _last(session, interface, _BAD)
    good = _last(session, interface, _GOOD)
    return replace(
        told,
        breaker=_breaker(session, interface),
        slots=list(zip(counted[::2], counted[1::2], strict=True)),
        last_error=error.error if error else "",
        last_error_at=error.at if error else None,
        last_good=good.at if good else None,
    )


def _last(session: Session, interface: Interface, outcomes: Sequence[str]) -> ExchangeEvent | None:
    """The latest event with one of the outcomes; each is looked up at the end of its index."""
    latest = (
        select(func.max(ExchangeEvent.id))
        .where(ExchangeEvent.adapter == interface.name, ExchangeEvent.outcome == outcome)
        .scalar_subquery()
        for outcome in outcomes
    )
    found = [one for one in session.execute(select(*latest)).one() if one is not None]
    return session.get(ExchangeEvent, max(found)) if found else None


def _breaker(session: Session, interface: Interface) -> str:
    """The state of the circuit: as this program knows it, or as the last calls of all tell."""
    if interface.department is None:
        return "closed"
    own = interface.department.breaker.state
    if own != "closed":
        return own
    query = (
        select(ExchangeEvent.outcome, ExchangeEvent.at)
        .where(ExchangeEvent.adapter == interface.name, ExchangeEvent.direction == "out")
        .order_by(ExchangeEvent.id.desc())
        .limit(FAILURES)
    )
    last = session.execute(query).tuples().all()
    if len(last) < FAILURES or any(outcome != "failed" for outcome, _at in last):
        return "closed"
    return "open" if last[0][1] + PAUSE > clock.now() else "half_open"


def queue(
    session: Session, interface: Interface, *, by: User, state: str = "", limit: int = _MOST
) -> Sequence[tuple[Job, str | None]]:
    """What waits to go to a department, with the reference of its case; the dead first."""
    permissions.require(by, Action.OPERATE_EXCHANGE)
    query = (
        select(Job, Case.reference)
        .outerjoin(Case, Case.id == Job.instance_id)
        .where(Job.kind.in_(_KINDS), Job.topic.in_(interface.topics), _looked_after(by))
    )
    if state in STATES:
        query = query.where(Job.retries <= 0 if state == "dead" else Job.retries > 0)
    query = query.order_by(case((Job.retries <= 0, 0), else_=1), Job.created_at, Job.id)
    return session.execute(query.limit(limit)).tuples().all()


def job(session: Session, directory: Directory, job_id: int, *, by: User) -> tuple[Interface, Job]:
    """One thing that waits, and the department it is for.

    Raises:
        NotFound: it is gone, or another operator's.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    found = session.scalar(
        select(Job).where(Job.id == job_id, Job.kind.in_(_KINDS), _looked_after(by))
    )
    name = directory.by_topic.get(found.topic) if found else None
    if found is None or name is None:
        raise NotFound("这份报文已经送达或撤销", job=job_id)
    return directory.get(name), found


def traffic(
    session: Session,
    interface: Interface,
    *,
    by: User,
    narrowed: Narrowed,
    after: int | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[ExchangeEvent], int | None]:
    """What went and came lately, the latest first, and the key of the page after it."""
    permissions.require(by, Action.OPERATE_EXCHANGE)
    query = select(ExchangeEvent).where(ExchangeEvent.adapter == interface.name, _seen(by))
    if narrowed.direction:
        query = query.where(ExchangeEvent.direction == narrowed.direction)
    if narrowed.outcome:
        query = query.where(ExchangeEvent.outcome == narrowed.outcome)
    if narrowed.words:
        query = query.where(
            or_(
                ExchangeEvent.correlation_key.startswith(narrowed.words, autoescape=True),
                ExchangeEvent.message_id == narrowed.words,
            )
        )
    if after is not None:
        query = query.where(ExchangeEvent.id < after)
    found = session.scalars(query.order_by(ExchangeEvent.id.desc()).limit(limit + 1)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def event(session: Session, event_id: int, *, by: User) -> ExchangeEvent:
    """One attempt or message.

    Raises:
        NotFound: there is none, or it is another operator's.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    found = session.scalar(select(ExchangeEvent).where(ExchangeEvent.id == event_id, _seen(by)))
    if found is None:
        raise NotFound("没有这条收发记录，或已超过保留期", event=event_id)
    return found


def content_of(session: Session, told: ExchangeEvent) -> Mapping[str, Any]:
    """What was in a message, where it is still known."""
    if told.content is not None:
        return told.content
    if told.direction == "in":
        found = session.scalar(
            select(InboundMessage).where(
                InboundMessage.channel == told.adapter,
                InboundMessage.message_id == told.message_id,
            )
        )
        return found.payload if found else {}
    waiting = session.get(Job, told.job_id) if told.job_id else None
    return waiting.payload if waiting else {}


def shown_of(
    interface: Interface, name: str, content: Mapping[str, Any]
) -> tuple[list[Shown], int]:
    """The content of a message by the titles of its contract, masked."""
    return shown.members(_members(interface, name), content)


def _members(interface: Interface, name: str) -> list[Member]:
    if name in interface.services:
        return [*interface.services[name].asked]
    contract = interface.contract
    if contract is None:
        return []
    told = {**contract.inward, **contract.outward}.get(name)
    return [contract.key_of(told), *told.members] if told else []


def _looked_after(by: User) -> ColumnElement[bool]:
    return monitor.looked_after(Job.instance_id, by=by, action=Action.OPERATE_EXCHANGE)


def _seen(by: User) -> ColumnElement[bool]:
    return monitor.looked_after(ExchangeEvent.instance_id, by=by, action=Action.OPERATE_EXCHANGE)
