"""Ways through a process: where they begin, what leads to a join."""

from engine.definition import elements as el
from engine.definition.elements import BoundaryEvent, Element
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


def begins(process: Process, scope: str) -> list[Element]:
    """Where tokens of a scope come to be, other than at boundary events."""
    owner = process.elements.get(scope)
    found: list[Element] = [*process.starts(scope)]
    for element in process.in_scope(scope):
        if isinstance(element, el.EventGateway | el.ReceiveTask):
            instantiates = element.instantiate
        else:
            instantiates = isinstance(element, el.Activity) and element.for_compensation
        if instantiates or (isinstance(owner, el.AdHocSubProcess) and is_entry(element)):
            found.append(element)
    return found
