"""A diagram for a model that has none: columns from left to right, one row for each branch.

Invariant: every flow node and every sequence flow of the model gets its shape; nothing of the
model itself changes. Sizes are those of the editor.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from engine import vocabulary as voc
from engine import xml
from processes.importing.changes import Node

DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
_GAP, _ROW, _PADDING, _POOL = 60, 40, 40, 30
_TASK, _EVENT, _GATEWAY = (100, 80), (36, 36), (50, 50)


@dataclass(slots=True)
class _Box:
    """A node with its place; `inner` is what lies in it."""

    node: Node
    width: float
    height: float
    x: float = 0
    y: float = 0
    inner: list["_Box"] = field(default_factory=list)


def has_diagram(root: Node) -> bool:
    """Whether a file has shapes at all."""
    return root.find(f".//{{{voc.BPMNDI}}}BPMNShape") is not None


def lay_out(root: Node) -> int:
    """Add a diagram; returns how many shapes it has."""
    for old in root.findall(f"{{{voc.BPMNDI}}}BPMNDiagram"):
        root.remove(old)
    collaboration = root.find(f"{{{voc.BPMN}}}collaboration")
    processes = root.findall(f"{{{voc.BPMN}}}process")
    drawn = [collaboration] if collaboration is not None else processes[:1]
    if not drawn:
        return 0
    diagram = etree.SubElement(root, f"{{{voc.BPMNDI}}}BPMNDiagram", id="imported_diagram")
    plane = etree.SubElement(
        diagram,
        f"{{{voc.BPMNDI}}}BPMNPlane",
        id="imported_plane",
        bpmnElement=drawn[0].get("id", ""),
    )
    boxes = _placed(drawn[0], 160, 80) if collaboration is None else _pools(root, collaboration)
    places: dict[str, _Box] = {}
    for box in _all(boxes):
        places[box.node.get("id", "")] = box
        _shape(plane, box)
    for flow in root.iter(f"{{{voc.BPMN}}}sequenceFlow", f"{{{voc.BPMN}}}messageFlow"):
        _edge(plane, flow, places)
    return len(places)


def _pools(root: Node, collaboration: Node) -> list[_Box]:
    by_id = {node.get("id"): node for node in root.findall(f"{{{voc.BPMN}}}process")}
    made: list[_Box] = []
    y = 80.0
    for participant in collaboration.findall(f"{{{voc.BPMN}}}participant"):
        process = by_id.get(participant.get("processRef"))
        inner = [] if process is None else _placed(process, 160 + _POOL + _PADDING, y + _PADDING)
        width = max([600, *(box.x + box.width - 160 + _PADDING for box in inner)])
        height = max([60, *(box.y + box.height - y + _PADDING for box in inner)])
        made.append(_Box(participant, width, height, 160, y, inner))
        y += height + _GAP
    return made


def _placed(scope: Node, left: float, top: float) -> list[_Box]:
    """The nodes of a scope in columns, boundary events at the lower edge of their hosts."""
    nodes = [node for node in scope if _is_node(node)]
    flowing = [node for node in nodes if node.get("attachedToRef") is None]
    columns = _columns(flowing, scope)
    boxes: dict[str, _Box] = {}
    x = left
    for column in columns:
        made = [_box(node) for node in column]
        width = max(box.width for box in made)
        y = top
        for box in made:
            _put(box, x + (width - box.width) / 2, y + (80 - min(box.height, 80)) / 2)
            boxes[box.node.get("id", "")] = box
            y += max(box.height, 80) + _ROW
        x += width + _GAP
    attached: dict[str, int] = {}
    for node in nodes:
        host = boxes.get(node.get("attachedToRef", ""))
        if host is not None:
            count = attached[host.node.get("id", "")] = attached.get(host.node.get("id", ""), 0) + 1
            box = _box(node)
            _put(box, host.x + host.width - 44 * count, host.y + host.height - 18)
            boxes[node.get("id", "")] = box
    return [*boxes.values()]


def _box(node: Node) -> _Box:
    kind = xml.tag(node)[1]
    if kind.endswith("Event"):
        return _Box(node, *_EVENT)
    if kind.endswith("Gateway"):
        return _Box(node, *_GATEWAY)
    if kind in {"subProcess", "transaction", "adHocSubProcess"}:
        inner = _placed(node, _PADDING, _PADDING)
        width = max([_TASK[0], *(box.x + box.width + _PADDING for box in inner)])
        height = max([_TASK[1], *(box.y + box.height + _PADDING for box in inner)])
        return _Box(node, width, height, inner=inner)
    return _Box(node, *_TASK)


def _put(box: _Box, x: float, y: float) -> None:
    for one in _all(box.inner):
        one.x, one.y = one.x + x - box.x, one.y + y - box.y
    box.x, box.y = x, y


def _columns(nodes: list[Node], scope: Node) -> list[list[Node]]:
    """Each node one column after the farthest that leads to it; ways back are not counted."""
    ids = {node.get("id", "") for node in nodes}
    hosts = {
        node.get("id", ""): node.get("attachedToRef", "")
        for node in scope
        if isinstance(node.tag, str) and node.get("attachedToRef")
    }
    following: dict[str, list[str]] = {identity: [] for identity in ids}
    for flow in scope.findall(f"{{{voc.BPMN}}}sequenceFlow"):
        source = hosts.get(flow.get("sourceRef", ""), flow.get("sourceRef", ""))
        if source in ids and flow.get("targetRef") in ids:
            following[source].append(flow.get("targetRef", ""))
    rank = _ranks([node.get("id", "") for node in nodes], following)
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        columns.setdefault(rank[node.get("id", "")], []).append(node)
    return [columns[key] for key in sorted(columns)]


def _ranks(order: list[str], following: Mapping[str, list[str]]) -> dict[str, int]:
    forward = _without_ways_back(order, following)
    entered = {target for targets in forward.values() for target in targets}
    rank = dict.fromkeys(order, 0)
    waiting = [one for one in order if one not in entered]
    while waiting:
        current = waiting.pop()
        for target in forward[current]:
            if rank[target] < rank[current] + 1:
                rank[target] = rank[current] + 1
                waiting.append(target)
    return rank


def _without_ways_back(
    order: list[str], following: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """The flows that close no circle, by a walk through the graph."""
    forward: dict[str, list[str]] = {one: [] for one in order}
    state: dict[str, int] = {}
    for start in order:
        stack = [] if start in state else [(start, iter(following[start]))]
        state.setdefault(start, 1)
        while stack:
            current, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[current] = 2
                stack.pop()
            elif state.get(target) != 1:
                forward[current].append(target)
                if target not in state:
                    state[target] = 1
                    stack.append((target, iter(following[target])))
    return forward


def _is_node(node: Node) -> bool:
    if not isinstance(node.tag, str) or xml.tag(node)[0] != voc.BPMN or not node.get("id"):
        return False
    kind = xml.tag(node)[1]
    return kind.endswith(("Task", "Event", "Gateway", "Activity")) or kind in {
        "task",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "dataObjectReference",
        "dataStoreReference",
        "textAnnotation",
    }


def _all(boxes: Iterable[_Box]) -> Iterable[_Box]:
    for box in boxes:
        yield box
        yield from _all(box.inner)


def _shape(plane: Node, box: _Box) -> None:
    identity = box.node.get("id", "")
    shape = etree.SubElement(
        plane, f"{{{voc.BPMNDI}}}BPMNShape", id=f"{identity}_di", bpmnElement=identity
    )
    if box.inner:
        shape.set("isExpanded", "true")
    if xml.tag(box.node)[1] == "participant":
        shape.set("isHorizontal", "true")
    values = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    etree.SubElement(shape, f"{{{DC}}}Bounds", {key: f"{one:g}" for key, one in values.items()})


def _edge(plane: Node, flow: Node, places: Mapping[str, _Box]) -> None:
    source, target = places.get(flow.get("sourceRef", "")), places.get(flow.get("targetRef", ""))
    if source is None or target is None or not flow.get("id"):
        return
    identity = flow.get("id", "")
    edge = etree.SubElement(
        plane, f"{{{voc.BPMNDI}}}BPMNEdge", id=f"{identity}_di", bpmnElement=identity
    )
    for x, y in _way(source, target, message=xml.tag(flow)[1] == "messageFlow"):
        etree.SubElement(edge, f"{{{DI}}}waypoint", x=f"{x:g}", y=f"{y:g}")


def _way(source: _Box, target: _Box, *, message: bool) -> list[tuple[float, float]]:
    if message:
        down = source.y < target.y
        start = (source.x + source.width / 2, source.y + (source.height if down else 0))
        end = (target.x + target.width / 2, target.y + (0 if down else target.height))
        return [start, end]
    if source.node.get("attachedToRef") is not None:
        start = (source.x + source.width / 2, source.y + source.height)
        end = (target.x, target.y + target.height / 2)
        return [start, (start[0], end[1]), end]
    start = (source.x + source.width, source.y + source.height / 2)
    if target.x <= source.x:  # a way back runs below everything between
        below = max(source.y + source.height, target.y + target.height) + _ROW / 2
        out, back = source.x + source.width / 2, target.x + target.width / 2
        return [
            (out, source.y + source.height),
            (out, below),
            (back, below),
            (back, target.y + target.height),
        ]
    end = (target.x, target.y + target.height / 2)
    bend = target.x - _GAP / 2
    return [start, end] if start[1] == end[1] else [start, (bend, start[1]), (bend, end[1]), end]
