"""Choosing beforehand who does a later task of one case (case-operations A.2 追加, 改派后续).

Invariant: what lies ahead is told by the structure of the model alone: a task that may still come,
not one that surely will.
"""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.orm import Session

from engine import cache
from engine.definition import elements as el
from engine.definition.paths import begins
from engine.definition.process import Process
from engine.errors import ExpressionError
from engine.execution import Execution
from engine.specs import planning
from engine.specs.token import called_path
from engine.store import execution
from engine.waiting import UserTaskWait, Wait


def choose(session: Session, instance_id: int, path: str, users: Sequence[str], *, by: str) -> None:
    """Choose who does a task of an instance when it comes; nobody: the model decides again.

    Raises:
        TaskNotActive: the instance has ended or is suspended.
    """
    with execution(session, instance_id, actor=by) as step:
        step.plan(path, users)


def chosen(session: Session, instance_id: int) -> Mapping[str, Sequence[str]]:
    """Who was chosen for which tasks of an instance."""
    return planning.all_of(cache.peek(session, instance_id).workflow)


def ahead(session: Session, instance_id: int) -> list[el.UserTask]:
    """The user tasks of the instance's own process that may still come and are not open now.

    Raises:
        TaskNotActive: it has ended.
    """
    live = cache.peek(session, instance_id)
    process = live.compiled.process
    following = _to_come(live)
    open_now = {wait.activity for wait in live.waits.values() if isinstance(wait, UserTaskWait)}
    return [
        one
        for one in process.of(el.UserTask)
        if one.id in following - open_now and not one.for_compensation and one.loop is None
    ]


def to_come(session: Session, instance_id: int) -> frozenset[str]:
    """The elements of the instance's own process that a token may still come to; none at the end.

    Raises:
        TaskNotActive: it has ended.
    """
    return _to_come(cache.peek(session, instance_id))


def _to_come(live: Execution) -> frozenset[str]:
    here = {_place(live, wait) for wait in live.waits.values()}
    process = live.compiled.process
    return frozenset(one for place in here for one in _following(process, place))


def groups(session: Session, instance_id: int, activity: str) -> tuple[str, ...]:
    """The candidate groups that a task ahead would have as things stand; none if none can be told.

    Its expressions may read what only later steps write.
    """
    live = cache.peek(session, instance_id)
    spec = live.compiled.spec.task_specs[activity]
    try:
        found: tuple[str, ...] = spec.candidate_groups(dict(live.variables))
    except ExpressionError:
        return ()
    return found


def _place(live: Execution, wait: Wait) -> str:
    """The element of the instance's own process in which something waits."""
    calls = called_path(live.workflow.tasks[wait.id])
    return str(calls[0]) if calls else wait.activity


def _following(process: Process, place: str) -> set[str]:
    """Everything that the flow may lead to from an element, out of its sub-processes too."""
    found: set[str] = set()
    left = [*_next(process, place)]
    while left:
        current = left.pop()
        if current in found or current not in process.elements:
            continue
        found.add(current)
        left.extend(_next(process, current))
    return found


def _next(process: Process, place: str) -> Iterator[str]:
    element = process.elements.get(place)
    if element is None:
        return
    yield from (flow.target for flow in process.outgoing(element))
    yield from (event.id for event in process.boundary(place))
    yield from (one.id for one in begins(process, place))
    if element.scope in process.elements:
        # the scope around it comes to its end, or an event sub-process of it begins
        yield from (flow.target for flow in process.outgoing(process.elements[element.scope]))
    for sub in process.of(el.SubProcess):
        if sub.by_event and sub.scope == element.scope:
            yield from (one.id for one in begins(process, sub.id))
