"""What FEEL expressions mean, sentence by sentence."""

from collections import ChainMap
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from engine import clock, feel
from engine.feel import Range, YearsMonths

CONTEXT = {
    "area": 120,
    "amount": Decimal("99.50"),
    "申请人": "张某",
    "证书 状态": "valid",
    "a-b": 7,
    "rows": [{"name": "x", "n": 1}, {"name": "y", "n": 2}],
    "person": {"first name": "San", "age": 30, "tags": ["a", "b"]},
    "submitted_at": datetime(2026, 11, 22, 1, 30, tzinfo=UTC),
    "born_on": date(2000, 2, 29),
    "substring": "data never shadows a function",
    "empty": None,
}

D = Decimal

VALUES = [
    # literals
    ("1", D(1)),
    (".5", D("0.5")),
    ("1.50", D("1.5")),
    ("12e-1", D("1.2")),
    ('"a\\"b\\n\\u4e2d\\U01F40E\\uD83D\\uDC0E"', 'a"b\n中🐎🐎'),
    (r'"\s stays"', r"\s stays"),
    ("true", True),
    ("null", None),
    ('@"2026-11-22"', date(2026, 11, 22)),
    ('@"10:30:00Z"', time(10, 30, tzinfo=UTC)),
    ('@"P1Y2M"', YearsMonths(14)),
    ('@"-PT1H30M"', -timedelta(hours=1, minutes=30)),
    ('@"2026-11-22T10:30:00"', datetime(2026, 11, 22, 10, 30)),
    ("1 // the rest is a comment", D(1)),
    ("1 + /* in\nbetween */ 2", D(3)),
    # names
    ("申请人", "张某"),
    ("证书 状态", "valid"),
    ('证书   状态 = "valid"', True),
    ("a-b", D(7)),
    ("area-20", D(100)),
    ("person.first name", "San"),
    ("{first name: 1, c: first name + 1}.c", D(2)),
    ("{order: 1, b: order}.b", D(1)),
    ("for each one in [1, 2] return each one * 2", [D(2), D(4)]),
    ('substring("abc", 2)', "bc"),
    ("substring", "data never shadows a function"),
    ("string length(申请人)", D(2)),
    ('date and time("2026-11-22T00:00:00").day', D(22)),
    # arithmetic
    ("1 + 2 * 3", D(7)),
    ("(1 + 2) * 3", D(9)),
    ("2 ** 3 ** 2", D(64)),
    ("-2 ** 2", D(4)),
    ("10 / 4", D("2.5")),
    ("0.1 + 0.2", D("0.3")),
    ("- - 1", D(1)),
    ('"a" + "b"', "ab"),
    ('@"2026-01-31" + @"P1M"', date(2026, 2, 28)),
    ('@"2024-02-29" - @"P1Y"', date(2023, 2, 28)),
    ('@"2026-11-22" - @"2026-11-20"', timedelta(days=2)),
    ('@"2026-11-22" + @"PT36H"', date(2026, 11, 23)),
    ('@"23:30:00" + @"PT1H"', time(0, 30)),
    ('@"P1D" * 2.5', timedelta(days=2, hours=12)),
    ('2 * @"P1Y"', YearsMonths(24)),
    ('@"P1D" / @"PT6H"', D(4)),
    ('@"P1Y" / 5', YearsMonths(2)),
    ('@"2026-03-01T00:00:00Z" - @"2026-03-01T08:00:00+08:00"', timedelta(0)),
    # comparison and logic
    ("area > 100", True),
    ("1 = 1.0", True),
    ("1 != 2", True),
    ('1 = "1"', None),
    ("null = null", True),
    ("empty = null", True),
    ("1 = null", False),
    ("[1, 2] = [1, 2]", True),
    ("{a: 1} = {a: 1.0}", True),
    ("1 < null", None),
    ('"b" > "a"', True),
    ("5 between 1 and 5", True),
    ("0 between 1 and 5", False),
    ("area between 100 and 200 and true", True),
    ("1 in [1..3]", True),
    ("3 in [1..3)", False),
    ("1 in ]1..3]", False),
    ("3 in [1..3[", False),
    ("1 in (2, < 2)", True),
    ("1 in [2, 1]", True),
    ("5 in > 3", True),
    ("5 in (> 3)", True),
    ("5 in (1..9)", True),
    ("5 in (1, (4..6))", True),
    # structures
    ("[1, 2, 3][1]", D(1)),
    ("[1, 2, 3][-1]", D(3)),
    ("[1, 2, 3][item >= 2]", [D(2), D(3)]),
    ("rows[n = 2].name", ["y"]),
    ('rows[name = "x"][1].n', D(1)),
    ("rows.n", [1, 2]),
    ("rows[item.n > 5]", []),
    ("5[1]", D(5)),
    ("person.tags[2]", "b"),
    ("(1 .. 3)", Range(D(1), D(3), start_included=False, end_included=False)),
    ("(>= 3)", Range(D(3), None, start_included=True, end_included=False)),
    ("[1..3].end included", True),
    ("born_on.weekday", D(2)),
    ("born_on.year", D(2000)),
    ('@"PT26H".hours', D(2)),
    ('@"P1Y2M".months', D(2)),
    # control
    ('if area > 100 then "large" else "small"', "large"),
    ("if null then 1 else 2", D(2)),
    ("if area > 200 then 1 else if area > 100 then 2 else 3", D(2)),
    ("for i in 1..3 return i * i", [D(1), D(4), D(9)]),
    ("for i in 3..1 return i", [D(3), D(2), D(1)]),
    ("for i in [1..3) return i", [D(1), D(2)]),
    ("for i in 1..2, j in i..2 return i * 10 + j", [D(11), D(12), D(22)]),
    ("for i in 1..4 return if i = 1 then 1 else i * partial[-1]", [D(1), D(2), D(6), D(24)]),
    ('for d in @"2026-02-27"..@"2026-03-01" return d.day', [D(27), D(28), D(1)]),
    ("some i in [1, 2] satisfies i > 1", True),
    ("every i in [1, 2] satisfies i > 1", False),
    ("every i in [] satisfies i > 1", True),
    ("some i in [] satisfies i > 1", False),
    ("{f: function(a, b: number) a + b, r: f(1, 2)}.r", D(3)),
    ("{f: function(a, b) a - b, r: f(b: 1, a: 5)}.r", D(4)),
    ("{f: function(n) if n < 2 then 1 else n * f(n - 1), r: f(10)}.r", D(3628800)),
    ("sort([3, 1, 2], function(x, y) x > y)", [D(3), D(2), D(1)]),
    ("(function(g, x) g(x))(abs, -1)", D(1)),
    ("get or else(count, 0)", D(0)),
    # types
    ("1 instance of number", True),
    ('"a" instance of number', False),
    ("null instance of string", False),
    ("null instance of Null", True),
    ("1 instance of Any", True),
    ("[1, 2] instance of list<number>", True),
    ('[1, "a"] instance of list<number>', False),
    ("{a: 1} instance of context<a: number>", True),
    ("[1..2] instance of range<number>", True),
    ('@"P1D" instance of days and time duration', True),
    ('@"P1M" instance of years and months duration', True),
    ('@"2026-11-22T00:00:00" instance of date and time', True),
    ("(function(a: number) a) instance of function", True),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_an_expression_has_the_value_of_the_standard(text, value):
    assert feel.evaluate(text, CONTEXT).value == value


THREE = {"true": True, "false": False, "null": None}


@pytest.mark.parametrize("a", THREE)
@pytest.mark.parametrize("b", THREE)
def test_logic_has_three_values(a, b):
    values = [THREE[a], THREE[b]]
    both = False if False in values else None if None in values else True
    either = True if True in values else None if None in values else False
    assert feel.evaluate(f"{a} and {b}", {}).value is both
    assert feel.evaluate(f"{a} or {b}", {}).value is either
    assert feel.evaluate(f"not({a})", {}).value is (None if values[0] is None else not values[0])


def test_a_side_that_is_no_boolean_counts_as_null_and_is_warned_about():
    result = feel.evaluate('true and "yes"', {})
    assert result.value is None
    assert "应为布尔值，实际是字符串" in result.warnings[0].message_zh
    assert feel.evaluate('false and "yes"', {}).value is False


UNARY = [
    ("-", 5, True),
    ('"a", "b"', "b", True),
    ('not("a", "b")', "c", True),
    ('not("a")', "a", False),
    ("< 10", 5, True),
    (">= 10", 5, False),
    ("!= 3", 5, True),
    ("[1..10]", 10, True),
    ("(1..10)", 10, False),
    ("1, [5..6]", 6, True),
    ("< 1, > 4", 5, True),
    ("? > 3 and ? < 6", 5, True),
    ("? * 2", 5, None),
    ("limit", 5, True),
    ("> limit", 6, True),
    ("list", 3, True),
    ("true", True, True),
    ("true", False, False),
    ("false", False, True),
    ("limit > 1", 99, True),
    ("null", None, True),
    ("null", 1, False),
    ("not(null)", 1, True),
    ("[1..10]", None, None),
    ('contains(?, "ab")', "xaby", True),
    ('not(contains(?, "ab"))', "xaby", False),
    ("not(?) or true", False, True),
    ('date("2026-01-01")', date(2026, 1, 1), True),
    ('[date("2026-01-01")..date("2026-12-31")]', date(2026, 11, 22), True),
]


@pytest.mark.parametrize(("text", "value", "held"), UNARY)
def test_a_unary_test_decides_about_its_input(text, value, held):
    context = {"limit": 5, "list": [1, 2, 3]}
    assert feel.unary_test(text, value, context) is held


def test_now_and_today_are_those_of_the_clock_in_shanghai():
    with clock.travel(datetime(2026, 11, 22, 17, 30, tzinfo=UTC)):
        assert feel.evaluate("today()", {}).value == date(2026, 11, 23)
        assert feel.evaluate("date(now())", {}).value == date(2026, 11, 23)
        assert feel.evaluate("now()", {}).value == datetime(2026, 11, 22, 17, 30, tzinfo=UTC)


def test_uuids_differ():
    assert feel.evaluate("uuid() != uuid()", {}).value is True


def test_numbers_have_34_digits_and_round_half_even():
    assert feel.evaluate("1 / 3", {}).value == Decimal("0." + "3" * 34)
    assert feel.evaluate("2 / 3", {}).value == Decimal("0." + "6" * 33 + "7")


def test_a_float_that_slipped_in_is_read_as_it_prints():
    assert feel.evaluate("x + 0.2", {"x": 0.1}).value == Decimal("0.3")


def test_python_objects_are_opaque():
    class Thing:
        secret = "x"

    result = feel.evaluate("thing.secret", {"thing": Thing()})
    assert result.value is None
    assert feel.evaluate("thing = thing", {"thing": Thing()}).value is None
    assert feel.evaluate("text.upper", {"text": "a"}).value is None
    assert feel.evaluate("text.__class__", {"text": "a"}).value is None


def test_a_mapping_that_is_no_dict_serves_as_context():
    assert feel.evaluate("a + b", ChainMap({"a": 1}, {"b": 2})).value == 3
