"""The flow graph of a scope, as far as it is intact."""

from collections.abc import Iterator

from engine.definition import elements as el
from engine.definition.events import LinkEvent
from engine.definition.process import Flow, Process


def flows_of(process: Process, element: el.Element) -> list[Flow]:
    """The outgoing flows that lead somewhere."""
    return [flow for flow in process.outgoing(element) if flow.target in process.elements]


def followers(process: Process, element: el.Element) -> Iterator[el.Element]:
    """The elements after an element: its flows' targets and its boundary events."""
    for flow in flows_of(process, element):
        yield process.elements[flow.target]
    yield from process.boundary(element.id)


def reachable(process: Process, *starts: el.Element) -> set[str]:
    """The elements on the ways from some elements, these included."""
    beside: dict[str, list[el.Element]] = {}
    for event in process.of(el.BoundaryEvent):
        beside.setdefault(event.attached_to, []).append(event)
    seen: set[str] = set()
    ahead: list[el.Element] = [*starts]
    while ahead:
        current = ahead.pop()
        if current.id not in seen:
            seen.add(current.id)
            ahead.extend(process.elements[flow.target] for flow in flows_of(process, current))
            ahead.extend(beside.get(current.id, ()))
    return seen


def behind_missing(process: Process) -> Iterator[str]:
    """The elements that flows reach from what is not there: a dangling flow, an element refused."""
    for flow in process.flows.values():
        if flow.source not in process.elements and flow.target in process.elements:
            yield flow.target


def event_sub(process: Process, scope: str) -> bool:
    """Whether a scope is an event sub-process."""
    outer = process.elements.get(scope)
    return isinstance(outer, el.SubProcess) and outer.by_event


def scopes(process: Process) -> list[str]:
    """The process and its sub-processes."""
    return [process.id, *(sub.id for sub in process.of(el.SubProcess))]


def content(process: Process, scope: str) -> Iterator[el.Element]:
    """The elements of a scope and of all scopes in it."""
    for element in process.in_scope(scope):
        yield element
        if isinstance(element, el.SubProcess):
            yield from content(process, element.id)


def rests(process: Process, element: el.Element) -> bool:
    """Whether a token comes to rest here before it goes on.

    A call counts as a rest: what it runs is known only when it is called.
    """
    if isinstance(element, el.CatchEvent):
        return not isinstance(element.definition, LinkEvent | None)
    if isinstance(element, el.AdHocSubProcess):
        return True
    if isinstance(element, el.SubProcess):
        return any(rests(process, inner) for inner in process.in_scope(element.id))
    resting = (el.UserTask, el.ServiceTask, el.ReceiveTask, el.CallActivity, el.EventGateway)
    return isinstance(element, resting)
