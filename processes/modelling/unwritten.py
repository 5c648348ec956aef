"""Conditions that read variables which nothing in their process writes: most likely misspelt.

Invariant: no false alarm. Where anything at all could be written (an activity or event without
output mapping whose result is not told by a form, a script or an operation; a process that programs
or other processes start) the process is not judged.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.process import Process
from engine.errors import Finding
from engine.expressions import Expression
from forms.definition import FormDefinition
from processes.casefile import derivation
from processes.operations import all_operations

Forms = Mapping[str, FormDefinition]
_GIVEN: Final = derivation.READ | {
    *("work_order_no", "submitted_on", "submitted_at", "started_by"),
    *("loopCounter", "numberOfInstances", "numberOfCompletedInstances", "numberOfActiveInstances"),
    *("activationCount", "waitingForStart"),
}
"""What the platform sets itself (applications, derivation) and what BPMN defines."""
_CARRY: Final = (ev.MessageEvent, ev.SignalEvent, ev.ErrorEvent, ev.EscalationEvent)


class _Anything(Exception):
    """Something writes variables that nobody can name beforehand."""


def findings(compiled: CompiledProcess, forms: Forms) -> Iterator[Finding]:
    """A warning for each variable that a condition reads and nothing writes."""
    process = compiled.process
    try:
        written = _GIVEN | {
            name for one in process.elements.values() for name in _by(one, process, forms)
        }
    except _Anything:
        return
    for expression in _conditions(process):
        for name in sorted(expression.names() - written):
            near = get_close_matches(name, written, n=1, cutoff=0.75)
            hint = f"，是否应为『{near[0]}』" if near else ""
            yield Finding(
                "warning",
                "variable_unwritten",
                f"{expression.place}读取变量『{name}』，流程中没有任何环节写入它{hint}",
                file=compiled.file,
                element=expression.element,
                line=expression.line,
            )


def _by(element: el.Element, process: Process, forms: Forms) -> Iterator[str]:
    """The variables that an element writes, for itself or for others."""
    yield from (mapping.target for mapping in element.inputs)
    yield from _by_loop(element)
    if isinstance(element, el.UserTask) and element.approval is not None:
        yield from (element.approval.result, element.approval.opinions)
    if element.outputs:
        yield from (mapping.target for mapping in element.outputs)
    elif isinstance(element, el.StartEvent) and element.scope == process.id:
        yield from _by_start(element, process, forms)
    elif isinstance(element, el.Activity):
        yield from _by_activity(element, forms)
    elif isinstance(element, el.Event):
        _by_event(element)


def _by_event(event: el.Event) -> None:
    thrown = isinstance(event, el.ThrowEvent | el.EndEvent)
    if not thrown and any(isinstance(one, _CARRY) for one in ev.singles(event.definition)):
        raise _Anything  # what it catches brings what it likes


def _by_loop(element: el.Element) -> Iterator[str]:
    loop = element.loop if isinstance(element, el.Activity) else None
    if isinstance(loop, el.Loop):
        yield from (loop.element, loop.output_collection)


def _by_start(event: el.StartEvent, process: Process, forms: Forms) -> Iterable[str]:
    if all(isinstance(one, ev.TimerEvent) for one in ev.singles(event.definition)) and (
        event.definition is not None
    ):
        return ()
    if "starters" not in process.properties or event.definition is not None:
        raise _Anything
    return _fields(event.form_id, forms)


def _by_activity(activity: el.Activity, forms: Forms) -> Iterable[str]:
    match activity:
        case el.UserTask():
            return _fields(activity.form_id, forms)
        case el.ScriptTask() | el.BusinessRuleTask():
            return (activity.result_variable,)
        case el.ServiceTask(topic=topic):
            known = all_operations().get(topic.text)
            if known is None:
                raise _Anything
            return known.outputs
        case el.SubProcess() | el.PlainTask() | el.SendTask():
            return ()
        case el.CallActivity(propagate_child=False):
            return ()
    raise _Anything


def _fields(form_id: str, forms: Forms) -> list[str]:
    if form_id not in forms:
        raise _Anything
    return [field.name for field in forms[form_id].fields()]


def _conditions(process: Process) -> Iterator[Expression]:
    """Every expression of a process that has to be true or false."""
    for flow in process.flows.values():
        if flow.condition is not None:
            yield flow.condition
    for element in process.elements.values():
        yield from filter(None, _of(element))


def _of(element: el.Element) -> Iterator[Expression | None]:
    if isinstance(element, el.Event):
        for one in ev.singles(element.definition):
            if isinstance(one, ev.ConditionalEvent):
                yield one.condition
    if isinstance(element, el.ComplexGateway):
        yield element.activation
    if isinstance(element, el.AdHocSubProcess):
        yield element.completion
    if isinstance(element, el.Activity) and isinstance(element.loop, el.Loop):
        yield element.loop.completion
    if isinstance(element, el.Activity) and isinstance(element.loop, el.StandardLoop):
        yield element.loop.condition
