"""补录: a decision entered later than it was made, with its true date (case-operations A.3).

Invariant: both times are kept, the true one and that of the entry; the clocks of the case count
from the true one; who entered it, why and on what evidence stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, ids, tasks
from engine.errors import BanliError, Forbidden
from engine.model import UserTask
from forms import definition
from forms.definition import FormDefinition
from forms.errors import FormInvalid
from forms.lookups import ListSource, Lookups, Option
from processes.casefile import opinions
from processes.clock import dating
from processes.desk import worklist
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, Material
from processes.model.documents import StoredFile
from processes.rights import duties, permissions

ENTERED = "backentered"
CODE = "backentry_evidence"
FIELDS: Final = "backentry_"
"""What the names of the fields of `form` begin with, so that a step's form may stand beside it."""
_SOURCE: Final = """
form: form_banli_backentry
title: 补录说明
title_en: Late entry
sections:
  - title: 补录说明
    title_en: Late entry
    fields:
      - name: backentry_true_at
        label: 实际办理时间
        label_en: Decided in truth at
        type: datetime
        required: true
      - name: backentry_decided_by
        label: 实际办理人
        label_en: Decided by
        type: choice
        values_from: deciders
        widget: select
        required: true
      - name: backentry_reason
        label: 补录理由
        label_en: Reason
        type: textarea
        max_length: 500
        required: true
      - name: backentry_evidence
        label: 依据
        label_en: Evidence
        type: file
        accept: [pdf, png, jpeg]
        required: true
"""


class BackentryRefused(BanliError):
    """A decision cannot be entered later like this; `field` is what is wrong."""

    code = "backentry_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Who decided when, why it is entered only now, and the file that shows it.

    `evidence`: as a form holds a file (`file`, `name`, `size`, `type`); `decided_by`: the account
    of whoever decided, if it was not the one who enters it.
    """

    true_at: datetime
    reason: str
    evidence: Mapping[str, Any]
    decided_by: int | None = None


def form() -> FormDefinition:
    """The form of the page beside that of the step; it is the product's own."""
    return definition.read(_SOURCE.encode(), "form_banli_backentry.form.yaml")


def lookups(session: Session, task_id: int, *, by: User) -> Lookups:
    """Who may be named as the one who decided: those who may do the task.

    Raises:
        NotFound, TaskNotActive: no such task. Forbidden: no permission to enter it later.
    """
    task = tasks.get(session, task_id)
    permissions.case(session, task.instance_id, by=by, action=Action.BACKENTER)
    facts = duties.facts(session, task)
    holder = {task.assignee} if task.assignee else facts.users
    ids = {int(one) for one in holder if one.isdigit()}
    if not task.assignee:
        ids |= set(identity.users_in_groups(session, facts.groups))
    people = [identity.user(session, one) for one in sorted(ids)]
    able = [one for one in people if permissions.may_complete(one, facts)]
    options = [Option(str(one.id), f"{one.name}（{one.org_name}）") for one in able]
    return Lookups(sources={"deciders": ListSource(options)})


def open_tasks(session: Session, case: Case, *, by: User) -> Sequence[UserTask]:
    """The tasks of a case that this user may enter later; none without the permission."""
    try:
        permissions.case(session, case.id, by=by, action=Action.BACKENTER)
    except Forbidden:
        return ()
    query = select(UserTask).where(UserTask.instance_id == case.id).order_by(UserTask.id)
    return session.scalars(query).all()


def enter_form(
    session: Session,
    task_id: int,
    *,
    by: User,
    answers: worklist.Answers,
    late: Mapping[str, Any],
) -> None:
    """`enter` with the answers of `form`, what is wrong told by its fields.

    Raises:
        as `enter`; FormInvalid also for what `form` asks.
    """
    given = form().validate(late, lookups=lookups(session, task_id, by=by))
    told = {name.removeprefix(FIELDS): value for name, value in given.items()}
    told["decided_by"] = int(told["decided_by"])
    try:
        enter(session, task_id, by=by, answers=answers, late=Late(**told))
    except BackentryRefused as refused:
        name = f"{FIELDS}{refused.details['field']}"
        raise FormInvalid({name: [refused.message]}, answers=late) from refused


def enter(
    session: Session, task_id: int, *, by: User, answers: worklist.Answers, late: Late
) -> Sequence[UserTask]:
    """Complete a task with what was decided earlier, outside of the system.

    Raises:
        NotFound, TaskNotActive: no such task, or somebody was first. Forbidden: no permission, or
            whoever decided may not do the task. BackentryRefused: date, reason or evidence.
        FormInvalid: the answers break the form's rules; nothing changed.
    """
    task = tasks.get(session, task_id)
    case = permissions.case(session, task.instance_id, by=by, action=Action.BACKENTER)
    _check(session, case, late)
    decider = by if late.decided_by in (None, by.id) else _decider(session, task, late)
    with dating.as_of(late.true_at):
        following = worklist.submit(session, task_id, by=decider, answers=answers)
    day = late.true_at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    opinions.of_task(
        session,
        task,
        by=by,
        said=(f"补录{decider.name} {day} 的办理", late.reason),
        action=ENTERED,
        attachments=(str(late.evidence["file"]),),
    )
    _keep(session, case, late, by=by)
    audit.record(
        session,
        "task.backentered",
        by=by,
        subject=("task", task_id),
        detail=f"{decider.id} {late.true_at.isoformat()}: {late.reason}",
    )
    return following if decider is by else worklist.open_in_case(session, case.id, by=by)


def _check(session: Session, case: Case, late: Late) -> None:
    if not late.reason.strip():
        raise BackentryRefused("补录须填写理由", field="reason")
    if late.true_at > clock.now():
        raise BackentryRefused("真实办理时间不能晚于现在", field="true_at")
    first = case.submitted_at.astimezone(clock.SHANGHAI).date()
    if late.true_at.astimezone(clock.SHANGHAI).date() < first:
        raise BackentryRefused("真实办理时间不能早于收件日期", field="true_at")
    if session.get(StoredFile, str(late.evidence.get("file") or "")) is None:
        raise BackentryRefused("补录须上传依据（签批件、记录等）", field="evidence")


def _decider(session: Session, task: UserTask, late: Late) -> User:
    decider = identity.user(session, late.decided_by or 0)
    permissions.require(decider, Action.COMPLETE_TASK, duties.facts(session, task))
    return decider


def _keep(session: Session, case: Case, late: Late, *, by: User) -> None:
    file = late.evidence
    session.add(
        Material(
            id=ids.next_id(),
            case_id=case.id,
            code=CODE,
            title="补录依据",
            sha256=str(file["file"]),
            file_name=str(file.get("name") or ""),
            size=int(file.get("size") or 0),
            content_type=str(file.get("type") or ""),
            uploaded_by=by.id,
        )
    )
