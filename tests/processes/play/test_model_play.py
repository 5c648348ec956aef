"""`banli play MODEL.bpmn`: any model, its folder as partners, a scenario that passes or says why not."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import sealing, store
from processes import settings
from web.cli import main

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="x">
"""
LEAVE = f"""{HEAD}<process id="leave" name="请假" isExecutable="true">
<startEvent id="start"/><userTask id="ask" name="审批"/>
<serviceTask id="pay" name="付款"><extensionElements><zeebe:taskDefinition type="pay"/></extensionElements></serviceTask>
<boundaryEvent id="late" attachedToRef="ask"><timerEventDefinition><timeDuration>PT2H</timeDuration></timerEventDefinition></boundaryEvent>
<boundaryEvent id="broke" attachedToRef="pay"><errorEventDefinition errorRef="e"/></boundaryEvent>
<endEvent id="end" name="办结"/><endEvent id="gone" name="超时"/><endEvent id="poor" name="没钱"/>
<sequenceFlow id="f1" sourceRef="start" targetRef="ask"/><sequenceFlow id="f2" sourceRef="ask" targetRef="pay"/>
<sequenceFlow id="f3" sourceRef="pay" targetRef="end"/><sequenceFlow id="f4" sourceRef="late" targetRef="gone"/>
<sequenceFlow id="f5" sourceRef="broke" targetRef="poor"/>
</process><error id="e" name="e" errorCode="NO_MONEY"/></definitions>
"""
ORDER = f"""{HEAD}<message id="m1" name="order"/>
<message id="m2" name="answer"><extensionElements><zeebe:subscription correlationKey="=no"/></extensionElements></message>
<process id="buyer" isExecutable="true"><startEvent id="wish"/>
<sendTask id="send" messageRef="m1"><extensionElements><zeebe:ioMapping>
<zeebe:input source="=no" target="no"/></zeebe:ioMapping></extensionElements></sendTask>
<receiveTask id="hear" messageRef="m2"/><endEvent id="had" name="收到"/>
<sequenceFlow id="a1" sourceRef="wish" targetRef="send"/><sequenceFlow id="a2" sourceRef="send" targetRef="hear"/>
<sequenceFlow id="a3" sourceRef="hear" targetRef="had"/></process></definitions>
"""
SELLER = f"""{HEAD}<message id="m1" name="order"/>
<message id="m2" name="answer"><extensionElements><zeebe:subscription correlationKey="=no"/></extensionElements></message>
<process id="seller" isExecutable="true">
<startEvent id="ordered"><messageEventDefinition messageRef="m1"/></startEvent>
<intermediateCatchEvent id="rest"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>
<endEvent id="reply"><extensionElements><zeebe:ioMapping><zeebe:input source="=no" target="no"/>
</zeebe:ioMapping></extensionElements><messageEventDefinition messageRef="m2"/></endEvent>
<sequenceFlow id="b1" sourceRef="ordered" targetRef="rest"/><sequenceFlow id="b2" sourceRef="rest" targetRef="reply"/>
</process></definitions>
"""
Played = Callable[..., Result]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "leave.bpmn"
    path.write_text(LEAVE, "utf-8")
    return path


@pytest.fixture
def banli(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    monkeypatch.setattr(sealing, "_state_key", sealing._state_key)
    monkeypatch.setattr(settings, "_configured", None)
    before = [*store.observers]

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, ["play", *map(str, words)])

    yield run
    assert store.observers == before or store.observers[: len(before)] == before


def acted(banli: Played, model: Path, text: str, *words: object) -> Result:
    """A run with a scenario."""
    path = model.with_suffix(".scenario.yaml")
    path.write_text(text, "utf-8")
    return banli(model, "--scenario", path, *words)


def test_without_a_scenario_it_runs_until_it_waits_and_says_for_what(banli, model):
    done = banli(model)

    assert done.exit_code == 0, done.output
    assert "进入  审批（ask）" in done.output
    assert "定时  late  至 2026-03-02 11:00:00" in done.output
    assert (
        "#1 leave：进行中\n    等待 用户任务 ask\n    等待 定时器 late（旁路） 2026-03-02 11:00:00"
        in (done.output)
    )


def test_a_scenario_completes_fails_and_advances(banli, model):
    done = acted(
        banli,
        model,
        """
        variables: {days: 2}
        steps:
          - expect: {waits: [ask], variables: {days: 2}, completed: false}
          - advance: PT1H
          - complete: ask
            variables: {ok: true, until: '=date("2026-01-01") + duration("P1D")'}
          - fail: pay
            message: 银行无应答
          - fail: pay
            final: true
          - expect: {incident: pay}
          - retry: pay
          - complete: pay
          - expect:
              completed: end
              incident: false
              that: ok and until = date("2026-01-02")
              activities: [start, ask, pay, end]
        """,
    )

    assert done.exit_code == 0, done.output
    assert "2026-03-02 10:00:00  #1  完成  审批（ask）" in done.output
    assert "异常  付款（pay）" in done.output


def test_time_fires_what_is_due_and_what_was_interrupted_is_cancelled(banli, model):
    done = acted(
        banli, model, "steps: [{advance: {working_days: 1}}, {expect: {completed: gone}}]", "--json"
    )

    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    by_type = [(one["type"], one["activity"], one["at"]) for one in told["events"]]
    assert ("activity.cancelled", "ask", "2026-03-02T11:00:00+08:00") in by_type
    assert told["now"] == "2026-03-03T09:00:00+08:00"
    assert told["instances"][0]["ended_at"] == ["gone"]


def test_a_business_error_goes_to_the_event_that_catches_it(banli, model):
    done = acted(
        banli,
        model,
        """
        steps:
          - complete: ask
          - error: pay
            code: NO_MONEY
            variables: {missing: 3}
          - expect: {completed: poor, variables: {missing: 3}}
        """,
    )

    assert done.exit_code == 0, done.output


def test_a_failed_expectation_names_step_line_and_what_was_there(banli, model):
    done = acted(banli, model, "steps:\n  - complete: ask\n  - expect: {waits: [ask]}\n", "--json")

    assert done.exit_code == 1
    failure = json.loads(done.output)["failure"]
    assert (failure["step"], failure["line"]) == (2, 3)
    assert "第 2 步（leave.scenario.yaml 第 3 行）" in failure["message"]
    assert "应等待：ask；实际等待：pay" in failure["message"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("steps:\n  - complete: nothing\n", "环节“nothing”现在不在等待"),
        ("steps:\n  - advance: 2020-01-01\n", "时间不能倒流"),
        ("steps:\n  - expect: {variables: {x: 1}}\n", "没有变量“x”"),
        ("variables: {x: 1}\nsteps:\n  - expect: {variables: {x: true}}\n", "变量“x”应为 True"),
        ("steps:\n  - expect: {completed: true}\n", "还在等待：ask、late"),
        ("steps:\n  - expect: {incident: true}\n", "应有异常，实际异常：无"),
        ("steps:\n  - message: m\n    ttl: soon\n", "『soon』不是时刻"),
    ],
)
def test_every_kind_of_failure_says_why(banli, model, text, says):
    done = acted(banli, model, text)

    assert done.exit_code == 1
    assert says in done.output


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("steps:\n  - dance: ask\n", 2, "步骤应以动作开头"),
        ("steps:\n  - complete: ask\n    answer: 1\n", 3, "不认识『answer』"),
        ("steps:\n  - error: pay\n", 2, "没有写明错误代码"),
        ("steps:\n  - repeat: 0\n    steps: []\n", 2, "repeat 应为"),
        ("steps:\n  - expect: {wait: [a]}\n", 2, "不认识『wait』"),
        ("- complete: ask\n", 1, "应以"),
    ],
)
def test_a_scenario_that_is_none_is_refused_before_anything_runs(banli, model, text, line, says):
    done = acted(banli, model, text)

    assert done.exit_code == 2
    assert f".yaml:{line}: 错误" in done.output
    assert says in done.output


def test_a_model_with_errors_is_refused_like_banli_check_does(banli, model):
    model.write_text(LEAVE.replace('targetRef="pay"', 'targetRef="nowhere"'), "utf-8")

    done = banli(model)

    assert done.exit_code == 2
    assert "leave.bpmn:" in done.output
    assert "nowhere" in done.output


def test_processes_of_the_folder_talk_to_each_other(banli, tmp_path):
    buyer = tmp_path / "buyer.bpmn"
    buyer.write_text(ORDER, "utf-8")
    (tmp_path / "seller.bpmn").write_text(SELLER, "utf-8")
    (tmp_path / "broken.bpmn").write_text("<no", "utf-8")

    done = acted(
        banli,
        buyer,
        """
        variables: {no: A1}
        steps:
          - expect: {waits: [hear], instances: 2}
          - expect: {instance: 2, waits: [rest], variables: {no: A1}}
          - advance: P1D
          - expect: {completed: had}
          - expect: {instance: 2, completed: reply}
        """,
    )

    assert done.exit_code == 0, done.output
    assert "未参加：broken.bpmn" in done.output


def test_a_message_starts_as_many_instances_as_come(banli, tmp_path):
    seller = tmp_path / "seller.bpmn"
    seller.write_text(SELLER, "utf-8")

    assert "可由此开始：消息 ordered（旁路） order" in banli(seller).output
    done = acted(
        banli,
        seller,
        """
        autostart: false
        steps:
          - repeat: 3
            steps:
              - message: order
                key: same
                variables: {no: A1}
          - expect: {instances: 3}
          - advance: P2D
          - expect: {instance: 3, completed: true}
        """,
    )

    assert done.exit_code == 0, done.output


def test_a_signal_reaches_everybody_who_waits(banli, tmp_path):
    alarm = tmp_path / "alarm.bpmn"
    alarm.write_text(
        f"""{HEAD}<signal id="g" name="alarm"/><process id="watch" isExecutable="true"><startEvent id="s"/>
<intermediateCatchEvent id="hear"><signalEventDefinition signalRef="g"/></intermediateCatchEvent><endEvent id="e" name="x"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="hear"/><sequenceFlow id="f2" sourceRef="hear" targetRef="e"/>
</process></definitions>""",
        "utf-8",
    )

    done = acted(
        banli,
        alarm,
        """
        steps:
          - start: watch
          - expect: {instance: 2, waits: [hear]}
          - signal: alarm
            variables: {level: 3}
          - expect: {completed: e, variables: {level: 3}}
          - expect: {instance: 2, completed: e}
        """,
    )

    assert done.exit_code == 0, done.output


def test_two_plays_of_a_scenario_tell_the_same(banli, model):
    text = "steps: [{complete: ask, variables: {a: 1}}, {fail: pay, final: true}]"

    assert acted(banli, model, text, "--json").output == acted(banli, model, text, "--json").output


def test_three_hundred_rounds_lose_nothing(banli, tmp_path):
    loop = tmp_path / "loop.bpmn"
    loop.write_text(
        f"""{HEAD}<process id="loop" isExecutable="true"><startEvent id="s"/>
<exclusiveGateway id="again"/><userTask id="ask"/><exclusiveGateway id="more" default="back"/><endEvent id="e" name="x"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="again"/><sequenceFlow id="f2" sourceRef="again" targetRef="ask"/>
<sequenceFlow id="f3" sourceRef="ask" targetRef="more"/><sequenceFlow id="back" sourceRef="more" targetRef="again"/>
<sequenceFlow id="out" sourceRef="more" targetRef="e"><conditionExpression xsi:type="tFormalExpression">=done</conditionExpression></sequenceFlow>
</process></definitions>""",
        "utf-8",
    )

    done = acted(
        banli,
        loop,
        """
        variables: {done: false, n: 0}
        steps:
          - repeat: 300
            steps: [{complete: ask, variables: {n: "=n + 1"}}]
          - complete: ask
            variables: {done: true}
          - expect: {completed: e, variables: {n: 300}}
        """,
        "--json",
    )

    assert done.exit_code == 0, done.output[-500:]
    events = json.loads(done.output)["events"]
    completed = [one for one in events if one["activity"] == "ask"]
    assert sum(one["type"] == "activity.completed" for one in completed) == 301


FORM = """form: form_ask
title: 审批意见
sections:
  - title: 意见
    fields:
      - {name: amount, label: 金额, type: integer, min: 1, required: true}
      - {name: reason, label: 理由, type: text, required_if: amount > 100}
      - {name: org, label: 单位, type: choice, values_from: organisations}
"""


@pytest.fixture
def formed(model: Path) -> Path:
    """The model with a form at its task."""
    named = '<extensionElements><zeebe:formDefinition formId="form_ask"/></extensionElements>'
    text = model.read_text("utf-8")
    text = text.replace('name="审批"/>', f'name="审批">{named}</userTask>')
    model.write_text(text, "utf-8")
    (model.parent / "forms").mkdir()
    (model.parent / "forms" / "form_ask.yaml").write_text(FORM, "utf-8")
    return model


def test_a_task_is_done_by_the_form_beside_the_model(banli, formed):
    done = acted(
        banli,
        formed,
        """
        steps:
          - complete: ask
            answers: {amount: '20', org: "370001"}
          - expect: {waits: [pay], variables: {amount: 20, org: "370001"}}
        """,
    )
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ("{amount: 0}", "表单『审批意见』没有通过：金额（amount）"),
        ("{amount: 200}", "理由（reason）"),
        ("{amount: 1, more: x}", "（more）"),
    ],
)
def test_what_the_form_refuses_fails_the_step_by_field(banli, formed, answers, says):
    done = acted(banli, formed, f"steps: [{{complete: ask, answers: {answers}}}]")
    assert done.exit_code == 1
    assert says in done.output


def test_answers_need_a_form_and_stand_alone(banli, model):
    done = acted(banli, model, "steps: [{complete: ask, answers: {a: 1}}]")
    assert (done.exit_code, "没有表单" in done.output) == (1, True)
    done = acted(banli, model, "steps: [{complete: ask, answers: {a: 1}, variables: {a: 1}}]")
    assert (done.exit_code, "只能写一种" in done.output) == (2, True)


def test_a_faulty_form_is_left_out_and_named(banli, formed):
    (formed.parent / "forms" / "form_ask.yaml").write_text("form: [", "utf-8")
    done = banli(formed)
    assert "forms/form_ask.yaml" in done.output
    assert "YAML 格式错误" in done.output
