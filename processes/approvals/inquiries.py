"""征询, 沟通: the holder of a task asks a colleague; the answer comes back to the task (A.2).

Invariant: an answer is an opinion: it decides nothing, changes no variable and holds nothing up.
The colleague sees the case while the question is open, and no longer. Where the node says so
(`banli:operations pause="inquire"`), the task's own limit rests until no question is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine import clock, ids, repository
from engine.errors import BanliError, Conflict, Forbidden, NotFound
from engine.model import UserTask
from processes.approvals import approvals
from processes.casefile import notices, opinions
from processes.casefile.notices import Notice
from processes.clock import clock as ledger
from processes.clock import clocking
from processes.clock.reckoning import Event
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.model.circulation import Inquiry
from processes.people import colleagues
from processes.people.colleagues import Person
from processes.rights import listed, opened, permissions
from processes.rights.permissions import TaskFacts

OPERATION: Final = "inquire"
MOST: Final = 10
"""How many colleagues are asked at once."""
_TEXT: Final = 1000


class InquiryRefused(BanliError):
    """A question that may not be asked, or an answer that is none."""

    code = "inquiry_refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as pages tell it; `state`: open, answered, withdrawn, or over with its task."""

    row: Inquiry
    case: Case
    asker: str
    colleague: str
    state: str


def people(session: Session, task_id: int, *, by: User) -> Sequence[Person]:
    """Whom the holder of a task could ask: anybody of the office but its applicant."""
    _task, facts = opened.get(session, task_id)
    found = colleagues.insiders(session, by.org_code, facts.applicant_persons)
    return [one for one in found if one.id != by.id]


def ask(
    session: Session, task_id: int, *, to: Sequence[int], question: str, by: User
) -> list[Inquiry]:
    """Ask colleagues about an open task; a question each.

    Raises:
        NotFound: no such task for the user. Forbidden: not his, or the node does not allow it.
        InquiryRefused: nobody, somebody who may not be asked, or nothing asked.
    """
    task, facts = opened.get(session, task_id)
    permissions.require(by, Action.INQUIRE, facts)
    if not permissions.may_complete(by, facts) or task.assignee is None:
        raise Forbidden("请先签收，再征询意见", task=task_id)
    approvals.require_offered(task, OPERATION)
    if task.suspended:
        raise Conflict("办件已挂起，恢复后才能办理", task=task_id)
    said, chosen = question.strip()[:_TEXT], list(dict.fromkeys(to))
    if not said:
        raise InquiryRefused("请填写征询的问题", field="question")
    if not chosen or len(chosen) > MOST:
        raise InquiryRefused(f"请选择征询谁，一次不超过 {MOST} 人", field="people")
    asked = [_colleague(session, task, facts, one, by) for one in chosen]
    rests = pauses(session, task)
    if rests and not _open_of(session, task_id):
        _mark(session, task, Event.SUSPEND, by, "、".join(one.name for one in asked))
    made = [_put(session, task, one, said, by, pauses=rests) for one in asked]
    listed = "、".join(one.name for one in asked)
    opinions.of_task(session, task, by=by, said=(f"征询{listed}", said), action="inquired")
    audit.record(session, "task.inquired", by=by, subject=("task", task_id), detail=str(chosen))
    return made


def answer(session: Session, inquiry_id: int, *, by: User, text: str) -> Inquiry:
    """Answer a question; it stands in the timeline of the case, and the asker is told.

    Raises:
        NotFound: no question to this user. Conflict: answered, withdrawn or over already.
        InquiryRefused: nothing said.
    """
    row = session.get(Inquiry, inquiry_id, populate_existing=True, with_for_update=True)
    if row is None or row.asked != by.id:
        raise NotFound("没有这项征询", inquiry=inquiry_id)
    _require_open(session, row)
    said = text.strip()[:_TEXT]
    if not said:
        raise InquiryRefused("请填写答复内容", field="text")
    row.answer, row.answered_at = said, clock.now()
    session.flush()
    opinions.record(
        session,
        row.case_id,
        by=by,
        activity=row.activity,
        activity_name=row.activity_name,
        task_id=row.task_id,
        text=said,
        action="inquiry_answered",
        for_user=row.asker,
    )
    audit.record(session, "inquiry.answered", by=by, subject=("inquiry", inquiry_id))
    _resume(session, row, by)
    title = f"{by.name}已答复您关于“{row.activity_name}”的征询"
    told = Notice(
        kind="inquiry.answered",
        title=title,
        body=said,
        case_id=row.case_id,
        link=f"/tasks/{row.task_id}",
    )
    notices.send(session, [row.asker], told)
    return row


def withdraw(session: Session, inquiry_id: int, *, by: User) -> Inquiry:
    """Take back a question that is not answered; the colleague sees the case no longer.

    Raises:
        NotFound: no question of this user's. Conflict: answered, withdrawn or over already.
    """
    row = session.get(Inquiry, inquiry_id, populate_existing=True, with_for_update=True)
    if row is None or row.asker != by.id:
        raise NotFound("没有这项征询", inquiry=inquiry_id)
    _require_open(session, row)
    row.withdrawn_at = clock.now()
    session.flush()
    audit.record(session, "inquiry.withdrawn", by=by, subject=("inquiry", inquiry_id))
    _resume(session, row, by)
    title = f"{by.name}已撤回关于“{row.activity_name}”的征询"
    notices.send(session, [row.asked], Notice(kind="inquiry.withdrawn", title=title))
    return row


def count(session: Session, by: User) -> int:
    """How many questions wait for a user's answer."""
    query = select(func.count()).select_from(Inquiry)
    query = query.where(Inquiry.asked == by.id, listed.open_question())
    return session.scalar(query) or 0


def of_user(session: Session, by: User, *, limit: int = 100) -> Sequence[Asked]:
    """The questions to a user, those that are open first, then the latest."""
    found = _told(session, Inquiry.asked == by.id, limit)
    return sorted(found, key=lambda one: one.state != "open")


def of_case(session: Session, case_id: int) -> Sequence[Asked]:
    """The questions about a case, the latest first."""
    return _told(session, Inquiry.case_id == case_id, 100)


def one(session: Session, inquiry_id: int, *, by: User) -> Asked:
    """A question to this user.

    Raises:
        NotFound: none such.
    """
    found = _told(session, (Inquiry.id == inquiry_id) & (Inquiry.asked == by.id), 1)
    if not found:
        raise NotFound("没有这项征询", inquiry=inquiry_id)
    return found[0]


def _told(session: Session, where: ColumnElement[bool], limit: int) -> list[Asked]:
    query = (
        select(Inquiry, Case, listed.open_question())
        .join(Case, Case.id == Inquiry.case_id)
        .where(where)
        .order_by(Inquiry.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).tuples().all()
    users = {str(one) for row, _case, _open in rows for one in (row.asker, row.asked)}
    names = approvals.names(session, [*users])
    return [
        Asked(row, case, names[str(row.asker)], names[str(row.asked)], _state(row, is_open))
        for row, case, is_open in rows
    ]


def _state(row: Inquiry, is_open: bool) -> str:  # noqa: FBT001 - a column of the row
    if row.answered_at is not None:
        return "answered"
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "open" if is_open else "over"


def _put(
    session: Session, task: UserTask, to: User, question: str, by: User, *, pauses: bool
) -> Inquiry:
    row = Inquiry(
        id=ids.next_id(),
        case_id=task.instance_id,
        task_id=task.id,
        activity=task.activity,
        activity_name=task.name or task.activity,
        asker=by.id,
        asked=to.id,
        question=question,
        pauses=pauses,
    )
    session.add(row)
    session.flush()
    title = f"{by.name}就“{row.activity_name}”征询您的意见"
    link = f"/inquiries/{row.id}"
    told = Notice(kind="inquiry.asked", title=title, body=question, case_id=row.case_id, link=link)
    notices.send(session, [to.id], told)
    return row


def _colleague(session: Session, task: UserTask, facts: TaskFacts, user_id: int, by: User) -> User:
    if user_id == by.id or user_id not in {
        one.id for one in colleagues.staff(session, by.org_code)
    }:
        raise InquiryRefused("只能征询本单位的在岗同事", field="people")
    found = identity.user(session, user_id)
    if reason := colleagues.kept_out(found, facts.applicant_persons):
        raise InquiryRefused(f"{found.name}{reason}", field="people")
    if any(one.asked == user_id for one in _open_of(session, task.id)):
        raise InquiryRefused(f"{found.name}还没有答复上一次征询", field="people")
    return found


def _require_open(session: Session, row: Inquiry) -> None:
    query = select(Inquiry.id).where(Inquiry.id == row.id, listed.open_question())
    if session.scalar(query) is None:
        said = {"answered": "这项征询已经答复", "withdrawn": "这项征询已经撤回"}
        state = _state(row, False)  # noqa: FBT003 - it is not open
        raise Conflict(said.get(state, "该环节已经办结，不需要再答复"), inquiry=row.id)


def _open_of(session: Session, task_id: int) -> Sequence[Inquiry]:
    query = select(Inquiry).where(Inquiry.task_id == task_id, listed.open_question())
    return session.scalars(query).all()


def pauses(session: Session, task: UserTask) -> bool:
    """Whether the model lets the limit of the task rest meanwhile."""
    process = repository.compiled(session, task.definition_id).process
    node = process.elements.get(task.activity)
    return bool(getattr(node, "pauses", False)) and bool(getattr(node, "limit", None))


def _resume(session: Session, row: Inquiry, by: User) -> None:
    """Let the limit of the task run on once no question that stopped it is open."""
    if not row.pauses or _open_of(session, row.task_id):
        return
    task = session.get(UserTask, row.task_id)
    if task is not None:
        _mark(session, task, Event.RESUME, by, "征询已答复或撤回")


def _mark(session: Session, task: UserTask, event: Event, by: User, reason: str) -> None:
    said = f"征询{reason}" if event is Event.SUSPEND else reason
    line = ledger.Entry(
        limit=f"{ledger.TASK}{task.id}",
        event=event,
        effective_at=clock.now(),
        title=task.limit_title or f"{task.name}期限",
        reason=said,
    )
    ledger.add(session, task.instance_id, line, by=str(by.id))
    clocking.recount(session, task.instance_id, by=str(by.id))
