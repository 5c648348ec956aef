"""Definitions, instances and incidents as programs and operators look at them.

Invariant: contents of a case (variables, history) are for those who may see the case; operators see
where instances stand and what is wrong with them, not what is in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine import history, repository, runtime
from engine.errors import NotFound
from engine.model import HistoryEvent, Incident, ProcessDefinition, ProcessInstance
from engine.variables import Variables
from forms.definition import FormDefinition
from processes.deployed import resources
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.rights import permissions

_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFilters:
    """What narrows a list of instances."""

    process_key: str = ""
    status: str = ""
    business_key: str = ""


def definitions(session: Session, *, by: User) -> Sequence[ProcessDefinition]:
    """The latest version of every process."""
    permissions.require(by, Action.VIEW_LIBRARY)
    return repository.all_latest(session)


def versions(session: Session, key: str, *, by: User) -> Sequence[ProcessDefinition]:
    """Every version of a process, the latest first.

    Raises:
        NotFound: no such process.
    """
    permissions.require(by, Action.VIEW_LIBRARY)
    found = repository.versions(session, key)
    if not found:
        raise NotFound(f"没有流程『{key}』", key=key)
    return found


def definition(session: Session, definition_id: int, *, by: User) -> ProcessDefinition:
    """One version.

    Raises:
        NotFound: no such version.
    """
    permissions.require(by, Action.VIEW_LIBRARY)
    return repository.get(session, definition_id)


def model(session: Session, definition_id: int, *, by: User) -> bytes:
    """The BPMN file of a version.

    Raises:
        NotFound: no such version.
    """
    found = definition(session, definition_id, by=by)
    content = repository.resource(session, definition_id, f"{found.key}.bpmn")
    if content is None:
        raise NotFound("没有这个流程版本", definition=definition_id)
    return content


def form(session: Session, definition_id: int, form_id: str, *, by: User) -> FormDefinition:
    """A form of a version.

    Raises:
        NotFound: no such version or form.
    """
    definition(session, definition_id, by=by)
    return resources.form(session, definition_id, form_id)


def suspend_definition(
    session: Session, definition_id: int, *, by: User, suspended: bool, reason: str
) -> ProcessDefinition:
    """Let nobody start a version, or let them again; running cases go on.

    Raises:
        NotFound: no such version. Forbidden: not this user's to do.
    """
    permissions.require(by, Action.SUSPEND_DEFINITION)
    repository.suspend_definition(session, definition_id, suspended=suspended)
    action = "definition.suspended" if suspended else "definition.resumed"
    audit.record(session, action, by=by, subject=("definition", definition_id), detail=reason[:500])
    return repository.get(session, definition_id)


def instances(
    session: Session,
    *,
    by: User,
    filters: InstanceFilters,
    after: int | None = None,
    limit: int = 50,
) -> tuple[Sequence[ProcessInstance], int | None]:
    """Instances in the user's scope, the latest first, and the key of the page after them."""
    query = select(ProcessInstance).where(_in_scope(by))
    if after is not None:
        query = query.where(ProcessInstance.id < after)
    if filters.process_key:
        keys = select(ProcessDefinition.id).where(ProcessDefinition.key == filters.process_key)
        query = query.where(ProcessInstance.definition_id.in_(keys))
    if filters.status:
        query = query.where(ProcessInstance.status == filters.status)
    if filters.business_key:
        query = query.where(ProcessInstance.business_key == filters.business_key)
    limit = min(limit, _MOST)
    found = session.scalars(query.order_by(ProcessInstance.id.desc()).limit(limit + 1)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def instance(session: Session, instance_id: int, *, by: User) -> ProcessInstance:
    """An instance in the user's scope.

    Raises:
        NotFound: none such, or out of scope.
    """
    query = select(ProcessInstance).where(ProcessInstance.id == instance_id, _in_scope(by))
    found = session.scalar(query)
    if found is None:
        raise NotFound("没有这个流程实例", instance=instance_id)
    return found


def events(
    session: Session, instance_id: int, *, by: User, after: int = 0, limit: int = 100
) -> Sequence[HistoryEvent]:
    """The history of an instance after a sequence number, for those who may see the case.

    Raises:
        NotFound: none such, or out of scope; an operator sees where it stands (`steps`).
    """
    permissions.case(session, instance_id, by=by)
    return history.events(session, instance_id, after=after, limit=min(limit, _MOST))


def steps(session: Session, instance_id: int, *, by: User) -> Mapping[str, str]:
    """The last thing that happened to each activity; neither who acted nor with what.

    Raises:
        NotFound: none such, or out of scope.
    """
    instance(session, instance_id, by=by)
    return history.activity_states(session, instance_id)


def variables(session: Session, instance_id: int, *, by: User) -> Variables:
    """The variables of a case the user may see; every look is recorded.

    Raises:
        NotFound: the case is not in the user's scope. Forbidden: no right to clear values.
    """
    permissions.case(session, instance_id, by=by, action=Action.UNMASK)
    audit.record(session, "data.unmasked", by=by, subject=("case", instance_id), detail="variables")
    return runtime.variables(session, instance_id)


def incidents(
    session: Session, *, by: User, after: int | None = None, limit: int = 50
) -> tuple[Sequence[Incident], int | None]:
    """Open incidents of the cases the operator looks after, the latest first.

    Raises:
        Forbidden: not an operator.
    """
    permissions.require(by, Action.OPERATE)
    query = select(Incident).where(looked_after(Incident.instance_id, by=by))
    if after is not None:
        query = query.where(Incident.id < after)
    limit = min(limit, _MOST)
    found = session.scalars(query.order_by(Incident.id.desc()).limit(limit + 1)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def keys_of(session: Session, found: Sequence[ProcessInstance]) -> Mapping[int, tuple[str, int]]:
    """Key and version of the definitions of some instances."""
    rows = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.version).where(
            ProcessDefinition.id.in_({one.definition_id for one in found})
        )
    )
    return {one: (key, version) for one, key, version in rows}


def _in_scope(by: User) -> ColumnElement[Any]:
    seen = [permissions.visible_cases(by), _own(by)]
    if permissions.allowed(by, Action.OPERATE):
        seen.append(operated(by))
    return or_(*(ProcessInstance.id.in_(ids) for ids in seen))


def operated(by: User, action: Action = Action.OPERATE) -> Select[tuple[int]]:
    """Ids of the cases an operator looks after."""
    return select(Case.id).where(permissions.operated(by, action))


def looked_after(
    instance: InstrumentedAttribute[Any], *, by: User, action: Action = Action.OPERATE
) -> ColumnElement[bool]:
    """Whether the instance of a job or an incident, or its having none, is the operator's."""
    mine = instance.in_(operated(by, action))
    return or_(mine, instance.is_(None)) if permissions.operates_all(by, action) else mine


def _own(by: User) -> Any:
    return select(Case.id).where(Case.applicant_user == by.id)
