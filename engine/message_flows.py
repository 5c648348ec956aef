"""Message flows between pools carry the message that one end sends and the other awaits.

Source: BPMN 2.0.2, 7.6.2 and 9.3. What stands at the ends at all is checked by `engine.schema`.
"""

from engine import vocabulary as voc
from engine import xml
from engine.reading import Reading


def check(reading: Reading, root: xml.Node) -> None:
    """A finding for each message flow whose ends speak of different messages."""
    model = {node.get("id"): node for node in root.iter() if node.get("id")}
    for flow in root.iter(f"{{{voc.BPMN}}}messageFlow"):
        sent = _messages(reading, model.get(flow.get("sourceRef")))
        awaited = _messages(reading, model.get(flow.get("targetRef")))
        drawn = _messages(reading, flow)
        told = [names for names in (sent, drawn, awaited) if names]
        if told and not set.intersection(*told):
            text = f"消息流两端的消息不一致：{_said(sent, drawn)} → {_said(awaited, drawn)}"
            reading.error("message_flow_message", text, flow)


def _messages(reading: Reading, node: xml.Node | None) -> set[str]:
    """The names of the messages of an event or task; none for pools and other activities."""
    if node is None:
        return set()
    parts = [node, *node.findall(f"{{{voc.BPMN}}}messageEventDefinition")]
    found = (reading.messages.get(part.get("messageRef", "")) for part in parts)
    return {message.name for message in found if message is not None}


def _said(names: set[str], drawn: set[str]) -> str:
    return "、".join(f"『{name}』" for name in sorted(names or drawn))
