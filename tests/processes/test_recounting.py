"""A calendar changes: the cases it moves are listed first, then moved with it (B.3, 6)."""

from datetime import date

import pytest
from sqlalchemy import select

from processes.clock import calendars
from processes.clock.calendars import CalendarRefused
from processes.model.records import CalendarVersion
from processes.movement import recounting
from processes.movement.recounting import Proposal
from processes.play import Play
from tests.processes.test_clocking import begun, play, standing, task_due, timers

__all__ = ["play"]

STORM = "2026-03-04 至 2026-03-05 台风停工"


def proposal(text: str = STORM, org_code: str = "370001") -> Proposal:
    days = recounting.read_days(text)
    return Proposal(org_code=org_code, changes=days, hours=None, source="市政府通告")


def test_a_change_lists_the_limits_it_moves_and_changes_nothing(play: Play) -> None:
    case, by = begun(play), play.user("admin")
    found = play.run(lambda session: recounting.preview(session, proposal(), by=by))
    assert [(one.reference, one.limit, one.before, one.after) for one in found] == [
        (case.row.reference, "承诺期限", date(2026, 3, 16), date(2026, 3, 18)),
        (case.row.reference, "审查期限", date(2026, 3, 9), date(2026, 3, 11)),
    ]
    assert standing(case).reckoning.due_on == date(2026, 3, 16)
    with play.session() as session:
        assert session.scalars(select(CalendarVersion)).all() == []


def test_a_change_moves_the_case_its_tasks_and_its_timers(play: Play) -> None:
    case, by = begun(play), play.user("admin")
    play.run(lambda session: recounting.apply(session, proposal(), by=by))
    assert (standing(case).reckoning.due_on, case.row.due_on) == (date(2026, 3, 18),) * 2
    assert task_due(case, "review") == date(2026, 3, 11)
    assert timers(case) == {"soon": date(2026, 3, 16), "late": date(2026, 3, 11)}


def test_a_change_of_another_agency_moves_nothing_here(play: Play) -> None:
    begun(play)
    elsewhere, by = proposal(org_code="370002"), play.user("admin")
    assert play.run(lambda session: recounting.preview(session, elsewhere, by=by)) == []


def test_a_change_taken_back_restores_the_days(play: Play) -> None:
    case, by = begun(play), play.user("admin")
    play.run(lambda session: recounting.apply(session, proposal(), by=by))
    back = proposal("2026-03-04 至 2026-03-05 恢复")
    play.run(lambda session: recounting.apply(session, back, by=by))
    assert case.row.due_on == date(2026, 3, 16)


def test_a_year_s_list_is_read_as_it_is_published() -> None:
    days = recounting.read_days("2027-01-01 至 2027-01-03 元旦\n\n2027-01-09 上班\n")
    assert [(one.day.day, one.is_working, one.name) for one in days] == [
        (1, False, "元旦"),
        (2, False, "元旦"),
        (3, False, "元旦"),
        (9, True, calendars.MAKE_UP),
    ]


@pytest.mark.parametrize("line", ["元旦", "2027-02-30 春节", "2027-01-03 至 2027-01-01 元旦"])
def test_a_line_that_is_no_day_is_named(line: str) -> None:
    with pytest.raises(CalendarRefused, match="第 2 行"):
        recounting.read_days(f"2027-01-01 元旦\n{line}")


def test_days_are_written_in_english_too():
    """By the switch of the page; what is laid down is the same."""
    english = recounting.read_days(
        "2031-03-03 to 2031-03-04 Flood\n2031-03-08 work\n2031-03-05 restore"
    )
    chinese = recounting.read_days(
        "2031-03-03 至 2031-03-04 Flood\n2031-03-08 上班\n2031-03-05 恢复"
    )
    assert english == chinese
