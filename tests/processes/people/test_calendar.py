from collections.abc import Iterator
from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from engine import clock, feel
from engine.errors import LimitExceeded
from processes.casework import functions
from processes.clock import calendar, calendars
from processes.clock import clock as legal
from processes.clock.calendar import Calendar, Correction
from processes.clock.calendars import CalendarRefused, Change

DAYS = st.dates(date(2004, 1, 1), date(2026, 12, 31))


@pytest.fixture(autouse=True)
def _published_calendar() -> Iterator[None]:
    calendar.use(Calendar())
    yield
    calendar.use(Calendar())


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


def listed(first: date, last: date) -> list[date]:
    """An independent counter: the library's own list of working days."""
    return list(chinese_calendar.get_workdays(first, last))


@settings(deadline=None, max_examples=40)
@given(start=DAYS, amount=st.integers(1, 120))
def test_adding_agrees_with_the_library_s_list(start: date, amount: int) -> None:
    last = start + timedelta(days=2 * amount + 30)
    if last.year > 2026:
        return
    expected = [day for day in listed(start, last) if day > start][amount - 1]
    assert calendar.add_working_days(start, amount).date == expected


@settings(deadline=None, max_examples=40)
@given(first=DAYS, length=st.integers(0, 500))
def test_counting_agrees_with_the_library_s_list(first: date, length: int) -> None:
    last = min(first + timedelta(days=length), date(2026, 12, 31))
    expected = sum(1 for day in listed(first, last) if day > first)
    assert calendar.working_days_between(first, last) == expected
    assert calendar.working_days_between(last, first) == -expected


@settings(deadline=None, max_examples=40)
@given(start=DAYS, amount=st.integers(-60, 60))
def test_adding_then_counting_gives_the_amount_back(start: date, amount: int) -> None:
    reached = calendar.add_working_days(start, amount).date
    assert calendar.is_working(reached)
    if amount > 0:
        assert calendar.working_days_between(start, reached) == amount
        assert calendar.remaining(reached, start) == amount


@settings(deadline=None, max_examples=40)
@given(start=DAYS, first=st.integers(1, 40), second=st.integers(1, 40))
def test_two_steps_reach_what_one_step_reaches(start: date, first: int, second: int) -> None:
    middle = calendar.add_working_days(start, first).date
    assert (
        calendar.add_working_days(middle, second).date
        == calendar.add_working_days(start, first + second).date
    )


def test_the_national_day_week_moves_a_limit_and_is_named() -> None:
    reached = calendar.add_working_days(date(2026, 9, 30), 1)
    assert reached.date == date(2026, 10, 8)
    assert reached.moved_by == "国庆节"
    assert not reached.provisional


def test_a_make_up_saturday_counts_and_is_named() -> None:
    reached = calendar.add_working_days(date(2026, 10, 9), 1)
    assert (reached.date, reached.moved_by) == (date(2026, 10, 10), "调休上班")


def test_a_year_without_a_published_list_is_provisional() -> None:
    reached = calendar.add_working_days(date(2026, 12, 30), 5)
    assert reached.provisional
    assert "元旦" in reached.moved_by
    assert reached.date == date(2027, 1, 7)


def test_the_administrator_s_list_makes_a_year_certain(session: Session) -> None:
    days = [
        Change(date(2027, 1, 1), False, "元旦"),
        Change(date(2027, 1, 2), True, "元旦调休上班"),
        Change(date(2027, 10, 1), False, "国庆节"),
    ]
    calendars.change(session, days, source="国办发明电", by="admin")
    calendars.refresh(session)
    reached = calendar.add_working_days(date(2026, 12, 31), 1)
    assert (reached.date, reached.provisional) == (date(2027, 1, 2), False)
    assert reached.moved_by == "元旦、元旦调休上班"


def test_a_year_s_list_is_taken_in_at_once(session: Session) -> None:
    off = {date(2027, 1, 1): "元旦", date(2027, 10, 1): "国庆节", date(2027, 10, 4): "国庆节"}
    source = "国办发明电"
    calendars.publish(
        session, 2027, days_off=off, make_up=[date(2027, 10, 9)], source=source, by="admin"
    )
    calendars.refresh(session)
    assert calendar.add_working_days(date(2027, 9, 30), 1).moved_by == "国庆节"
    assert calendar.is_working(date(2027, 10, 9))
    with pytest.raises(CalendarRefused, match="国庆节"):
        calendars.publish(
            session,
            2028,
            days_off={date(2028, 1, 1): "元旦"},
            make_up=(),
            source=source,
            by="admin",
        )


def test_a_correction_wins_over_the_published_list() -> None:
    strike = Calendar({date(2026, 3, 4): Correction(is_working=False, name="台风停工")})
    reached = calendar.add_working_days(date(2026, 3, 3), 1, calendar=strike)
    assert (reached.date, reached.moved_by) == (date(2026, 3, 5), "台风停工")


def test_zero_days_roll_forward_over_a_closed_day() -> None:
    assert calendar.add_working_days(date(2026, 10, 3), 0).date == date(2026, 10, 8)


def test_more_than_ten_years_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        calendar.add_working_days(date(2026, 1, 1), 100_000)


def test_remaining_is_zero_on_the_day_and_negative_after_it() -> None:
    due = date(2026, 11, 20)  # a Friday
    assert calendar.remaining(due, date(2026, 11, 18)) == 2
    assert calendar.remaining(due, due) == 0
    assert calendar.remaining(due, date(2026, 11, 22)) == 0
    assert calendar.remaining(due, date(2026, 11, 23)) == -1


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2026-11-23T09:00", 5, "working_days", "2026-11-30T17:00"),
        ("2026-11-23T17:00", 5, "working_days", "2026-11-30T17:00"),
        ("2026-11-23T17:01", 5, "working_days", "2026-12-01T17:00"),
        ("2026-11-22T10:00", 1, "working_days", "2026-11-24T17:00"),
        ("2026-09-30T10:00", 1, "working_days", "2026-10-08T17:00"),
        ("2026-11-20T10:00", 1, "calendar_days", "2026-11-23T17:00"),
        ("2026-11-20T10:00", 36, "hours", "2026-11-21T22:00"),
    ],
)
def test_a_limit_ends_at_the_close_of_office(start: str, amount: int, unit: str, due: str) -> None:
    assert legal.due_at(amount, unit, shanghai(start)) == shanghai(due)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(legal.ClockRefused, match="fortnights"):
        legal.due_at(1, "fortnights", clock.now())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('add working days(date("2026-09-30"), 1)', date(2026, 10, 8)),
        ('add working days("soon", 1)', None),
        ('working days between(date("2026-11-16"), date("2026-11-23"))', 5),
        ('identity birth date("11010519491231002X")', date(1949, 12, 31)),
        ('identity birth date("110105194912310021")', None),
        ('check identity("11010519491231002x")', True),
        ('check credit code("91110000600037341L")', True),
        ('check credit code("91110000600037341M")', False),
        ('region prefix("370200", 2)', "37"),
        ('region prefix("370200", 9)', None),
        ('age(date("2008-11-23"), date("2026-11-22"))', 17),
        ('age(date("2008-11-23"), date("2026-11-23"))', 18),
        ('age(date("2008-02-29"), date("2026-02-28"))', 17),
        ('formal date(date("2026-11-20"))', "二〇二六年十一月二十日"),
        ('is working day(date("2026-10-10"))', True),
        ("money text(83200)", "83,200.00 元"),
        ("money text(0.5)", "0.50 元"),
        ('money text("83200")', None),
    ],
)
def test_our_functions_answer_in_feel(expression: str, expected: object) -> None:
    functions.register()
    functions.register()
    assert feel.evaluate(expression, {}).value == expected
