"""政务服务好差评: invited after the end, five levels, a bad rating is looked into and answered."""

from datetime import date
from typing import Any

import pytest

from bpmn.property import story
from engine.clock import SHANGHAI
from forms.errors import FormInvalid
from processes.clock import calendar
from processes.play import Play, PlayedCase

EVALUATION = "common_evaluation"
TODAY = date(2026, 3, 2)


def invited(play: Play) -> tuple[PlayedCase, PlayedCase]:
    """A registration that has ended, and the evaluation that its applicant is invited to."""
    case = story.handled(play)
    story.booked(case)
    return case, play.case(EVALUATION)


def rate(case: PlayedCase, stars: str, **more: Any) -> None:
    case.sends("评价服务", stars=stars, **more)


def test_the_applicant_of_a_finished_case_is_invited_to_rate_it(play: Play) -> None:
    """P-37: 好差评 after completion."""
    ended, case = invited(play)
    assert ended.ended == "registered"
    assert case.row.title == f"服务评价：{ended.row.title}"
    assert (case.row.status, case.row.step) == ("in_progress", "等待申请人评价")
    number = case.variables["work_order_no"]
    assert number != ended.row.reference
    assert case.row.reference == number, "and not the number of the case that it rates with an id"
    assert "请评价本次服务" in story.notices_of(play, "applicant")
    rate(case, "5", tags=["fast", "clear"])
    assert (case.ended, case.row.outcome) == ("rated_well", "rated")
    (one,) = story.records(play, "evaluation", evaluated_no=ended.row.reference)
    assert (one["stars"], one["status"]) == (5, "rated")


@pytest.mark.parametrize("stars", ["1", "2"])
def test_a_bad_rating_is_handled_within_fifteen_working_days_and_answered(
    play: Play, stars: str
) -> None:
    """B.2 好差评: a bad rating opens a follow-up with its own limit."""
    _ended, case = invited(play)
    with pytest.raises(FormInvalid):
        rate(case, stars)
    rate(case, stars, text="窗口让我跑了两趟")
    assert case.waits_for == {"handle"}
    assert (case.row.status, case.row.step) == ("in_progress", "核实整改并回复")
    (task,) = case.tasks
    shown = story.opened(case, "prop_evaluation")
    assert (shown["rating_stars"], shown["rating_text"]) == (f"{stars} 星", "窗口让我跑了两趟")
    assert shown["applicant_phone"].startswith("139"), "who visits him needs it"
    assert task.due_at.astimezone(SHANGHAI).date() == calendar.add_working_days(TODAY, 15).date
    case.complete(
        "handle",
        as_="prop_evaluation",
        visited="phone",
        finding="告知不清",
        reply="已整改，向您致歉。",
    )
    assert (case.ended, case.row.outcome) == ("handled", "handled")
    assert "对您评价的回复" in story.notices_of(play, "applicant")


def test_three_stars_are_no_bad_rating(play: Play) -> None:
    _ended, case = invited(play)
    rate(case, "3")
    assert case.ended == "rated_well"


def test_who_does_not_rate_within_thirty_days_is_left_in_peace(play: Play) -> None:
    _ended, case = invited(play)
    case.passes(days=31)
    assert (case.ended, case.status) == ("not_rated", "completed")
