"""Ways through a process: what leads to a join."""

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
