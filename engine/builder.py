"""Builds the scheduler's specs from the typed model of a process.

Invariant: one spec for each node of the diagram, named by its id; what the builder adds has a `#`
in its name, which no BPMN id can contain.
"""

from collections.abc import Mapping
from typing import Any, Final

from engine.definition import elements as el
from engine.definition.paths import reach
from engine.definition.process import Flow, Process
from engine.expressions import Expression
from engine.specs import activities, containers, events, gateways, loops, user_task
from engine.specs.node import Node, Path
from engine.specs.workflow import ProcessSpec

_SPECS: Final[Mapping[type[el.Element], type[Node]]] = {
    el.UserTask: user_task.UserTask,
    el.PlainTask: activities.PlainTask,
    el.ServiceTask: activities.ServiceTask,
    el.ScriptTask: activities.ScriptTask,
    el.BusinessRuleTask: activities.BusinessRuleTask,
    el.SendTask: activities.SendTask,
    el.ReceiveTask: activities.ReceiveTask,
    el.CallActivity: containers.CallActivity,
    el.SubProcess: containers.SubProcess,
    el.StartEvent: events.StartEvent,
    el.CatchEvent: events.CatchEvent,
    el.ThrowEvent: events.ThrowEvent,
    el.EndEvent: events.EndEvent,
    el.BoundaryEvent: events.BoundaryEvent,
    el.ExclusiveGateway: gateways.ExclusiveGateway,
    el.ParallelGateway: gateways.ParallelGateway,
    el.InclusiveGateway: gateways.InclusiveGateway,
    el.EventGateway: events.EventGateway,
}
_GATEWAYS: Final = (
    el.ExclusiveGateway,
    el.ParallelGateway,
    el.InclusiveGateway,
    el.EventGateway,
)


class Builder:
    """Builds one process; `outer` is where a flow arrives, `holder` what contains a scope."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.spec = ProcessSpec(name=process.id)
        self.spec.process = process
        self.outer: dict[str, Any] = {}
        self.holder: dict[str, Any] = {}

    def build(self) -> ProcessSpec:
        """The specs, complete and never changed again."""
        root = containers.ProcessRoot(self.spec, "#root", self.process)
        self.spec.root = self.spec.start = root
        self.holder[self.process.id] = root
        for element in self.process.elements.values():
            self._make(element)
        for element in self.process.elements.values():
            self._connect(element)
        return self.spec

    def _make(self, element: el.Element) -> None:
        if isinstance(element, el.SubProcess) and element.by_event:
            made: Any = containers.EventSubProcess(self.spec, element.id, element)
        elif isinstance(element, el.StartEvent) and self._starts_event_sub(element):
            made = events.EventSubStart(self.spec, element.id, element)
        else:
            made = self._make_plain(element)
        self.outer[element.id] = made
        if isinstance(element, el.SubProcess):
            self.holder[element.id] = getattr(made, "inner", None) or made

    def _make_plain(self, element: el.Element) -> Any:
        kind = _SPECS[type(element)]
        loop = element.loop if isinstance(element, el.Activity) else None
        made: Any = kind(self.spec, f"{element.id}#each" if loop else element.id, element)
        if isinstance(made, user_task.UserTask):
            made.candidate_scope = self._candidate_scope()
        if isinstance(made, gateways.JoiningGateway):
            made.incoming = element.incoming
        if isinstance(made, gateways.InclusiveGateway):
            made.reach = reach(self.process, element)
        if loop is None:
            return made
        body = loops.MultiInstance(self.spec, element.id, element)
        body.inner = made
        return body

    def _candidate_scope(self) -> Expression | None:
        value = self.process.properties.get("candidateScope")
        return Expression(value, self.process.id, "候选范围", self.process.line) if value else None

    def _starts_event_sub(self, element: el.Element) -> bool:
        outer = self.process.elements.get(element.scope)
        return isinstance(outer, el.SubProcess) and outer.by_event

    def _connect(self, element: el.Element) -> None:
        made = self.outer[element.id]
        if isinstance(element, el.BoundaryEvent):
            self.outer[element.attached_to].boundaries.append(made)
        elif isinstance(made, events.EventSubStart):
            sub = self.outer[element.scope]
            made.sub_process = sub
            self.holder[sub.element.scope].event_starts.append(made)
        elif isinstance(element, el.StartEvent):
            self.holder[element.scope].starts.append(made)
        flows = self.process.outgoing(element)
        if any(flow.condition for flow in flows) and not isinstance(element, _GATEWAYS):
            split = gateways.SplitNode(self.spec, f"{element.id}#split", element)
            made.paths = [Path("", split)]
            made = split
        made.paths = [self._path(flow, element) for flow in flows]
        for path in made.paths:
            made.connect(path.target)

    def _path(self, flow: Flow, element: el.Element) -> Path:
        default = flow.id == element.default
        condition = None if default else flow.condition
        return Path(flow.id, self.outer[flow.target], condition, default)


def build(process: Process) -> ProcessSpec:
    """The specs of a process."""
    return Builder(process).build()
