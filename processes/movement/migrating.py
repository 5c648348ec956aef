"""Moving running cases to another version of their process (在办案件迁移): looked at first.

Invariant: nothing is moved but by an explicit order with a reason; each case is a transaction of
its own, so one that cannot be moved keeps none from moving. Whoever moves cases sees where they
stand, not what is in them, and only those of the organisations looked after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from engine import cache, migration, repository
from engine.definition.elements import Element
from engine.errors import Conflict, NotFound, TaskNotActive
from engine.migration import Placed, Problem
from engine.model import EventSubscription, Job, ProcessDefinition, ProcessInstance, UserTask
from processes.casefile import opinions
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.rights import permissions

MOST: Final = 100
"""Cases looked at, and ordered to be moved, at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """From which version to which, and for elements of other ids what they become."""

    key: str
    source: int
    target: int
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One case in the preview: where it would stand, or why it cannot be moved."""

    case_id: int
    reference: str
    title: str
    step: str
    placed: Sequence[Placed]
    dropped: Sequence[str]
    added: Sequence[str]
    problems: Sequence[Problem]
    refused: str = ""

    @property
    def movable(self) -> bool:
        """Whether nothing stands against it."""
        return not self.problems and not self.refused


@dataclass(frozen=True, slots=True)
class Open:
    """An element at which cases stand that the target does not have by its id."""

    element: str
    name: str
    cases: int
    options: Sequence[tuple[str, str]]
    """Elements of the target of the same kind: id and name."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would do to the next cases after `after`."""

    lines: Sequence[Line]
    unplaced: Sequence[Open]
    next: int | None


def preview(session: Session, order: Order, *, by: User, after: int = 0) -> Preview:
    """What moving the cases of a version would do; nothing changes.

    Raises:
        Forbidden: no right. NotFound: no such version or mapped element.
    """
    permissions.require(by, Action.MIGRATE_CASE)
    source, target = _definitions(session, order)
    query = _cases(source.id, by).where(Case.id > after).order_by(Case.id).limit(MOST + 1)
    found = session.scalars(query).all()
    lines = [_line(session, case, source, target, order.mapping) for case in found[:MOST]]
    following = found[MOST - 1].id if len(found) > MOST else None
    return Preview(lines, _unplaced(session, lines, source, target), following)


def migrate(session: Session, case_id: int, order: Order, *, by: User, reason: str) -> Line:
    """Move one case.

    Raises:
        NotFound: not a case on that version that this user looks after.
        MigrationRefused: it stands where the target has no place. Conflict: no reason given.
        TaskNotActive: it is suspended or over.
    """
    permissions.require(by, Action.MIGRATE_CASE)
    if not reason.strip():
        raise Conflict("请填写迁移的理由", field="reason")
    source, target = _definitions(session, order)
    case = session.scalar(_cases(source.id, by).where(Case.id == case_id))
    if case is None:
        raise NotFound("没有这个版本的在办案件", case=case_id)
    done = migration.migrate(
        session, case_id, source.id, target.id, by=str(by.id), mapping=order.mapping
    )
    text = f"第 {source.version} 版 → 第 {target.version} 版"
    opinions.record(
        session,
        case_id,
        by=by,
        activity="migrate",
        activity_name="流程版本迁移",
        decision=text,
        text=reason.strip(),
        action="migrated",
    )
    detail = f"{order.key} {source.version} → {target.version}: {reason.strip()}"
    audit.record(session, "case.migrated", by=by, subject=("case", case_id), detail=detail)
    return Line(
        *(case_id, case.reference, case.title, case.step),
        placed=done.placed,
        dropped=done.dropped,
        added=done.added,
        problems=(),
    )


def count(session: Session, definition_id: int, *, by: User) -> int:
    """How many cases of a version this user may move; 0 without the right."""
    if not permissions.allowed(by, Action.MIGRATE_CASE):
        return 0
    return len(session.scalars(_cases(definition_id, by).with_only_columns(Case.id)).all())


def _definitions(session: Session, order: Order) -> tuple[ProcessDefinition, ProcessDefinition]:
    found = {one.version: one for one in repository.versions(session, order.key)}
    missing = [one for one in (order.source, order.target) if one not in found]
    if missing:
        raise NotFound(f"流程『{order.key}』没有第 {missing[0]} 版", key=order.key)
    if order.source == order.target:
        raise Conflict("原版本与目标版本相同", field="target")
    return found[order.source], found[order.target]


def _cases(definition_id: int, by: User) -> Select[tuple[Case]]:
    """The running cases with anything on a version, as their own process or one called."""
    own = select(ProcessInstance.id).where(ProcessInstance.definition_id == definition_id)
    held: list[ColumnElement[bool]] = [Case.id.in_(own)]
    for kind in (UserTask, EventSubscription, Job):
        called = select(kind.instance_id).where(kind.definition_id == definition_id)
        held.append(Case.id.in_(called))
    return select(Case).where(
        Case.ended_at.is_(None), or_(*held), permissions.operated(by, Action.MIGRATE_CASE)
    )


def _line(
    session: Session,
    case: Case,
    source: ProcessDefinition,
    target: ProcessDefinition,
    mapping: Mapping[str, str],
) -> Line:
    facts = (case.id, case.reference, case.title, case.step)
    try:
        execution = cache.peek(session, case.id)
        planned = migration.plan(session, execution, source.id, target.id, mapping=mapping)
    except TaskNotActive as error:
        return Line(*facts, (), (), (), (), refused=error.message)
    instance = session.get_one(ProcessInstance, case.id)
    refused = "办件已挂起，恢复办理后方可迁移" if instance.status == "suspended" else ""
    return Line(
        *facts, planned.placed, planned.dropped, planned.added, planned.problems, refused=refused
    )


def _unplaced(
    session: Session,
    lines: Sequence[Line],
    source: ProcessDefinition,
    target: ProcessDefinition,
) -> list[Open]:
    old = repository.compiled(session, source.id).elements
    new = repository.compiled(session, target.id).elements
    counts: dict[str, int] = {}
    for line in lines:
        for problem in line.problems:
            counts[problem.element] = counts.get(problem.element, 0) + 1
    return [
        Open(element, old[element].name or element, cases, _options(old[element], new))
        for element, cases in counts.items()
        if element in old
    ]


def _options(element: Element, new: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one.id, one.name or one.id) for one in new.values() if type(one) is type(element)]
