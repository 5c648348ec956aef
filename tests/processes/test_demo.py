"""The demo begins again on what is there (issue 2 §1)."""

from datetime import timedelta

from engine import clock
from processes import registers
from processes.demo import loader
from processes.play import Play
from processes.registers import MOST, Trace

SLOTS = "appointment_slot"


def test_slots_ahead_are_found_behind_more_past_ones_than_a_page_holds(play: Play) -> None:
    loader.load_ledgers()
    past = [slot(number, -1) for number in range(MOST + 1)]
    unless = {"register": SLOTS, "day": "day"}

    def ahead() -> bool:
        return play.run(lambda s: loader._is_ahead(s, unless))

    play.run(lambda s: registers.create_many(s, SLOTS, past, trace=Trace(by="demo")))
    assert not ahead()
    play.run(lambda s: registers.create_many(s, SLOTS, [slot(9_999, 1)], trace=Trace(by="demo")))
    assert ahead()


def slot(number: int, days: int) -> dict[str, object]:
    return {
        "slot_no": f"S{number:05d}",
        "org": "370201",
        "day": clock.today() + timedelta(days=days),
        "begins": "09:00",
        "ends": "10:00",
        "title": "上午",
        "window": f"{number} 号窗口",
        "matters": ["yacht_licence_issue"],
        "places": 4,
    }
