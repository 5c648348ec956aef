"""What a file says twice must agree: flows and the lists of their ends, lanes and their nodes."""

from collections import Counter
from collections.abc import Iterator

from engine import constructs, xml
from engine import vocabulary as voc
from engine.reading import Reading
from engine.schema.references import FLOW_NODES, GATEWAYS, Index, local

_LANE = f"{{{voc.BPMN}}}lane"


def check(reading: Reading, index: Index) -> None:
    """The findings of flows and lanes."""
    _borders(reading, index)
    _directions(reading, index)
    _ends(reading, index)
    for lanes in index.of("laneSet"):
        _lanes(reading, index, lanes)


def _borders(reading: Reading, index: Index) -> None:
    """A sequence flow stays in its process."""
    for flow in index.of("sequenceFlow"):
        home = index.process_of(flow)
        for name in ("sourceRef", "targetRef"):
            end = index.find(flow.get(name, ""))
            if end is not None and index.process_of(end) is not home:
                text = f"{name}『{flow.get(name)}』在另一个流程里；池与池之间请用消息流"
                reading.error("flow_border", text, flow)


def _ends(reading: Reading, index: Index) -> None:
    """The `incoming` and `outgoing` lists of a node, where it has any, are those of the flows."""
    drawn: dict[tuple[str, str], set[str]] = {}
    for flow in index.of("sequenceFlow"):
        identity = flow.get("id", "")
        drawn.setdefault(("outgoing", local(flow.get("sourceRef", ""))), set()).add(identity)
        drawn.setdefault(("incoming", local(flow.get("targetRef", ""))), set()).add(identity)
    for node in index.of(*FLOW_NODES):
        for kind, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            listed = _listed(node, kind)
            if listed:
                flows = drawn.get((kind, node.get("id", "")), set())
                _compare(reading, node, (kind, end), listed, flows)
                for identity in listed:
                    if index.kind(identity) != "sequenceFlow":
                        text = f"{kind} 列出的顺序流『{identity}』不存在"
                        reading.error("reference_dangling", text, node)


def _directions(reading: Reading, index: Index) -> None:
    """A gateway's direction is what is drawn (BPMN 2.0.2, table 10.56)."""
    ends = Counter(
        (name, local(flow.get(name, "")))
        for flow in index.of("sequenceFlow")
        for name in ("sourceRef", "targetRef")
    )
    for gateway in index.of(*GATEWAYS):
        several = {
            name: ends[name, gateway.get("id", "")] > 1 for name in ("sourceRef", "targetRef")
        }
        direction = gateway.get("gatewayDirection", "Unspecified")
        wrong = {
            "Converging": several["sourceRef"],
            "Diverging": several["targetRef"],
            "Mixed": not all(several.values()),
        }
        if wrong.get(direction):
            text = f"gatewayDirection=“{direction}”与实际进出的顺序流不符"
            reading.error("gateway_direction", text, gateway)


def _listed(node: xml.Node, kind: str) -> list[str]:
    return [local(xml.text_of(child)) for child in node.findall(f"{{{voc.BPMN}}}{kind}")]


def _compare(
    reading: Reading, node: xml.Node, named: tuple[str, str], listed: list[str], drawn: set[str]
) -> None:
    kind, end = named
    for identity in listed:
        if identity not in drawn:
            text = f"{kind} 列出了『{identity}』，但该顺序流的 {end} 不是这里"
            reading.error("flow_list", text, node)
    for identity, count in Counter(listed).items():
        if count > 1:
            reading.error("flow_list", f"{kind} 重复列出『{identity}』", node)
    for identity in sorted(drawn - set(listed)):
        reading.error("flow_list", f"{kind} 没有列出顺序流『{identity}』", node)


def _lanes(reading: Reading, index: Index, lanes: xml.Node) -> None:
    """A node stands in one lane of a lane set, and in the process of its lanes."""
    home = index.process_of(lanes)
    seen: dict[str, xml.Node] = {}
    for lane in lanes.findall(_LANE):
        for identity in sorted(_members(lane)):
            node = index.find(identity)
            if node is not None and index.process_of(node) is not home:
                text = f"泳道里的{constructs.zh(xml.tag(node)[1])}『{identity}』属于另一个流程"
                reading.error("lane_foreign", text, lane)
            elif identity in seen:
                other = seen[identity].get("name") or seen[identity].get("id")
                text = f"节点『{identity}』已在泳道『{other}』里，一个节点只能在一个泳道里"
                reading.error("lane_overlap", text, lane)
            seen.setdefault(identity, lane)


def _members(lane: xml.Node) -> set[str]:
    """The nodes of a lane and of the lanes in it."""
    return {local(xml.text_of(node)) for node in _references(lane)}


def _references(lane: xml.Node) -> Iterator[xml.Node]:
    return lane.iter(f"{{{voc.BPMN}}}flowNodeRef")
