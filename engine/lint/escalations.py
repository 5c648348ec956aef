"""Which escalations end the scope they are thrown in, as far as the process itself says."""

from collections.abc import Iterator

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.process import Process
from engine.lint import graph

Catcher = el.StartEvent | el.BoundaryEvent


def interrupts(process: Process, element: el.Element) -> bool:
    """Whether throwing here interrupts the scope: its nearest catcher in it or at it does."""
    if not isinstance(element, el.ThrowEvent | el.EndEvent):
        return False
    return any(
        _caught(process, element.scope, one.code)
        for one in ev.singles(element.definition)
        if isinstance(one, ev.EscalationEvent)
    )


def _caught(process: Process, scope: str, code: str, *, handled: bool = False) -> bool:
    """From the inside out; `handled`: thrown by a handler, which handles nothing of its own."""
    handlers: list[Catcher] = [] if handled else _handlers(process, scope)
    for catchers in (handlers, process.boundary(scope)):
        found = [(one, wanted) for one in catchers for wanted in _codes(one)]
        matching = [one for one, wanted in found if wanted == code]
        matching += [one for one, wanted in found if not wanted]
        if matching:
            return matching[0].interrupting
    outer = process.elements.get(scope)
    if outer is None:
        return False
    return _caught(process, outer.scope, code, handled=graph.event_sub(process, scope))


def _handlers(process: Process, scope: str) -> list[Catcher]:
    """The start events of the event sub-processes of a scope."""
    return [
        start
        for sub in process.of(el.SubProcess)
        if sub.by_event and sub.scope == scope
        for start in process.starts(sub.id)
    ]


def _codes(event: Catcher) -> Iterator[str]:
    for one in ev.singles(event.definition):
        if isinstance(one, ev.EscalationEvent):
            yield one.code
