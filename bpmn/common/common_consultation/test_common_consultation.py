"""B.2 咨询/预约: contact before a case, without a clock, that may become one; named after the row."""

from typing import Any

import pytest
from sqlalchemy import select

from bpmn.yacht import story
from engine.errors import BanliError
from forms.definition import FormInvalid
from forms.fields.base import Scope
from forms.lookups import Lookups
from processes.casefile import drafts
from processes.casework import applications, overview
from processes.clock import clock as ledger
from processes.model.cases import CaseLink, FormDraft, Notification
from processes.play import Play, PlayedCase

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
VISIT = {"consult_kind": "appointment", "visit_on": "2026-03-05", "visit_half": "morning"}


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


def test_row_appointment_is_confirmed_kept_and_becomes_a_case_at_the_window(play: Play) -> None:
    case = asked(play, **VISIT)
    place = "政务服务中心 2 号窗口"
    case.complete("confirm", as_="window_clerk", decision="confirm", window=place)
    assert told(play) == "“换证需要哪些材料”：请于2026-03-05上午到政务服务中心 2 号窗口办理。"
    assert arranged(case) == f"请按预约时间到{place}办理"
    case.complete("visit", as_="window_clerk", visit_result="filed", begin_matter=LICENCE)
    assert (case.ended, case.row.outcome) == ("received", "received")
    prepared = draft(play, "window_clerk")
    assert prepared is not None
    assert (prepared.answers["name"], prepared.origin_case) == ("申请人甲", case.id)
    assert draft(play, "applicant") is None
    clerk = play.user("window_clerk")
    offered = play.run(lambda s: [one.definition.key for one in applications.services(s, clerk)])
    assert LICENCE in offered


@pytest.mark.parametrize(("result", "outcome"), [("solved", "received"), ("no_show", "no_show")])
def test_row_appointment_may_end_at_the_window(play: Play, result: str, outcome: str) -> None:
    case = asked(play, **VISIT)
    case.complete("confirm", as_="window_clerk", decision="confirm", window="2 号窗口")
    case.complete("visit", as_="window_clerk", visit_result=result)
    assert (case.ended, case.row.outcome) == ("received", outcome)
    assert draft(play, "window_clerk") is None


def test_row_appointment_is_declined_with_the_reason(play: Play) -> None:
    case = asked(play, **VISIT)
    with pytest.raises(FormInvalid) as refused:
        case.complete("confirm", as_="window_clerk", decision="decline")
    assert set(refused.value.errors) == {"reason"}
    case.complete("confirm", as_="window_clerk", decision="decline", reason="当日约满")
    assert (case.ended, case.row.outcome) == ("declined", "appointment_declined")
    assert arranged(case) == "未能安排：当日约满"
    assert told(play).endswith("未能安排：当日约满。请另选时间预约。")


@pytest.mark.parametrize("day", ["2026-03-07", "2026-02-27", "2026-06-30", None])
def test_row_appointment_is_for_a_working_day_within_sixty(play: Play, day: str | None) -> None:
    with pytest.raises(FormInvalid) as refused:
        asked(play, **{**VISIT, "visit_on": day})
    assert set(refused.value.errors) == {"visit_on"}


@pytest.mark.parametrize("kind", ["question", "appointment"])
def test_the_applicant_takes_it_back_while_nothing_is_decided(play: Play, kind: str) -> None:
    case = asked(play, **(VISIT if kind == "appointment" else {}))
    case.sends("取消", cancel_reason="已自行解决")
    assert case.ended == ("appointment_cancelled" if kind == "appointment" else "cancelled")
    assert (case.row.status, case.waits_for) == ("withdrawn", set())


def test_only_the_agency_that_was_asked_answers(play: Play) -> None:
    case = asked(play)
    with pytest.raises(BanliError):
        case.complete("answer", as_="acceptor", answer_text="x")
    with pytest.raises(FormInvalid) as refused:
        asked(play, org="320002")
    assert set(refused.value.errors) == {"org"}
