"""B.2 咨询/预约: contact before a case, without a clock, that may become one; named after the row."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bpmn.beginnings import once
from bpmn.yacht import story
from engine.errors import BanliError
from forms.definition import FormInvalid
from forms.fields.base import Scope
from forms.lookups import Lookups
from processes import registers
from processes.casefile import drafts
from processes.casework import applications, overview, sources
from processes.clock import clock as ledger
from processes.model.cases import CaseLink, FormDraft, Notification
from processes.play import Play, PlayedCase
from processes.registers import Record, Trace

LICENCE = "yacht_licence_issue"
# plays begin on Monday 2 March 2026
ASKED = {
    "org": "370201",
    "matter": LICENCE,
    "subject": "换证需要哪些材料",
    "question": "证书下月到期。",
    "name": "申请人甲",
    "phone": "13800000000",
}
SLOTS = "common_appointment_slots"
OPENED = {
    "slot_order": "open",
    "window": "2 号窗口",
    "matters": [LICENCE],
    "from_on": "2026-03-05",
    "to_on": "2026-03-09",
    "times": [
        {"begins": "09:00", "ends": "10:00", "places": 1},
        {"begins": "14:00", "ends": "15:00", "places": 2},
    ],
}
MORNING, AFTERNOON = "2026-03-05 09:00–10:00", "2026-03-05 14:00–15:00"


def asked(play: Play, **more: Any) -> PlayedCase:
    return play.apply("common_consultation", **{**ASKED, "consult_kind": "question", **more})


def answer(case: PlayedCase, **more: Any) -> None:
    case.complete("answer", as_="window_clerk", answer_text="请带体检证明和原证。", **more)


def told(play: Play) -> str:
    """The last notice in the applicant's box."""
    query = select(Notification.body).where(Notification.user_id == play.user("applicant").id)
    found = play.run(lambda session: session.scalars(query.order_by(Notification.id)).all())
    return found[-1]


def draft(play: Play, login: str) -> FormDraft | None:
    by = play.user(login)
    return play.run(lambda session: drafts.find(session, f"apply:{LICENCE}", by=by))


def linked(case: PlayedCase) -> list[tuple[int, str]]:
    """What is linked to a consultation, and how."""
    query = select(CaseLink.case_id, CaseLink.relation).where(CaseLink.other_id == case.id)
    return [(one, how) for one, how in case.play.run(lambda s: s.execute(query).all())]


def test_row_consultation_is_answered_and_the_applicant_told(play: Play) -> None:
    case = asked(play)
    assert (case.waits_for, case.row.title) == ({"answer"}, "咨询：换证需要哪些材料")
    answer(case)
    assert (case.ended, case.row.status, case.row.outcome) == ("answered", "completed", "answered")
    assert told(play) == "“换证需要哪些材料”：请带体检证明和原证。"
    assert draft(play, "applicant") is None


def arranged(case: PlayedCase) -> object:
    """What the page of the case says to its applicant of the appointment."""
    filed = case.play.run(lambda session: overview.application(session, case.id))
    assert filed is not None
    form, variables = filed
    return form.field("arranged").computed(Scope(variables, Lookups()))


def test_row_consultation_starts_no_clock(play: Play) -> None:
    case = asked(play)
    assert play.run(lambda session: ledger.entries(session, case.id)) == []
    assert (case.row.due_on, case.tasks[0].due_at) == (None, None)


def test_row_consultation_becomes_a_case_from_what_was_told(play: Play) -> None:
    case = asked(play)
    answer(case, apply_next=True)
    assert "继续填写已预填的“" in told(play)
    prepared = draft(play, "applicant")
    assert prepared is not None
    assert prepared.answers == {"name": "申请人甲", "phone": "13800000000", "org": "370201"}
    filed = story.applied(play)
    assert linked(case) == [(filed.id, "转自")]
    assert draft(play, "applicant") is None


def test_row_consultation_what_the_applicant_typed_before_stays(play: Play) -> None:
    by = play.user("applicant")
    typed = {"name": "申请人乙", "address": "青岛市"}
    keep = {"by": by, "answers": typed, "title": "申请"}
    play.run(lambda session: drafts.keep(session, f"apply:{LICENCE}", **keep))
    answer(asked(play), apply_next=True)
    prepared = draft(play, "applicant")
    assert prepared is not None
    assert prepared.answers == {**typed, "phone": "13800000000", "org": "370201"}


def test_row_consultation_the_link_is_kept_while_the_draft_is_typed_on(play: Play) -> None:
    case, by = asked(play), play.user("applicant")
    answer(case, apply_next=True)
    keep = {"by": by, "answers": {"name": "申请人丙"}, "title": "申请"}
    play.run(lambda session: drafts.keep(session, f"apply:{LICENCE}", **keep))
    assert linked(case) == []
    filed = story.applied(play)
    assert linked(case) == [(filed.id, "转自")]


def test_an_application_that_no_consultation_prepared_is_linked_to_none(play: Play) -> None:
    case = asked(play)
    answer(case)
    story.applied(play)
    assert linked(case) == []


@once
def opened(play: Play, **more: Any) -> PlayedCase:
    """Slots of three working days, two a day: of one place and of two."""
    return play.apply(SLOTS, as_="window_clerk", **{**OPENED, **more})


def slots(play: Play, **where: Any) -> dict[str, Record]:
    """The slots by what they are called."""
    found = play.run(lambda s: registers.find(s, "appointment_slot", where=where, limit=500))
    return {str(one.values["title"]): one for one in found}


def places(play: Play, slot: str) -> list[str]:
    """What the places of a slot are, in their order."""
    where = {"slot_no": slots(play)[slot].key}
    found = play.run(lambda s: registers.find(s, "appointment_place", where=where, limit=500))
    return [one.status for one in found]


def booked(play: Play, slot: str = MORNING, *, as_: str = "applicant") -> PlayedCase:
    told = {"consult_kind": "appointment", "visit_on": slot[:10], "slot": slots(play)[slot].key}
    return play.apply("common_consultation", as_=as_, **{**ASKED, **told})


def test_row_appointment_slots_are_opened_for_each_working_day_and_time(play: Play) -> None:
    assert opened(play).ended == "opened"
    found = slots(play, org="370201")
    assert list(found) == [
        f"{day} {time}"
        for day in ("2026-03-05", "2026-03-06", "2026-03-09")
        for time in ("09:00–10:00", "14:00–15:00")
    ]
    assert {one.values["window"] for one in found.values()} == {"2 号窗口"}
    assert (places(play, MORNING), places(play, AFTERNOON)) == (["free"], ["free", "free"])


def test_the_slots_of_a_day_are_offered_by_their_time_whichever_was_opened_first(
    play: Play,
) -> None:
    opened(play)
    early = {"begins": "08:00", "ends": "09:00", "places": 1}
    opened(play, window="1 号窗口", times=[OPENED["times"][0], early])
    given = {"org": "370201", "visit_on": MORNING[:10], "matter": LICENCE}

    def offered(session: Session) -> list[str]:
        source = sources.lookups(session, play.user("applicant")).sources["appointment_slots"]
        return [one.label[11:] for one in source.search("", given)]

    assert play.run(offered) == [
        "08:00–09:00（1 号窗口）",
        "09:00–10:00（1 号窗口）",
        "09:00–10:00（2 号窗口）",
        "14:00–15:00（2 号窗口）",
    ]


def test_what_was_opened_before_is_left_as_it_is(play: Play) -> None:
    opened(play)
    booked(play)
    again = opened(play, to_on="2026-03-10")
    assert again.ended == "opened"
    assert len(slots(play)) == 8
    assert places(play, MORNING) == ["taken"]


def test_row_appointment_is_booked_at_once_and_the_slot_is_full_with_its_last_place(
    play: Play,
) -> None:
    opened(play)
    case = booked(play)
    assert case.waits_for == {"visit"}
    assert told(play) == f"“换证需要哪些材料”：请于{MORNING}到2 号窗口办理。"
    assert arranged(case) == f"请于{MORNING}到2 号窗口办理"
    assert (places(play, MORNING), slots(play)[MORNING].status) == (["taken"], "full")
    booked(play, AFTERNOON)
    assert slots(play)[AFTERNOON].status == "open", "one of two places is left"
    with pytest.raises(FormInvalid) as refused:
        booked(play)
    assert set(refused.value.errors) == {"slot"}, "a full slot is not offered"


def test_row_appointment_whose_place_was_taken_meanwhile_is_told_and_takes_none(
    play: Play,
) -> None:
    opened(play)
    place = f"{slots(play)[MORNING].key}-001"
    by_other = {"changes": {"work_order_no": "S0000000000"}, "trace": Trace("tests")}
    # between the page and the step somebody else was faster: the slot is still shown as open
    play.run(
        lambda session: registers.transition(
            session, "appointment_place", place, "taken", **by_other
        )
    )
    case = booked(play)
    assert (case.ended, case.row.outcome) == ("declined", "appointment_full")
    assert told(play) == "“换证需要哪些材料”：所选时段刚刚约满，请另选时段重新预约。"
    assert places(play, MORNING) == ["taken"]


def test_row_appointment_becomes_a_case_at_the_window(play: Play) -> None:
    opened(play)
    case = booked(play)
    case.complete("visit", as_="window_clerk", visit_result="filed", begin_matter=LICENCE)
    assert (case.ended, case.row.outcome) == ("received", "received")
    assert places(play, MORNING) == ["kept"]
    prepared = draft(play, "window_clerk")
    assert prepared is not None
    assert (prepared.answers["name"], prepared.origin_case) == ("申请人甲", case.id)
    assert draft(play, "applicant") is None
    clerk = play.user("window_clerk")
    offered = play.run(lambda s: [one.definition.key for one in applications.services(s, clerk)])
    assert LICENCE in offered


@pytest.mark.parametrize(
    ("result", "outcome", "place"),
    [("solved", "received", "kept"), ("no_show", "no_show", "missed")],
)
def test_row_appointment_may_end_at_the_window(
    play: Play, result: str, outcome: str, place: str
) -> None:
    opened(play)
    case = booked(play)
    case.complete("visit", as_="window_clerk", visit_result=result)
    assert (case.ended, case.row.outcome) == ("received", outcome)
    assert places(play, MORNING) == [place]
    assert draft(play, "window_clerk") is None


def test_row_appointment_cancelled_gives_the_place_to_the_next(play: Play) -> None:
    opened(play)
    case = booked(play)
    case.sends("取消", cancel_reason="有事")
    assert (case.ended, case.row.status) == ("appointment_cancelled", "withdrawn")
    assert (places(play, MORNING), slots(play)[MORNING].status) == (["free"], "open")
    assert booked(play).waits_for == {"visit"}


def test_row_appointment_changed_takes_the_new_place_before_the_old_is_given_up(
    play: Play,
) -> None:
    opened(play)
    case = booked(play)
    later = "2026-03-09 09:00–10:00"
    case.sends("改期", visit_on="2026-03-09", slot=slots(play)[later].key)
    assert case.waits_for == {"visit"}
    assert told(play) == f"“换证需要哪些材料”：改于{later}到2 号窗口办理。"
    assert (places(play, MORNING), places(play, later)) == (["free"], ["taken"])
    assert (slots(play)[MORNING].status, slots(play)[later].status) == ("open", "full")
    assert arranged(case) == f"请于{later}到2 号窗口办理"


def test_row_appointment_cannot_be_changed_to_a_full_slot(play: Play) -> None:
    opened(play)
    case = booked(play, AFTERNOON)
    booked(play)
    with pytest.raises(FormInvalid):
        case.sends("改期", visit_on="2026-03-05", slot=slots(play)[MORNING].key)
    assert case.waits_for == {"visit"}
    assert places(play, AFTERNOON) == ["taken", "free"]


def test_row_appointment_is_reminded_of_one_working_day_before(play: Play) -> None:
    opened(play)
    case = booked(play, "2026-03-09 09:00–10:00")
    play.passes(working_days=3)  # to Thursday; Friday is the working day before Monday
    before = told(play)
    play.passes(working_days=1, hours=1)
    assert told(play) != before
    assert told(play).endswith("不能到场的，请及时改期或取消。")
    assert case.waits_for == {"visit"}


def test_row_appointment_slot_stopped_is_no_longer_offered(play: Play) -> None:
    opened(play)
    case = booked(play, AFTERNOON)
    order = {"slot_order": "stop", "day": "2026-03-05", "stop_reason": "系统维护"}
    done = play.apply(SLOTS, as_="window_clerk", **order, slot=slots(play)[AFTERNOON].key)
    assert (done.ended, slots(play)[AFTERNOON].status) == ("stopped", "closed")
    with pytest.raises(FormInvalid):
        booked(play, AFTERNOON)
    assert case.waits_for == {"visit"}, "who has booked comes"
    case.sends("取消", cancel_reason="有事")
    assert slots(play)[AFTERNOON].status == "closed"


def test_a_clerk_books_for_somebody_at_the_counter(play: Play) -> None:
    opened(play)
    case = booked(play, as_="window_clerk")
    assert case.waits_for == {"visit"}
    assert places(play, MORNING) == ["taken"]


@pytest.mark.parametrize("day", ["2026-03-07", "2026-02-27", "2026-06-30", None])
def test_row_appointment_is_for_a_working_day_within_sixty(play: Play, day: str | None) -> None:
    opened(play)
    chosen = {"visit_on": day, "slot": slots(play)[MORNING].key}
    with pytest.raises(FormInvalid) as refused:
        asked(play, consult_kind="appointment", **chosen)
    assert "visit_on" in refused.value.errors


def test_the_applicant_takes_the_question_back_while_nothing_is_decided(play: Play) -> None:
    case = asked(play)
    case.sends("取消", cancel_reason="已自行解决")
    assert case.ended == "cancelled"
    assert (case.row.status, case.waits_for) == ("withdrawn", set())


def test_only_the_agency_that_was_asked_answers(play: Play) -> None:
    case = asked(play)
    with pytest.raises(BanliError):
        case.complete("answer", as_="acceptor", answer_text="x")
    with pytest.raises(FormInvalid) as refused:
        asked(play, org="320002")
    assert set(refused.value.errors) == {"org"}
