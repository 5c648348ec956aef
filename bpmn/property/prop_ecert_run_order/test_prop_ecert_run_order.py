"""存量批量任务的暂停、继续、停止: orders from the page of a run reach it between two batches (P-43)."""

from typing import Any

import pytest

from bpmn.property import seals, story
from bpmn.property.prop_ecert_bulk.test_prop_ecert_bulk import run_of, stock
from engine.errors import BanliError
from processes import registers
from processes.casework import applications
from processes.play import Play, PlayedCase


def begin(play: Play, key: str, *, by: str = "prop_ecert", **answers: Any) -> None:
    """File an application without doing the jobs that come of it."""
    user = play.user(by)
    play.run(lambda session: applications.apply(session, key, by=user, answers=answers))


def issued(play: Play) -> int:
    return len(story.records(play, "ecert", source="bulk"))


def under_way(play: Play, *, count: int = 30) -> PlayedCase:
    """A run of batches of ten, in the middle of its first."""
    seals.employed(play)
    stock(play, count)
    begin(play, "prop_ecert_bulk", agency="PR610500", batch_size=10, lanes=1)
    while issued(play) < 4:
        play.worker.run_once()
    return play.case("prop_ecert_bulk")


def order(play: Play, case: PlayedCase, action: str, **more: Any) -> None:
    told = {} if action == "resume" else {"reason": "月底核对"}
    begin(play, "prop_ecert_run_order", run_no=case.row.reference, action=action, **told | more)


def test_a_paused_run_ends_what_is_under_way_and_begins_no_further_batch(play: Play) -> None:
    case = under_way(play)
    order(play, case, "pause")
    play.worker.drain()
    run = run_of(play, case)
    assert (run["status"], run["done"], run.get("paused_why")) == ("paused", 10, "月底核对")
    assert issued(play) == 10
    assert case.waits_for == {"look"}


def test_a_paused_run_that_goes_on_issues_the_rest_once(play: Play) -> None:
    case = under_way(play)
    order(play, case, "pause")
    play.worker.drain()
    order(play, case, "resume")
    play.worker.drain()
    run = run_of(play, case)
    assert (case.ended, run["status"], run["issued"], run.get("paused_why")) == (
        "over",
        "completed",
        30,
        None,
    )
    held = story.records(play, "ecert", source="bulk")
    assert len({one["entry_no"] for one in held}) == len(held) == 30


def test_the_task_of_the_manager_does_what_the_page_of_the_run_does(play: Play) -> None:
    case = under_way(play)
    order(play, case, "pause")
    play.worker.drain()
    case.complete("look", as_="prop_ecert", go_on=True)
    assert (case.ended, run_of(play, case)["status"]) == ("over", "completed")


def test_a_pause_taken_back_before_the_batch_ended_stops_nothing(play: Play) -> None:
    case = under_way(play)
    order(play, case, "pause")
    order(play, case, "resume")
    play.worker.drain()
    assert (case.ended, run_of(play, case)["status"], issued(play)) == ("over", "completed", 30)


@pytest.mark.parametrize("paused", [False, True])
def test_a_run_that_is_stopped_ends_with_its_report(play: Play, *, paused: bool) -> None:
    case = under_way(play)
    if paused:
        order(play, case, "pause")
        play.worker.drain()
    order(play, case, "stop")
    play.worker.drain()
    run = run_of(play, case)
    assert (case.ended, case.row.outcome) == ("over", "stopped")
    assert (run["status"], run["done"], run["issued"]) == ("stopped", 10, 10)
    assert run["ended_on"]
    assert case.letters == ["letter_ecert_run"]
    assert "存量批量任务结束" in story.notices_of(play, "prop_ecert")


def test_every_order_is_a_case_and_its_reason_stands_in_the_record(play: Play) -> None:
    case = under_way(play)
    order(play, case, "pause")
    play.worker.drain()
    told = play.case("prop_ecert_run_order")
    assert (told.ended, told.status, told.row.outcome) == ("done", "completed", "pause")
    assert told.row.title == f"暂停存量批量任务 {case.row.reference}"
    number = case.row.reference
    kept = play.run(lambda session: registers.log(session, "ecert_run", number))
    (log,) = [one for one in kept if (one.from_status, one.to_status) == ("running", "paused")]
    assert (log.reason, log.reference) == ("月底核对", told.row.reference)


def test_an_order_that_comes_too_late_changes_nothing(play: Play) -> None:
    case = under_way(play)
    order(play, case, "resume")
    play.worker.drain()
    told = play.case("prop_ecert_run_order")
    assert (told.ended, run_of(play, case)["status"]) == ("too_late", "completed")
    assert "任务没有变更" in story.notices_of(play, "prop_ecert")
    with pytest.raises(BanliError):
        order(play, case, "pause")


def test_a_run_is_ordered_about_by_its_manager_only(play: Play) -> None:
    case = under_way(play)
    with pytest.raises(BanliError):
        order(play, case, "stop", by="prop_ecert_clerk")
    assert run_of(play, case)["status"] == "running"


def test_a_stop_must_be_reasoned(play: Play) -> None:
    case = under_way(play)
    with pytest.raises(BanliError):
        order(play, case, "stop", reason="")
