"""过期注销与重新取证: an expired certificate is annulled by two people of the ministry."""

from typing import Any

import pytest

from bpmn.explosives import story
from engine.errors import BanliError
from processes.play import Play, PlayedCase

ANNUL = "expl_certificate_annul"


def filed(play: Play, record_no: str, as_: str = "expl_ministry") -> PlayedCase:
    """The annulment of a certificate asked for."""
    return play.apply(ANNUL, as_=as_, record_no=record_no, reason="证书已过有效期，未参加培训。")


def checked(case: PlayedCase, as_: str = "expl_ministry", **changes: Any) -> None:
    """The certificate checked."""
    answers = {"annul_check": "submit", "annul_reason": "证书已过有效期，未参加培训。", **changes}
    case.complete("check_annul", as_=as_, **answers)


def test_the_expired_certificate_is_annulled_and_its_holder_may_obtain_another(play: Play) -> None:
    """E-22, E-76: before that, no class is open to him."""
    one = story.approved(play)
    record_no = story.holding(play, one, expires_on="2026-03-01")
    number = story.opened(play).variables["class_no"]
    (line,) = story.enrolled(play, number, one).variables["lines"]
    assert line["message"] == "证书已过期，须由国家主管部门注销后重新取证"
    case = filed(play, record_no)
    checked(case)
    case.complete("decide_annul", as_="expl_ministry_2", annul_decision="annul")
    certificate = story.record(play, "expl_certificate", record_no)
    assert (case.ended, certificate["status"], str(certificate["annulled_on"])) == (
        "done", "annulled", "2026-03-02",
    )  # fmt: skip
    assert case.letters == ["letter_annulment"]
    assert "证书已注销" in story.told(play, "expl_enterprise")
    assert story.record(play, "expl_warning", one)["selection"] == "obtain"
    (line,) = story.enrolled(play, number, one).variables["lines"]
    assert line["result"] == "submitted"


def test_the_one_who_checked_does_not_decide(play: Play) -> None:
    """E-76: four eyes."""
    record_no = story.holding(play, story.approved(play), expires_on="2026-03-01")
    case = filed(play, record_no)
    checked(case)
    with pytest.raises(BanliError):
        case.complete("decide_annul", as_="expl_ministry", annul_decision="annul")


def test_a_certificate_that_is_valid_today_is_not_annulled(play: Play) -> None:
    """E-66, E-76: to the end of its last day."""
    record_no = story.holding(play, story.approved(play), expires_on="2026-03-02")
    case = filed(play, record_no)
    assert (case.ended, case.variables["annulment"]["reason"]) == ("refused", "证书尚在有效期内")


def test_a_renewal_under_way_keeps_the_certificate(play: Play) -> None:
    """E-76: checked in before it expired."""
    one = story.approved(play)
    record_no = story.holding(play, one, expires_on="2026-03-18")
    case = story.opened(play, "renew")
    story.confirmed(story.enrolled(play, case.variables["class_no"], one))
    story.checked_in(case)
    play.passes(days=3)
    refused = filed(play, record_no)
    assert refused.variables["annulment"]["reason"] == "换证培训班正在办理，办结后再定"


@pytest.mark.parametrize("who", ["expl_province", "expl_association", "expl_enterprise"])
def test_only_the_ministry_annuls(play: Play, who: str) -> None:
    """E-76."""
    record_no = story.holding(play, story.approved(play), expires_on="2026-03-01")
    with pytest.raises(BanliError):
        filed(play, record_no, who)


def test_what_is_not_agreed_leaves_the_certificate_as_it_is(play: Play) -> None:
    """E-76."""
    record_no = story.holding(play, story.approved(play), expires_on="2026-03-01")
    case = filed(play, record_no)
    checked(case)
    case.complete(
        "decide_annul", as_="expl_ministry_2", annul_decision="refuse", annul_refusal="再核对"
    )
    assert story.record(play, "expl_certificate", record_no)["status"] == "valid"
    assert "证书未注销" in story.told(play, "expl_ministry")
