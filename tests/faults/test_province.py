"""A sale whose tax and housing parts are done by real programs: slow, down, twice, for another case."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from bpmn.property import story
from engine.model import InboundMessage, Incident, Job
from processes.play import PlayedCase
from tests.faults.conftest import Departments, House, until


@pytest.fixture
def sale(open_house: House, departments: Departments) -> Iterator[PlayedCase]:
    """A sale handed in; nothing has been sent yet."""
    yield story.applied(open_house)
    for name in ("tax_prov", "housing_local", "eseal"):
        departments.switch(name, "normal")


def accept(case: PlayedCase) -> None:
    """Accepted and pre-reviewed: the departments get their messages."""
    case.complete("accept", as_="prop_window", decision="accept")
    story.pre_reviewed(case)


def at_work(house: House, case: PlayedCase) -> bool:
    """The worker does what is due, pauses after failures left out; whether all have answered."""
    with house.session() as session:
        topics = set(session.scalars(select(Job.topic).where(Job.last_error != "")))
    for topic in topics:
        house.due(topic)
    house.work()
    return "review" in case.waits_for


def finished(house: House, case: PlayedCase) -> bool:
    """The worker does what is due until the case is over; failures wait no longer."""
    for topic in ("eseal.sign",):
        house.due(topic)
    house.work()
    return case.ended is not None


def vouchers(house: House) -> list[str]:
    return [one["voucher_no"] for one in story.records(house, "tax_certificate")]


def stored(house: House) -> int:
    with house.session() as session:
        return int(session.scalar(select(func.count()).select_from(InboundMessage)) or 0)


def test_tax_and_housing_answer_over_the_network(open_house: House, sale: PlayedCase) -> None:
    """P-07, P-26, P-27, P-31: declaration, assessment, payment, voucher; contract and filing."""
    accept(sale)
    until(lambda: at_work(open_house, sale))
    assert len(vouchers(open_house)) == 1
    assert story.task_of(open_house, sale, "housing")["status"] == "done"


def test_every_answer_twice_changes_nothing_twice(
    open_house: House, sale: PlayedCase, departments: Departments
) -> None:
    for name in ("tax_prov", "housing_local"):
        departments.switch(name, "duplicate")
    accept(sale)
    until(lambda: at_work(open_house, sale))
    until(lambda: open_house.calls.count(202) >= 8)
    assert len(vouchers(open_house)) == 1
    assert stored(open_house) == 4, "each message counts once"


def test_a_department_that_is_down_gets_the_declaration_when_it_is_back(
    open_house: House, sale: PlayedCase, departments: Departments
) -> None:
    departments.switch("tax_prov", "down")
    accept(sale)
    open_house.work()
    assert "review" not in sale.waits_for
    departments.switch("tax_prov", "normal")
    until(lambda: at_work(open_house, sale))
    assert len(vouchers(open_house)) == 1


def test_an_answer_with_a_wrong_signature_or_for_another_case_moves_nothing(
    open_house: House, sale: PlayedCase, departments: Departments
) -> None:
    departments.switch("tax_prov", "bad_signature")
    departments.switch("housing_local", "wrong_case")
    accept(sale)
    open_house.work()
    until(lambda: len(open_house.calls) >= 2)
    assert story.task_of(open_house, sale, "tax")["status"] == "sent"
    assert story.task_of(open_house, sale, "housing")["status"] == "sent"


def test_under_faults_and_duplicates_by_chance_nothing_is_lost_or_doubled(
    open_house: House, sale: PlayedCase, departments: Departments
) -> None:
    """10 % faults and 10 % duplicates on both sides of both departments."""
    for name in ("tax_prov", "housing_local"):
        departments.chance(name, down=0.1, duplicate=0.1)
    accept(sale)
    until(lambda: at_work(open_house, sale))
    departments.chance("eseal", down=0.1, duplicate=0.1)
    story.booked(sale)
    until(lambda: finished(open_house, sale))
    assert sale.ended == "registered"
    (issued,) = story.records(open_house, "ecert", unit_code=story.UNIT)
    assert issued["certificate_no"] == sale.variables["certificate_no"]
    assert len(vouchers(open_house)) == 1
    (entry,) = story.records(open_house, "register_entry", unit_code=story.UNIT)
    assert entry["voucher_no"] == vouchers(open_house)[0]
    with open_house.session() as session:
        assert session.scalars(select(Incident)).all() == []
