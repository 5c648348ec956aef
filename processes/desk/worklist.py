"""What a clerk does to a task: open, claim, release, transfer, save, submit.

Invariant: every command checks the permission inside the transaction that carries it out; nothing
that was typed is used before the deployed form has accepted it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from engine import runtime, tasks
from engine.errors import Conflict, TaskAlreadyClaimed
from engine.model import ProcessInstance, UserTask
from engine.variables import Variables
from forms.definition import FormDefinition
from forms.fields.base import Scope
from processes.approvals import approvals, opinion_form
from processes.casefile import drafts, opinions
from processes.casework import reachable, sources
from processes.deployed import resources
from processes.documents import materials
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.principals import Principal
from processes.identity.roles import Action
from processes.model.cases import Case, FormDraft
from processes.people import agents
from processes.people.colleagues import Person
from processes.rights import duties, opened, permissions
from processes.rights.permissions import TaskFacts

Answers = Mapping[str, Any]

_OPEN: Final = (
    select(UserTask).where(UserTask.instance_id == bindparam("case")).order_by(UserTask.id)
)
_REVISION: Final = (
    select(ProcessInstance.revision)
    .join(UserTask, UserTask.instance_id == ProcessInstance.id)
    .where(UserTask.id == bindparam("task"))
)


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as its page shows it; `form` is None where a confirmation is enough."""

    task: UserTask
    case: Case
    form: FormDefinition | None
    values: Variables
    variables: Variables
    may_claim: bool
    may_complete: bool
    may_release: bool
    holder: str
    draft: FormDraft | None
    why_not: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the buttons of its operations are called, where the model says so."""
    principal: Principal | None = None
    """For whom the user would act, as an agent."""


def view(session: Session, task_id: int, *, by: User) -> TaskView:
    """What the page of a task needs.

    Raises:
        NotFound: out of the user's scope. TaskNotActive: it is done; says by whom and when.
    """
    task, facts = _seen(session, task_id, by)
    case = session.get_one(Case, task.instance_id)
    variables = _context(session, task, by)
    draft = drafts.find(session, f"task:{task_id}", by=by)
    return TaskView(
        task=task,
        case=case,
        form=_form(session, task),
        values={**variables, **(draft.answers if draft else {})},
        variables=variables,
        may_claim=task.assignee is None and permissions.may_claim(by, facts),
        may_complete=permissions.may_complete(by, facts),
        may_release=task.assignee == str(by.id) and bool(facts.groups or facts.users),
        holder=opened.person(session, task.assignee),
        draft=draft,
        why_not=permissions.separated(by, facts) or "",
        labels=_labels(session, task),
        principal=permissions.principal(by, facts),
    )


def _labels(session: Session, task: UserTask) -> Mapping[str, str]:
    element = opened.element(session, task)
    return element.labels if element is not None else {}


def form_of(session: Session, task_id: int, *, by: User) -> tuple[UserTask, FormDefinition | None]:
    """A task and its form, to read what was typed into it.

    Raises:
        NotFound: out of the user's scope. TaskNotActive: it is done; says by whom and when.
    """
    task = _seen(session, task_id, by)[0]
    return task, _form(session, task)


def _seen(session: Session, task_id: int, by: User) -> tuple[UserTask, TaskFacts]:
    task, facts = opened.get(session, task_id)
    if not permissions.may_see_task(by, facts):
        permissions.case(session, task.instance_id, by=by)
    return task, facts


def claim(session: Session, task_id: int, *, by: User) -> None:
    """Take a task out of its pool; an agent takes it into the principal's hands.

    Raises:
        Forbidden: not a candidate, or separation of duties. TaskAlreadyClaimed: says by whom.
    """
    task, facts = opened.get(session, task_id)
    permissions.require(by, Action.CLAIM_TASK, facts)
    principal = permissions.principal(by, facts)
    _refuse_if_held(session, task, by, principal)
    for_whom = str(principal.id) if principal else ""
    tasks.claim(session, task_id, by=str(by.id), principal=for_whom)
    agents.acted(session, task, "task.claimed", by=by, principal=principal)


def release(session: Session, task_id: int, *, by: User) -> None:
    """Put a task back into its pool."""
    _, facts = opened.get(session, task_id)
    permissions.require(by, Action.RELEASE_TASK, facts)
    tasks.release(session, task_id, by=str(by.id))
    audit.record(session, "task.released", by=by, subject=("task", task_id))


def transfer(session: Session, task_id: int, *, by: User, to: int, reason: str) -> None:
    """Hand a task to another person who may do it (转办); the reason stands in the timeline.

    Raises:
        Forbidden: not this user's to hand on, or not the other's to do.
    """
    task, facts = opened.get(session, task_id)
    permissions.require(by, Action.TRANSFER_TASK, facts)
    approvals.require_offered(task, "transfer")
    if task.kind:
        other = approvals.hand_over(session, task, by=by, to=to)
    else:
        other = identity.user(session, to)
        permissions.require(other, Action.CLAIM_TASK, facts)
        tasks.assign(session, task_id, by=str(by.id), assignee=str(to), held_by=str(by.id))
    opinions.of_task(
        session, task, by=by, said=(f"转办给{other.name}", reason), action="transferred"
    )
    audit.record(session, "task.transferred", by=by, subject=("task", task_id))


def colleagues(session: Session, task_id: int, *, by: User) -> Sequence[User | Person]:
    """To whom this user could hand the task."""
    task, facts = opened.get(session, task_id)
    permissions.require(by, Action.TRANSFER_TASK, facts)
    if task.kind:
        return approvals.people(session, task_id, by=by)
    ids = identity.users_in_groups(session, facts.groups)
    others = [identity.user(session, one) for one in ids if one != by.id]
    return [other for other in others if permissions.may_claim(other, facts)]


def submit(
    session: Session,
    task_id: int,
    *,
    by: User,
    answers: Answers,
    expected_revision: int | None = None,
) -> Sequence[UserTask]:
    """Complete a task with a filled-in form; return what this user can do next in the case.

    Raises:
        Forbidden: the task is not this user's to complete.
        FormInvalid: the answers break the form's rules; nothing changed.
        TaskNotActive: somebody else was first; says who and when.
    """
    seen = _revision_of(session, task_id)
    task, facts = opened.get(session, task_id)
    permissions.require(by, Action.COMPLETE_TASK, facts)
    principal = permissions.principal(by, facts)
    _refuse_if_held(session, task, by, principal)
    form = _form(session, task)
    values, said = _answered(session, task, form, answers, by=by)
    case_id, owner = task.instance_id, approvals.asked_by(session, task)
    tasks.complete(
        session,
        task_id,
        by=str(by.id),
        variables=values,
        expected_revision=expected_revision,
        principal=str(principal.id) if principal else "",
    )
    if runtime.revision(session, case_id) != seen + 1:
        # another branch acted since duties were looked at: look again
        raise Conflict("办件刚刚被他人办理，请重试", instance=case_id)
    _opine(session, task, form, values, said=said, by=by, for_user=owner, principal=principal)
    approvals.tell_owner(session, task, by=by, owner=owner)
    session.execute(delete(FormDraft).where(FormDraft.subject == f"task:{task_id}"))
    agents.acted(session, task, "task.completed", by=by, principal=principal)
    return open_in_case(session, case_id, by=by)


def _opine(  # noqa: PLR0913 - what was said, by whom and for whom
    session: Session,
    task: UserTask,
    form: FormDefinition | None,
    values: Variables,
    *,
    said: tuple[str, str],
    by: User,
    for_user: int | None,
    principal: Principal | None,
) -> None:
    """Enter the files handed in, and append the opinion that they belong to."""
    attachments: Sequence[str] = ()
    if form is not None:
        case_id = task.instance_id
        attachments = materials.record(session, case_id, form=form, values=values, by=by.id)
    opinions.of_task(
        session,
        task,
        by=by,
        said=said,
        action=_action(task),
        for_user=for_user,
        principal=principal,
        attachments=attachments,
    )


def _answered(
    session: Session, task: UserTask, form: FormDefinition | None, answers: Answers, *, by: User
) -> tuple[Variables, tuple[str, str]]:
    """What the form and the node accept of the answers; the decision and the opinion in words."""
    if form is None:
        return {}, ("", "")
    context, lookups = _context(session, task, by), sources.lookups(session, by)
    values = form.validate(answers, context=context, node=task.activity, lookups=lookups)
    if task.kind not in approvals.HELPERS:
        opinions.refuse_silence(opened.element(session, task), form, values)
    return values, opinions.from_answers(form, values, Scope({**context, **values}, lookups))


def _revision_of(session: Session, task_id: int) -> int:
    """The revision of the case, read before anything that the decision rests on."""
    return session.scalar(_REVISION, {"task": task_id}) or 0


def open_in_case(session: Session, case_id: int, *, by: User) -> Sequence[UserTask]:
    """The open tasks of a case that a user may do."""
    found = session.scalars(_OPEN, {"case": case_id}).all()
    facts = duties.many(session, found)
    return [task for task in found if permissions.may_complete(by, facts[task.id])]


def save_draft(session: Session, task_id: int, *, by: User, answers: Answers) -> FormDraft:
    """Keep what was typed so far; only its author sees it."""
    task, facts = opened.get(session, task_id)
    permissions.require(by, Action.COMPLETE_TASK, facts)
    return drafts.keep(session, f"task:{task_id}", by=by, answers=answers, title=task.name)


def _action(task: UserTask) -> str:
    return "completed" if task.kind in ("", "owner", "main") else task.kind


def _context(session: Session, task: UserTask, by: User) -> Variables:
    """What a task's form may look at: the variables it sees, and who fills it in."""
    known = runtime.variables(session, task.instance_id, scope_id=task.scope_id)
    return {**known, "user": by.told, reachable.NAME: reachable.off()}


def _refuse_if_held(
    session: Session, task: UserTask, by: User, principal: Principal | None
) -> None:
    holder = str(principal.id if principal else by.id)
    if task.assignee not in (None, holder):
        name = opened.person(session, task.assignee)
        raise TaskAlreadyClaimed(f"该任务已由{name}签收", by=name, at=task.claimed_at)


def _form(session: Session, task: UserTask) -> FormDefinition | None:
    if task.kind in approvals.HELPERS:
        return opinion_form.form()
    if not task.form_id:
        return None
    return resources.task_form(session, task)
