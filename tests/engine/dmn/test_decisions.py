"""Decisions: tables under each hit policy, requirements, boxes, and what reading refuses."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from engine import dmn, limits
from engine.errors import DeploymentRejected, ExpressionError, LimitExceeded

D = Decimal
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def model(body: str, namespace: str = NAMESPACE) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}" id="defs" '
        f'name="测试" namespace="http://example.test/dmn">{body}</definitions>'
    ).encode()


def read(body: str, **options) -> dmn.Decisions:
    return dmn.read(model(body, **options), "测试.dmn")


def rule(*cells: str, outputs: int = 1) -> str:
    tests, results = cells[: len(cells) - outputs], cells[len(cells) - outputs :]
    text = "".join(f"<inputEntry id='i'><text>{escape(c)}</text></inputEntry>" for c in tests)
    text += "".join(f"<outputEntry id='o'><text>{escape(c)}</text></outputEntry>" for c in results)
    return f"<rule id='r'>{text}</rule>"


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def table(policy: str, *rules: str, inputs=("age",), outputs=("result",), more: str = "") -> str:
    columns = "".join(
        f'<input id="in_{i}" label="{i}"><inputExpression id="e_{i}"><text>{i}</text>'
        f"</inputExpression></input>"
        for i in inputs
    )
    columns += "".join(f'<output id="out_{o}" name="{o}">{more}</output>' for o in outputs)
    return (
        f'<decision id="d" name="资格"><decisionTable id="t" {policy}>{columns}'
        f"{''.join(rules)}</decisionTable></decision>"
    )


AGES = (rule("< 18", '"child"'), rule("[18..60)", '"adult"'), rule(">= 60", '"senior"'))
OVERLAPPING = (rule("> 10", "1"), rule("> 20", "2"), rule("> 30", "3"))


def value(body: str, **context):
    return dmn.evaluate(read(body).decisions["d"], context)


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


LITERAL = "<literalExpression id='l'><text>{}</text></literalExpression>"


def literal(identity: str, text: str, needs: str = "", name: str = "") -> str:
    return (
        f'<decision id="{identity}" name="{name or identity}">'
        f'<variable name="{name or identity}"/>{needs}{LITERAL.format(escape(text))}</decision>'
    )


def need(target: str, kind: str = "Decision") -> str:
    return f'<informationRequirement id="n"><required{kind} href="#{target}"/></informationRequirement>'


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


KNOWLEDGE = (
    '<businessKnowledgeModel id="k" name="fee"><variable name="fee"/><encapsulatedLogic>'
    '<formalParameter name="amount" typeRef="number"/>'
    + LITERAL.format("amount * 0.1")
    + "</encapsulatedLogic></businessKnowledgeModel>"
)
KNOWS = '<knowledgeRequirement id="kr"><requiredKnowledge href="#k"/></knowledgeRequirement>'


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


REFUSED = [
    (
        table('hitPolicy="LUCKY"', *AGES),
        "dmn_hit_policy",
        "决策表『资格』的命中策略『LUCKY』不支持",
    ),
    (
        table('hitPolicy="FIRST" aggregation="SUM"', *AGES),
        "dmn_hit_policy",
        "决策表『资格』的命中策略『FIRST SUM』不支持",
    ),
    (
        table("", rule("< ", "1")),
        "dmn_expression",
        "『资格』的表达式有误，第 1 行第 2 列：表达式不完整，此处缺少内容",
    ),
    (table("", rule("1", "2", "3")), "dmn_rule_width", "『资格』第 1 条规则的单元格数与列数不符"),
    (table("", *AGES, outputs=()), "dmn_no_output", "决策表『资格』没有输出列"),
    (
        literal("d", "1 +"),
        "dmn_expression",
        "『d』的表达式有误，第 1 行第 4 列：表达式不完整，此处缺少内容",
    ),
    (literal("d", ""), "dmn_expression_missing", "『d』的表达式为空"),
    ('<decision id="d" name="d"/>', "dmn_expression_missing", "『d』没有表达式"),
    (
        literal("d", "1").replace(
            "<literalExpression", '<literalExpression expressionLanguage="juel"'
        ),
        "dmn_language",
        "『d』使用的表达式语言『juel』不支持，只能用 FEEL",
    ),
    (literal("d", "1", need("x")), "dmn_reference", "『d』引用的元素『#x』不存在"),
    (literal("d", "1", need("d")), "dmn_cycle", "决策之间循环引用：d→d"),
    (
        literal("d", "1").replace('<variable name="d"/>', '<variable name="d" typeRef="tX"/>'),
        "dmn_type_unknown",
        "『d』引用的类型『tX』不存在",
    ),
    (
        '<itemDefinition name="a"><typeRef>a</typeRef></itemDefinition>',
        "dmn_type_cycle",
        "类型『a』引用了自身",
    ),
    (literal("d", "1") * 2, "dmn_duplicate_id", "标识『d』重复"),
    (
        '<import name="x" namespace="http://nowhere"/>',
        "dmn_import",
        "导入的『x』（http://nowhere）不存在",
    ),
    (
        KNOWLEDGE.replace("<encapsulatedLogic", '<encapsulatedLogic kind="Java"'),
        "dmn_function_kind",
        "『fee』是 Java 外部函数，不支持",
    ),
]


@pytest.mark.parametrize(("body", "code", "message"), REFUSED)
def test_what_cannot_be_executed_is_refused_by_name_and_line(body, code, message):
    with pytest.raises(DeploymentRejected) as caught:
        read(body)
    finding = next(each for each in caught.value.findings if each.code == code)
    assert finding.message == message
    assert finding.file == "测试.dmn"
    assert finding.line == 2
    assert finding.severity == "error"


def test_all_findings_are_reported_at_once():
    with pytest.raises(DeploymentRejected) as caught:
        read(table("", rule("< ", "1"), rule("> ", "+")))
    assert len(caught.value.findings) == 3
    assert {finding.element for finding in caught.value.findings} == {"i", "o"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not xml", "不是合格的 XML"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><definitions/>', "DOCTYPE"),
        (b"<definitions/>", "不是 DMN 1.2 至 1.5 的文件"),
        (model("").replace(b"20191111", b"20991111"), "不是 DMN 1.2 至 1.5 的文件"),
        (b" " * (limits.MODEL_BYTES + 1), "超过 1024 KiB"),
    ],
)
def test_a_file_that_is_no_dmn_is_refused(data, message):
    with pytest.raises(DeploymentRejected, match=message):
        dmn.read(data, "x.dmn")


@pytest.mark.parametrize("year", ["20180521", "20191111", "20211108", "20230324"])
def test_the_versions_of_dmn_are_told_by_their_name_space(year):
    host = "http" if year == "20180521" else "https"
    namespace = f"{host}://www.omg.org/spec/DMN/{year}/MODEL/"
    assert read(literal("d", "1"), namespace=namespace).decisions["d"].name == "d"


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


def test_a_file_as_dmn_js_writes_it_is_read():
    data = (Path(__file__).parent / "dmn_js.dmn").read_bytes()
    decision = dmn.read(data, "dmn_js.dmn").decisions["Decision_validity"]
    context = {"kind": "first", "age": 66, "applied_on": date(2026, 11, 22)}
    result = dmn.evaluate(decision, context)
    assert result.value == {"years": 3, "note": "缩短有效期"}
    assert [match.id for match in result.matched] == ["DecisionRule_2"]
