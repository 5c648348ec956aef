"""存量电子证照批量生成: in batches, resumable, idempotent, with progress and a list of problems.

P-43. Thousands at night (`BANLI_NIGHTLY=1`), a hundred thousand with `BANLI_ECERTS=100000`.
"""

import os
import time
from typing import Any

import pytest

from bpmn.property import corrections, seals, story
from processes import registers
from processes.casework import applications
from processes.play import Play, PlayedCase
from processes.registers import Trace

NIGHTLY = os.environ.get("BANLI_NIGHTLY") == "1"


def stock(play: Play, count: int, *, wrong: tuple[int, ...] = (), first: int = 1) -> None:
    """Entries of the book from before there were electronic certificates."""
    numbers = range(first, first + count)
    rows = [story.stock_entry(one, wrong=one in wrong) for one in numbers]
    for at in range(0, count, 1_000):
        page = rows[at : at + 1_000]
        play.run(
            lambda session, page=page: registers.create_many(
                session, "register_entry", page, trace=Trace("test")
            )
        )


def ordered(play: Play, **answers: Any) -> PlayedCase:
    seals.employed(play)
    told = {"agency": story.STOCK_ORG, "batch_size": 10, "lanes": 1}
    return play.apply("prop_ecert_bulk", as_="prop_ecert", **{**told, **answers})


def run_of(play: Play, case: PlayedCase) -> dict[str, Any]:
    return story.record(play, "ecert_run", case.row.reference)


def test_the_stock_of_an_agency_gets_its_certificates_batch_by_batch(play: Play) -> None:
    stock(play, 25, wrong=(7,))
    case = ordered(play)
    assert (case.ended, case.row.outcome) == ("over", "completed")
    run = run_of(play, case)
    assert (run["total"], run["batches"], run["done"]) == (25, 3, 25)
    assert (run["issued"], run["problems"], run["skipped"]) == (24, 1, 0)
    assert (run["status"], run["cursor"]) == ("completed", "OLD0000025")
    held = story.records(play, "ecert", source="bulk")
    assert len({one["ecert_id"] for one in held}) == 24
    (problem,) = story.records(play, "ecert_problem")
    assert (problem["entry_no"], problem["source"]) == ("OLD0000007", "bulk")
    assert case.letters == ["letter_ecert_run"]
    assert story.notices_of(play, "prop_ecert")[0] == "存量批量任务结束"


def test_several_batches_are_under_way_at_the_same_time(play: Play) -> None:
    """P-43: three batches of ten side by side, and a fourth of five; each entry has one."""
    stock(play, 35, wrong=(7,))
    run = run_of(play, ordered(play, lanes=3))
    assert (run["batches"], run["done"], run["issued"], run["problems"]) == (4, 35, 34, 1)
    held = story.records(play, "ecert", source="bulk")
    assert len({one["entry_no"] for one in held}) == len({one["ecert_id"] for one in held}) == 34


def test_another_case_waits_for_few_certificates_only(play: Play) -> None:
    """P-43: jobs are taken in the order in which they fall due, and a batch has one at a time."""
    seals.employed(play)
    stock(play, 60)
    manager = play.user("prop_ecert")

    def begin(key: str, **answers: Any) -> None:
        play.run(lambda session: applications.apply(session, key, by=manager, answers=answers))

    def issued() -> int:
        return len(story.records(play, "ecert", source="bulk"))

    begin("prop_ecert_bulk", agency=story.STOCK_ORG, batch_size=10, lanes=3)
    while issued() < 6:
        play.worker.run_once()
    begin("prop_eseal_check")
    before = issued()
    while play.case("prop_eseal_check").ended is None:
        play.worker.run_once()
    assert issued() - before <= 2 * 3


def test_the_steps_of_a_certificate_share_their_transactions(play: Play) -> None:
    """P-43: nine service tasks, three transactions: lease, files handed out, all that follows."""
    stock(play, 20)
    begun = 0
    transact = play.worker.transact

    def counted(command: Any) -> Any:
        nonlocal begun
        begun += 1
        return transact(command)

    play.worker.transact = counted
    assert run_of(play, ordered(play))["issued"] == 20
    assert begun <= 3 * 20 + 20


def test_what_fails_behind_others_is_a_problem_of_its_own(play: Play) -> None:
    """P-43: the drawing fails in a transaction with what came before it, which is done again."""
    stock(play, 3)
    named(play, "OLD0000002", "权利人\U0001f600")
    run = run_of(play, ordered(play))
    assert (run["issued"], run["problems"]) == (2, 1)
    (problem,) = story.records(play, "ecert_problem")
    assert (problem["entry_no"], problem["stage"]) == ("OLD0000002", "seal")


def test_a_second_run_issues_nothing_twice(play: Play) -> None:
    stock(play, 12)
    ordered(play)
    stock(play, 3, first=13)
    run = run_of(play, ordered(play))
    assert (run["issued"], run["skipped"]) == (3, 12)
    assert len(story.records(play, "ecert", source="bulk")) == 15


def test_a_run_has_a_list_of_its_own_problems(play: Play) -> None:
    """P-43: met again by a later run, a problem that is still open is listed with that one."""
    stock(play, 12, wrong=(7,))
    first = ordered(play)
    (problem,) = story.records(play, "ecert_problem", run_no=first.row.reference)
    assert problem["entry_no"] == "OLD0000007"
    second = ordered(play)
    (again,) = story.records(play, "ecert_problem", run_no=second.row.reference)
    assert (again["key"], again["status"]) == (problem["key"], "open")


def test_what_was_mended_is_issued_again_and_leaves_the_list(play: Play) -> None:
    """P-43, P-44: only the open problems of that run are done, from the book as it is now."""
    stock(play, 25, wrong=(8,))
    named(play, "OLD0000002", "权利人\U0001f600")
    first = ordered(play)
    assert run_of(play, first)["problems"] == 2
    named(play, "OLD0000002", "权利人二")
    second = ordered(play, agency=None, again_of=first.row.reference)
    run = run_of(play, second)
    assert (run["org"], run["total"], run["done"]) == ("PR610500", 2, 2)
    assert (run["issued"], run["problems"], run["skipped"]) == (1, 1, 0)
    mended, left = sorted(
        story.records(play, "ecert_problem"), key=lambda one: str(one["entry_no"])
    )
    (made,) = story.records(play, "ecert", entry_no="OLD0000002")
    assert (mended["status"], mended["ecert_id"]) == ("resolved", made["ecert_id"])
    assert made["holder_name"] == "权利人二"
    assert (left["status"], left["run_no"]) == ("open", second.row.reference)


def wrongly_coded(play: Play) -> PlayedCase:
    """A run over the demo's stock, one of which has no code of the form of a unit's."""
    return ordered(play, agency=corrections.AGENCY)


def test_an_entry_corrected_by_hand_is_no_problem_of_a_later_run(play: Play) -> None:
    """P-43, P-44: the code in the book stays wrong, the entry has its certificate."""
    first = wrongly_coded(play)
    corrections.settled(play)
    second = ordered(play, agency=corrections.AGENCY)
    run = run_of(play, second)
    assert (run["issued"], run["skipped"], run["problems"]) == (0, 12, 0)
    (problem,) = story.records(play, "ecert_problem")
    assert (problem["status"], problem["run_no"]) == ("resolved", first.row.reference)


def test_a_checked_correction_that_was_not_sealed_is_issued_again(play: Play) -> None:
    """P-43, P-44: what the book can't be made to say is taken from the correction."""
    first = wrongly_coded(play)
    desk = seals.employed(play)
    desk.refuses = "印章已停用"
    assert corrections.settled(play).ended == "still_wrong"
    desk.refuses = ""
    second = ordered(play, agency=None, again_of=first.row.reference)
    assert (run_of(play, second)["issued"], run_of(play, second)["problems"]) == (1, 0)
    (made,) = story.records(play, "ecert", unit_code=corrections.RIGHT)
    (problem,) = story.records(play, "ecert_problem")
    assert (problem["status"], problem["ecert_id"]) == ("resolved", made["ecert_id"])


def named(play: Play, entry_no: str, holder: str) -> None:
    """The book calls the holder otherwise."""
    changes = {"holder_name": holder}
    play.run(
        lambda session: registers.update(
            session, "register_entry", entry_no, changes, trace=Trace("test")
        )
    )


def test_only_entries_of_the_period_are_taken(play: Play) -> None:
    stock(play, 24)
    run = run_of(play, ordered(play, from_on="2019-03-01", to_on="2019-04-30"))
    assert (run["issued"], run["done"]) == (4, 24)


def test_a_run_that_is_interrupted_goes_on_where_it_was(play: Play) -> None:
    """The seal system goes down in the middle; nothing is lost, doubled or begun anew."""
    desk = seals.employed(play)
    stock(play, 20)
    before = type(desk).seal

    def failing(self: seals.DeskSeals, order: Any, document: Any) -> bytes:
        self.down = len({one.id for one in self.asked if one.format == "pdf"}) == 14
        return before(self, order, document)

    desk.seal = failing.__get__(desk)  # type: ignore[method-assign]
    case = ordered(play)
    assert case.ended is None
    assert run_of(play, case)["done"] == 10
    del desk.seal
    desk.down = False
    case.passes(minutes=2)
    assert (case.ended, run_of(play, case)["issued"]) == ("over", 20)
    assert len(story.records(play, "ecert", source="bulk")) == 20


def test_a_batch_that_is_mostly_wrong_stops_the_run_for_somebody_to_look(play: Play) -> None:
    stock(play, 20, wrong=tuple(range(1, 9)))
    case = ordered(play)
    assert case.waits_for == {"look"}
    case.complete("look", as_="prop_ecert", go_on=False)
    assert (case.ended, run_of(play, case)["status"]) == ("over", "stopped")
    assert run_of(play, case)["done"] == 10


def test_after_a_look_the_run_may_go_on(play: Play) -> None:
    stock(play, 20, wrong=tuple(range(1, 9)))
    case = ordered(play)
    case.complete("look", as_="prop_ecert", go_on=True)
    run = run_of(play, case)
    assert (run["issued"], run["problems"], run["status"]) == (12, 8, "completed")


@pytest.mark.slow
@pytest.mark.skipif(not NIGHTLY, reason="thousands of seals take minutes: BANLI_NIGHTLY=1")
def test_thousands_of_certificates_at_night(play: Play) -> None:
    count = int(os.environ.get("BANLI_ECERTS", "3000"))
    play.rounds = count * 40
    stock(play, count, wrong=(count // 2,))
    began = time.perf_counter()
    case = ordered(play, batch_size=200, lanes=8)  # as many at a time as may be
    seconds = time.perf_counter() - began
    run = run_of(play, case)
    assert (run["issued"], run["problems"]) == (count - 1, 1)
    print(f"{count} certificates in {seconds:.0f} s, {count / seconds:.1f} a second")  # noqa: T201
