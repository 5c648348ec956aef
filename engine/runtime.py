"""Process instances: start, read, suspend, resume, terminate.

Invariant: a command leaves the instance waiting, completed or ended; a suspended instance moves for
nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from engine import cache, history, ids, inbox, move_places, repository, store
from engine.definition.elements import Element
from engine.errors import Conflict, NotFound, TaskNotActive
from engine.execution import Execution
from engine.model import EventSubscription, Job, ProcessInstance, UserTask
from engine.store import execution
from engine.variables import Variables

_WAITING = (UserTask, EventSubscription, Job)


def start(  # noqa: PLR0913 - what an instance begins with, all by name
    session: Session,
    key: str,
    *,
    by: str,
    variables: Variables,
    business_key: str,
    start_event: str | None = None,
    version: int | None = None,
) -> ProcessInstance:
    """Start an instance of a process, the latest version or the one named.

    Raises:
        NotFound: no such process or version. Conflict: the version is suspended.
        VariablesInvalid: a value may not become a variable.
    """
    definition = repository.latest(session, key)
    if version is not None:
        found = [one for one in repository.versions(session, key) if one.version == version]
        if not found:
            raise NotFound(f"流程『{key}』没有第 {version} 版", key=key, version=version)
        definition = found[0]
    if definition.suspended:
        raise Conflict(f"流程『{definition.name or key}』第 {definition.version} 版已停用", key=key)
    step = Execution.start(
        repository.compiled(session, definition.id),
        instance_id=ids.next_id(),
        variables=variables,
        resolver=repository.DefinitionResolver(session),
        start_event=start_event,
        definition_id=definition.id,
    )
    step.step.note("instance.started", "", step.instance_id, business_key=business_key)
    step.advance()
    store.create(session, step, business_key=business_key, by=by)
    return get(session, step.instance_id)


@dataclass(frozen=True, slots=True)
class Midway:
    """An activity at which an instance begins, by its path.

    `known`: variables of the processes called on the way there, each by the calls that lead to it.
    """

    path: Sequence[str]
    known: Mapping[tuple[str, ...], Variables] = field(default_factory=dict)


def restart(
    session: Session,
    definition_id: int,
    *,
    at: Midway,
    by: str,
    variables: Variables,
    business_key: str,
) -> ProcessInstance:
    """Start an instance of a definition at an activity, named by its path, not at its start.

    Raises:
        MoveRefused: nothing can begin there.
    """
    compiled = repository.compiled(session, definition_id)
    resolver = repository.DefinitionResolver(session)
    move_places.begins_at(
        compiled.process, at.path, called=partial(move_places.latest, resolver=resolver)
    )
    step = Execution.start(
        compiled,
        instance_id=ids.next_id(),
        variables=variables,
        resolver=resolver,
        definition_id=definition_id,
    )
    step.begin_at(at.path)
    step.step.recalled.update(at.known)
    step.step.note(
        "instance.started", "", step.instance_id, business_key=business_key, at="/".join(at.path)
    )
    step.advance()
    store.create(session, step, business_key=business_key, by=by)
    return get(session, step.instance_id)


_GET: Final = (
    select(ProcessInstance)
    .where(ProcessInstance.id == bindparam("id"))
    .execution_options(populate_existing=True)
)
_REVISION: Final = select(ProcessInstance.revision).where(ProcessInstance.id == bindparam("id"))


def revision(session: Session, instance_id: int) -> int:
    """At which revision an instance is; 0 where there is none."""
    return session.scalar(_REVISION, {"id": instance_id}) or 0


def get(session: Session, instance_id: int) -> ProcessInstance:
    """An instance.

    Raises:
        NotFound: there is none.
    """
    found: ProcessInstance | None = session.scalar(_GET, {"id": instance_id})
    if found is None:
        raise NotFound("没有这个流程实例", instance=instance_id)
    return found


def variables(
    session: Session,
    instance_id: int,
    *,
    scope_id: int | None = None,
    wait_id: int | None = None,
) -> Variables:
    """The variables seen from a scope, or from where something waits; without one, the root's.

    A scope's own hide those around it. The mapping is the caller's; the values in it are shared
    and may not be changed in place.
    """
    try:
        step = cache.peek(session, instance_id)
    except TaskNotActive:
        return cache.variables(session, instance_id).get(instance_id, {})
    token = step.workflow.tasks.get(wait_id) if wait_id is not None else None
    if token is not None:
        scope_id = step.workflow.scope_id(token)
    wanted = scope_id if scope_id in step.scopes else None
    return dict(step.workflow.scopes.context(wanted or instance_id))


def retry(session: Session, instance_id: int, activity_id: int, *, by: str) -> None:
    """Run an activity that is stuck again."""
    with execution(session, instance_id, actor=by) as step:
        step.retry(activity_id)


def startable(session: Session, instance_id: int) -> Mapping[int, Sequence[Element]]:
    """What may be begun in each ad-hoc sub-process that is open, by its activity instance."""
    try:
        return cache.peek(session, instance_id).startable
    except TaskNotActive:
        return {}


def begin(session: Session, instance_id: int, activity_id: int, element: str, *, by: str) -> None:
    """Begin an element of an open ad-hoc sub-process.

    Raises:
        TaskNotActive: it is over. NotFound: it has no such element. Conflict: not now.
    """
    with execution(session, instance_id, actor=by) as step:
        step.begin(activity_id, element)


def suspend(session: Session, instance_id: int, *, by: str, reason: str) -> None:
    """Hold an instance: its tasks, subscriptions and jobs rest.

    Raises:
        NotFound: no such instance. Conflict: it is not active.
    """
    _hold(session, instance_id, "active", "suspended")
    history.append(session, instance_id, "instance.suspended", by=by, reason=reason)


def resume(session: Session, instance_id: int, *, by: str, reason: str) -> None:
    """Let a held instance go on.

    Raises:
        NotFound: no such instance. Conflict: it is not suspended.
    """
    _hold(session, instance_id, "suspended", "active")
    history.append(session, instance_id, "instance.resumed", by=by, reason=reason)
    query = select(EventSubscription).where(
        EventSubscription.instance_id == instance_id, EventSubscription.kind == "message"
    )
    for awaited in session.scalars(query.order_by(EventSubscription.name)).all():
        inbox.queue(session, awaited)


def terminate(session: Session, instance_id: int, *, by: str, reason: str) -> None:
    """End an instance with everything it waits for; what it has sent is still delivered.

    Raises:
        NotFound: no such instance. TaskNotActive: it has ended.
    """
    if get(session, instance_id).status == "suspended":
        _hold(session, instance_id, "suspended", "active")
    with execution(session, instance_id, actor=by) as step:
        step.terminate(reason)


def _hold(session: Session, instance_id: int, before: str, after: str) -> None:
    changed = session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.id == instance_id, ProcessInstance.status == before)
        # whoever is moving it just now has to look again
        .values(status=after, revision=ProcessInstance.revision + 1)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        get(session, instance_id)
        raise Conflict("办件当前状态不允许此操作", instance=instance_id)
    for model in _WAITING:
        session.execute(
            update(model)
            .where(model.instance_id == instance_id)
            .values(suspended=after == "suspended")
            .execution_options(synchronize_session=False)
        )
