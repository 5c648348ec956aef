"""The boxes of a desk: 待办, 已办, 我发起, with counts, search and keyset pages.

Invariant: whose task it is stands in the query, so a count, a page and a search always agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.model import ProcessInstance, UserTask
from processes import approvals, calendar, calendars, listed
from processes.calendar import Calendar
from processes.identity import User
from processes.model.cases import BESIDE, Case, Opinion
from processes.model.people import UserAccount

Box = Literal["todo", "done", "mine"]
Colour = Literal["red", "amber", "green", "grey", ""]
PAGE: Final = 50
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
_NEAR_DAYS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a box: words in number or applicant's name, a process, only the overdue."""

    text: str = ""
    process_key: str = ""
    status: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a box; `task_id` is None where no task of the user is open."""

    case_id: int
    task_id: int | None
    reference: str
    title: str
    applicant: str
    step: str
    status: str
    process_key: str
    at: datetime
    due_on: date | None
    remaining: int | None
    colour: Colour
    held_by: str = ""
    mine: bool = False
    urged: bool = False
    kind: str = ""
    """How the task came to the user: `engine.model.UserTask.kind`."""
    waits_for: tuple[str, ...] = ()
    """Who acts now where several people work on a task."""
    agreed: tuple[int, int] | None = None
    provisional: bool = False
    """The due date rests on a year whose list of holidays is not published yet."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a box; `next` is the key of the page after it, or None."""

    rows: Sequence[Row]
    total: int
    next: str | None


def page(
    session: Session,
    user: User,
    *,
    box: Box = "todo",
    filters: Filters | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Page:
    """A page of a box, the most urgent (todo) or the latest (others) first."""
    make = {"todo": _todo, "done": _done, "mine": _mine}[box]
    return make(session, user, filters or Filters(), after, min(limit, 100))


def counts(session: Session, user: User) -> dict[str, int]:
    """How many lines each box has, and how many of 待办 are overdue."""
    todo = listed.tasks(user)
    total = select(func.count()).select_from(UserTask)
    overdue = total.where(todo, UserTask.due_at < clock.now())
    done = select(func.count(func.distinct(Opinion.case_id))).where(_handled(user))
    mine = select(func.count()).select_from(_started(user).subquery())
    return {
        "todo": session.scalar(total.where(todo)) or 0,
        "overdue": session.scalar(overdue) or 0,
        "done": session.scalar(done) or 0,
        "mine": session.scalar(mine) or 0,
    }


def remaining(
    due_at: datetime | None, *, used: Calendar, suspended: bool = False
) -> tuple[int | None, Colour]:
    """Working days left on a calendar and the colour of the light; grey while it rests."""
    if suspended:
        return None, "grey"
    if due_at is None:
        return None, ""
    left = calendar.remaining(due_at.astimezone(clock.SHANGHAI).date(), calendar=used)
    if due_at < clock.now():
        return min(left, 0), "red"
    return left, "amber" if left <= _NEAR_DAYS else "green"


def _handled(user: User) -> ColumnElement[bool]:
    """What a user said in handling a case, not as a reader or as one who was asked."""
    return and_(Opinion.by == user.id, Opinion.action.not_in(BESIDE))


def _started(user: User) -> Select[tuple[int]]:
    started = select(ProcessInstance.id).where(ProcessInstance.started_by == str(user.id))
    return select(Case.id).where(or_(Case.applicant_user == user.id, Case.id.in_(started)))


def _matches(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if words := filters.text.strip():
        found.append(
            or_(
                Case.reference.startswith(words.upper(), autoescape=True),
                Case.applicant_name.contains(words, autoescape=True),
                Case.title.contains(words, autoescape=True),
            )
        )
    if filters.process_key:
        found.append(Case.process_key == filters.process_key)
    if filters.status:
        found.append(Case.status == filters.status)
    return found


def _todo(session: Session, user: User, filters: Filters, after: str | None, limit: int) -> Page:
    where = [listed.tasks(user), *_matches(filters)]
    if filters.overdue:
        where.append(UserTask.due_at < clock.now())
    base = select(UserTask, Case).join(Case, Case.id == UserTask.instance_id).where(*where)
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    urgency = func.coalesce(UserTask.due_at, _FAR)
    if after:
        stamp, _, last = after.partition("~")
        at = datetime.fromtimestamp(int(stamp) / 1_000_000, UTC) if int(stamp) else _FAR
        base = base.where(or_(urgency > at, and_(urgency == at, UserTask.id > int(last))))
    found = session.execute(base.order_by(urgency, UserTask.id).limit(limit + 1)).all()
    used = calendars.of_all(session, {case.org_code for _task, case in found})
    made = [_task_row(task, case, user, used[case.org_code]) for task, case in found[:limit]]
    rows = _with_people(session, made)
    following = None
    if len(found) > limit:
        task = found[limit - 1][0]
        following = f"{_micros(task.due_at)}~{task.id}"
    return Page(rows, total, following)


def _done(session: Session, user: User, filters: Filters, after: str | None, limit: int) -> Page:
    last = (
        select(func.max(Opinion.id).label("id"))
        .where(_handled(user))
        .group_by(Opinion.case_id)
        .subquery()
    )
    base = (
        select(Opinion, Case)
        .join(last, last.c.id == Opinion.id)
        .join(Case, Case.id == Opinion.case_id)
        .where(*_matches(filters))
    )
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    if after:
        base = base.where(Opinion.id < int(after))
    found = session.execute(base.order_by(Opinion.id.desc()).limit(limit + 1)).all()
    used = calendars.of_all(session, {case.org_code for _opinion, case in found})
    rows = [
        _case_row(case, used[case.org_code], step=opinion.activity_name, at=opinion.at)
        for opinion, case in found
    ]
    shown = _with_people(session, rows[:limit])
    return Page(shown, total, str(found[limit - 1][0].id) if len(found) > limit else None)


def _mine(session: Session, user: User, filters: Filters, after: str | None, limit: int) -> Page:
    base = select(Case).where(Case.id.in_(_started(user)), *_matches(filters))
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    if after:
        base = base.where(Case.id < int(after))
    found = session.scalars(base.order_by(Case.id.desc()).limit(limit + 1)).all()
    used = calendars.of_all(session, {case.org_code for case in found})
    rows = [
        _case_row(case, used[case.org_code], step=case.step, at=case.submitted_at)
        for case in found[:limit]
    ]
    shown = _with_people(session, rows)
    return Page(shown, total, str(found[limit - 1].id) if len(found) > limit else None)


def _task_row(task: UserTask, case: Case, user: User, used: Calendar) -> Row:
    # a limit without an end is suspended: its clock stands still
    resting = task.suspended or (task.due_at is None and bool(task.limit_title))
    left, colour = remaining(task.due_at, used=used, suspended=resting)
    due_on = task.due_at.astimezone(clock.SHANGHAI).date() if task.due_at else None
    return Row(
        **_case_columns(case),
        task_id=task.id,
        step=task.name or task.activity,
        at=task.created_at,
        due_on=due_on,
        remaining=left,
        colour=colour,
        mine=task.assignee == str(user.id),
        kind=task.kind,
        urged=case.urged_at is not None and case.urged_at >= task.created_at,
        provisional=due_on is not None and not used.is_published(due_on.year),
    )


def _with_people(session: Session, rows: Sequence[Row]) -> list[Row]:
    """The rows, with who acts and how the vote stands where several people work on a task."""
    cases = [row.case_id for row in rows if row.task_id is None or row.kind not in ("", "owner")]
    query = select(UserTask).where(UserTask.instance_id.in_(cases), UserTask.kind != "")
    open_tasks = session.scalars(query.order_by(UserTask.id)).all()
    names = holder_names(session, [task.assignee for task in open_tasks if task.assignee])
    acting: dict[int, dict[str, None]] = {}
    for task in open_tasks:
        acting.setdefault(task.instance_id, {})[names.get(task.assignee or "", "")] = None
    votes = {case: _vote(session, case) for case in acting}
    return [
        replace(row, waits_for=tuple(acting[row.case_id]), agreed=votes[row.case_id])
        if row.case_id in acting
        else row
        for row in rows
    ]


def _vote(session: Session, case_id: int) -> tuple[int, int] | None:
    found = (approvals.progress(one.board) for one in approvals.standing(session, case_id))
    return next((one for one in found if one is not None), None)


def _case_row(case: Case, used: Calendar, *, step: str, at: datetime) -> Row:
    due_at = None
    if case.due_on is not None and case.ended_at is None:
        due_at = datetime.combine(case.due_on, datetime.max.time(), clock.SHANGHAI)
    left, colour = remaining(due_at, used=used, suspended=case.status == "suspended")
    return Row(
        **_case_columns(case),
        task_id=None,
        step=step,
        at=at,
        due_on=case.due_on,
        remaining=left,
        colour=colour,
        provisional=due_at is not None and not used.is_published(due_at.year),
    )


def _case_columns(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "reference": case.reference,
        "title": case.title,
        "applicant": case.applicant_name,
        "status": case.status,
        "process_key": case.process_key,
    }


def holder_names(session: Session, assignees: Sequence[str]) -> dict[str, str]:
    """Names of those who hold tasks, by the assignee text of the task."""
    wanted = [int(one) for one in assignees if one.isascii() and one.isdigit()]
    query = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(wanted))
    return {str(one): name for one, name in session.execute(query)}


def _micros(instant: datetime | None) -> int:
    if instant is None:
        return 0
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
