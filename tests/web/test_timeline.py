"""用时 stands at the steps of those who handle a case, and at nothing beside them (A.5)."""

from datetime import UTC, datetime, timedelta

from flask import Flask

from web.clerk import timeline
from web.clerk.timeline import Entry

BEGUN = datetime(2026, 3, 2, 1, tzinfo=UTC)


def after(hours: int, title: str, *, beside: bool = False) -> Entry:
    return Entry(title, BEGUN + timedelta(hours=hours), beside=beside)


def test_a_copy_or_a_reminder_takes_no_time_and_the_next_step_counts_from_the_one_before_it(
    app: Flask,
) -> None:
    told = [after(2, "受理"), after(3, "抄送", beside=True), after(6, "审核")]
    with app.test_request_context():
        found = {one.title: one.duration for one in timeline._timed(told, BEGUN)}
    assert found == {"受理": "2 小时 0 分", "抄送": "", "审核": "4 小时 0 分"}


def test_copies_replies_and_reminders_lie_beside_the_steps() -> None:
    assert {"copied", "copy_replied", "urged"} <= timeline._BESIDE
    assert {"returned", "transferred", "applied"}.isdisjoint(timeline._BESIDE)
