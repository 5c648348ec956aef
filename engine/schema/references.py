"""References between the elements of a file: each leads to an element of the right kind.

Source: BPMN 2.0.2, Semantic.xsd and BPMNDI.xsd, the attributes and elements of type QName, IDREF.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine import constructs, xml
from engine import vocabulary as voc
from engine.reading import Reading

ACTIVITIES: Final = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "callActivity",
        "subProcess",
        "transaction",
        "adHocSubProcess",
    }
)
EVENTS: Final = frozenset(
    {
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "implicitThrowEvent",
    }
)
GATEWAYS: Final = frozenset(
    {
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
    }
)
FLOW_NODES: Final = ACTIVITIES | EVENTS | GATEWAYS
_DATA: Final = frozenset(
    {"dataObject", "dataObjectReference", "dataStoreReference", "dataInput", "dataOutput"}
    | {"property", "dataStore"}
)
_TALKERS: Final = ACTIVITIES | EVENTS | {"participant"}
_ANY: Final[frozenset[str]] = frozenset()

# (element, attribute or child element) → kinds it may lead to; no kinds: any element of the model
REFERENCES: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("sequenceFlow", "sourceRef"): FLOW_NODES,
    ("sequenceFlow", "targetRef"): FLOW_NODES,
    ("association", "sourceRef"): _ANY,
    ("association", "targetRef"): _ANY,
    ("messageFlow", "sourceRef"): _TALKERS,
    ("messageFlow", "targetRef"): _TALKERS,
    ("messageFlow", "messageRef"): frozenset({"message"}),
    ("boundaryEvent", "attachedToRef"): _ANY,
    ("messageEventDefinition", "messageRef"): frozenset({"message"}),
    ("sendTask", "messageRef"): frozenset({"message"}),
    ("receiveTask", "messageRef"): frozenset({"message"}),
    ("errorEventDefinition", "errorRef"): frozenset({"error"}),
    ("escalationEventDefinition", "escalationRef"): frozenset({"escalation"}),
    ("signalEventDefinition", "signalRef"): frozenset({"signal"}),
    ("compensateEventDefinition", "activityRef"): ACTIVITIES,
    ("dataObjectReference", "dataObjectRef"): frozenset({"dataObject"}),
    ("dataStoreReference", "dataStoreRef"): frozenset({"dataStore"}),
    ("dataObject", "itemSubjectRef"): frozenset({"itemDefinition"}),
    ("dataObjectReference", "itemSubjectRef"): frozenset({"itemDefinition"}),
    ("message", "itemRef"): frozenset({"itemDefinition"}),
    ("signal", "structureRef"): frozenset({"itemDefinition"}),
    ("error", "structureRef"): frozenset({"itemDefinition"}),
    ("escalation", "structureRef"): frozenset({"itemDefinition"}),
    ("group", "categoryValueRef"): frozenset({"categoryValue"}),
    ("participant", "processRef"): frozenset({"process"}),
    ("participant", "interfaceRef"): frozenset({"interface"}),
    ("participant", "endPointRef"): frozenset({"endPoint"}),
    ("partnerEntity", "participantRef"): frozenset({"participant"}),
    ("partnerRole", "participantRef"): frozenset({"participant"}),
    ("operation", "inMessageRef"): frozenset({"message"}),
    ("operation", "outMessageRef"): frozenset({"message"}),
    ("operation", "errorRef"): frozenset({"error"}),
    ("lane", "flowNodeRef"): FLOW_NODES,
    ("process", "definitionalCollaborationRef"): frozenset({"collaboration"}),
    ("dataInputAssociation", "sourceRef"): _DATA,
    ("dataInputAssociation", "targetRef"): _DATA,
    ("dataOutputAssociation", "sourceRef"): _DATA,
    ("dataOutputAssociation", "targetRef"): _DATA,
}

# Faults that the parser names more exactly.
_NAMED_ELSEWHERE: Final = frozenset(
    {
        "messageEventDefinition",
        "sendTask",
        "receiveTask",
        "errorEventDefinition",
        "escalationEventDefinition",
        "signalEventDefinition",
        "participant",
    }
)


@dataclass(slots=True)
class Index:
    """A file's elements by id, each with the process that holds it."""

    root: xml.Node
    model: dict[str, xml.Node] = field(default_factory=dict)
    pictures: dict[str, xml.Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.root.iter():
            identity = node.get("id")
            if identity:
                here = self.model if xml.tag(node)[0] == voc.BPMN else self.pictures
                here.setdefault(identity, node)

    def of(self, *kinds: str) -> Iterator[xml.Node]:
        """The elements of some kinds, in the order of the file."""
        return self.root.iter(*(f"{{{voc.BPMN}}}{kind}" for kind in kinds))

    def find(self, reference: str) -> xml.Node | None:
        """The element that a qualified or plain reference means."""
        plain = reference.strip()
        return self.model.get(plain) if plain in self.model else self.model.get(local(plain))

    def imported(self, reference: str, node: xml.Node) -> bool:
        """Whether a reference is into another name space (a type of XML Schema, say)."""
        prefix = reference.partition(":")[0] if ":" in reference else ""
        space = node.nsmap.get(prefix) if prefix else None
        return bool(space) and space not in {self.root.get("targetNamespace"), voc.BPMN}

    def kind(self, reference: str) -> str:
        """The local name of the element that a reference means; empty if there is none."""
        found = self.find(reference)
        return "" if found is None else xml.tag(found)[1]

    def process_of(self, node: xml.Node) -> xml.Node | None:
        """The process around an element."""
        current: xml.Node | None = node
        while current is not None and xml.tag(current) != (voc.BPMN, "process"):
            current = current.getparent()
        return current


def local(reference: str) -> str:
    """A qualified name without its prefix."""
    return reference.strip().rpartition(":")[2]


def values(node: xml.Node, name: str) -> list[str]:
    """What an element refers to by an attribute or by child elements of that name."""
    attribute = (node.get(name) or "").strip()
    found = [xml.text_of(child) for child in node.findall(f"{{{voc.BPMN}}}{name}")]
    return [value for value in (attribute, *found) if value]


def check(reading: Reading, index: Index) -> None:
    """A finding for each reference that leads nowhere, or to an element of a wrong kind."""
    for (owner, name), kinds in REFERENCES.items():
        for node in index.of(owner):
            for reference in values(node, name):
                _reference(reading, index, node, (name, reference), kinds)


def _reference(
    reading: Reading,
    index: Index,
    node: xml.Node,
    named: tuple[str, str],
    kinds: frozenset[str],
) -> None:
    name, reference = named
    found = index.kind(reference)
    if not found and xml.tag(node)[1] in _NAMED_ELSEWHERE and name != "interfaceRef":
        return
    if not found and not index.imported(reference, node):
        reading.error("reference_dangling", f"{name} 指向不存在的『{reference}』", node)
    elif found and kinds and found not in kinds:
        text = f"{name} 不能指向{constructs.zh(found)}『{reference}』"
        reading.error("reference_kind", text, node)
