"""Elements, attributes and values against the schema; constructs that we refuse, wherever they are.

Invariant: a refused construct is refused wherever it stands, whether or not the parser comes there.
"""

import re
from collections import Counter
from typing import Final

from engine import constructs, xml
from engine import vocabulary as voc
from engine.reading import Reading, prefixed
from engine.schema.grammar import Attribute, Name, Slot, Type, bpmn
from engine.schema.references import FLOW_NODES

_SPACES: Final = frozenset(
    {
        voc.BPMN,
        voc.BPMNDI,
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
    }
)
# an expression is read as a formal one, whether or not the modeller wrote xsi:type
_FORMAL: Final = (voc.BPMN, "tFormalExpression")
_EXPRESSION: Final = (voc.BPMN, "tExpression")
_BY_PARSER: Final = FLOW_NODES | {"definitions", "process", "sequenceFlow"}
_PATTERNS: Final = {
    "boolean": (re.compile("true|false|1|0"), "应为 true 或 false"),
    "integer": (re.compile("[+-]?[0-9]+"), "应为整数"),
    "int": (re.compile("[+-]?[0-9]{1,10}"), "应为整数"),
    "double": (re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"), "应为数值"),
}


def check(reading: Reading, root: xml.Node) -> None:
    """The findings of the whole tree."""
    _element(reading, root, bpmn().elements[voc.BPMN, "definitions"])


def _element(reading: Reading, node: xml.Node, kind: Name) -> None:
    made = bpmn().type(_FORMAL if kind == _EXPRESSION else kind)
    if made is None:
        return
    _attributes(reading, node, made)
    if kind in {_EXPRESSION, _FORMAL}:
        _language(reading, node)
    if not (made.mixed or made.anything or _quiet(node)):
        _texts(reading, node)
    _extensions(reading, node)
    counts: Counter[Name] = Counter()
    for child in xml.children(node):
        name = xml.tag(child)
        counts[name] += 1
        _child(reading, child, made, name)
    for slot in made.slots:
        _count(reading, node, slot, counts)


def _child(reading: Reading, child: xml.Node, parent: Type, name: Name) -> None:
    space, local = name
    kind = parent.child(name)
    if space == voc.BPMN and local in voc.REFUSED:
        # what stands in it falls with it
        reading.error("construct_unsupported", constructs.refusal(local), child)
    elif kind is not None:
        _element(reading, child, kind)
    elif parent.anything:
        return
    elif space in _SPACES:
        reading.error("element_unknown", f"不允许的元素 {local}", _outer(child))
    elif not _quiet(_outer(child)):
        reading.error("element_unknown", f"不认识的元素 {local}", _outer(child))


def _outer(node: xml.Node) -> xml.Node:
    outer = node.getparent()
    return node if outer is None else outer


def _quiet(node: xml.Node) -> bool:
    """Whether an element is documentation by the standard, or part of a diagram."""
    space, local = xml.tag(node)
    return space != voc.BPMN or local in voc.DOCUMENTATION


def _count(reading: Reading, node: xml.Node, slot: Slot, counts: Counter[Name]) -> None:
    found = sum(counts[name] for name in slot.types)
    names = "、".join(constructs.zh(local) for _space, local in slot.types)
    if slot.most is not None and found > slot.most:
        reading.error("element_twice", f"{names}最多 {slot.most} 个，实有 {found} 个", node)
    elif found < slot.least:
        text = f"缺少{names}" if slot.least == 1 else f"{names}至少 {slot.least} 个"
        reading.error("element_missing", text, node)


def _attributes(reading: Reading, node: xml.Node, made: Type) -> None:
    local = xml.tag(node)[1]
    for name, value in xml.attributes(node).items():
        attribute = made.attributes.get(name)
        if attribute is not None:
            _value(reading, node, name, value.strip(), attribute)
        elif _checked(node, local) and _foreign(name):
            reading.error("attribute_unsupported", f"不支持属性 {name}", node)
    for name, attribute in made.attributes.items():
        if attribute.required and not (node.get(name) or "").strip():
            reading.error("attribute_missing", f"缺少属性 {name}", node)


def _language(reading: Reading, node: xml.Node) -> None:
    """An expression is FEEL; a file may say so once for all of its expressions."""
    whole = node.getroottree().getroot().get("expressionLanguage", "feel")
    language = node.get("language", whole)
    if "feel" not in language.lower():
        text = f"表达式的语言『{language}』不支持，请用 FEEL"
        reading.error("expression_language", text, node)


def _checked(node: xml.Node, local: str) -> bool:
    """Whether unknown attributes are faults here; the parser looks at those of flow nodes."""
    # on the file itself tools note their own versions and authors
    return not (_quiet(node) or local in _BY_PARSER)


def _foreign(name: str) -> bool:
    return xml.namespace_of(name) not in voc.HARMLESS_NAMESPACES


def _value(reading: Reading, node: xml.Node, name: str, value: str, attribute: Attribute) -> None:
    pattern = _PATTERNS.get(attribute.type)
    if attribute.values and value not in attribute.values:
        wanted = "、".join(attribute.values)
        reading.error("attribute_value", f"{name}=“{value}”不可用，应为 {wanted} 之一", node)
    elif pattern and not pattern[0].fullmatch(value):
        reading.error("attribute_value", f"{name}=“{value}”{pattern[1]}", node)


def _texts(reading: Reading, node: xml.Node) -> None:
    texts = [node.text or "", *(child.tail or "" for child in xml.children(node))]
    found = next((text.strip() for text in texts if text.strip()), "")
    if found:
        reading.error("text_place", f"此处不能有文字『{found[:20]}』", node)


def _extensions(reading: Reading, node: xml.Node) -> None:
    """Extension elements on elements for which no extension is known."""
    local = xml.tag(node)[1]
    if _quiet(node) or local in voc.EXTENSIONS or local in voc.REFUSED:
        return
    for holder in node.findall(f"{{{voc.BPMN}}}extensionElements"):
        for child in xml.children(holder):
            if xml.tag(child)[0] not in voc.HARMLESS_NAMESPACES:
                reading.error("extension_unknown", f"不支持扩展元素 {prefixed(child)}", node)
