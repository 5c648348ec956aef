"""Pools and message flows: who may send what to whom.

Source: BPMN 2.0.2, 7.6.2 (message flow rules), 9.3 (pool and participant).
"""

from engine import constructs, xml
from engine import vocabulary as voc
from engine.reading import Reading
from engine.schema.references import GATEWAYS, Index

_SENDS = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
_RECEIVES = frozenset({"endEvent", "intermediateThrowEvent"})
_MESSAGE = f"{{{voc.BPMN}}}messageEventDefinition"


def check(reading: Reading, index: Index) -> None:
    """The findings of collaborations."""
    for flow in index.of("messageFlow"):
        _ends(reading, index, flow)
        _pools(reading, index, flow)
    if len(list(index.of("collaboration"))) > 1:
        for other in list(index.of("collaboration"))[1:]:
            reading.error("collaboration_twice", "一个文件只能有一个协作图", other)


def _ends(reading: Reading, index: Index, flow: xml.Node) -> None:
    for name, forbidden, verb in (
        ("sourceRef", _SENDS, "发出"),
        ("targetRef", _RECEIVES, "收到"),
    ):
        end = index.find(flow.get(name, ""))
        if end is None:
            continue
        kind = xml.tag(end)[1]
        if kind in forbidden or kind in GATEWAYS:
            text = f"{constructs.zh(kind)}『{flow.get(name)}』不能{verb}消息"
            reading.error("message_flow_end", text, flow)
        elif kind.endswith("Event") and not _about_messages(end, kind):
            text = f"{constructs.zh(kind)}『{flow.get(name)}』不是消息事件，不能{verb}消息"
            reading.error("message_flow_end", text, flow)


def _about_messages(event: xml.Node, kind: str) -> bool:
    """Whether an event is a message event; a plain start may be drawn as the goal of a message."""
    definitions = [child for child in event if str(child.tag).endswith("EventDefinition")]
    if not definitions:
        return kind == "startEvent"
    return any(child.tag == _MESSAGE for child in definitions)


def _pools(reading: Reading, index: Index, flow: xml.Node) -> None:
    source, target = (_pool(index, flow.get(name, "")) for name in ("sourceRef", "targetRef"))
    if source is not None and source is target:
        reading.error("message_flow_pool", "消息流的两端在同一个池里，请用顺序流", flow)


def _pool(index: Index, reference: str) -> xml.Node | None:
    """The process behind a pool or around an element; a closed pool stands for itself."""
    found = index.find(reference)
    if found is None or xml.tag(found)[1] != "participant":
        return None if found is None else index.process_of(found)
    process = index.find(found.get("processRef", ""))
    return found if process is None else process
