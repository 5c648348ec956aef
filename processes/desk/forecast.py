"""Which steps a case still has before it, in order, with the names of those who would do them.

Invariant: reads the model, the variables as they stand and cases that are over: a step is certain
if no way to an end passes it by, and usual if most of those cases took it; whom an expression
cannot tell yet, the role tells.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import history, repository, runtime
from engine.definition import elements as el
from engine.definition.process import Process
from engine.errors import BanliError
from engine.expressions import Expression, evaluate, texts
from engine.model import HistoryEvent, ProcessInstance
from engine.variables import Variables
from processes.approvals import performers
from processes.approvals.performers import Performers
from processes.model.cases import Case
from processes.rights.permissions import TaskFacts

_SCOPE = "candidateScope"
_SAMPLE: Final = 100


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step that lies before a case; one that is not certain depends on what is decided."""

    activity: str
    step: str
    certain: bool
    usual: bool
    """Whether half of the ended cases went through it, or, without any, whether it is next."""
    performers: Performers


def of_case(session: Session, case: Case) -> list[Ahead]:
    """The steps of the case's own process that it has not come to yet; none once it is over."""
    instance = session.get_one(ProcessInstance, case.id)
    if instance.ended_at is not None:
        return []
    process = repository.compiled(session, instance.definition_id).process
    states = history.activity_states(session, case.id)
    here = [name for name, state in states.items() if state == "started" and _acts(process, name)]
    done = {name for name, state in states.items() if state == "completed"}
    variables = runtime.variables(session, case.id)
    taken = _taken(session, instance.definition_id)
    steps = [one for one in _before(process, here) if one.id not in done]
    return [
        Ahead(
            one.id,
            one.name or one.id,
            certain=_unavoidable(process, here, one.id),
            usual=one.id in taken if taken else one is steps[0],
            performers=_performers(session, process, one, variables),
        )
        for one in steps
    ]


def _taken(session: Session, definition_id: int) -> frozenset[str]:
    """The activities that half of a sample of ended cases of this version completed."""
    ended = (
        select(ProcessInstance.id)
        .where(
            ProcessInstance.definition_id == definition_id, ProcessInstance.status == "completed"
        )
        .limit(_SAMPLE)
    )
    sample = session.scalars(ended).all()
    times = func.count(func.distinct(HistoryEvent.instance_id))
    query = (
        select(HistoryEvent.activity)
        .where(
            HistoryEvent.instance_id.in_(sample),
            HistoryEvent.type == "activity.completed",
            HistoryEvent.activity != "",
        )
        .group_by(HistoryEvent.activity)
        .having(times * 2 >= len(sample))
    )
    return frozenset(session.scalars(query)) if sample else frozenset()


def _acts(process: Process, name: str) -> bool:
    """Whether an element is where a case stands: what is called counts as the call."""
    element = process.elements.get(name)
    return isinstance(element, el.Activity) and not isinstance(element, el.SubProcess)


def _before(process: Process, here: Iterable[str]) -> list[el.UserTask | el.CallActivity]:
    """What people do, and what other processes do, from here on, the nearest first."""
    start = [*here]
    return [
        element
        for name in _reached(process, start)
        if name not in start
        and isinstance(element := process.elements[name], el.UserTask | el.CallActivity)
    ]


def _reached(process: Process, here: Iterable[str], without: str = "") -> list[str]:
    found: dict[str, None] = dict.fromkeys(here)
    queue = deque(found)
    while queue:
        for name in _next(process, queue.popleft()):
            if name not in found and name != without:
                found[name] = None
                queue.append(name)
    return list(found)


def _next(process: Process, name: str) -> Iterator[str]:
    """Where the flow goes from an element; into a sub-process, and out of it at its ends."""
    element = process.elements[name]
    if isinstance(element, el.SubProcess):
        yield from (start.id for start in process.starts(name) if start.definition is None)
    if isinstance(element, el.EndEvent) and element.scope in process.elements:
        yield from (flow.target for flow in process.outgoing(process.elements[element.scope]))
        return
    if not isinstance(element, el.SubProcess):
        yield from (flow.target for flow in process.outgoing(element))


def _unavoidable(process: Process, here: Iterable[str], name: str) -> bool:
    ends = {one.id for one in process.of(el.EndEvent) if one.scope == process.id}
    return ends.isdisjoint(_reached(process, here, without=name))


def _performers(
    session: Session, process: Process, element: el.Element, variables: Variables
) -> Performers:
    if not isinstance(element, el.UserTask):
        return Performers()
    scope = _scope(process, variables)
    groups = tuple(_groups(element, variables))
    if scope and not any("@" in one for one in groups):
        groups = tuple(f"{one}@{scope}" for one in groups)
    users = _texts(element.candidate_users, variables)
    single = _texts(element.assignee, variables)
    return performers.of_facts(
        session,
        TaskFacts(
            id=0,
            assignee=single[0] if single else None,
            groups=frozenset(groups),
            users=frozenset(users),
        ),
    )


def _groups(element: el.UserTask, variables: Variables) -> tuple[str, ...]:
    if element.candidate_groups is not None:
        return _texts(element.candidate_groups, variables)
    if element.assignee is None and element.candidate_users is None and element.lane:
        return (element.lane,)
    return ()


def _scope(process: Process, variables: Variables) -> str:
    text = process.properties.get(_SCOPE, "")
    try:
        value = evaluate(Expression(text), variables) if text else ""
    except BanliError:
        return ""
    return value if isinstance(value, str) else ""


def _texts(expression: Expression | None, variables: Mapping[str, object]) -> tuple[str, ...]:
    """What an expression gives now; nothing while it cannot."""
    if expression is None:
        return ()
    try:
        return texts(expression, variables)
    except BanliError:
        return ()
