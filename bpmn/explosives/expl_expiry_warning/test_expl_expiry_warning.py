"""到期预警: who is warned on which day, and what each person has to do this year."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn.explosives import story
from engine import dmn
from engine.clock import SHANGHAI
from processes.play import Play

LEVEL = dmn.read_all(
    {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.dmn")}
)["expl_warning_level"]


def level(days: int, status: str = "valid") -> str:
    certificate = {"status": status, "expires_on": date(2026, 1, 1)}
    today = date.fromordinal(certificate["expires_on"].toordinal() - days)  # type: ignore[attr-defined]
    return str(dmn.evaluate(LEVEL, {"certificate": certificate, "today": today}).value["level"])


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (181, "none"),
        (180, "d180"),
        (91, "d180"),
        (90, "d90"),
        (31, "d90"),
        (30, "d30"),
        (0, "d30"),
        (-1, "expired"),
    ],
)
def test_the_level_follows_the_days_left(days: int, expected: str) -> None:
    """E-03: to the end of the last day."""
    assert level(days) == expected


@given(st.integers(-2000, 2000), st.sampled_from(["valid", "annulled", "void", "pending"]))
def test_exactly_one_level_for_any_certificate_on_any_day(days: int, status: str) -> None:
    """E-03."""
    found = level(days, status)
    assert (
        found == "none" if status != "valid" else found in {"none", "d180", "d90", "d30", "expired"}
    )


def test_a_person_is_on_the_list_as_soon_as_approved(play: Play) -> None:
    """E-05: 需取证人员."""
    one = story.approved(play)
    held = story.record(play, "expl_warning", one)
    assert (held["selection"], held["level"]) == ("obtain", "none")


@pytest.mark.parametrize(
    ("expires", "day", "warned"),
    [
        ("2026-08-31", "2026-03-04", "d180"),
        ("2026-06-02", "2026-03-04", "d90"),
        ("2026-04-03", "2026-03-04", "d30"),
        ("2026-03-03", "2026-03-04", "expired"),
    ],
)
def test_every_morning_those_whose_day_it_is_are_warned(
    play: Play, expires: str, day: str, warned: str
) -> None:
    """E-03, E-82: enterprise, group and province are told once."""
    play.wake("expl_expiry_warning")
    one = story.approved(play)
    story.holding(play, one, expires_on=expires)
    play.until(datetime.fromisoformat(f"{day}T05:59:00").replace(tzinfo=SHANGHAI))
    assert story.record(play, "expl_warning", one)["level"] == "none"
    play.until(datetime.fromisoformat(f"{day}T06:01:00").replace(tzinfo=SHANGHAI))
    held = story.record(play, "expl_warning", one)
    assert (held["level"], held["selection"]) == (
        warned, "annul_first" if warned == "expired" else "renew",
    )  # fmt: skip
    play.passes(days=2)
    for login in ("expl_enterprise", "expl_province"):
        assert story.told(play, login).count("证书到期预警") == 1


def test_training_changes_what_has_to_be_done(play: Play) -> None:
    """E-05: from 再培训 to 今年不必."""
    one = story.approved(play)
    story.holding(play, one, obtained_on="2025-06-01", expires_on="2028-05-31")
    case = story.opened(play, "retrain")
    story.confirmed(story.enrolled(play, case.variables["class_no"], one))
    story.checked_in(case)
    story.scored(case)
    story.confirmed_scores(case)
    assert story.record(play, "expl_warning", one)["selection"] == "none_this_year"


def test_on_new_years_day_everybody_is_reckoned_again(play: Play) -> None:
    """E-05, E-71: the reference day jumps; 2027-05-31 was after it, now it is before."""
    play.wake("expl_expiry_warning")
    one = story.approved(play)
    story.holding(play, one, obtained_on="2024-06-01", expires_on="2027-05-31")
    play.until(datetime(2026, 12, 31, 12, tzinfo=SHANGHAI))
    play.start("expl_expiry_warning", people=[one])
    assert story.record(play, "expl_warning", one)["selection"] == "retrain"
    play.until(datetime(2027, 1, 1, 7, tzinfo=SHANGHAI))
    assert story.record(play, "expl_warning", one)["selection"] == "renew"


def test_an_annulled_person_is_warned_no_more(play: Play) -> None:
    """E-42."""
    one = story.approved(play)
    play.apply(
        story.PERSON,
        as_="expl_province",
        person_action="annul",
        province_person=one,
        annul_reason="离开本行业",
    )
    assert story.record(play, "expl_warning", one)["status"] == "lifted"


@pytest.mark.parametrize("off", [1, 40])
def test_what_fell_into_days_without_a_run_is_made_up(play: Play, off: int) -> None:
    """E-03: of a few days those whose day it was, of many everybody."""
    one = story.approved(play)
    story.holding(play, one, expires_on="2026-06-02")
    play.until(datetime(2026, 3, 4, 7, tzinfo=SHANGHAI) + timedelta(days=off))
    assert story.record(play, "expl_warning", one)["level"] == "none"
    play.wake("expl_expiry_warning")  # the run of 3 March, the first that was due
    play.drain()
    assert story.record(play, "expl_warning", one)["level"] == "d90"


def test_a_new_year_that_passed_without_a_run_is_made_up(play: Play) -> None:
    """E-05, E-71: all of last year's reckonings are out of date."""
    one = story.approved(play)
    story.holding(play, one, obtained_on="2024-06-01", expires_on="2027-05-31")
    play.until(datetime(2026, 12, 31, 5, tzinfo=SHANGHAI))
    play.wake("expl_expiry_warning")
    play.drain()
    play.until(datetime(2026, 12, 31, 12, tzinfo=SHANGHAI))
    assert story.record(play, "expl_warning", one)["selection"] == "retrain"
    play.rest("expl_expiry_warning")
    play.until(datetime(2027, 1, 2, 9, tzinfo=SHANGHAI))
    assert story.record(play, "expl_warning", one)["selection"] == "retrain"
    play.wake("expl_expiry_warning")
    play.drain()
    assert story.record(play, "expl_warning", one)["selection"] == "renew"
