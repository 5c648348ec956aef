"""Variables: what may be one, and that storing gives back the same value of the same type."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import limits
from engine.errors import VariablesInvalid
from engine.values import YearsMonths
from engine.variables import check, decode, encode

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
    | st.dates()
    | st.times()
    | st.datetimes(
        min_value=datetime(1900, 1, 2), max_value=datetime(2999, 1, 1), timezones=st.just(UTC)
    )
    | st.timedeltas()
    | st.integers(-9999, 9999).map(YearsMonths)
)
NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0@"), min_size=1, max_size=20
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and one == other


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_is_stored_comes_back_with_value_and_type(values: dict[str, Any]) -> None:
    check(values)
    assert same(decode(encode(values)), values)


def test_the_date_of_an_instant_is_the_one_in_shanghai() -> None:
    stored = encode({"at": datetime(2026, 11, 21, 16, 30, tzinfo=UTC)})
    assert decode(stored)["at"].date() == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": 1.5}, "float"),
        ({"a": {1, 2}}, "set"),
        ({"a": datetime(2026, 1, 1)}, "datetime"),
        ({"a": "x\0"}, "不允许的字符"),
        ({"a": "\ud800"}, "不允许的字符"),
        ({"@": 1}, "变量名"),
        ({"a": {"@": 1}}, "a.@"),
        ({"": 1}, "变量名"),
        ({"a": "x" * (limits.TEXT_CHARACTERS + 1)}, "超过"),
        ({"a": [0] * (limits.TABLE_ROWS + 1)}, "超过"),
        ({"a": Decimal("NaN")}, "Decimal"),
    ],
)
def test_a_value_that_may_not_be_a_variable_is_refused_by_path(value: Any, words: str) -> None:
    with pytest.raises(VariablesInvalid, match=words):
        check(value)


def test_nesting_is_bounded() -> None:
    value: Any = 1
    for _ in range(limits.VARIABLE_DEPTH + 1):
        value = [value]
    with pytest.raises(VariablesInvalid, match="嵌套超过 20 层"):
        check({"a": value})


def test_times_and_durations_keep_their_type() -> None:
    values = {"t": time(8, 30), "d": timedelta(days=5, seconds=1), "m": YearsMonths(14)}
    assert decode(encode(values)) == values
    assert str(YearsMonths(14)) == "P1Y2M"
    assert str(YearsMonths(-1)) == "-P1M"
