"""A decision of a case in words for its people."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from engine import xml
from processes.casefile.decided import in_words
from processes.domains import domains, wording
from processes.identity.roles import ROLES

FORM = """
form: f
sections:
  - fields:
      - {name: kind, values: [{value: first, label: 初次, label_en: First}, {value: x, label: 其他}]}
"""
TABLE = """
<definitions xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <decision id="d" name="决策">
    <extensionElements><zeebe:properties>
      <zeebe:property name="word.refuse" value="不予办理" />
      <zeebe:property name="word_en.refuse" value="Refuse" />
      <zeebe:property name="word_en.申请表" value="Application form" />
    </zeebe:properties></extensionElements>
    <decisionTable>
      <input label="类别"><inputExpression><text> case.kind </text></inputExpression></input>
      <output label="结论" name="result" />
    </decisionTable>
  </decision>
</definitions>
"""
DATA = {
    "decision": "d",
    "name": "决策",
    "inputs": {"类别": "first"},
    "outputs": [{"result": "refuse"}, "申请表", "msa_hq", "unheard_of"],
    "labels": {"result": "结论"},
}


def test_a_decision_is_told_with_rules_inputs_and_conclusion():
    data = {
        "decision": "grade",
        "name": "年龄段",
        "inputs": {"年龄": Decimal(20), "本地": True},
        "matched": [{"index": 2, "id": "r2"}],
        "outputs": [{"级别": "adult", "备注": None}],
    }

    assert (
        in_words(data)
        == "决策『年龄段』：适用第 2 条规则；输入 年龄 20，本地 是；结论 级别 adult，备注 空"
    )


def test_conclusions_have_the_words_of_their_table_and_no_names_of_variables():
    data = {
        "decision": "d",
        "outputs": [{"role": "licence_reviewer", "days": 3}, "甲"],
        "labels": {"role": "答复人"},
    }

    assert in_words(data) == "决策『d』：结论 答复人 游艇驾驶证审核人，days 3、甲"


def test_without_a_rule_the_sentence_says_so():
    data = {"decision": "grade", "inputs": {"年龄": 3}, "matched": [], "outputs": []}

    assert in_words(data) == "决策『grade』：没有规则适用；输入 年龄 3；结论 空"


def test_numbers_of_persons_are_masked_and_long_texts_cut():
    data = {"decision": "d", "outputs": ["110101199003070011", "字" * 80]}

    words = in_words(data)
    assert "**************0011" in words
    assert "110101" not in words
    assert "字" * 60 + "…" in words


def test_codes_are_told_by_the_choices_of_forms_and_the_words_of_the_decision():
    found = wording.of_files({"d.dmn": TABLE.encode(), "forms/f.yaml": FORM.encode()})

    assert in_words(DATA, found.coded) == (
        "决策『决策』：没有规则适用；输入 类别 初次；结论 结论 不予办理、申请表、部海事局、unheard_of"
    )
    english = in_words(DATA, found.coded, lambda one: found.english.get(one, one))
    assert "类别 First" in english
    assert "Refuse、Application form" in english


@pytest.mark.parametrize("table", sorted(Path("bpmn").rglob("*.dmn")), ids=lambda one: one.stem)
def test_every_code_of_a_decision_has_a_word(table: Path):
    files = {
        str(one.relative_to(table.parent)): one.read_bytes()
        for one in table.parent.rglob("*")
        if one.suffix in (".dmn", ".yaml") and not one.name.endswith(".test.yaml")
    }
    coded = wording.of_files(files).coded
    known = {*ROLES, *domains.current().org_kinds}
    for decision in xml.read(table.read_bytes(), table.name).iter("{*}decision"):
        written = [*decision.iter("{*}inputEntry"), *decision.iter("{*}outputEntry")]
        text = " ".join("".join(one.itertext()) for one in written)
        codes = set(re.findall(r'"([a-z][a-z0-9_]*)"', text))
        assert codes - known - coded[str(decision.get("id"))].keys() == set()
