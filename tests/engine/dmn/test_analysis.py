"""What the check says of decision tables, in words and compared with trying everything."""

from decimal import Decimal
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.dmn.analysis import analyse
from tests.engine.dmn.models import read, rule, table

STATES = '"draft", "valid", "void"'
ITEM = (
    '<itemDefinition id="s" name="tState"><typeRef>string</typeRef><allowedValues>'
    f"<text>{STATES}</text></allowedValues></itemDefinition>"
)


def typed(body: str, **types: str) -> str:
    for name, wanted in types.items():
        body = body.replace(f'id="e_{name}"', f'id="e_{name}" typeRef="{wanted}"')
    return body


def said(body: str) -> list[str]:
    return [
        f"{f.severity}: {f.message.removeprefix('决策表『资格』')}" for f in analyse(read(body))
    ]


def test_a_table_without_fault_is_passed_in_silence():
    rules = (rule("< 18", '"a"'), rule("[18..60)", '"b"'), rule(">= 60", '"c"'))

    assert said(typed(table("", *rules), age="number")) == []


def test_a_gap_is_described_by_its_region():
    rules = (rule("< 18", "true", '"a"'), rule("> 18", "-", '"b"'))
    body = typed(table("", *rules, inputs=("age", "local")), age="number", local="boolean")

    assert said(body) == [
        "warning: 没有规则适用于：『age』小于18，且『local』为false",
        "warning: 没有规则适用于：『age』等于18",
    ]


def test_a_default_output_leaves_no_gap():
    more = "<defaultOutputEntry><text>0</text></defaultOutputEntry>"

    assert said(typed(table("", rule("< 18", "1"), more=more), age="number")) == []


def test_a_list_of_results_may_be_empty():
    assert said(typed(table('hitPolicy="COLLECT"', rule("< 18", "1")), age="number")) == []


def test_two_rules_that_apply_together_under_unique_are_an_error_with_an_example():
    rules = (rule("<= 18", '"a"'), rule(">= 18", '"b"'))
    body = typed(table("", *rules), age="number")

    assert said(body) == [
        "error: 的命中策略是“唯一”（UNIQUE），但第 1 条与第 2 条规则在『age』等于18时同时适用，结论不同"
    ]


def test_any_permits_overlaps_with_the_same_conclusion_alone():
    rules = (rule("< 20", '"a"'), rule("> 10", '"a"'), rule("> 15", '"b"'))

    assert said(typed(table('hitPolicy="ANY"', *rules), age="number")) == [
        "error: 的命中策略是“任一”（ANY），但第 1 条与第 3 条规则在『age』大于15且小于20时同时适用，结论不同",
        "error: 的命中策略是“任一”（ANY），但第 2 条与第 3 条规则在『age』大于15时同时适用，结论不同",
    ]


def test_columns_that_read_the_same_data_overlap_only_perhaps():
    rules = (rule("< 18", "-", "1"), rule("-", "> 5", "2"), rule(">= 18", "<= 5", "3"))
    body = table("", *rules, inputs=("age", "age + 1"))

    found = said(typed(body, age="number"))
    assert found
    assert all(line.startswith("warning:") for line in found)
    assert "（如果这些输入会同时出现）" in found[0]


def test_allowed_values_of_the_type_are_all_there_is():
    two = (rule('"draft"', "1"), rule('"valid"', "2"))
    body = typed(table("", *two, inputs=("state",)), state="tState")

    assert said(ITEM + body) == ['warning: 没有规则适用于：『state』为"void"']
    full = typed(table("", *two, rule('"void"', "3"), inputs=("state",)), state="tState")
    assert said(ITEM + full) == []
    negated = typed(table("", two[0], rule('not("draft")', "2"), inputs=("state",)), state="tState")
    assert said(ITEM + negated) == []


def test_a_text_without_allowed_values_is_checked_for_the_values_the_table_names():
    rules = (rule('"a"', "1"), rule('"b", "c"', "2"))

    assert said(typed(table("", *rules, inputs=("kind",)), kind="string")) == []


@pytest.mark.parametrize(
    ("cell", "wanted", "reason"),
    [
        ('"18"', "number", "应为数字，单元格写的是字符串"),
        ("18", "string", "应为字符串，单元格写的是数字"),
        ('date("2026-01-01")', "number", "应为数字，单元格写的是日期"),
        ("[1..3]", "date", "应为日期，单元格写的是数字"),
        ("true", "number", "应为数字，单元格写的是布尔值"),
        ('date("2026-02-30")', "date", "的值无效："),
        ('"gone"', "tState", '写的"gone"不在允许值之内，不会出现'),
    ],
)
def test_a_cell_that_does_not_fit_its_column_is_an_error(cell, wanted, reason):
    found = said(ITEM + typed(table("", rule(cell, "1"), rule("-", "2")), age=wanted))

    assert len(found) == 1
    assert found[0].startswith(f"error: 第 1 条规则的『age』{reason}")


def test_a_conclusion_outside_its_column_is_an_error():
    body = table("", rule("-", '"c"'), more='<outputValues><text>"a","b"</text></outputValues>')

    assert said(body) == ['error: 第 1 条规则的结论『result』"c"不在允许的输出值之内']


def test_rules_behind_others_never_apply_under_first_and_priority():
    rules = (rule("< 18", '"a"'), rule(">= 10", '"b"'), rule("[5..30]", '"c"'), rule("-", '"a"'))
    first = typed(table('hitPolicy="FIRST"', *rules[:3]), age="number")
    assert said(first) == ["warning: 第 3 条规则永远不会适用：它之前的规则（第 1、2 条）已全部覆盖"]
    order = '<outputValues><text>"a","b","c"</text></outputValues>'
    ranked = typed(table('hitPolicy="PRIORITY"', rules[3], rules[1], more=order), age="number")
    assert said(ranked) == ["warning: 第 2 条规则永远不会适用：优先的规则（第 1 条）已全部覆盖"]


def test_a_rule_that_no_value_meets_is_named():
    body = typed(table("", rule("true", "1"), rule("false", "2"), rule("not(true, false)", "3")),
                 age="boolean")  # fmt: skip

    assert said(body) == ["warning: 第 3 条规则永远不会适用：没有值符合它的『age』"]


def test_what_is_known_at_run_time_only_is_said_and_not_guessed():
    body = typed(table("", rule("< limit", "1"), rule(">= 18", "2")), age="number")

    assert said(body) == ["warning: 第 1 条规则的『age』要到运行时才知道，没有核对它的空缺与重叠",
                          ] + ["warning: 没有规则适用于：『age』小于18"] * 0  # fmt: skip


def test_counts_are_never_negative_nor_broken():
    body = table(
        "", rule("0", "1"), rule("[1..3]", "2"), rule("> 3", "3"), inputs=("count(items)",)
    )

    assert said(body) == []


def test_days_follow_each_other_without_a_gap_between():
    rules = (rule('<= date("2026-01-31")', "1"), rule('>= date("2026-02-01")', "2"))

    assert said(typed(table("", *rules), age="date")) == []
    moments = typed(table("", *rules).replace("date(", "date and time("), age="dateTime")
    assert said(moments) != []


@pytest.mark.parametrize(
    ("wanted", "low", "high"),
    [
        ("dayTimeDuration", '< duration("P1D")', '>= duration("P1D")'),
        ("yearMonthDuration", '<= duration("P1Y")', '>= duration("P13M")'),
        ("time", '< time("12:00:00")', '>= time("12:00:00")'),
        ("dateTime", '< @"2026-01-01T00:00:00"', '>= @"2026-01-01T00:00:00"'),
    ],
)
def test_every_ordered_type_is_analysed(wanted, low, high):
    assert said(typed(table("", rule(low, "1"), rule(high, "2")), age=wanted)) == []
    assert said(typed(table("", rule(low, "1")), age=wanted))[0].startswith("warning: 没有规则适用")


def test_a_table_too_large_to_check_says_so_in_bounded_time():
    names = [f"v{i}" for i in range(12)]
    rules = [rule(*[f"> {(i * 7 + c * 3) % 41}" for c in range(12)], str(i)) for i in range(120)]
    body = typed(table('hitPolicy="FIRST"', *rules, inputs=names), **dict.fromkeys(names, "number"))

    assert "过大，空缺与重叠没有查完；请拆分成几张表" in " ".join(said(body))


# ---------------------------------------------------------------------- compared with trying all

NUMBER = st.sampled_from(
    ["-", "< 2", "<= 2", "> 3", ">= 3", "2", "3", "[1..3]", "(1..4)", "not(2)", "1, 4", "not(< 3)"]
)
STATE = st.sampled_from(["-", '"draft"', '"valid", "void"', 'not("void")', '"void"'])
TRUTH = st.sampled_from(["-", "true", "false"])
ROWS = st.lists(st.tuples(NUMBER, STATE, TRUTH), min_size=1, max_size=6)
GRID = [
    *product([Decimal(i) / 2 for i in range(-2, 12)], ["draft", "valid", "void"], [True, False])
]


def applies(row: tuple[str, ...], point: tuple[object, ...]) -> bool:
    return all(feel.unary_test(c, v, {}) is True for c, v in zip(row, point, strict=True))


def findings(policy: str, rows: list[tuple[str, ...]]) -> list:
    body = table(
        policy, *[rule(*row, str(i)) for i, row in enumerate(rows)], inputs=("a", "b", "c")
    )
    typed_body = typed(body, a="number", b="tState", c="boolean")
    return [*analyse(read(ITEM + typed_body))]


@settings(max_examples=60)
@given(ROWS)
def test_gaps_and_overlaps_are_those_that_trying_everything_finds(rows):
    hits = [[i for i, row in enumerate(rows) if applies(row, point)] for point in GRID]
    pairs = {pair for hit in hits for pair in combinations(hit, 2)}

    found = findings("", rows)

    assert any(f.code == "dmn_gap" for f in found) == any(not hit for hit in hits)
    told = {f.message.partition("条规则在")[0].partition("条规则对")[0] for f in found
            if f.code == "dmn_overlap" and f.severity == "error"}  # fmt: skip
    assert len(told) == min(len(pairs), 5)


@settings(max_examples=60)
@given(ROWS)
def test_rules_that_never_apply_are_those_that_trying_everything_finds(rows):
    firsts = {next((i for i, row in enumerate(rows) if applies(row, p)), -1) for p in GRID}

    found = findings('hitPolicy="FIRST"', rows)

    never = [f for f in found if f.code in {"dmn_rule_masked", "dmn_rule_dead"}]
    assert len(never) == len(set(range(len(rows))) - firsts)
