"""From files to definitions that run: parse, check, build; cached by content.

Invariant: a compiled process is immutable, shared by all its instances, and has no finding of
severity error.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine import builder, dmn, lint, parser
from engine.definition import elements as el
from engine.definition import events
from engine.definition.events import Message
from engine.definition.process import Process
from engine.errors import DeploymentRejected, Finding
from engine.expressions import Expression
from engine.feel import registry
from engine.record import ClockMark
from engine.specs.workflow import ProcessSpec


@dataclass(frozen=True, slots=True, eq=False)
class CompiledProcess:
    """A process definition ready to run, and what it refers to by name."""

    key: str
    name: str
    digest: str
    version_tag: str
    file: str
    process: Process
    spec: ProcessSpec
    start_events: tuple[el.StartEvent, ...]
    messages: Mapping[str, Message]
    forms: frozenset[str]
    decisions_called: frozenset[str]
    processes_called: frozenset[str]
    topics: frozenset[str]

    @property
    def begun_by_message(self) -> Mapping[str, Message]:
        """Elements besides start events at which a message begins an instance."""
        found = {}
        for identity in self.spec.root.begins:
            element = self.process.elements[identity]
            if isinstance(element, el.ReceiveTask):
                found[identity] = element.message
            elif isinstance(element, el.CatchEvent):
                found[identity] = next(iter(events.messages(element.definition)))
        return found

    @property
    def begins_at(self) -> frozenset[str]:
        """The elements at which an instance may begin."""
        return frozenset({*(start.id for start in self.start_events), *self.begun_by_message})

    @property
    def plain_start(self) -> bool:
        """Whether it begins without a trigger: at a none start event, or where none is drawn."""
        drawn = any(event.definition is None for event in self.start_events)
        return drawn or not self.begins_at

    @property
    def elements(self) -> Mapping[str, el.Element]:
        """The flow nodes by id."""
        return self.process.elements


@dataclass(frozen=True, slots=True)
class CompiledBundle:
    """The processes of a bundle and the warnings of its check."""

    processes: Mapping[str, CompiledProcess] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def compile(resources: Mapping[str, bytes]) -> CompiledBundle:  # noqa: A001 - the field's word
    """The processes of all BPMN files among the resources.

    Raises:
        DeploymentRejected: all findings of all files, if one is an error.
    """
    findings, processes = examine(resources)
    if any(finding.severity == "error" for finding in findings):
        raise DeploymentRejected(findings)
    return CompiledBundle({made.key: made for made in processes}, findings)


def check(resources: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """All findings, errors and warnings; the same rules as a deployment."""
    return examine(resources)[0]


def examine(
    resources: Mapping[str, bytes],
) -> tuple[tuple[Finding, ...], tuple[CompiledProcess, ...]]:
    """The findings, and the processes of those files that have no error."""
    findings: list[Finding] = []
    made: list[CompiledProcess] = []
    for name, data in sorted(resources.items()):
        if not name.endswith(".bpmn"):
            continue
        found, processes = _file(name, data)
        findings += found
        made += processes
    findings += lint.across([compiled.process for compiled in made])
    if not any(finding.severity == "error" for finding in findings):
        with suppress(DeploymentRejected):  # the check of the decisions says what is wrong
            decisions = dmn.read_all(resources)
            findings += lint.bound([compiled.process for compiled in made], decisions)
    return tuple(findings), tuple(made)


def keys(resources: Mapping[str, bytes]) -> set[str]:
    """The ids of the executable processes, of files with and without faults."""
    found: set[str] = set()
    for name, data in resources.items():
        if name.endswith(".bpmn"):
            with suppress(DeploymentRejected):  # the check of that file says what is wrong
                found |= {made.key for made in _file(name, data)[1]} or {
                    process.id for process in parser.parse(data, name).processes
                }
    return found


def recursion(
    processes: Iterable[CompiledProcess], installed: Mapping[str, Collection[str]]
) -> list[Finding]:
    """Calls in a circle that closes only through processes which are there already."""
    made = [compiled.process for compiled in processes]
    among_themselves = lint.across(made)
    return [one for one in lint.across(made, installed) if one not in among_themselves]


def budgets(
    resources: Mapping[str, bytes],
    processes: Iterable[CompiledProcess],
    called: Callable[[str], Process | None],
) -> list[Finding]:
    """Limits of nodes that exceed that of the whole, by what decisions and callees give.

    `called` finds a process that is there already.
    """
    made = {compiled.key: compiled.process for compiled in processes}
    try:
        decisions = dmn.read_all(resources)
    except DeploymentRejected:  # the check of the decisions says what is wrong
        return []
    return lint.limits_together(
        [*made.values()], decisions, lambda key: made.get(key) or called(key)
    )


def over_whole(
    process: Process, at: str, mark: ClockMark, *, values: Mapping[str, Any]
) -> str | None:
    """How far the limits of the nodes ahead exceed one that starts at an element, by data."""
    if mark.amount is None:
        return None
    return lint.limits.exceeded(
        process, at, limit=mark.limit, unit=mark.unit, amount=mark.amount, values=values
    )


def stored(resources: Mapping[str, bytes]) -> CompiledBundle:
    """The processes of files that were deployed once, whatever the check would say today.

    A definition that passed the check of its day runs as long as there are cases on it: rules that
    became stricter since are for new deployments.
    """
    made: list[CompiledProcess] = []
    for name, data in sorted(resources.items()):
        if name.endswith(".bpmn"):
            made += _stored(name, data)
    return CompiledBundle({compiled.key: compiled for compiled in made})


@lru_cache(maxsize=256)
def _stored(name: str, data: bytes) -> tuple[CompiledProcess, ...]:
    checked = _file(name, data)[1]
    # the same object, if the check has nothing against it
    return checked or tuple(_compiled(one) for one in parser.parse(data, name).processes)


@lru_cache(maxsize=256)
def _file(name: str, data: bytes) -> tuple[tuple[Finding, ...], tuple[CompiledProcess, ...]]:
    try:
        model = parser.parse(data, name)
    except DeploymentRejected as rejected:
        return rejected.findings, ()
    findings = [*model.findings]
    for process in model.processes:
        findings += lint.check(process)
    if any(finding.severity == "error" for finding in findings):
        return tuple(findings), ()
    return tuple(findings), tuple(_compiled(process) for process in model.processes)


# a new function of the domain changes what an expression may say
registry.on_change(_file.cache_clear)
registry.on_change(_stored.cache_clear)


def _compiled(process: Process) -> CompiledProcess:
    tasks = list(process.of(el.UserTask))
    services = process.of(el.ServiceTask)
    return CompiledProcess(
        key=process.id,
        name=process.name,
        digest=process.digest,
        version_tag=process.version_tag,
        file=process.file,
        process=process,
        spec=builder.build(process),
        start_events=tuple(process.starts(process.id)),
        messages=_messages(process),
        forms=frozenset(form for form in _forms(process, tasks) if form),
        decisions_called=_literals(task.decision for task in process.of(el.BusinessRuleTask)),
        processes_called=_literals(task.process for task in process.of(el.CallActivity)),
        topics=_literals(task.topic for task in services),
    )


def _forms(process: Process, tasks: list[el.UserTask]) -> list[str]:
    public = [event.public.form_id for event in process.of(el.Event) if event.public]
    received = [task.public.form_id for task in process.of(el.ReceiveTask) if task.public]
    starts = [event.form_id for event in process.of(el.StartEvent)]
    return [*(task.form_id for task in tasks), *public, *received, *starts]


def _messages(process: Process) -> dict[str, Message]:
    found = {}
    for element in process.elements.values():
        if isinstance(element, el.Event):
            found.update({one.name: one for one in events.messages(element.definition)})
        elif isinstance(element, el.SendTask | el.ReceiveTask):
            found[element.message.name] = element.message
    return found


def _literals(expressions: Iterable[Expression]) -> frozenset[str]:
    return frozenset(made.text for made in expressions if not made.is_feel)
