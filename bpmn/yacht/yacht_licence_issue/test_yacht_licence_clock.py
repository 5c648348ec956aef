"""The clocks of a licence: supplement, extension, decision and delivery (case-operations B.2)."""

from datetime import date

from sqlalchemy.orm import Session

from bpmn.yacht import story
from engine import migration, repository
from processes.casework import cases
from processes.clock import clock as ledger
from processes.clock.reckoning import Reckoning, State
from processes.play import Play, PlayedCase
from tests.processes.test_clocking import timers


def clocks(case: PlayedCase) -> dict[str, Reckoning]:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return {one.kind: one.reckoning for one in found}


def test_row_extended_once_both_limits_move_and_keep_the_old_one(play: Play) -> None:
    case = story.applied(play)
    story.accept(case)
    story.review(case)
    story.approve(case, "extend", reason="需专家论证", extend_days=10)
    case.complete("approve_extension", as_="head", extension_decision="approve")
    found = clocks(case)
    for limit in ("statutory", "promised"):
        assert (found[limit].budget, found[limit].extended) == (20, 10)
        assert found[limit].due_on == date(2026, 4, 14)


def test_row_supplement_of_the_review_suspends_until_it_is_handed_in(play: Play) -> None:
    case = story.applied(play)
    story.accept(case)
    story.review(case, "supplement", reason="照片背景不是白色", missing_list=story.MISSING)
    assert clocks(case)["statutory"].state is State.SUSPENDED
    assert clocks(case)["applicant"].state is State.RUNNING
    play.passes(working_days=3)
    case.sends("提交补正材料", supplement_items=[{"files": [story.upload(play, "照片.pdf")]}])
    found = clocks(case)["statutory"]
    assert (found.state, found.pauses[0].counted) == (State.RUNNING, 3)
    assert found.due_on == date(2026, 4, 2)


def test_row_decided_the_statutory_clock_stops_and_delivery_is_counted(play: Play) -> None:
    case = story.applied(play)
    story.accept(case)
    play.passes(working_days=2)
    story.review(case)
    story.approve(case)
    found = clocks(case)
    assert (found["statutory"].state, found["statutory"].used) == (State.STOPPED, 2)
    assert found["promised"].state is State.STOPPED
    assert (found["delivery"].budget, found["delivery"].state) == (10, State.STOPPED)


def ready(play: Play) -> PlayedCase:
    """A card waits for its holder since Monday 2 March."""
    play.rest()
    case = story.posted(play)
    story.verify(case)
    return case


def test_timer_parcel_overdue_follows_the_working_days_of_the_agency(play: Play) -> None:
    """Y-15: five working days from posting on 3 March; a day closed and a suspension move it."""
    case = story.posted(play)
    assert timers(case)["parcel_overdue"] == date(2026, 3, 11)
    story.closed(play, date(2026, 3, 6))
    assert timers(case)["parcel_overdue"] == date(2026, 3, 12)
    play.passes(working_days=2)
    by = play.user("manager")
    play.run(lambda session: cases.suspend(session, case.id, by=by, reason="核查"))
    play.passes(working_days=2)
    play.run(lambda session: cases.resume(session, case.id, by=by, reason="查毕"))
    assert timers(case)["parcel_overdue"] == date(2026, 3, 13)  # one of the two days was closed


def test_timer_parcel_overdue_ends_with_the_arrival_and_begins_anew_with_the_next_card(
    play: Play,
) -> None:
    case = story.posted(play)
    story.verify(case, "wrong_centre", error_items=["photo"])
    assert clocks(case)["parcel"].state is State.STOPPED
    story.return_card(case, reason="wrong_centre")
    play.passes(working_days=3)
    story.produce(play, "EMS1000")
    assert clocks(case)["parcel"].state is State.RUNNING
    assert "parcel_overdue" in timers(case)


def test_timers_of_collection_follow_the_working_days_of_the_applicant_s_limit(play: Play) -> None:
    """Y-63: reminders after 20 and 40, kept after 60 working days from 2 March."""
    case = ready(play)
    before = timers(case)
    story.closed(play, date(2026, 3, 6))
    found = clocks(case)["applicant"]
    assert (found.budget, found.state) == (60, State.RUNNING)
    moved = {name: timers(case)[name] - before[name] for name in before}
    assert {name for name, by in moved.items() if by.days} >= {"remind_1", "remind_2"}
    assert before["remind_1"] == date(2026, 3, 31)
    assert timers(case)["remind_1"] == date(2026, 4, 1)


def test_timers_of_collection_survive_a_move_to_another_version(play: Play) -> None:
    case = ready(play)
    before = timers(case)

    def moved(session: Session) -> None:
        first = repository.latest(session, story.LICENCE)
        files = {
            name: content.replace("通知领证".encode(), "告知领证".encode())
            for name, content in repository.resources(session, first.deployment_id).items()
        }
        repository.deploy(session, files, by="admin")
        last = repository.latest(session, story.LICENCE)
        migration.migrate(session, case.id, first.id, last.id, by="admin")

    play.run(moved)
    assert timers(case) == before


def test_a_licence_collected_ends_the_applicant_s_limit(play: Play) -> None:
    case = ready(play)
    story.issue(case)
    assert clocks(case)["applicant"].state is State.STOPPED
