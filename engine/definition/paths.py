"""Ways through a process: where they begin, what leads to a join."""

from engine.definition import elements as el
from engine.definition.elements import BoundaryEvent, Element
from engine.definition.events import LinkEvent
from engine.definition.process import Process


def reach(process: Process, join: Element) -> dict[str, frozenset[str]]:
    """For each incoming flow of a join: the elements that lead to it without passing the join."""
    found = {}
    for flow in join.incoming:
        area: set[str] = set()
        ahead = [process.flows[flow].source]
        while ahead:
            current = ahead.pop()
            element = process.elements.get(current)
            if element is None or current in area or current == join.id:
                continue
            area.add(current)
            ahead.extend(process.flows[f].source for f in element.incoming)
            if isinstance(element, BoundaryEvent):
                ahead.append(element.attached_to)
        found[flow] = frozenset(area)
    return found


def is_entry(element: Element) -> bool:
    """Whether an element of an ad-hoc sub-process can be begun there (BPMN 2.0.2, 13.3.5)."""
    handler = isinstance(element, el.Activity) and element.for_compensation
    by_event = isinstance(element, el.SubProcess) and element.by_event
    return not (element.incoming or handler or by_event or isinstance(element, BoundaryEvent))


def implicit_starts(process: Process, scope: str) -> list[Element]:
    """What begins at once in a scope without start event (BPMN 2.0.2, 10.5.2).

    Nothing if an end event is drawn: then the standard demands a start event too.
    """
    inside, owner = process.in_scope(scope), process.elements.get(scope)
    apart = isinstance(owner, el.AdHocSubProcess) or getattr(owner, "by_event", False)
    drawn = any(isinstance(one, el.StartEvent | el.EndEvent) or instantiates(one) for one in inside)
    if apart or drawn:
        return []
    return [one for one in inside if is_entry(one) and not _link_target(one)]


def _link_target(element: Element) -> bool:
    return isinstance(element, el.CatchEvent) and isinstance(element.definition, LinkEvent)


def instantiates(element: Element) -> bool:
    """Whether a message that comes here begins the process."""
    return isinstance(element, el.EventGateway | el.ReceiveTask) and element.instantiate


def begins(process: Process, scope: str) -> list[Element]:
    """Where tokens of a scope come to be, other than at boundary events."""
    owner = process.elements.get(scope)
    found: list[Element] = [*process.starts(scope), *implicit_starts(process, scope)]
    for element in process.in_scope(scope):
        handler = isinstance(element, el.Activity) and element.for_compensation
        entry = isinstance(owner, el.AdHocSubProcess) and is_entry(element)
        if instantiates(element) or handler or entry:
            found.append(element)
    return found
