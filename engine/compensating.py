"""Builds what remembers completed activities for compensation.

Invariant: only an activity that can be undone, or that holds such a one, leaves a record when it
completes; a call leaves one if what it called did.
"""

from collections.abc import Mapping
from typing import Any

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.process import Process
from engine.specs.compensation import Completed


def remember(process: Process, outer: Mapping[str, Any], holder: Mapping[str, Any]) -> None:
    """Give specs their records: `outer` is where a flow arrives, `holder` contains a scope."""
    handlers = _handlers(process)
    starts = {process.elements[scope].scope: outer[start] for scope, start in _starts(process)}
    root = holder[process.id]
    root.compensable = _record(root, starts.get(process.id))
    for element in process.of(el.Activity):
        if element.for_compensation or not _needed(process, element, {*handlers, *starts}):
            continue
        spec = outer[element.id]
        inner = getattr(spec, "inner", None)
        spec.compensable = _record(spec)
        once = spec
        if inner is not None:
            inner.compensable = _record(inner)
            once = inner
        once.compensable.start = starts.get(element.id)
        handler = handlers.get(element.id)
        once.compensable.handler = outer[handler] if handler else None


def _record(spec: Any, start: Any = None) -> Completed:
    made = Completed(spec._wf_spec, spec)
    made.start = start
    return made


def _handlers(process: Process) -> dict[str, str]:
    """Activity to the one that undoes it."""
    return {
        event.attached_to: event.handler
        for event in process.of(el.BoundaryEvent)
        if isinstance(event.definition, ev.CompensateEvent)
    }


def _starts(process: Process) -> list[tuple[str, str]]:
    """Event sub-processes that compensate, and their start events."""
    found = [s for s in process.of(el.StartEvent) if isinstance(s.definition, ev.CompensateEvent)]
    return [(start.scope, start.id) for start in found]


def _needed(process: Process, element: el.Activity, compensable: set[str]) -> bool:
    if element.id in compensable or isinstance(element, el.CallActivity):
        return True
    if not isinstance(element, el.SubProcess) or element.by_event:
        return False
    inside = [inner for inner in process.in_scope(element.id) if isinstance(inner, el.Activity)]
    return any(_needed(process, inner, compensable) for inner in inside)
