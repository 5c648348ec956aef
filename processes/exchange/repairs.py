"""What an operator does when an interface is down: send again, deliver by hand, enter the result.

Invariant: a result entered by hand goes the way of a callback, through the contract and the inbox,
and counts once; each repair says who, why and on which paper, in the audit trail and the journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from adapters._shared import wire
from adapters._shared.exchange import Exchange
from adapters._shared.members import Member
from engine import clock, connection, external_tasks, ids, inbox, incidents, jobs
from engine.correlation import Correlation
from engine.errors import BanliError, MessageRefused, NotFound
from engine.jobs import JobWork
from engine.model import EventSubscription, InboundMessage, Incident, Job
from engine.ports import Message
from engine.variables import Variables
from forms.definition import FormDefinition
from forms.lookups import Lookups
from processes.casefile import messages, opinions
from processes.casework import monitor
from processes.exchange import entry_form, inbound, monitoring
from processes.exchange.directory import Directory, Interface
from processes.exchange.inbound import BY_HAND
from processes.exchange.journal import Arrival, Attempt
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, Material
from processes.rights import permissions

_CODE: Final = "interface_paper"
_AGAIN: Final = 1_000


class EntryRefused(BanliError):
    """A result cannot be entered by hand like this; the message says why."""

    code = "entry_refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """What may be entered by hand: a message of the department, or the answer of a job."""

    interface: Interface
    name: str
    title: str
    members: tuple[Member, ...]

    def form(self) -> FormDefinition:
        """The form that asks for it."""
        return entry_form.of(self.title, self.members)


def entries(interface: Interface) -> list[Entry]:
    """The messages of a department that can be entered by hand."""
    contract = interface.contract
    if contract is None:
        return []
    found = [
        Entry(interface, name, told.title, (contract.key_of(told), *told.members))
        for name, told in contract.inward.items()
    ]
    return [one for one in found if entry_form.can_be_typed(one.members)]


def entry(interface: Interface, name: str) -> Entry:
    """One of them.

    Raises:
        NotFound: the department does not send it, or it cannot be typed.
    """
    found = next((one for one in entries(interface) if one.name == name), None)
    if found is None:
        raise NotFound("这种报文不能人工录入", name=name[:60])
    return found


def settling(interface: Interface, job: Job) -> Entry:
    """What is entered to end a job by hand: the answer of a service, nothing for a message."""
    if job.kind == "outbox_message":
        return Entry(interface, job.topic, interface.titled(job.topic) or job.topic, ())
    if job.kind != "external_task" or job.topic not in interface.services:
        raise NotFound("这项作业的结果不能人工录入", job=job.id)
    told = interface.services[job.topic]
    return Entry(interface, job.topic, told.title, told.answered)


def resend(session: Session, directory: Directory, job_id: int, *, by: User) -> None:
    """Try now, with all its retries, what has stopped or waits for its next try.

    Raises:
        NotFound: it is gone, or another operator's.
    """
    interface, job = monitoring.job(session, directory, job_id, by=by)
    _again(session, job, by)
    audit.record(session, "exchange.resent", by=by, subject=("job", job_id), detail=interface.name)


def resend_all(session: Session, interface: Interface, *, by: User) -> int:
    """Try again what has stopped for a department, the oldest first; returns how many.

    One transaction holds so many; what an outage of days leaves beyond them takes another command.
    """
    dead = monitoring.queue(session, interface, by=by, state="dead", limit=_AGAIN)
    for job, _reference in dead:
        _again(session, job, by)
    detail = f"{interface.name} {len(dead)}"
    audit.record(
        session, "exchange.resent", by=by, subject=("adapter", interface.name), detail=detail
    )
    return len(dead)


def _again(session: Session, job: Job, by: User) -> None:
    incident = session.scalar(select(Incident.id).where(Incident.job_id == job.id))
    if incident is not None:
        incidents.resolve(session, incident, by=str(by.id))
        return
    session.execute(
        update(Job)
        .where(Job.id == job.id, Job.owner.is_(None))
        .values(due_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def settle(
    session: Session, directory: Directory, job_id: int, *, answers: Mapping[str, Any], by: User
) -> None:
    """End a job by hand: its message was delivered on paper, or its question answered on paper.

    Raises:
        NotFound: it is gone, or another operator's. FormInvalid: the answers do not fit.
        TaskNotActive: the worker has it just now.
    """
    connection.begin_write(session)
    interface, job = monitoring.job(session, directory, job_id, by=by)
    told = settling(interface, job)
    values = _validated(told, answers)
    work = _claimed(session, job, by)
    attempt = Attempt(interface.name, work, way="manual", by=str(by.id))
    kept = {**work.variables, **_about(values)}
    if job.kind == "outbox_message":
        jobs.finish(session, work)
        attempt.ended(session, "sent", content=kept)
    else:
        result = entry_form.body(told.members, values)
        external_tasks.complete(session, work, variables=result)
        attempt.ended(session, "answered", content=kept)
    session.flush()
    _keep_paper(session, work.instance_id, told.title, values, by)
    _told(session, "exchange.settled", told, values, work.instance_id, by)


def _claimed(session: Session, job: Job, by: User) -> JobWork:
    """The job under a lease of the operator's own: whoever works on it just now goes first."""
    owner = f"user:{by.id}"
    session.execute(update(Job).where(Job.id == job.id, Job.retries <= 0).values(retries=1))
    session.execute(
        update(Job).where(Job.id == job.id, Job.owner.is_(None)).values(due_at=clock.now())
    )
    claimed = jobs.acquire(session, owner, only=[job.id])
    if not claimed:
        raise EntryRefused("这份报文正在发送，或前面还有同一办件的报文未送达，请稍后再试")
    return claimed[0]


def enter(
    session: Session,
    interface: Interface,
    name: str,
    *,
    answers: Mapping[str, Any],
    by: User,
    token: str,
) -> Correlation:
    """Take what a department said on paper; the same entry (`token`) counts once.

    Raises:
        NotFound: it does not send such a message. FormInvalid: the answers do not fit.
        EntryRefused: no case that the operator looks after waits for it, or it fits no contract.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    told = entry(interface, name)
    exchange = interface.exchange
    assert isinstance(exchange, Exchange)  # noqa: S101 - it has entries
    values = _validated(told, answers)
    message = _message(session, exchange, told, values, token)
    # who looks for the wait and a callback of the same name take turns
    inbox.hold(session, message.name, message.correlation_key)
    if not _entered(session, interface, message) and not _awaited(session, message, by):
        key = told.members[0].title
        raise EntryRefused(
            f"没有办件在等待“{told.title}”（{key} {message.correlation_key}），请核对"
        )
    taken = messages.accept(session, channel=interface.name, message=message)
    if taken.kind == "duplicate":
        return taken
    Arrival(interface.name, message, "manual", str(by.id)).ended(
        session, taken, content={**message.variables, **_about(values)}
    )
    session.flush()
    _keep_paper(session, taken.instance_id or 0, told.title, values, by)
    _told(session, "exchange.entered", told, values, taken.instance_id or 0, by)
    return taken


def _validated(told: Entry, answers: Mapping[str, Any]) -> Variables:
    return told.form().validate(answers, context={}, node=None, partial=False, lookups=Lookups())


def _message(
    session: Session, exchange: Exchange, told: Entry, values: Variables, token: str
) -> Message:
    """The message as a callback would have brought it, read by the same contract."""
    content = entry_form.body(told.members, values)
    envelope = {
        "message_id": f"{BY_HAND}{token}"[:200],
        "name": told.name,
        "correlation_key": content[told.members[0].name],
        "body": content,
    }
    try:
        message = exchange.read(wire.load(wire.dump(envelope)))
        inbound.check_agencies(session, exchange, message)
    except MessageRefused as error:
        raise EntryRefused(error.message) from error
    return message


def _entered(session: Session, interface: Interface, message: Message) -> bool:
    query = select(InboundMessage.id).where(
        InboundMessage.channel == interface.name, InboundMessage.message_id == message.id
    )
    return session.scalar(query) is not None


def _awaited(session: Session, message: Message, by: User) -> bool:
    """Whether a case that the operator looks after waits for it, or a process begins with it."""
    waits = select(EventSubscription.id).where(
        EventSubscription.kind == "message",
        EventSubscription.name == message.name,
        or_(
            EventSubscription.correlation_key == message.correlation_key,
            EventSubscription.instance_id.is_(None),
        ),
        monitor.looked_after(EventSubscription.instance_id, by=by, action=Action.OPERATE_EXCHANGE),
    )
    return session.scalar(waits.limit(1)) is not None


def _about(values: Variables) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name.startswith(entry_form.PREFIX)}


def _keep_paper(session: Session, case_id: int, title: str, values: Variables, by: User) -> None:
    """The paper stands among the materials of its case."""
    paper = values[entry_form.PAPER]
    if session.get(Case, case_id) is None or not isinstance(paper, dict):
        return
    session.add(
        Material(
            id=ids.next_id(),
            case_id=case_id,
            code=_CODE,
            title=f"{title}（人工录入依据）"[:200],
            sha256=paper["file"],
            file_name=paper.get("name", ""),
            size=paper.get("size", 0),
            content_type=paper.get("type", ""),
            uploaded_by=by.id,
        )
    )


def _told(
    session: Session, action: str, told: Entry, values: Variables, case_id: int, by: User
) -> None:
    """On the record, and in the timeline of the case."""
    detail = f"{told.interface.name} {told.name}"
    audit.record(session, action, by=by, subject=("case", case_id or ""), detail=detail)
    if session.get(Case, case_id) is not None:
        opinions.record(
            session,
            case_id,
            by=by,
            activity=told.name,
            activity_name=f"{told.interface.title}：{told.title}",
            text=str(values[entry_form.REASON]),
            action="entered_by_hand",
        )
