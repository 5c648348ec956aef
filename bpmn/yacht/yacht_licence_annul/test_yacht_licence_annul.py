"""注销: the manager annuls by hand, the approver decides (Y-64, Y-96, Y-97)."""

import pytest

from bpmn.yacht import story
from forms.definition import FormInvalid
from processes.casefile import notices
from processes.play import Play, PlayedCase


def proposed(play: Play, number: str) -> PlayedCase:
    return play.apply(
        "yacht_licence_annul",
        as_="manager",
        licence_no=number,
        annul_reason="holder_request",
        annul_basis="持证人书面申请",
    )


def test_the_manager_annuls_by_hand_and_the_approver_decides(play: Play) -> None:
    """Y-97: 证书管理人可手动注销游艇驾驶证."""
    number = story.held(play)
    case = proposed(play, number)
    case.complete("check_annul", as_="manager", annul_check="submit", annul_reason="持证人申请")
    case.complete("decide_annul", as_="approver", annul_decision="annul")
    held = story.record(play, "yacht_licence", number)
    assert (case.ended, held["status"], held["annul_reason"]) == (
        "annulled",
        "annulled",
        "holder_request",
    )
    assert "letter_annulment" in case.letters
    assert case.messages == ["certificate_annulled"]


def test_the_approver_may_refuse(play: Play) -> None:
    """Y-97."""
    number = story.held(play)
    case = proposed(play, number)
    case.complete("check_annul", as_="manager", annul_check="submit", annul_reason="持证人申请")
    case.complete("decide_annul", as_="approver", annul_decision="refuse", annul_refusal="非本人")
    assert case.ended == "not_annulled"
    assert story.record(play, "yacht_licence", number)["status"] == "valid"


def test_where_no_approval_is_wanted_the_manager_annuls_alone(play: Play) -> None:
    """Y-97, as the seed says it."""
    number = story.held(play)
    case = play.start(
        "yacht_licence_annul",
        by="manager",
        licence_no=number,
        annul_reason="expired",
        annul_basis="期满",
        annul_needs_approval=False,
    )
    assert case.ended == "annulled"
    assert story.record(play, "yacht_licence", number)["annul_reason"] == "expired"


def test_a_running_case_of_the_holder_is_told(play: Play) -> None:
    """Y-97."""
    number = story.held(play)
    person = story.record(play, "yacht_licence", number)["person_id"]
    assert person
    running = story.applied(play, application_kind="replace", old_licence_no=number, replace_reason="damaged")  # fmt: skip
    assert running.waits_for
    identified = {"id_no": "370202199003070011"}
    trace_number = story.held(play, licence_class="A2F", blank_serial="YJ99990002", **identified)
    case = proposed(play, trace_number)
    case.complete("check_annul", as_="manager", annul_check="submit", annul_reason="持证人申请")
    case.complete("decide_annul", as_="approver", annul_decision="annul")
    told = play.run(lambda s: notices.box(s, play.user("reviewer")))
    assert "请终止在办业务" in [one.title for one in told]


def test_only_licences_of_the_own_bureau_can_be_chosen(play: Play) -> None:
    """Y-64, Y-96."""
    number = story.held(play, issued_by="320002")
    with pytest.raises(FormInvalid):
        proposed(play, number)
