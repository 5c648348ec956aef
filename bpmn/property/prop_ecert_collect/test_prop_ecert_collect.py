"""电子证照逐级归集: files deposited, data in a batch, receipt, reconciliation (P-40, P-56)."""

from typing import Any

import pytest
from sqlalchemy import select

from bpmn.property import story
from engine.ports import Work
from engine.variables import Variables
from processes.model.cases import Case
from processes.play import Play, PlayedCase


class Repository:
    """The ministry's repository, which refuses what it is told to refuse."""

    topic = "mnr_cert_repo.deposit"

    def __init__(self, *refuses: str) -> None:
        self.refuses = refuses
        self.kept: dict[str, str] = {}

    def execute(self, work: Work) -> Variables:
        number = str(work.variables["ecert_no"])
        if number in self.refuses:
            return {"deposit_no": None, "refused": "证照元数据版本不受支持"}
        self.kept[number] = work.file("document").sha256
        return {"deposit_no": f"BD{len(self.kept)}", "refused": None}


@pytest.fixture
def play(play: Play) -> Play:
    """With the collection awake, which begins every night and rests elsewhere."""
    play.wake("prop_ecert_collect")
    return play


def two(play: Play) -> list[dict[str, Any]]:
    proof = "陕(2026)西安市不动产证明第0000009号"
    return [
        story.certified(play),
        story.certified(play, "m-2", entry_no="XA2", certificate_no=proof, right_kind="抵押权"),
    ]


def begun(play: Play, *refuses: str) -> tuple[PlayedCase, Repository]:
    repository = Repository(*refuses)
    play.employ(repository)
    return play.apply("prop_ecert_collect", as_="prop_ecert", most=200), repository


def states(play: Play) -> list[str]:
    return sorted(one["collected"] for one in story.records(play, "ecert"))


def test_files_and_data_reach_the_repository_and_are_marked(play: Play) -> None:
    held = two(play)
    case, repository = begun(play)
    assert repository.kept == {one["ecert_id"]: one["sha256"] for one in held}
    assert case.messages == ["exchange_package"]
    case.receives("exchange_receipt", accepted=2, rejected=[])
    assert (case.ended, case.row.outcome) == ("collected", "collected")
    assert states(play) == ["done", "done"]


def test_what_the_repository_refuses_is_marked_with_its_reason(play: Play) -> None:
    first, second = two(play)
    case, _ = begun(play, first["ecert_id"])
    assert [one["key"] for one in case.variables["records"]] == [second["ecert_id"]]
    case.receives("exchange_receipt", accepted=1, rejected=[])
    assert states(play) == ["done", "rejected"]
    told = story.record(play, "ecert", first["ecert_id"])
    assert told["collection_note"] == "证照元数据版本不受支持"
    assert case.row.outcome == "partly"


def test_a_record_of_the_batch_that_is_refused_is_reconciled(play: Play) -> None:
    first, _second = two(play)
    case, _ = begun(play)
    refused = {"key": first["ecert_id"], "reason": "文件摘要不符"}
    case.receives("exchange_receipt", accepted=1, rejected=[refused])
    case.complete("handle_dead", as_="prop_ecert", decision="leave", remark="另行核对")
    assert states(play) == ["done", "rejected"]


def test_without_a_receipt_the_batch_is_sent_again(play: Play) -> None:
    """Retry (domain section 6): a day without an answer."""
    two(play)
    case, _ = begun(play)
    case.passes(hours=25)
    assert case.messages == ["exchange_package"] * 2
    case.receives("exchange_receipt", accepted=2, rejected=[])
    assert states(play) == ["done", "done"]


def test_what_was_collected_is_not_collected_again(play: Play) -> None:
    two(play)
    first, _ = begun(play)
    first.receives("exchange_receipt", accepted=2, rejected=[])
    again, repository = begun(play)
    assert (again.ended, repository.kept) == ("nothing", {})


def test_every_night_what_waits_is_collected_by_itself(play: Play) -> None:
    """P-56: by a timer; the work order is the provincial centre's."""
    play.employ(Repository())
    two(play)
    with play.session() as session:
        before = session.scalars(select(Case.id)).all()
    play.passes(days=1)
    case = play.case("prop_ecert_collect")
    assert case.id not in before
    assert case.messages == ["exchange_package"]
    case.receives("exchange_receipt", accepted=2, rejected=[])
    assert states(play) == ["done", "done"]
    assert case.variables["work_order_no"].startswith("P")
