"""B.1 效能监督 (E-supervision), B.2 红黄灯: a statutory or promised limit that passed is reported.

The worker enters it once, from the day after the last day; not while time is not counted, and
again only if an extension that was granted has run out too.
"""

from datetime import date

import pytest
from sqlalchemy import select

from bpmn.yacht import story
from engine import clock, repository
from processes import chores
from processes.casefile import notices, supervision
from processes.casework import cases
from processes.clock import calendars, clocking
from processes.clock import clock as ledger
from processes.clock.calendars import Change
from processes.clock.reckoning import Event
from processes.model.cases import SupervisionEntry
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import user, xml
from tests.processes.test_clocking import START, marks

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


def entered(case: PlayedCase, kind: str) -> list[str]:
    case.play.run(chores.all_due)
    query = select(SupervisionEntry).where(SupervisionEntry.case_id == case.id)
    found = case.play.run(lambda session: session.scalars(query).all())
    return [one.reason for one in found if one.kind == kind]


def told(case: PlayedCase, login: str) -> list[str]:
    by = case.play.user(login)
    box = case.play.run(lambda session: list(notices.box(session, by)))
    return [one.title for one in box if one.kind == "supervision"]


class TestSignals:
    """B.1: yellow one working day before, red when past; by message to who is responsible."""

    def test_one_working_day_before_the_end_is_a_warning_once(self, accepted: PlayedCase) -> None:
        on(date(2026, 3, 3))
        assert entered(accepted, "warning") == []
        on(date(2026, 3, 4))
        assert entered(accepted, "warning") == ["承诺期限将于 2026-03-05 届满"]
        on(date(2026, 3, 5))
        assert entered(accepted, "warning") == ["承诺期限将于 2026-03-05 届满"]

    def test_an_extended_limit_warns_again_before_its_new_end(self, accepted: PlayedCase) -> None:
        on(date(2026, 3, 4))
        assert entered(accepted, "warning") == ["承诺期限将于 2026-03-05 届满"]
        more = {"effective_at": clock.now(), "reason": "案情复杂", "amount": 2}
        enter(accepted, ledger.Entry(limit=ledger.PROMISED, event=Event.EXTEND, **more))
        on(date(2026, 3, 6))
        assert "承诺期限将于 2026-03-09 届满" in entered(accepted, "warning")

    def test_a_weekend_before_the_end_is_bridged(self, accepted: PlayedCase) -> None:
        on(date(2026, 3, 6))  # Friday; the statute ends on Monday
        assert "法定期限将于 2026-03-09 届满" in entered(accepted, "warning")

    def test_a_day_off_of_the_agency_alone_brings_the_warning_forward(
        self, accepted: PlayedCase
    ) -> None:
        storm, code = [Change(date(2026, 3, 5), is_working=False, name="台风停工")], "370001"
        play = accepted.play
        play.run(
            lambda session: calendars.change(
                session, storm, source="市政府通告", by="admin", org_code=code
            )
        )
        play.run(lambda session: clocking.recount(session, accepted.id, by="test"))
        on(date(2026, 3, 4))  # the promise now ends on Friday, and Thursday is no working day
        assert entered(accepted, "warning") == ["承诺期限将于 2026-03-06 届满"]

    def test_a_signal_goes_by_message_to_the_responsible_and_the_supervisor(
        self, accepted: PlayedCase
    ) -> None:
        on(date(2026, 3, 6))
        entered(accepted, "overdue")
        assert "办理超期：某项许可" in told(accepted, "acceptor")
        assert "办理超期：某项许可" in told(accepted, "manager")
        assert told(accepted, "approver") == []

    def test_a_step_past_its_own_limit_counts_though_the_whole_is_in_time(self, play: Play) -> None:
        case = play("common_acceptance", case_title="某项许可", materials_required=[])
        on(date(2026, 3, 9))
        assert entered(case, "step_overdue") == []
        on(date(2026, 3, 10))
        said = "『受理』受理期限于 2026-03-09 届满，尚未办理"
        assert entered(case, "step_overdue") == [said]
        assert entered(case, "step_overdue") == [said]

    def test_what_passed_while_the_worker_was_down_is_reported_by_the_end_of_the_case(
        self, play: Play
    ) -> None:
        case, by = story.applied(play), play.user("manager")
        begin(case)
        on(date(2026, 3, 6))
        play.run(lambda s: cases.terminate(s, case.id, by=by, reason="申请人已死亡"))
        said = "承诺期限（行政许可法第四十二条）于 2026-03-05 届满，2026-03-06 办结，已超期"
        assert reported(case) == [("promised", said)]

    def test_the_step_that_stops_a_limit_too_late_reports_it(self, play: Play) -> None:
        model = xml(
            "start -> begun -> review -> done -> wait -> end",
            key="yacht_licence_stopped",
            begun=marks(START),
            review=user(candidateGroups="licence_reviewer@370001"),
            done=marks({"do": "stop", "limit": "promised"}),
            wait=user(candidateGroups="licence_reviewer@370001"),
        )
        play.run(lambda session: repository.deploy(session, {"s.bpmn": model}, by="admin"))
        case = play.start("yacht_licence_stopped")
        on(date(2026, 3, 18))
        case.complete("review", as_="reviewer")
        (entry,) = reported(case)
        assert entry[1].endswith("于 2026-03-16 届满，2026-03-18 办结，已超期")
