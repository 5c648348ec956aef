"""Conditions that read what nothing writes are told before deployment; no model is accused wrongly."""

import pytest

from engine import compiler
from forms import definition as form_definition
from processes.modelling import unwritten
from tests.engine.core.scenario import (
    Node,
    boundary,
    call,
    condition,
    error,
    event,
    gateway,
    io,
    message,
    script,
    service,
    user,
    xml,
)

FORMS = {
    name: form_definition.read(
        f"form: {name}\ntitle: 表单\nsections:\n  - title: 节\n    fields:\n"
        f"      - {{name: {field}, label: 项, type: text}}\n".encode(),
        f"forms/{name}.yaml",
    )
    for name, field in (("form_apply", "name"), ("form_review", "decision"))
}
STARTERS = (
    "<extensionElements><zeebe:properties><zeebe:property name='starters' value='applicant'/>"
    "</zeebe:properties></extensionElements>"
)
FLOWS = "start -> review -> g\n g -> a if {condition}\n g -> b default\n a -> end\n b -> end2"


def form(name: str) -> str:
    return f'<zeebe:formDefinition formId="{name}"/>'


def told(text: str, *, flows: str = FLOWS, before: str = STARTERS, **nodes: Node) -> list[str]:
    model: dict[str, Node] = {
        "start": Node("startEvent", extensions=form("form_apply")),
        "review": user(form("form_review")),
        "a": user(form("form_review")),
        "b": user(form("form_review")),
        "g": gateway("exclusive"),
        **nodes,
    }
    data = xml(flows.format(condition=text), before=before, messages={"m": "1"}, **model)
    found, processes = compiler.examine({"p.bpmn": data})
    assert not [one for one in found if one.severity == "error"], found
    return [one.message for process in processes for one in unwritten.findings(process, FORMS)]


def test_a_condition_that_reads_a_misspelt_variable_is_told_with_the_likely_name():
    [text] = told('decison = "ok"')
    assert "读取变量『decison』" in text
    assert "是否应为『decision』" in text


def test_a_variable_that_resembles_nothing_is_told_without_a_guess():
    [text] = told("zzz > 1")
    assert "zzz" in text
    assert "是否应为" not in text


@pytest.mark.parametrize(
    "text",
    [
        'decision = "ok"',
        'name = "甲"',
        'case_status = "accepted" and work_order_no != null',
        "some one in [1, 2] satisfies one = 2",
        "today() > date(2026, 1, 1)",
    ],
)
def test_fields_of_forms_names_of_the_platform_and_local_names_are_known(text):
    assert told(text) == []


def test_what_a_script_or_an_output_mapping_writes_is_known_and_the_hidden_field_is_not():
    assert told("n > 1", review=script("1", "n")) == []
    mapped = user(form("form_review"), io=io(outputs={"opinion": "=decision"}))
    assert told('opinion = "ok"', review=mapped) == []
    assert (
        len(
            told(
                'decision = "ok"',
                review=mapped,
                a=user(form("form_apply")),
                b=user(form("form_apply")),
            )
        )
        == 1
    )


def test_an_operation_writes_its_outputs():
    assert told("serial != null", review=service("stock.allot")) == []
    assert len(told("serail != null", review=service("stock.allot"))) == 1


@pytest.mark.parametrize(
    "writer",
    [user(), service("pay"), call("other"), event("catch", message("m"))],
    ids=["a task without a form", "an adapter", "a call", "a message"],
)
def test_where_anything_may_be_written_nothing_is_said(writer):
    assert told("zzz > 1", review=writer) == []


def test_an_error_caught_without_mapping_may_bring_anything():
    flows = FLOWS + "\n failed -> b"
    assert told("zzz > 1", flows=flows, failed=boundary("review", error())) == []


def test_a_process_that_others_start_is_not_judged():
    assert told("zzz > 1", before="") == []


def test_a_conditional_event_is_judged_too():
    late = boundary("review", condition("zzz > 1"))
    assert len(told("true", flows=FLOWS + "\n late -> b", late=late)) == 1
