"""预约到窗口: a time among those the agency opened, taken once; late, full, or no times at all (P-36, P-86)."""

from datetime import timedelta
from typing import Any

import pytest

from bpmn.citizens import begun, citizen
from bpmn.slots import open_slot
from engine import clock
from forms.definition import FormInvalid
from processes import registers
from processes.casefile import notices
from processes.play import Play, PlayedCase

KEY = "common_appointment_booking"
ORG = "370201"
ASKED = {
    "org": ORG,
    "matter": "prop_one_window",
    "appointment_reason": "本次申请须核对公证书原件",
    "appointment_bring": "公证书原件和申请人身份证件",
}


def wanted(play: Play) -> PlayedCase:
    return begun(play, KEY, citizen(play), **ASKED)


def slot(play: Play, *, matters: tuple[str, ...] = ("prop_one_window",), **more: Any) -> str:
    # plays begin on Monday 2 March 2026
    day = clock.today() + timedelta(days=1)
    return open_slot(play, org=ORG, day=day, matters=list(matters), **more)


def choose(play: Play, case: PlayedCase, slot_no: str) -> None:
    case.sends("预约到窗口", as_=citizen(play).login, visit_on="2026-03-03", slot=slot_no)


def became(play: Play, register: str, key: str) -> list[str]:
    """What a record was, up to the end of the case, which gives back what it holds."""
    found = play.run(lambda session: registers.log(session, register, key))
    return [one.to_status for one in found]


def told(play: Play) -> str:
    by = citizen(play)
    return str(play.run(lambda session: notices.box(session, by))[0].body)


def test_a_time_is_chosen_and_its_place_taken(play: Play) -> None:
    one = slot(play)
    case = wanted(play)
    assert case.waits_for == {"chosen"}
    choose(play, case, one)
    assert (case.ended, case.variables["appointment_result"]) == ("booked", "booked")
    assert case.variables["appointment"]["title"] == "2026-03-03 09:00–10:00"
    assert became(play, "appointment_place", f"{one}-001") == ["free", "taken", "free"]
    assert became(play, "appointment_slot", one) == ["open", "full", "open"], "with its last place"
    assert told(play) == (
        "本次申请须核对公证书原件，请于2026-03-03 09:00–10:00到1 号窗口办理，"
        "并携带公证书原件和申请人身份证件。"
    )


def test_only_times_for_the_matter_are_offered(play: Play) -> None:
    slot(play)
    other = slot(play, matters=("yacht_licence_issue",), begins="08:30")
    case = wanted(play)
    with pytest.raises(FormInvalid) as refused:
        choose(play, case, other)
    assert set(refused.value.errors) == {"slot"}


def test_a_time_that_was_taken_meanwhile_is_told_and_another_chosen(play: Play) -> None:
    """Between the page and the step somebody else was faster: the slot is still shown as open."""
    one, other = slot(play), slot(play, begins="08:30")
    case = wanted(play)
    by_other = {"changes": {"work_order_no": "S0000000000"}, "trace": registers.Trace("tests")}
    place = f"{one}-001"
    play.run(
        lambda session: (
            registers.transition(session, "appointment_place", place, "taken", **by_other) and None
        )
    )
    choose(play, case, one)
    assert case.waits_for == {"chosen"}
    assert told(play) == "本次申请须核对公证书原件：所选时段刚刚约满，请另选时段。"
    choose(play, case, other)
    assert case.ended == "booked"


def test_who_books_again_after_a_jump_back_gives_the_former_place_back(play: Play) -> None:
    """A case led back before its booking still holds a place; others get it once it has another."""
    former, other = slot(play), slot(play, begins="08:30")
    case = wanted(play)
    taken = {"register": "appointment_place", "where": {"slot_no": former}, "to": "taken"}
    held = {"work_order_no": case.row.reference}
    play.run(
        lambda s: registers.allot(s, **taken, changes=held, trace=registers.Trace("t")) and None
    )
    assert became(play, "appointment_slot", former) == ["open", "full"]
    choose(play, case, other)
    assert case.ended == "booked"
    log = play.run(lambda s: registers.log(s, "appointment_place", f"{former}-001"))
    assert [(one.to_status, one.reason) for one in log][-1] == ("free", "办件已另行占用，予以放回")
    assert became(play, "appointment_slot", former) == ["open", "full", "open"]


def test_who_chooses_none_in_five_working_days_is_late_also_after_a_full_one(play: Play) -> None:
    slot(play, places=2)
    case = wanted(play)
    case.passes(working_days=6)
    assert (case.ended, case.variables["appointment_result"]) == ("late", "late")
    assert case.variables["appointment"] is None


@pytest.mark.parametrize("elsewhere", [False, True])
def test_where_no_times_are_opened_he_may_come_at_any_time(play: Play, *, elsewhere: bool) -> None:
    """An agency that books nothing for the matter still receives people: no dead end."""
    if elsewhere:
        slot(play, matters=("yacht_licence_issue",))
    case = wanted(play)
    assert (case.ended, case.variables["appointment_result"]) == ("walk_in", "walk_in")
    assert "不需预约" in told(play)
