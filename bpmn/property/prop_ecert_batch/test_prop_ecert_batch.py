"""存量批量的一批: a case of its own, started by the run, which it tells what came of it (P-43)."""

from bpmn.property import seals, story
from bpmn.property.prop_ecert_bulk.test_prop_ecert_bulk import ordered, stock
from processes.play import Play


def test_each_batch_is_a_case_of_its_own_with_its_certificates(play: Play) -> None:
    stock(play, 12, wrong=(3,))
    run = ordered(play)
    last = play.case("prop_ecert_batch")
    assert (last.ended, last.status, last.messages) == ("done", "completed", ["ecert_batch_done"])
    assert len(last.letters) == 2
    assert run.letters == ["letter_ecert_run"], "the run itself does not grow"


def test_an_entry_that_fails_leaves_the_others_of_its_batch_alone(play: Play) -> None:
    stock(play, 10, wrong=(1,))
    ordered(play)
    batch = play.case("prop_ecert_batch")
    assert batch.variables["counted"] == {"issued": 9, "skipped": 0, "problems": 1}
    assert batch.incidents == []


def test_a_seal_that_takes_too_long_is_a_problem_and_the_batch_goes_on(play: Play) -> None:
    seals.employed(play).down = True
    stock(play, 2)
    ordered(play)
    for _ in range(2):
        play.passes(hours=5)
    found = story.records(play, "ecert_problem")
    assert [one["stage"] for one in found] == ["seal", "seal"]
    assert play.case("prop_ecert_batch").ended == "done"
