"""Builds the scheduler's specs from the typed model of a process.

Invariant: one spec for each node of the diagram, named by its id; what the builder adds has a `#`
in its name, which no BPMN id can contain.
"""

from collections.abc import Mapping
from typing import Any, Final

from engine import compensating
from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.events import MultipleEvent
from engine.definition.paths import implicit_starts, is_entry, reach
from engine.definition.process import Flow, Process
from engine.expressions import Expression
from engine.specs import (
    activities,
    ad_hoc,
    approving,
    compensation,
    complex_gateway,
    containers,
    deciding,
    events,
    gateways,
    loops,
    throwing,
    transactions,
    user_task,
)
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
    el.Transaction: transactions.Transaction,
    el.AdHocSubProcess: ad_hoc.AdHocSubProcess,
    el.StartEvent: events.StartEvent,
    el.CatchEvent: events.CatchEvent,
    el.ThrowEvent: throwing.ThrowEvent,
    el.EndEvent: throwing.EndEvent,
    el.BoundaryEvent: events.BoundaryEvent,
    el.ExclusiveGateway: gateways.ExclusiveGateway,
    el.ParallelGateway: gateways.ParallelGateway,
    el.InclusiveGateway: gateways.InclusiveGateway,
    el.EventGateway: events.EventGateway,
    el.ComplexGateway: complex_gateway.ComplexGateway,
}
_GATEWAYS: Final = (
    el.ExclusiveGateway,
    el.ParallelGateway,
    el.InclusiveGateway,
    el.EventGateway,
    el.ComplexGateway,
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
        for scope, holder in self.holder.items():
            starts = implicit_starts(self.process, scope)
            holder.implicit = [self.outer[element.id] for element in starts]
        self._begin(root)
        compensating.remember(self.process, self.outer, self.holder)
        return self.spec

    def _make(self, element: el.Element) -> None:
        if isinstance(element, el.SubProcess) and element.by_event:
            made: Any = containers.EventSubProcess(self.spec, element.id, element)
        elif isinstance(element, el.StartEvent) and self._starts_event_sub(element):
            made = events.EventSubStart(self.spec, element.id, element)
        else:
            made = self._make_plain(element)
        if isinstance(element, el.Event) and isinstance(element.definition, MultipleEvent):
            made.triggers = [
                events.Trigger(self.spec, f"{element.id}#{index}", element, one)
                for index, one in enumerate(element.definition.definitions)
            ]
        self.outer[element.id] = made
        if isinstance(element, el.SubProcess):
            self.holder[element.id] = getattr(made, "inner", None) or made

    def _make_plain(self, element: el.Element) -> Any:
        kind = _kind(element)
        loop = element.loop if isinstance(element, el.Activity) else None
        made: Any = kind(self.spec, f"{element.id}#each" if loop else element.id, element)
        if isinstance(made, user_task.UserTask):
            self._complete_task(made)
        if isinstance(made, gateways.JoiningGateway):
            made.incoming = element.incoming
        if isinstance(made, gateways.InclusiveGateway):
            made.reach = reach(self.process, element)
        if isinstance(made, complex_gateway.ComplexGateway):
            made.reset = self._make_reset(made)
        if isinstance(made, compensation.CompensationThrow):
            made.background = compensation.Background(
                self.spec, f"{element.id}#background", element
            )
        if loop is None:
            return made
        repeated = loops.StandardLoop if isinstance(loop, el.StandardLoop) else loops.MultiInstance
        body: Any = repeated(self.spec, element.id, element)
        body.inner = made
        if isinstance(loop, el.Loop):
            body.throws = [
                (one, throwing.ThrowEvent(self.spec, f"{element.id}#throw{index}", thrown))
                for index, one in enumerate(loop.throws)
                for thrown in [el.ThrowEvent(id=element.id, definition=one.definition)]
            ]
        return body

    def _complete_task(self, made: user_task.UserTask) -> None:
        made.candidate_scope = self._candidate_scope()
        made.item = approving.WorkItem(self.spec, f"{made.activity}#item", made.element)
        if made.element.timeout is not None:
            made.timeout = deciding.Overdue(self.spec, f"{made.activity}#overdue", made.element)

    def _make_reset(self, gateway: complex_gateway.ComplexGateway) -> complex_gateway.ComplexReset:
        reset = complex_gateway.ComplexReset(
            self.spec, f"{gateway.element.id}#reset", gateway.element
        )
        reset.gateway = gateway
        reset.reach = reach(self.process, gateway.element)
        return reset

    def _candidate_scope(self) -> Expression | None:
        value = self.process.properties.get("candidateScope")
        return Expression(value, self.process.id, "候选范围", self.process.line) if value else None

    def _starts_event_sub(self, element: el.Element) -> bool:
        outer = self.process.elements.get(element.scope)
        return isinstance(outer, el.SubProcess) and outer.by_event

    def _connect(self, element: el.Element) -> None:
        made = self.outer[element.id]
        self._place(element, made)
        flows = self.process.outgoing(element)
        if any(flow.condition for flow in flows) and not isinstance(element, _GATEWAYS):
            split = gateways.SplitNode(self.spec, f"{element.id}#split", element)
            made.paths = [Path("", split)]
            made = split
        made.paths = [self._path(flow, element) for flow in flows]
        for path in made.paths:
            made.connect(path.target)

    def _place(self, element: el.Element, made: Any) -> None:
        """Tell the activity or scope around an element of it."""
        # a compensation handler does not wait beside its activity: that is over when it runs
        definition = element.definition if isinstance(element, el.Event) else None
        waits = not isinstance(definition, ev.CompensateEvent)
        if isinstance(element, el.BoundaryEvent):
            if waits:
                self.outer[element.attached_to].boundaries.append(made)
        elif isinstance(made, events.EventSubStart):
            made.sub_process = self.outer[element.scope]
            if waits:
                self.holder[made.sub_process.element.scope].event_starts.append(made)
        elif isinstance(element, el.StartEvent):
            self.holder[element.scope].starts.append(made)
        holder = self.holder[element.scope]
        if isinstance(holder, ad_hoc.AdHocSubProcess) and is_entry(element):
            holder.entries[element.id] = made

    def _begin(self, root: containers.ProcessRoot) -> None:
        """Where messages begin the process besides start events (BPMN 2.0.2, 10.6.6 and 10.3.3)."""
        for element in self.process.elements.values():
            if isinstance(element, el.ReceiveTask) and element.instantiate:
                root.begins[element.id] = (self.outer[element.id], ())
            elif isinstance(element, el.EventGateway) and element.instantiate:
                targets = [self.outer[flow.target] for flow in self.process.outgoing(element)]
                for target in targets:
                    others = tuple(o for o in targets if o is not target and element.parallel)
                    root.begins[target.element.id] = (target, others)

    def _path(self, flow: Flow, element: el.Element) -> Path:
        default = flow.id == element.default
        condition = None if default else flow.condition
        return Path(flow.id, self.outer[flow.target], condition, default)


def _kind(element: el.Element) -> type[Node]:
    definition = element.definition if isinstance(element, el.Event) else None
    end = isinstance(element, el.EndEvent)
    if isinstance(definition, ev.CompensateEvent) and isinstance(
        element, el.ThrowEvent | el.EndEvent
    ):
        return compensation.CompensationEnd if end else compensation.CompensationThrow
    if isinstance(definition, ev.CancelEvent) and end:
        return transactions.CancelEnd
    return _SPECS[type(element)]


def build(process: Process) -> ProcessSpec:
    """The specs of a process."""
    return Builder(process).build()
