"""Moves a running instance to another version of its definition: checked first, then at once.

Invariant: every token stands after the move where it stood before, at the element of the same id
or the one it is mapped to; variables, holders and due instants are kept; what cannot be placed is
named and nothing happens. A running instance is never moved otherwise than by this command.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import update
from sqlalchemy.orm import Session

from engine import cache, repository, store
from engine.compiler import CompiledProcess
from engine.errors import BanliError, NotFound
from engine.execution import Execution
from engine.model import EventSubscription, Incident, Job, ProcessInstance, UserTask
from engine.specs import returning
from engine.specs.activities import Activity
from engine.specs.containers import EventSubProcess
from engine.specs.token import READY, Token
from engine.waiting import UserTaskWait

_PART: Final = "#"


class MigrationRefused(BanliError):
    """An instance cannot be moved to a version; `problems` name the elements."""

    code = "migration_refused"

    def __init__(self, problems: "tuple[Problem, ...]") -> None:
        told = "；".join(f"『{one.name}』{one.reason}" for one in problems)
        super().__init__(f"不能迁移：{told}", elements=[one.element for one in problems])
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a token stands that has no place in the target, and why."""

    element: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Placed:
    """An element at which the instance waits, and where that is afterwards."""

    element: str
    name: str
    to: str
    to_name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What moving an instance would do; nothing has changed yet."""

    source: int
    target: int
    placed: tuple[Placed, ...]
    dropped: tuple[str, ...]
    """Names of events beside the flow that the target no longer waits for."""
    added: tuple[str, ...]
    """Names of events beside the flow that the target waits for anew."""
    problems: tuple[Problem, ...]
    names: Mapping[int, str] = field(repr=False, default_factory=dict)
    """Node of each token that stays, by token."""


@dataclass(frozen=True, slots=True)
class _Versions:
    """Both versions, and which element of one is which of the other."""

    source: CompiledProcess
    target: CompiledProcess
    mapping: Mapping[str, str]

    def scope(self, scope: str) -> str:
        same = scope == self.source.process.id
        return self.target.process.id if same else self.mapping.get(scope, scope)

    def node(self, name: str) -> str:
        base, mark, part = name.partition(_PART)
        return self.mapping.get(base, base) + mark + part


@dataclass(slots=True)
class _Survey:
    """What a look at every token of a version finds, parents first."""

    versions: _Versions
    names: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    placed: dict[str, Placed] = field(default_factory=dict)
    dropped: dict[str, None] = field(default_factory=dict)
    added: dict[str, None] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)

    def look(self, token: Token) -> None:
        """See where a token would stand."""
        if token.parent is not None and token.parent.id in self.gone:
            self.gone.add(token.id)
            return
        element = token.task_spec.activity
        label = token.task_spec.bpmn_name or element
        reason = _misfit(token, self.versions)
        if not reason:
            self._keep(token, element)
        elif token.attached:
            self.gone.add(token.id)
            self.dropped[label] = None
        else:
            self.problems.setdefault(element, Problem(element, label, reason))

    def _keep(self, token: Token, element: str) -> None:
        self.names[token.id] = self.versions.node(token.task_spec.name)
        if _waits(token):
            self.placed.setdefault(element, _placed(token, self.versions))
        for event in _anew(token, self.versions):
            self.added[event.bpmn_name or event.activity] = None

    def plan(self, source: int, target: int) -> Plan:
        """All of it."""
        return Plan(
            source,
            target,
            tuple(self.placed.values()),
            tuple(self.dropped),
            tuple(self.added),
            tuple(self.problems.values()),
            self.names,
        )


def plan(
    session: Session,
    execution: Execution,
    source: int,
    target: int,
    *,
    mapping: Mapping[str, str] | None = None,
) -> Plan:
    """What moving every token of one version to another would do.

    `mapping` names for elements of the source those of the target where the ids differ.

    Raises:
        NotFound: no such version, the two are of different processes, or a mapped element is not
            in its version.
    """
    versions = _versions(session, source, target, mapping or {})
    survey = _Survey(versions)
    for token in _of_version(execution, source):
        survey.look(token)
    return survey.plan(source, target)


def migrate(
    session: Session,
    instance_id: int,
    source: int,
    target: int,
    *,
    by: str,
    mapping: Mapping[str, str] | None = None,
) -> Plan:
    """Move every token of one version to another, in one step of the instance.

    Raises:
        MigrationRefused: a token has no place there; nothing has changed.
        TaskNotActive: the instance is suspended or over. Conflict: it has just moved.
        ExpressionError: an event that the target adds cannot be armed.
    """
    before = cache.take(session, instance_id, by)
    planned = plan(session, before, source, target, mapping=mapping)
    if planned.problems:
        raise MigrationRefused(planned.problems)
    versions = _versions(session, source, target, mapping or {})
    new_events = [
        (token.id, event)
        for token in _of_version(before, source)
        if token.id in planned.names
        for event in _anew(token, versions)
    ]
    after = _moved(session, before, planned, versions)
    after.actor = by
    after.begin_step()
    for host, event in new_events:
        _arm(after.workflow.tasks[host], event)
    told = {"source": str(source), "target": str(target), "mapping": dict(mapping or {})}
    after.step.note("instance.migrated", versions.target.key, instance_id, **told)
    after.advance()
    _rewrite(session, after, planned)
    store.save(session, after)
    return planned


def _versions(session: Session, source: int, target: int, mapping: Mapping[str, str]) -> _Versions:
    old, new = repository.compiled(session, source), repository.compiled(session, target)
    if old.key != new.key:
        raise NotFound("两个版本不属于同一个流程", source=source, target=target)
    for element, to in mapping.items():
        if element not in old.elements:
            raise NotFound(f"原版本没有环节『{element}』", element=element)
        if to not in new.elements:
            raise NotFound(f"目标版本没有环节『{to}』", element=to)
    return _Versions(old, new, mapping)


def _of_version(execution: Execution, definition: int) -> Iterator[Token]:
    """The tokens of a version, parents first; the process itself is none of them."""
    for token in _walk(execution.workflow.task_tree):
        if token.task_spec.is_root:
            continue
        if (token.definition or execution.definition_id) == definition:
            yield token


def _walk(token: Token | None) -> Iterator[Token]:
    if token is not None:
        yield token
        for child in token.children:
            yield from _walk(child)


def _misfit(token: Token, versions: _Versions) -> str:
    """Why a token has no place in the target; empty if it has."""
    old = token.task_spec
    new = versions.target.spec.task_specs.get(versions.node(old.name))
    if new is None:
        return "在目标版本中没有对应的环节"
    if type(new) is not type(old):
        return "在目标版本中是另一种元素"
    definitions = [type(getattr(one.element, "definition", None)) for one in (old, new)]
    if definitions[0] is not definitions[1]:
        return "在目标版本中等待另一种事件"
    if versions.scope(old.element.scope) != new.element.scope:
        return "在目标版本中位于另一个子流程"
    return _unjoined(token, new) or _unreturned(token, versions)


def _unjoined(token: Token, new: Any) -> str:
    flow = token.internal_data.get("flow")
    if new.gathers and flow and flow not in new.element.incoming:
        return "已有令牌到达，目标版本的汇合没有这条进入流"
    return ""


def _unreturned(token: Token, versions: _Versions) -> str:
    known = versions.target.spec.task_specs
    for name, *_rest in returning.every(token.internal_data.get("back") or ()):
        if versions.node(name) not in known:
            return "办结后须直达的环节不在目标版本中"
    return ""


def _waits(token: Token) -> bool:
    """Whether people would say that the instance stands there."""
    return not token.attached and (token.incident is not None or bool(token.task_spec.wait(token)))


def _placed(token: Token, versions: _Versions) -> Placed:
    old = token.task_spec
    new = versions.target.spec.task_specs[versions.node(old.name)]
    return Placed(
        old.activity,
        old.bpmn_name or old.activity,
        new.activity,
        new.bpmn_name or new.activity,
    )


def _anew(token: Token, versions: _Versions) -> list[Any]:
    """Events beside a token that the source did not have: what fired once stays fired."""
    spec = versions.target.spec.task_specs[versions.node(token.task_spec.name)]
    came_from = {versions.node(one) for one in versions.source.elements}
    if token.state == READY or token.internal_data.get("phase") == "leave":
        return []
    found = list(getattr(spec, "event_starts", ())) if not _taken_over(token) else []
    if isinstance(spec, Activity) and spec.rests:
        found += spec.boundaries
    return [event for event in found if event.activity not in came_from]


def _taken_over(token: Token) -> bool:
    """Whether an interrupting event sub-process runs in place of a scope."""
    return any(isinstance(child.task_spec, EventSubProcess) for child in token.children)


def _arm(token: Token, event: Any) -> None:
    beside = getattr(event, "arm_beside", None) or event.arm
    data = beside(token, {})
    if data is not None:
        token.workflow.wait_beside(token, event, data)


def _moved(session: Session, before: Execution, planned: Plan, versions: _Versions) -> Execution:
    """The instance at the target, with what it knew of itself."""
    root = before.definition_id == planned.source
    compiled = versions.target if root else before.compiled
    stored = _rewritten(before, planned, versions, compiled.digest)
    after = Execution.load(
        compiled,
        instance_id=before.instance_id,
        state=stored,
        scopes={scope.id: scope.variables for scope in before.scopes.values()},
        resolver=repository.DefinitionResolver(session),
    )
    after.revision, after.sequence = before.revision, before.sequence
    after.definition_id = planned.target if root else before.definition_id
    after.chain, after.weight, after.warned = before.chain, before.weight, before.warned
    after.stored, after.stored_incidents = before.stored, before.stored_incidents
    return after


def _rewritten(before: Execution, planned: Plan, versions: _Versions, digest: str) -> bytes:
    """The stored form with the nodes of the target; tokens without a place left out."""
    form, _digest, rows = orjson.loads(before.dump())
    kept: dict[int, int] = {}
    made: list[list[Any]] = []
    for index, (identity, parent, name, *rest) in enumerate(rows):
        if parent >= 0 and parent not in kept:
            continue
        token = before.workflow.tasks[identity]
        if _is_of(before, token, planned.source) and not token.task_spec.is_root:
            if identity not in planned.names:
                continue
            name = planned.names[identity]  # noqa: PLW2901 - the row is made anew
            if len(rest) == 3 and (back := rest[2].get("back")):
                rest[2] = {**rest[2], "back": returning.renamed(back, versions.node)}
        if len(rest) == 3 and rest[2].get("definition") == planned.source:
            rest[2] = {**rest[2], "definition": planned.target}
        kept[index] = len(made)
        made.append([identity, kept.get(parent, -1), name, *rest])
    return orjson.dumps([form, digest, made])


def _is_of(execution: Execution, token: Token, definition: int) -> bool:
    return (token.definition or execution.definition_id) == definition


def _rewrite(session: Session, after: Execution, planned: Plan) -> None:
    """Bring the rows that stay to the target; tasks stay in the hands that hold them."""
    at = after.instance_id
    instance = (ProcessInstance.id == at, ProcessInstance.definition_id == planned.source)
    session.execute(update(ProcessInstance).where(*instance).values(definition_id=planned.target))
    for kind in (EventSubscription, Job, Incident):
        rows = (kind.instance_id == at, kind.definition_id == planned.source)
        session.execute(update(kind).where(*rows).values(definition_id=planned.target))
    job_class = {"priority": after.compiled.process.job_priority}
    session.execute(update(Job).where(Job.instance_id == at).values(**job_class))
    stored = dict(after.stored)
    for identity, wait in after.waits.items():
        if not isinstance(wait, UserTaskWait) or identity not in stored:
            continue
        values = {
            "definition_id": wait.definition_id or after.definition_id,
            "activity": wait.activity,
            "name": wait.name,
            "lane": wait.lane,
            "form_id": wait.form_id,
            "limit_title": wait.limit_title,
            "separation": " ".join(wait.separation),
            "operations": " ".join(wait.operations),
        }
        session.execute(update(UserTask).where(UserTask.id == identity).values(**values))
        stored[identity] = wait
    after.stored = stored
