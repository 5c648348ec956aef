"""Decisions: tables under each hit policy, requirements, boxes."""

from datetime import date
from decimal import Decimal

import pytest

from engine import dmn
from engine.errors import DeploymentRejected, ExpressionError, LimitExceeded
from tests.engine.dmn.models import (
    AGES,
    KNOWLEDGE,
    KNOWS,
    LITERAL,
    OVERLAPPING,
    literal,
    model,
    need,
    read,
    rule,
    table,
    value,
)

D = Decimal


def test_a_unique_table_gives_the_one_rule_that_applies():
    result = value(table("", *AGES), age=20)
    assert result.value == "adult"
    assert [match.index for match in result.matched] == [2]
    assert result.inputs == {"age": 20}
    assert result.outputs == ("adult",)
    assert result.warnings == ()


def test_a_table_without_a_match_is_null_and_says_so():
    result = value(table("", AGES[0]), age=70)
    assert result.value is None
    assert "没有匹配的规则" in result.warnings[-1].message_zh
    assert result.matched == ()


def test_two_rules_under_unique_are_an_error_that_names_them():
    with pytest.raises(
        ExpressionError, match="命中策略为 UNIQUE，但第 1、2 条规则同时匹配"
    ) as caught:
        value(table('hitPolicy="UNIQUE"', *OVERLAPPING), age=25)
    assert caught.value.element == "d"


POLICIES = [
    ('hitPolicy="FIRST"', 25, D(1)),
    ('hitPolicy="COLLECT"', 25, [D(1), D(2)]),
    ('hitPolicy="COLLECT"', 5, []),
    ('hitPolicy="COLLECT" aggregation="SUM"', 35, D(6)),
    ('hitPolicy="COLLECT" aggregation="MIN"', 35, D(1)),
    ('hitPolicy="COLLECT" aggregation="MAX"', 35, D(3)),
    ('hitPolicy="COLLECT" aggregation="COUNT"', 35, D(3)),
    ('hitPolicy="COLLECT" aggregation="COUNT"', 5, D(0)),
    ('hitPolicy="COLLECT" aggregation="SUM"', 5, None),
    ('hitPolicy="RULE ORDER"', 25, [D(1), D(2)]),
]


@pytest.mark.parametrize(("policy", "age", "expected"), POLICIES)
def test_a_hit_policy_decides_what_becomes_of_several_matches(policy, age, expected):
    assert value(table(policy, *OVERLAPPING), age=age).value == expected


def test_priority_and_output_order_follow_the_output_values():
    listed = "<outputValues><text>3, 2, 1</text></outputValues>"
    assert value(table('hitPolicy="PRIORITY"', *OVERLAPPING, more=listed), age=35).value == 3
    ordered = value(table('hitPolicy="OUTPUT ORDER"', *OVERLAPPING, more=listed), age=35).value
    assert ordered == [3, 2, 1]


def test_any_wants_equal_conclusions():
    same = (rule("> 10", "1"), rule("> 20", "1.0"))
    assert value(table('hitPolicy="ANY"', *same), age=25).value == 1
    with pytest.raises(ExpressionError, match="ANY，但第 1、2 条规则的结论不同"):
        value(table('hitPolicy="ANY"', *OVERLAPPING), age=25)


def test_several_outputs_make_a_context():
    rows = (rule("-", '"yes"', "age * 2", outputs=2),)
    result = value(table("", *rows, outputs=("decision", "points")), age=20)
    assert result.value == {"decision": "yes", "points": 40}


def test_a_default_output_stands_in_where_no_rule_applies():
    default = '<defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    assert value(table("", AGES[0], more=default), age=70).value == "none"


def test_cells_may_be_chinese_and_use_all_of_unary_tests():
    rows = (
        rule('"新办","补办"', '< date("2026-01-01")', "true"),
        rule('not("新办","补办")', "-", "false"),
    )
    body = table("", *rows, inputs=("业务类型", "申请日期"))
    assert value(body, 业务类型="补办", 申请日期=date(2025, 5, 1)).value is True
    assert value(body, 业务类型="注销", 申请日期=None).value is False


def test_an_input_outside_its_allowed_values_is_an_error():
    body = table("", rule("-", "1")).replace(
        "</inputExpression>", "</inputExpression><inputValues><text>[0..150]</text></inputValues>"
    )
    assert value(body, age=20).value == 1
    with pytest.raises(ExpressionError, match="决策表『资格』的输入『age』不在允许值之内"):
        value(body, age=200)


def test_an_input_of_another_type_is_an_error():
    body = table("", rule("-", "1")).replace('id="e_age"', 'id="e_age" typeRef="number"')
    with pytest.raises(ExpressionError, match="输入『age』应为数字，实际是字符串"):
        value(body, age="twenty")


def test_a_conclusion_outside_its_output_values_is_an_error():
    listed = "<outputValues><text>1, 2</text></outputValues>"
    with pytest.raises(ExpressionError, match="第 3 条规则的结论不在允许的输出值之内"):
        value(table('hitPolicy="COLLECT"', *OVERLAPPING, more=listed), age=35)


def test_a_decision_asks_those_it_requires_once():
    body = (
        literal("a", "x + 1")
        + literal("b", "a * 2", need("a"))
        + literal("d", "a + b", need("a") + need("b"))
    )
    result = value(body, x=1)
    assert result.value == 6
    assert [each.decision for each in result.required] == ["a", "b"]
    assert [each.value for each in result.required] == [2, 4]


def test_names_with_spaces_are_known_where_they_are_required():
    body = (
        '<inputData id="i" name="Monthly Salary"><variable name="Monthly Salary"/></inputData>'
        + literal("d", "12 * Monthly Salary", need("i", "Input"))
    )
    assert value(body, **{"Monthly Salary": 10}).value == 120


def test_an_input_must_be_of_its_type_and_among_the_allowed_values():
    body = (
        '<itemDefinition name="tKind"><typeRef>string</typeRef><allowedValues>'
        '<text>"new", "renew"</text></allowedValues></itemDefinition>'
        '<inputData id="i" name="kind"><variable name="kind" typeRef="tKind"/></inputData>'
        + literal("d", 'kind + "!"', need("i", "Input"))
    )
    assert value(body, kind="new").value == "new!"
    assert value(body, kind=["new"]).value == "new!"
    for wrong in ("lost", 1):
        with pytest.raises(ExpressionError, match="输入数据『kind』应为tKind"):
            value(body, kind=wrong)


def test_item_definitions_describe_nested_data():
    body = (
        '<itemDefinition name="tPerson"><itemComponent name="full name"><typeRef>string</typeRef>'
        '</itemComponent><itemComponent name="marks" isCollection="true"><typeRef>number</typeRef>'
        "</itemComponent></itemDefinition>"
        '<inputData id="i" name="p"><variable name="p" typeRef="tPerson"/></inputData>'
        + literal("d", "p.full name + string(sum(p.marks))", need("i", "Input"))
    )
    assert value(body, p={"full name": "甲", "marks": [1, 2]}).value == "甲3"
    with pytest.raises(ExpressionError):
        value(body, p={"full name": "甲", "marks": ["x"]})


def test_the_result_must_be_of_the_declared_type():
    body = literal("d", '"x"').replace(
        '<variable name="d"/>', '<variable name="d" typeRef="number"/>'
    )
    with pytest.raises(ExpressionError, match="决策『d』的结果应为数字，实际是字符串"):
        value(body)


BOXES = [
    (
        "<context><contextEntry><variable name='a b'/>" + LITERAL.format("1") + "</contextEntry>"
        "<contextEntry>" + LITERAL.format("a b + 1") + "</contextEntry></context>",
        D(2),
    ),
    ("<list>" + LITERAL.format("1") + LITERAL.format("x") + "</list>", [D(1), 5]),
    (
        "<relation><column name='k'/><column name='v'/><row>" + LITERAL.format('"a"')
        + LITERAL.format("1") + "</row></relation>",
        [{"k": "a", "v": D(1)}],
    ),
    (
        "<conditional><if>" + LITERAL.format("x = 5") + "</if><then>" + LITERAL.format("1")
        + "</then><else>" + LITERAL.format("2") + "</else></conditional>",
        D(1),
    ),
    (
        "<filter><in>" + LITERAL.format("[1, 2, 3]") + "</in><match>" + LITERAL.format("item = 2")
        + "</match></filter>",
        [D(2)],
    ),
    (
        "<for iteratorVariable='i'><in>" + LITERAL.format("[1, 2]") + "</in><return>"
        + LITERAL.format("i * x") + "</return></for>",
        [D(5), D(10)],
    ),
    (
        "<some iteratorVariable='i'><in>" + LITERAL.format("[1, 5]") + "</in><satisfies>"
        + LITERAL.format("i = x") + "</satisfies></some>",
        True,
    ),
    (
        "<invocation>" + LITERAL.format("abs") + "<binding><parameter name='n'/>"
        + LITERAL.format("-x") + "</binding></invocation>",
        D(5),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("box", "expected"), BOXES)
def test_a_boxed_expression_has_the_value_of_the_standard(box, expected):
    body = f'<decision id="d" name="d"><variable name="d"/>{box}</decision>'
    assert value(body, x=5).value == expected


def test_a_business_knowledge_model_is_a_function():
    assert value(KNOWLEDGE + literal("d", "fee(x)", KNOWS), x=50).value == 5
    assert value(KNOWLEDGE + literal("d", "fee(amount: x)", KNOWS), x=50).value == 5


def test_a_decision_service_decides_with_what_it_is_given():
    body = (
        '<inputData id="i" name="x"><variable name="x"/></inputData>'
        + literal("a", "x + 1", need("i", "Input"))
        + '<decisionService id="s" name="svc"><variable name="svc"/><outputDecision href="#a"/>'
        '<inputData href="#i"/></decisionService>'
        + literal("d", "svc(10)", KNOWS.replace("#k", "#s"))
    )
    assert value(body, x=1).value == 11


def test_an_imported_file_lends_its_decisions():
    lent = dmn.read(model(KNOWLEDGE), "lent.dmn")
    body = (
        '<import name="lib" namespace="http://example.test/dmn" importType="dmn"/>'
        '<decision id="d" name="d"><variable name="d"/>'
        '<knowledgeRequirement id="r"><requiredKnowledge href="http://example.test/dmn#k"/>'
        "</knowledgeRequirement>" + LITERAL.format("lib.fee(20)") + "</decision>"
    )
    data = model(body).replace(b'namespace="http://example.test/dmn">', b'namespace="http://o">', 1)
    decisions = dmn.read(data, "user.dmn", [lent])
    assert dmn.evaluate(decisions.decisions["d"], {}).value == 2


def test_a_decision_is_found_by_id_or_name():
    decisions = read(table("", *AGES))
    assert decisions.find("d") is decisions.find("资格")
    assert decisions.find("x") is None


def test_a_decision_that_runs_away_is_stopped():
    knowledge = KNOWLEDGE.replace("amount * 0.1", "fee(amount + 1)").replace(
        "<encapsulatedLogic>", KNOWS + "<encapsulatedLogic>"
    )
    with pytest.raises(LimitExceeded):
        value(KNOWLEDGE.replace("amount * 0.1", "fee(amount + 1)") + literal("d", "fee(1)", KNOWS))
    with pytest.raises(DeploymentRejected, match="循环引用"):
        read(knowledge)


def test_warnings_name_the_decision_and_the_place():
    result = value(literal("d", "missing + 1", name="费用"))
    assert result.value is None
    assert result.warnings[0].message_zh == "决策『费用』第 1 行第 1 列：找不到变量『missing』"


REQUIRED = (
    '<extensionElements><z:properties xmlns:z="http://camunda.org/schema/zeebe/1.0">'
    '<z:property name="match" value="required"/></z:properties></extensionElements>'
)


def test_a_table_that_must_match_fails_by_name_where_no_rule_does():
    body = table("", rule("< 18", "1")).replace('name="资格">', f'name="资格">{REQUIRED}', 1)

    assert value(body, age=Decimal(17)).value == 1
    with pytest.raises(ExpressionError) as caught:
        value(body, age=Decimal(18))
    assert caught.value.message == "决策表『资格』：没有匹配的规则（输入：age）"
    assert caught.value.element == "d"


def test_null_is_neither_true_nor_false_in_a_cell():
    body = table("", rule("true", "1"), rule("false", "2"))

    assert value(body, age=True).value == 1
    assert value(body, age=None).value is None
    assert value(body, age=None).matched == ()
