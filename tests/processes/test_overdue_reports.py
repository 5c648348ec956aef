"""B.1 效能监督 (E-supervision), B.2 红黄灯: a statutory or promised limit that passed is reported.

The worker enters it once, from the day after the last day; not while time is not counted, and
again only if an extension that was granted has run out too.
"""

from datetime import date

import pytest
from sqlalchemy import select

from bpmn.yacht import story
from engine import clock
from processes import chores
from processes.casefile import supervision
from processes.clock import clock as ledger
from processes.clock import clocking
from processes.clock.reckoning import Event
from processes.model.cases import SupervisionEntry
from processes.play import Play, PlayedCase

# plays begin on Monday 2 March 2026 at 09:00


@pytest.fixture
def accepted(play: Play) -> PlayedCase:
    """A case with 3 working days promised and 5 by law: until 5 and 9 March."""
    case = play(
        "common_acceptance",
        case_title="某项许可",
        materials_required=[],
        applicant={"user": play.user("applicant").id, "name": "申请人"},
    )
    begin(case)
    return case


def begin(case: PlayedCase) -> None:
    for limit, days, title in (("promised", 3, "承诺期限"), ("statutory", 5, "法定期限")):
        enter(case, ledger.Entry(
            limit=limit,
            event=Event.START,
            effective_at=clock.now(),
            amount=days,
            title=title,
            basis="行政许可法第四十二条",
            extend_most=2,
        ))  # fmt: skip


def enter(case: PlayedCase, line: ledger.Entry) -> None:
    case.play.run(lambda session: ledger.add(session, case.id, line, by="test"))
    case.play.run(lambda session: clocking.recount(session, case.id, by="test"))


def reported(case: PlayedCase) -> list[tuple[str, str]]:
    """What the worker's next heartbeat leaves in the list."""
    case.play.run(chores.all_due)
    query = select(SupervisionEntry).where(SupervisionEntry.case_id == case.id)
    found = case.play.run(
        lambda session: session.scalars(query.order_by(SupervisionEntry.id)).all()
    )
    return [(one.activity, one.reason) for one in found if one.kind == "overdue"]


def on(day: date) -> None:
    clock.set_to(clock.now().astimezone(clock.SHANGHAI).replace(month=day.month, day=day.day))


def test_a_limit_that_passed_is_reported_once_from_the_day_after(accepted: PlayedCase) -> None:
    on(date(2026, 3, 5))
    assert reported(accepted) == []
    on(date(2026, 3, 6))
    said = [("promised", "承诺期限（行政许可法第四十二条）于 2026-03-05 届满，尚未办结")]
    assert reported(accepted) == said
    assert reported(accepted) == said


def test_the_promise_and_the_statute_are_reported_each(accepted: PlayedCase) -> None:
    on(date(2026, 3, 10))
    assert [limit for limit, _reason in reported(accepted)] == ["promised", "statutory"]


def test_nothing_is_reported_while_time_is_not_counted(accepted: PlayedCase) -> None:
    pause = {"effective_at": clock.now(), "reason": "专家评审"}
    enter(accepted, ledger.Entry(limit=ledger.ALL, event=Event.SUSPEND, **pause))
    on(date(2026, 3, 20))
    assert reported(accepted) == []


def test_an_extension_that_runs_out_too_is_reported_again(accepted: PlayedCase) -> None:
    on(date(2026, 3, 6))
    assert len(reported(accepted)) == 1
    more = {"effective_at": clock.now(), "reason": "案情复杂", "amount": 2}
    enter(accepted, ledger.Entry(limit=ledger.PROMISED, event=Event.EXTEND, **more))
    assert len(reported(accepted)) == 1
    on(date(2026, 3, 10))
    promised = [reason for limit, reason in reported(accepted) if limit == "promised"]
    assert [reason.split("于 ")[1][:10] for reason in promised] == ["2026-03-05", "2026-03-09"]


def test_a_case_that_ended_in_time_is_not_reported(accepted: PlayedCase) -> None:
    enter(accepted, ledger.Entry(limit=ledger.ALL, event=Event.STOP, effective_at=clock.now()))
    on(date(2026, 3, 20))
    assert reported(accepted) == []


def test_the_supervisor_of_the_agency_sees_it_in_his_list(play: Play) -> None:
    case, by = story.applied(play), play.user("manager")
    begin(case)
    on(date(2026, 3, 6))
    reported(case)
    listed = play.run(lambda session: supervision.entries(session, by=by, kind="overdue"))
    assert [one.case.id for one in listed] == [case.id]
