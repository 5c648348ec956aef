"""用时 stands at the steps of those who handle a case, and at nothing beside them (A.5).

It is the time that a task lay with whoever acted, by the history's own times: in working days as
the limits count them, within one day in hours and minutes.
"""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from processes.clock import calendar
from processes.model.cases import Opinion
from processes.model.documents import Document
from web.clerk import timeline
from web.clerk.timeline import Entry

BEGUN = datetime(2026, 3, 2, 1, tzinfo=UTC)  # a Monday, 09:00 in the office


def after(hours: int, title: str, task: int | None = None, *, beside: bool = False) -> Entry:
    return Entry(title, BEGUN + timedelta(hours=hours), task=task, beside=beside)


def timed(app: Flask, *lines: Entry, **created: int) -> dict[str, str]:
    """`t1=2`: task 1 was made two hours after the beginning."""
    made = {int(name[1:]): BEGUN + timedelta(hours=hours) for name, hours in created.items()}
    with app.test_request_context():
        told = timeline._timed(lines, made, calendar.current())
        return {one.title: one.duration for one in told}


def test_a_step_takes_the_time_since_its_own_task_was_made_not_since_the_line_before_it(
    app: Flask,
) -> None:
    lines = [after(0, "申请"), after(2, "受理", 1), after(3, "抄送", 2, beside=True)]
    found = timed(app, *lines, after(146, "审核", 2), t1=0, t2=145)
    assert found == {"申请": "", "受理": "2 小时 0 分", "抄送": "", "审核": "1 小时 0 分"}


def test_beyond_a_day_working_days_are_counted_and_what_passed_on_a_day_off_in_hours(
    app: Flask,
) -> None:
    # Friday 10:00 to Monday 09:00 is a working day; Saturday to Sunday is none
    found = timed(app, after(7 * 24, "受理", 1), after(6 * 24, "周末", 2), t1=97, t2=5 * 24 + 1)
    assert found == {"受理": "1 个工作日", "周末": "23 小时 0 分"}


def test_what_was_passed_on_counts_from_then_for_whom_it_was_passed_to(app: Flask) -> None:
    found = timed(app, after(1, "转办", 1), after(4, "受理", 1), t1=0)
    assert found == {"转办": "1 小时 0 分", "受理": "3 小时 0 分"}


def test_copies_replies_and_reminders_lie_beside_the_steps() -> None:
    assert {"copied", "copy_replied", "urged"} <= timeline._BESIDE
    assert {"returned", "transferred", "applied"}.isdisjoint(timeline._BESIDE)


@pytest.mark.parametrize(
    ("values", "said", "shown"),
    [
        ({"reason": "税务部门不予办理：价格偏低"}, "", "税务部门不予办理：价格偏低"),
        ({"reason": "登记审核不通过：存在异议登记"}, "存在异议登记", ""),
        ({"reason": None}, "", ""),
        ({}, "", ""),
    ],
)
def test_a_letter_with_a_reason_that_nobody_said_stands_in_the_timeline_with_it(
    app: Flask, values: dict[str, object], said: str, shown: str
) -> None:
    """P-29: a department refuses by its system; the clerk sees the reason, not "handled by the system"."""
    letter = Document(title="不予登记告知书", number="1", issued_at=BEGUN, values=values)
    with app.test_request_context():
        line = timeline._of_letter(letter, [Opinion(text=said)])
    assert (line.opinion, line.system) == (shown, not shown)
    assert line.negative is bool(shown)
