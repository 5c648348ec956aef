"""Policies of tasks where people are concerned: nobody there, the starter, the same person again.

Invariant: answered from accounts, roles and posts of the day, and from what was done in the case up
to this very step; nothing that was done before a return lets anything pass by itself.
Source: case-operations A.4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import ids, policies, store
from engine.approval.board import Decision
from engine.execution import Execution
from engine.model import HistoryEvent, ProcessInstance, UserTask
from engine.policies import Asked, Decider, Verdict
from engine.record import StepRecord
from processes.casefile import notices, sealing
from processes.identity import identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, Opinion
from processes.model.people import UserAccount
from processes.people import positions
from processes.rights import duties, permissions
from processes.rights.permissions import TaskFacts

PASSED: Final = "passed"
_DECIDE: Final = frozenset({"main", "beside"})
_KINDS: Final = ("task.created", "task.decided", "activity.completed", "activity.moved")
_NOBODY: Final = {
    "incident": "没有可以办理的人员",
    "person": "没有可以办理的人员，指定的人员也不在岗",
    "managers": "没有可以办理的人员，本单位也没有可以分派任务的管理人员",
}
_TOLD: Final = {Decision.APPROVE: "自动通过", Decision.REJECT: "自动不通过"}


def register() -> None:
    """Hand the policies to the engine; calling it again changes nothing."""
    policies.set_decider(_Decider())
    if tell not in store.observers:
        store.observers.append(tell)


@dataclass(frozen=True, slots=True)
class Before:
    """Who did which task, by account id: ever, and on the way here since the last move by hand."""

    ever: Sequence[tuple[str, str]]
    since: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _People:
    """Who could do a task today, by person; `several`: they decide together."""

    users: Mapping[int, User]
    several: bool

    @property
    def only(self) -> User | None:
        """The one whose task it is."""
        return next(iter(self.users.values())) if len(self.users) == 1 else None


class _Decider(Decider):
    def begin(self, session: Session, asked: Asked) -> Verdict | None:
        done = _before(session, asked)
        people = _people(session, asked, done)
        rules = (_nobody, _starter, _again)
        found = (rule(session, asked, people, done) for rule in rules)
        return next((one for one in found if one is not None), None)

    def above(self, session: Session, asked: Asked) -> str | None:
        task = session.get(UserTask, asked.task_id)
        holder = task.assignee if task is not None else asked.assignee
        if holder and holder.isdigit():
            found = positions.superior(session, int(holder))
            return None if found is None else str(found)
        orgs = [group.partition("@")[2] for group in asked.groups]
        heads = (positions.head(session, org) for org in orgs)
        return next((str(one) for one in heads if one is not None), None)


# -- the policies -------------------------------------------------------------------------


def _nobody(session: Session, asked: Asked, people: _People, done: Before) -> Verdict | None:
    """办理人为空."""
    del done
    found = asked.element.policies
    if people.users or found is None or not found.empty:
        return None
    if found.empty in {"approve", "reject"}:
        return Verdict(Decision(found.empty), "没有可以办理的人员")
    if found.empty == "person" and asked.person and _active(session, [asked.person]):
        return Verdict(assignee=asked.person)
    if found.empty == "managers" and (managers := _managers(session, asked)):
        return Verdict(users=tuple(str(one) for one in managers))
    return Verdict(problem=_NOBODY[found.empty])


def _starter(session: Session, asked: Asked, people: _People, done: Before) -> Verdict | None:
    """办理人是发起人."""
    del done
    found, starter = asked.element.policies, _started_by(session, asked)
    if found is None or found.starter in {"", "act"} or starter is None:
        return None
    if people.only is None or people.only.person_key != starter.person_key:
        return None
    if found.starter == "skip":
        return Verdict(Decision.APPROVE, "办理人即发起人", str(starter.id))
    above = positions.superior(session, starter.id)
    if found.starter == "head" and starter.org_code:
        head = positions.head(session, starter.org_code)
        above = head if head not in (None, starter.id) else above
    if above is None:
        return Verdict(problem="办理人即发起人，没有可以交办的上级")
    return Verdict(assignee=str(above))


def _again(session: Session, asked: Asked, people: _People, done: Before) -> Verdict | None:
    """同一人员重复办理."""
    found = asked.element.policies
    if found is None or not found.repeated or not done.since:
        return None
    considered = done.since if found.repeated == "any" else done.since[-1:]
    keys = _person_keys(session, [actor for _activity, actor in considered])
    new = {one: user for one, user in people.users.items() if user.person_key not in keys}
    if people.several and new and len(new) < len(people.users):
        return Verdict(people=tuple(str(one) for one in new))
    if new or not (people.several or people.only):
        return None
    user = next(iter(people.users))
    return Verdict(Decision.APPROVE, "同一人员已经办理", str(user))


# -- what is told -------------------------------------------------------------------------


def tell(session: Session, execution: Execution, step: StepRecord) -> None:
    """Write what was decided by itself into the timeline, and remind of what is overdue."""
    for event in step.events:
        if event.type == "task.passed":
            _opinion(session, execution, event.activity, event.activity_id, event.data)
        elif event.type in {"task.overdue", "task.escalated"}:
            _remind(session, execution.instance_id, event.activity_id, event.type)


def _opinion(
    session: Session, execution: Execution, activity: str, task_id: int, data: Mapping[str, Any]
) -> None:
    user = str(data.get("user") or "")
    account = session.get(UserAccount, int(user)) if user.isdigit() else None
    made = Opinion(
        id=ids.next_id(),
        case_id=execution.instance_id,
        task_id=task_id,
        activity=activity,
        activity_name=str(data.get("name") or ""),
        by=account.id if account is not None else 0,
        by_name=account.name if account is not None else "系统",
        decision=_TOLD[Decision(data["outcome"])],
        text=str(data.get("reason") or ""),
        action=PASSED,
    )
    session.add(sealing.seal(session, made, signed=False))


def _remind(session: Session, case_id: int, task_id: int, kind: str) -> None:
    task = session.scalar(
        select(UserTask).where(UserTask.id == task_id).execution_options(populate_existing=True)
    )
    case = session.get(Case, case_id)
    if task is None or case is None:
        return
    raised = kind == "task.escalated"
    name = task.name or task.activity
    title = f"超期任务转由您办理：{name}" if raised else f"任务超期提醒：{name}"
    body = f"工作单 {case.reference} 的“{name}”环节已超过办理期限。"
    made = notices.Notice(
        kind="task.overdue", title=title, body=body, case_id=case_id, link=f"/tasks/{task_id}"
    )
    notices.send(session, _holders(session, task), made)


def _holders(session: Session, task: UserTask) -> list[int]:
    if task.assignee and task.assignee.isdigit():
        return [int(task.assignee)]
    return identity.users_in_groups(session, duties.facts(session, task).groups)


# -- facts --------------------------------------------------------------------------------


def _people(session: Session, asked: Asked, done: Before) -> _People:
    if asked.people is not None:
        return _People(_active(session, asked.people), several=True)
    named = [*asked.users, *([asked.assignee] if asked.assignee else [])]
    pool = () if asked.assignee else identity.users_in_groups(session, asked.groups)
    users = _active(session, [*named, *(str(one) for one in pool)])
    facts = _facts(session, asked, done)
    may = {one: user for one, user in users.items() if not permissions.separated(user, facts)}
    return _People(may, several=False)


def _facts(session: Session, asked: Asked, done: Before) -> TaskFacts:
    performers: dict[str, set[str]] = {}
    for activity, actor in done.ever:
        performers.setdefault(activity, set()).add(actor)
    key = select(Case.applicant_person_key).where(Case.id == asked.instance_id)
    return TaskFacts(
        id=asked.task_id,
        separation=frozenset(asked.element.separation),
        performers=permissions.person_keys(session, performers),
        applicant_persons=frozenset(one for one in session.scalars(key) if one),
    )


def _before(session: Session, asked: Asked) -> Before:
    """Who did which task of the case up to this step."""
    columns = (HistoryEvent.type, HistoryEvent.activity, HistoryEvent.activity_id)
    query = select(*columns, HistoryEvent.actor, HistoryEvent.data).where(
        HistoryEvent.instance_id == asked.instance_id, HistoryEvent.type.in_(_KINDS)
    )
    rows: list[tuple[Any, ...]] = list(
        session.execute(query.order_by(HistoryEvent.sequence)).tuples()
    )
    rows += [
        (one.type, one.activity, one.activity_id, asked.actor, one.data) for one in asked.events
    ]
    created: set[int] = set()
    ever: list[tuple[str, str]] = []
    since: list[tuple[str, str]] = []
    for kind, activity, activity_id, actor, data in rows:
        if kind == "activity.moved":
            since.clear()
        elif kind == "task.created":
            created.add(activity_id)
        elif kind in _KINDS and activity_id in created and actor.isdigit():
            ever.append((activity, actor))
            if data.get("part", "main") in _DECIDE and asked.leads(activity):
                since.append((activity, actor))
    return Before(ever, since)


def _started_by(session: Session, asked: Asked) -> User | None:
    """Who started the case: the applicant, if of the house, else whoever filed it."""
    applicant = asked.variables.get("applicant")
    told = [applicant.get("user")] if isinstance(applicant, dict) else []
    query = select(ProcessInstance.started_by).where(ProcessInstance.id == asked.instance_id)
    told.append(session.scalar(query) or asked.actor)
    found = _active(session, [str(one) for one in told if one])
    return next((one for one in found.values() if one.kind == "staff"), None)


def _managers(session: Session, asked: Asked) -> list[int]:
    org, key = asked.variables.get("org"), asked.process_key
    may = Action.ASSIGN_TASK
    return identity.users_who_may(session, may, str(org) if org else None, process_key=key)


def _active(session: Session, users: Iterable[str]) -> Mapping[int, User]:
    wanted = [int(one) for one in users if one.isascii() and one.isdigit()]
    return {one.id: one for one in identity.active(session, wanted)} if wanted else {}


def _person_keys(session: Session, users: Iterable[str]) -> frozenset[str]:
    found = permissions.person_keys(session, {"": set(users)})
    return found[""]
