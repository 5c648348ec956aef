"""What the policy has to know of a task: its candidates, who did what before, whose case it is."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import history
from engine.model import UserTask, UserTaskCandidate
from processes import permissions
from processes.model.cases import Case
from processes.permissions import TaskFacts

USER_PREFIX = "user:"


def facts(session: Session, task: UserTask) -> TaskFacts:
    """The facts of one task."""
    return many(session, [task])[task.id]


def many(session: Session, tasks: Iterable[UserTask]) -> Mapping[int, TaskFacts]:
    """The facts of several tasks, with one query for each kind of fact."""
    tasks = list(tasks)
    instances = {task.instance_id for task in tasks}
    candidates: dict[int, set[str]] = {}
    for task_id, candidate in session.execute(
        select(UserTaskCandidate.task_id, UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id.in_([task.id for task in tasks])
        )
    ):
        candidates.setdefault(task_id, set()).add(candidate)
    applicants = {
        case_id: frozenset({person} - {None})
        for case_id, person in session.execute(
            select(Case.id, Case.applicant_person_key).where(Case.id.in_(instances))
        )
    }
    separated = {task.instance_id for task in tasks if task.separation}
    performers = {
        instance: permissions.person_keys(session, history.performers(session, instance))
        for instance in separated
    }
    return {
        task.id: _facts(
            task,
            candidates.get(task.id, set()),
            performers.get(task.instance_id, {}),
            applicants.get(task.instance_id, frozenset()),
        )
        for task in tasks
    }


def _facts(
    task: UserTask,
    candidates: set[str],
    performers: Mapping[str, frozenset[str]],
    applicants: frozenset[str],
) -> TaskFacts:
    users = {one for one in candidates if one.startswith(USER_PREFIX)}
    return TaskFacts(
        id=task.id,
        name=task.name,
        assignee=task.assignee,
        groups=frozenset(candidates - users),
        users=frozenset(one.removeprefix(USER_PREFIX) for one in users),
        separation=frozenset(task.separation.split()),
        performers=performers,
        applicant_persons=applicants,
    )
