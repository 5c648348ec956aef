"""遗失补办: the same number printed again with a mark, after the province has checked."""

import pytest
from sqlalchemy.orm import Session

from bpmn.explosives import story
from engine.errors import BanliError, Forbidden, NotFound
from forms.lookups import Option
from processes.casework import sources
from processes.identity.roles import Action
from processes.play import Play, PlayedCase
from processes.rights import permissions


def lost(play: Play, record_no: str, as_: str = "expl_enterprise") -> PlayedCase:
    """A certificate reported lost."""
    return play.apply(
        "expl_certificate_reissue",
        as_=as_,
        record_no=record_no,
        lost_on="2026-02-27",
        statement="出差途中遗失。",
        promise=True,
    )


def test_a_lost_certificate_is_printed_again_with_its_number(play: Play) -> None:
    """E-12: 补, and the ministry is told."""
    record_no = story.holding(play, story.approved(play))
    case = lost(play, record_no)
    case.complete("check_loss", as_="expl_province", loss_decision="confirm")
    case.complete("print", as_="expl_association", print_done=True)
    held = story.record(play, "expl_certificate", record_no)
    assert (case.ended, held["reissued"], held["print_count"], held["certificate_no"]) == (
        "reissued", True, 2, "20230370010001",
    )  # fmt: skip
    assert case.letters == ["letter_certificate"]
    for login in ("expl_enterprise", "expl_ministry"):
        assert "证书已补发" in story.told(play, login)


def test_the_province_rejects_with_a_reason(play: Play) -> None:
    """E-12."""
    record_no = story.holding(play, story.approved(play))
    case = lost(play, record_no)
    case.complete("check_loss", as_="expl_province", loss_decision="reject", loss_reason="已找回")
    assert case.ended == "rejected"
    assert story.told(play, "expl_enterprise")[0] == "证书不予补办"


def test_a_certificate_of_others_cannot_be_reported(play: Play) -> None:
    """E-12, E-96."""
    record_no = story.holding(play, story.approved(play))
    with pytest.raises(BanliError):
        lost(play, record_no, "expl_enterprise_js")


def test_the_association_sees_the_case_whose_card_it_prints(play: Play) -> None:
    """E-12, E-24: it looks over all provinces, and changes nothing in their cases."""
    case = lost(play, story.holding(play, story.approved(play)))

    def may(login: str, action: Action) -> None:
        by = play.user(login)
        play.run(lambda session: permissions.case(session, case.id, by=by, action=action))

    for action in (Action.VIEW_CASE, Action.VIEW_DOCUMENT, Action.PRINT_DOCUMENT):
        may("expl_association", action)
    with pytest.raises(Forbidden):
        may("expl_association", Action.URGE_CASE)
    with pytest.raises(NotFound):
        may("expl_province_js", Action.VIEW_CASE)


def test_the_certificate_is_named_to_whoever_reads_the_case(play: Play) -> None:
    """E-12: only the unit may choose it; the association that prints it reads its number."""
    record_no = story.holding(play, story.approved(play))
    lost(play, record_no)
    by = play.user("expl_association")

    def named(session: Session, *, as_filed: bool) -> Option | None:
        offered = sources.lookups(session, by, as_filed=as_filed).sources
        return offered["expl_own_certificates"].find(record_no, {})

    assert play.run(lambda session: named(session, as_filed=False)) is None
    found = play.run(lambda session: named(session, as_filed=True))
    assert found is not None
    assert found.label.startswith("20230370010001")
