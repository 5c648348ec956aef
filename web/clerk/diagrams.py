"""A case on its diagram: the model's XML with what is done, current and was returned.

Invariant: only the model of the case's own definition is shown, with the tokens of this moment.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import history, planning, repository
from engine.definition import elements as el
from engine.definition.process import Process
from engine.model import HistoryEvent, Incident, ProcessInstance, UserTask
from processes.background import backstage
from processes.casefile import opinions
from processes.desk import inbox
from processes.model.cases import Case
from web.clerk import timeline
from web.display import moment
from web.words import _


def of_case(session: Session, case: Case) -> dict[str, Any]:
    """The diagrams of a case: of its own process first, then of those it is inside of now."""
    root = session.get_one(ProcessInstance, case.id).definition_id
    tasks = session.scalars(select(UserTask).where(UserTask.instance_id == case.id)).all()
    inside = dict.fromkeys(task.definition_id for task in tasks if task.definition_id != root)
    return {
        "diagrams": [_titled(session, one) for one in (root, *inside)],
        "state": {"elements": _elements(session, case, tasks), "flows": []},
        "history": _history(session, case),
    }


def _titled(session: Session, definition_id: int) -> dict[str, str]:
    definition = repository.get(session, definition_id)
    return {"title": definition.name or definition.key, "xml": xml_of(session, definition_id)}


def _elements(session: Session, case: Case, tasks: Sequence[UserTask]) -> dict[str, dict[str, Any]]:
    """Activity → how it is marked; activities of called processes are marked by the same ids."""
    events = history.events(session, case.id)
    done, again = _completed(events)
    found: dict[str, dict[str, Any]] = {}
    for activity, state in history.activity_states(session, case.id).items():
        if state == "started":
            found[activity] = {"mark": "current"}
        elif activity in done:
            found[activity] = {"mark": "returned" if activity in again else "done"}
    found |= {activity: {"mark": "returned"} for activity in _returned(events)}
    found |= {activity: {"mark": "skipped"} for activity in _passed(events)}
    for activity in _missed(session, case.id):
        found.setdefault(activity, {"mark": "skipped"})
    names = inbox.holder_names(session, [task.assignee for task in tasks if task.assignee])
    for task in tasks:
        people = [names.get(task.assignee or "", "") or _("待签收")]
        found[task.activity] = {"mark": "current", "people": people}
    return found


def _completed(events: Sequence[HistoryEvent]) -> tuple[set[str], set[str]]:
    """Activities that were completed, and those that were so again in one and the same place.

    One instance of several, or the same id in another called process, is another place.
    """
    times = Counter(
        (event.activity, event.data.get("within"), event.data.get("loop"))
        for event in events
        if event.type == "activity.completed"
    )
    again = {activity for (activity, *_place), count in times.items() if count > 1}
    return {activity for activity, *_place in times}, again


def _returned(events: Sequence[HistoryEvent]) -> set[str]:
    """Activities that a return withdrew or had to be done again, and that are not yet."""
    found: set[str] = set()
    for event in events:
        if event.type == "activity.moved" and event.data.get("how") == "returned":
            found |= {*event.data["withdrawn"], *event.data.get("superseded", ())}
        elif event.type in {"activity.started", "activity.completed", "task.created"}:
            found.discard(event.activity)
    return found


def _passed(events: Sequence[HistoryEvent]) -> set[str]:
    """Tasks that nobody did when the case last came to them: they passed by themselves."""
    found: set[str] = set()
    for event in events:
        if event.type == "task.passed":
            found.add(event.activity)
        elif event.type == "task.created":
            found.discard(event.activity)
    return found


def _missed(session: Session, case_id: int) -> list[str]:
    """Steps and ends of the case's own process that it can come to no more.

    What only an event or a compensation begins is not missed while the case is open.
    """
    instance = session.get_one(ProcessInstance, case_id)
    process = repository.compiled(session, instance.definition_id).process
    steps = [*process.of(el.Activity), *process.of(el.EndEvent)]
    if instance.ended_at is not None:
        return [one.id for one in steps]
    ahead = planning.to_come(session, case_id)
    return [one.id for one in steps if one.id not in ahead and not _apart(process, one)]


def _apart(process: Process, element: el.Element) -> bool:
    """Whether an element is outside the flow: compensates, or is in what an event begins."""
    if isinstance(element, el.Activity) and element.for_compensation:
        return True
    if isinstance(element, el.SubProcess) and element.by_event:
        return True
    around = process.elements.get(element.scope)
    return around is not None and _apart(process, around)


def xml_of(session: Session, definition_id: int) -> str:
    """The BPMN of a definition as it was deployed."""
    key = repository.get(session, definition_id).key
    content = repository.resource(session, definition_id, f"{key}.bpmn") or b""
    return content.decode("utf-8")


def _history(session: Session, case: Case) -> dict[str, list[str]]:
    """Activity → lines telling who did it when."""
    found: dict[str, list[str]] = {}
    for one in opinions.of_case(session, case.id):
        said = (moment(one.at), timeline.acting(one), timeline.decision(one))
        words = " ".join(part for part in said if part)
        found.setdefault(one.activity, []).append(words)
    return found


def of_definition(session: Session, definition_id: int) -> dict[str, Any]:
    """A version's diagram with how many cases stand where."""
    standing = backstage.standing(session, definition_id)
    stopped = select(Incident.activity).where(Incident.definition_id == definition_id)
    elements = {name: {"mark": "current", "count": count} for name, count in standing.items()}
    for name in session.scalars(stopped):
        elements[name] = {**elements.get(name, {}), "mark": "incident"}
    return {
        "diagrams": [_titled(session, definition_id)],
        "state": {"elements": elements, "flows": []},
        "history": {name: [_("%(n)s 件", n=count)] for name, count in standing.items()},
    }
