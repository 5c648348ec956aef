"""Models that look odd and are right: a false alarm is as bad as a miss."""

import re

import pytest

from engine import compiler
from tests.engine.invalid.making import (
    ER,
    IF,
    MULTI,
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
    service,
    shape,
    sub,
    timer,
)

GOOD = process(S, A, E, F("s", "a"), F("a", "e"))
ADDED = f"{A[:-2]}><incoming>s_a</incoming><outgoing>a_e</outgoing></userTask>"
Q = process(N("startEvent", "s2"), T("a2"), F("s2", "a2"), key="q")
PLAIN = file(GOOD)
TEXT = PLAIN.decode()

ODD = {
    "elements in another order": p(F("a", "e"), F("s", "a"), E, A, S),
    "documentation after everything else": put("<documentation>说明</documentation>"),
    "extensions after the flows": put(
        "<incoming>s_a</incoming>" + X('<zeebe:formDefinition formId="f"/>')
    ),
    "messages behind the process": file(
        process(S, N("intermediateCatchEvent", "c", message()), E, F("s", "c"), F("c", "e")), M
    ),
    "another prefix": TEXT.replace("<", "<b:").replace("<b:/", "</b:")
    .replace('xmlns="', 'xmlns:b="').encode(),
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN,
    "comments and instructions": PLAIN.replace(b"<process", b"<!-- x --><?tool y?><process"),
    "carriage returns": PLAIN.replace(b"\n", b"\r\n"),
    "Chinese ids": TEXT.replace('"a"', '"审核"').encode(),
    "an id with dots and hyphens": TEXT.replace('"a"', '"a-1.b_2"').encode(),
    "an id that begins with an underscore": TEXT.replace('"a"', '"_a"').encode(),
    "names on several lines": TEXT.replace('name="甲"', 'name="甲&#10;乙"').encode(),
    "no names at all": re.sub(r' name="[^"]*"', "", TEXT).encode(),
    "references with the file's own prefix": p(
        S, A, E, F("s", "a"), F("a", "e"), lanes(lane("l", "t:a", "s", "e"))
    ),
    "true as 1": TEXT.replace('isExecutable="true"', 'isExecutable="1"').encode(),
    "lists of flows on some nodes only": p(S, ADDED, E, F("s", "a"), F("a", "e")),
    "an activity with two ways in": line(T("b"), F("s", "b"), F("b", "a")),
    "an activity with two ways out": line(T("b"), F("a", "b"), F("b", "e")),
    "a task that ends its path": p(S, A, F("s", "a")),
    "a flow from a task to itself": line(F("a", "a", identity="z")),
    "two end events": line(N("endEvent", "e2"), F("a", "e2")),
    "two flows between the same nodes": line(F("a", "e", identity="z")),
    "a gateway with one way in and out": p(
        S, N("exclusiveGateway", "g"), E, F("s", "g"), F("g", "e")
    ),
    "a gateway that joins and splits": p(
        S, A, T("b"), N("parallelGateway", "f"), N("parallelGateway", "g"), T("c"), T("d"), E,
        F("s", "f"), F("f", "a"), F("f", "b"), F("a", "g"), F("b", "g"), F("g", "c"), F("g", "d"),
        F("c", "e"), F("d", "e"),
    ),
    "a parallel split without join": p(
        S, N("parallelGateway", "f"), A, T("b"), E, N("endEvent", "e2"), F("s", "f"), F("f", "a"),
        F("f", "b"), F("a", "e"), F("b", "e2"),
    ),
    "a loop back through a choice": p(
        S, N("exclusiveGateway", "m"), A, N("exclusiveGateway", "x", default="x_e"), E, F("s", "m"),
        F("m", "a"), F("a", "x"), IF("x", "m"), F("x", "e"),
    ),
    "a loop around a fork and its join": p(
        S, N("exclusiveGateway", "m"), N("parallelGateway", "f"), A, T("b"),
        N("parallelGateway", "j"), N("exclusiveGateway", "x", default="x_e"), E, F("s", "m"),
        F("m", "f"), F("f", "a"), F("f", "b"), F("a", "j"), F("b", "j"), F("j", "x"), IF("x", "m"),
        F("x", "e"),
    ),
    "a reminder beside a task in a loop": line(
        boundary("b", "a", timer("P1D"), cancelActivity="false"), T("c"), N("endEvent", "e2"),
        F("b", "c"), F("c", "e2"), F("a", "a", identity="z"),
    ),
    "a boundary event that leads back": line(boundary("b", "a", timer("P1D")), T("c"), F("b", "c"),
                                             F("c", "a")),
    "an error boundary event for every error": line(
        service("w"), F("a", "w"), F("w", "e"), boundary("b", "w", "<errorEventDefinition/>"),
        F("b", "e"),
    ),
    "a gateway's direction as drawn": p(
        S, N("exclusiveGateway", "g", gatewayDirection="Diverging", default="g_e"), A, E,
        F("s", "g"), IF("g", "a"), F("g", "e"), F("a", "e"),
    ),
    "a sub-process without end event": p(
        S, sub("u", N("startEvent", "s2"), T("b"), F("s2", "b")), E, F("s", "u"), F("u", "e")
    ),
    "an event sub-process that nothing leads to": line(
        sub("u", N("startEvent", "s2", timer("P1D")), T("b"), F("s2", "b"), triggeredByEvent="true")
    ),
    "an event gateway with a receive task": p(
        S, N("eventBasedGateway", "g"), N("receiveTask", "r", messageRef="m"),
        N("intermediateCatchEvent", "t", timer("P1D")), E, F("s", "g"), F("g", "r"), F("g", "t"),
        F("r", "e"), F("t", "e"), roots=M,
    ),
    "starts by message and by hand": line(
        N("startEvent", "s2", message()), F("s2", "a"), roots=M
    ),
    "a process that starts every Monday": p(
        N("startEvent", "s", timer("R/2030-01-07T08:00:00/P7D", "timeCycle")), A, E, F("s", "a"),
        F("a", "e"),
    ),
    "a timer with a date long ago": p(
        S, N("intermediateCatchEvent", "t", timer("2020-01-01T00:00:00Z", "timeDate")), E,
        F("s", "t"), F("t", "e"),
    ),
    "a timer of weeks": p(
        S, N("intermediateCatchEvent", "t", timer("P2W")), E, F("s", "t"), F("t", "e")
    ),
    "a task for each of a list": put(MULTI),
    "two processes in two pools": file(
        GOOD, Q, pools(pool("i", "p"), pool("o", "q"), flow("z", "a", "a2"))
    ),
    "a closed pool that writes to a task": file(
        GOOD, pools(pool("i", "p"), pool("o"), flow("z", "o", "a"), flow("y", "a", "o"))
    ),
    "a message flow to a plain start": file(
        GOOD, pools(pool("i", "p"), pool("o"), flow("z", "o", "s"))
    ),
    "a picture of a process beside one that runs": file(
        GOOD, process(N("startEvent", "s2"), key="q", attributes='isExecutable="false"')
    ),
    "an empty lane": line(lanes(lane("l", "a", "s", "e"), lane("k"))),
    "nodes in no lane": line(lanes(lane("l", "a"))),
    "lanes in lanes": line(
        lanes(lane("l", "a", "s", inner=f'<childLaneSet id="c">{lane("k", "a")}</childLaneSet>'))
    ),
    "notes and groups": line(
        '<textAnnotation id="n"><text>请注意</text></textAnnotation>',
        '<association id="z" sourceRef="a" targetRef="n"/><group id="g"/>',
    ),
    "an association to a flow": line(
        '<textAnnotation id="n"><text>x</text></textAnnotation>',
        '<association id="z" sourceRef="n" targetRef="a_e"/>',
    ),
    "declarations that nobody uses": line(
        roots=M + ER + '<signal id="si" name="x"/><itemDefinition id="it" structureRef="x:y"/>'
        '<category id="ca"><categoryValue id="cv" value="x"/></category>'
    ),
    "a message of a foreign type": line(
        roots='<message id="m" name="m" itemRef="xsi:string"/>'
    ),
    "colours of the modeller": file(
        GOOD, diagram(shape("a").replace(
            "<bpmndi:BPMNShape",
            '<bpmndi:BPMNShape xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" bioc:fill="#fff"',
        ), edge("s_a", 5))
    ),
    "a picture of some elements only": file(GOOD, diagram(shape("a"))),
    "two diagrams of one process": file(
        GOOD, diagram(shape("a")),
        diagram(shape("a", "x")).replace('"di"', '"di2"').replace('"pl"', '"pl2"'),
    ),
    "the tool's notes on the file": file(
        GOOD, attributes='id="d" targetNamespace="t" exporter="X" camunda:version="8"'
    ),
    "an end by an error": p(S, N("endEvent", "x", error()), F("s", "x"), roots=ER),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_is_right_is_not_refused_however_odd_it_looks(name):
    found = compiler.check({"m.bpmn": ODD[name]})
    assert [(one.code, one.message) for one in found if one.severity == "error"] == []


@pytest.mark.parametrize(
    "name",
    [
        "a loop around a fork and its join",
        "a reminder beside a task in a loop",
        "a gateway that joins and splits",
        "a parallel split without join",
        "a loop back through a choice",
        "a process that starts every Monday",
    ],
)
def test_what_is_sound_gives_no_doubt_either(name):
    found = {one.code for one in compiler.check({"m.bpmn": ODD[name]})}
    assert found <= {"nobody", "name_missing", "parallel_write"}


def test_there_are_enough_of_them():
    assert len(ODD) >= 40


def test_what_was_deployed_once_runs_whatever_the_check_says_today():
    """Issue 3, 3: rules that became stricter are for new deployments."""
    old = put("", at='camunda:note="x"')
    assert any(one.severity == "error" for one in compiler.check({"m.bpmn": old}))
    assert set(compiler.stored({"m.bpmn": old}).processes) == {"p"}


def test_a_scope_with_too_many_states_says_that_it_was_not_played_through():
    """Twelve ways side by side, each of three tasks: more states than the check looks at."""
    ways = range(12)
    parts = [S, N("parallelGateway", "f"), N("parallelGateway", "j"), E, F("s", "f"), F("j", "e")]
    for n in ways:
        parts += [T(f"a{n}"), T(f"b{n}"), F("f", f"a{n}"), F(f"a{n}", f"b{n}"), F(f"b{n}", "j")]
    found = compiler.check({"m.bpmn": p(*parts)})
    assert "soundness_unchecked" in {one.code for one in found}
    assert not [one for one in found if one.severity == "error"]
