"""The vocabulary of model files: which elements and attributes we execute, keep or refuse by name.

Source: BPMN 2.0.2 (formal/2013-12-09), Camunda 8 `zeebe:` extensions, our `banli:` extensions.
Invariant: what is in none of the tables is refused, never ignored.
"""

from collections.abc import Mapping
from typing import Final

from engine import constructs

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

# Notes and declarations by the standard, without behaviour.
DOCUMENTATION: Final = frozenset(constructs.named("documentation"))

# What we do not execute: change the row in `engine.constructs` when that changes.
REFUSED: Final[Mapping[str, str]] = constructs.named("refused")

REFUSED_ROOTS: Final = frozenset(
    {
        "import",
        "dataStore",
        "correlationProperty",
        "choreography",
        "globalUserTask",
        "globalManualTask",
        "globalScriptTask",
        "globalBusinessRuleTask",
        "globalTask",
        "globalConversation",
        "globalChoreographyTask",
    }
) & frozenset(REFUSED)

# Declarations that do nothing until an element refers to them, and the diagram.
ROOTS: Final = frozenset(
    {
        "process",
        "collaboration",
        "message",
        "error",
        "signal",
        "escalation",
        "signalEventDefinition",
        "escalationEventDefinition",
        "errorEventDefinition",
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

_ACTIVITY_EXTENSIONS: Final = frozenset(
    {"zeebe:ioMapping", "zeebe:properties", "banli:clocks", "banli:copies"}
)
_EVENT_EXTENSIONS: Final = _ACTIVITY_EXTENSIONS

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
        "banli:approval",
        "banli:operations",
        "banli:policies",
        "banli:timeout",
        "banli:buttons",
        "banli:opinion",
        "banli:chosen",
    },
    "serviceTask": _ACTIVITY_EXTENSIONS | {"zeebe:taskDefinition"},
    "scriptTask": _ACTIVITY_EXTENSIONS | {"zeebe:script"},
    "businessRuleTask": _ACTIVITY_EXTENSIONS | {"zeebe:calledDecision", "zeebe:taskDefinition"},
    "sendTask": _ACTIVITY_EXTENSIONS,
    "receiveTask": _ACTIVITY_EXTENSIONS | {"banli:public"},
    "callActivity": _ACTIVITY_EXTENSIONS | {"zeebe:calledElement"},
    "subProcess": _ACTIVITY_EXTENSIONS,
    "transaction": _ACTIVITY_EXTENSIONS,
    "adHocSubProcess": _ACTIVITY_EXTENSIONS | {"zeebe:adHoc"},
    "startEvent": _EVENT_EXTENSIONS | {"banli:public", "zeebe:formDefinition"},
    "intermediateCatchEvent": _EVENT_EXTENSIONS | {"banli:public"},
    "boundaryEvent": _EVENT_EXTENSIONS | {"banli:public"},
    "timerEventDefinition": frozenset({"banli:due"}),
    "intermediateThrowEvent": _EVENT_EXTENSIONS,
    "endEvent": _EVENT_EXTENSIONS,
    "exclusiveGateway": frozenset({"zeebe:properties"}),
    "parallelGateway": frozenset({"zeebe:properties"}),
    "inclusiveGateway": frozenset({"zeebe:properties"}),
    "eventBasedGateway": frozenset({"zeebe:properties"}),
    "complexGateway": frozenset({"zeebe:properties"}),
}

CHOOSERS: Final = ("previous", "starter")
"""Who may choose the people of a task beforehand (`banli:chosen by`)."""
TRUE: Final = frozenset({"true", "1"})
"""How XML Schema writes a true boolean."""
OPERATIONS: Final = frozenset(
    {"claim", "release", "complete", "transfer", "delegate", "urge", "withdraw"}
    | {"return", "reclaim", "sign_before", "sign_after", "sign_beside", "remove_signer"}
    | {"copy", "inquire", "plan", "bulk"}
)
"""What a node may allow (`banli:operations`) and how its buttons may be called."""
EMPTY: Final = ("approve", "reject", "person", "managers", "incident")
"""What becomes of a task that nobody can do."""
STARTER: Final = ("act", "skip", "superior", "head")
"""What becomes of a task that falls to whoever started the case."""
REPEATED: Final = ("consecutive", "any")
"""When a task that falls to somebody who has approved already is passed by itself."""
TIMEOUT: Final = ("approve", "reject", "superior", "jump")
"""What follows a limit that is over."""
PURPOSES: Final = ("asked", "withdraw", "urge", "collect", "offer")
"""What `banli:public` may be for."""
EXTENSION_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "zeebe:formDefinition": frozenset({"formId", "bindingType", "versionTag"}),
    "zeebe:userTask": frozenset(),
    "zeebe:assignmentDefinition": frozenset({"assignee", "candidateGroups", "candidateUsers"}),
    "zeebe:taskSchedule": frozenset({"dueDate", "followUpDate"}),
    "zeebe:priorityDefinition": frozenset({"priority"}),
    "zeebe:taskDefinition": frozenset({"type", "retries"}),
    "zeebe:ioMapping": frozenset(),
    "zeebe:input": frozenset({"source", "target"}),
    "zeebe:output": frozenset({"source", "target"}),
    "zeebe:calledDecision": frozenset(
        {"decisionId", "resultVariable", "bindingType", "versionTag"}
    ),
    "zeebe:calledElement": frozenset(
        {
            "processId",
            "propagateAllChildVariables",
            "propagateAllParentVariables",
            "bindingType",
            "versionTag",
        }
    ),
    "zeebe:loopCharacteristics": frozenset(
        {"inputCollection", "inputElement", "outputCollection", "outputElement"}
    ),
    "zeebe:adHoc": frozenset({"activeElementsCollection"}),
    "zeebe:subscription": frozenset({"correlationKey"}),
    "zeebe:script": frozenset({"expression", "resultVariable"}),
    "zeebe:properties": frozenset(),
    "zeebe:property": frozenset({"name", "value"}),
    "zeebe:versionTag": frozenset({"value"}),
    "banli:separation": frozenset({"from"}),
    "banli:limit": frozenset({"amount", "unit", "title"}),
    "banli:approval": frozenset(
        {
            "mode",
            "people",
            "decision",
            "result",
            "opinions",
            "ratio",
            "threshold",
            "passes",
            "rejects",
            "waitForAll",
        }
    ),
    "banli:policies": frozenset({"empty", "person", "starter", "repeated", "approve", "reject"}),
    "banli:timeout": frozenset({"remind", "every", "then", "to"}),
    "banli:buttons": OPERATIONS,
    "banli:opinion": frozenset({"required"}),
    "banli:due": frozenset({"of", "before", "at"}),
    "banli:clocks": frozenset(),
    "banli:clock": frozenset(
        {
            "do",
            "limit",
            "title",
            "amount",
            "unit",
            "at",
            "reason",
            "basis",
            "extendMost",
            "when",
            "own",
        }
    ),
    "banli:chosen": frozenset({"by"}),
    "banli:copies": frozenset(),
    "banli:copy": frozenset({"to", "when", "title", "mustRead", "reply"}),
    "banli:operations": frozenset({"allow", "pause", "reclaim"}),
    "banli:public": frozenset({"formId", "title", "purpose"}),
}

NESTED: Final[Mapping[str, frozenset[str]]] = {
    "zeebe:ioMapping": frozenset({"zeebe:input", "zeebe:output"}),
    "zeebe:properties": frozenset({"zeebe:property"}),
    "banli:clocks": frozenset({"banli:clock"}),
    "banli:copies": frozenset({"banli:copy"}),
}

# Attributes of the standard that change behaviour, with the only value that we execute.
FIXED_ATTRIBUTES: Final[Mapping[str, str]] = {
    "startQuantity": "1",
    "completionQuantity": "1",
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
    "transaction": _ACTIVITY | {"triggeredByEvent", "method"},
    "adHocSubProcess": _ACTIVITY | {"triggeredByEvent", "ordering", "cancelRemainingInstances"},
    "exclusiveGateway": frozenset({"gatewayDirection", "default"}),
    "inclusiveGateway": frozenset({"gatewayDirection", "default"}),
    "parallelGateway": frozenset({"gatewayDirection", "default"}),
    "complexGateway": frozenset({"gatewayDirection", "default"}),
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
