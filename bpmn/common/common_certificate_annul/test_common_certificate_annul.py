"""证书注销: called by the processes of a domain; two people, a letter, the ledger, who is told."""

import pytest

from bpmn import papers
from bpmn.explosives import story
from engine.errors import BanliError
from processes.play import Play, PlayedCase


def called(play: Play, record_no: str) -> PlayedCase:
    """An annulment as a process of a domain calls it."""
    return play.start(
        "common_certificate_annul",
        annul_register="expl_certificate",
        annul_key=record_no,
        annul_title="安全资格证书",
        annul_number="20230370010001",
        annul_holder="安全员",
        annul_reason="过期",
        annul_org="EMIIT001",
        annul_checkers="ministry_user@EMIIT001",
        annul_deciders="ministry_user@EMIIT001",
        annul_notify=["enterprise_user@EN370001"],
    )


def test_checked_by_one_and_decided_by_another(play: Play) -> None:
    """E-76, Y-21."""
    record_no = story.holding(play, story.approved(play))
    case = called(play, record_no)
    case.complete("check_annul", as_="expl_ministry", annul_check="submit", annul_reason="过期")
    with pytest.raises(BanliError):
        case.complete("decide_annul", as_="expl_ministry", annul_decision="annul")
    case.complete("decide_annul", as_="expl_ministry_2", annul_decision="annul")
    assert (case.ended, case.letters) == ("annulled", ["letter_annulment"])
    assert case.messages == [], "a message that nobody takes would be an incident after 30 days"
    assert "过期。本机关决定注销" in papers.read(case, "letter_annulment")
    held = story.record(play, "expl_certificate", record_no)
    assert (held["status"], held["end_reason"]) == ("annulled", "过期")
    assert story.told(play, "expl_enterprise")[0] == "证书已注销"


def test_the_checker_stops_what_should_not_be_annulled(play: Play) -> None:
    """E-76."""
    record_no = story.holding(play, story.approved(play))
    case = called(play, record_no)
    case.complete("check_annul", as_="expl_ministry", annul_check="stop", annul_reason="证书有效")
    assert (case.ended, case.variables["annul_result"]) == ("not_annulled", "not_annulled")
    assert story.record(play, "expl_certificate", record_no)["status"] == "valid"
