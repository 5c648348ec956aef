import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from engine.errors import LimitExceeded, NotFound
from processes.identity import identifiers, numbers
from web.database import Database

DAY = date(2013, 10, 28)


class Undone(Exception):
    """The command is rolled back."""


def test_the_documented_work_order_number_verifies(session: Session) -> None:
    assert numbers.work_order(session, "Y", "370000", DAY) == "Y3700002013102800001I"
    assert numbers.is_valid("Y3700002013102800001I")


@pytest.mark.parametrize("wrong", ["Y3700002013102800001J", "Y3700002013102800010I", "", "号"])
def test_a_mistyped_number_does_not_verify(wrong: str) -> None:
    assert not numbers.is_valid(wrong)


def test_work_orders_count_by_day_region_and_domain(session: Session) -> None:
    def sequence(domain: str, region: str, day: date) -> str:
        return numbers.work_order(session, domain, region, day)[15:20]

    assert [sequence("Y", "370000", DAY) for _ in range(3)] == ["00001", "00002", "00003"]
    assert sequence("Y", "370000", date(2013, 10, 29)) == "00001"
    assert sequence("Y", "370000", date(2014, 10, 28)) == "00001"
    assert sequence("P", "370000", DAY) == "00001"
    assert sequence("Y", "310000", DAY) == "00001"


@pytest.mark.parametrize(
    ("domain", "region"), [("X", "370000"), ("Y", "37000"), ("Y", "３７００００")]
)
def test_no_number_for_an_unknown_domain_or_region(
    session: Session, domain: str, region: str
) -> None:
    with pytest.raises(ValueError, match="no work order"):
        numbers.work_order(session, domain, region, DAY)


def test_the_day_s_series_ends_before_its_width(session: Session) -> None:
    numbers.advance_past(session, "work_order:Y3700001028", 99_999, year=2013)
    with pytest.raises(LimitExceeded):
        numbers.work_order(session, "Y", "370000", DAY)


def test_a_licence_number_has_a_check_character(session: Session) -> None:
    first, second = (numbers.licence(session, "370000", 2026) for _ in range(2))
    assert first.startswith("3700002026000001")
    assert second.startswith("3700002026000002")
    assert numbers.is_valid(first)
    assert len(first) == 17


def test_letters_count_by_agency_kind_and_year(session: Session) -> None:
    assert numbers.letter(session, "370001", "受", 2026) == "鲁海事受〔2026〕第00001号"
    assert numbers.letter(session, "370001", "受", 2026) == "鲁海事受〔2026〕第00002号"
    assert numbers.letter(session, "370001", "补", 2026) == "鲁海事补〔2026〕第00001号"
    assert numbers.letter(session, "370001", "受", 2027) == "鲁海事受〔2027〕第00001号"
    assert numbers.letter(session, "370201", "受", 2026) == "青海事受〔2026〕第00001号"


def test_an_agency_without_a_mark_has_no_letters(session: Session) -> None:
    with pytest.raises(NotFound, match="发文机关代字"):
        numbers.letter(session, "900001", "受", 2026)


def test_a_number_rolled_back_leaves_no_gap(session: Session) -> None:
    numbers.letter(session, "370001", "受", 2026)
    session.commit()
    numbers.letter(session, "370001", "受", 2026)
    session.rollback()
    assert numbers.letter(session, "370001", "受", 2026).endswith("第00002号")


def test_a_series_never_goes_back_after_a_restore(session: Session) -> None:
    assert numbers.advance_past(session, "x", 40) == 40
    assert numbers.advance_past(session, "x", 7) == 40
    assert numbers.next_value(session, "x") == 41
    assert numbers.last(session, "x") == 41


def test_many_at_once_get_each_number_once_and_leave_no_gap(database: Database) -> None:
    barrier = threading.Barrier(8)

    def take(_worker: int) -> list[int]:
        barrier.wait()
        taken = []
        for turn in range(10):
            with suppress(Undone), database.transaction() as opened:
                number = numbers.next_value(opened, "race", year=2026)
                if turn % 5 == 4:
                    raise Undone
                taken.append(number)
        return taken

    with ThreadPoolExecutor(8) as pool:
        found = sorted(number for group in pool.map(take, range(8)) for number in group)
    assert found == list(range(1, 65))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("11010519491231002x", "11010519491231002X"),
        (" 11010519491231002X ", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
        ("110105194912310021", None),
        ("11010519490231002X", None),
        ("１１０１０５１９４９１２３１００２X", None),
        ("", None),
    ],
)
def test_identity_numbers_are_held_against_the_standard(text: str, canonical: str | None) -> None:
    assert identifiers.id_no(text) == canonical


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("91110000600037341L", True),
        ("91110000600037341M", False),
        ("9111000060003734IL", False),
        ("short", False),
    ],
)
def test_credit_codes_are_held_against_the_standard(text: str, valid: bool) -> None:
    assert (identifiers.credit_code(text) is not None) is valid


def test_a_credit_code_may_begin_with_letters() -> None:
    base = "N2370102MF1234567"
    assert identifiers.credit_code(base + uscc.calc_check_digit(base)) is not None


def test_masks_keep_the_ends_alone() -> None:
    assert identifiers.masked_id_no("11010519491231002X") == "110***********002X"
    assert identifiers.masked_phone("13800138000") == "138****8000"
