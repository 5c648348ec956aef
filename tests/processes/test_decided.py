"""A decision of a case in words for its people."""

from decimal import Decimal

from processes.casefile.decided import in_words


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

    assert in_words(data) == "决策『d』：结论 答复人 licence_reviewer，days 3、甲"


def test_without_a_rule_the_sentence_says_so():
    data = {"decision": "grade", "inputs": {"年龄": 3}, "matched": [], "outputs": []}

    assert in_words(data) == "决策『grade』：没有规则适用；输入 年龄 3；结论 空"


def test_numbers_of_persons_are_masked_and_long_texts_cut():
    data = {"decision": "d", "outputs": ["110101199003070011", "字" * 80]}

    words = in_words(data)
    assert "**************0011" in words
    assert "110101" not in words
    assert "字" * 60 + "…" in words
