"""B.2 咨询/预约: an office opens the slots that applicants book, and stops one of them."""

from typing import Any

import pytest

from forms.definition import FormInvalid
from processes import registers
from processes.demo import loader
from processes.play import Play, PlayedCase
from processes.registers import Record

# plays begin on Monday 2 March 2026
OPENED = {
    "slot_order": "open",
    "window": "1 号窗口",
    "matters": ["yacht_licence_issue"],
    "from_on": "2026-03-06",
    "to_on": "2026-03-09",
    "times": [{"begins": "09:00", "ends": "10:00", "places": 3}],
}


def ordered(play: Play, **more: Any) -> PlayedCase:
    return play.apply("common_appointment_slots", as_="window_clerk", **{**OPENED, **more})


def slots(play: Play) -> list[Record]:
    found = play.run(lambda s: registers.find(s, "appointment_slot", where={}, limit=100))
    return sorted(found, key=lambda one: one.key)


def test_row_appointment_every_working_day_has_its_slots_with_their_places(play: Play) -> None:
    assert ordered(play).ended == "opened"
    friday, monday = slots(play)
    assert (friday.values["title"], monday.values["title"]) == (
        "2026-03-06 09:00–10:00",
        "2026-03-09 09:00–10:00",
    )
    assert friday.org_code == "370201", "the office of the clerk"
    where = {"slot_no": friday.key}
    places = play.run(lambda s: registers.find(s, "appointment_place", where=where, limit=100))
    assert [one.status for one in places] == ["free"] * 3


def test_row_appointment_a_window_that_has_a_time_already_gets_only_the_others(play: Play) -> None:
    ordered(play)
    nine, ten = OPENED["times"][0], {"begins": "10:00", "ends": "11:00", "places": 2}  # type: ignore[index]
    assert ordered(play, times=[nine, ten]).ended == "opened"
    assert ordered(play, window="2 号窗口").ended == "opened"
    opened = [(str(one.values["title"])[-11:], one.values["window"]) for one in slots(play)]
    assert opened == [
        *[("09:00–10:00", "1 号窗口")] * 2,
        *[("10:00–11:00", "1 号窗口")] * 2,
        *[("09:00–10:00", "2 号窗口")] * 2,
    ]


def test_row_appointment_sixty_days_are_opened_and_opened_again_within_the_bounds(
    play: Play,
) -> None:
    """Sixty days, their slots searched by the ledger day by day and not by one expression."""
    times = [{"begins": f"{n:02}:00", "ends": f"{n:02}:50", "places": 1} for n in (9, 14)]
    every = {"to_on": "2026-05-05", "times": times}
    assert ordered(play, **every).status == "completed"
    found = play.run(lambda s: registers.counts(s, "appointment_slot", where={}))
    assert found["open"] == 39 * 2
    assert ordered(play, **every).status == "completed"
    assert play.run(lambda s: registers.counts(s, "appointment_slot", where={})) == found


def test_row_appointment_a_slot_is_stopped_with_a_reason(play: Play) -> None:
    ordered(play)
    order = {"slot_order": "stop", "day": "2026-03-06", "slot": slots(play)[0].key}
    with pytest.raises(FormInvalid) as refused:
        ordered(play, **order)
    assert set(refused.value.errors) == {"stop_reason"}
    assert ordered(play, **order, stop_reason="停电").ended == "stopped"
    assert [one.status for one in slots(play)] == ["closed", "open"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to_on": "2026-03-05"}, "to_on"),
        ({"from_on": "2026-02-27"}, "from_on"),
        ({"times": [{"begins": "10:00", "ends": "09:00", "places": 1}]}, "times.0.ends"),
        ({"times": [{"begins": "9点", "ends": "10:00", "places": 1}]}, "times.0.begins"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    play: Play, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(FormInvalid) as refused:
        ordered(play, **wrong)
    assert field in refused.value.errors


def test_the_demo_begins_with_slots_and_opens_more_only_when_none_are_left(play: Play) -> None:
    def begin() -> int:
        play.run(loader.load_applications)
        play.drain()
        return len(slots(play))

    first = begin()
    assert first >= 30
    assert begin() == first, "there are slots ahead"
    play.rest()
    play.passes(days=22)
    assert begin() > first
