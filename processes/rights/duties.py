"""What the policy has to know of a task: its candidates, who did what before, whose case it is."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from engine import boards, history, repository
from engine.approval.board import Stage
from engine.definition.elements import StartEvent
from engine.model import ProcessInstance, UserTask
from processes.identity.identity import users_in_groups
from processes.identity.principals import USER_PREFIX
from processes.model.cases import Case, CaseLink
from processes.rights import permissions
from processes.rights.permissions import TaskFacts

CONTINUES = "唤醒自"
"""The relation of a reopened case to the one it continues."""
_CASES: Final = select(Case.id, Case.applicant_person_key, Case.process_key, Case.amount).where(
    Case.id.in_(bindparam("cases", expanding=True))
)
_CONTINUED: Final = select(CaseLink.other_id).where(
    CaseLink.case_id == bindparam("case"), CaseLink.relation == CONTINUES
)


def facts(session: Session, task: UserTask) -> TaskFacts:
    """The facts of one task."""
    return many(session, [task])[task.id]


def responsible(session: Session, task: UserTask) -> list[int]:
    """Whose task it is now: its holder, or everybody who may claim it."""
    if task.assignee and task.assignee.isdigit():
        return [int(task.assignee)]
    return users_in_groups(session, facts(session, task).groups)


def listed(tasks: Iterable[tuple[UserTask, Case]]) -> Mapping[int, TaskFacts]:
    """What tells why tasks are on a list: their candidates and cases, not who did what before."""
    return {task.id: _facts(task, {}, case, frozenset()) for task, case in tasks}


def many(session: Session, tasks: Iterable[UserTask]) -> Mapping[int, TaskFacts]:
    """The facts of several tasks, with one query for each kind of fact."""
    tasks = list(tasks)
    instances = {task.instance_id for task in tasks}
    cases = {one.id: one for one in session.execute(_CASES, {"cases": [*instances]})}
    separated = {task.instance_id for task in tasks if task.separation}
    performers = {
        instance: permissions.person_keys(session, _performers(session, instance))
        for instance in separated
    }
    return {
        task.id: _facts(
            task,
            performers.get(task.instance_id, {}),
            cases.get(task.instance_id),
            fellows(session, task),
        )
        for task in tasks
    }


def ahead(session: Session, case: Case, separation: Collection[str]) -> TaskFacts:
    """The facts of a task that has not come yet, as far as duties are concerned."""
    performers = permissions.person_keys(session, _performers(session, case.id))
    return TaskFacts(
        id=0,
        separation=frozenset(separation),
        performers=performers,
        applicant_persons=frozenset(filter(None, [case.applicant_person_key])),
        process_key=case.process_key,
        amount=case.amount,
    )


def fellows(session: Session, task: UserTask) -> frozenset[str]:
    """Natural persons on a task besides its holder: who has a part in it, and who did one."""
    placed = boards.find(session, task.instance_id, task.id) if task.kind else None
    if placed is None:
        return frozenset()
    parts = {one.id: one.user for one in placed.board.items if one.stage is not Stage.CANCELLED}
    parts.pop(task.id, None)
    users = {*parts.values(), *history.deciders(session, task.instance_id, parts)}
    return permissions.person_keys(session, {"": users})[""]


def _performers(session: Session, instance: int) -> Mapping[str, Collection[str]]:
    """Who did what in a case; in one that was reopened, also in the case that it continues."""
    found: dict[str, set[str]] = {}
    continued: int | None = instance
    while continued is not None:
        for activity, actors in history.performers(session, continued).items():
            found.setdefault(activity, set()).update(actors)
        _add_starter(session, continued, found)
        continued = session.scalar(_CONTINUED, {"case": continued})
    return found


def _add_starter(session: Session, instance_id: int, found: dict[str, set[str]]) -> None:
    """Whoever began the case performed its start event: duties may be kept apart from it too."""
    instance = session.get(ProcessInstance, instance_id)
    if instance is None or not instance.started_by:
        return
    for element in repository.compiled(session, instance.definition_id).elements.values():
        if isinstance(element, StartEvent):
            found.setdefault(element.id, set()).add(str(instance.started_by))


def _facts(
    task: UserTask,
    performers: Mapping[str, frozenset[str]],
    case: Row[Any] | Case | None,
    others: frozenset[str],
) -> TaskFacts:
    candidates = {*task.candidates.splitlines()}
    users = {one for one in candidates if one.startswith(USER_PREFIX)}
    return TaskFacts(
        id=task.id,
        name=task.name,
        assignee=task.assignee,
        groups=frozenset(candidates - users),
        users=frozenset(one.removeprefix(USER_PREFIX) for one in users),
        separation=frozenset(task.separation.split()),
        performers=performers,
        applicant_persons=frozenset(filter(None, [case.applicant_person_key] if case else ())),
        fellows=others,
        process_key=case.process_key if case else task.process_key,
        amount=case.amount if case else None,
    )
