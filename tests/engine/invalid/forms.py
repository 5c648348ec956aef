"""Models that break the schema, the rules for ids, or have references that lead nowhere."""

from tests.engine.invalid.making import (
    ER,
    A,
    E,
    F,
    M,
    N,
    S,
    T,
    X,
    boundary,
    diagram,
    edge,
    error,
    file,
    flow,
    lane,
    lanes,
    line,
    message,
    p,
    pool,
    pools,
    process,
    put,
    row,
    shape,
    sub,
    timer,
)

GOOD = process(S, A, E, F("s", "a"), F("a", "e"))

SCHEMA = [
    row(
        "an element of a foreign name space in a task", "element_unknown", "a", put("<camunda:x/>")
    ),
    row(
        "an element that BPMN does not know", "element_unknown", "a", put("<assignee>x</assignee>")
    ),
    row("a task inside of a task", "element_unknown", "a", put(T("b"))),
    row(
        "a gateway inside of an event",
        "element_unknown",
        "s",
        p(N("startEvent", "s", N("exclusiveGateway", "g")), A, E, F("s", "a"), F("a", "e")),
    ),
    row("a sequence flow inside of a task", "element_unknown", "a", put(F("a", "a", identity="z"))),
    row("a task at the level of the file", "element_unknown", "defs", file(GOOD, T("b"))),
    row(
        "a sequence flow at the level of the file",
        "element_unknown",
        "defs",
        file(GOOD, F("s", "e", identity="z")),
    ),
    row(
        "a message inside of the process",
        "element_unknown",
        "p",
        line('<message id="m" name="m"/>'),
    ),
    row("a participant inside of the process", "element_unknown", "p", line(pool("x"))),
    row("a lane outside of a lane set", "element_unknown", "p", line(lane("l", "a"))),
    row(
        "a condition on a task",
        "element_unknown",
        "a",
        put("<conditionExpression>=x</conditionExpression>"),
    ),
    row("an event definition on a task", "element_unknown", "a", put(timer("P1D"))),
    row(
        "an event definition on a gateway",
        "element_unknown",
        "g",
        p(S, N("exclusiveGateway", "g", timer("P1D")), E, F("s", "g"), F("g", "e")),
    ),
    row(
        "a loop on a gateway",
        "element_unknown",
        "g",
        p(
            S,
            N("exclusiveGateway", "g", "<standardLoopCharacteristics/>"),
            E,
            F("s", "g"),
            F("g", "e"),
        ),
    ),
    row(
        "a loop on an event",
        "element_unknown",
        "s",
        p(
            N("startEvent", "s", "<multiInstanceLoopCharacteristics/>"),
            A,
            E,
            F("s", "a"),
            F("a", "e"),
        ),
    ),
    row(
        "an error event definition without its event",
        "element_unknown",
        "p",
        line(error(), roots=ER),
    ),
    row("a process inside of a process", "element_unknown", "p", line(process(S, key="q"))),
    row(
        "a timer's text in a foreign element",
        "element_unknown",
        "s",
        p(
            N(
                "startEvent",
                "s",
                "<timerEventDefinition><timeX>R/P1D</timeX></timerEventDefinition>",
            ),
            A,
            E,
            F("s", "a"),
            F("a", "e"),
        ),
    ),
    row("two extension blocks", "element_twice", "a", put(X() + X())),
    row(
        "two conditions on a flow",
        "element_twice",
        "a_e",
        p(S, A, E, F("s", "a"), F("a", "e", "<conditionExpression>=x</conditionExpression>" * 2)),
    ),
    row(
        "two kinds of loop on one activity",
        "element_twice",
        "a",
        put("<standardLoopCharacteristics/><multiInstanceLoopCharacteristics/>"),
    ),
    row(
        "two times in one timer",
        "element_twice",
        "t",
        p(
            S,
            N(
                "intermediateCatchEvent",
                "t",
                "<timerEventDefinition><timeDate>2030-01-01</timeDate>"
                "<timeDuration>P1D</timeDuration></timerEventDefinition>",
            ),
            E,
            F("s", "t"),
            F("t", "e"),
        ),
    ),
    row(
        "two cardinalities",
        "element_twice",
        "a",
        put(
            "<multiInstanceLoopCharacteristics><loopCardinality>=1</loopCardinality>"
            "<loopCardinality>=2</loopCardinality></multiInstanceLoopCharacteristics>"
        ),
    ),
    row(
        "two texts in one annotation",
        "element_twice",
        "n",
        line('<textAnnotation id="n"><text>1</text><text>2</text></textAnnotation>'),
    ),
    row(
        "a file without target name space",
        "attribute_missing",
        "defs",
        file(GOOD, attributes='id="defs"'),
    ),
    row(
        "a flow without source",
        "attribute_missing",
        "z",
        line('<sequenceFlow id="z" targetRef="e"/>'),
    ),
    row(
        "a flow without target",
        "attribute_missing",
        "z",
        line('<sequenceFlow id="z" sourceRef="a"/>'),
    ),
    row(
        "a flow with an empty target",
        "attribute_missing",
        "z",
        line('<sequenceFlow id="z" sourceRef="a" targetRef=" "/>'),
    ),
    row(
        "a boundary event without host",
        "attribute_missing",
        "b",
        line(N("boundaryEvent", "b", timer("P1D")), F("b", "e")),
    ),
    row(
        "an association without target",
        "attribute_missing",
        "z",
        line('<association id="z" sourceRef="a"/>'),
    ),
    row(
        "a message flow without source",
        "attribute_missing",
        "z",
        file(GOOD, pools(pool("o"), pool("i", "p"), '<messageFlow id="z" targetRef="o"/>')),
    ),
    row(
        "a flag that is neither true nor false",
        "attribute_value",
        "b",
        line(boundary("b", "a", timer("P1D"), cancelActivity="yes"), F("b", "e")),
    ),
    row(
        "an interrupting flag in capitals",
        "attribute_value",
        "b",
        line(boundary("b", "a", timer("P1D"), cancelActivity="False"), F("b", "e")),
    ),
    row(
        "a process that is executable by a wrong word",
        "attribute_value",
        "p",
        p(S, A, E, F("s", "a"), F("a", "e"), attributes='isExecutable="ja"'),
    ),
    row(
        "an event sub-process by a wrong word",
        "attribute_value",
        "u",
        line(sub("u", S.replace('"s"', '"s2"'), triggeredByEvent="1.0")),
    ),
    row(
        "a sequential flag with a wrong word",
        "attribute_value",
        "a",
        put(
            '<multiInstanceLoopCharacteristics isSequential="maybe">'
            "<loopCardinality>=1</loopCardinality></multiInstanceLoopCharacteristics>"
        ),
    ),
    row(
        "an unknown direction of a gateway",
        "attribute_value",
        "g",
        p(S, N("exclusiveGateway", "g", gatewayDirection="Both"), E, F("s", "g"), F("g", "e")),
    ),
    row(
        "an unknown type of an event gateway",
        "attribute_value",
        "g",
        p(
            S,
            N("eventBasedGateway", "g", eventGatewayType="Inclusive"),
            E,
            F("s", "g"),
            F("g", "e"),
        ),
    ),
    row(
        "an unknown direction of an association",
        "attribute_value",
        "z",
        line('<association id="z" sourceRef="a" targetRef="e" associationDirection="Up"/>'),
    ),
    row(
        "an unknown type of a process",
        "attribute_value",
        "p",
        p(S, A, E, F("s", "a"), F("a", "e"), attributes='isExecutable="true" processType="Secret"'),
    ),
    row("a quantity that is no number", "attribute_value", "a", put("", at='startQuantity="many"')),
    row(
        "an unknown behaviour of a multi-instance",
        "attribute_value",
        "a",
        put(
            '<multiInstanceLoopCharacteristics behavior="Some">'
            "<loopCardinality>=1</loopCardinality></multiInstanceLoopCharacteristics>"
        ),
    ),
    row("text between elements of a process", "text_place", "p", line("todo")),
    row("text in a task", "text_place", "a", put("请填写")),
    row(
        "an attribute that BPMN does not know",
        "attribute_unsupported",
        "a",
        put("", at='assignee="x"'),
    ),
    row(
        "an attribute of another engine",
        "attribute_unsupported",
        "a",
        put("", at='camunda:assignee="x"'),
    ),
    row(
        "an attribute of another engine on a timer",
        "attribute_unsupported",
        "t",
        p(
            S,
            N(
                "intermediateCatchEvent",
                "t",
                '<timerEventDefinition camunda:x="1"><timeDuration>P1D</timeDuration></timerEventDefinition>',
            ),
            E,
            F("s", "t"),
            F("t", "e"),
        ),
    ),
    row(
        "an unknown attribute on a flow",
        "attribute_unsupported",
        "a_e",
        p(S, A, E, F("s", "a"), '<sequenceFlow id="a_e" sourceRef="a" targetRef="e" skip="1"/>'),
    ),
    row(
        "an unknown attribute on a message",
        "attribute_unsupported",
        "m",
        line(roots='<message id="m" name="m" ttl="1"/>'),
    ),
    row(
        "an unknown attribute on an error",
        "attribute_unsupported",
        "er",
        line(roots='<error id="er" errorCode="E" retry="1"/>'),
    ),
    row(
        "an unknown attribute on a lane",
        "attribute_unsupported",
        "l",
        line(lanes('<lane id="l" role="x"><flowNodeRef>a</flowNodeRef></lane>')),
    ),
    row(
        "an extension of another engine",
        "extension_unknown",
        "a",
        put(X('<camunda:taskListener class="X"/>')),
    ),
    row(
        "an extension of another engine on a timer",
        "extension_unknown",
        "t",
        p(
            S,
            N(
                "intermediateCatchEvent",
                "t",
                f"<timerEventDefinition>{X('<camunda:x/>')}<timeDuration>P1D</timeDuration>"
                "</timerEventDefinition>",
            ),
            E,
            F("s", "t"),
            F("t", "e"),
        ),
    ),
    row(
        "an extension in the wrong place",
        "extension_unknown",
        "a",
        put(X('<zeebe:taskDefinition type="x"/>')),
    ),
    row(
        "an extension written twice",
        "extension_twice",
        "a",
        put(X('<zeebe:formDefinition formId="f"/>' * 2)),
    ),
    row(
        "an unknown attribute of an extension",
        "extension_attribute",
        "a",
        put(X('<zeebe:formDefinition formKey="f"/>')),
    ),
    row(
        "a file whose root is another element",
        "not_bpmn",
        "p",
        b'<process xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="p"/>',
    ),
    row("a file without any process", "no_process", "defs", file()),
    row(
        "a process that is not executable",
        "not_executable",
        "p",
        p(S, A, E, F("s", "a"), F("a", "e"), attributes=""),
    ),
]

IDS = [
    row("two nodes with one id", "id_twice", "a", line(T("a"))),
    row("a flow with the id of a node", "id_twice", "a", line(F("a", "e", identity="a"))),
    row(
        "a message with the id of a node", "id_twice", "a", line(roots='<message id="a" name="m"/>')
    ),
    row("a node with the id of its process", "id_twice", "p", line(T("p"))),
    row("two processes with one id", "id_twice", "p", file(GOOD, GOOD)),
    row(
        "two shapes with one id",
        "id_twice",
        "x",
        file(GOOD, diagram(shape("a", "x"), shape("s", "x"))),
    ),
    row("an id that begins with a digit", "id_form", "1a", line(T("1a"), F("a", "1a"))),
    row("an id with a space", "id_form", "a b", line(T("a b"))),
    row("an id with a colon", "id_form", "x:y", line(T("x:y"))),
    row("an empty id", "id_missing", "p", line('<userTask id="" name="x"/>')),
    row("an id that the engine keeps", "id_reserved", "End", line(T("End"))),
    row("a node without id", "id_missing", "p", line('<userTask name="x"/>')),
    row(
        "a flow without id", "id_missing", "p", line('<sequenceFlow sourceRef="a" targetRef="e"/>')
    ),
    row(
        "a process without id",
        "id_missing",
        "defs",
        file('<process isExecutable="true"><startEvent id="s"/></process>'),
    ),
    row("the same process in two files", "process_twice", "p", file(GOOD), file(GOOD)),
    row(
        "a name with hidden characters",
        "name_characters",
        "b",
        line(N("userTask", "b\u200b").replace('id="b\u200b"', 'id="b"')),
    ),
]

REFERENCES = [
    row("a flow to nowhere", "reference_dangling", "z", line(F("a", "nowhere", identity="z"))),
    row("a flow from nowhere", "reference_dangling", "z", line(F("nowhere", "e", identity="z"))),
    row(
        "a flow to an annotation",
        "reference_kind",
        "z",
        line('<textAnnotation id="n"><text>x</text></textAnnotation>', F("a", "n", identity="z")),
    ),
    row(
        "a flow from a data object",
        "reference_kind",
        "z",
        line('<dataObject id="d"/>', F("d", "e", identity="z")),
    ),
    row(
        "a flow to a lane",
        "reference_kind",
        "z",
        line(lanes(lane("l", "a")), F("a", "l", identity="z")),
    ),
    row("a flow to a flow", "reference_kind", "z", line(F("a", "a_e", identity="z"))),
    row("a flow to the process", "reference_kind", "z", line(F("a", "p", identity="z"))),
    row(
        "a boundary event on nothing",
        "reference_dangling",
        "b",
        line(boundary("b", "nowhere", timer("P1D")), F("b", "e")),
    ),
    row(
        "a message event without its message",
        "message_missing",
        "c",
        p(S, N("intermediateCatchEvent", "c", message("no")), E, F("s", "c"), F("c", "e")),
    ),
    row(
        "a message event that names no message",
        "message_missing",
        "c",
        p(
            S,
            N("intermediateCatchEvent", "c", "<messageEventDefinition/>"),
            E,
            F("s", "c"),
            F("c", "e"),
        ),
    ),
    row(
        "a message event that names an error",
        "message_missing",
        "c",
        p(
            S,
            N("intermediateCatchEvent", "c", message("er")),
            E,
            F("s", "c"),
            F("c", "e"),
            roots=ER,
        ),
    ),
    row("a send task without message", "message_missing", "a", put("", kind="sendTask")),
    row(
        "a receive task with a message that is not there",
        "message_missing",
        "a",
        put("", kind="receiveTask", at='messageRef="no"'),
    ),
    row(
        "an error event without its error",
        "error_missing",
        "x",
        p(S, N("endEvent", "x", error("no")), F("s", "x")),
    ),
    row(
        "an error event that names a message",
        "error_missing",
        "x",
        p(S, N("endEvent", "x", error("m")), F("s", "x"), roots=M),
    ),
    row(
        "an escalation that is not there",
        "escalation_missing",
        "x",
        p(S, N("endEvent", "x", '<escalationEventDefinition escalationRef="no"/>'), F("s", "x")),
    ),
    row(
        "a signal that is not there",
        "signal_missing",
        "x",
        p(S, N("endEvent", "x", '<signalEventDefinition signalRef="no"/>'), F("s", "x")),
    ),
    row(
        "a pool for a process that is not there",
        "process_missing",
        "o",
        file(GOOD, pools(pool("o", "no"))),
    ),
    row(
        "a pool for something that is no process",
        "reference_kind",
        "o",
        file(GOOD, pools(pool("o", "a"))),
    ),
    row(
        "a message flow to nowhere",
        "reference_dangling",
        "z",
        file(GOOD, pools(pool("o"), pool("i", "p"), flow("z", "o", "no"))),
    ),
    row(
        "a message flow to a gateway",
        "reference_kind",
        "z",
        file(
            process(S, N("exclusiveGateway", "g"), E, F("s", "g"), F("g", "e")),
            pools(pool("o"), pool("i", "p"), flow("z", "o", "g")),
        ),
    ),
    row(
        "a message flow to a flow",
        "reference_kind",
        "z",
        file(GOOD, pools(pool("o"), pool("i", "p"), flow("z", "o", "s_a"))),
    ),
    row(
        "a message flow with a message that is not there",
        "reference_dangling",
        "z",
        file(
            GOOD,
            pools(
                pool("o"),
                pool("i", "p"),
                '<messageFlow id="z" sourceRef="o" targetRef="a" messageRef="no"/>',
            ),
        ),
    ),
    row(
        "a lane with a node that is not there",
        "reference_dangling",
        "l",
        line(lanes(lane("l", "a", "nowhere"))),
    ),
    row("a lane with a flow as node", "reference_kind", "l", line(lanes(lane("l", "a", "s_a")))),
    row(
        "a data object reference to nothing",
        "reference_dangling",
        "d",
        line('<dataObjectReference id="d" dataObjectRef="no"/>'),
    ),
    row(
        "a data object reference to a task",
        "reference_kind",
        "d",
        line('<dataObjectReference id="d" dataObjectRef="a"/>'),
    ),
    row(
        "a data object of a type that is not there",
        "reference_dangling",
        "d",
        line('<dataObject id="d" itemSubjectRef="no"/>'),
    ),
    row(
        "an association from nowhere",
        "reference_dangling",
        "z",
        line('<association id="z" sourceRef="no" targetRef="a"/>'),
    ),
    row(
        "a group of a category that is not there",
        "reference_dangling",
        "g",
        line('<group id="g" categoryValueRef="no"/>'),
    ),
    row(
        "a message of a type that is not there",
        "reference_dangling",
        "m",
        line(roots='<message id="m" name="m" itemRef="no"/>'),
    ),
    row(
        "an operation with a message that is not there",
        "reference_dangling",
        "op",
        line(
            roots='<interface id="i" name="i"><operation id="op" name="o">'
            "<inMessageRef>no</inMessageRef></operation></interface>"
        ),
    ),
    row(
        "a listed incoming flow that is not there",
        "reference_dangling",
        "a",
        put("<incoming>no</incoming>"),
    ),
    row(
        "a listed outgoing flow that is not there",
        "reference_dangling",
        "a",
        put("<outgoing>no</outgoing>"),
    ),
    row(
        "a default flow that is not there",
        "default_dangling",
        "g",
        p(S, N("exclusiveGateway", "g", default="no"), E, F("s", "g"), F("g", "e")),
    ),
    row(
        "a process of a collaboration that is not there",
        "reference_dangling",
        "p",
        p(
            S,
            A,
            E,
            F("s", "a"),
            F("a", "e"),
            attributes='isExecutable="true" definitionalCollaborationRef="no"',
        ),
    ),
]

PICTURES = [
    row("a shape of nothing", "diagram_dangling", "no_di", file(GOOD, diagram(shape("no")))),
    row("an edge of nothing", "diagram_dangling", "no_di", file(GOOD, diagram(edge("no")))),
    row("a plane of nothing", "diagram_dangling", "pl", file(GOOD, diagram(shape("a"), of="no"))),
    row("a shape of a flow", "diagram_kind", "s_a", file(GOOD, diagram(shape("s_a")))),
    row("an edge of a task", "diagram_kind", "a", file(GOOD, diagram(edge("a")))),
    row("a plane of a task", "diagram_kind", "a", file(GOOD, diagram(of="a"))),
    row(
        "one task drawn twice",
        "diagram_twice",
        "a",
        file(GOOD, diagram(shape("a"), shape("a", "again"))),
    ),
    row(
        "one flow drawn twice",
        "diagram_twice",
        "s_a",
        file(GOOD, diagram(edge("s_a"), edge("s_a").replace("s_a_di", "again"))),
    ),
    row("an edge with one point", "element_missing", "s_a_di", file(GOOD, diagram(edge("s_a", 1)))),
    row(
        "a shape without bounds",
        "element_missing",
        "x",
        file(GOOD, diagram('<bpmndi:BPMNShape id="x" bpmnElement="a"/>')),
    ),
    row(
        "bounds without width",
        "attribute_missing",
        "x",
        file(
            GOOD,
            diagram(
                '<bpmndi:BPMNShape id="x" bpmnElement="a">'
                '<dc:Bounds x="1" y="1" height="1"/></bpmndi:BPMNShape>'
            ),
        ),
    ),
    row(
        "a point that is no number",
        "attribute_value",
        "s_a_di",
        file(GOOD, diagram(edge("s_a").replace('x="1"', 'x="left"', 1))),
    ),
    row(
        "an edge between shapes that are not there",
        "diagram_dangling",
        "s_a_di",
        file(GOOD, diagram(edge("s_a", more='sourceElement="no"'))),
    ),
    row(
        "a diagram without plane",
        "element_missing",
        "di",
        file(GOOD, '<bpmndi:BPMNDiagram id="di"/>'),
    ),
]
