"""The vocabulary of model files: which elements and attributes we execute, keep or refuse by name.

Source: BPMN 2.0.2 (formal/2013-12-09), Camunda 8 `zeebe:` extensions, our `banli:` extensions.
Invariant: what is in none of the tables is refused, never ignored.
"""

from collections.abc import Mapping
from typing import Final

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
BANLI: Final = "https://banli.example/schema/1.0"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
PREFIXES: Final[Mapping[str, str]] = {ZEEBE: "zeebe", BANLI: "banli"}

# Colours and the modeller's own notes: pictures, not behaviour.
HARMLESS_NAMESPACES: Final = frozenset(
    {
        XSI,
        "http://camunda.org/schema/modeler/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://www.w3.org/XML/1998/namespace",
    }
)

# Pictures and notes by the standard, without behaviour.
DOCUMENTATION: Final = frozenset(
    {
        "documentation",
        "textAnnotation",
        "association",
        "group",
        "category",
        "dataObject",
        "dataObjectReference",
        "monitoring",
        "auditing",
    }
)

REFUSED: Final[Mapping[str, str]] = {
    "complexGateway": "复杂网关",
    "transaction": "事务子流程",
    "adHocSubProcess": "特别（ad-hoc）子流程",
    "standardLoopCharacteristics": "标准循环",
    "dataStoreReference": "数据存储",
    "dataStore": "数据存储",
    "dataInputAssociation": "数据输入关联",
    "dataOutputAssociation": "数据输出关联",
    "ioSpecification": "输入输出规格",
    "property": "数据属性",
    "compensateEventDefinition": "补偿事件",
    "linkEventDefinition": "链接事件",
    "signalEventDefinition": "信号事件",
    "escalationEventDefinition": "升级事件",
    "conditionalEventDefinition": "条件事件",
    "cancelEventDefinition": "取消事件",
    "resourceRole": "资源角色",
    "potentialOwner": "潜在处理人",
    "humanPerformer": "处理人",
    "performer": "执行人",
    "subChoreography": "编排子流程",
    "callChoreography": "调用编排",
    "choreographyTask": "编排任务",
    "callConversation": "调用会话",
    "implicitThrowEvent": "隐式抛出事件",
    "eventDefinitionRef": "引用的事件定义",
    "correlationSubscription": "关联订阅",
    "supportedInterfaceRef": "接口引用",
    "completionCondition": "完成条件",
    "script": "脚本",
}

REFUSED_ROOTS: Final[Mapping[str, str]] = {
    "import": "导入",
    "dataStore": "数据存储",
    "choreography": "编排",
    "globalUserTask": "全局用户任务",
    "globalManualTask": "全局手工任务",
    "globalScriptTask": "全局脚本任务",
    "globalBusinessRuleTask": "全局业务规则任务",
    "globalTask": "全局任务",
    "globalConversation": "全局会话",
    "globalChoreographyTask": "全局编排任务",
}

# Declarations that do nothing until an element refers to them, and the diagram.
ROOTS: Final = frozenset(
    {
        "process",
        "collaboration",
        "message",
        "error",
        "signal",
        "escalation",
        "itemDefinition",
        "category",
        "documentation",
        "extensionElements",
        "interface",
        "resource",
        "partnerEntity",
        "partnerRole",
        "endPoint",
        "extension",
        "relationship",
        "dataStore",
    }
)

_ACTIVITY_EXTENSIONS: Final = frozenset({"zeebe:ioMapping", "zeebe:properties"})
_EVENT_EXTENSIONS: Final = frozenset({"zeebe:ioMapping", "zeebe:properties"})

# Which extension elements may stand on which element; others are refused.
EXTENSIONS: Final[Mapping[str, frozenset[str]]] = {
    "definitions": frozenset({"zeebe:properties"}),
    "process": frozenset({"zeebe:properties", "zeebe:versionTag"}),
    "lane": frozenset({"zeebe:properties"}),
    "participant": frozenset({"zeebe:properties"}),
    "sequenceFlow": frozenset({"zeebe:properties"}),
    "message": frozenset({"zeebe:subscription", "zeebe:properties"}),
    "multiInstanceLoopCharacteristics": frozenset({"zeebe:loopCharacteristics"}),
    "task": _ACTIVITY_EXTENSIONS,
    "manualTask": _ACTIVITY_EXTENSIONS,
    "userTask": _ACTIVITY_EXTENSIONS
    | {
        "zeebe:formDefinition",
        "zeebe:userTask",
        "zeebe:assignmentDefinition",
        "zeebe:taskSchedule",
        "zeebe:priorityDefinition",
        "banli:separation",
        "banli:limit",
        "banli:operations",
    },
    "serviceTask": _ACTIVITY_EXTENSIONS | {"zeebe:taskDefinition"},
    "scriptTask": _ACTIVITY_EXTENSIONS | {"zeebe:script"},
    "businessRuleTask": _ACTIVITY_EXTENSIONS | {"zeebe:calledDecision", "zeebe:taskDefinition"},
    "sendTask": _ACTIVITY_EXTENSIONS,
    "receiveTask": _ACTIVITY_EXTENSIONS | {"banli:public"},
    "callActivity": _ACTIVITY_EXTENSIONS | {"zeebe:calledElement"},
    "subProcess": _ACTIVITY_EXTENSIONS,
    "startEvent": _EVENT_EXTENSIONS | {"banli:public", "zeebe:formDefinition"},
    "intermediateCatchEvent": _EVENT_EXTENSIONS | {"banli:public"},
    "boundaryEvent": _EVENT_EXTENSIONS | {"banli:public"},
    "intermediateThrowEvent": _EVENT_EXTENSIONS,
    "endEvent": _EVENT_EXTENSIONS,
    "exclusiveGateway": frozenset({"zeebe:properties"}),
    "parallelGateway": frozenset({"zeebe:properties"}),
    "inclusiveGateway": frozenset({"zeebe:properties"}),
    "eventBasedGateway": frozenset({"zeebe:properties"}),
}

EXTENSION_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "zeebe:formDefinition": frozenset({"formId", "bindingType"}),
    "zeebe:userTask": frozenset(),
    "zeebe:assignmentDefinition": frozenset({"assignee", "candidateGroups", "candidateUsers"}),
    "zeebe:taskSchedule": frozenset({"dueDate", "followUpDate"}),
    "zeebe:priorityDefinition": frozenset({"priority"}),
    "zeebe:taskDefinition": frozenset({"type", "retries"}),
    "zeebe:ioMapping": frozenset(),
    "zeebe:input": frozenset({"source", "target"}),
    "zeebe:output": frozenset({"source", "target"}),
    "zeebe:calledDecision": frozenset({"decisionId", "resultVariable", "bindingType"}),
    "zeebe:calledElement": frozenset(
        {"processId", "propagateAllChildVariables", "propagateAllParentVariables", "bindingType"}
    ),
    "zeebe:loopCharacteristics": frozenset(
        {"inputCollection", "inputElement", "outputCollection", "outputElement"}
    ),
    "zeebe:subscription": frozenset({"correlationKey"}),
    "zeebe:script": frozenset({"expression", "resultVariable"}),
    "zeebe:properties": frozenset(),
    "zeebe:property": frozenset({"name", "value"}),
    "zeebe:versionTag": frozenset({"value"}),
    "banli:separation": frozenset({"from"}),
    "banli:limit": frozenset({"amount", "unit", "title"}),
    "banli:operations": frozenset({"allow"}),
    "banli:public": frozenset({"formId", "title"}),
}

NESTED: Final[Mapping[str, frozenset[str]]] = {
    "zeebe:ioMapping": frozenset({"zeebe:input", "zeebe:output"}),
    "zeebe:properties": frozenset({"zeebe:property"}),
}

# Attributes of the standard that change behaviour, with the only value that we execute.
FIXED_ATTRIBUTES: Final[Mapping[str, str]] = {
    "isForCompensation": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "instantiate": "false",
    "parallelMultiple": "false",
    "eventGatewayType": "Exclusive",
}

_ACTIVITY: Final = frozenset(
    {"isForCompensation", "startQuantity", "completionQuantity", "default", "implementation"}
)

# Attributes without a name space that an element may have besides id and name.
ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "task": _ACTIVITY,
    "manualTask": _ACTIVITY,
    "userTask": _ACTIVITY,
    "serviceTask": _ACTIVITY,
    "scriptTask": _ACTIVITY | {"scriptFormat"},
    "businessRuleTask": _ACTIVITY,
    "sendTask": _ACTIVITY | {"messageRef"},
    "receiveTask": _ACTIVITY | {"messageRef", "instantiate"},
    "callActivity": _ACTIVITY | {"calledElement"},
    "subProcess": _ACTIVITY | {"triggeredByEvent"},
    "exclusiveGateway": frozenset({"gatewayDirection", "default"}),
    "inclusiveGateway": frozenset({"gatewayDirection", "default"}),
    "parallelGateway": frozenset({"gatewayDirection", "default"}),
    "eventBasedGateway": frozenset(
        {"gatewayDirection", "instantiate", "eventGatewayType", "default"}
    ),
    "startEvent": frozenset({"isInterrupting", "parallelMultiple"}),
    "intermediateCatchEvent": frozenset({"parallelMultiple"}),
    "boundaryEvent": frozenset({"attachedToRef", "cancelActivity", "parallelMultiple"}),
    "intermediateThrowEvent": frozenset(),
    "endEvent": frozenset(),
    "sequenceFlow": frozenset({"sourceRef", "targetRef", "isImmediate"}),
    "process": frozenset(
        {"isExecutable", "processType", "isClosed", "definitionalCollaborationRef"}
    ),
    "lane": frozenset({"partitionElementRef"}),
    "participant": frozenset({"processRef"}),
}

# What a collaboration may hold: pictures of who talks to whom.
COLLABORATION: Final = frozenset({"participant", "messageFlow"}) | DOCUMENTATION

# Names that the engine's scheduler keeps for its own nodes.
RESERVED_IDS: Final = frozenset({"Start", "End", "Root"})
