"""Reads the loop characteristics of an activity: multi-instance or standard loop.

Invariant: every part and attribute of the characteristics is read or refused by name.
Source: BPMN 2.0.2, 10.3.9.
"""

from collections.abc import Iterator
from typing import Any, Final

from engine import constructs, event_nodes, xml
from engine import vocabulary as voc
from engine.definition import elements as el
from engine.definition import events as ev
from engine.reading import Reading

MULTIPLE: Final = "multiInstanceLoopCharacteristics"
STANDARD: Final = "standardLoopCharacteristics"
KINDS: Final = frozenset({MULTIPLE, STANDARD})
_COMMON: Final = frozenset({"extensionElements", "documentation"})
_PARTS: Final = {
    MULTIPLE: _COMMON | {"completionCondition", "loopCardinality", "complexBehaviorDefinition"},
    STANDARD: _COMMON | {"loopCondition"},
}
_ATTRIBUTES: Final = {
    MULTIPLE: frozenset(
        {"id", "isSequential", "behavior", "noneBehaviorEventRef", "oneBehaviorEventRef"}
    ),
    STANDARD: frozenset({"id", "testBefore", "loopMaximum"}),
}


def loop(reading: Reading, node: xml.Node) -> el.Loop | el.StandardLoop | None:
    """How an activity repeats; None if it does not."""
    found = [child for child in xml.children(node) if xml.tag(child)[1] in KINDS]
    if len(found) > 1:
        reading.error("loop_twice", "活动只能有一种循环或多实例", node)
    if not found:
        return None
    _refuse(reading, found[0], node)
    if xml.tag(found[0])[1] == STANDARD:
        return _standard(reading, found[0], node)
    return _multiple(reading, found[0], node)


def _refuse(reading: Reading, found: xml.Node, node: xml.Node) -> None:
    kind = xml.tag(found)[1]
    for child in xml.children(found):
        namespace, local = xml.tag(child)
        if namespace == voc.BPMN and local in _PARTS[kind]:
            continue
        if local in voc.REFUSED:
            reading.error("construct_unsupported", constructs.refusal(local), node)
        else:
            reading.error("element_unknown", f"不允许的元素 {local}", node)
    for name in xml.attributes(found):
        namespace = xml.namespace_of(name)
        known = name in _ATTRIBUTES[kind] or namespace in voc.HARMLESS_NAMESPACES
        if not known:
            reading.error("attribute_unsupported", f"不支持属性 {name}", node)


def _standard(reading: Reading, found: xml.Node, node: xml.Node) -> el.StandardLoop:
    reading.extensions(found)
    condition = body(reading, found, "loopCondition", "循环条件")
    maximum = _maximum(reading, found, node)
    if condition is None and maximum is None:
        reading.error("loop_endless", "标准循环须有循环条件或最多次数（loopMaximum）", node)
    return el.StandardLoop(condition, found.get("testBefore") in voc.TRUE, maximum)


def _maximum(reading: Reading, found: xml.Node, node: xml.Node) -> int | None:
    text = found.get("loopMaximum")
    if text is None:
        return None
    if not text.strip().isdecimal() or not int(text):
        reading.error("loop_maximum", f"循环最多次数应为正整数，实为『{text}』", node)
        return None
    return int(text)


def _multiple(reading: Reading, found: xml.Node, node: xml.Node) -> el.Loop:
    values = reading.extensions(found).of("zeebe:loopCharacteristics")
    for name, place in (("inputElement", "多实例输入项"), ("outputCollection", "多实例输出集合")):
        if values.get(name):
            reading.variable(values[name], node, place)
    made = el.Loop(
        sequential=found.get("isSequential") in voc.TRUE,
        collection=reading.expression(
            values.get("inputCollection"), node, "多实例输入集合", feel=True
        ),
        cardinality=body(reading, found, "loopCardinality", "多实例次数"),
        element=values.get("inputElement", ""),
        output_collection=values.get("outputCollection", ""),
        output_element=reading.expression(
            values.get("outputElement"), node, "多实例输出项", feel=True
        ),
        completion=body(reading, found, "completionCondition", "多实例完成条件"),
        throws=tuple(_behaviours(reading, found, node)),
    )
    if (made.collection is None) == (made.cardinality is None):
        reading.error("loop_source", "多实例须有且只有一个来源：输入集合或次数", node)
    if bool(made.output_collection) != (made.output_element is not None):
        reading.error("loop_output", "多实例的输出集合与输出项须成对出现", node)
    return made


def _behaviours(reading: Reading, found: xml.Node, node: xml.Node) -> Iterator[el.Behaviour]:
    """What is thrown when instances complete: nothing (all), something at each or the first."""
    behaviour = found.get("behavior", "All")
    complex_ = found.findall(f"{{{voc.BPMN}}}complexBehaviorDefinition")
    if behaviour in {"None", "One"}:
        reference = found.get(f"{behaviour.lower()}BehaviorEventRef", "")
        for definition in _referenced(reading, reference, node):
            yield el.Behaviour(definition, first=behaviour == "One")
    elif behaviour == "Complex":
        for part in complex_:
            yield from _complex(reading, part, node)
    elif behaviour != "All":
        reading.error("attribute_unsupported", f"不支持 behavior=“{behaviour}”", node)
    if bool(complex_) != (behaviour == "Complex"):
        text = "behavior 为 Complex 时才写、且须写复杂行为（complexBehaviorDefinition）"
        reading.error("loop_behaviour", text, node)


def _referenced(reading: Reading, reference: str, node: xml.Node) -> Iterator[ev.EventDefinition]:
    root = node.getroottree().getroot()
    parts = [part for part in xml.children(root) if reference and part.get("id") == reference]
    made = event_nodes.definition(reading, parts[0], node) if parts else None
    if made is None:
        text = f"多实例完成时抛出的事件『{reference}』不存在（须是文件顶层的事件定义）"
        reading.error("loop_behaviour", text, node)
    else:
        yield from _throwable(reading, made, node)


def _complex(reading: Reading, part: xml.Node, node: xml.Node) -> Iterator[el.Behaviour]:
    for child in xml.children(part):
        if xml.tag(child) not in {(voc.BPMN, name) for name in ("condition", "event", *_COMMON)}:
            reading.error("element_unknown", f"不允许的元素 {xml.tag(child)[1]}", node)
    condition = body(reading, part, "condition", "多实例复杂行为的条件")
    thrown = part.find(f"{{{voc.BPMN}}}event")
    made = event_nodes.event(reading, thrown) if thrown is not None else None
    if condition is None or made is None:
        text = "多实例复杂行为须有条件（condition）和抛出的事件（event）"
        reading.error("loop_behaviour", text, node)
        return
    for definition in _throwable(reading, made, node):
        yield el.Behaviour(definition, condition=condition)


def _throwable(
    reading: Reading, made: ev.EventDefinition, node: xml.Node
) -> Iterator[ev.EventDefinition]:
    if all(isinstance(one, _THROWN) for one in ev.singles(made)):
        yield made
    else:
        reading.error("loop_behaviour", "多实例完成时只能抛出信号、升级或错误", node)


_THROWN: Final = (ev.SignalEvent, ev.EscalationEvent, ev.ErrorEvent)


def body(reading: Reading, node: xml.Node, name: str, place: str) -> Any:
    """The expression in a part of an element; None if the part is not there."""
    child = node.find(f"{{{voc.BPMN}}}{name}")
    if child is None:
        return None
    if "feel" not in child.get("language", "feel").lower():
        reading.error("condition_language", f"{place}只支持 FEEL 表达式", node)
    return reading.expression(xml.text_of(child), child, place, feel=True)
