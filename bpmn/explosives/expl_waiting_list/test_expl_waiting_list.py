"""候补递补: who waits for a place of a full class moves up in order, when and to whom (E-50)."""

from bpmn.beginnings import once
from bpmn.explosives import story
from processes.play import Play, PlayedCase

THIRD = "370902198001010051"
OTHER = "370902198001010035"


@once
def full(play: Play, *waiting: str) -> tuple[PlayedCase, PlayedCase, dict[str, str]]:
    """A class of one place that is taken, and people who wait: class, matter, enrolment numbers."""
    one = story.approved(play)
    case = story.opened(play, quota=1)
    queued = [
        story.approved(play, name=f"候补{at}", id_no=number)
        for at, number in enumerate(waiting, start=1)
    ]
    filed = story.enrolled(play, case.variables["class_no"], one, *queued)
    return case, filed, {line["name"]: line["enrolment_no"] for line in filed.variables["lines"]}


def statuses(play: Play) -> dict[str, str]:
    """How every enrolment stands."""
    return {row["name"]: row["status"] for row in story.records(play, "expl_enrolment")}


def rejected(filed: PlayedCase) -> None:
    """The province does not confirm the first one."""
    filed.complete(
        "confirm",
        as_="expl_province",
        confirmations=[{"decision": "reject", "reason": "岗位不符"}],
    )


def test_the_first_in_the_list_moves_up_when_a_place_is_not_confirmed(play: Play) -> None:
    """E-50, E-51: and is confirmed by the province in turn; the second waits on."""
    case, filed, _numbers = full(play, OTHER, THIRD)
    assert statuses(play) == {"安全员": "submitted", "候补1": "waiting", "候补2": "waiting"}
    rejected(filed)
    assert statuses(play) == {"安全员": "rejected", "候补1": "submitted", "候补2": "waiting"}
    filed.complete("confirm_promoted", as_="expl_province", confirmations=[{"decision": "confirm"}])
    assert statuses(play)["候补1"] == "confirmed"
    assert story.told(play, "expl_enterprise")[0] == "候补报名结果"
    assert filed.ended is None
    story.checked_in(case)
    assert (filed.row.status, filed.row.outcome) == ("completed", "completed"), "one moved up"


def test_a_place_that_is_refused_once_more_goes_to_the_next(play: Play) -> None:
    """E-50."""
    _case, filed, _numbers = full(play, OTHER, THIRD)
    rejected(filed)
    filed.complete(
        "confirm_promoted",
        as_="expl_province",
        confirmations=[{"decision": "reject", "reason": "学历不符"}],
    )
    assert statuses(play) == {"安全员": "rejected", "候补1": "rejected", "候补2": "submitted"}
    filed.complete("confirm_promoted", as_="expl_province", confirmations=[{"decision": "confirm"}])
    assert (filed.ended, statuses(play)["候补2"]) == ("done", "confirmed")
    taken = [row["person_no"] for row in story.records(play, "expl_place")]
    assert len(taken) == 1
    assert taken[0] is not None


def test_who_comes_later_does_not_pass_those_who_wait(play: Play) -> None:
    """E-50: though a place is free for a moment."""
    case, filed, _numbers = full(play, OTHER)
    late = story.approved(play, name="后到的人", id_no=THIRD)
    (line,) = story.enrolled(play, case.variables["class_no"], late).variables["lines"]
    assert (line["result"], line["message"]) == ("waiting", "名额已满，列为候补第 2 位")
    rejected(filed)
    assert statuses(play)["候补1"] == "submitted"
    assert statuses(play)["后到的人"] == "waiting"


def test_people_of_an_academy_move_up_without_confirmation(play: Play) -> None:
    """E-62."""
    first = story.academy_person(play)
    second = story.academy_person(play, name="院校另一人", id_no="110101198001010037")
    case = story.opened(play, quota=1)
    filed = story.enrolled(play, case.variables["class_no"], first, second, as_="expl_institution")
    assert statuses(play) == {"院校人员": "confirmed", "院校另一人": "waiting"}
    number = filed.variables["lines"][0]["enrolment_no"]
    play.apply("expl_enrolment_withdrawal", as_="expl_institution", enrolment_no=number)
    assert statuses(play) == {"院校人员": "withdrawn", "院校另一人": "confirmed"}
    assert filed.ended == "done"


def test_who_still_waits_when_people_arrive_has_not_moved_up(play: Play) -> None:
    """E-51, E-52: the matter ends with the enrolment, the waiting list too."""
    case, filed, _numbers = full(play, OTHER)
    story.confirmed(filed)
    story.checked_in(case)
    assert statuses(play) == {"安全员": "checked_in", "候补1": "lapsed"}
    assert (filed.ended, story.told(play, "expl_enterprise")[0]) == ("over", "报名已结束")


def test_a_cancelled_class_frees_those_who_wait(play: Play) -> None:
    """E-94."""
    case, filed, _numbers = full(play, OTHER)
    case.complete(
        "manage_enrolment", as_="expl_association", class_action="cancel", cancel_reason="停办"
    )
    assert set(statuses(play).values()) == {"withdrawn"}
    assert filed.ended == "over"


def test_the_case_of_somebody_who_waits_says_so(play: Play) -> None:
    """E-50: not that it waits for an answer of somebody; once moved up, who confirms."""
    case, _filed, numbers = full(play)
    queued = story.enrolled(
        play, case.variables["class_no"], story.approved(play, name="候补1", id_no=OTHER)
    )
    assert queued.row.step == "候补，等候名额"
    play.apply("expl_enrolment_withdrawal", as_="expl_enterprise", enrolment_no=numbers["安全员"])
    assert queued.row.step == "递补确认"
