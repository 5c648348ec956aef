"""Small models written as text, and a driver that stores and reads the instance at every step."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine import compiler
from engine.compiler import CompiledProcess
from engine.definition.elements import Binding
from engine.errors import NotFound
from engine.execution import Execution
from engine.ids import next_id

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:banli="https://banli.example/schema/1.0" id="defs" targetNamespace="t">'
)


@dataclass
class Node:
    """One element: its kind, attributes, extension elements and other children."""

    kind: str
    attributes: str = ""
    extensions: str = ""
    children: str = ""
    flows: str = ""
    nodes: dict[str, "Node"] | None = None


def io(inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
    parts = [
        f"<zeebe:input source={quoteattr(s)} target='{t}'/>" for t, s in (inputs or {}).items()
    ]
    parts += [
        f"<zeebe:output source={quoteattr(s)} target='{t}'/>" for t, s in (outputs or {}).items()
    ]
    return f"<zeebe:ioMapping>{''.join(parts)}</zeebe:ioMapping>" if parts else ""


def user(extensions: str = "", *, io: str = "", loop: str = "", **assignment: str) -> Node:
    if assignment:
        attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in assignment.items())
        extensions += f"<zeebe:assignmentDefinition {attributes}/>"
    return Node("userTask", extensions=extensions + io, children=loop)


def service(topic: str, *, io: str = "", loop: str = "") -> Node:
    return Node(
        "serviceTask", extensions=f'<zeebe:taskDefinition type="{topic}"/>{io}', children=loop
    )


def script(expression: str, result: str, *, io: str = "", loop: str = "") -> Node:
    text = f"<zeebe:script expression={quoteattr('=' + expression)} resultVariable='{result}'/>"
    return Node("scriptTask", extensions=text + io, children=loop)


def rule(decision: str, result: str) -> Node:
    text = f"<zeebe:calledDecision decisionId='{decision}' resultVariable='{result}'/>"
    return Node("businessRuleTask", extensions=text)


def call(process: str, *, io: str = "", loop: str = "", **options: str) -> Node:
    extra = " ".join(f'{name}="{value}"' for name, value in options.items())
    text = f"<zeebe:calledElement processId={quoteattr(process)} {extra}/>"
    return Node("callActivity", extensions=text + io, children=loop)


def sub(flows: str, *, by_event: bool = False, loop: str = "", io: str = "", **nodes: Node) -> Node:
    attributes = 'triggeredByEvent="true"' if by_event else ""
    return Node("subProcess", attributes, io, loop, flows, nodes)


def gateway(kind: str) -> Node:
    return Node(f"{kind}Gateway")


def timer(kind: str, text: str) -> str:
    name = {"date": "timeDate", "duration": "timeDuration", "cycle": "timeCycle"}[kind]
    return f"<timerEventDefinition><{name}>{escape(text)}</{name}></timerEventDefinition>"


def message(reference: str) -> str:
    return f'<messageEventDefinition messageRef="{reference}"/>'


def error(reference: str = "") -> str:
    return (
        f'<errorEventDefinition errorRef="{reference}"/>'
        if reference
        else "<errorEventDefinition/>"
    )


def signal(reference: str) -> str:
    return f'<signalEventDefinition signalRef="{reference}"/>'


def escalation(reference: str = "") -> str:
    attribute = f'escalationRef="{reference}"' if reference else ""
    return f"<escalationEventDefinition {attribute}/>"


def condition(expression: str) -> str:
    text = f"<condition>={escape(expression)}</condition>"
    return f"<conditionalEventDefinition>{text}</conditionalEventDefinition>"


def link(name: str) -> str:
    return f'<linkEventDefinition name="{name}"/>'


TERMINATE = "<terminateEventDefinition/>"


def event(kind: str, definition: str = "", attributes: str = "", *, io: str = "") -> Node:
    names = {
        "start": "startEvent",
        "end": "endEvent",
        "catch": "intermediateCatchEvent",
        "throw": "intermediateThrowEvent",
    }
    return Node(names[kind], attributes, io, definition)


def boundary(host: str, definition: str, *, interrupting: bool = True, io: str = "") -> Node:
    attributes = f'attachedToRef="{host}" cancelActivity="{str(interrupting).lower()}"'
    return Node("boundaryEvent", attributes, io, definition)


def each(
    collection: str = "",
    item: str = "",
    *,
    output: tuple[str, str] | None = None,
    sequential: bool = False,
    until: str = "",
    times: str = "",
) -> str:
    values = f"inputCollection={quoteattr('=' + collection)}" if collection else ""
    values += f' inputElement="{item}"' if item else ""
    if output:
        values += f' outputCollection="{output[0]}" outputElement={quoteattr("=" + output[1])}'
    text = f"<extensionElements><zeebe:loopCharacteristics {values}/></extensionElements>"
    if times:
        text = f"<loopCardinality>={escape(times)}</loopCardinality>"
    if until:
        text += f"<completionCondition>={escape(until)}</completionCondition>"
    kind = str(sequential).lower()
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{kind}">{text}'
        "</multiInstanceLoopCharacteristics>"
    )


_LINE = re.compile(r"\s*(\w+)\s*->\s*(\w+)\s*(default|if .*)?\s*")


def _default_node(identity: str) -> Node:
    if identity.startswith("start"):
        return event("start")
    if identity.startswith("end"):
        return event("end")
    return user()


def _chain(line: str) -> list[str]:
    parts = [part.strip() for part in line.split("->")]
    return [f"{a.split()[0]} -> {b}" for a, b in pairwise(parts)]


def _body(flows: str, nodes: dict[str, Node], prefix: str) -> str:
    lines = [link for line in re.split(r"[;\n]", flows) if line.strip() for link in _chain(line)]
    links = [match for line in lines if (match := _LINE.fullmatch(line))]
    assert len(links) == len(lines), lines
    every = dict(nodes)
    for link in links:
        for identity in link.groups()[:2]:
            every.setdefault(identity, _default_node(identity))
    defaults = {m[1]: f"{prefix}{i}" for i, m in enumerate(links) if m[3] == "default"}
    text = "".join(
        _node(identity, node, defaults.get(identity)) for identity, node in every.items()
    )
    for index, (source, target, extra) in enumerate(match.groups() for match in links):
        condition = ""
        if extra and extra.startswith("if "):
            condition = f"<conditionExpression>={escape(extra[3:])}</conditionExpression>"
        text += (
            f'<sequenceFlow id="{prefix}{index}" sourceRef="{source}" targetRef="{target}">'
            f"{condition}</sequenceFlow>"
        )
    return text


def _node(identity: str, node: Node, default: str | None) -> str:
    extensions = (
        f"<extensionElements>{node.extensions}</extensionElements>" if node.extensions else ""
    )
    inner = _body(node.flows, node.nodes or {}, f"{identity}_f") if node.nodes is not None else ""
    attribute = f'default="{default}"' if default else ""
    return (
        f'<{node.kind} id="{identity}" name="{identity}" {node.attributes} {attribute}>'
        f"{extensions}{node.children}{inner}</{node.kind}>"
    )


def xml(
    flows: str,
    *,
    key: str = "p",
    messages: dict[str, str] | None = None,
    errors: tuple[str, ...] = (),
    signals: tuple[str, ...] | dict[str, str] = (),
    escalations: tuple[str, ...] = (),
    before: str = "",
    **nodes: Node,
) -> bytes:
    """A file with one process. `messages`: name to correlation key (FEEL); `signals`: id to name."""
    roots = ""
    for name, correlation in (messages or {}).items():
        subscription = f"<zeebe:subscription correlationKey={quoteattr('=' + correlation)}/>"
        text = f"<extensionElements>{subscription}</extensionElements>" if correlation else ""
        roots += f'<message id="{name}" name="{name}">{text}</message>'
    roots += "".join(f'<error id="{code}" errorCode="{code}"/>' for code in errors)
    named = signals if isinstance(signals, dict) else {one: one for one in signals}
    roots += "".join(f'<signal id="{i}" name={quoteattr(name)}/>' for i, name in named.items())
    roots += "".join(f'<escalation id="{c}" escalationCode="{c}"/>' for c in escalations)
    body = _body(flows, nodes, "f")
    text = f'{HEAD}{roots}<process id="{key}" isExecutable="true">{before}{body}</process></definitions>'
    return text.encode()


class Registry:
    """Definitions of a test: the latest of each key, found by id too."""

    def __init__(self, *files: bytes, decisions: dict[str, Any] | None = None) -> None:
        bundle = compiler.compile({f"m{index}.bpmn": data for index, data in enumerate(files)})
        self.ids: dict[int, CompiledProcess] = {}
        self.latest: dict[str, int] = {}
        self.bundle: dict[int, int] = {}
        self.decisions = decisions or {}
        for compiled in bundle.processes.values():
            self.add(compiled, bundle=1)

    def add(self, compiled: CompiledProcess, *, bundle: int = 2) -> None:
        number = len(self.ids) + 1
        self.bundle[number] = bundle
        self.ids[number] = compiled
        self.latest[compiled.key] = number

    def process(self, key: str) -> tuple[int, CompiledProcess]:
        if key not in self.latest:
            raise NotFound(f"没有流程『{key}』")
        return self.latest[key], self.ids[self.latest[key]]

    def bound(self, key: str, *, caller: int, tag: str) -> tuple[int, CompiledProcess]:
        for number, compiled in reversed(self.ids.items()):
            same = (
                tag == compiled.version_tag if tag else self.bundle[number] == self.bundle[caller]
            )
            if compiled.key == key and same:
                return number, compiled
        raise NotFound(f"没有流程『{key}』")

    def by_id(self, definition_id: int) -> CompiledProcess:
        return self.ids[definition_id]

    def decision(self, decision_id: str, binding: Binding, *, caller: int) -> tuple[int, Any]:
        found = self.decisions.get(decision_id)
        if found is None or binding.tag not in ("", found.version_tag):
            raise NotFound(f"没有决策『{decision_id}』")
        return 1, found

    def last_known(self, _instance: int, _scopes: Any) -> dict[int, Any]:
        return {}


class Case:
    """One instance; between two commands only what would be stored survives."""

    def __init__(
        self,
        *files: bytes,
        key: str = "p",
        start: str | None = None,
        decisions: Any = None,
        **variables: Any,
    ) -> None:
        self.registry = Registry(*files, decisions=decisions)
        definition_id, self.compiled = self.registry.process(key)
        self.id = next_id()
        self.execution = Execution.start(
            self.compiled,
            instance_id=self.id,
            variables=variables,
            resolver=self.registry,
            start_event=start,
            definition_id=definition_id,
        )
        self.stored: dict[int, dict[str, Any]] = {}
        self.events: list[Any] = []
        self.messages: list[Any] = []
        self.signals: list[Any] = []
        self._settle()

    # what waits, by BPMN id
    @property
    def waits(self) -> list[str]:
        return sorted(wait.activity for wait in self.execution.waits.values())

    @property
    def incidents(self) -> list[str]:
        return sorted(found.activity for found in self.execution.incidents.values())

    @property
    def completed(self) -> bool:
        return self.execution.completed

    @property
    def variables(self) -> dict[str, Any]:
        return self.execution.variables

    def history(self, kind: str) -> list[str]:
        return [found.activity for found in self.events if found.type == kind]

    def wait(self, activity: str, nth: int = 0) -> Any:
        found = [wait for wait in self.execution.waits.values() if wait.activity == activity]
        assert len(found) > nth, (activity, self.waits, self.execution.incidents)
        return sorted(found, key=lambda wait: wait.id)[nth]

    def complete(self, activity: str, nth: int = 0, **variables: Any) -> "Case":
        return self.command("complete", self.wait(activity, nth).id, variables)

    def deliver(self, activity: str, **payload: Any) -> "Case":
        return self.command("deliver", self.wait(activity).id, payload)

    def fire(self, activity: str) -> "Case":
        return self.command("fire", self.wait(activity).id)

    def throw(self, activity: str, code: str, **variables: Any) -> "Case":
        return self.command("throw", self.wait(activity).id, code, "", variables)

    def retry(self, activity: str) -> "Case":
        found = [i for i in self.execution.incidents.values() if i.activity == activity]
        return self.command("retry", found[0].activity_id)

    def command(self, name: str, *arguments: Any) -> "Case":
        getattr(self.execution, name)(*arguments)
        self._settle()
        return self

    def _settle(self) -> None:
        self.execution.advance()
        step = self.execution.step
        self.events += step.events
        self.messages += step.messages
        self.signals += step.signals
        for scope, delta in step.variable_deltas.items():
            self.stored.setdefault(scope, {}).update(delta)
        for scope in step.scopes_closed:
            self.stored.pop(scope, None)
        before = self.execution
        self.state = before.dump()
        after = Execution.load(
            self.compiled,
            instance_id=self.id,
            state=self.state,
            scopes=self.stored,
            resolver=self.registry,
        )
        assert dict(after.waits) == dict(before.waits)
        assert dict(after.incidents) == dict(before.incidents)
        assert {k: s.variables for k, s in after.scopes.items()} == {
            k: s.variables for k, s in before.scopes.items()
        }
        assert after.completed == before.completed
        assert after.dump() == self.state
        self.execution = after
