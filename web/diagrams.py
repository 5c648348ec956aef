"""A case on its diagram: the model's XML with what is done, current and was returned.

Invariant: only the model of the case's own definition is shown, with the tokens of this moment.
"""

from collections import Counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import history, repository
from engine.model import EventSubscription, Incident, Job, ProcessInstance, UserTask
from processes import inbox, opinions
from processes.model.cases import Case
from web.display import moment


def of_case(session: Session, case: Case) -> dict[str, Any]:
    """The diagram of a case's root process."""
    instance = session.get_one(ProcessInstance, case.id)
    visited = Counter(
        event.activity
        for event in history.events(session, case.id)
        if event.type == "activity.completed" and event.activity
    )
    elements: dict[str, dict[str, Any]] = {
        name: {"mark": "returned" if count > 1 else "done"} for name, count in visited.items()
    }
    elements |= _current(session, case)
    return {
        "xml": xml_of(session, instance.definition_id),
        "state": {"elements": elements, "flows": []},
        "history": _history(session, case),
    }


def xml_of(session: Session, definition_id: int) -> str:
    """The BPMN of a definition as it was deployed."""
    key = repository.get(session, definition_id).key
    content = repository.resource(session, definition_id, f"{key}.bpmn") or b""
    return content.decode("utf-8")


def _current(session: Session, case: Case) -> dict[str, dict[str, Any]]:
    tasks = session.scalars(select(UserTask).where(UserTask.instance_id == case.id)).all()
    names = inbox.holder_names(session, [task.assignee for task in tasks if task.assignee])
    return {
        task.activity: {"mark": "current", "people": [names.get(task.assignee or "", "待签收")]}
        for task in tasks
    }


def _history(session: Session, case: Case) -> dict[str, list[str]]:
    """Activity → lines telling who did it when."""
    found: dict[str, list[str]] = {}
    for one in opinions.of_case(session, case.id):
        words = " ".join(part for part in (moment(one.at), one.by_name, one.decision) if part)
        found.setdefault(one.activity, []).append(words)
    return found


def of_definition(session: Session, definition_id: int) -> dict[str, Any]:
    """A version's diagram with how many cases stand where."""
    standing: Counter[str] = Counter()
    for model in (UserTask, EventSubscription, Job):
        query = (
            select(model.activity, func.count(func.distinct(model.instance_id)))
            .join(ProcessInstance, ProcessInstance.id == model.instance_id)
            .where(
                ProcessInstance.definition_id == definition_id, model.definition_id == definition_id
            )
            .group_by(model.activity)
        )
        standing.update(dict(session.execute(query).tuples().all()))
    stopped = select(Incident.activity).where(Incident.definition_id == definition_id)
    elements = {name: {"mark": "current", "count": count} for name, count in standing.items()}
    for name in session.scalars(stopped):
        elements[name] = {**elements.get(name, {}), "mark": "incident"}
    return {
        "xml": xml_of(session, definition_id),
        "state": {"elements": elements, "flows": []},
        "history": {name: [f"{count} 件"] for name, count in standing.items()},
    }
