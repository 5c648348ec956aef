"""Cases that another province accepted and forwards to us (P-04, P-05, P-34, P-35, P-37)."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from adapters._shared import wire
from adapters.registry import contracts
from bpmn.property import shares, story
from engine import clock
from engine.model import EventSubscription, OutboxMessage
from engine.ports import Message
from processes.casefile import messages
from processes.casework import cases
from processes.exchange import publication
from processes.play import Play, PlayedCase

KEY = "prop_cross_province"
UNIT = "610113001002GB00001F00010002"
BANK = {"name": "演示银行成都分行", "id_no": "510104199001010012", "phone": "13900000011"}
OWNER = {"name": "乙某", "id_no": "610102198001010014", "phone": "13900000002"}
PROGRESS = ("case_status", "case_data")


@pytest.fixture(autouse=True)
def platforms(play: Play) -> Iterator[None]:
    """Both platforms take reports; what goes out stays in the outbox where a test can read it."""
    publication.reach(PROGRESS)
    play.worker.routes = {name: one.channel for one in contracts() for name in one.outward}
    play.worker.remote = tuple(play.worker.routes)
    yield
    publication.reach(())


def told(kind: str = "mortgage", **changes: Any) -> dict[str, Any]:
    return {
        "from_agency": "成都市不动产登记中心",
        "to_agency": "PR610100",
        "business_kind": kind,
        "mode": "fully_online",
        "unit_code": UNIT,
        "location": "西安市雁塔区演示路 1 号 1 幢 1 单元 10102 室",
        "applicant": {**BANK, "id_type": "resident_id"},
        "right_holders": [BANK],
        "obligors": [OWNER],
        "share_consent": True,
        "details": {"secured_amount": "800000"},
        "materials": [{"code": "mortgage_contract", "name": "抵押合同.pdf", "sha256": "0" * 64}],
        "accepted_at": clock.now().isoformat(),
        **changes,
    }


def arrives(play: Play, name: str, number: str, body: dict[str, Any], *, message_id: str) -> str:
    """A message of the national platform, checked by its contract as the callback is."""
    contract = next(one for one in contracts() if one.channel == "national_one_window")
    content = wire.load(wire.dump(body))
    read = {**wire.variables(content), **contract.inward[name].read(content)}
    message = Message(message_id, name, number, {**read, "foreign_no": number})
    taken = play.run(lambda s: messages.accept(s, channel="national_one_window", message=message))
    play.drain()
    return taken.kind


def forwarded(play: Play, number: str = "KS1", **changes: Any) -> PlayedCase:
    shares.employed(play)
    assert arrives(play, "case_forwarded", number, told(**changes), message_id=f"f-{number}") == (
        "started"
    )
    return play.case(KEY)


def sent(play: Play, *names: str) -> list[dict[str, Any]]:
    """What is in the outbox for the platforms, oldest first."""
    with play.session() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        return [{**one.payload, "_name": one.topic} for one in rows if one.topic in names]


def booked(case: PlayedCase) -> None:
    case.complete("accept", as_="prop_window", decision="accept")
    story.pre_reviewed(case)
    story.booked(case)


def test_a_mortgage_of_another_province_is_handled_here_and_its_result_goes_back(
    play: Play,
) -> None:
    """P-04, P-05, P-34: receipt with our number, handling as any other, result and proof back."""
    case = forwarded(play)
    number = case.variables["work_order_no"]
    assert number.startswith("P610100")
    assert sent(play, "forward_receipt") == [
        {"foreign_no": "KS1", "accepted": True, "work_order_no": number, "_name": "forward_receipt"}
    ]
    booked(case)
    assert case.ended == "closed"
    (result,) = sent(play, "case_result")
    assert (result["outcome"], result["work_order_no"]) == ("registered", number)
    assert "不动产证明第" in result["certificate_no"]
    assert story.record(play, "cross_case", "KS1")["status"] == "done"
    (entry,) = story.records(play, "register_entry", work_order_no=number)
    assert entry["holder_name"] == "演示银行成都分行"


def test_every_change_of_status_is_reported_to_both_platforms_once(play: Play) -> None:
    """P-35, P-37: in real time, by the data of the domain alone."""
    case = forwarded(play)
    booked(case)
    national = [one["status"] for one in sent(play, "case_status")]
    assert national[0] == "accepted"
    assert national[-1] == "completed"
    assert all(a != b for a, b in pairwise(national)), national
    data = sent(play, "case_data")
    assert [one["status"] for one in data] == national
    assert data[-1]["status_title"] == "已办结"
    assert data[-1]["applicant_name"] == "演**", "masked before it leaves"
    assert {one["work_order_no"] for one in data} == {case.variables["work_order_no"]}
    assert data[-1]["item"] == "跨省通办"


def test_a_case_forwarded_twice_gives_the_first_work_order(play: Play) -> None:
    case = forwarded(play)
    number = case.variables["work_order_no"]
    assert arrives(play, "case_forwarded", "KS1", told(), message_id="f-KS1") == "duplicate"
    assert arrives(play, "case_forwarded", "KS1", told(), message_id="f-again") == "started"
    receipts = sent(play, "forward_receipt")
    assert [one["work_order_no"] for one in receipts] == [number, number]
    assert receipts[1]["accepted"] is True
    assert play.case(KEY).ended == "known"
    assert len(story.records(play, "cross_case")) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"to_agency": "XX000000"}, "办理机构代码有误"),
        ({"to_agency": "PT610100"}, "不是不动产登记机构"),
        ({"kind": "resale"}, "尚未纳入跨省通办"),
        ({"unit_code": None}, "缺少不动产单元代码"),
        ({"right_holders": []}, "缺少权利人"),
    ],
)
def test_what_cannot_be_taken_is_told_with_its_reason(
    play: Play, changes: dict[str, Any], reason: str
) -> None:
    case = forwarded(play, **changes)
    (receipt,) = sent(play, "forward_receipt")
    assert receipt["accepted"] is False
    assert reason in receipt["reason"]
    assert case.ended == "rejected"
    assert story.record(play, "cross_case", "KS1")["status"] == "rejected"
    assert case.incidents == []


def found(play: Play, text: str) -> list[int]:
    """What the search of cases finds for somebody at the window."""
    by = play.user("prop_window")
    return play.run(lambda session: [one.id for one in cases.search(session, by=by, text=text)])


def test_it_is_found_by_the_number_it_came_with_and_by_ours(play: Play) -> None:
    """P-04, P-34: who calls names either."""
    case = forwarded(play, "KS20260001")
    number = case.variables["work_order_no"]
    assert case.row.reference == "KS20260001" != number
    assert found(play, "KS20260001") == found(play, number) == [case.id]
    booked(case)
    assert found(play, number) == [case.id]


def test_one_that_is_not_received_goes_back_with_a_letter(play: Play) -> None:
    """P-04: by the agency that it was for, or, where that is unknown, by the provincial centre."""
    forwarded(play, kind="change")
    forwarded(play, "KS2", to_agency="XX000000")
    first, second = sent(play, "forward_receipt")
    assert (first["accepted"], second["accepted"]) == (False, False)
    for told_back in (first, second):
        (letter,) = told_back["letters"]
        assert "不予接收告知书" in letter["title"]
        assert letter["number"]


def test_a_refusal_goes_back_with_its_reason_and_letter(play: Play) -> None:
    case = forwarded(play)
    case.complete("accept", as_="prop_window", decision="accept")
    story.pre_reviewed(case, decision="refuse", reason="存在异议登记")
    assert case.ended == "closed"
    (result,) = sent(play, "case_result")
    assert (result["outcome"], result["certificate_no"]) == ("refused", None)
    assert "存在异议登记" in result["reason"]
    (letter,) = result["letters"]
    assert letter["title"] == "不予登记告知书"
    assert letter["number"]
    assert story.record(play, "cross_case", "KS1")["status"] == "refused"


@pytest.mark.parametrize("steps", ["received", "accepted", "reviewed"])
def test_a_recall_before_the_book_withdraws_the_work_order(play: Play, steps: str) -> None:
    case = forwarded(play)
    if steps != "received":
        case.complete("accept", as_="prop_window", decision="accept")
    if steps == "reviewed":
        story.pre_reviewed(case)
        case.complete("review", as_="prop_reviewer", decision="pass")
    recall = {"reason": "申请人在受理地撤回"}
    assert arrives(play, "case_recalled", "KS1", recall, message_id="r-1") == "delivered"
    assert [one["recalled"] for one in sent(play, "recall_receipt")] == [True]
    assert case.ended == "closed"
    assert sent(play, "case_result")[0]["outcome"] == "withdrawn"
    assert story.record(play, "realty_unit", UNIT)["status"] == "free"
    assert story.record(play, "cross_case", "KS1")["status"] == "withdrawn"
    with play.session() as session:
        assert (
            session.scalars(
                select(EventSubscription).where(EventSubscription.instance_id == case.id)
            ).all()
            == []
        )


def test_a_unit_that_is_not_free_is_told_in_the_result(play: Play) -> None:
    forwarded(play, "KS0")
    case = forwarded(play, "KS1")
    (result,) = [one for one in sent(play, "case_result") if one["foreign_no"] == "KS1"]
    assert result["outcome"] == "refused"
    assert "正在办理工作单" in result["reason"]
    assert [one["title"] for one in result["letters"]] == ["不予受理告知书"]
    assert case.ended == "closed"


def test_a_query_of_records_is_answered_with_a_letter(play: Play) -> None:
    case = forwarded(play, kind="query", unit_code=None, right_holders=None)
    assert case.ended == "closed"
    assert case.letters == ["letter_cross_query"]
    (result,) = sent(play, "case_result")
    assert result["outcome"] == "answered"
    assert result["letters"][0]["title"].startswith("不动产登记资料查询结果")


def test_without_a_platform_that_takes_them_there_are_no_reports(play: Play) -> None:
    publication.reach(())
    booked(forwarded(play))
    assert sent(play, *PROGRESS) == []
