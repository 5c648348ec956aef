"""Reads the data of a flow node: properties, data inputs and outputs, data associations.

Source: BPMN 2.0.2, 10.4. Data objects, properties, data inputs and outputs are variables of that
name. An association copies, transforms or assigns: into the activity it is an input mapping, out of
it an output mapping. A line to a data object or store that says nothing of this is documentation.
Invariant: what an association says is executed or refused by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine import constructs, xml
from engine import vocabulary as voc
from engine.definition.elements import IoMapping
from engine.expressions import Expression
from engine.reading import Reading, owner_id

_ASSOCIATIONS: Final = frozenset({"dataInputAssociation", "dataOutputAssociation"})
ACTIVITY: Final = _ASSOCIATIONS | {"ioSpecification", "property"}
CATCH: Final = frozenset({"dataOutput", "dataOutputAssociation", "outputSet", "property"})
THROW: Final = frozenset({"dataInput", "dataInputAssociation", "inputSet", "property"})
PROCESS: Final = frozenset({"ioSpecification", "property"})
_PICTURES: Final = frozenset({"documentation", "extensionElements", "dataState"})
# The only data associations of many drawings: a line to a property that stands for the activity.
_PLACEHOLDER: Final = "__targetRef_placeholder"

_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "ioSpecification": frozenset({"dataInput", "dataOutput", "inputSet", "outputSet"}),
    "inputSet": frozenset({"dataInputRefs", "optionalInputRefs", "outputSetRefs"}),
    "outputSet": frozenset({"dataOutputRefs", "optionalOutputRefs", "inputSetRefs"}),
    "dataInputAssociation": frozenset({"sourceRef", "targetRef", "transformation", "assignment"}),
    "dataOutputAssociation": frozenset({"sourceRef", "targetRef", "transformation", "assignment"}),
    "assignment": frozenset({"from", "to"}),
}


@dataclass(frozen=True, slots=True)
class DataItem:
    """Something that holds data: its element and its name."""

    kind: str
    name: str


def items(root: xml.Node) -> dict[str, DataItem]:
    """Everything that holds data, by id; a reference to a data object has the object's name."""
    names = {node.get("id", ""): (node.get("name") or "").strip() for node in root.iter()}
    found = {}
    for node in root.iter():
        kind = xml.tag(node)[1]
        if kind in _KINDS:
            referred = names.get(node.get("dataObjectRef", ""), "")
            own = (node.get("name") or "").strip()
            found[node.get("id", "")] = DataItem(kind, referred or own)
    return found


_KINDS: Final = frozenset(
    {
        "dataObject",
        "dataObjectReference",
        "dataStore",
        "dataStoreReference",
        "dataInput",
        "dataOutput",
        "property",
    }
)


def mappings(
    reading: Reading, node: xml.Node
) -> tuple[tuple[IoMapping, ...], tuple[IoMapping, ...]]:
    """The input and output mappings that the data of a node stand for."""
    inputs: list[IoMapping] = []
    outputs: list[IoMapping] = []
    for child in xml.children(node):
        local = xml.tag(child)[1]
        if local == "property":
            inputs += _property(reading, child, node)
        elif local in _ASSOCIATIONS:
            _refuse(reading, child, node)
            made = list(_association(reading, child, node))
            (inputs if local == "dataInputAssociation" else outputs).extend(made)
        elif local in _PARTS:
            _specification(reading, child, node)
    return tuple(inputs), tuple(outputs)


def _specification(reading: Reading, part: xml.Node, node: xml.Node) -> None:
    """Data inputs and outputs are declarations; of sets of them only one is executed."""
    _refuse(reading, part, node)
    for kind, word in (("inputSet", "输入集"), ("outputSet", "输出集")):
        found = part.findall(f"{{{voc.BPMN}}}{kind}")
        if len(found) > 1:
            text = f"不执行多个{word}之间的选择（{kind}）"
            reading.error("construct_unsupported", text, node)
        for one in found:
            _refuse(reading, one, node)


def _refuse(reading: Reading, part: xml.Node, node: xml.Node) -> None:
    for child in xml.children(part):
        namespace, local = xml.tag(child)
        if namespace == voc.BPMN and local in _PARTS[xml.tag(part)[1]] | _PICTURES:
            continue
        if local in voc.REFUSED:
            reading.error("construct_unsupported", constructs.refusal(local), node)
        else:
            reading.error("element_unknown", f"不允许的元素 {local}", node)


def _property(reading: Reading, part: xml.Node, node: xml.Node) -> Iterator[IoMapping]:
    """A property of an activity is a variable of its own, empty at first."""
    name = (part.get("name") or "").strip()
    activity = "Event" not in xml.tag(node)[1]
    if activity and name and name != _PLACEHOLDER and reading.variable(name, node, "数据属性"):
        yield IoMapping(_feel("null", node, f"数据属性 {name}", part), name)


def _association(reading: Reading, part: xml.Node, node: xml.Node) -> Iterator[IoMapping]:
    assignments = part.findall(f"{{{voc.BPMN}}}assignment")
    transformation = part.find(f"{{{voc.BPMN}}}transformation")
    sources = _refs(part, "sourceRef")
    target = next(iter(map(reading.data.get, _refs(part, "targetRef"))), None)
    stores = [i for i in (target, *map(reading.data.get, sources)) if i and "Store" in i.kind]
    if stores and (assignments or transformation is not None):
        text = f"不执行对数据存储『{stores[0].name}』的读写，请用服务任务"
        reading.error("construct_unsupported", text, node)
    elif assignments and transformation is not None:
        reading.error("data_association", "数据关联的转换与赋值只能写一种", node)
    elif assignments:
        for assignment in assignments:
            yield from _assignment(reading, assignment, node)
    elif transformation is not None:
        yield from _into(reading, node, transformation, target)
    else:
        yield from _copy(reading, part, node, target)


def _assignment(reading: Reading, part: xml.Node, node: xml.Node) -> Iterator[IoMapping]:
    _refuse(reading, part, node)
    value, goal = part.find(f"{{{voc.BPMN}}}from"), part.find(f"{{{voc.BPMN}}}to")
    name = xml.text_of(goal).removeprefix("=").strip() if goal is not None else ""
    source = None if value is None else _expression(reading, value, f"数据赋值 {name}")
    if source is None:
        reading.error("data_association", "数据赋值缺少来源表达式（from）", node)
    elif reading.variable(name, node, "数据赋值"):
        yield IoMapping(source, name)


def _into(
    reading: Reading, node: xml.Node, transformation: xml.Node, target: DataItem | None
) -> Iterator[IoMapping]:
    source = _expression(reading, transformation, "数据转换")
    if source is None or target is None:
        reading.error("data_association", "数据转换须有表达式和去向（targetRef）", node)
    elif reading.variable(target.name, node, "数据转换"):
        yield IoMapping(source, target.name)


def _copy(
    reading: Reading, part: xml.Node, node: xml.Node, target: DataItem | None
) -> Iterator[IoMapping]:
    """Without more: a copy, if both ends are data with names of their own; else only a line."""
    found = [reading.data.get(one) for one in _refs(part, "sourceRef")]
    if len(found) > 1:
        text = "有多个来源的数据关联须写明转换（transformation）或赋值（assignment）"
        reading.error("data_association", text, node)
    ends = [target, *found]
    if len(ends) != 2 or any(end is None or _is_line(end) for end in ends):
        return
    goal, source = (end.name for end in ends if end is not None)
    if goal == source:
        return
    if reading.variable(goal, node, "数据关联") and reading.variable(source, node, "数据关联"):
        yield IoMapping(_feel(source, node, f"数据关联 {goal}", part), goal)


def _refs(part: xml.Node, name: str) -> list[str]:
    return [xml.text_of(one) for one in part.findall(f"{{{voc.BPMN}}}{name}")]


def _is_line(end: DataItem) -> bool:
    return not end.name or end.name == _PLACEHOLDER or "Store" in end.kind


def _expression(reading: Reading, part: xml.Node, place: str) -> Expression | None:
    if "feel" not in part.get("language", "feel").lower():
        reading.error("condition_language", f"{place}只支持 FEEL 表达式", part)
    return reading.expression(xml.text_of(part), part, place, feel=True)


def _feel(text: str, node: xml.Node, place: str, part: xml.Node) -> Expression:
    return Expression(text, owner_id(node), place, xml.line_of(part), always_feel=True)
