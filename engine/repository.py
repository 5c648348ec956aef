"""Deployments and what they hold: resources, versions of processes and decisions.

Invariant: a definition is never changed; the same bundle again makes no new version. Compiled
definitions are shared by the whole process, keyed by their ids, which never mean anything else.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from engine import clock, compiler, dmn, ids, limits, timers
from engine.compiler import CompiledBundle, CompiledProcess
from engine.definition.elements import Binding, Element, StartEvent
from engine.definition.events import (
    ConditionalEvent,
    MessageEvent,
    SignalEvent,
    TimerEvent,
    singles,
)
from engine.errors import NotFound
from engine.expressions import text
from engine.model import (
    DecisionDefinition,
    Deployment,
    EventSubscription,
    Job,
    ProcessDefinition,
    Resource,
    ResourceContent,
    Timer,
)
from engine.variables import Variables

LATEST: Final = Binding()
# made once: to build a statement costs as much as to carry it out
_LATEST: Final = (
    select(ProcessDefinition)
    .where(ProcessDefinition.key == bindparam("key"))
    .order_by(ProcessDefinition.version.desc())
    .limit(1)
)
_SHOWN: Final = 128  # of a condition, in the column of names
_lock = threading.Lock()
_resources: dict[int, Mapping[str, bytes]] = {}
_bundles: dict[int, CompiledBundle] = {}
_places: dict[int, tuple[str, int]] = {}


def deploy(
    session: Session, resources: Mapping[str, bytes], *, by: str, label: str = ""
) -> Deployment:
    """Make a bundle the latest version of its processes and decisions.

    Raises:
        DeploymentRejected: carries every finding; nothing was deployed.
    """
    bundle = compiler.compile(resources)
    decisions = _decisions(resources)
    digest = digest_of(resources)
    same = _same(session, [*bundle.processes], [*decisions], digest)
    if same is not None:
        return same
    deployment = Deployment(id=ids.next_id(), label=label, digest=digest, deployed_by=by)
    session.add(deployment)
    session.flush()
    _store_resources(session, deployment.id, resources)
    for compiled in bundle.processes.values():
        _add_process(session, deployment.id, compiled)
    for key, (resource, name) in decisions.items():
        session.add(
            DecisionDefinition(
                key=key,
                version=_next_version(session, DecisionDefinition, key),
                name=name,
                digest=digest,
                resource_name=resource,
                deployment_id=deployment.id,
            )
        )
    session.flush()
    return deployment


def digest_of(resources: Mapping[str, bytes]) -> str:
    """The digest of a bundle: names and contents."""
    digest = hashlib.sha256()
    for name, content in sorted(resources.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def latest(session: Session, key: str) -> ProcessDefinition:
    """The latest version of a process.

    Raises:
        NotFound: no such process.
    """
    found: ProcessDefinition | None = session.scalar(_LATEST, {"key": key})
    if found is None:
        raise NotFound(f"没有流程『{key}』", key=key)
    return found


def all_latest(session: Session) -> Sequence[ProcessDefinition]:
    """The latest version of every process, by key."""
    newest = (
        select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
        .group_by(ProcessDefinition.key)
        .subquery()
    )
    return session.scalars(
        select(ProcessDefinition)
        .join(
            newest,
            (newest.c.key == ProcessDefinition.key)
            & (newest.c.version == ProcessDefinition.version),
        )
        .order_by(ProcessDefinition.key)
    ).all()


def versions(session: Session, key: str) -> Sequence[ProcessDefinition]:
    """Every version of a process, the latest first."""
    query = select(ProcessDefinition).where(ProcessDefinition.key == key)
    return session.scalars(query.order_by(ProcessDefinition.version.desc())).all()


def get(session: Session, definition_id: int) -> ProcessDefinition:
    """A version by its id.

    Raises:
        NotFound: no such version.
    """
    found = session.get(ProcessDefinition, definition_id)
    if found is None:
        raise NotFound("没有这个流程版本", definition=definition_id)
    return found


def suspend_definition(session: Session, definition_id: int, *, suspended: bool) -> None:
    """Let nobody start a version (its running instances go on), or let them again."""
    definition = get(session, definition_id)
    definition.suspended = suspended
    for row in session.scalars(
        select(EventSubscription).where(
            EventSubscription.definition_id == definition_id,
            EventSubscription.instance_id.is_(None),
        )
    ):
        row.suspended = suspended
    for job in session.scalars(
        select(Job).where(Job.definition_id == definition_id, Job.instance_id.is_(None))
    ):
        job.suspended = suspended


def compiled(session: Session, definition_id: int) -> CompiledProcess:
    """The compiled process of a version; compiled once in this program."""
    place = _places.get(definition_id)
    if place is None:
        definition = get(session, definition_id)
        place = _places[definition_id] = (definition.key, definition.deployment_id)
    key, deployment_id = place
    if deployment_id not in _bundles:
        made = compiler.stored(resources(session, deployment_id))
        with _lock:
            _bundles.setdefault(deployment_id, made)
    return _bundles[deployment_id].processes[key]


def resources(session: Session, deployment_id: int) -> Mapping[str, bytes]:
    """Every file of a deployment by name."""
    if deployment_id not in _resources:
        rows = session.execute(
            select(Resource.name, ResourceContent.content)
            .join(ResourceContent, ResourceContent.digest == Resource.digest)
            .where(Resource.deployment_id == deployment_id)
        )
        found = {name: bytes(content) for name, content in rows}
        with _lock:
            _resources.setdefault(deployment_id, found)
    return _resources[deployment_id]


def resource(session: Session, definition_id: int, name: str) -> bytes | None:
    """A file beside a process definition, or None."""
    deployment_id = _places.get(definition_id, ("", 0))[1]
    if not deployment_id:
        deployment_id = get(session, definition_id).deployment_id
    return resources(session, deployment_id).get(name)


def decision(
    session: Session, key: str, binding: Binding = LATEST, *, caller: int = 0
) -> tuple[int, dmn.Decision]:
    """Number and decision of the version that a binding means, ready to evaluate.

    Raises:
        NotFound: no such version.
    """
    query = select(DecisionDefinition).where(DecisionDefinition.key == key)
    if binding.kind == "deployment":
        there = get(session, caller).deployment_id
        query = query.where(DecisionDefinition.deployment_id == there)
    for row in session.scalars(query.order_by(DecisionDefinition.version.desc())):
        found = dmn.read_all(resources(session, row.deployment_id))[key]
        if binding.tag in ("", found.version_tag):
            return row.version, found
    raise NotFound(f"没有{_wanted(binding)}决策『{key}』", key=key)


def process_keys(session: Session) -> Sequence[str]:
    """The keys of all processes."""
    return session.scalars(select(ProcessDefinition.key).distinct()).all()


def decision_ids(session: Session) -> Sequence[str]:
    """The ids of all decisions."""
    return session.scalars(select(DecisionDefinition.key).distinct()).all()


class DefinitionResolver:
    """How an execution finds other definitions, through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def session(self) -> Session:
        """The session: what the step at hand may ask of the rest of the database."""
        return self._session

    def process(self, key: str) -> tuple[int, CompiledProcess]:
        """Definition id and compiled process of the latest version."""
        found = latest(self._session, key)
        return found.id, compiled(self._session, found.id)

    def bound(self, key: str, *, caller: int, tag: str) -> tuple[int, CompiledProcess]:
        """The latest version with a tag, or without one that of the caller's deployment.

        Raises:
            NotFound: there is no such version.
        """
        query = select(ProcessDefinition).where(ProcessDefinition.key == key)
        if tag:
            query = query.where(ProcessDefinition.version_tag == tag)
        else:
            deployment_id = get(self._session, caller).deployment_id
            query = query.where(ProcessDefinition.deployment_id == deployment_id)
        found = self._session.scalar(query.order_by(ProcessDefinition.version.desc()).limit(1))
        if found is None:
            binding = Binding("versionTag" if tag else "deployment", tag)
            raise NotFound(f"没有{_wanted(binding)}流程『{key}』", key=key)
        return found.id, compiled(self._session, found.id)

    def by_id(self, definition_id: int) -> CompiledProcess:
        """The compiled process of a definition."""
        return compiled(self._session, definition_id)

    def decision(
        self, decision_id: str, binding: Binding, *, caller: int
    ) -> tuple[int, dmn.Decision]:
        """Version number and decision that a binding means to the caller's definition."""
        return decision(self._session, decision_id, binding, caller=caller)

    def last_known(self, instance_id: int, scopes: Sequence[int]) -> Mapping[int, Variables]:
        """The variables of scopes of an instance when each was closed, as far as stored."""
        # the history finds definitions here; importing it above would close a circle
        from engine import history  # noqa: PLC0415

        return history.last_known(self._session, instance_id, scopes)


def _wanted(binding: Binding) -> str:
    told = {"deployment": "与调用者同一次部署的", "versionTag": f"版本标签为『{binding.tag}』的"}
    return told.get(binding.kind, "")


def _decisions(resources: Mapping[str, bytes]) -> dict[str, tuple[str, str]]:
    return {key: (made.filename, made.name) for key, made in dmn.read_all(resources).items()}


def _same(
    session: Session, processes: Sequence[str], decisions: Sequence[str], digest: str
) -> Deployment | None:
    """The deployment that all these come from at their latest, if it has the same content."""
    used = set()
    for model, keys in ((ProcessDefinition, processes), (DecisionDefinition, decisions)):
        for key in keys:
            query = select(model.deployment_id).where(model.key == key)
            used.add(session.scalar(query.order_by(model.version.desc()).limit(1)))
    if len(used) != 1 or None in used:
        return None
    deployment = session.get(Deployment, used.pop())
    return deployment if deployment is not None and deployment.digest == digest else None


def _store_resources(session: Session, deployment_id: int, resources: Mapping[str, bytes]) -> None:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in resources.items()}
    query = select(ResourceContent.digest).where(ResourceContent.digest.in_(digests.values()))
    held = set(session.scalars(query))
    for name, digest in digests.items():
        if digest not in held:
            session.add(ResourceContent(digest=digest, content=resources[name]))
            held.add(digest)
    session.flush()
    for name, digest in digests.items():
        session.add(Resource(deployment_id=deployment_id, name=name, digest=digest))


def _add_process(session: Session, deployment_id: int, compiled: CompiledProcess) -> None:
    definition = ProcessDefinition(
        id=ids.next_id(),
        key=compiled.key,
        version=_next_version(session, ProcessDefinition, compiled.key),
        version_tag=compiled.version_tag,
        name=compiled.name,
        digest=compiled.digest,
        deployment_id=deployment_id,
    )
    older = select(ProcessDefinition.id).where(ProcessDefinition.key == compiled.key)
    subscribed = EventSubscription.instance_id.is_(None), EventSubscription.definition_id.in_(older)
    session.execute(delete(EventSubscription).where(*subscribed))
    ended = delete(Job).where(Job.instance_id.is_(None), Job.definition_id.in_(older))
    # by the statement that removes it: what a worker has just fired was not missed
    armed = session.execute(ended.returning(Job.activity, Job.topic, Job.due_at)).tuples()
    missed = {(start, every): due for start, every, due in armed if every and due <= clock.now()}
    session.add(definition)
    session.flush()
    for event in compiled.start_events:
        _wait_for_start(session, definition.id, event, compiled.process.job_priority, missed)
    for identity, message in compiled.begun_by_message.items():
        element = compiled.elements[identity]
        _subscribe(session, definition.id, element, kind="message", name=message.name)


def _wait_for_start(
    session: Session,
    definition_id: int,
    event: StartEvent,
    job_priority: int,
    missed: Mapping[tuple[str, str], datetime],
) -> None:
    """Wait for what begins cases; a cycle that stayed the same is still due for what it missed."""
    for one in singles(event.definition):
        if isinstance(one, MessageEvent):
            _subscribe(session, definition_id, event, kind="message", name=one.message.name)
        elif isinstance(one, SignalEvent):
            _subscribe(session, definition_id, event, kind="signal", name=text(one.name, {}))
        elif isinstance(one, ConditionalEvent):
            source = one.condition.source[:_SHOWN]
            _subscribe(session, definition_id, event, kind="condition", name=source)
        elif isinstance(one, TimerEvent):
            schedule = timers.armed(one, {})
            due_at = missed.get((event.id, schedule.every), schedule.due_at)
            session.add(
                Timer(
                    id=ids.next_id(),
                    definition_id=definition_id,
                    activity=event.id,
                    topic=schedule.every,
                    payload={"left": schedule.left},
                    due_at=min(due_at, schedule.due_at),
                    retries=limits.RETRIES,
                    priority=job_priority,
                )
            )


def _subscribe(
    session: Session, definition_id: int, event: Element, *, kind: str, name: str
) -> None:
    session.add(
        EventSubscription(
            id=ids.next_id(),
            kind=kind,
            name=name,
            definition_id=definition_id,
            activity=event.id,
        )
    )


def _next_version(
    session: Session, model: type[ProcessDefinition | DecisionDefinition], key: str
) -> int:
    return (session.scalar(select(func.max(model.version)).where(model.key == key)) or 0) + 1
