"""The built-in functions, one line each at least."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from engine import feel
from engine.feel import Range, YearsMonths, registry

D = Decimal

CALLS = [
    # conversion
    ('number("12.5")', D("12.5")),
    ('number("1 000,5", " ", ",")', D("1000.5")),
    ('number("1,000.5", ",", ".")', D("1000.5")),
    ('number("１２")', None),
    ('number("abc")', None),
    ("string(1.10)", "1.1"),
    ("string(1e3)", "1000"),
    ("string(null)", None),
    ("string(true)", "true"),
    ('string([1, "a", null])', '[1, "a", null]'),
    ('string({a: 1, "b c": [1..2)})', '{a: 1, "b c": [1..2)}'),
    ('string(@"2026-11-22T10:30:00@Asia/Shanghai")', "2026-11-22T10:30:00@Asia/Shanghai"),
    ('string(@"PT90M")', "PT1H30M"),
    ('string(@"P0D")', "PT0S"),
    ('string(@"-P14M")', "-P1Y2M"),
    ('date("2026-11-22")', date(2026, 11, 22)),
    ("date(2026, 11, 22)", date(2026, 11, 22)),
    ("date(2026, 2, 29)", None),
    ('date("2026-1-2")', None),
    ('date(date and time("2026-11-22T10:00:00Z"))', date(2026, 11, 22)),
    ('time("10:30:00+08:00").time offset', timedelta(hours=8)),
    ("time(10, 30, 0)", time(10, 30)),
    ('time(10, 30, 0, @"PT0H")', time(10, 30, tzinfo=UTC)),
    ("time(25, 0, 0)", None),
    ('date and time(@"2026-11-22", @"10:00:00Z")', datetime(2026, 11, 22, 10, tzinfo=UTC)),
    ('date and time("2026-11-22T24:00:00Z")', datetime(2026, 11, 23, tzinfo=UTC)),
    ('date and time("2026-11-22T10:00:00@No/Where")', None),
    ('duration("P1DT2H")', timedelta(days=1, hours=2)),
    ('duration("P")', None),
    ('years and months duration(@"2020-03-15", @"2026-03-14")', YearsMonths(71)),
    ('years and months duration(from: @"2026-03-14", to: @"2020-03-15")', YearsMonths(-71)),
    # strings
    ('substring("foobar", 3)', "obar"),
    ('substring("foobar", -2, 1)', "a"),
    ('substring(string: "中文字", start position: 2, length: 1)', "文"),
    ('substring("abc", 9)', None),
    ('string length("🐎a")', D(2)),
    ('upper case("aß")', "ASS"),
    ('lower case("AB")', "ab"),
    ('substring before("foobar", "bar")', "foo"),
    ('substring before("foobar", "x")', ""),
    ('substring after("foobar", "ob")', "ar"),
    ('substring after("foobar", "")', "foobar"),
    ('contains("foobar", "of")', False),
    ('starts with("foobar", "fo")', True),
    ('ends with("foobar", "ar")', True),
    ('matches("foobar", "^fo*b")', True),
    ('matches("ABC", "abc", "i")', True),
    ('matches("a\\nb", "a.b")', False),
    ('matches("a\\nb", "a.b", "s")', True),
    ('matches("张三", "^\\p{L}{2}$")', True),
    ('matches("e", "[a-z-[aeiou]]")', False),
    ('matches("a.b", "a.b", "q")', True),
    ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
    ('replace("a-b", "-", "\\\\$")', "a$b"),
    ('replace("abc", "x*", "-")', None),
    ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
    ('split("a1b22c", "[0-9]+")', ["a", "b", "c"]),
    ('string join(["a", null, "b"], ", ")', "a, b"),
    ('string join(["a", "b"], "-", "<", ">")', "<a-b>"),
    ('string join(["a", 1])', None),
    ('trim("  a ")', "a"),
    ('is blank(" ")', True),
    # lists
    ("list contains([1, null], null)", True),
    ("list contains([1, 2], 3)", False),
    ("count([1, 2])", D(2)),
    ("count(5)", D(1)),
    ("count(null)", None),
    ("min(1, 2, 3)", D(1)),
    ('max(["a", "c", "b"])', "c"),
    ("min([])", None),
    ('max(1, "a")', None),
    ("sum([1, 2, 3])", D(6)),
    ('sum([@"PT1H", @"PT2H"])', timedelta(hours=3)),
    ("sum([])", None),
    ('sum([1, "a"])', None),
    ("product(2, 3, 4)", D(24)),
    ("mean([1, 2])", D("1.5")),
    ("median([3, 1, 2, 4])", D("2.5")),
    ("stddev(2, 4, 7, 5)", D("2.081665999466132735282297706979931")),
    ("mode([6, 3, 9, 6, 6])", [D(6)]),
    ("mode([])", []),
    ("all([true, null, false])", False),
    ("all([true, null])", None),
    ("all([])", True),
    ("any([false, null, true])", True),
    ("any([])", False),
    ("sublist([4, 5, 6], 1, 2)", [D(4), D(5)]),
    ("sublist([4, 5, 6], -2)", [D(5), D(6)]),
    ("sublist([4, 5, 6], 5)", None),
    ("append([1], 2, 3)", [D(1), D(2), D(3)]),
    ("append([1], [2])", [D(1), [D(2)]]),
    ("concatenate([1, 2], [3])", [D(1), D(2), D(3)]),
    ("insert before([1, 3], 1, 2)", [D(2), D(1), D(3)]),
    ("remove([1, 2, 3], 2)", [D(1), D(3)]),
    ("list replace([2, 4, 7, 8], 3, 6)", [D(2), D(4), D(6), D(8)]),
    ("list replace([2, 4, 7], function(item, newItem) item < newItem, 5)", [D(5), D(5), D(7)]),
    ("reverse([1, 2])", [D(2), D(1)]),
    ("index of([1, 2, 3, 2], 2)", [D(2), D(4)]),
    ("union([1, 2], [2, 3])", [D(1), D(2), D(3)]),
    ("distinct values([1, 2, 1.0])", [D(1), D(2)]),
    ("duplicate values([1, 2, 1])", [D(1)]),
    ("flatten([[1, [2]], 3])", [D(1), D(2), D(3)]),
    ("sort([2, 1])", [D(1), D(2)]),
    ("is empty([])", True),
    ("is empty({a: 1})", False),
    ('is empty("")', True),
    # numbers
    ("decimal(1/3, 2)", D("0.33")),
    ("decimal(1.5, 0)", D(2)),
    ("decimal(2.5, 0)", D(2)),
    ("floor(-1.5)", D(-2)),
    ("floor(1.56, 1)", D("1.5")),
    ("ceiling(-1.5)", D(-1)),
    ("round up(5.5, 0)", D(6)),
    ("round up(-5.5, 0)", D(-6)),
    ("round down(-5.5, 0)", D(-5)),
    ("round half up(-2.5, 0)", D(-3)),
    ("round half down(2.5, 0)", D(2)),
    ("round half up(1234, -2)", D(1200)),
    ("decimal(1, 99999)", None),
    ("abs(-1)", D(1)),
    ('abs(@"-P1D")', timedelta(days=1)),
    ('abs(@"-P1Y")', YearsMonths(12)),
    ("modulo(-12, 5)", D(3)),
    ("modulo(12, -5)", D(-3)),
    ("modulo(1, 0)", None),
    ("sqrt(16)", D(4)),
    ("sqrt(-1)", None),
    ("decimal(log(10), 8)", D("2.30258509")),
    ("log(0)", None),
    ("decimal(exp(1), 8)", D("2.71828183")),
    ("odd(-5)", True),
    ("even(2)", True),
    # dates
    ('day of year(@"2026-12-31")', D(365)),
    ('day of week(@"2026-11-22")', "Sunday"),
    ('month of year(@"2026-11-22")', "November"),
    ('week of year(@"2005-01-01")', D(53)),
    ('last day of month(@"2024-02-01")', date(2024, 2, 29)),
    ('is(@"10:00:00Z", @"10:00:00+00:00")', True),
    ('is(@"10:00:00Z", @"11:00:00+01:00")', False),
    # ranges
    ("before(1, 10)", True),
    ("before([1..5), 5)", True),
    ("after([5..10], [1..5))", True),
    ("meets([1..5], [5..10])", True),
    ("met by([5..10], [1..5])", True),
    ("overlaps([1..5], [3..8])", True),
    ("overlaps([1..3), [3..8])", False),
    ("overlaps before([1..5], [3..8])", True),
    ("overlaps after([3..8], [1..5])", True),
    ("finishes(10, [1..10])", True),
    ("finished by([1..10], [5..10])", True),
    ("includes([1..10], 5)", True),
    ("includes([1..10], [1..10))", True),
    ("during(5, [1..10])", True),
    ("starts(1, [1..10])", True),
    ("started by([1..10], 1)", True),
    ("coincides([1..5], [1..5])", True),
    ("coincides(5, 5)", True),
    ("before(null, 1)", None),
    ('range("[1..5)")', Range(D(1), D(5), start_included=True, end_included=False)),
    ('range("5..1")', None),
    # contexts
    ('get value({a: 1}, "a")', D(1)),
    ('get value({a: {b: 2}}, ["a", "b"])', D(2)),
    ("get entries({a: 1})", [{"key": "a", "value": D(1)}]),
    ('context([{key: "a", value: 1}])', {"a": D(1)}),
    ('context([{key: "a", value: 1}, {key: "a", value: 1}])', None),
    ('context put({a: 1}, "b", 2)', {"a": D(1), "b": D(2)}),
    ('context put({a: {b: 1}}, ["a", "b"], 2)', {"a": {"b": D(2)}}),
    ("context merge([{a: 1}, {a: 2, b: 3}])", {"a": D(2), "b": D(3)}),
    ("get or else(null, 1)", D(1)),
    ("get or else(2, 1)", D(2)),
]


@pytest.mark.parametrize(("text", "value"), CALLS)
def test_a_builtin_gives_what_the_standard_says(text, value):
    result = feel.evaluate(text, {})
    assert result.value == value
    assert type(result.value) is type(value)


def test_every_builtin_has_a_line_here_or_in_the_language_tests():
    text = " ".join(call for call, _ in CALLS)
    builtins = {
        name
        for name in feel.function_names()
        if registry.find(name).signatures[0].call.__module__.startswith("engine.feel.library")
    }
    untested = {name for name in builtins if f"{name}(" not in text}
    assert untested == {"now", "today", "uuid", "not"}


def test_wrong_arguments_are_named_in_the_warning():
    [warning] = feel.evaluate("string length(5)", {}).warnings
    assert warning.message_zh == (
        "第 1 行第 1 列：函数『string length』的参数『string』应为字符串，实际是数字"
    )
    [warning] = feel.evaluate("string length()", {}).warnings
    assert "不接受 0 个参数" in warning.message_zh
    [warning] = feel.evaluate('substring(text: "a")', {}).warnings
    assert "没有名为『text』的参数组合" in warning.message_zh


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "(a?a?)*b", "(a|aa)+b", "(a*){5}", "a*a*a*a*a*b", "a?" * 40, "(" * 20 + "a"],
)
def test_a_pattern_that_could_run_for_ever_is_refused(pattern):
    result = feel.evaluate("matches(text, pattern)", {"text": "a" * 2000, "pattern": pattern})
    assert result.value is None
    assert "正则表达式" in result.warnings[0].reason or "模式" in result.warnings[0].reason


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?P<x>a)", "a{5000}", "[a", "a)", "*a", "\\k", "a" * 301]
)
def test_a_pattern_outside_the_standard_is_refused(pattern):
    result = feel.evaluate("matches(text, pattern)", {"text": "a", "pattern": pattern})
    assert result.value is None
    assert result.warnings
