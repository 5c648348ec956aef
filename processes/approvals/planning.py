"""追加, 改派后续: somebody chooses who does a later task of one case (case-operations A.2, A.4).

Invariant: holds for this case alone and is used when the task comes. Who may choose is the model's
to say (`banli:chosen by`): the holder of a task before it, whoever started the case; whoever
assigns work may always. Nobody is chosen who may not do the task; who may not do it any more when
it comes gives it back to its pool.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine import planning as engine_planning
from engine import runtime, store, tasks
from engine.definition.elements import UserTask as UserTaskElement
from engine.errors import BanliError, Forbidden, NotFound, TaskNotActive
from engine.execution import Execution
from engine.model import UserTask
from engine.record import StepRecord
from processes.approvals import approvals
from processes.casefile import notices, opinions
from processes.casefile.notices import Notice
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.agents import PlannedPerson
from processes.model.cases import Case
from processes.people import colleagues
from processes.people.colleagues import Person
from processes.rights import duties, permissions
from processes.rights.permissions import TaskFacts

OPERATION: Final = "plan"
MOST: Final = 20
_SYSTEM: Final = "system"
_REASON: Final = 500


class PlanRefused(BanliError):
    """People who may not be chosen for a task."""

    code = "plan_refused"


@dataclass(frozen=True, slots=True)
class Ahead:
    """A task that may still come, with those chosen for it."""

    activity: str
    name: str
    people: tuple[Person, ...]


def register() -> None:
    """Have every step look after the chosen people; calling it again changes nothing."""
    if settle not in store.observers:
        store.observers.append(settle)


def ahead(session: Session, case_id: int, *, by: User) -> Sequence[Ahead]:
    """The later tasks of a case whose people this user may choose; none once it has ended."""
    case = permissions.case(session, case_id, by=by)
    may = _choosers(session, case, by)
    if not may or case.ended_at is not None:
        return []
    try:
        following = engine_planning.ahead(session, case_id)
        chosen = engine_planning.chosen(session, case_id)
    except TaskNotActive:
        return []
    return [
        Ahead(one.id, one.name or one.id, tuple(_people(session, chosen.get(one.id, ()))))
        for one in following
        if _may_choose(one, may)
    ]


def people(session: Session, case_id: int, activity: str, *, by: User) -> Sequence[Person]:
    """Who could be chosen for a task ahead, by name.

    Raises:
        NotFound: no such task ahead. Forbidden: not this user's to choose.
    """
    case, element = _ahead(session, case_id, activity, by)
    return _eligible(session, case, element)


def choose(
    session: Session,
    case_id: int,
    activity: str,
    chosen: Sequence[int],
    *,
    by: User,
    reason: str = "",
) -> None:
    """Choose who does a task when it comes; nobody: the model decides again.

    Raises:
        NotFound: no such task ahead. Forbidden: not this user's to choose.
        PlanRefused: too many, or somebody who may not do it.
    """
    case, element = _ahead(session, case_id, activity, by)
    wanted = list(dict.fromkeys(chosen))
    if len(wanted) > MOST:
        raise PlanRefused(f"一个环节最多指定 {MOST} 人", field="people")
    office = {one.id: one.name for one in _eligible(session, case, element)}
    for one in wanted:
        if one not in office:
            raise PlanRefused("只能指定有权办理该环节、且无须回避的人员", field="people")
    put(session, case, activity, wanted, by=by)
    named = "、".join(office[one] for one in wanted)
    title = element.name or element.id
    said = f"指定“{title}”由{named}办理" if named else f"“{title}”恢复由流程确定办理人"
    opinions.record(
        session,
        case_id,
        by=by,
        activity=activity,
        activity_name="",
        decision=said,
        text=reason.strip()[:_REASON],
        action="planned",
    )
    detail = f"{activity}: {wanted}"
    audit.record(session, "task.planned", by=by, subject=("case", case_id), detail=detail)


def eligible(session: Session, case: Case, activity: str, *, also: User) -> frozenset[int]:
    """Who may do a task ahead, with `also` counted by the roles it is handed in with."""
    element = _element(session, case.id, activity)
    if element is None:
        return frozenset()
    able = frozenset(one.id for one in _eligible(session, case, element))
    groups = engine_planning.groups(session, case.id, activity)
    facts = duties.ahead(session, case, element.separation)
    fits = not groups or bool(set(groups) & also.groups)
    return able | {also.id} if fits and _may_do(also, facts) else able - {also.id}


def name_of(session: Session, case_id: int, activity: str) -> str | None:
    """What a task ahead is called; None if it cannot come any more."""
    element = _element(session, case_id, activity)
    return None if element is None else element.name or element.id


def _element(session: Session, case_id: int, activity: str) -> UserTaskElement | None:
    following = engine_planning.ahead(session, case_id)
    return next((one for one in following if one.id == activity), None)


def put(session: Session, case: Case, activity: str, chosen: Sequence[int], *, by: User) -> None:
    """Write down who was chosen, where the engine and where a search finds it."""
    users = [str(one) for one in chosen]
    engine_planning.choose(session, case.id, activity, users, by=str(by.id))
    own = (PlannedPerson.case_id == case.id, PlannedPerson.activity == activity)
    session.execute(delete(PlannedPerson).where(*own))
    session.add_all(
        PlannedPerson(case_id=case.id, activity=activity, user_id=one, planned_by=by.id)
        for one in chosen
    )
    session.flush()


def settle(session: Session, execution: Execution, step: StepRecord) -> None:
    """Tell those who were chosen that their task has come; duties may have changed meanwhile."""
    for event in step.events:
        if event.type == "task.created" and event.data.get("chosen"):
            _arrived(session, event.activity_id)


def _arrived(session: Session, task_id: int) -> None:
    task = tasks.get(session, task_id)
    if task.assignee is None:
        return
    facts = duties.facts(session, task)
    user = next(iter(identity.active(session, [int(task.assignee)])), None)
    if user is None or permissions.separated(user, facts):
        tasks.take_back(session, task_id, held_by=task.assignee, by=_SYSTEM)
        return
    title = f"“{task.name or task.activity}”已指定由您办理"
    link = f"/tasks/{task_id}"
    made = Notice(kind="task.assigned", title=title, case_id=task.instance_id, link=link)
    notices.send(session, [user.id], made)


def _ahead(session: Session, case_id: int, activity: str, by: User) -> tuple[Case, UserTaskElement]:
    case = permissions.case(session, case_id, by=by)
    element = _element(session, case_id, activity)
    if element is None:
        raise NotFound("本件后续没有这个环节，或它已经到达", case=case_id, activity=activity)
    if not _may_choose(element, _choosers(session, case, by)):
        raise Forbidden("您不能指定该环节的办理人", case=case_id, activity=activity)
    return case, element


def _choosers(session: Session, case: Case, by: User) -> frozenset[str]:
    """As what this user may choose: previous, starter, and `any` for who assigns work."""
    found = set()
    try:
        permissions.case(session, case.id, by=by, action=Action.ASSIGN_TASK)
        found.add("any")
    except Forbidden:
        pass
    if permissions.allowed(by, Action.PLAN_NEXT):
        if runtime.get(session, case.id).started_by == str(by.id):
            found.add("starter")
        held = select(UserTask).where(
            UserTask.instance_id == case.id, UserTask.assignee == str(by.id)
        )
        if any(OPERATION in approvals.offered(task) for task in session.scalars(held)):
            found.add("previous")
    return frozenset(found)


def _may_choose(element: UserTaskElement, may: frozenset[str]) -> bool:
    return "any" in may or bool(may & set(element.chosen))


def _eligible(session: Session, case: Case, element: UserTaskElement) -> Sequence[Person]:
    """Those of the task's candidate groups, else of the office, whom duties do not keep away."""
    groups = engine_planning.groups(session, case.id, element.id)
    if groups:
        handlers = set(session.scalars(colleagues.handlers()))
        named = handlers & set(identity.users_in_groups(session, groups))
        found = [*identity.active_accounts(session, named)]
    else:
        found = [one for one, _org in colleagues.office(session, case.org_code or "")]
    facts = duties.ahead(session, case, element.separation)
    may = [one for one in found if permissions.separated(one, facts) is None]
    return sorted((Person(one.id, one.name, "") for one in may), key=lambda one: one.name)


def _may_do(user: User, facts: TaskFacts) -> bool:
    return permissions.allowed(user, Action.COMPLETE_TASK) and not permissions.separated(
        user, facts
    )


def _people(session: Session, users: Sequence[str]) -> list[Person]:
    names: Mapping[str, str] = approvals.names(session, users)
    return [Person(int(one), names.get(one, ""), "") for one in users]
