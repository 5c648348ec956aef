"""Models that nobody may release, each made of the model a new process begins with."""

from collections.abc import Callable
from dataclasses import dataclass

from engine import limits
from processes.modelling.blank_model import blank_model

RULE = (
    '<bpmn:businessRuleTask id="rule" name="判定"><bpmn:extensionElements>'
    '<zeebe:calledDecision decisionId="decision_nowhere" resultVariable="r" />'
    "</bpmn:extensionElements></bpmn:businessRuleTask>"
    '<bpmn:sequenceFlow id="flow_rule" sourceRef="rule" targetRef="closed" />'
)


@dataclass(frozen=True)
class Fault:
    """What is changed in the model, and what the check says of it."""

    change: Callable[[str], str]
    code: str
    element: str
    words: str


def _swap(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


def _decision(text: str) -> str:
    text = text.replace("<bpmn:incoming>flow_handled</bpmn:incoming>", "")
    text = text.replace('targetRef="closed"', 'targetRef="rule"')
    return text.replace("</bpmn:process>", f"{RULE}</bpmn:process>")


FAULTS = {
    "no XML": Fault(lambda _text: "<这不是流程图", "xml_broken", "", "不是合格的 XML"),
    "a DOCTYPE": Fault(
        _swap("<bpmn:definitions", '<!DOCTYPE x [<!ENTITY e "v">]><bpmn:definitions'),
        "xml_doctype", "", "不允许含有 DOCTYPE 声明",
    ),
    "over 1 MiB": Fault(
        lambda text: text + f"<!--{'x' * limits.MODEL_BYTES}-->", "bundle", "", "超过 1 MiB"
    ),
    "an id twice": Fault(
        _swap('id="closed"', 'id="handle"'), "id_twice", "handle", "id『handle』重复"
    ),
    "a reserved id": Fault(
        lambda text: text.replace('"closed"', '"End"'), "id_reserved", "End", "是引擎保留的名称"
    ),
    "a dangling reference": Fault(
        _swap('targetRef="closed"', 'targetRef="nowhere"'),
        "reference_dangling", "flow_handled", "targetRef 指向不存在的『nowhere』",
    ),
    "an unsupported construct": Fault(
        _swap("<bpmn:outgoing>flow_handled</bpmn:outgoing>",
              "<bpmn:outgoing>flow_handled</bpmn:outgoing><bpmn:potentialOwner />"),
        "construct_unsupported", "handle", "不执行的构造：潜在处理人（potentialOwner）",
    ),
    "a bad expression": Fault(
        _swap('candidateGroups="business_info_manager"', 'candidateGroups="=roles +"'),
        "expression_syntax", "handle", "候选岗位不是合格的表达式『roles +』：第 1 行第",
    ),
    "a form that is not there": Fault(
        lambda text: text.replace("_handle\"", "_nowhere\""), "form_missing", "handle", "引用的表单『"
    ),
    "a decision that is not there": Fault(
        _decision, "decision_missing", "rule", "引用的决策『decision_nowhere』不存在"
    ),
}  # fmt: skip


def faulty(name: str, key: str) -> dict[str, bytes]:
    """The files of a process with one fault."""
    files = blank_model(key, "试办流程")
    model = f"{key}.bpmn"
    return {**files, model: FAULTS[name].change(files[model].decode()).encode()}
