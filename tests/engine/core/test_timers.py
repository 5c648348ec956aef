"""Durations, dates and cycles: ISO 8601 and FEEL values, months, missed firings, bounds."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine import clock, compiler, timers
from engine.timers import Schedule, duration, schedule
from engine.values import YearsMonths
from tests.engine.core.scenario import Case, boundary, event, sub, timer, xml

NOW = datetime(2026, 1, 31, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("P1D", NOW + timedelta(days=1)),
        ("PT90M", NOW + timedelta(minutes=90)),
        ("P2W", NOW + timedelta(days=14)),
        ("P1M", datetime(2026, 2, 28, 2, 0, tzinfo=UTC)),
        ("P1Y1M", datetime(2027, 2, 28, 2, 0, tzinfo=UTC)),
        (timedelta(hours=2), NOW + timedelta(hours=2)),
        (timedelta(hours=-2), NOW),
        (YearsMonths(1), datetime(2026, 2, 28, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_duration_is_counted_from_now(value, due):
    assert schedule("duration", value, NOW).due_at == due


@pytest.mark.parametrize("value", ["1D", "P", "PT", "P1DT", "P-1D", "P1.5D", "5", 5, None, "P101Y"])
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(ValueError, match=r"时长|100 年"):
        schedule("duration", value, NOW)


def test_a_date_is_the_beginning_of_the_day_in_shanghai():
    due = schedule("date", date(2026, 2, 1), NOW).due_at
    assert due == datetime(2026, 1, 31, 16, 0, tzinfo=UTC)
    assert schedule("date", "2026-02-01T08:00:00", NOW).due_at == datetime(2026, 2, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="日期"):
        schedule("date", "tomorrow", NOW)


def test_a_cycle_counts_its_firings():
    first = schedule("cycle", "R3/PT1H", NOW)
    second = first.next(first.due_at)
    third = second.next(second.due_at)
    assert [s.due_at - NOW for s in (first, second, third)] == [
        timedelta(hours=n) for n in (1, 2, 3)
    ]
    assert third.next(third.due_at) is None


def test_missed_firings_are_left_out_and_count():
    first = schedule("cycle", "R5/PT1H", NOW)
    later = first.next(NOW + timedelta(hours=3, minutes=30))
    assert later == Schedule(NOW + timedelta(hours=4), "PT1H", 1)
    assert first.next(NOW + timedelta(hours=9)) is None


def test_an_endless_cycle_that_began_long_ago_is_computed_at_once():
    first = schedule("cycle", "R/1970-01-01T00:00:00Z/PT1M", NOW)
    assert first.next(NOW).due_at == NOW + timedelta(minutes=1)
    monthly = schedule("cycle", "R/1970-01-01T00:00:00Z/P1M", NOW)
    assert NOW < monthly.next(NOW).due_at <= NOW + timedelta(days=31)


@pytest.mark.parametrize("value", ["R/PT59S", "R0/PT1H", "PT1H", "R3", "0 9 * * MON-FRI"])
def test_what_is_no_cycle_is_refused(value):
    with pytest.raises(ValueError, match="周期"):
        schedule("cycle", value, NOW)


def test_months_are_counted_on_the_calendar():
    assert duration("P1M").after(datetime(2026, 3, 30, 17, 0, tzinfo=UTC)) == datetime(
        2026, 4, 29, 16, 0, tzinfo=UTC
    ) + timedelta(hours=1)
    assert timers.duration("P1M").at_least == timedelta(days=28)


# -- in a process ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["R3/PT1H", "R/PT1H", "0 0 11 * * *"])
@pytest.mark.parametrize(
    ("flows", "nodes"),
    [
        ("start -> t -> b -> end", lambda cycle: {"t": event("catch", cycle)}),
        ("start -> a -> end; t -> b -> end", lambda cycle: {"t": boundary("a", cycle)}),
        (
            "start -> a -> end",
            lambda cycle: {
                "on": sub("t -> b -> ee", by_event=True, t=event("start", cycle), ee=event("end"))
            },
        ),
    ],
)
def test_a_cycle_that_ends_the_waiting_happens_once_at_its_first_instant(flows, nodes, text):
    with clock.travel(NOW):
        case = Case(xml(flows, **nodes(timer("cycle", text))))
    wait = case.wait("t")
    assert (wait.due_at, wait.repeat) == (NOW + timedelta(hours=1), None)
    with clock.travel(wait.due_at):
        assert case.fire("t").waits == ["b"]
        assert case.complete("b").completed


def warned(text: str, kind: str = "duration") -> set[str]:
    model = xml("start -> t -> end", t=event("catch", timer(kind, text)))
    return {one.code for one in compiler.check({"m.bpmn": model})}


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("duration", "P11Y", "timer_long"),
        ("cycle", "R2/P4000D", "timer_long"),
        ("date", '=date and time("2199-01-01T00:00:00Z")', None),
        ("date", "2001-01-01T00:00:00+08:00", "timer_past"),
    ],
)
def test_a_timer_that_nobody_means_is_a_warning(kind, text, code):
    assert code in warned(text, kind) if code else "timer_text" in warned(text, kind)


@pytest.mark.parametrize("text", ["P9Y", "PT1S", '=if urgent then duration("P1D") else due'])
def test_a_timer_of_a_likely_length_is_none(text):
    assert not {"timer_long", "timer_past"} & warned(text)
