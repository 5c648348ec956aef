"""Laws that hold for all values."""

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from engine import feel
from engine.feel import YearsMonths

EXACT = Context(prec=34, rounding=ROUND_HALF_EVEN)
NUMBERS = st.decimals(-(10**12), 10**12, places=6, allow_nan=False, allow_infinity=False)
PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, PLAIN, st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_decimals_of_34_digits(a, b):
    context = {"a": a, "b": b}
    assert feel.evaluate("a + b", context).value == EXACT.add(a, b)
    assert feel.evaluate("a - b", context).value == EXACT.subtract(a, b)
    assert feel.evaluate("a * b", context).value == EXACT.multiply(a, b)
    assume(b)
    assert feel.evaluate("a / b", context).value == EXACT.divide(a, b)


@given(NUMBERS, NUMBERS)
def test_order_is_total_and_agrees_with_equality(a, b):
    held = [feel.evaluate(f"a {sign} b", {"a": a, "b": b}).value for sign in ("<", "=", ">")]
    assert held.count(True) == 1
    assert held == [a < b, a == b, a > b]


@given(NUMBERS, NUMBERS, NUMBERS)
def test_between_and_in_a_closed_range_are_the_same(x, low, high):
    context = {"x": x, "low": low, "high": high}
    between = feel.evaluate("x between low and high", context).value
    assert between is feel.evaluate("x in [low..high]", context).value
    assert between is (low <= x <= high)


@given(VALUES)
def test_every_value_equals_itself(value):
    assert feel.evaluate("a = b", {"a": value, "b": value}).value is True


@given(NUMBERS)
def test_a_number_survives_the_way_through_text(value):
    assert feel.evaluate("number(string(a))", {"a": value}).value == value


@given(st.timedeltas(timedelta(days=-(10**6)), timedelta(days=10**6)))
def test_a_duration_survives_the_way_through_text(value):
    assert feel.evaluate("duration(string(a))", {"a": value}).value == value


@given(st.integers(-(10**6), 10**6))
def test_months_survive_the_way_through_text(months):
    value = YearsMonths(months)
    assert feel.evaluate("duration(string(a))", {"a": value}).value == value


@given(st.datetimes(timezones=st.one_of(st.none(), st.timezones())))
def test_a_moment_survives_the_way_through_text(value):
    # a zone's historic offset of odd seconds has no name of its own in ISO 8601
    again = feel.evaluate("date and time(string(a))", {"a": value}).value
    assert again.replace(tzinfo=None) == value.replace(tzinfo=None)
    assert again.utcoffset() == value.replace(fold=0).utcoffset()


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-1200, 1200))
def test_months_added_land_in_the_month_meant(day, months):
    moved = feel.evaluate("d + m", {"d": day, "m": YearsMonths(months)}).value
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day


@given(PLAIN)
def test_a_string_literal_reads_back(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert feel.evaluate(f'"{escaped}"', {}).value == text


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_sorting_and_extremes_agree(numbers):
    context = {"n": numbers}
    ordered = feel.evaluate("sort(n)", context).value
    assert ordered == sorted(numbers)
    assert feel.evaluate("min(n)", context).value == ordered[0]
    assert feel.evaluate("max(n)", context).value == ordered[-1]
    assert feel.evaluate(
        "sum(n) = n[1] + sum(append(n[item = null], 0)) + sum(sublist(append(n, 0), 2))", context
    ).value
    assert isinstance(ordered[0], Decimal)
