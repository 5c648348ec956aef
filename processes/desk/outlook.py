"""办理后会怎样: a command carried out in earnest and taken back, and what it would have changed.

Invariant: nothing is computed beside the command. The same code runs, with the local operations
that follow it, in a transaction that its caller rolls back; no file is written, no live instance
is kept, and numbers given out meanwhile are free again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import boards, cache, clock, jobs, repository
from engine.approval.board import Item, Stage
from engine.errors import TaskNotActive
from engine.model import EventSubscription, Job, UserTask
from engine.waiting import MessageWait
from processes.approvals import approvals, performers
from processes.approvals.approvals import Signers
from processes.approvals.performers import Performers
from processes.background.worker import JobWorker
from processes.desk import worklist
from processes.documents import files
from processes.identity.identity import User
from processes.model.cases import Case, ClockEntry, Notification
from processes.model.documents import Document
from processes.model.people import UserAccount
from processes.movement import movement, reclaiming
from processes.movement.movement import Order
from processes.operations import all_operations

_ROUNDS: Final = 30
_OWNER: Final = "outlook"


@dataclass(frozen=True, slots=True)
class Coming:
    """A task that would come; `step` in the words of the model."""

    activity: str
    step: str
    performers: Performers
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A line that would be added to the ledger of the case."""

    title: str
    event: str
    amount: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that would be sent, and to whom."""

    title: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a command would change in a case.

    `waits` is what the case would wait for besides tasks; `letters` would be issued, `messages`
    sent to departments. `kept` says why it could not be taken back, empty if it could, None where
    nothing would be finished. `problem` is what would stop the work that follows by itself.
    """

    tasks: Sequence[Coming]
    beside: Sequence[str]
    """Steps of the case that stay open as they are."""
    ended: Sequence[str]
    """Steps that would end besides the one that is done."""
    later: Sequence[str]
    """Who would come onto a board without having the turn yet, by name and in order."""
    waits: Sequence[str]
    clocks: Sequence[ClockLine]
    notices: Sequence[Told]
    letters: Sequence[str]
    messages: Sequence[str]
    status: str
    outcome: str
    finished: bool
    kept: str | None
    problem: str


@dataclass(frozen=True, slots=True)
class _Before:
    """Where the case stood."""

    tasks: dict[int, str]
    holders: dict[int, str | None]
    seats: frozenset[int]
    clocks: int
    notices: int
    letters: int
    jobs: frozenset[int]
    waits: frozenset[int]


_NOTHING: Final = _Before({}, {}, frozenset(), 0, 0, 0, frozenset(), frozenset())


def of_submission(
    session: Session, task_id: int, *, by: User, answers: worklist.Answers
) -> Outlook:
    """What handing in a task would do; the caller rolls back.

    Raises:
        FormInvalid, Forbidden, TaskNotActive and others: as `worklist.submit` does.
    """
    case_id = worklist.view(session, task_id, by=by).case.id

    def act() -> None:
        worklist.submit(session, task_id, by=by, answers=answers)

    return ahead(session, case_id, act, by=by, task_id=task_id)


def of_return(session: Session, task_id: int, *, by: User, order: Order) -> Outlook:
    """What returning a task would do; the caller rolls back.

    Raises:
        Conflict, MoveRefused and others: as `movement.send_back` does.
    """
    case_id = worklist.view(session, task_id, by=by).case.id

    def act() -> None:
        movement.send_back(session, task_id, by=by, order=order)

    return ahead(session, case_id, act, by=by, task_id=task_id)


def of_transfer(session: Session, task_id: int, *, by: User, to: int) -> Outlook:
    """What handing a task to another (转办) would do; the caller rolls back.

    Raises:
        Forbidden and others: as `worklist.transfer` does.
    """
    case_id = worklist.view(session, task_id, by=by).case.id

    def act() -> None:
        worklist.transfer(session, task_id, by=by, to=to, reason="")

    found = ahead(session, case_id, act, by=by, task_id=task_id)
    return replace(found, kept="转办后由对方办理，需要时由对方转回")


def of_delegation(session: Session, task_id: int, *, by: User, to: int) -> Outlook:
    """What asking another for an opinion (委派) would do; the caller rolls back.

    Raises:
        Forbidden, ApprovalRefused and others: as `approvals.delegate` does.
    """

    def act() -> None:
        approvals.delegate(session, task_id, by=by, to=to, reason="")

    return _of_signing(session, task_id, act, by=by)


def of_signers(session: Session, task_id: int, *, by: User, wanted: Signers) -> Outlook:
    """What having others sign (加签) would do; the caller rolls back.

    Raises:
        Forbidden, ApprovalRefused and others: as `approvals.add_signers` does.
    """

    def act() -> None:
        approvals.add_signers(session, task_id, wanted, by=by, reason="")

    return _of_signing(session, task_id, act, by=by)


def of_command(
    session: Session, case_id: int, act: Callable[[], Any], *, by: User, task_id: int = 0
) -> Outlook:
    """What any other command on a case, or on a task of it, would do; the caller rolls back.

    Raises:
        whatever the command raises.
    """
    open_before = session.get(UserTask, task_id) is not None
    found = ahead(session, case_id, act, by=by, task_id=task_id)
    finished = open_before and session.get(UserTask, task_id) is None
    return found if finished else replace(found, kept=None)


def _of_signing(session: Session, task_id: int, act: Callable[[], Any], *, by: User) -> Outlook:
    """Who is brought in can be taken off again (减签), where the node allows that."""
    view = worklist.view(session, task_id, by=by)
    may = "remove_signer" in approvals.offered(view.task)
    found = ahead(session, view.case.id, act, by=by, task_id=task_id)
    return replace(found, kept="" if may else "本环节不允许减签")


def ahead(
    session: Session, case_id: int, act: Callable[[], Any], *, by: User, task_id: int
) -> Outlook:
    """What a command on a task of a case would do; the caller rolls back."""
    before = _before(session, case_id)
    with files.rehearsal():
        made = act()
        if isinstance(made, Case) and made.id != case_id:  # 唤醒: what comes, comes in another case
            case_id, before = made.id, _NOTHING
        problem = _follow(session, case_id)
        session.flush()
        session.expire_all()
        return _difference(session, case_id, before, by=by, task_id=task_id, problem=problem)


def _follow(session: Session, case_id: int) -> str:
    """Do what the worker would do next for the case, within our own records; why it would stop."""

    def within(command: Callable[[Session], Any]) -> Any:
        with session.begin_nested():
            return command(session)

    worker = JobWorker(transact=within, owner=_OWNER)
    tried: set[int] = set()
    for _ in range(_ROUNDS):
        due = session.scalars(
            select(Job.id).where(
                Job.instance_id == case_id,
                Job.kind == "external_task",
                Job.topic.in_(all_operations()),
                Job.due_at <= clock.now(),
                Job.id.not_in(tried),
            )
        ).all()
        if not due:
            break
        tried.update(due)
        for work in jobs.acquire(session, _OWNER, only=due):
            worker.do(work)
    query = select(Job.last_error).where(Job.id.in_(tried), Job.last_error != "")
    return session.scalar(query.limit(1)) or ""


def _before(session: Session, case_id: int) -> _Before:
    tasks = session.scalars(select(UserTask).where(UserTask.instance_id == case_id)).all()
    return _Before(
        {one.id: one.name for one in tasks},
        {one.id: one.assignee for one in tasks},
        frozenset(item.id for item in _seats(session, case_id)),
        _last(session, ClockEntry, case_id),
        _last(session, Notification, case_id),
        _last(session, Document, case_id),
        frozenset(session.scalars(select(Job.id).where(Job.instance_id == case_id))),
        frozenset(session.scalars(_waits(case_id).with_only_columns(EventSubscription.id))),
    )


def _seats(session: Session, case_id: int) -> list[Item]:
    """Everybody on the boards of a case."""
    try:
        placed = boards.of_instance(session, case_id)
    except TaskNotActive:
        return []  # it would be over
    return [item for one in placed for item in one.board.items]


def _later(session: Session, case_id: int, before: _Before) -> list[str]:
    seats = _seats(session, case_id)
    users = [one.user for one in seats if one.id not in before.seats and one.stage is Stage.QUEUED]
    names = approvals.names(session, users)
    return [names.get(one, one) for one in users]


def _last(session: Session, kind: Any, case_id: int) -> int:
    return session.scalar(select(func.max(kind.id)).where(kind.case_id == case_id)) or 0


def _waits(case_id: int) -> Any:
    return select(EventSubscription).where(EventSubscription.instance_id == case_id)


def _difference(
    session: Session, case_id: int, before: _Before, *, by: User, task_id: int, problem: str
) -> Outlook:
    case = session.get_one(Case, case_id)
    query = select(UserTask).where(UserTask.instance_id == case_id).order_by(UserTask.id)
    now = {task.id: task for task in session.scalars(query)}
    fresh = [task for task in now.values() if _comes(task, before)]
    old = now.keys() - {task.id for task in fresh}
    gone = before.tasks.keys() - now.keys() - {task_id}
    return Outlook(
        tasks=[_coming(session, task) for task in fresh],
        beside=[now[one].name for one in sorted(old)],
        ended=[before.tasks[one] for one in sorted(gone)],
        later=_later(session, case_id, before),
        waits=_awaited(session, case_id, before),
        clocks=_clocks(session, case_id, before),
        notices=_notices(session, case_id, before),
        letters=list(session.scalars(_since(Document, Document.title, case_id, before.letters))),
        messages=_messages(session, case_id, before),
        status=case.status,
        outcome=case.outcome,
        finished=case.ended_at is not None,
        kept=reclaiming.why_not(session, task_id, by=by),
        problem=problem,
    )


def _comes(task: UserTask, before: _Before) -> bool:
    """Whether a task is a new one, or goes to another person."""
    if task.id not in before.tasks:
        return True
    return task.assignee is not None and task.assignee != before.holders[task.id]


def _coming(session: Session, task: UserTask) -> Coming:
    name = task.name or task.activity
    return Coming(task.activity, name, performers.of_task(session, task), task.due_at)


def _since(kind: Any, column: Any, case_id: int, last: int) -> Any:
    return select(column).where(kind.case_id == case_id, kind.id > last).order_by(kind.id)


def _clocks(session: Session, case_id: int, before: _Before) -> list[ClockLine]:
    titles: dict[str, str] = {}
    found = []
    query = select(ClockEntry).where(ClockEntry.case_id == case_id).order_by(ClockEntry.id)
    for line in session.scalars(query):
        titles.setdefault(line.limit, line.title or line.limit)
        if line.id > before.clocks:
            title = "" if line.limit == "*" else line.title or titles[line.limit]
            found.append(ClockLine(title, line.event, line.amount, line.unit))
    return found


def _notices(session: Session, case_id: int, before: _Before) -> list[Told]:
    rows = session.execute(
        select(Notification.title, UserAccount.name)
        .join(UserAccount, UserAccount.id == Notification.user_id)
        .where(Notification.case_id == case_id, Notification.id > before.notices)
        .order_by(Notification.id)
    )
    found: dict[str, list[str]] = {}
    for title, name in rows:
        found.setdefault(title, []).append(name)
    return [Told(title, tuple(names)) for title, names in found.items()]


def _messages(session: Session, case_id: int, before: _Before) -> list[str]:
    return [
        _element_name(session, job)
        for job in _fresh_jobs(session, case_id, before)
        if job.kind == "outbox_message" and job.activity  # what is published has no element
    ]


def _awaited(session: Session, case_id: int, before: _Before) -> list[str]:
    """What the case would newly wait for: applicants, departments; not what merely may come."""
    in_flow = _in_flow(session, case_id)
    asked = [
        one.public_title or _element_name(session, one)
        for one in session.scalars(_waits(case_id).order_by(EventSubscription.id))
        if one.id in in_flow - before.waits
    ]
    worked = [
        _element_name(session, job)
        for job in _fresh_jobs(session, case_id, before)
        if job.kind == "external_task"
    ]
    return list(dict.fromkeys([*asked, *worked]))


def _in_flow(session: Session, case_id: int) -> set[int]:
    try:
        waits = cache.peek(session, case_id).waits
    except TaskNotActive:
        return set()  # it would be over
    return {one.id for one in waits.values() if isinstance(one, MessageWait) and not one.beside}


def _fresh_jobs(session: Session, case_id: int, before: _Before) -> list[Job]:
    query = select(Job).where(Job.instance_id == case_id).order_by(Job.id)
    return [job for job in session.scalars(query) if job.id not in before.jobs]


def _element_name(session: Session, row: Any) -> str:
    element = repository.compiled(session, row.definition_id).elements.get(row.activity)
    return str(element.name or row.activity) if element is not None else str(row.activity)
