"""Cases as applicants and clerks handle them: find, supplement, urge, hold, end.

Invariant: a case is fed and ended through its process alone; what the applicant may send is what
the model waits for with a public title.
"""

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from engine import clock, history, repository, runtime
from engine.errors import Conflict, Forbidden, NotFound, TaskNotActive
from engine.model import EventSubscription, ProcessInstance, UserTask
from engine.ports import Message
from engine.variables import Variables
from forms.definition import FormDefinition
from processes.casefile import drafts, messages, notices, opinions, searching
from processes.casework import sources
from processes.casework.case_lists import CaseList
from processes.clock import calendar, clocking
from processes.clock import clock as ledger
from processes.clock.reckoning import Event
from processes.deployed import offers, resources
from processes.documents import materials
from processes.identity import audit
from processes.identity.identity import User, users_who_may
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.rights import duties, permissions

Answers = Mapping[str, Any]
PORTAL: Final = "portal"
COUNTER: Final = "counter"
"""Channel of a case that a clerk filed for somebody who stood before him."""
_URGE_AFTER: Final = 1
_URGE_EVERY: Final = 2
_ESCALATE_EVERY: Final = 3
"""Each time that a case has been urged so often again, its supervisors are told."""
APPLICANT: Final = "applicant"
NEEDED: Final = frozenset({"asked", "collect"})
"""Purposes of what the case goes on with only once the applicant sent it."""


@dataclass(frozen=True, slots=True)
class PublicAction:
    """Something the applicant may send now."""

    subscription_id: int
    title: str
    form: FormDefinition | None
    purpose: str = "asked"
    """Of `engine.vocabulary.PURPOSES`."""


def get(session: Session, case_id: int, *, by: User) -> Case:
    """A case in the user's scope.

    Raises:
        NotFound: none such, or out of scope.
    """
    return permissions.case(session, case_id, by=by)


def revision(session: Session, case_id: int) -> int:
    """How often a case has moved; a command may name the one it has seen."""
    query = select(ProcessInstance.revision).where(ProcessInstance.id == case_id)
    return session.scalars(query).one()


def search(session: Session, *, by: User, text: str, limit: int = 50) -> Sequence[Case]:
    """Cases in the user's scope by number, name, pinyin initials or identity, the latest first."""
    listed = found(by, text)
    if listed is None:
        return []
    query = select(Case).where(Case.id.in_(listed.query)).order_by(Case.id.desc())
    return session.scalars(query.limit(min(limit, 100))).all()


def found(by: User, text: str) -> CaseList | None:
    """The list of the cases that `search` finds; None without a word to search by."""
    words = searching.conditions(text)
    return CaseList(Case.id, permissions.visible_cases(by).where(*words)) if words else None


def of_applicant(session: Session, by: User) -> Sequence[Case]:
    """The cases an applicant filed, or a unit the user belongs to; latest first."""
    units = [org for _role, org in by.roles]
    query = (
        select(Case)
        .where(or_(*permissions.own(by), Case.applicant_org.in_(units)))
        .order_by(Case.id.desc())
        .limit(200)
    )
    return session.scalars(query).all()


def progress(session: Session, reference: str, query_code: str) -> Case:
    """A case by its number and query code, for anybody who has both.

    Raises:
        NotFound: the two do not belong together; does not tell which is wrong.
    """
    case = session.scalar(select(Case).where(Case.reference == reference.strip().upper()))
    if case is None or not hmac.compare_digest(
        case.query_code.encode(), query_code.strip().upper().encode()
    ):
        raise NotFound("工作单号与查询码不符")
    return case


def is_at_counter(session: Session, case: Case, *, by: User) -> bool:
    """Whether a clerk may send for the applicant: the case was filed where he files such cases."""
    if by.kind != "staff" or case.channel != COUNTER:
        return False
    try:
        permissions.require(by, Action.APPLY, case)
        offers.service(session, case.process_key, by=by)
    except (Forbidden, NotFound):
        return False
    return True


def _require_sender(session: Session, case_id: int, *, by: User) -> bool:
    """Let through whoever may send what a case waits for; whether it is for the applicant.

    Raises:
        NotFound: out of scope.
        Forbidden: neither the applicant nor a clerk of the counter where it was filed.
    """
    found = permissions.case(session, case_id, by=by)
    if is_at_counter(session, found, by=by):
        return True
    permissions.require(by, Action.SUPPLEMENT_CASE, found)
    return False


def public_actions(session: Session, case: Case, *, by: User) -> list[PublicAction]:
    """What the applicant, or the counter for him, may send in a case now.

    A called process may let itself be withdrawn by the same title as the one that calls it: only
    the outermost, which waits the longest, is offered. It ends the whole.
    """
    _require_sender(session, case.id, by=by)
    found = session.scalars(
        select(EventSubscription)
        .where(
            EventSubscription.instance_id == case.id,
            EventSubscription.public_title != "",
            EventSubscription.suspended.is_(False),
        )
        .order_by(EventSubscription.id)
    )
    actions = [
        PublicAction(one.id, one.public_title, _public_form(session, one), _purpose(session, one))
        for one in found
    ]
    outermost = {one.title: one for one in reversed(actions) if one.purpose == "withdraw"}
    return [one for one in actions if one.purpose != "withdraw" or outermost[one.title] is one]


def asked_of(session: Session, found: Collection[Case], *, by: User) -> Mapping[int, list[str]]:
    """What the applicant is asked for in each of these cases; of his own that have not ended."""
    own = [one.id for one in found if one.ended_at is None and permissions.owns(by, one)]
    asked: dict[int, list[str]] = {}
    for awaited in session.scalars(
        select(EventSubscription)
        .where(
            EventSubscription.instance_id.in_(own),
            EventSubscription.public_title != "",
            EventSubscription.suspended.is_(False),
        )
        .order_by(EventSubscription.id)
    ):
        if _purpose(session, awaited) in NEEDED:
            asked.setdefault(int(awaited.instance_id or 0), []).append(awaited.public_title)
    return asked


def not_awaited(session: Session, subscription_id: int) -> TaskNotActive:
    """Why an applicant cannot send something any more, and since when."""
    ending = history.ending_of(session, subscription_id)
    return TaskNotActive(
        "办件已不再等待此项提交：可能已经提交过，或者期限已到", at=ending.at if ending else None
    )


def send(
    session: Session, case_id: int, subscription_id: int, *, by: User, answers: Answers
) -> Case:
    """Send what the model waits for: a supplement, a withdrawal, an urge.

    A clerk sends it for the applicant of a case filed at the counter (P-12): the timeline says so.

    Raises:
        TaskNotActive: the case does not wait for it any more.
        FormInvalid: the answers break the form's rules; nothing changed.
    """
    for_applicant = _require_sender(session, case_id, by=by)
    awaited = session.get(EventSubscription, subscription_id)
    if awaited is None or awaited.instance_id != case_id or not awaited.public_title:
        raise not_awaited(session, subscription_id)
    if awaited.suspended:
        raise Conflict("办件已挂起，恢复办理后方可提交", case=case_id)
    form = _public_form(session, awaited)
    values: Variables = {}
    if form is not None:
        context = runtime.variables(session, case_id, wait_id=awaited.id)
        values = form.validate(
            answers, context=context, node=awaited.activity, lookups=sources.lookups(session, by)
        )
        materials.record(session, case_id, form=form, values=values, by=by.id)
    # a subscription beside the flow stays: each of its messages has an id of its own
    revision = runtime.get(session, case_id).revision
    message = Message(
        f"{subscription_id}-{revision}", awaited.name, awaited.correlation_key, values
    )
    messages.accept(session, channel=PORTAL, message=message, to=subscription_id)
    opinions.record(
        session,
        case_id,
        by=by,
        activity=awaited.activity,
        activity_name=awaited.public_title,
        action="sent_for" if for_applicant else "sent",
    )
    drafts.drop(session, f"event:{subscription_id}", by=by)
    audit.record(session, "case.message_sent", by=by, subject=("case", case_id))
    return session.get_one(Case, case_id, populate_existing=True)


def urge(session: Session, case_id: int, *, by: User) -> list[str]:
    """Remind those whose work it is (催办); returns the steps reminded of.

    Raises:
        Forbidden: nothing has waited a working day yet, or it was urged within two.
    """
    case = permissions.case(session, case_id, by=by, action=Action.URGE_CASE)
    today = clock.today()
    if case.urged_at is not None:
        allowed_from = calendar.add_working_days(_day(case.urged_at), _URGE_EVERY).date
        if today < allowed_from:
            raise Forbidden(f"已经催办，{allowed_from:%Y-%m-%d} 起可以再次催办")
    waiting = session.scalars(select(UserTask).where(UserTask.instance_id == case_id)).all()
    late = [
        task
        for task in waiting
        if calendar.working_days_between(_day(task.created_at), today) >= _URGE_AFTER
    ]
    if not late:
        raise Forbidden("当前环节办理不足 1 个工作日，暂不能催办")
    for task in late:
        notice = notices.Notice(
            kind="urge",
            title=f"催办：{case.title}",
            body=f"工作单 {case.reference} 的“{task.name}”环节被催办。",
            case_id=case_id,
            link=f"/tasks/{task.id}",
        )
        notices.send(session, duties.responsible(session, task), notice)
    if (case.urge_count + 1) % _ESCALATE_EVERY == 0:
        _escalate(session, case, late)
    names = [task.name for task in late]
    session.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(urged_at=clock.now(), urge_count=Case.urge_count + 1)
    )
    opinions.record(
        session,
        case_id,
        by=by,
        activity="urge",
        activity_name="催办",
        text="、".join(names),
        action="urged",
    )
    audit.record(session, "case.urged", by=by, subject=("case", case_id))
    return names


def _escalate(session: Session, case: Case, late: Sequence[UserTask]) -> None:
    """Tell those who assign work in the agency that urging has not helped."""
    steps = "、".join(dict.fromkeys(task.name for task in late))
    notice = notices.Notice(
        kind="urge_escalated",
        title=f"多次催办：{case.title}",
        body=f"工作单 {case.reference} 的“{steps}”环节已催办 {case.urge_count + 1} 次仍未办理。",
        case_id=case.id,
        link=f"/cases/{case.id}",
    )
    supervisors = users_who_may(session, Action.ASSIGN_TASK, case.org_code)
    notices.send(session, supervisors, notice)


def suspend(session: Session, case_id: int, *, by: User, reason: str) -> None:
    """Hold a case: its tasks, timers and clocks rest until it is resumed.

    Raises:
        ClockRefused: no reason given.
    """
    permissions.case(session, case_id, by=by, action=Action.SUSPEND_CASE)
    _mark(session, case_id, Event.SUSPEND, by=by, reason=reason)
    clocking.recount(session, case_id, by=str(by.id))
    runtime.suspend(session, case_id, by=str(by.id), reason=reason)
    session.execute(update(Case).where(Case.id == case_id).values(status="suspended"))
    _note(session, case_id, by, "suspended", "挂起", reason)


def resume(session: Session, case_id: int, *, by: User, reason: str) -> None:
    """Let a held case go on."""
    permissions.case(session, case_id, by=by, action=Action.SUSPEND_CASE)
    runtime.resume(session, case_id, by=str(by.id), reason=reason)
    _mark(session, case_id, Event.RESUME, by=by, reason=reason)
    clocking.recount(session, case_id, by=str(by.id))
    status = runtime.variables(session, case_id).get("case_status") or "in_progress"
    session.execute(update(Case).where(Case.id == case_id).values(status=str(status)))
    _note(session, case_id, by, "resumed", "恢复", reason)


def terminate(session: Session, case_id: int, *, by: User, reason: str) -> None:
    """End a case by order; everything it waits for is withdrawn."""
    permissions.case(session, case_id, by=by, action=Action.TERMINATE_CASE)
    runtime.terminate(session, case_id, by=str(by.id), reason=reason)
    session.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(status="cancelled", outcome="terminated", ended_at=clock.now(), step="")
    )
    case = _mark(session, case_id, Event.STOP, by=by, reason=reason)
    ledger.settle(session, case_id, org_code=case.org_code)
    _note(session, case_id, by, "terminated", "终止", reason)


def _mark(session: Session, case_id: int, event: Event, *, by: User, reason: str) -> Case:
    """A line for all clocks of a case."""
    line = ledger.Entry(limit=ledger.ALL, event=event, effective_at=clock.now(), reason=reason)
    ledger.add(session, case_id, line, by=str(by.id))
    return session.get_one(Case, case_id)


def _note(session: Session, case_id: int, by: User, action: str, title: str, reason: str) -> None:
    opinions.record(
        session,
        case_id,
        by=by,
        activity=action,
        activity_name=title,
        text=reason,
        action=action,
    )
    audit.record(session, f"case.{action}", by=by, subject=("case", case_id), detail=reason)


def _purpose(session: Session, awaited: EventSubscription) -> str:
    """What the model says that a message of applicants is for."""
    process = repository.compiled(session, awaited.definition_id)
    public = getattr(process.elements.get(awaited.activity), "public", None)
    return str(public.purpose) if public else "asked"


def _public_form(session: Session, awaited: EventSubscription) -> FormDefinition | None:
    if not awaited.public_form_id:
        return None
    return resources.form(session, awaited.definition_id, awaited.public_form_id)


def _day(instant: datetime) -> Any:
    return instant.astimezone(clock.SHANGHAI).date()
