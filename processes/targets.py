"""Where a case can be moved to: the user tasks done in it, and all that its models have.

Invariant: a place is named by the path that `engine.moves` understands from where the mover is, so
what is offered here can be carried out there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from engine import cache, history, moves, repository
from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.definition.process import Process
from engine.execution import Execution
from engine.model import HistoryEvent, ProcessInstance
from engine.moves import SEPARATOR, MoveRefused, Plan
from engine.specs.containers import called_path
from engine.specs.token import Token
from processes import opened
from processes.model.cases import Case

_MOST: Final = 100_000
Ways = tuple[tuple[str, ...], ...]


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


@dataclass(frozen=True, slots=True)
class Called:
    """A process of a case: its own (no ways), or one called at the end of the ways."""

    ways: Ways
    calls: tuple[str, ...]
    names: tuple[str, ...]
    compiled: CompiledProcess

    @property
    def process(self) -> Process:
        """Its model."""
        return self.compiled.process


@dataclass(frozen=True, slots=True)
class _Done:
    within: Called
    element: el.Element
    event: HistoryEvent


def performed(session: Session, case: Case, mover: int) -> list[Target]:
    """The user tasks done in a case that lie before an open one, in the order first done.

    Raises:
        TaskNotActive: the case has ended.
    """
    execution = cache.peek(session, case.id)
    here = place_of(execution, mover)
    processes = called(session, case.id)
    found: dict[str, Target] = {}
    for done in _done(session, case.id, processes):
        path = path_from(here, done.within, done.element.id)
        if not _lies_before(execution, mover, path):
            continue
        made = _target(session, case, done, path)
        found[path] = made
    return list(found.values())


def all_of(session: Session, case_id: int, mover: int) -> list[Target]:
    """Every user task of a case that the point of control can be put on from an open place."""
    execution = cache.peek(session, case_id)
    here = place_of(execution, mover)
    found = []
    for one in called(session, case_id):
        for element in one.process.of(el.UserTask):
            path = path_from(here, one, element.id)
            if plan_or_none(execution, mover, path) is not None:
                found.append(_named(one, element, path))
    return found


def restartable(session: Session, case_id: int) -> list[Target]:
    """The user tasks at which an ended case can be begun again."""
    found = []
    processes = called(session, case_id)
    for one in processes:
        for element in one.process.of(el.UserTask):
            path = path_from((), one, element.id, whole=True)
            try:
                moves.begins_at(processes[0].process, path.split(SEPARATOR))
            except MoveRefused:
                continue
            found.append(_named(one, element, path))
    return found


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


def calls_around(token: Token) -> tuple[str, ...]:
    """The call activities around a token, from the outside in."""
    return called_path(token)


def path_from(here: tuple[str, ...], one: Called, activity: str, *, whole: bool = False) -> str:
    """How `moves` names an activity of a process, seen from within the calls `here`."""
    inner = moves.way_to(one.process, activity)
    depth = len(here) if one.calls[: len(here)] == here else 0
    ways = [*one.ways[depth:], inner]
    first = ways[0] if whole else ways[0][-1:]
    return SEPARATOR.join([*first, *(name for way in ways[1:] for name in way)])


def called(session: Session, case_id: int) -> Sequence[Called]:
    """The case's own process, and those that it has called so far."""
    found = [Called((), (), (), _own(session, case_id))]
    for event in history.of_type(session, case_id, "process.called"):
        compiled = repository.compiled(session, int(event.data["definition"]))
        for one in [*found]:
            if event.activity not in one.process.elements:
                continue
            ways = (*one.ways, moves.way_to(one.process, event.activity))
            name = one.process.elements[event.activity].name or compiled.name
            made = Called(ways, (*one.calls, event.activity), (*one.names, name), compiled)
            if made.ways not in {other.ways for other in found}:
                found.append(made)
            break
    return found


def element_of(
    processes: Sequence[Called], activity: str
) -> tuple[Called, el.Element] | tuple[None, None]:
    """An activity of a case and the one of its processes that has it."""
    for one in processes:
        if activity in one.process.elements:
            return one, one.process.elements[activity]
    return None, None


def _own(session: Session, case_id: int) -> CompiledProcess:
    definition_id = session.get_one(ProcessInstance, case_id).definition_id
    return repository.compiled(session, definition_id)


def _done(session: Session, case_id: int, processes: Sequence[Called]) -> Iterator[_Done]:
    for event in history.events(session, case_id, limit=_MOST):
        if event.type != "activity.completed" or not event.actor.isdigit():
            continue
        for one in processes:
            element = one.process.elements.get(event.activity)
            if isinstance(element, el.UserTask):
                yield _Done(one, element, event)
                break


def _lies_before(execution: Execution, mover: int, path: str) -> bool:
    wait = execution.waits.get(mover)
    if wait is None or path == wait.activity:
        return False
    planned = plan_or_none(execution, mover, path)
    return planned is not None and planned.backwards


def _target(session: Session, case: Case, done: _Done, path: str) -> Target:
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
