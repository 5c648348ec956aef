"""Mini models in a few characters: the parts of a BPMN file, and the file around them."""

# ruff: noqa: N802 - one letter for each part, so that a model fits on a line

from dataclasses import dataclass

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPACES = (
    f'xmlns="{BPMN}" xmlns:t="t" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:banli="https://banli.example/schema/1.0" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
)


@dataclass(frozen=True)
class Row:
    """A model, and the finding that it must have: code and element."""

    name: str
    code: str
    element: str
    files: tuple[bytes, ...]
    severity: str = "error"


def row(name: str, code: str, element: str, *files: bytes, severity: str = "error") -> Row:
    return Row(name, code, element, files, severity)


def file(*roots: str, attributes: str = 'id="defs" targetNamespace="t"') -> bytes:
    inner = "\n".join(roots)
    return f"<definitions {SPACES} {attributes}>\n{inner}\n</definitions>".encode()


def process(*parts: str, key: str = "p", attributes: str = 'isExecutable="true"') -> str:
    inner = "\n".join(parts)
    return f'<process id="{key}" name="流程" {attributes}>\n{inner}\n</process>'


def p(*parts: str, roots: str = "", attributes: str = 'isExecutable="true"') -> bytes:
    """A file with one process."""
    return file(roots, process(*parts, attributes=attributes))


def line(*parts: str, roots: str = "", around: str = "") -> bytes:
    """A process start → a (user task) → end; `parts` replace or join what stands there."""
    return p(S, A, E, F("s", "a"), F("a", "e"), *parts, around, roots=roots)


def put(inner: str, *more: str, roots: str = "", kind: str = "userTask", at: str = "") -> bytes:
    """start → a → end, with something inside of `a`."""
    node = f'<{kind} id="a" name="甲" {at}>{inner}</{kind}>'
    return p(S, node, E, F("s", "a"), F("a", "e"), *more, roots=roots)


def N(kind: str, identity: str, inner: str = "", **attributes: str) -> str:
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f'<{kind} id="{identity}" name="{identity}" {written}>{inner}</{kind}>'


def F(source: str, target: str, inner: str = "", identity: str = "") -> str:
    name = identity or f"{source}_{target}"
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def IF(source: str, target: str, condition: str = "=x", identity: str = "") -> str:
    return F(source, target, f"<conditionExpression>{condition}</conditionExpression>", identity)


def X(*parts: str) -> str:
    """Extension elements."""
    return f"<extensionElements>{''.join(parts)}</extensionElements>"


def T(identity: str, inner: str = "") -> str:
    return N("userTask", identity, inner)


def sub(identity: str, *parts: str, **attributes: str) -> str:
    return N("subProcess", identity, "".join(parts), **attributes)


def boundary(identity: str, host: str, inner: str, **attributes: str) -> str:
    return N("boundaryEvent", identity, inner, attachedToRef=host, **attributes)


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def message(reference: str = "m") -> str:
    return f'<messageEventDefinition messageRef="{reference}"/>'


def error(reference: str = "er") -> str:
    return f'<errorEventDefinition errorRef="{reference}"/>'


def service(identity: str, inner: str = "") -> str:
    return N("serviceTask", identity, X('<zeebe:taskDefinition type="work"/>') + inner)


def script(identity: str, inner: str = "") -> str:
    return N(
        "scriptTask", identity, X('<zeebe:script expression="=1" resultVariable="r"/>') + inner
    )


def call(identity: str, key: str) -> str:
    return N("callActivity", identity, X(f'<zeebe:calledElement processId="{key}"/>'))


def lanes(*parts: str) -> str:
    return f'<laneSet id="ls">{"".join(parts)}</laneSet>'


def lane(identity: str, *members: str, inner: str = "") -> str:
    nodes = "".join(f"<flowNodeRef>{member}</flowNodeRef>" for member in members)
    return f'<lane id="{identity}" name="{identity}">{nodes}{inner}</lane>'


def pools(*parts: str) -> str:
    return f'<collaboration id="co">{"".join(parts)}</collaboration>'


def pool(identity: str, key: str = "") -> str:
    reference = f'processRef="{key}"' if key else ""
    return f'<participant id="{identity}" name="{identity}" {reference}/>'


def flow(identity: str, source: str, target: str) -> str:
    return f'<messageFlow id="{identity}" sourceRef="{source}" targetRef="{target}"/>'


def diagram(*parts: str, of: str = "p") -> str:
    inner = "".join(parts)
    return (
        '<bpmndi:BPMNDiagram id="di"><bpmndi:BPMNPlane id="pl" '
        f'bpmnElement="{of}">{inner}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    )


def shape(of: str, identity: str = "") -> str:
    return (
        f'<bpmndi:BPMNShape id="{identity or of + "_di"}" bpmnElement="{of}">'
        '<dc:Bounds x="1" y="1" width="36" height="36"/></bpmndi:BPMNShape>'
    )


def edge(of: str, points: int = 2, more: str = "") -> str:
    inner = '<di:waypoint x="1" y="1"/>' * points
    return f'<bpmndi:BPMNEdge id="{of}_di" bpmnElement="{of}" {more}>{inner}</bpmndi:BPMNEdge>'


S = '<startEvent id="s" name="开始"/>'
E = '<endEvent id="e" name="结束"/>'
A = '<userTask id="a" name="甲"/>'
M = (
    '<message id="m" name="消息"><extensionElements>'
    '<zeebe:subscription correlationKey="=k"/></extensionElements></message>'
)
ER = '<error id="er" name="错" errorCode="E1"/>'
EACH = '<zeebe:loopCharacteristics inputCollection="=rows" inputElement="row"/>'
MULTI = f"<multiInstanceLoopCharacteristics>{X(EACH)}</multiInstanceLoopCharacteristics>"
