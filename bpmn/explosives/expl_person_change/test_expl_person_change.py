"""人员变更: another unit, another kind of qualification, by the association alone."""

from typing import Any

import pytest

from bpmn.explosives import story
from engine.errors import BanliError
from processes.play import Play, PlayedCase

CHANGE = "expl_person_change"


def changed(
    play: Play, person_no: str, as_: str = "expl_association", **answers: Any
) -> PlayedCase:
    """A change of a person."""
    return play.apply(CHANGE, as_=as_, person_no=person_no, **answers)


def test_the_association_moves_a_person_to_another_unit_with_the_certificate(play: Play) -> None:
    """E-24, E-64: both units and provinces are told."""
    one = story.approved(play)
    record_no = story.holding(play, one)
    case = changed(play, one, change_kind="unit", new_unit="EN320001")
    held = story.record(play, "expl_person", one)
    assert (case.ended, held["unit"], held["province_org"]) == (
        "unit_changed", "EN320001", "EP320000",
    )  # fmt: skip
    assert story.record(play, "expl_certificate", record_no)["province_org"] == "EP320000"
    for login in ("expl_enterprise", "expl_enterprise_js", "expl_province", "expl_province_js"):
        assert "人员变更单位" in story.told(play, login)


def test_a_running_enrolment_stays_with_the_province_that_was_asked(play: Play) -> None:
    """E-61, E-64."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
    changed(play, one, change_kind="unit", new_unit="EN320001")
    story.confirmed(filed)
    assert filed.ended == "done"


def test_within_its_validity_the_qualification_changes_without_any_condition(play: Play) -> None:
    """E-66: to the last day, and the certificate is printed anew."""
    one = story.approved(play)
    record_no = story.holding(play, one, expires_on="2026-03-02")
    case = changed(play, one, change_kind="qualification", new_kind="principal")
    assert case.waits_for == {"reprint"}
    case.complete("reprint", as_="expl_association", reprint="printed")
    certificate = story.record(play, "expl_certificate", record_no)
    assert (case.ended, certificate["qualification_kind"], certificate["print_count"]) == (
        "kind_changed", "principal", 2,
    )  # fmt: skip
    assert story.record(play, "expl_person", one)["qualification_kind"] == "principal"
    assert "letter_certificate" in case.letters
    assert "人员变更资格类型" in story.told(play, "expl_enterprise")


@pytest.mark.parametrize("expires", ["2026-03-01", None])
def test_without_a_valid_certificate_the_qualification_stays(
    play: Play, expires: str | None
) -> None:
    """E-66."""
    one = story.approved(play)
    if expires:
        story.holding(play, one, expires_on=expires)
    case = changed(play, one, change_kind="qualification", new_kind="principal")
    assert (case.ended, case.variables["change_check"]["reason"]) == (
        "refused", "没有有效期内的证书",
    )  # fmt: skip


@pytest.mark.parametrize("who", ["expl_province", "expl_enterprise", "expl_ministry"])
def test_nobody_else_changes_people(play: Play, who: str) -> None:
    """E-24, E-64."""
    one = story.approved(play)
    with pytest.raises(BanliError):
        changed(play, one, who, change_kind="unit", new_unit="EN320001")
