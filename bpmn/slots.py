"""Times at a counter that may be booked, for the tests of processes that send people there."""

from datetime import date

from sqlalchemy.orm import Session

from processes import registers
from processes.play import Play
from processes.registers import Trace

TRACE = Trace(by="test", reason="放号")


def open_slot(
    play: Play, *, org: str, day: date, matters: list[str], places: int = 1, begins: str = "09:00"
) -> str:
    """A slot that an agency has opened, with its places; returns its number."""
    title, window = f"{day} {begins}–10:00", "1 号窗口"
    values = {
        "org": org, "day": day, "begins": begins, "ends": "10:00", "title": title,
        "window": window, "matters": matters, "places": places,
    }  # fmt: skip

    def made(session: Session) -> str:
        slot = registers.create(session, "appointment_slot", values, trace=TRACE)
        serials = [f"{slot.key}-{number:03d}" for number in range(1, places + 1)]
        of_place = {"slot_no": slot.key, "org": org, "day": day, "title": title, "window": window}
        registers.receive(session, "appointment_place", serials, values=of_place, trace=TRACE)
        return slot.key

    return play.run(made)


def places(play: Play, slot: str) -> list[str]:
    """What became of the places of a slot, in their order."""
    where = {"slot_no": slot}
    found = play.run(lambda s: registers.find(s, "appointment_place", where=where, limit=100))
    return [one.status for one in found]
