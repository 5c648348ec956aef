"""Reads a BPMN file into typed processes, with a finding for everything that is wrong or foreign.

SpiffWorkflow's own parser is not used: see docs/adr/0002-own-model-builder.md.
"""

import dataclasses
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from engine import data_nodes, limits, message_flows, nodes, schema, xml
from engine import vocabulary as voc
from engine.definition.elements import (
    BoundaryEvent,
    CatchEvent,
    Element,
    Event,
    SubProcess,
    ThrowEvent,
)
from engine.definition.events import LinkEvent, Message
from engine.definition.process import Flow, Lane, Process
from engine.errors import Finding
from engine.loop_nodes import KINDS as LOOPS
from engine.reading import Reading
from engine.scope_nodes import SUB_PROCESSES

_IDENTIFIED: Final = nodes.NODE_KINDS | {"process", "sequenceFlow"}
_INVISIBLE: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]"
)
_NCNAME: Final = re.compile(r"[^\W\d][\w.\-]*")


@dataclass(frozen=True, slots=True)
class Model:
    """What one file holds."""

    processes: tuple[Process, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Draft:
    """A process while it is read."""

    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    lane_of: dict[str, str] = field(default_factory=dict)


def parse(data: bytes, filename: str) -> Model:
    """The processes of a file.

    Raises:
        DeploymentRejected: the file is no XML that we accept; other faults are findings.
    """
    root = xml.read(data, filename)
    reading = Reading(filename)
    if xml.tag(root) != (voc.BPMN, "definitions"):
        reading.error("not_bpmn", "不是 BPMN 2.0 文件（根元素须为 definitions）", root)
        return Model((), tuple(reading.findings))
    _check_ids(reading, root)
    schema.check(reading, root)
    _read_declarations(reading, root)
    digest = hashlib.sha256(data).hexdigest()
    processes = [
        _process(reading, node, digest)
        for node in root.findall(f"{{{voc.BPMN}}}process")
        if _executable(reading, node, root)
    ]
    if not processes and not reading.findings:
        reading.error("no_process", "没有可执行的流程（isExecutable=“true”）", root)
    return Model(tuple(processes), tuple(reading.findings))


def _check_ids(reading: Reading, root: xml.Node) -> None:
    seen: set[str] = set()
    for node in root.iter():
        namespace, local = xml.tag(node)
        identity = node.get("id") or None
        if namespace == voc.BPMN and _INVISIBLE.search(node.get("name", "")):
            reading.error("name_characters", "名称含有控制字符、零宽字符或双向控制字符", node)
        if identity is None:
            if namespace == voc.BPMN and local in _IDENTIFIED:
                reading.error("id_missing", f"{local} 没有 id", node)
        elif namespace in {voc.BPMN, voc.BPMNDI}:
            if identity in seen:
                reading.error("id_twice", f"id『{identity}』重复", node)
            seen.add(identity)
            if namespace == voc.BPMN:
                _check_id(reading, identity, node)


def _check_id(reading: Reading, identity: str, node: xml.Node) -> None:
    if not _NCNAME.fullmatch(identity):
        text = f"id『{identity}』不合规则（须以字母开头，不含空格和冒号）"
        reading.error("id_form", text, node)
    if identity in voc.RESERVED_IDS:
        reading.error("id_reserved", f"id『{identity}』是引擎保留的名称", node)


def _read_declarations(reading: Reading, root: xml.Node) -> None:
    for node in xml.children(root):
        namespace, local = xml.tag(node)
        if namespace == voc.BPMNDI:
            continue
        if namespace != voc.BPMN or local not in voc.ROOTS | voc.REFUSED_ROOTS:
            reading.error("element_unknown", f"不认识的元素 {local}", node)
        elif local in voc.REFUSED_ROOTS:
            nodes.refuse(reading, node, root)
        elif local in _DECLARATIONS:
            _DECLARATIONS[local](reading, node)
    reading.extensions(root)
    reading.data = data_nodes.items(root)
    _check_participants(reading, root)
    message_flows.check(reading, root)


def _read_message(reading: Reading, node: xml.Node) -> None:
    name = (node.get("name") or "").strip()
    if not name or name.startswith("="):
        reading.error("message_name", "消息须有固定的名称", node)
    key = reading.extensions(node).of("zeebe:subscription").get("correlationKey")
    reading.messages[node.get("id", "")] = Message(
        node.get("id", ""),
        name,
        reading.expression(key, node, "关联键", feel=True),
        xml.line_of(node),
    )


def _read_error(reading: Reading, node: xml.Node) -> None:
    code = node.get("errorCode") or node.get("name") or ""
    reading.errors[node.get("id", "")] = code
    if not code:
        reading.error("error_code", "错误没有 errorCode", node)


def _read_escalation(reading: Reading, node: xml.Node) -> None:
    # without a code it may be caught, not thrown
    code = node.get("escalationCode") or node.get("name") or ""
    reading.escalations[node.get("id", "")] = code


def _read_signal(reading: Reading, node: xml.Node) -> None:
    name = reading.expression(node.get("name"), node, "信号名称")
    if name is None:
        reading.error("signal_name", "信号没有名称", node)
    else:
        reading.signals[node.get("id", "")] = name


_DECLARATIONS: Final[Mapping[str, Callable[[Reading, xml.Node], None]]] = {
    "message": _read_message,
    "error": _read_error,
    "escalation": _read_escalation,
    "signal": _read_signal,
}


def _check_participants(reading: Reading, root: xml.Node) -> None:
    for collaboration in root.findall(f"{{{voc.BPMN}}}collaboration"):
        for node in xml.children(collaboration):
            if xml.tag(node)[1] not in voc.COLLABORATION | {"extensionElements"}:
                nodes.refuse(reading, node, collaboration)
    known = {node.get("id") for node in root.findall(f"{{{voc.BPMN}}}process")}
    for node in root.iter(f"{{{voc.BPMN}}}participant"):
        if node.find(f"{{{voc.BPMN}}}participantMultiplicity") is not None:
            reading.error("construct_unsupported", "暂不执行的构造：多重参与者", node)
        reference = node.get("processRef")
        if reference and reference not in known:
            reading.error("process_missing", f"池引用的流程『{reference}』不存在", node)


def _executable(reading: Reading, node: xml.Node, root: xml.Node) -> bool:
    if nodes.flag(node, "isExecutable"):
        return True
    if len(root.findall(f"{{{voc.BPMN}}}process")) == 1:
        reading.error("not_executable", "流程没有标为可执行（isExecutable=“true”）", node)
    else:
        reading.warn("not_executable", "流程没有标为可执行，只作为图示保留", node)
    return False


def _process(reading: Reading, node: xml.Node, digest: str) -> Process:
    draft = _Draft()
    nodes.refuse_attributes(reading, node)
    data_nodes.mappings(reading, node)
    _scope(reading, node, draft, depth=1)
    _link(node, draft)
    extensions = reading.extensions(node)
    key = node.get("id", "")
    return Process(
        id=key,
        name=(node.get("name") or "").strip(),
        file=reading.file,
        digest=hashlib.sha256(f"{digest}#{key}".encode()).hexdigest(),
        version_tag=extensions.of("zeebe:versionTag").get("value", ""),
        line=xml.line_of(node),
        documentation=nodes.documentation(node),
        properties=extensions.properties,
        elements=draft.elements,
        flows=draft.flows,
        lanes=draft.lanes,
    )


def _scope(reading: Reading, owner: xml.Node, draft: _Draft, *, depth: int) -> None:
    if depth > limits.MODEL_NESTING:
        reading.error("nesting", f"子流程嵌套超过 {limits.MODEL_NESTING} 层", owner)
        return
    for node in xml.children(owner):
        namespace, local = xml.tag(node)
        if namespace == voc.BPMN and local in nodes.NODE_KINDS:
            _node(reading, node, owner, draft)
            if local in SUB_PROCESSES:
                _scope(reading, node, draft, depth=depth + 1)
        elif namespace == voc.BPMN and local == "sequenceFlow":
            _flow(reading, node, owner, draft)
        elif namespace == voc.BPMN and local == "laneSet":
            _lanes(reading, node, draft)
        elif namespace != voc.BPMN or local not in _parts(xml.tag(owner)[1]):
            nodes.refuse(reading, node, owner)


def _parts(kind: str) -> frozenset[str]:
    """What may stand in a process or sub-process besides flow nodes, flows and lanes."""
    found = frozenset({"extensionElements", *data_nodes.PROCESS})
    if kind != "process":
        found |= {"incoming", "outgoing", *LOOPS, *data_nodes.ACTIVITY}
    return found | {"completionCondition"} if kind == "adHocSubProcess" else found


def _node(reading: Reading, node: xml.Node, owner: xml.Node, draft: _Draft) -> None:
    made = nodes.element(reading, node, owner.get("id", ""))
    if made is None:
        return
    draft.elements[made.id] = made
    if len(draft.elements) == limits.PROCESS_ELEMENTS + 1:
        reading.error("too_many_elements", f"一个流程的节点超过 {limits.PROCESS_ELEMENTS} 个", node)


def _flow(reading: Reading, node: xml.Node, owner: xml.Node, draft: _Draft) -> None:
    found = node.find(f"{{{voc.BPMN}}}conditionExpression")
    condition = None
    if found is not None:
        if "feel" not in found.get("language", "feel").lower():
            reading.error("condition_language", "条件只支持 FEEL 表达式", node)
        condition = reading.expression(xml.text_of(found), found, "条件", feel=True)
    reading.extensions(node)
    nodes.refuse_attributes(reading, node)
    draft.flows[node.get("id", "")] = Flow(
        node.get("id", ""),
        node.get("sourceRef", ""),
        node.get("targetRef", ""),
        (node.get("name") or "").strip(),
        condition,
        xml.line_of(node),
        owner.get("id", ""),
    )


def _lanes(reading: Reading, lane_set: xml.Node, draft: _Draft) -> None:
    for node in lane_set.findall(f"{{{voc.BPMN}}}lane"):
        identity = node.get("id", "")
        properties = reading.extensions(node).properties
        draft.lanes[identity] = Lane(identity, (node.get("name") or "").strip(), properties)
        for member in node.findall(f"{{{voc.BPMN}}}flowNodeRef"):
            draft.lane_of[xml.text_of(member)] = identity
        # the innermost lane wins: it is read after the outer one
        for inner in node.findall(f"{{{voc.BPMN}}}childLaneSet"):
            _lanes(reading, inner, draft)


def _link(owner: xml.Node, draft: _Draft) -> None:
    _join_links(draft)
    handlers = _handlers(owner)
    for element in list(draft.elements.values()):
        draft.elements[element.id] = dataclasses.replace(
            element,
            incoming=tuple(f.id for f in draft.flows.values() if f.target == element.id),
            outgoing=tuple(f.id for f in draft.flows.values() if f.source == element.id),
            lane=_lane(element, draft),
        )
        if isinstance(element, BoundaryEvent) and element.id in handlers:
            known = cast("BoundaryEvent", draft.elements[element.id])
            draft.elements[element.id] = dataclasses.replace(known, handler=handlers[element.id])


def _handlers(owner: xml.Node) -> dict[str, str]:
    """Where associations lead: from a compensation boundary event to the activity that undoes."""
    found = owner.iter(f"{{{voc.BPMN}}}association")
    return {node.get("sourceRef", ""): node.get("targetRef", "") for node in found}


def _join_links(draft: _Draft) -> None:
    """Draw the flow that a pair of links stands for; `#` keeps its id apart from the file's own."""
    links = [e for e in draft.elements.values() if isinstance(_definition(e), LinkEvent)]
    for throw in links:
        if not isinstance(throw, ThrowEvent):
            continue
        for catch in links:
            same = _definition(catch) == _definition(throw) and catch.scope == throw.scope
            if isinstance(catch, CatchEvent) and same:
                identity = f"{throw.id}#link"
                draft.flows[identity] = Flow(
                    identity, throw.id, catch.id, line=throw.line, scope=throw.scope
                )
                break


def _definition(element: Element) -> object:
    return element.definition if isinstance(element, Event) else None


def _lane(element: Element, draft: _Draft) -> str:
    return next((draft.lane_of[i] for i in _upwards(element, draft) if i in draft.lane_of), "")


def _upwards(element: Element, draft: _Draft) -> Iterator[str]:
    current: Element | None = element
    while current is not None:
        yield current.id
        outer = draft.elements.get(current.scope)
        current = outer if isinstance(outer, SubProcess) else None
