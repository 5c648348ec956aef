"""网上办事平台来件: the cases of the older platform go the way of the window (P-33, P-09, P-12)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from adapters._shared import wire
from adapters.registry import contracts
from bpmn.property import shares, story
from engine import clock
from engine.model import OutboxMessage
from engine.ports import Message
from processes.casefile import messages
from processes.desk import worklist
from processes.exchange import publication
from processes.play import Play, PlayedCase

KEY = "prop_online_platform"
CHANNEL = "online_platform"


@pytest.fixture(autouse=True)
def platform(play: Play) -> Iterator[None]:
    """The platform takes reports; what goes out stays where a test can read it."""
    publication.reach({"online_case_status"})
    play.worker.routes = {name: one.channel for one in contracts() for name in one.outward}
    play.worker.remote = tuple(play.worker.routes)
    yield
    publication.reach(())


def arrives(play: Play, name: str, message_id: str, **body: Any) -> str:
    """A message of the platform, checked by its contract as the callback is."""
    contract = next(one for one in contracts() if one.channel == CHANNEL)
    content = wire.load(wire.dump(body))
    read = {**wire.variables(content), **contract.inward[name].read(content), "online_no": "WS1"}
    message = Message(message_id, name, "WS1", read)
    taken = play.run(lambda s: messages.accept(s, channel=CHANNEL, message=message))
    play.drain()
    return taken.kind


def submitted(play: Play, message_id: str = "w-1", **changes: Any) -> PlayedCase:
    desk = shares.employed(play)
    assert desk
    told = story.sale(marital_status="single")
    answers = {name: told[name] for name in told.keys() - {"org", "business_kind", "unit_code"}}
    body = {
        "to_agency": "PR610100",
        "business_kind": "resale",
        "unit_code": story.UNIT,
        "applicant": {**story.BUYER, "id_type": "resident_id"},
        "answers": answers,
        "submitted_at": clock.now().isoformat(),
        **changes,
    }
    assert arrives(play, "online_case_submitted", message_id, **body) == "started"
    return play.case(KEY)


def told(play: Play) -> list[str]:
    """The statuses that went back, oldest first."""
    with play.session() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        return [str(one.payload["status"]) for one in rows if one.topic == "online_case_status"]


def last_told(play: Play) -> Any:
    """The whole of the last one."""
    with play.session() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        return [one.payload for one in rows if one.topic == "online_case_status"][-1]


def noted(play: Play, case: PlayedCase) -> object:
    """What the clerk who checks again reads of the supplement."""
    by, (task,) = play.user("prop_window"), case.tasks
    return play.run(lambda s: worklist.view(s, task.id, by=by)).variables["supplement_note"]


def test_it_is_handled_as_at_the_window_and_every_status_goes_back(play: Play) -> None:
    case = submitted(play)
    number = str(case.variables["work_order_no"])
    assert number.startswith("P610100")
    case.complete("accept", as_="prop_window", decision="accept")
    story.taxed(case)
    case.receives("contract_verified", **story.VERIFIED)
    story.pre_reviewed(case)
    story.booked(case)
    assert case.ended == "closed"
    kept = story.record(play, "online_case", "WS1")
    assert (kept["status"], kept["outcome"], kept["work_order_no"]) == (
        "done",
        "registered",
        number,
    )
    assert told(play)[-1] == "completed"
    assert len(told(play)) > 2


def test_the_same_number_makes_one_case(play: Play) -> None:
    first = submitted(play)
    second = submitted(play, "w-2")
    assert (first.ended, second.ended) == (None, "known")
    assert second.row.outcome == "duplicate"


def test_an_agency_that_is_none_is_told_back(play: Play) -> None:
    case = submitted(play, to_agency="XX000000")
    assert (case.ended, case.row.outcome) == ("rejected", "not_received")
    assert told(play) == ["rejected"]


def test_what_is_withdrawn_there_is_withdrawn_here(play: Play) -> None:
    case = submitted(play)
    case.complete("accept", as_="prop_window", decision="accept")
    arrives(play, "online_case_withdrawn", "w-9", reason="不办了")
    case.receives("tax_cancelled", outcome="cancelled")
    assert case.row.status == "withdrawn"
    assert story.record(play, "realty_unit", story.UNIT)["status"] == "free"


def test_what_is_supplemented_there_is_checked_here_again(play: Play) -> None:
    case = submitted(play)
    missing = [{"item": "买卖合同", "reason": "缺页", "basis": "条例第十六条"}]
    case.complete("accept", as_="prop_window", decision="supplement", missing_list=missing)
    assert told(play)[-1] == "supplement_pending"
    asked = last_told(play)
    assert asked["supplement_list"] == [
        {"item": "买卖合同", "reason": "缺页", "basis": "条例第十六条"}
    ]
    assert asked["supplement_due_on"] is not None
    files = [{"name": "买卖合同.pdf", "sha256": "0" * 64}]
    arrives(play, "online_supplement_submitted", "w-5", files=files)
    assert case.waits_for == {"accept"}
    assert noted(play, case) == "网上办事平台补正：买卖合同.pdf"
    assert told(play)[-1] == "submitted"
    assert last_told(play)["supplement_list"] is None


def test_a_second_supplement_is_taken_as_well(play: Play) -> None:
    case = submitted(play)
    missing = [{"item": "买卖合同", "reason": "缺页", "basis": "条例第十六条"}]
    for at, more in enumerate(({}, {"repeat_reason": "补正件不清晰"})):
        case.complete(
            "accept", as_="prop_window", decision="supplement", missing_list=missing, **more
        )
        arrives(play, "online_supplement_submitted", f"w-{at + 5}")
        assert case.waits_for == {"accept"}
    assert noted(play, case) == "网上办事平台补正，没有附文件"


def test_without_consent_nothing_is_fetched(play: Play) -> None:
    desk = shares.employed(play)
    submitted(play, answers={"location": "演示路 1 号", "price": "1000000"})
    assert [one.asked for one in desk.values()] == [[], [], []]
