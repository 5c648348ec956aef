"""One limit, one day: what comes at, after or outside office hours (B.3, rules 1 and 3).

The list, the page of the task and the clock of the case say the same of the limit to accept.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask

from engine import clock
from processes.desk import inbox
from processes.play import Play, PlayedCase
from tests.play import Player
from web.clerk import limits

MATERIALS = [{"code": "application", "title": "申请表", "present": True}]


@pytest.fixture
def play() -> Iterator[Player]:
    player = Player()
    yield player
    player.close()


def received(play: Play, at: str, **more: Any) -> PlayedCase:
    play.until(datetime.fromisoformat(at).replace(tzinfo=clock.SHANGHAI))
    facts = {"case_title": "某项许可", "materials_required": MATERIALS, "decide_days": 20}
    return play.start("common_acceptance", **facts, **more)


def listed(case: PlayedCase) -> inbox.Row:
    user = case.play.user("acceptor")
    rows = case.play.run(lambda session: inbox.page(session, user)).rows
    return next(row for row in rows if row.case_id == case.id)


def shown(app: Flask, case: PlayedCase) -> list[limits.Limit]:
    with app.test_request_context(), case.play.session() as session:
        return limits.beside_task(session, case.row, case.tasks[0])


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-03-02T16:59", "2026-03-09"),
        ("2026-03-02T17:00", "2026-03-09"),
        ("2026-03-02T17:01", "2026-03-10"),
        ("2026-03-02T23:59", "2026-03-10"),
        ("2026-03-06T18:00", "2026-03-16"),  # a Friday
        ("2026-03-07T10:00", "2026-03-16"),  # a Saturday
        ("2026-04-03T17:01", "2026-04-14"),  # before three days of holidays
    ],
)
@pytest.mark.parametrize("told", [False, True])
def test_list_page_and_clock_say_one_day(
    app: Flask, play: Play, at: str, due: str, *, told: bool
) -> None:
    """Civil Code art. 201, 203: with or without the day of receipt told by the process."""
    more = {"received_on": date.fromisoformat(at[:10])} if told else {}
    case = received(play, at, **more)
    row, (page,) = listed(case), shown(app, case)
    assert row.due_on is not None
    assert {row.due_on.isoformat(), page.due_on} == {due}
    assert (row.remaining, page.left, page.title) == (5, 5, "受理期限")
    play.passes(working_days=1)
    assert listed(case).remaining == shown(app, case)[0].left


@pytest.mark.parametrize(
    ("at", "colour", "said"),
    [
        ("16:59", "amber", "今日到期"),
        ("17:00", "amber", "今日到期"),
        ("17:01", "red", "今日已超时"),
    ],
)
def test_on_the_last_day_list_and_page_say_when_office_hours_are_over(
    app: Flask, play: Play, at: str, colour: str, said: str
) -> None:
    """Civil Code art. 203: the last day ends when the agency's business does."""
    case = received(play, "2026-03-02T10:00")
    play.until(datetime.fromisoformat(f"2026-03-09T{at}").replace(tzinfo=clock.SHANGHAI))
    row, (page,) = listed(case), shown(app, case)
    assert (row.colour, row.remaining) == (colour, 0)
    assert (page.tone, page.text) == (colour, said)


def test_a_step_with_another_end_goes_by_a_name_of_its_own(app: Flask, play: Play) -> None:
    """A paper received on Friday and entered on Monday: the limit of the law began on Friday."""
    case = received(play, "2026-03-02T10:00", received_on=date(2026, 2, 27))
    said = [(one.title, one.due_on) for one in shown(app, case)]  # a Saturday of work between
    assert said == [("本环节期限", "2026-03-09"), ("受理期限", "2026-03-05")]


@pytest.mark.parametrize(("at", "due"), [("16:30", "2026-03-11"), ("17:30", "2026-03-12")])
def test_a_supplement_begins_the_limit_anew_by_the_same_rule(
    app: Flask, play: Play, at: str, due: str
) -> None:
    case = received(play, "2026-03-03T10:00")
    rows = [{"state": "ok", "grade": "B"}]
    missing = [{"item": "体检证明", "reason": "缺少"}]
    case.complete(
        "accept", as_="acceptor", materials=rows, decision="supplement", missing_list=missing
    )
    play.until(datetime.fromisoformat(f"2026-03-04T{at}").replace(tzinfo=clock.SHANGHAI))
    case.receives("supplement_submitted", supplement_files=[], supplement_note="已补")
    assert [(one.title, one.due_on) for one in shown(app, case) if one.state == "running"] == [
        ("受理期限", due)
    ]
