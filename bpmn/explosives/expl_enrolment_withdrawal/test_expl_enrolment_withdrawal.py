"""撤销报名: what a unit may take back until the enrolment closes, and who learns of it (E-50, E-98)."""

from datetime import datetime

import pytest

from bpmn.explosives import story
from engine.clock import SHANGHAI
from engine.errors import BanliError
from processes.play import Play, PlayedCase

WITHDRAWAL = "expl_enrolment_withdrawal"
OTHER = "370902198001010035"


def withdrawn(play: Play, number: str, *, as_: str = "expl_enterprise") -> PlayedCase:
    """An enrolment taken back."""
    return play.apply(WITHDRAWAL, as_=as_, enrolment_no=number, withdraw_reason="工作安排冲突")


def test_a_confirmed_enrolment_is_withdrawn_the_next_moves_up_and_the_province_is_told(
    play: Play,
) -> None:
    """E-50, E-98: 待确认、已确认的都可以撤销."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no=OTHER)
    case = story.opened(play, quota=1)
    filed = story.enrolled(play, case.variables["class_no"], one, other)
    story.confirmed(filed)
    first, second = (line["enrolment_no"] for line in filed.variables["lines"])
    matter = withdrawn(play, first)
    assert (matter.ended, matter.incidents) == ("done", [])
    assert story.told(play, "expl_province")[0] == "撤销报名：安全员"
    assert story.told(play, "expl_enterprise")[0] == "报名已撤销：安全员"
    assert [story.record(play, "expl_enrolment", key)["status"] for key in (first, second)] == [
        "withdrawn", "submitted",
    ]  # fmt: skip
    filed.complete("confirm_promoted", as_="expl_province", confirmations=[{"decision": "confirm"}])
    assert filed.ended == "done"


def test_what_is_withdrawn_needs_no_confirmation_any_more(play: Play) -> None:
    """E-51: the task of the province disappears with the last one, before it the line says so."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no=OTHER)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one, other)
    first, second = (line["enrolment_no"] for line in filed.variables["lines"])
    withdrawn(play, first)
    assert filed.waits_for == {"confirm"}
    assert filed.variables["lines"][0]["note"] == "已撤销报名，不再确认"
    withdrawn(play, second)
    assert (filed.ended, filed.incidents) == ("done", [])


def test_a_line_that_was_withdrawn_stays_so_whatever_the_province_answers(play: Play) -> None:
    """E-50, E-51."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no=OTHER)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one, other)
    withdrawn(play, filed.variables["lines"][0]["enrolment_no"])
    story.confirmed(filed)
    held = {row["name"]: row["status"] for row in story.records(play, "expl_enrolment")}
    assert (held, filed.ended) == ({"安全员": "withdrawn", "另一人": "confirmed"}, "done")


def test_who_waits_may_leave_the_list_and_may_enrol_again_later(play: Play) -> None:
    """E-50."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no=OTHER)
    case = story.opened(play, quota=1)
    filed = story.enrolled(play, case.variables["class_no"], one, other)
    withdrawn(play, filed.variables["lines"][1]["enrolment_no"])
    story.confirmed(filed)
    assert filed.ended == "done"
    (line,) = story.enrolled(play, case.variables["class_no"], other).variables["lines"]
    assert line["result"] == "waiting"


def test_nothing_is_withdrawn_once_the_enrolment_is_closed(play: Play) -> None:
    """E-52: who cannot come is a no-show at the check-in."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
    story.confirmed(filed)
    number = filed.variables["lines"][0]["enrolment_no"]
    play.until(datetime(2026, 3, 17, 9, tzinfo=SHANGHAI))
    matter = withdrawn(play, number)
    assert (matter.ended, story.record(play, "expl_enrolment", number)["status"]) == (
        "refused", "confirmed",
    )  # fmt: skip
    assert story.told(play, "expl_enterprise")[0] == "不能撤销报名：安全员"


@pytest.mark.parametrize("login", ["expl_enterprise_js", "expl_institution", "expl_province_js"])
def test_nobody_withdraws_the_enrolments_of_others(play: Play, login: str) -> None:
    """E-96."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
    with pytest.raises(BanliError):
        withdrawn(play, filed.variables["lines"][0]["enrolment_no"], as_=login)


def test_the_group_and_the_province_withdraw_for_their_enterprises(play: Play) -> None:
    """E-56, E-94."""
    for login in ("expl_group", "expl_province"):
        number = "370902198001010019" if login == "expl_group" else OTHER
        one = story.approved(play, name=login, id_no=number)
        filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
        key = filed.variables["lines"][0]["enrolment_no"]
        assert withdrawn(play, key, as_=login).ended == "done"
