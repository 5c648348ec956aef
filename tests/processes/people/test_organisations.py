import pytest
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes.identity import organisations
from processes.identity.organisations import OrganisationRefused


def codes(session: Session, top: str) -> list[str]:
    return [org.org_code for org in organisations.subtree(session, top)]


def test_a_subtree_is_the_organisation_and_all_below_it(session: Session) -> None:
    assert codes(session, "370001") == ["370001", "370201", "370202"]
    assert codes(session, "370201") == ["370201"]


def test_moving_an_organisation_moves_its_subtree(session: Session) -> None:
    organisations.move(session, "370001", parent_code="310001")
    assert codes(session, "310001") == ["310001", "370001", "370201", "370202"]
    assert organisations.get(session, "370201").path == "/000001/310001/370001/370201/"


def test_an_organisation_cannot_go_below_itself(session: Session) -> None:
    with pytest.raises(OrganisationRefused):
        organisations.move(session, "370001", parent_code="370201")


def test_a_code_is_taken_once_and_a_parent_must_be_there(session: Session) -> None:
    with pytest.raises(OrganisationRefused):
        organisations.create(session, "370001", name="x", kind="msa_direct")
    with pytest.raises(NotFound):
        organisations.create(session, "x", name="x", kind="msa_direct", parent_code="nowhere")


def test_a_unit_without_a_region_has_that_of_the_nearest_above(session: Session) -> None:
    create = organisations.create
    create(session, "9137TOP", name="海事局", kind="msa_direct", region_code="370000")
    create(session, "9137UNIT", name="申报单位", kind="unit", parent_code="9137TOP")
    create(session, "9137PART", name="部门", kind="unit", parent_code="9137UNIT")
    assert organisations.region(session, "9137PART") == "370000"
    assert organisations.region(session, "9137TOP") == "370000"


def test_where_nobody_above_has_a_region_it_is_the_whole_country(session: Session) -> None:
    organisations.create(session, "91TOP", name="部", kind="ministry")
    assert organisations.region(session, "91TOP") == "000000"
    with pytest.raises(NotFound):
        organisations.region(session, "nowhere")
