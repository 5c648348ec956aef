"""Trying a draft out: move by move in memory, with its forms, and nothing remains of it."""

import re
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from engine.model import ProcessInstance
from tests.web.analyst.pages import Page, embedded, token_of
from web.database import database

Begin = Callable[..., Page]


class Trial:
    """The trial page of a draft, as a browser goes through it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.take(page.client.get(f"{page.href}/trial"))

    def take(self, answer: TestResponse) -> TestResponse:
        self.html = answer.get_data(as_text=True)
        found = re.search(r'name="_state" value="([^"]*)"', self.html)
        self.state = found[1] if found else ""
        return answer

    def send(self, **fields: str) -> TestResponse:
        data = {"csrf_token": token_of(self.html), "_state": self.state, **fields}
        return self.take(self.page.client.post(f"{self.page.href}/trial", data=data))

    def move(self, kind: str, activity: str, **fields: str) -> TestResponse:
        return self.send(_kind=kind, _activity=activity, _ordinal="0", **fields)

    def marks(self) -> dict[str, str]:
        elements = embedded(self.html, "trial-data")["state"]["elements"]
        return {name: one["mark"] for name, one in elements.items()}


def test_a_model_is_played_from_application_to_end(begin: Begin) -> None:
    trial = Trial(begin())
    assert "开始：申请提交" in trial.html
    assert trial.move("start", "applied", name="申请人甲", org="370001").status_code == 200
    assert trial.marks() == {"applied": "done", "handle": "current"}
    assert trial.move("complete", "handle", opinion="同意").status_code == 200
    assert trial.marks()["closed"] == "done"
    assert "流程已走到结束" in trial.html
    assert "『办理』完成" in trial.html
    assert "申请人甲" in trial.html


def test_a_refused_form_shows_its_mistakes_and_what_was_typed(begin: Begin) -> None:
    trial = Trial(begin())
    trial.move("start", "applied", name="申请人甲", org="370001")
    answer = trial.move("complete", "handle", opinion="")
    assert answer.status_code == 422
    assert "error" in trial.html
    assert trial.move("complete", "handle", opinion="同意").status_code == 200


def test_a_step_back_forgets_the_last_move(begin: Begin) -> None:
    trial = Trial(begin())
    trial.move("start", "applied", name="申请人甲", org="370001")
    trial.move("complete", "handle", opinion="同意")
    trial.send(_undo="1")
    assert trial.marks() == {"applied": "done", "handle": "current"}


def test_a_move_that_does_not_fit_is_refused_in_words(begin: Begin) -> None:
    trial = Trial(begin())
    trial.move("start", "applied", name="申请人甲", org="370001")
    answer = trial.move("complete", "nowhere")
    assert answer.status_code == 422
    assert "现在不在等待" in trial.html


def test_moves_that_the_changed_model_does_not_take_are_given_up_with_a_word(begin: Begin) -> None:
    page = begin()
    trial = Trial(page)
    trial.move("start", "applied", name="申请人甲", org="370001")
    trial.move("complete", "handle", opinion="同意")
    name = next(one for one in page.files if one.endswith(".bpmn"))
    page.files[name] = page.files[name].replace("handle", "decide")
    page.files = {
        path: text.replace("_handle", "_decide") if path == name else text
        for path, text in page.files.items()
    }
    form = next(path for path in page.files if path.endswith("_handle.yaml"))
    page.files[form.replace("_handle", "_decide")] = page.files.pop(form).replace(
        "_handle", "_decide"
    )
    assert page.save().status_code == 200
    trial.send(_open="decide:0")
    assert "第 2 步不再适用" in trial.html
    assert trial.marks() == {"applied": "done", "decide": "current"}


def test_a_draft_with_errors_says_why_it_cannot_be_tried(begin: Begin) -> None:
    page = begin()
    name = next(one for one in page.files if one.endswith(".bpmn"))
    page.files[name] = "<a"
    page.save()
    answer = page.client.get(f"{page.href}/trial")
    assert answer.status_code == 422
    assert "还不能试运行" in answer.get_data(as_text=True)


def test_moves_that_this_server_did_not_sign_are_refused(begin: Begin) -> None:
    trial = Trial(begin())
    other = Trial(begin(login="second_analyst"))
    other.move("start", "applied", name="申请人乙", org="370001")
    trial.state = other.state
    assert trial.move("start", "applied", name="x", org="370001").status_code == 422
    trial = Trial(begin())
    trial.state = trial.state.swapcase()
    assert trial.move("start", "applied", name="x", org="370001").status_code == 422


def test_nothing_remains_of_a_trial(begin: Begin, app: Flask) -> None:
    def cases() -> int:
        with app.app_context(), database().read_session() as session:
            return session.scalar(select(func.count()).select_from(ProcessInstance)) or 0

    before = cases()
    trial = Trial(begin())
    trial.move("start", "applied", name="申请人甲", org="370001")
    trial.move("complete", "handle", opinion="同意")
    assert cases() == before


def _remodelled(begin: Begin, body: str) -> Trial:
    """The trial of a draft whose process holds just these elements."""
    page = begin()
    path = f"{page.data['key']}.bpmn"
    text = re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", page.files[path], flags=re.S)
    text = re.sub(
        r"(<bpmn:process [^>]*>).*</bpmn:process>", rf"\1{body}</bpmn:process>", text, flags=re.S
    )
    page.files = {path: re.sub(r"<bpmn:collaboration.*</bpmn:collaboration>", "", text, flags=re.S)}
    assert page.save().status_code == 200
    return Trial(page)


def test_a_process_without_a_start_event_is_begun_where_it_begins(begin: Begin) -> None:
    trial = _remodelled(begin, '<bpmn:manualTask id="look" name="看一看" />')
    assert trial.move("start", "").status_code == 200
    assert "流程已走到结束" in trial.html


def test_the_analyst_chooses_where_to_begin(begin: Begin) -> None:
    trial = _remodelled(
        begin,
        '<bpmn:startEvent id="plain" name="申请"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>'
        '<bpmn:startEvent id="daily" name="每天"><bpmn:outgoing>f2</bpmn:outgoing>'
        "<bpmn:timerEventDefinition><bpmn:timeCycle>R/P1D</bpmn:timeCycle>"
        "</bpmn:timerEventDefinition></bpmn:startEvent>"
        '<bpmn:manualTask id="one" name="受理" /><bpmn:manualTask id="two" name="清理" />'
        '<bpmn:sequenceFlow id="f1" sourceRef="plain" targetRef="one" />'
        '<bpmn:sequenceFlow id="f2" sourceRef="daily" targetRef="two" />',
    )
    assert "从这里开始：每天" in trial.html
    trial.send(_open="daily:0")
    assert "开始：每天" in trial.html
    assert trial.move("start", "daily").status_code == 200
    assert trial.marks() == {"daily": "done", "two": "done"}


def test_activities_of_an_ad_hoc_sub_process_are_begun_by_the_analyst(begin: Begin) -> None:
    trial = _remodelled(
        begin,
        '<bpmn:startEvent id="s" /><bpmn:adHocSubProcess id="any" name="随办事项">'
        '<bpmn:manualTask id="call" name="电话核实" />'
        "<bpmn:completionCondition>=false</bpmn:completionCondition></bpmn:adHocSubProcess>"
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="any" />',
    )
    trial.move("start", "s")
    assert "电话核实" in trial.html
    assert "随办事项" in trial.html
    assert trial.move("begin", "call").status_code == 200
    assert trial.marks()["call"] == "done"
    assert trial.move("begin", "nothing").status_code == 422
