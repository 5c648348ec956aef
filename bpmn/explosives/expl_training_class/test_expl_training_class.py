"""培训班: the eight steps, who does each, and what may go wrong on the way."""

from datetime import datetime

import pytest

from bpmn.explosives import story
from engine.clock import SHANGHAI
from engine.errors import BanliError
from processes.play import Play


def test_the_eight_steps_from_opening_a_class_to_the_approved_certificate(play: Play) -> None:
    """E-04, E-17, E-26, E-49 至 E-55, E-70: on line from the notice to the certificate."""
    case, person_no = story.certified(play)
    story.printed(case)
    story.approved_certificates(case)
    assert case.ended == "completed", (case.waits_for, case.incidents)
    held = story.record(play, "expl_class", case.variables["class_no"])
    assert [held[name] for name in ("status", "enrolled", "confirmed", "checked_in", "passed")] == [
        "completed", 1, 1, 1, 1,
    ]  # fmt: skip
    (certificate,) = story.records(play, "expl_certificate", person_no=person_no)
    assert (certificate["status"], len(certificate["certificate_no"])) == ("valid", 14)
    assert {"letter_class_notice", "letter_roster", "letter_score_list"} <= set(case.letters)


def test_each_step_is_open_to_its_own_user_kind_alone(play: Play) -> None:
    """E-18 至 E-23, E-52, E-53, E-100: 报到、成绩确认是协会的，录入成绩是培训机构的."""
    person_no = story.approved(play)
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], person_no))
    play.until(datetime(2026, 3, 17, 9, tzinfo=SHANGHAI))
    everybody = {"expl_province", "expl_ministry", "expl_enterprise", "expl_institution"}
    for login in sorted(everybody):
        with pytest.raises(BanliError):
            case.complete("check_in", as_=login, check_action="refresh")
    story.checked_in(case)
    for login in sorted(everybody - {"expl_institution"} | {"expl_association"}):
        with pytest.raises(BanliError):
            case.complete("enter_scores", as_=login, score_rows=[{"theory": 90}])
    story.scored(case)
    for login in sorted(everybody):
        with pytest.raises(BanliError):
            case.complete("confirm_scores", as_=login, decision="confirm")
    story.confirmed_scores(case)
    assert case.waits_for == {"print", "approve"}


def test_the_notice_of_the_class_reaches_every_unit_and_is_a_letter(play: Play) -> None:
    """E-23, E-49: 发布培训班通知."""
    case = story.opened(play)
    assert case.letters == ["letter_class_notice"]
    for login in ("expl_province", "expl_province_js", "expl_group", "expl_enterprise_js"):
        assert story.told(play, login)[0] == "开班通知：安全资格培训班"


def test_a_class_may_be_opened_by_the_publisher_of_its_plan_alone(play: Play) -> None:
    """E-47, E-48, E-94: a plan of somebody else is not offered."""
    plan = story.planned(play, "renew")
    for login in ("expl_association", "expl_province_js"):
        with pytest.raises(BanliError):
            play.apply(
                story.CLASS,
                as_=login,
                plan_no=plan.variables["plan_no"],
                title="换证培训班",
                place="济南市",
                enrol_to="2026-03-16",
                start="2026-03-20",
                end="2026-03-22",
                hours=16,
                contact="培训部",
            )


def test_scores_are_entered_only_after_check_in_and_only_for_those_who_came(play: Play) -> None:
    """E-58; who did not come is a no-show and has no score."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no="370902198001010035")
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], one, other))
    play.until(datetime(2026, 3, 17, 9, tzinfo=SHANGHAI))
    with pytest.raises(LookupError, match="enter_scores"):
        case.complete("enter_scores", as_="expl_institution", score_rows=[{"theory": 90}])
    story.checked_in(case, "另一人")
    assert [row["name"] for row in case.variables["to_score"]] == ["安全员"]
    story.scored(case)
    statuses = {row["name"]: row["status"] for row in story.records(play, "expl_enrolment")}
    assert statuses == {"安全员": "scored", "另一人": "no_show"}


def test_who_is_not_confirmed_when_people_arrive_cannot_check_in(play: Play) -> None:
    """E-51, E-58: the matter of the enrolment ends with the enrolment."""
    one = story.approved(play)
    case = story.opened(play)
    waiting = story.enrolled(play, case.variables["class_no"], one)
    story.checked_in(case)
    assert (case.ended, waiting.ended) == ("empty", "over")
    (held,) = story.records(play, "expl_enrolment")
    assert held["status"] == "no_show"


def test_scores_go_back_to_the_institution_until_the_association_confirms_them(play: Play) -> None:
    """E-54: 成绩确认; what was entered is still there."""
    one = story.approved(play)
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], one))
    story.checked_in(case)
    story.scored(case, 95)
    case.complete(
        "confirm_scores", as_="expl_association", decision="return", return_reason="与试卷不符"
    )
    assert (case.waits_for, case.variables["to_score"][0]["theory"]) == ({"enter_scores"}, 95)
    story.scored(case, 75)
    story.confirmed_scores(case)
    (held,) = story.records(play, "expl_enrolment")
    assert (held["status"], held["theory"]) == ("passed", 75)


def test_who_fails_has_no_certificate_and_may_enrol_again(play: Play) -> None:
    """E-44; 60 is the pass mark."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no="370902198001010035")
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], one, other))
    story.checked_in(case)
    story.scored(case, 60, 另一人=59)
    story.confirmed_scores(case)
    assert [row["name"] for row in story.records(play, "expl_certificate")] == ["安全员"]
    results = {row["name"]: row["result"] for row in story.records(play, "expl_training_record")}
    assert results == {"安全员": "passed", "另一人": "failed"}
    again = story.opened(
        play, title="第二期", enrol_to="2026-03-25", start="2026-03-26", end="2026-04-01"
    )
    (line,) = story.enrolled(play, again.variables["class_no"], other).variables["lines"]
    assert line["result"] == "submitted"


def test_retraining_leaves_a_record_and_the_certificate_as_it_is(play: Play) -> None:
    """E-13, E-45, E-73: no new certificate."""
    one = story.approved(play)
    story.holding(play, one, obtained_on="2025-06-01", expires_on="2028-05-31")
    case = story.opened(play, "retrain")
    story.confirmed(story.enrolled(play, case.variables["class_no"], one))
    story.checked_in(case)
    story.scored(case)
    story.confirmed_scores(case)
    assert case.ended == "completed"
    (record,) = story.records(play, "expl_training_record", person_no=one)
    assert (record["class_kind"], record["result"], record["year"]) == ("retrain", "passed", 2026)
    (certificate,) = story.records(play, "expl_certificate", person_no=one)
    assert certificate["status"] == "valid"
    assert str(certificate["expires_on"]) == "2028-05-31"


@pytest.mark.parametrize("when", ["enrolment", "check_in"])
def test_a_class_cancelled_before_check_in_frees_the_people_enrolled(play: Play, when: str) -> None:
    """E-93, E-94: 注销; everybody is told, the waiting confirmation ends."""
    one = story.approved(play)
    case = story.opened(play)
    waiting = story.enrolled(play, case.variables["class_no"], one)
    if when == "enrolment":
        case.complete(
            "manage_enrolment", as_="expl_association", class_action="cancel", cancel_reason="停办"
        )
    else:
        story.confirmed(waiting)
        play.until(datetime(2026, 3, 17, 9, tzinfo=SHANGHAI))
        case.complete(
            "check_in", as_="expl_association", check_action="cancel", cancel_reason="停办"
        )
    assert (case.ended, case.status) == ("cancelled", "cancelled")
    assert waiting.ended is not None
    assert [row["status"] for row in story.records(play, "expl_enrolment")] == ["withdrawn"]
    assert "培训班注销：安全资格培训班" in story.told(play, "expl_enterprise")
    again = story.opened(play, title="第二期", enrol_to="2026-03-20")
    (line,) = story.enrolled(play, again.variables["class_no"], one).variables["lines"]
    assert line["result"] == "submitted"


def test_the_enrolment_closes_by_itself_after_its_last_day_or_earlier_by_hand(play: Play) -> None:
    """E-49."""
    case = story.opened(play)
    play.until(datetime(2026, 3, 16, 23, tzinfo=SHANGHAI))
    assert case.waits_for == {"manage_enrolment"}
    play.until(datetime(2026, 3, 17, 1, tzinfo=SHANGHAI))
    assert case.waits_for == {"check_in"}
    early = story.opened(play, title="第二期", enrol_to="2026-03-20")
    early.complete("manage_enrolment", as_="expl_association", class_action="close")
    assert early.waits_for == {"check_in"}
