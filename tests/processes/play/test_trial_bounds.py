"""A model that runs away in a trial is stopped within seconds; the server goes on."""

import time
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engine import clock, limits
from engine.errors import BanliError, LimitExceeded
from processes.casework import functions
from processes.modelling.trial import Move, Trial

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="x">
"""


def looped(element: str, inner: str, *, inside: str = "") -> str:
    return (
        f"<{element}>{inside}<multiInstanceLoopCharacteristics><extensionElements>"
        f'<zeebe:loopCharacteristics inputCollection="{inner}" inputElement="one"/>'
        f"</extensionElements></multiInstanceLoopCharacteristics></{element.split(maxsplit=1)[0]}>"
    )


def process(body: str) -> bytes:
    return f'{HEAD}<process id="p" isExecutable="true">{body}</process></definitions>'.encode()


TASKS_OF_TASKS = process(
    '<startEvent id="s"/>'
    + looped(
        'subProcess id="outer"',
        "=for i in 1..500 return i",
        inside='<startEvent id="is"/>'
        + looped('userTask id="inner"', "=for i in 1..500 return i")
        + '<endEvent id="ie" name="x"/><sequenceFlow id="i1" sourceRef="is" targetRef="inner"/>'
        '<sequenceFlow id="i2" sourceRef="inner" targetRef="ie"/>',
    )
    + '<endEvent id="e" name="x"/><sequenceFlow id="f1" sourceRef="s" targetRef="outer"/>'
    '<sequenceFlow id="f2" sourceRef="outer" targetRef="e"/>'
)
CALLS_ITSELF = process(
    '<startEvent id="s"/><callActivity id="again"><extensionElements>'
    '<zeebe:calledElement processId="=name"/></extensionElements></callActivity>'
    '<endEvent id="e" name="x"/><sequenceFlow id="f1" sourceRef="s" targetRef="again"/>'
    '<sequenceFlow id="f2" sourceRef="again" targetRef="e"/>'
)
COUNTS_FOR_EVER = process(
    '<startEvent id="s"/><scriptTask id="count"><extensionElements><zeebe:script'
    ' expression="=count(for a in 1..1000, b in 1..1000, c in 1..1000 return a)"'
    ' resultVariable="n"/></extensionElements></scriptTask>'
    '<endEvent id="e" name="x"/><sequenceFlow id="f1" sourceRef="s" targetRef="count"/>'
    '<sequenceFlow id="f2" sourceRef="count" targetRef="e"/>'
)
GOES_ROUND = process(
    '<startEvent id="s"/><exclusiveGateway id="join"/><scriptTask id="count"><extensionElements>'
    '<zeebe:script expression="=if n = null then 1 else n + 1" resultVariable="n"/>'
    '</extensionElements></scriptTask><exclusiveGateway id="more" default="out"/>'
    '<userTask id="rest"/><endEvent id="e" name="x"/>'
    '<sequenceFlow id="f1" sourceRef="s" targetRef="join"/>'
    '<sequenceFlow id="f2" sourceRef="join" targetRef="count"/>'
    '<sequenceFlow id="f3" sourceRef="count" targetRef="more"/>'
    '<sequenceFlow id="back" sourceRef="more" targetRef="join"><conditionExpression'
    ' xsi:type="tFormalExpression">=n &lt; 1000000</conditionExpression></sequenceFlow>'
    '<sequenceFlow id="out" sourceRef="more" targetRef="rest"/>'
    '<sequenceFlow id="f5" sourceRef="rest" targetRef="e"/>'
)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(TASKS_OF_TASKS, id="a quarter of a million tasks"),
        pytest.param(CALLS_ITSELF, id="a process that calls itself"),
        pytest.param(COUNTS_FOR_EVER, id="an expression of a thousand million rounds"),
        pytest.param(GOES_ROUND, id="a circle of automatic steps"),
    ],
)
def test_a_model_that_runs_away_is_stopped_in_words(session: Session, model: bytes) -> None:
    functions.register()
    began = time.monotonic()
    said = ""
    try:
        trial = Trial(session, {"p.bpmn": model}, "p")
        trial.play([Move("start", "s", text='{name: "p"}')], clock.now())
        said = "".join(one.message for one in trial.stuck())
    except BanliError as error:
        said = error.message

    assert said, "the model ran to its end"
    assert time.monotonic() - began < 2 * limits.STEP_WALL.total_seconds()


def test_all_moves_together_are_bounded_too(session: Session) -> None:
    functions.register()
    trial = Trial(session, {"p.bpmn": CALLS_ITSELF}, "p")

    with pytest.raises(LimitExceeded, match="用时过长"):
        trial.play([Move("start", "s")], clock.now(), within=timedelta(0))
