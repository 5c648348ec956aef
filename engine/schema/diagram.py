"""The diagram interchange: shapes and edges of elements that exist, each drawn once.

Source: BPMN 2.0.2, 12 (BPMN DI). Invariant: a file without a diagram is as good as one with it.
"""

from collections.abc import Iterator
from typing import Final

from engine import constructs, xml
from engine import vocabulary as voc
from engine.reading import Reading
from engine.schema.references import Index

_EDGES: Final = frozenset(
    {"sequenceFlow", "messageFlow", "association", "conversationLink"}
    | {"dataInputAssociation", "dataOutputAssociation"}
)
_PLANES: Final = frozenset(
    {"process", "collaboration", "choreography", "subProcess", "transaction", "adHocSubProcess"}
    | {"subChoreography", "globalConversation", "globalChoreographyTask"}
)


def check(reading: Reading, index: Index) -> None:
    """The findings of all diagrams of a file."""
    for plane in _pictures(index.root, "BPMNPlane"):
        _plane(reading, index, plane)
    for node in _pictures(index.root, "BPMNEdge"):
        for name in ("sourceElement", "targetElement"):
            _picture(reading, index, node, name)


def _pictures(root: xml.Node, *kinds: str) -> Iterator[xml.Node]:
    return root.iter(*(f"{{{voc.BPMNDI}}}{kind}" for kind in kinds))


def _plane(reading: Reading, index: Index, plane: xml.Node) -> None:
    _element(reading, index, plane)
    seen: set[str] = set()
    for picture in _pictures(plane, "BPMNShape", "BPMNEdge"):
        _element(reading, index, picture)
        reference = (picture.get("bpmnElement") or "").strip()
        if reference and reference in seen and index.kind(reference) != "participant":
            text = f"图中重复画了『{reference}』"
            reading.error("diagram_twice", text, index.model.get(reference, picture))
        seen.add(reference)


def _element(reading: Reading, index: Index, picture: xml.Node) -> None:
    reference = (picture.get("bpmnElement") or "").strip()
    if not reference:
        return
    kind, drawn = index.kind(reference), xml.tag(picture)[1]
    if not kind:
        text = f"图形 {drawn} 的 bpmnElement 指向不存在的『{reference}』"
        reading.error("diagram_dangling", text, picture)
    elif not _fits(drawn, kind):
        text = f"图形 {drawn} 不能表示{constructs.zh(kind)}『{reference}』"
        reading.error("diagram_kind", text, index.model.get(reference, picture))


def _fits(drawn: str, kind: str) -> bool:
    if drawn == "BPMNPlane":
        return kind in _PLANES
    return (kind in _EDGES) == (drawn == "BPMNEdge")


def _picture(reading: Reading, index: Index, edge: xml.Node, name: str) -> None:
    reference = (edge.get(name) or "").strip().rpartition(":")[2]
    if reference and reference not in index.pictures:
        text = f"图形 BPMNEdge 的 {name} 指向不存在的『{reference}』"
        reading.error("diagram_dangling", text, edge)
