"""Where a case can be moved to: the user tasks done in it, and all that its models have.

Invariant: a place is named by the path that `engine.moves` understands from where the mover is, so
what is offered here can be carried out there; what was done in another activation of a sub-process
or for another item of a multi-instance activity is no target.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from engine import cache, move_places, moves, repository
from engine.definition import elements as el
from engine.execution import Execution
from engine.move_places import OUT, SEPARATOR, MoveRefused
from engine.moves import Plan
from engine.specs.token import Token
from processes.casefile.past import Called, Done, Past
from processes.model.cases import Case
from processes.rights import opened


@dataclass(frozen=True, slots=True)
class Target:
    """A user task that the case can be moved to; `called`: names of the processes around it."""

    path: str
    activity: str
    name: str
    called: tuple[str, ...] = ()
    performer: int | None = None
    performer_name: str = ""
    at: datetime | None = None
    applicant: bool = False
    across: bool = False
    """In another branch, which runs beside the mover's."""


def performed(session: Session, case: Case, mover: int) -> list[Target]:
    """The user tasks done in a case that lie before an open one, in the order first done.

    Raises:
        TaskNotActive: the case has ended.
    """
    execution = cache.peek(session, case.id)
    here = place_of(execution, mover)
    past = Past(session, case.id)
    found: dict[str, Target] = {}
    for done in past.done():
        path = path_from(here, done.within, done.element.id, past.processes)
        token = execution.workflow.tasks.get(mover)
        if token is None or apart(token, done.event.activity_id, past.around(done.event)):
            continue
        planned = _way_back(execution, mover, path)
        if planned is not None:
            found[path] = replace(_target(session, case, done, path), across=planned.across)
    # those of other branches first: what is offered first, from the end, lies on the way here
    return sorted(found.values(), key=lambda one: not one.across)


def all_of(session: Session, case_id: int, mover: int) -> list[Target]:
    """Every user task of a case that the point of control can be put on from an open place."""
    execution = cache.peek(session, case_id)
    here = place_of(execution, mover)
    found = []
    processes = Past(session, case_id).processes
    for one in processes:
        for element in one.process.of(el.UserTask):
            path = path_from(here, one, element.id, processes)
            planned = plan_or_none(execution, mover, path)
            if planned is not None:
                found.append(replace(_named(one, element, path), across=planned.across))
    return found


def restartable(session: Session, case_id: int) -> list[Target]:
    """The user tasks at which an ended case can be begun again."""
    found = []
    processes = Past(session, case_id).processes
    called = partial(move_places.latest, resolver=repository.DefinitionResolver(session))
    for one in processes:
        for element in one.process.of(el.UserTask):
            inner = move_places.way_to(one.process, element.id)
            path = SEPARATOR.join(name for way in (*one.ways, inner) for name in way)
            try:
                move_places.begins_at(processes[0].process, path.split(SEPARATOR), called=called)
            except MoveRefused:
                continue
            found.append(_named(one, element, path))
    return found


def apart(mover: Token, done: int | None, around: Sequence[int]) -> bool:
    """Whether something was done in another activation than a token is in.

    `around` are the activity instances around what was done, from the inside out.
    """
    tasks = mover.workflow.tasks
    line = {mover.id, *(one.id for one in mover.workflow.ancestors(mover))}
    inner = done
    for one in around:
        token = tasks.get(one)
        if token is not None and not token.task_spec.past:
            return one not in line or (inner not in tasks and token.task_spec.free_children)
        inner = one
    return False


def plan_or_none(execution: Execution, mover: int, path: str) -> Plan | None:
    """What a move would do, or None if the engine refuses it."""
    try:
        return moves.plan(execution, mover, to=path)
    except MoveRefused:
        return None


def place_of(execution: Execution, mover: int) -> tuple[str, ...]:
    """The call activities around something that waits."""
    wait = execution.waits.get(mover)
    return tuple(getattr(wait, "called_path", ()))


def path_from(
    here: tuple[str, ...], one: Called, activity: str, processes: Sequence[Called]
) -> str:
    """How `moves` names an activity of a process, seen from within the calls `here`.

    Out of a called process that has the same id itself, the path says so.
    """
    depth = 0
    while depth < min(len(here), len(one.calls)) and one.calls[depth] == here[depth]:
        depth += 1
    ways = [*one.ways[depth:], move_places.way_to(one.process, activity)]
    names = [ways[0][-1], *(name for way in ways[1:] for name in way)]
    between = {here[:level] for level in range(depth + 1, len(here) + 1)}
    hidden = any(
        other.calls in between and names[0] in other.process.elements for other in processes
    )
    ups = [OUT] * (len(here) - depth) if hidden else []
    return SEPARATOR.join([*ups, *names])


def _way_back(execution: Execution, mover: int, path: str) -> Plan | None:
    """The plan of a return: to what lies before, or in a branch that runs beside."""
    wait = execution.waits.get(mover)
    if wait is None or path == wait.activity:
        return None
    planned = plan_or_none(execution, mover, path)
    return planned if planned is not None and (planned.backwards or planned.across) else None


def _target(session: Session, case: Case, done: Done, path: str) -> Target:
    actor = int(done.event.actor)
    return Target(
        path,
        done.element.id,
        done.element.name or done.element.id,
        done.within.names,
        actor,
        opened.person(session, done.event.actor),
        done.event.at,
        actor == case.applicant_user,
    )


def _named(one: Called, element: el.Element, path: str) -> Target:
    return Target(path, element.id, element.name or element.id, one.names)


def by_path(found: Sequence[Target]) -> Mapping[str, Target]:
    """Targets by their path."""
    return {one.path: one for one in found}
