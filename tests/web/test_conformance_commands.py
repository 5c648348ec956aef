"""`banli feel`, `banli conformance` and decision tests in `banli check`: what they print."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli import main

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="http://x.test/{name}">
{body}</definitions>
"""
DOUBLE = """<inputData id="i" name="n"><variable name="n" typeRef="number"/></inputData>
<decision id="double" name="double"><variable name="double"/>
<informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
<literalExpression id="l"><text>n * 2</text></literalExpression></decision>"""
CASES = """<?xml version="1.0" encoding="UTF-8"?>
<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>double.dmn</modelName>
  <testCase id="001"><inputNode name="n"><value xsi:type="xsd:decimal">2</value></inputNode>
    <resultNode name="double" type="decision"><expected><value xsi:type="xsd:decimal">4</value></expected></resultNode></testCase>
  <testCase id="002"><inputNode name="n"><value xsi:type="xsd:decimal">2</value></inputNode>
    <resultNode name="double" type="decision"><expected><value xsi:type="xsd:decimal">5</value></expected></resultNode></testCase>
  <testCase id="003"><inputNode name="n"><value xsi:type="xsd:string">two</value></inputNode>
    <resultNode errorResult="true" name="double" type="decision"><expected><value xsi:nil="true"/></expected></resultNode></testCase>
</testCases>
"""


def banli(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "compliance-level-2" / "0001-double"
    folder.mkdir(parents=True)
    (folder / "double.dmn").write_text(MODEL.format(name="double", body=DOUBLE), "utf-8")
    (folder / "double-test-01.xml").write_text(CASES, "utf-8")
    return tmp_path


def test_an_expression_is_evaluated_over_a_context_file(tmp_path):
    file = tmp_path / "context.json"
    file.write_text('{"证书": {"份数": 0.1}, "items": [1, 2]}', "utf-8")

    assert banli("feel", "证书.份数 + sum(items)", "--context", str(file)).output == "3.1\n"
    assert banli("feel", "x + 1", "--with", "{x: 1}", "--context", str(file)).output == "2\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "不是合格的 JSON：第 1 行第 2 列"),
        ("[1]", "应为一个 JSON 对象"),
        ('{"a": NaN}', "JSON 中没有 NaN 这样的数"),
    ],
)
def test_a_context_file_that_is_none_is_refused_with_its_place(tmp_path, text, said):
    file = tmp_path / "context.json"
    file.write_text(text, "utf-8")
    done = banli("feel", "1", "--context", str(file))

    assert done.exit_code == 1
    assert said in done.output


def test_a_faulty_expression_is_an_error_with_its_place_in_chinese():
    done = banli("feel", "1 +")

    assert done.exit_code == 1
    assert "第 1 行第 4 列" in done.output


def test_a_variable_that_is_not_there_is_said_beside_the_null():
    done = banli("feel", "证书状态")

    assert done.output == "null\n提醒：第 1 行第 1 列：找不到变量『证书状态』\n"


def test_a_test_set_is_run_suite_by_suite_and_written_case_by_case(suite, tmp_path):
    target = tmp_path / "result.json"
    done = banli("conformance", "dmn", str(suite), "--json", str(target), "--misses")

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "      2/3  0001-double",
        "未通过 0001-double 002：应得 5，实际 4",
        "合计 2/3",
    ]
    cases = json.loads(target.read_text("utf-8"))
    assert [(one["case"], one["passed"], one["actual"]) for one in cases] == [
        ("001", True, "4"), ("002", False, "4"), ("003", True, "null"),
    ]  # fmt: skip


def test_an_absent_or_empty_test_set_is_an_error(tmp_path):
    absent, empty = (
        banli("conformance", "dmn", str(tmp_path / "gone")),
        banli("conformance", "dmn", str(tmp_path)),
    )

    assert (absent.exit_code, empty.exit_code) == (1, 1)
    assert "不存在" in absent.output
    assert "中没有 DMN 兼容性测试" in empty.output


def test_a_model_that_cannot_be_read_fails_its_cases(suite):
    (suite / "compliance-level-2" / "0001-double" / "double.dmn").write_text("<x/>", "utf-8")

    assert "合计 0/3" in banli("conformance", "dmn", str(suite)).output


def test_the_check_runs_decision_tests_and_names_the_line(tmp_path):
    (tmp_path / "double.dmn").write_text(MODEL.format(name="double", body=DOUBLE), "utf-8")
    tests = tmp_path / "double.test.yaml"
    tests.write_text(
        "given: {n: 2}\ncases:\n  - {name: 翻倍, expect: 4}\n  - {name: 三倍, expect: 6}\n", "utf-8"
    )
    done = banli("check", str(tmp_path))

    assert done.exit_code == 1
    assert (
        f"{tests}:4: 错误: 决策测试『三倍』：应得『6』，实际得到『4』 [decision_test]"
        in done.output
    )
    assert "翻倍" not in done.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("decision: other\ncases: [{name: a, expect: 1}]", "没有决策『other』"),
        ("given: {n: 2}", "缺少 cases"),
        ("cases: [{name: a}]", "每个用例要有 name，并有 expect、error 或 rules"),
        ("cases: [{name: a, expects: 1}]", "不认识『expects』"),
        ("cases: [{name: a, expect: '= 1 +'}]", "表达式不完整"),
        ("cases: [{name: a, rules: one, expect: 1}]", "rules 应为规则序号的列表"),
    ],
)
def test_decision_tests_that_cannot_be_read_are_findings(tmp_path, text, said):
    (tmp_path / "double.dmn").write_text(MODEL.format(name="double", body=DOUBLE), "utf-8")
    (tmp_path / "double.test.yaml").write_text(text, "utf-8")
    done = banli("check", str(tmp_path))

    assert done.exit_code == 1
    assert said in done.output


def test_one_decision_file_imports_another_of_its_folder(tmp_path):
    body = (
        '<import name="lib" namespace="http://x.test/double" importType="dmn"/>'
        '<decision id="more" name="more"><variable name="more"/>'
        '<informationRequirement id="r"><requiredDecision href="http://x.test/double#double"/>'
        '</informationRequirement><literalExpression id="l"><text>lib.double + 1</text>'
        "</literalExpression></decision>"
    )
    (tmp_path / "a_more.dmn").write_text(MODEL.format(name="more", body=body), "utf-8")
    (tmp_path / "double.dmn").write_text(MODEL.format(name="double", body=DOUBLE), "utf-8")
    tests = tmp_path / "more.test.yaml"
    tests.write_text("cases: [{name: a, given: {n: 2}, expect: 5}]", "utf-8")
    assert banli("check", str(tmp_path)).exit_code == 0

    back = f'<import name="m" namespace="http://x.test/more" importType="dmn"/>{DOUBLE}'
    (tmp_path / "double.dmn").write_text(MODEL.format(name="double", body=back), "utf-8")
    done = banli("check", str(tmp_path))
    assert "决策文件相互导入：a_more.dmn、double.dmn" in done.output
