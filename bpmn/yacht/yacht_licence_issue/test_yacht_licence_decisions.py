"""Each row of the licence's two decision tables (Y-89; Source: Yacht Safety Regulation, defaults)."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine import dmn
from processes.casework import functions

FOLDER = Path(__file__).parent
VALID = {
    "licence_no": "3700002021000001X",
    "status": "valid",
    "licence_class": "A1E",
    "issued_on": date(2021, 6, 1),
    "expires_on": date(2026, 5, 31),
    "issued_by": "370001",
}
FIT = [{"item": "视力", "result": "pass"}, {"item": "听力", "result": "pass"}]


def decide(name: str, context: dict[str, Any]) -> Any:
    functions.register()
    read = dmn.read((FOLDER / f"{name}.dmn").read_bytes(), f"{name}.dmn")
    return dmn.evaluate(read.find(name), context).value


def findings(**changes: Any) -> list[str]:
    """The findings of an application with nothing against it; changes on top."""
    facts = {
        "application_kind": "first",
        "licence_class": "A1E",
        "org": "370001",
        "applied_on": date(2026, 3, 2),
        "check_date": date(2026, 3, 2),
        "birth_date": date(1990, 3, 7),
        "theory_result": "passed",
        "assessment_result": "passed",
        "practical_done": True,
        "coc_valid": True,
        "parameters": {"convert_needs_assessment": False},
        "medical_items": FIT,
        "medical_issued_on": date(2026, 1, 10),
        "holder_licences": [],
        "old_licence": None,
        "running_cases": [],
        **changes,
    }
    return [one["finding"] for one in decide("yacht_licence_eligibility", facts)]


def held(**changes: Any) -> dict[str, Any]:
    """An application on top of a licence held."""
    old = {**VALID, **changes.pop("old", {})}
    return {"holder_licences": [old], "old_licence": old, **changes}


@pytest.mark.parametrize("kind", ["first", "convert"])
def test_nothing_against_it_gives_an_empty_list(kind: str) -> None:
    assert findings(application_kind=kind) == []


@pytest.mark.parametrize("kind", ["renew", "replace"])
def test_nothing_against_a_holder_gives_an_empty_list(kind: str) -> None:
    assert findings(**held(application_kind=kind)) == []


@pytest.mark.parametrize(
    ("born", "found"), [(date(2008, 3, 2), []), (date(2008, 3, 3), ["under_age"])]
)
def test_row_1_the_applicant_is_18_on_the_day_of_application(born: date, found: list[str]) -> None:
    assert findings(birth_date=born) == found


@pytest.mark.parametrize(
    ("kind", "born", "found"),
    [
        ("first", date(1966, 3, 2), ["over_age_first"]),
        ("first", date(1966, 3, 3), []),
        ("convert", date(1960, 1, 1), []),
    ],
)
def test_row_2_a_first_licence_before_60(kind: str, born: date, found: list[str]) -> None:
    assert findings(application_kind=kind, birth_date=born) == found


@pytest.mark.parametrize("part", ["theory_result", "assessment_result"])
@pytest.mark.parametrize("result", ["failed", None])
def test_row_3_both_parts_of_the_exam_are_passed(part: str, result: str | None) -> None:
    assert findings(**{part: result}) == ["exam_missing"]
    assert "exam_missing" in findings(**held(application_kind="add_class", **{part: result}))
    assert findings(**held(application_kind="renew", **{part: result})) == []


@pytest.mark.parametrize(
    "lack",
    [
        {"coc_valid": False},
        {"practical_done": False},
        {"parameters": {"convert_needs_assessment": True}, "assessment_result": None},
    ],
)
def test_row_4_converting_needs_certificate_and_practice(lack: dict[str, Any]) -> None:
    assert findings(application_kind="convert", **lack) == ["convert_missing"]
    assert "convert_missing" not in findings(**lack)


@pytest.mark.parametrize(
    "lack",
    [
        {"medical_items": [*FIT, {"item": "色觉", "result": "fail"}]},
        {"medical_items": []},
        {"medical_issued_on": date(2025, 3, 1)},
    ],
)
def test_row_5_medical_passed_within_12_months(lack: dict[str, Any]) -> None:
    assert findings(**lack) == ["medical"]
    assert findings(**held(application_kind="replace"), **lack) == []
    assert findings(medical_issued_on=date(2025, 3, 2)) == []


@pytest.mark.parametrize(
    ("has", "wants", "found"),
    [
        ("A1E", "A1E", ["duplicate"]),
        ("A1F", "A1E", ["duplicate"]),
        ("A1E", "A1F", []),
        ("A2F", "A1E", []),
    ],
)
def test_row_6_no_second_licence_of_the_class(has: str, wants: str, found: list[str]) -> None:
    licences = [{**VALID, "licence_class": has}]
    assert findings(licence_class=wants, holder_licences=licences) == found
    expired = [{**VALID, "licence_class": has, "status": "expired"}]
    assert findings(licence_class=wants, holder_licences=expired) == []


@pytest.mark.parametrize(
    ("day", "early"), [(date(2025, 11, 29), True), (date(2025, 11, 30), False)]
)
def test_row_7_renewing_begins_six_months_before(*, day: date, early: bool) -> None:
    assert ("too_early" in findings(**held(application_kind="renew", check_date=day))) is early


@pytest.mark.parametrize(("day", "late"), [(date(2026, 5, 31), False), (date(2026, 6, 1), True)])
def test_row_8_an_expired_licence_is_not_renewed(*, day: date, late: bool) -> None:
    found = findings(**held(application_kind="renew", check_date=day))
    assert ("expired_apply_first" in found) is late


@pytest.mark.parametrize("status", ["expired", "annulled", "pending_card"])
def test_row_9_only_a_valid_licence_is_replaced(status: str) -> None:
    assert findings(**held(application_kind="replace", old={"status": status})) == [
        "not_replaceable"
    ]
    assert findings(application_kind="replace") == ["not_replaceable"]


def test_row_10_a_class_is_added_to_a_valid_licence() -> None:
    assert findings(application_kind="add_class") == ["no_base_licence"]
    assert findings(**held(application_kind="add_class", licence_class="A1F")) == []


def test_row_11_no_other_case_of_person_and_class_runs() -> None:
    assert findings(running_cases=[{"reference": "Y1"}]) == ["case_running"]


def test_row_12_renewing_at_the_agency_that_issued() -> None:
    assert findings(**held(application_kind="renew", org="320002")) == ["other_agency"]


def test_all_findings_are_collected() -> None:
    found = findings(birth_date=date(2010, 1, 1), theory_result=None, medical_items=[])
    assert found == ["under_age", "exam_missing", "medical"]


def validity(kind: str, *, born: date = date(1990, 3, 7), cap: bool = False) -> tuple[Any, Any]:
    value = decide(
        "yacht_licence_validity",
        {
            "application_kind": kind,
            "issued_on": date(2026, 3, 2),
            "birth_date": born,
            "old_licence": VALID,
            "parameters": {"validity_age_cap": cap},
        },
    )
    return value["issued_on"], value["expires_on"]


@pytest.mark.parametrize("kind", ["first", "convert", "add_class"])
def test_rows_1_and_5_a_new_licence_is_valid_for_five_years(kind: str) -> None:
    assert validity(kind) == (date(2026, 3, 2), date(2031, 3, 1))


def test_row_3_a_renewed_one_from_the_old_expiry() -> None:
    assert validity("renew") == (date(2026, 3, 2), date(2031, 5, 31))


@pytest.mark.parametrize("kind", ["first", "convert", "add_class", "renew"])
def test_rows_2_4_and_6_the_cap_ends_it_on_the_70th_birthday(kind: str) -> None:
    old = date(1959, 3, 2)
    assert validity(kind, born=old, cap=True)[1] == date(2029, 3, 2)
    assert validity(kind, born=old)[1] > date(2029, 3, 2)
    assert validity(kind, born=date(1980, 1, 1), cap=True) == validity(kind)


def test_row_7_a_replacement_keeps_number_and_dates() -> None:
    assert validity("replace") == (date(2021, 6, 1), date(2026, 5, 31))
