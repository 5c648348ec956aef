"""The lines of a box: a task or a case as the list shows it, with its light and who acts.

Invariant: working days and colour are counted on the calendar of the case's own agency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.model import UserTask
from processes.approvals import approvals
from processes.clock import calendar, calendars
from processes.clock import clock as ledger
from processes.clock.calendar import Calendar
from processes.desk import presence
from processes.identity.identity import User
from processes.model.cases import Case
from processes.model.people import UserAccount
from processes.rights import duties, permissions

Colour = Literal["red", "amber", "green", "grey", ""]
_NEAR_DAYS: Final = 1


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
    case_due_on: date | None = None
    """The end of the limit that the case is measured by."""
    mine: bool = False
    holder: str = ""
    """Who holds the task, if somebody does."""
    open_by: tuple[str, ...] = ()
    """Who else has its page open just now."""
    urged: bool = False
    kind: str = ""
    """How the task came to the user: `engine.model.UserTask.kind`."""
    waits_for: tuple[str, ...] = ()
    """Who acts now where several people work on a task."""
    agreed: tuple[int, int] | None = None
    acting_for: str = ""
    """For whom the user would do it, as an agent."""
    provisional: bool = False
    """The due date rests on a year whose list of holidays is not published yet."""


def of_tasks(session: Session, found: Sequence[tuple[UserTask, Case]], *, by: User) -> list[Row]:
    """The lines of tasks, in their order."""
    used = calendars.of_all(session, {case.org_code for _task, case in found})
    looking = presence.others(session, [task.id for task, _case in found], by=by)
    names = holder_names(session, [task.assignee for task, _case in found if task.assignee])
    rows = [
        replace(
            _task_row(session, task, case, by, used[case.org_code]),
            open_by=looking.get(task.id, ()),
            holder=names.get(task.assignee or "", ""),
        )
        for task, case in found
    ]
    return _with_people(session, _with_principals(session, rows, found, by))


def _with_principals(
    session: Session, rows: Sequence[Row], found: Sequence[tuple[UserTask, Case]], by: User
) -> Sequence[Row]:
    """The rows, with the principal where a task is on the list as an agent's."""
    if not by.acts_for:
        return rows
    facts = duties.listed(found)
    acting = (permissions.principal(by, facts[task.id]) for task, _case in found)
    return [
        replace(row, acting_for=one.name if one else "")
        for row, one in zip(rows, acting, strict=True)
    ]


def of_cases(session: Session, found: Sequence[tuple[Case, str, datetime]]) -> list[Row]:
    """The lines of cases, each with the step and the instant that the box is about."""
    used = calendars.of_all(session, {case.org_code for case, _step, _at in found})
    return _with_people(
        session,
        [_case_row(case, used[case.org_code], step=step, at=at) for case, step, at in found],
    )


def remaining(
    due_at: datetime | None,
    *,
    used: Calendar,
    suspended: bool = False,
    since: date | None = None,
) -> tuple[int | None, Colour]:
    """Working days left on a calendar and the colour of the light; grey while it rests.

    `since`: the day a limit is counted from that has not begun to be counted yet; else today.
    """
    if suspended:
        return None, "grey"
    if due_at is None:
        return None, ""
    left = calendar.remaining(due_at.astimezone(clock.SHANGHAI).date(), since, calendar=used)
    if due_at < clock.now():
        return min(left, 0), "red"
    return left, "amber" if left <= _NEAR_DAYS else "green"


def _ahead(session: Session, task: UserTask, used: Calendar) -> date | None:
    """The day to come that a limit is counted from: of what came after hours or on a day off."""
    today = clock.today()
    if not task.limit_title or calendar.received_on(task.created_at, calendar=used) <= today:
        return None
    return max(ledger.counted_from(session, task, used=used), today)


def _task_row(session: Session, task: UserTask, case: Case, user: User, used: Calendar) -> Row:
    # a limit without an end is suspended: its clock stands still
    resting = task.suspended or (task.due_at is None and bool(task.limit_title))
    since = _ahead(session, task, used)
    left, colour = remaining(task.due_at, used=used, suspended=resting, since=since)
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
        "case_due_on": case.due_on,
    }


def holder_names(session: Session, assignees: Sequence[str]) -> dict[str, str]:
    """Names of those who hold tasks, by the assignee text of the task."""
    wanted = [int(one) for one in assignees if one.isascii() and one.isdigit()]
    query = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(wanted))
    return {str(one): name for one, name in session.execute(query)}
