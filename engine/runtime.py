"""Process instances: start, read, suspend, resume, terminate.

Invariant: a command leaves the instance waiting, completed or ended; a suspended instance moves for
nobody.
"""

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from engine import cache, clock, ids, repository, store
from engine.errors import Conflict, NotFound
from engine.execution import Execution, execution
from engine.model import (
    EventSubscription,
    HistoryEvent,
    Job,
    ProcessInstance,
    UserTask,
)
from engine.variables import Variables, check

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
    check(variables)
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


def get(session: Session, instance_id: int) -> ProcessInstance:
    """An instance.

    Raises:
        NotFound: there is none.
    """
    query = select(ProcessInstance).where(ProcessInstance.id == instance_id)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("没有这个流程实例", instance=instance_id)
    return found


def variables(session: Session, instance_id: int, *, scope_id: int | None = None) -> Variables:
    """The variables seen from a scope: its own hide those around it; without one, the root's."""
    instance = get(session, instance_id)
    if instance.status == "active":
        step = cache.peek(session, instance_id)
        wanted = scope_id if scope_id in step.scopes else instance_id
        return dict(step.workflow.scopes.context(wanted or instance_id))
    scopes = cache.scopes(session, instance_id, instance)
    return {**scopes.get(instance_id, {}), **scopes.get(scope_id or instance_id, {})}


def retry(session: Session, instance_id: int, activity_id: int, *, by: str) -> None:
    """Run an activity that is stuck again."""
    with execution(session, instance_id, actor=by) as step:
        step.retry(activity_id)


def suspend(session: Session, instance_id: int, *, by: str, reason: str) -> None:
    """Hold an instance: its tasks, subscriptions and jobs rest.

    Raises:
        Conflict: it is not active.
    """
    _hold(session, instance_id, "active", "suspended")
    _note(session, instance_id, "instance.suspended", by=by, reason=reason)


def resume(session: Session, instance_id: int, *, by: str, reason: str) -> None:
    """Let a held instance go on.

    Raises:
        Conflict: it is not suspended.
    """
    _hold(session, instance_id, "suspended", "active")
    _note(session, instance_id, "instance.resumed", by=by, reason=reason)


def terminate(session: Session, instance_id: int, *, by: str, reason: str) -> None:
    """End an instance with everything it waits for."""
    if get(session, instance_id).status == "suspended":
        _hold(session, instance_id, "suspended", "active")
    step = cache.take(session, instance_id, by)
    step.terminate(reason)
    step.advance()
    store.save(session, step)
    session.execute(delete(Job).where(Job.instance_id == instance_id))


def _hold(session: Session, instance_id: int, before: str, after: str) -> None:
    changed = session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.id == instance_id, ProcessInstance.status == before)
        .values(status=after)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        get(session, instance_id)
        raise Conflict("办件当前状态不允许此操作", instance=instance_id)
    for model in _WAITING:
        session.execute(
            update(model)
            .where(model.instance_id == instance_id)
            .values(suspended=after == "suspended")
        )


def _note(session: Session, instance_id: int, kind: str, *, by: str, reason: str) -> None:
    sequence = session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.id == instance_id)
        .values(sequence=ProcessInstance.sequence + 1, revision=ProcessInstance.revision + 1)
        .returning(ProcessInstance.sequence, ProcessInstance.revision)
    ).one()
    session.execute(
        insert(HistoryEvent).values(
            instance_id=instance_id,
            sequence=sequence[0],
            revision=sequence[1],
            type=kind,
            activity="",
            actor=by,
            at=clock.now(),
            data={"reason": reason},
        )
    )
    cache.forget(instance_id)
