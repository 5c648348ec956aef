"""One rule for anybody on any day (E-44 to E-46, E-71 to E-76), as the order of the rule has it."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine import dmn

FOLDER = Path(__file__).parent
FILES = {path.name: path.read_bytes() for path in FOLDER.glob("*.dmn")}
DECISION = dmn.read_all(FILES)["expl_training_selection"]
DAYS = st.dates(date(2003, 1, 1), date(2060, 12, 31))
POLICY = st.sampled_from([None, "renew", "retrain"])


@st.composite
def people(draw: st.DrawFn) -> Mapping[str, Any]:
    """Anybody, on any day, with a liking for the days that matter."""
    today = draw(DAYS)
    reference = date(today.year + 1, 3, 1)
    close = st.sampled_from([today, reference, date(today.year, 3, 1)])
    expires = draw(st.builds(lambda d, n: d + timedelta(days=n), close, st.integers(-2, 2)) | DAYS)
    certificate = {
        "status": draw(
            st.sampled_from(["none", "pending", "valid", "expired", "annulled", "void"])
        ),
        "obtained_on": draw(st.sampled_from([today, date(today.year - 1, 12, 31)]) | DAYS),
        "obtained_by": draw(st.sampled_from(["obtain", "renew"])),
        "expires_on": expires,
    }
    training = {name: draw(st.booleans()) for name in ("renewal_running", "trained_this_year")}
    return {
        "today": today,
        "certificate": draw(st.just(certificate) | st.none()),
        "training": draw(st.just(training) | st.none()),
        "parameters": {"boundary_policy": draw(POLICY)},
    }


@given(people())
def test_exactly_one_rule_applies_to_anybody_on_any_day(person: Mapping[str, Any]) -> None:
    result = dmn.evaluate(DECISION, person)

    assert len(result.matched) == 1
    assert result.value["result"] == in_order(person)


def in_order(person: Mapping[str, Any]) -> str:
    """The rule as the text has it: one question after the other."""
    certificate = person["certificate"] or {"status": "none"}
    status = certificate["status"]
    if status in {"none", "annulled", "void"}:
        return "obtain"
    return "wait" if status == "pending" else _held(person, certificate)


def _held(person: Mapping[str, Any], certificate: Mapping[str, Any]) -> str:
    today, expires = person["today"], certificate["expires_on"]
    training = person["training"] or {"renewal_running": False, "trained_this_year": False}
    reference = date(today.year + 1, 3, 1)
    if expires < today:
        return "continue_renewal" if training["renewal_running"] else "annul_first"
    if expires < reference:
        return "renew"
    if expires == reference:
        return person["parameters"]["boundary_policy"] or "renew"
    obtained = certificate["obtained_by"] == "obtain"
    spared = obtained and certificate["obtained_on"].year == today.year
    return "none_this_year" if spared or training["trained_this_year"] else "retrain"


def test_the_worked_example_follows_the_rule_and_not_the_printed_conclusion() -> None:
    """E-75: on 2013-05-08 the reference is 2014-03-01; 2013-10-31 is before it, 2014-10-31 after."""
    answers = {}
    for expires in (date(2013, 10, 31), date(2014, 10, 31)):
        certificate = {"status": "valid", "obtained_on": date(2010, 11, 1), "obtained_by": "obtain"}
        known = {
            "today": date(2013, 5, 8),
            "certificate": {**certificate, "expires_on": expires},
            "training": {"renewal_running": False, "trained_this_year": False},
            "parameters": None,
        }
        answers[str(expires)] = dmn.evaluate(DECISION, known).value["result"]
    assert answers == {"2013-10-31": "renew", "2014-10-31": "retrain"}
