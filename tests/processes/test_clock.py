"""The legal clock: case-operations B.3 as a contract, against an independent day counter."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SHANGHAI
from processes.clock import calendar as calendars
from processes.clock import explanation
from processes.clock.calendar import Calendar, Correction
from processes.clock.clock import Standing
from processes.clock.counting import Unit
from processes.clock.reckoning import Colour, Event, Reckoning, State, reckon
from processes.model.cases import ClockEntry

PUBLISHED = Calendar()
WORKDAYS = chinese_calendar.get_workdays(date(2004, 1, 1), date(2026, 12, 31))
OPEN = frozenset(WORKDAYS)
DAYS = st.dates(date(2004, 1, 1), date(2026, 6, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI).astimezone(UTC)


def line(number: int, event: Event, when: datetime, **values: Any) -> ClockEntry:
    entry = ClockEntry(id=number, event=event.value, unit="working_days", reason="", **values)
    entry.effective_at = when
    return entry


def reckoned(*lines: ClockEntry, now: datetime, calendar: Calendar = PUBLISHED) -> Reckoning:
    found = reckon(lines, calendar, now)
    assert found is not None
    return found


def started(when: str, amount: int, unit: Unit = Unit.WORKING_DAYS) -> ClockEntry:
    entry = line(1, Event.START, at(when), amount=amount)
    entry.unit = unit.value
    return entry


def worked(after: date, until: date) -> list[date]:
    return WORKDAYS[bisect_right(WORKDAYS, after) : bisect_right(WORKDAYS, until)]


class TestAgainstAnIndependentCounter:
    """Zero mismatches over 2004–2026: the library's own lists of working days, plain sets."""

    @settings(deadline=None, max_examples=60)
    @given(
        start=DAYS,
        amount=st.integers(0, 60),
        gaps=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=4),
        extra=st.integers(0, 10),
    )
    def test_budget_suspensions_and_extension(
        self, start: date, amount: int, gaps: list[tuple[int, int]], extra: int
    ) -> None:
        lines, free, day, number = (
            [line(1, Event.START, noon(start), amount=amount)],
            set(),
            start,
            1,
        )
        for wait, length in gaps:
            first = day + timedelta(days=wait)
            last = first + timedelta(days=length)
            number += 2
            lines.append(line(number - 1, Event.SUSPEND, noon(first)))
            lines.append(line(number, Event.RESUME, noon(last)))
            free |= {first + timedelta(days=n) for n in range(1, length + 1)}
            day = last
        if extra:
            lines.append(line(number + 1, Event.EXTEND, noon(start), amount=extra))
        horizon = start + timedelta(days=700)
        if horizon.year > 2026:
            horizon = date(2026, 12, 31)
        counted = [one for one in worked(start, horizon) if one not in free]
        total = amount + extra
        if total == 0 or total > len(counted):
            return
        found = reckoned(*lines, now=noon(day))
        assert found.due_on == counted[total - 1]
        assert found.used == min(total, sum(one <= day for one in counted))
        assert found.left == total - found.used
        assert not found.provisional

    @settings(deadline=None, max_examples=60)
    @given(
        start=DAYS, days=st.integers(0, 400), since=st.integers(1, 100), last=st.integers(1, 100)
    )
    def test_what_is_counted_and_what_is_suspended_is_what_passed(
        self, start: date, days: int, since: int, last: int
    ) -> None:
        first = start + timedelta(days=since)
        until = first + timedelta(days=last)
        now = max(start + timedelta(days=days), until)
        lines = [
            line(1, Event.START, noon(start), amount=600),
            line(2, Event.SUSPEND, noon(first)),
            line(3, Event.RESUME, noon(until)),
        ]
        horizon = min(now, date(2026, 12, 31))
        found = reckon([*lines, line(4, Event.STOP, noon(horizon))], PUBLISHED, noon(now))
        assert found is not None
        whole = len(worked(start, horizon))
        if until <= horizon:
            assert found.used + found.pauses[0].counted == whole

    @settings(deadline=None, max_examples=60)
    @given(
        start=DAYS,
        amount=st.integers(1, 120),
        wait=st.integers(0, 60),
        length=st.integers(0, 40),
    )
    def test_calendar_days_count_every_day_and_end_on_a_working_day(
        self, start: date, amount: int, wait: int, length: int
    ) -> None:
        first = start + timedelta(days=wait)
        last = first + timedelta(days=length)
        whole = line(1, Event.START, noon(start), amount=amount)
        pause = [line(2, Event.SUSPEND, noon(first)), line(3, Event.RESUME, noon(last))]
        for one in (whole, *pause):
            one.unit = Unit.CALENDAR_DAYS.value
        days = [start + timedelta(days=n) for n in range(1, 400)]
        end = [one for one in days if not first < one <= last][amount - 1]
        if end > date(2026, 12, 1):
            return
        found = reckoned(whole, *pause, now=noon(max(start, last)))
        rolled = next(one for one in WORKDAYS if one >= end)
        assert (found.due_on, found.rolled_from) == (rolled, end if rolled != end else None)

    @settings(deadline=None, max_examples=60)
    @given(start=DAYS, minute=st.integers(0, 24 * 60 - 1), amount=st.integers(1, 80))
    def test_working_hours_are_the_minutes_that_offices_are_open(
        self, start: date, minute: int, amount: int
    ) -> None:
        """Against minutes counted one by one: 9:00-12:00 and 13:00-17:00 on working days."""
        instant = datetime(start.year, start.month, start.day, tzinfo=SHANGHAI)
        instant += timedelta(minutes=minute)
        entry = line(1, Event.START, instant.astimezone(UTC), amount=amount)
        entry.unit = Unit.WORKING_HOURS.value
        left, day, end = amount * 60, start, instant
        while left:
            for opening, closing in ((9, 12), (13, 17)) if day in OPEN else ():
                at = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
                begun = max(at + timedelta(hours=opening), instant)
                room = (at + timedelta(hours=closing) - begun) // timedelta(minutes=1)
                taken = min(max(room, 0), left)
                left, end = left - taken, begun + timedelta(minutes=taken) if taken else end
                if not left:
                    break
            day += timedelta(days=1)
        assert reckoned(entry, now=instant.astimezone(UTC)).due_at == end.astimezone(UTC)

    @settings(deadline=None, max_examples=60)
    @given(day=DAYS, minute=st.integers(0, 24 * 60 - 1))
    def test_what_comes_after_hours_is_received_on_the_next_working_day(
        self, day: date, minute: int
    ) -> None:
        instant = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
        instant += timedelta(minutes=minute)
        first = day if minute <= 17 * 60 else day + timedelta(days=1)
        expected = next(one for one in WORKDAYS if one >= first)
        assert calendars.received_on(instant.astimezone(UTC), calendar=PUBLISHED) == expected

    @settings(deadline=None, max_examples=60)
    @given(start=DAYS, amount=st.integers(1, 40))
    def test_the_sentence_names_every_weekday_off_and_every_make_up_day(
        self, start: date, amount: int
    ) -> None:
        found = reckoned(line(1, Event.START, noon(start), amount=amount), now=noon(start))
        assert found.due_on is not None
        passed = [start + timedelta(days=n) for n in range(1, (found.due_on - start).days + 1)]
        moved = {one for one in passed if (one in OPEN) != (one.weekday() < 5)}
        told = {
            one
            for one in passed
            for span in found.moved_by
            if span.first <= one <= span.last and (one in OPEN) == span.working
        }
        assert moved <= told
        assert all((one in OPEN) != (one.weekday() < 5) or one.weekday() >= 5 for one in told)


class TestContract:
    def test_a_limit_is_a_budget_and_due_date_and_colour_are_derived(self) -> None:
        lines = [started("2026-11-02T10:00", 5)]
        found = reckoned(*lines, now=at("2026-11-02T11:00"))
        assert (found.due_on, found.left, found.colour()) == (date(2026, 11, 9), 5, Colour.GREEN)
        assert reckoned(*lines, now=at("2026-11-06T11:00")).colour() is Colour.YELLOW
        assert reckoned(*lines, now=at("2026-11-09T23:00")).colour() is Colour.YELLOW
        late = reckoned(*lines, now=at("2026-11-10T00:01"))
        assert (late.colour(), late.over) == (Colour.RED, 1)

    def test_one_working_day_is_one_working_day_and_not_24_office_hours(self) -> None:
        assert reckoned(started("2026-11-06T16:59", 1), now=at("2026-11-06T17:00")).due_at == at(
            "2026-11-09T17:00"
        )

    def test_the_start_day_does_not_count(self) -> None:
        found = reckoned(started("2026-11-09T09:00", 1), now=at("2026-11-09T17:00"))
        assert (found.used, found.due_on) == (0, date(2026, 11, 10))

    def test_a_saturday_after_the_last_day_is_past_the_limit(self) -> None:
        found = reckoned(started("2026-11-05T09:00", 1), now=at("2026-11-07T09:00"))
        assert (found.due_on, found.overdue, found.over) == (date(2026, 11, 6), True, 1)

    def test_a_suspended_clock_has_no_due_date_and_keeps_what_is_left(self) -> None:
        lines = [started("2026-11-02T10:00", 5), line(2, Event.SUSPEND, at("2026-11-04T10:00"))]
        found = reckoned(*lines, now=at("2026-11-20T10:00"))
        assert (found.state, found.due_at, found.left) == (State.SUSPENDED, None, 3)
        assert (found.colour(), found.pauses[0].counted) == (Colour.SUSPENDED, 12)

    def test_resuming_restores_what_was_left(self) -> None:
        lines = [
            started("2026-11-02T10:00", 5),
            line(2, Event.SUSPEND, at("2026-11-04T10:00")),
            line(3, Event.RESUME, at("2026-11-20T10:00")),
        ]
        assert reckoned(*lines, now=at("2026-11-20T11:00")).due_on == date(2026, 11, 25)

    def test_suspending_and_resuming_on_one_day_changes_nothing(self) -> None:
        lines = [
            started("2026-11-02T10:00", 5),
            line(2, Event.SUSPEND, at("2026-11-04T10:00")),
            line(3, Event.RESUME, at("2026-11-04T16:00")),
        ]
        assert reckoned(*lines, now=at("2026-11-05T11:00")).due_on == date(2026, 11, 9)

    def test_a_second_suspension_while_one_lasts_adds_nothing(self) -> None:
        lines = [
            started("2026-11-02T10:00", 5),
            line(2, Event.SUSPEND, at("2026-11-04T10:00")),
            line(3, Event.SUSPEND, at("2026-11-05T10:00")),
            line(4, Event.RESUME, at("2026-11-06T10:00")),
            line(5, Event.RESUME, at("2026-11-12T10:00")),
        ]
        found = reckoned(*lines, now=at("2026-11-12T11:00"))
        assert (len(found.pauses), found.due_on) == (1, date(2026, 11, 11))

    def test_a_limit_that_was_past_before_it_was_suspended_stays_past(self) -> None:
        lines = [started("2026-11-02T10:00", 1), line(2, Event.SUSPEND, at("2026-11-05T10:00"))]
        found = reckoned(*lines, now=at("2026-11-20T10:00"))
        assert (found.due_on, found.overdue) == (date(2026, 11, 3), True)

    def test_an_extension_keeps_the_old_budget_beside_the_new(self) -> None:
        lines = [
            started("2026-11-02T10:00", 20),
            line(2, Event.EXTEND, at("2026-11-25T10:00"), amount=10),
        ]
        found = reckoned(*lines, now=at("2026-11-25T11:00"))
        assert (found.budget, found.extended, found.total) == (20, 10, 30)
        assert found.due_on == date(2026, 12, 14)

    def test_a_correction_replaces_the_start_and_both_stay_in_the_ledger(self) -> None:
        lines = [
            started("2026-11-09T10:00", 5),
            line(2, Event.CORRECT, at("2026-11-06T10:00"), corrects=1),
        ]
        found = reckoned(*lines, now=at("2026-11-09T11:00"))
        assert (found.due_on, found.used) == (date(2026, 11, 13), 1)

    def test_stopping_fixes_what_was_used(self) -> None:
        lines = [started("2026-11-02T10:00", 5), line(2, Event.STOP, at("2026-11-05T10:00"))]
        found = reckoned(*lines, now=at("2027-03-05T10:00"))
        assert (found.state, found.used, found.colour()) == (State.STOPPED, 3, Colour.ENDED)

    def test_calendar_days_roll_on_from_a_day_off_and_say_from_which(self) -> None:
        found = reckoned(
            started("2026-09-25T10:00", 7, Unit.CALENDAR_DAYS), now=at("2026-09-25T11:00")
        )
        assert (found.due_on, found.rolled_from) == (date(2026, 10, 8), date(2026, 10, 2))

    def test_working_hours_run_in_office_hours_only(self) -> None:
        found = reckoned(
            started("2026-11-06T16:00", 4, Unit.WORKING_HOURS), now=at("2026-11-06T16:30")
        )
        assert (found.due_at, found.used) == (at("2026-11-09T12:00"), 1)

    def test_hours_run_day_and_night_and_stop_while_suspended(self) -> None:
        lines = [
            started("2026-11-06T16:00", 10, Unit.HOURS),
            line(2, Event.SUSPEND, at("2026-11-06T20:00")),
            line(3, Event.RESUME, at("2026-11-07T08:00")),
        ]
        found = reckoned(*lines, now=at("2026-11-07T09:00"))
        assert (found.due_at, found.left) == (at("2026-11-07T14:00"), 5)

    def test_a_year_without_published_holidays_makes_the_answer_provisional(self) -> None:
        found = reckoned(started("2026-12-25T10:00", 10), now=at("2026-12-25T11:00"))
        assert found.provisional
        assert "暂定" in explained(found)

    def test_an_agency_s_own_day_off_moves_its_limits(self) -> None:
        calendar = Calendar({date(2026, 11, 4): Correction(is_working=False, name="台风停工")})
        found = reckoned(
            started("2026-11-02T10:00", 3), now=at("2026-11-02T11:00"), calendar=calendar
        )
        assert found.due_on == date(2026, 11, 6)
        assert "台风停工" in explained(found)

    def test_a_limit_that_has_not_started_is_none(self) -> None:
        assert reckon([], PUBLISHED, at("2026-11-02T11:00")) is None


def explained(found: Reckoning, title: str = "承诺期限") -> str:
    return explanation.explain(Standing("promised", title, "", found))


class TestExplanation:
    def test_one_sentence_names_suspended_days_holidays_and_the_end(self) -> None:
        lines = [
            started("2026-09-21T10:00", 10),
            line(2, Event.SUSPEND, at("2026-09-22T10:00")),
            line(3, Event.RESUME, at("2026-09-24T10:00")),
        ]
        lines[1].reason = "专家评审"
        assert explained(reckoned(*lines, now=at("2026-10-08T11:00"))) == (
            "承诺期限 10 个工作日，自 2026-09-21 次日起算；"
            "2026-09-22 至 2026-09-24 因“专家评审”中止，不计 2 个工作日；"
            "2026年9月25日 中秋放假，不计；2026年10月1日至7日 国庆节放假，不计；"
            "2026年10月10日 调休上班，计入；"
            "2026-10-14 届满；剩余 5 个工作日。"
        )

    @pytest.mark.parametrize(
        ("now", "said"),
        [
            ("2026-11-05T10:00", "2026-11-09 届满；剩余 2 个工作日。"),
            ("2026-11-09T10:00", "2026-11-09 届满；今日到期。"),
            ("2026-11-11T10:00", "2026-11-09 届满；已超期 2 个工作日。"),
        ],
    )
    def test_the_end_says_what_is_left(self, now: str, said: str) -> None:
        assert explained(reckoned(started("2026-11-02T10:00", 5), now=at(now))).endswith(said)

    def test_a_suspended_clock_says_what_will_be_left(self) -> None:
        lines = [started("2026-11-02T10:00", 5), line(2, Event.SUSPEND, at("2026-11-04T10:00"))]
        text = explained(reckoned(*lines, now=at("2026-11-06T10:00")))
        assert text.endswith("目前中止计时，已用 2 个工作日，恢复后剩余 3 个工作日。")
