"""Reading DMN files: what is accepted, and what is refused by name and line."""

from datetime import date
from pathlib import Path

import pytest

from engine import dmn, limits
from engine.errors import DeploymentRejected
from tests.engine.dmn.models import (
    AGES,
    KNOWLEDGE,
    LITERAL,
    literal,
    model,
    need,
    read,
    rule,
    table,
)

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


def test_boxes_nested_too_deep_are_refused():
    nested = "<list>" * 70 + LITERAL.format("1") + "</list>" * 70
    with pytest.raises(DeploymentRejected, match="元素嵌套超过 60 层"):
        read(f'<decision id="d" name="d">{nested}</decision>')


@pytest.mark.parametrize("year", ["20180521", "20191111", "20211108", "20230324"])
def test_the_versions_of_dmn_are_told_by_their_name_space(year):
    host = "http" if year == "20180521" else "https"
    namespace = f"{host}://www.omg.org/spec/DMN/{year}/MODEL/"
    assert read(literal("d", "1"), namespace=namespace).decisions["d"].name == "d"


def test_a_file_as_dmn_js_writes_it_is_read():
    data = (Path(__file__).parent / "dmn_js.dmn").read_bytes()
    decision = dmn.read(data, "dmn_js.dmn").decisions["Decision_validity"]
    context = {"kind": "first", "age": 66, "applied_on": date(2026, 11, 22)}
    result = dmn.evaluate(decision, context)
    assert result.value == {"years": 3, "note": "缩短有效期"}
    assert [match.id for match in result.matched] == ["DecisionRule_2"]


def importing(space: str, *others: str, decision: str = "d") -> bytes:
    """A file of a name space that imports others."""
    imports = "".join(
        f'<import name="n{index}" namespace="{other}" importType="dmn"/>'
        for index, other in enumerate(others)
    )
    made = literal(decision, "1")
    return model(imports + made).replace(b"http://example.test/dmn", space.encode(), 1)


@pytest.mark.parametrize(
    ("files", "code", "message"),
    [
        (
            {"a.dmn": importing("a", "b"), "b.dmn": importing("b", "a", decision="e")},
            "dmn_import_cycle",
            "决策文件相互导入：a.dmn、b.dmn",
        ),
        (
            {
                "a.dmn": importing("a", "b"),
                "b.dmn": importing("b", decision="e"),
                "c.dmn": importing("b", decision="f"),
            },
            "dmn_import_ambiguous",
            "导入的名称空间『b』属于几个文件：b.dmn、c.dmn",
        ),
        (
            {"a.dmn": importing("a"), "b.dmn": importing("b")},
            "dmn_duplicate_decision",
            "决策『d』在文件 a.dmn 中已经定义",
        ),
    ],
)
def test_files_of_a_deployment_that_do_not_go_together_are_refused(files, code, message):
    found = [(one.code, one.message) for one in dmn.check_all(files)]
    assert (code, message) in found
    with pytest.raises(DeploymentRejected):
        dmn.read_all(files)
