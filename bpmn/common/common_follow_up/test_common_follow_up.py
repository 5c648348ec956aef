"""容缺受理 and 告知承诺 afterwards: a clock of their own, handed in item by item, or withdrawn (B.2)."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bpmn.yacht import story
from forms import display
from forms.definition import FormInvalid
from processes.casework import cases
from processes.clock import clock as ledger
from processes.clock.reckoning import State
from processes.desk import worklist
from processes.documents import checklist
from processes.model.cases import Notification, SupervisionEntry
from processes.play import Play, PlayedCase

# plays begin on Monday 2 March 2026 at 09:00
PROXY = {
    "code": "proxy",
    "title": "委托书",
    "kind": "copy",
    "state": "deferred",
    "reason": "邮寄中",
}
OLD = {"code": "old", "title": "原证", "kind": "original", "state": "deferred"}
OK = {"state": "ok", "grade": "B"}


@pytest.fixture
def case(play: Play) -> PlayedCase:
    """Two materials to follow within ten working days."""
    return play(
        "common_follow_up",
        case_title="某项许可",
        deferred_items=[PROXY, OLD],
        deferred_due_on=date(2026, 3, 16),
        acceptance_kind="conditional",
        acceptor_role="licence_acceptor",
        applicant={"user": play.user("applicant").id, "name": "申请人"},
    )


def check(case: PlayedCase, *rows: dict[str, Any]) -> None:
    case.complete("check_deferred", as_="acceptor", deferred_rows=[*rows])


def clock(case: PlayedCase) -> State:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return next(one.reckoning.state for one in found if one.limit == "follow_up")


def states(case: PlayedCase) -> dict[str, str]:
    found = case.play.run(lambda session: checklist.of_case(session, case.id))
    return {one.code: one.state for one in found}


def test_row_conditional_acceptance_has_a_clock_of_its_own(case: PlayedCase) -> None:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    assert [(one.limit, one.reckoning.due_on) for one in found] == [
        ("follow_up", date(2026, 3, 16))
    ]


def test_row_conditional_acceptance_fulfilled_item_by_item(case: PlayedCase) -> None:
    files = [story.upload(case.play, "委托书.pdf")]
    case.sends("补交容缺材料", deferred_uploads=[{"files": files}, {}])
    assert states(case) == {"proxy": "submitted", "old": "deferred"}
    check(case, OK, {"state": "defective", "reason": "号码不清"})
    assert states(case) == {"proxy": "ok", "old": "defective"}
    assert [one["code"] for one in case.variables["deferred_items"]] == ["old"]
    check(case, OK)
    assert (case.ended, case.variables["follow_up_result"]) == ("fulfilled", "fulfilled")
    assert clock(case) is State.STOPPED


def test_row_conditional_acceptance_handed_in_at_the_window(case: PlayedCase) -> None:
    check(case, OK, OK)
    assert case.ended == "fulfilled"


def test_row_conditional_acceptance_nothing_uploaded_is_no_submission(case: PlayedCase) -> None:
    with pytest.raises(FormInvalid) as refused:
        case.sends("补交容缺材料", deferred_uploads=[{}, {}])
    assert set(refused.value.errors) == {"deferred_uploads"}


def test_row_conditional_acceptance_reminded_two_working_days_before(case: PlayedCase) -> None:
    def told() -> int:
        query = select(Notification).where(Notification.title == "补交材料提醒")
        return len(case.play.run(lambda session: session.scalars(query).all()))

    case.passes(working_days=7)
    assert told() == 0
    case.passes(working_days=2)
    assert told() == 1
    assert case.waits_for == {"check_deferred"}


def test_row_conditional_acceptance_not_kept_the_benefit_is_withdrawn(case: PlayedCase) -> None:
    check(case, OK, {"state": "deferred"})
    case.passes(working_days=10)
    assert case.ended is None, "until the end of the last day"
    case.passes(working_days=1)
    assert (case.ended, case.variables["follow_up_result"]) == ("benefit_withdrawn", "withdrawn")
    assert case.letters == ["letter_benefit_withdrawn"]
    assert states(case) == {"proxy": "ok", "old": "withdrawn"}
    query = select(SupervisionEntry).where(SupervisionEntry.case_id == case.id)
    (entry,) = case.play.run(lambda session: session.scalars(query).all())
    assert (entry.kind, entry.reason) == (
        "benefit_withdrawn",
        "容缺材料应于2026-03-16前兑现，逾期未补",
    )


def test_row_conditional_acceptance_an_old_objection_does_not_stand_beside_what_conforms(
    case: PlayedCase,
) -> None:
    """B.2: whoever checks again starts with an empty remark."""
    check(case, OK, {"state": "defective", "reason": "号码不清"})
    check(case, OK)
    found = case.play.run(lambda session: checklist.of_case(session, case.id))
    assert [(one.code, one.state, one.reason) for one in found if one.code == "old"] == [
        ("old", "ok", "")
    ]


def asked(case: PlayedCase) -> list[str]:
    """What the applicant may send now."""
    by = case.play.user("applicant")
    return case.play.run(
        lambda session: [
            one.title
            for one in cases.public_actions(session, cases.get(session, case.id, by=by), by=by)
        ]
    )


def test_row_conditional_acceptance_nothing_is_asked_for_while_all_of_it_is_being_checked(
    case: PlayedCase,
) -> None:
    """B.2: after the last item the button is gone, and comes again for what did not conform."""
    files = [story.upload(case.play, "委托书.pdf")]
    case.sends("补交容缺材料", deferred_uploads=[{"files": files}, {}])
    assert asked(case) == ["补交容缺材料"], "one of two"
    case.sends("补交容缺材料", deferred_uploads=[{}, {"files": files}])
    assert states(case) == {"proxy": "submitted", "old": "submitted"}
    assert asked(case) == []
    check(case, OK, {"state": "defective", "reason": "号码不清"})
    assert asked(case) == ["补交容缺材料"]
    case.passes(working_days=11)
    assert case.ended == "benefit_withdrawn"


def told(case: PlayedCase) -> list[str]:
    """What the acceptor reads of each item."""
    (task,) = case.tasks
    by = case.play.user("acceptor")
    view = case.play.run(lambda session: worklist.view(session, task.id, by=by))
    assert view.form is not None
    sections = display.layout(view.form, {}, context=view.variables, rights=display.Rights())
    (rows,) = [one.rows for section in sections for one in section.fields if one.rows]
    return [cell.text for row in rows for cell in row.cells if cell.name == "handed"]


def test_row_conditional_acceptance_each_item_says_whether_it_was_handed_in(
    case: PlayedCase,
) -> None:
    """B.2: one of two, then one that did not conform."""
    assert told(case) == ["尚未网上补交", "尚未网上补交"]
    files = [story.upload(case.play, "委托书.pdf")]
    case.sends("补交容缺材料", deferred_uploads=[{"files": files}, {}])
    assert told(case) == ["已网上补交", "尚未网上补交"]
    check(case, {"state": "defective", "reason": "没有签名"}, {"state": "deferred"})
    assert told(case) == ["补交的不符合，尚未再补", "尚未网上补交"]
