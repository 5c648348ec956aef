"""Errors a person can act on, and bounds no expression can cross."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel, limits
from engine.errors import LimitExceeded
from engine.feel import Budget

SYNTAX = [
    ("", "第 1 行第 1 列：表达式为空"),
    ("   ", "第 1 行第 4 列：表达式为空"),
    ("1 +", "第 1 行第 4 列：表达式不完整，此处缺少内容"),
    ("1 2", "第 1 行第 3 列：多余的内容『2』"),
    ("a b", "第 1 行第 3 列：多余的内容『b』"),
    ("(1", "第 1 行第 3 列：此处应为『)』，实际是表达式的结尾"),
    ("[1, 2", "第 1 行第 6 列：此处应为『]』，实际是表达式的结尾"),
    ('"abc', '第 1 行第 1 列：字符串没有结束，缺少右引号『"』'),
    ("1 /* x", "第 1 行第 3 列：注释没有结束"),
    ("a = 1 且 b", "第 1 行第 7 列：多余的内容『且』"),
    ("a ，b", "第 1 行第 3 列：符号『，』不能用在这里，请改用半角『,』"),
    ("if a then b", "第 1 行第 12 列：此处应为『else』，实际是表达式的结尾"),
    ("status == 1", "第 1 行第 9 列：『=』不能用在这里"),
    ("a & b", "第 1 行第 3 列：无法识别的字符『&』"),
    ("1e9999", "第 1 行第 1 列：数字超出可表示的范围"),
    ("1a", "第 1 行第 2 列：数字后面不能直接跟名称"),
    ("{a 1}", "第 1 行第 2 列：此处应为上下文的条目名称和『:』，实际是『a』"),
    ("{a: 1, a: 2}", "第 1 行第 8 列：上下文中『a』重复"),
    ("for in [1] return 1", "第 1 行第 5 列：此处应为循环变量的名称，后接『in』"),
    ("f(a: 1, 2)", "第 1 行第 9 列：命名参数与位置参数不能混用"),
    ("f(1, a: 2)", "第 1 行第 6 列：命名参数与位置参数不能混用"),
    ("f(a: 1, a: 2)", "第 1 行第 14 列：命名参数重复"),
    ("@1", "第 1 行第 2 列：『@』后面应为日期、时间或时长的字符串"),
    ("a. 1", "第 1 行第 4 列：『.』后面应为属性名称"),
    ("[1..2", "第 1 行第 6 列：区间应以『)』或『]』结束，实际是表达式的结尾"),
    ("1 instance of 5", "第 1 行第 15 列：此处应为类型名称，实际是『5』"),
    ("then", "第 1 行第 1 列：关键字『then』不能用在这里"),
    ("function(1) 1", "第 1 行第 10 列：此处应为参数名称"),
    ('"\\uD83D"', "第 1 行第 1 列：字符串含有不成对的代理字符"),
    ("1 and\n  * 2", "第 2 行第 3 列：『*』不能用在这里"),
]


@pytest.mark.parametrize(("text", "message"), SYNTAX)
def test_a_syntax_error_says_where_and_what(text, message):
    with pytest.raises(feel.FeelSyntaxError) as caught:
        feel.parse(text)
    assert caught.value.message_zh == message
    assert (f"第 {caught.value.line} 行第 {caught.value.column} 列") in message


WARNINGS = [
    ("  (证书状态 = 1)", "第 1 行第 4 列：找不到变量『证书状态』"),
    ("\n1 + x", "第 2 行第 5 列：找不到变量『x』"),
    ("count = null", "第 1 行第 1 列：找不到变量『count』"),
    ("date", "第 1 行第 1 列：找不到变量『date』"),
    ("f(1)", "第 1 行第 1 列：找不到函数『f』"),
    ("n(1)", "第 1 行第 1 列：『n』不是函数，而是数字"),
    ('1 + "a"', "第 1 行第 3 列：数字与字符串不能作『+』运算"),
    ("null * 2", "第 1 行第 6 列：空值与数字不能作『*』运算"),
    ('1 < "a"', "第 1 行第 3 列：数字与字符串不能用『<』比较"),
    ('@"2026-11-22" < now()', "第 1 行第 15 列：日期与日期时间不能用『<』比较"),
    ('@"10:00:00" < @"10:00:00Z"', "第 1 行第 13 列：带时区与不带时区的时间不能比较"),
    ("1 / 0", "第 1 行第 3 列：除数为零"),
    ("10 ** 6200", "第 1 行第 4 列：计算结果超出数字的范围"),
    ("-true", "第 1 行第 1 列：布尔值不能取负"),
    ("c.b", "第 1 行第 2 列：上下文中没有『b』"),
    ("n.b", "第 1 行第 2 列：数字没有属性『b』"),
    ("[1..2].b", "第 1 行第 7 列：区间没有属性『b』"),
    ("[1, 2][3]", "第 1 行第 7 列：列表共 2 项，没有第 3 项"),
    ('[1, 2]["a"]', "第 1 行第 7 列：筛选条件应为布尔值或序号，实际是字符串"),
    ("[1..true]", "第 1 行第 1 列：区间的两端类型不同：数字与布尔值"),
    ("[c..c]", "第 1 行第 1 列：上下文不能作为区间的端点"),
    ('@"2026-02-30"', "第 1 行第 1 列：没有 2026 年 2 月 30 日这一天"),
    ('@"x"', "第 1 行第 1 列：『x』不是日期（应为 YYYY-MM-DD）"),
    ("if 1 then 2 else 3", "第 1 行第 4 列：『if』的条件应为布尔值，实际是数字"),
    ("for i in null return i", "第 1 行第 1 列：循环的范围为空值"),
    ("for i in 1..1.5 return i", "第 1 行第 1 列：循环的范围应为整数"),
    ("1 instance of tFoo", "第 1 行第 3 列：没有名为『tFoo』的类型"),
    ("function() external {}", "第 1 行第 1 列：不执行外部函数"),
    ("(function(a) a)(1, 2)", "第 1 行第 2 列：函数需要 1 个参数，给出 2 个"),
    ("(function(a: string) a)(1)", "第 1 行第 2 列：参数『a』应为字符串，实际是数字"),
    ("? = 1", "第 1 行第 1 列：找不到判断的输入值『?』"),
    ('@"9999-12-31" + @"P1D"', "第 1 行第 15 列：结果超出可表示的日期范围"),
    ('@"9999-12-31" + @"P1M"', "第 1 行第 15 列：结果超出可表示的日期范围"),
]


@pytest.mark.parametrize(("text", "message"), WARNINGS)
def test_what_cannot_be_computed_is_null_and_says_why(text, message):
    result = feel.evaluate(text, {"n": 1, "c": {"a": 1}})
    assert message in [warning.message_zh for warning in result.warnings]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1" * (limits.EXPRESSION_CHARACTERS + 1), "表达式超过 2000 个字符"),
        ("+".join(["1"] * 101), "表达式超过 200 个节点"),
        ("(" * 20 + "1" + ")" * 20, "表达式嵌套超过 20 层"),
        ("[" * 20 + "1" + "]" * 20, "表达式嵌套超过 20 层"),
        ("1 instance of " + "list<" * 21 + "number" + ">" * 21, "类型嵌套过深"),
    ],
)
def test_an_expression_beyond_the_limits_is_refused(text, message):
    with pytest.raises(feel.FeelSyntaxError, match=message):
        feel.parse(text)


def test_an_expression_at_the_limits_is_accepted():
    assert feel.evaluate("+".join(["1"] * 100), {}).value == 100
    assert feel.evaluate("(" * 19 + "1" + ")" * 19, {}).value == 1
    assert feel.evaluate("-" * 150 + "1", {}).value == 1


RUNAWAY = [
    "for i in 1..100000 return i",
    "for i in 1..300, j in 1..300 return i",
    "some i in 1..100000 satisfies i < 0",
    'for i in 1..60 return if i = 1 then "ab" else partial[-1] + partial[-1]',
    "for i in 1..60 return if i = 1 then [1, 2] else [partial[-1], partial[-1]]",
    "for i in 1..60 return if i = 1 then [1, 2] else concatenate(partial[-1], partial[-1])",
    "{a: for i in 1..30 return if i = 1 then [1, 2] else [partial[-1], partial[-1]], b: a = a[1=1]}",
    "string(for i in 1..60 return if i = 1 then [1, 2] else [partial[-1], partial[-1]])",
    "flatten(for i in 1..60 return if i = 1 then [1, 2] else [partial[-1], partial[-1]])",
    "{f: function(n) f(n + 1), r: f(1)}.r",
    "{f: function(n) if n > 30 then 1 else f(n + 1) + f(n + 1), r: f(1)}.r",
]


@pytest.mark.parametrize("text", RUNAWAY)
def test_an_expression_that_runs_away_is_stopped(text):
    with pytest.raises(LimitExceeded):
        feel.evaluate(text, {})


def test_texts_are_measured_before_they_are_made():
    long = {"text": "a" * 20_000, "rows": ["x"] * 5_000}
    for text in ('replace(text, "a", text)', "string join(rows, text)"):
        with pytest.raises(LimitExceeded, match="文字结果超过"):
            feel.evaluate(text, long)


def test_a_table_of_the_largest_size_can_be_worked_with():
    rows = {"rows": [{"id": i, "kind": str(i % 7)} for i in range(limits.TABLE_ROWS)]}
    assert feel.evaluate("count(distinct values(rows.id))", rows).value == limits.TABLE_ROWS
    assert feel.evaluate('count(rows[kind = "3"])', rows).value == 71
    assert feel.evaluate("sum(for r in rows return r.id * 2)", rows).value == 249500


def test_an_expression_takes_ten_thousand_steps_and_no_more():
    feel.evaluate("for i in 1..1000 return i", {})
    with pytest.raises(LimitExceeded, match=f"超过 {limits.EXPRESSION_STEPS} 步"):
        feel.evaluate("for i in 1..1000, j in 1..1000 return i", {})


def test_the_budget_may_be_smaller():
    with pytest.raises(LimitExceeded, match="超过 10 步"):
        feel.evaluate("for i in 1..100 return i", {}, budget=Budget(steps=10))


def test_warnings_are_bounded():
    result = feel.evaluate("for i in 1..500 return x", {})
    assert len(result.warnings) == 50


def test_a_domain_function_is_called_by_its_name_and_its_refusal_is_a_warning():
    def add_days(day, count):
        if count < 0:
            raise ValueError("天数不能为负")
        return date(2026, 11, int(day.day + count))

    feel.register("test add days", ["day: date", "count: number"], add_days)
    day = date(2026, 11, 1)
    assert feel.evaluate("test add days(d, 3)", {"d": day}).value == date(2026, 11, 4)
    assert feel.evaluate("test add days(count: 1, day: d)", {"d": day}).value.day == 2
    [warning] = feel.evaluate("test add days(d, -1)", {"d": day}).warnings
    assert warning.message_zh == "第 1 行第 1 列：函数『test add days』：天数不能为负"
    feel.register("test add days", ["day"], lambda day: day)
    assert feel.evaluate("test add days(1)", {}).value == 1
    with pytest.raises(ValueError, match="built-in"):
        feel.register("count", ["list"], len)


def test_free_names_are_those_read_from_outside():
    def names(text, **options):
        return feel.names(feel.parse(text), **options)

    assert names('review = "ok" and area > 100') == {"review", "area"}
    assert names("for i in rows return i + x") == {"rows", "x"}
    assert names("some i in rows satisfies i = y") == {"rows", "y"}
    assert names("{a: 1, b: a + c}") == {"c"}
    assert names("function(a) a + b") == {"b"}
    assert names("date(d).year") == {"d"}
    assert names('rows[status = "open"]') == {"rows"}
    assert names("rows[n > limit]", inside_filters=True) == {"rows", "n", "limit"}
    assert feel.names(feel.parse_unary("? > limit, 5")) == {"limit"}
    assert names("person.name") == {"person"}


ALPHABET = 'ab1 .,"()[]{}<>=!+-*/@?:\n不，for in return if then else and or not null'


@given(st.one_of(st.text(max_size=60), st.text(ALPHABET, max_size=60)))
@settings(max_examples=400, deadline=None)
def test_any_text_is_an_expression_or_a_syntax_error(text):
    for read in (feel.parse, feel.parse_unary):
        try:
            read(text)
        except feel.FeelSyntaxError as error:
            refused = error.message_zh
        else:
            refused = "第 "
        assert refused.startswith("第 ")


WORDS = [
    *(
        [
            "1",
            "2.5",
            '"a"',
            "true",
            "null",
            "x",
            "rows",
            "[1..3]",
            "[1,2]",
            "{a:1}",
            "+",
            "-",
            "*",
            "/",
            "**",
            "=",
            "<",
            "and",
            "or",
            "in",
            "(",
            ")",
            "[",
            "]",
            ".",
        ]
    ),
    *(
        [
            "a",
            "item",
            "between",
            "if",
            "then",
            "else",
            "for",
            "return",
            "some",
            "satisfies",
            "count(",
            "sum(",
            "string(",
        ]
    ),
    *(['@"P1D"', '@"2026-11-22"', "instance", "of", "number", "sort(", "flatten(", ",", "not("]),
]


@given(st.lists(st.sampled_from(WORDS), max_size=14))
@settings(max_examples=600, deadline=None)
def test_whatever_parses_evaluates_without_an_exception(words):
    try:
        expression = feel.parse(" ".join(words))
    except feel.FeelSyntaxError:
        return
    try:
        feel.evaluate(expression, {"x": 1, "rows": [{"a": 1}, {"a": None}]})
    except LimitExceeded:
        return
