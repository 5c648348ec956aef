"""注销: the manager annuls by hand, the approver decides (Y-64, Y-96, Y-97)."""

import pytest

from bpmn.yacht import story
from forms.definition import FormInvalid
from processes.casefile import notices
from processes.model.cases import Case
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
    assert case.messages == [], "a message that nobody takes would be an incident after 30 days"


def told(play: Play, who: str) -> list[tuple[str, str]]:
    """Title and text of what somebody was told."""
    box = play.run(lambda session: notices.box(session, play.user(who)))
    return [(one.title, one.body) for one in box]


def test_the_holder_is_told_and_the_case_is_in_the_holders_name(play: Play) -> None:
    """Y-97: the issuing desk is told too, nobody else of the public."""
    number = story.held(play, id_no="370202199003070011")
    case = proposed(play, number)
    case.complete("check_annul", as_="manager", annul_check="submit", annul_reason="持证人申请")
    case.complete("decide_annul", as_="approver", annul_decision="annul")
    said = ("证书已注销", f"游艇驾驶证（{number}，申请人）已注销：持证人申请")
    assert [said in told(play, one) for one in ("applicant", "issuer", "unit_clerk")] == [
        True,
        True,
        False,
    ]
    found = play.run(lambda session: session.get_one(Case, case.id))
    assert (found.applicant_name, found.applicant_user) == ("申请人", None)
    assert found.applicant_person_key == play.user("applicant").person_key


def test_the_holder_is_told_where_the_manager_annuls_alone(play: Play) -> None:
    """Y-97."""
    number = story.held(play, id_no="370202199003070011")
    answers = {"licence_no": number, "annul_reason": "expired", "annul_basis": "期满"}
    play.start("yacht_licence_annul", by="manager", annul_needs_approval=False, **answers)
    said = ("证书已注销", f"游艇驾驶证（{number}，申请人）已注销：期满")
    assert said in told(play, "applicant")


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
    assert "请终止在办业务" in [title for title, _text in told(play, "reviewer")]


def test_only_licences_of_the_own_bureau_can_be_chosen(play: Play) -> None:
    """Y-64, Y-96."""
    number = story.held(play, issued_by="320002")
    with pytest.raises(FormInvalid):
        proposed(play, number)
