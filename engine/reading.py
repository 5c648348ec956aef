"""The state of reading one model file: findings, declarations, and the extension elements.

Invariant: reading never stops at the first fault; every fault becomes a finding with its element.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from engine import vocabulary as voc
from engine import xml
from engine.definition.elements import Binding, BindingKind, Clock, Copy, IoMapping
from engine.definition.events import Message
from engine.errors import Finding
from engine.expressions import Expression

_VARIABLE: Final = re.compile(r"[^\W\d][\w]*")

Attributes = Mapping[str, str]


@dataclass(slots=True)
class Extensions:
    """The extension elements of one element, by prefixed name."""

    found: dict[str, Attributes] = field(default_factory=dict)
    inputs: tuple[IoMapping, ...] = ()
    outputs: tuple[IoMapping, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()
    copies: tuple[Copy, ...] = ()

    def of(self, name: str) -> Attributes:
        """The attributes of an extension element; empty if it is not there."""
        return self.found.get(name, {})


@dataclass(slots=True)
class Reading:
    """One file while it is read."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    escalations: dict[str, str] = field(default_factory=dict)
    signals: dict[str, Expression] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    noted: set[tuple[object, ...]] = field(default_factory=set)

    def error(self, code: str, message: str, node: xml.Node) -> None:
        """Note a fault of an element; the same fault twice is noted once."""
        self._note("error", code, message, node)

    def warn(self, code: str, message: str, node: xml.Node) -> None:
        """Note something doubtful."""
        self._note("warning", code, message, node)

    def _note(self, severity: str, code: str, message: str, node: xml.Node) -> None:
        line = xml.line_of(node)
        element = owner_id(node)
        fault = (code, message, element or line)
        if fault in self.noted:
            return
        self.noted.add(fault)
        self.findings.append(
            Finding(
                "error" if severity == "error" else "warning",
                code,
                f"第 {line} 行 {describe(node)}：{message}",
                self.file,
                element,
                line,
            )
        )

    def expression(
        self, text: str | None, node: xml.Node, place: str, *, feel: bool = False
    ) -> Expression | None:
        """An expression of an element; a blank text is none."""
        if text is None or not text.strip() or text.strip() == "=":
            return None
        made = Expression(text.strip(), owner_id(node), place, xml.line_of(node), always_feel=feel)
        problem = made.problem()
        if problem:
            self.error(
                "expression_syntax",
                f"{place}不是合格的表达式『{made.source}』：{problem.message}",
                node,
            )
        return made

    def extensions(self, node: xml.Node) -> Extensions:
        """The extension elements of an element, checked against the vocabulary."""
        result = Extensions()
        kind = xml.tag(node)[1]
        allowed = voc.EXTENSIONS.get(kind, frozenset())
        for holder in node.findall(f"{{{voc.BPMN}}}extensionElements"):
            for child in xml.children(holder):
                name = prefixed(child)
                if xml.tag(child)[0] in voc.HARMLESS_NAMESPACES:
                    continue
                if name not in allowed:
                    self.error("extension_unknown", f"不支持扩展元素 {name}", node)
                elif name in result.found:
                    self.error("extension_twice", f"扩展元素 {name} 重复", node)
                else:
                    self._read_extension(result, child, name)
        return result

    def _read_extension(self, result: Extensions, child: xml.Node, name: str) -> None:
        result.found[name] = self._attributes(child, name)
        nested = list(xml.children(child))
        for grandchild in nested:
            if prefixed(grandchild) not in voc.NESTED.get(name, frozenset()):
                self.error("extension_unknown", f"不支持扩展元素 {prefixed(grandchild)}", child)
        if name == "zeebe:ioMapping":
            result.inputs = self._mappings(nested, "input", "输入映射")
            result.outputs = self._mappings(nested, "output", "输出映射")
        elif name == "banli:clocks":
            result.clocks = self._clocks(nested)
        elif name == "banli:copies":
            result.copies = self._copies(nested)
        elif name == "zeebe:properties":
            result.properties = {
                item.get("name", ""): item.get("value", "") for item in nested if item.get("name")
            }

    def _attributes(self, node: xml.Node, name: str) -> Attributes:
        allowed = voc.EXTENSION_ATTRIBUTES.get(name, frozenset())
        for attribute in xml.attributes(node):
            if attribute not in allowed:
                self.error("extension_attribute", f"{name} 不支持属性 {attribute}", node)
        return xml.attributes(node)

    def binding(self, values: Attributes, node: xml.Node, otherwise: BindingKind) -> Binding:
        """Which version a reference means; `otherwise` where the model does not say."""
        kind: Any = values.get("bindingType", otherwise)
        tag = values.get("versionTag", "")
        if kind not in get_args(BindingKind):
            text = f"bindingType 只能是 latest、deployment 或 versionTag，实为『{kind}』"
            self.error("binding_type", text, node)
        elif (kind == "versionTag") != bool(tag):
            self.error("binding_type", "bindingType 为 versionTag 时才写、且须写 versionTag", node)
        return Binding(kind, tag)

    def _mappings(self, nodes: list[xml.Node], kind: str, place: str) -> tuple[IoMapping, ...]:
        made = []
        for node in nodes:
            if xml.tag(node)[1] != kind:
                continue
            self._attributes(node, f"zeebe:{kind}")
            target = (node.get("target") or "").strip()
            source = self.expression(node.get("source"), node, f"{place} {target}")
            if self.variable(target, node, place) and source is not None:
                made.append(IoMapping(source, target))
            elif source is None:
                self.error("mapping_source", f"{place} {target} 缺少来源表达式", node)
        return tuple(made)

    def _clocks(self, nodes: list[xml.Node]) -> tuple[Clock, ...]:
        made = []
        for node in nodes:
            self._attributes(node, "banli:clock")
            do, limit = node.get("do", ""), node.get("limit", "")
            amount = self.expression(node.get("amount"), node, "期限数量")
            if do not in _CLOCK or not limit or (do in {"start", "extend"} and amount is None):
                text = (
                    "期限操作须写明 do（start、suspend、resume、extend、correct、stop）和 limit，"
                )
                self.error("clock_incomplete", f"{text}起算和延长还须有 amount", node)
                continue
            made.append(
                Clock(
                    do,
                    limit,
                    title=self.expression(node.get("title"), node, "期限名称"),
                    amount=amount,
                    unit=node.get("unit", "working_days"),
                    at=self.expression(node.get("at"), node, "期限时点"),
                    reason=self.expression(node.get("reason"), node, "期限理由"),
                    basis=node.get("basis", ""),
                    extend_most=self.expression(node.get("extendMost"), node, "可延长数量"),
                    when=self.expression(node.get("when"), node, "期限条件"),
                    own=node.get("own") in voc.TRUE,
                )
            )
        return tuple(made)

    def _copies(self, nodes: list[xml.Node]) -> tuple[Copy, ...]:
        made = []
        for node in nodes:
            self._attributes(node, "banli:copy")
            to = self.expression(node.get("to"), node, "抄送对象")
            if to is None:
                self.error("copy_incomplete", "抄送须写明抄送给谁（to）", node)
                continue
            made.append(
                Copy(
                    to,
                    node.get("title", ""),
                    must_read=node.get("mustRead") in voc.TRUE,
                    reply=node.get("reply") in voc.TRUE,
                    when=self.expression(node.get("when"), node, "抄送条件"),
                )
            )
        return tuple(made)

    def variable(self, name: str, node: xml.Node, place: str) -> bool:
        """Whether a text may name a variable; a finding if not."""
        if _VARIABLE.fullmatch(name):
            return True
        self.error("variable_name", f"{place}的变量名『{name}』不可用", node)
        return False


def prefixed(node: xml.Node) -> str:
    """`zeebe:script`, `banli:limit`; a foreign name with its own prefix."""
    namespace, local = xml.tag(node)
    prefix = voc.PREFIXES.get(namespace) or node.prefix
    return f"{prefix}:{local}" if prefix else local


def owner_id(node: xml.Node) -> str:
    """The id of the element, or of the nearest one around it that has one."""
    current: xml.Node | None = node
    while current is not None:
        found = current.get("id")
        if found and xml.tag(current)[1] not in _PARTS:
            return found
        current = current.getparent()
    return ""


_CLOCK: Final = frozenset({"start", "suspend", "resume", "extend", "correct", "stop"})
_PARTS: Final = frozenset(
    {
        "timerEventDefinition",
        "messageEventDefinition",
        "errorEventDefinition",
        "terminateEventDefinition",
        "signalEventDefinition",
        "linkEventDefinition",
        "escalationEventDefinition",
        "compensateEventDefinition",
        "conditionalEventDefinition",
        "cancelEventDefinition",
        "conditionExpression",
        "condition",
        "timeDate",
        "timeDuration",
        "timeCycle",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "completionCondition",
        "loopCondition",
        "loopCardinality",
        "activationCondition",
        "ioSpecification",
        "inputSet",
        "outputSet",
        "dataInput",
        "dataOutput",
        "property",
        "dataInputAssociation",
        "dataOutputAssociation",
        "assignment",
        "transformation",
        "from",
        "to",
    }
)

KINDS: Final[Mapping[str, str]] = {
    "definitions": "文件",
    "process": "流程",
    "userTask": "用户任务",
    "serviceTask": "服务任务",
    "scriptTask": "脚本任务",
    "businessRuleTask": "业务规则任务",
    "sendTask": "发送任务",
    "receiveTask": "接收任务",
    "manualTask": "手工任务",
    "task": "任务",
    "callActivity": "调用活动",
    "subProcess": "子流程",
    "transaction": "事务子流程",
    "adHocSubProcess": "特别子流程",
    "exclusiveGateway": "排他网关",
    "parallelGateway": "并行网关",
    "inclusiveGateway": "包容网关",
    "complexGateway": "复杂网关",
    "eventBasedGateway": "事件网关",
    "startEvent": "开始事件",
    "endEvent": "结束事件",
    "intermediateCatchEvent": "中间捕获事件",
    "intermediateThrowEvent": "中间抛出事件",
    "boundaryEvent": "边界事件",
    "sequenceFlow": "顺序流",
    "lane": "泳道",
    "message": "消息",
    "error": "错误",
    "participant": "池",
    "messageFlow": "消息流",
    "dataStore": "数据存储",
    "dataStoreReference": "数据存储",
    "signal": "信号",
    "escalation": "升级",
}


def describe(node: xml.Node) -> str:
    """Kind, name and id of an element for people."""
    current = node
    while (outer := current.getparent()) is not None and not _named(current):
        current = outer
    local = xml.tag(current)[1]
    name = f"『{current.get('name')}』" if current.get("name") else ""
    identity = f"（{current.get('id')}）" if current.get("id") else ""
    return f"{KINDS.get(local, local)}{name}{identity}"


def _named(node: xml.Node) -> bool:
    return bool(node.get("id")) and xml.tag(node)[1] not in _PARTS
