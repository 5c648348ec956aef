"""A certificate centre with a system of its own: orders go out, signed callbacks come in."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from adapters._shared import signing, wire
from adapters._shared.signing import SharedKey, Subject
from bpmn.yacht import story
from engine import clock, history, runtime
from engine.model import InboundMessage, Incident
from processes import chores
from processes.model.cases import Case
from processes.play import PlayedCase
from tests.faults.conftest import Departments, House, until

OUTWARD = ("card_order", "card_received", "card_closed", "card_order_cancelled")


@pytest.fixture
def outer(open_house: House) -> Iterator[House]:
    """An installation whose cards are made by a centre with a system of its own."""
    open_house.route(*OUTWARD)
    open_house.known("approving", lambda: approving(open_house))
    return open_house


def approving(house: House) -> None:
    case = story.applied(house)
    story.accept(case)
    story.review(case)


def licence(house: House) -> PlayedCase:
    return house.case(story.LICENCE)


def number(case: PlayedCase) -> str:
    return str(story.card(case)["card_order_no"])


def callback(
    house: House, departments: Departments, order_no: str, *, name: str = "card_posted"
) -> TestResponse:
    """What the centre would say of an order, signed with its key."""
    body = {
        "card_order_no": order_no,
        "blank_serial": "WB1",
        "parcel_no": "P1",
        "express_no": "E1",
        "express_company": "ems",
        "posted_at": clock.now(),
        "reasons": ["photo_unusable"],
    }
    key = departments.env["CARD_CENTRE_KEY"].encode()
    message_id = secrets.token_hex(8)
    envelope = {"message_id": message_id, "name": name, "correlation_key": order_no, "body": body}
    return post(house, wire.dump(envelope), key)


def post(house: House, body: bytes, key: bytes) -> TestResponse:
    subject = Subject("message", "/api/channels/card_centre")
    headers = signing.sign(subject, body, keys=SharedKey("card_centre", key))
    return house.app.test_client().post("/api/channels/card_centre", data=body, headers=headers)


def arrived(house: House) -> list[tuple[str, str]]:
    """Messages of the centre that are stored: order number and what became of them."""
    with house.session() as session:
        found = session.scalars(
            select(InboundMessage).where(InboundMessage.channel == "card_centre")
        )
        return [(one.correlation_key, one.state) for one in found]


def taken(house: House, case: PlayedCase) -> int:
    """How many messages of the centre moved the case."""
    with house.session() as session:
        events = history.events(session, case.id)
        return sum(
            event.type == "message.correlated" and event.data["channel"] == "card_centre"
            for event in events
        )


def comes_to(house: House, case: PlayedCase, activity: str) -> None:
    """The case comes to an activity, with the worker at work."""
    until(lambda: house.work() or case.incidents or case.waits_for == {activity})
    assert (case.waits_for, case.incidents) == ({activity}, [])


def productions(house: House) -> int:
    with house.session() as session:
        query = select(func.count()).where(Case.process_key == story.PRODUCTION)
        return session.scalar(query) or 0


def test_the_outer_centre_makes_the_card_and_the_licence_goes_on(
    outer: House, departments: Departments
) -> None:
    case = licence(outer)
    story.approve(case)
    comes_to(outer, case, "verify")
    assert productions(outer) == 0, "our own production process is not asked"
    assert str(story.card(case)["express_no"]).startswith("WBSF")
    story.verify(case)
    story.issue(case)
    outer.work()
    assert (case.status, case.row.outcome, case.incidents) == ("completed", "issued", [])
    for message in ("card_order", "card_received", "card_closed"):
        assert departments.did("card_centre", f"<td>{message}</td>") == 1, message


def test_without_the_setting_the_centre_works_in_this_system(
    open_house: House, departments: Departments
) -> None:
    open_house.known("approving", lambda: approving(open_house))
    story.approve(licence(open_house))
    assert productions(open_house) == 1
    assert departments.did("card_centre", number(licence(open_house))) <= 3


def test_a_callback_that_comes_twice_counts_once(outer: House, departments: Departments) -> None:
    departments.switch("card_centre", "duplicate")
    case = licence(outer)
    story.approve(case)
    until(lambda: len(outer.calls) == 2)
    assert set(outer.calls) == {202}
    outer.work()
    assert (case.waits_for, taken(outer, case), len(arrived(outer))) == ({"verify"}, 1, 1)


def test_a_callback_with_a_bad_signature_changes_nothing(
    outer: House, departments: Departments
) -> None:
    departments.switch("card_centre", "bad_signature")
    case = licence(outer)
    story.approve(case)
    until(lambda: outer.calls)
    assert (outer.calls, arrived(outer), taken(outer, case)) == ([403], [], 0)
    assert "card_posted" in case.awaits


def test_a_callback_for_another_order_is_kept_apart(outer: House, departments: Departments) -> None:
    departments.switch("card_centre", "wrong_case")
    case = licence(outer)
    story.approve(case)
    until(lambda: outer.calls)
    assert outer.calls == [202]
    assert [(key == number(case), state) for key, state in arrived(outer)] == [(False, "buffered")]
    assert (taken(outer, case), "card_posted" in case.awaits) == (0, True)


def test_a_callback_for_a_case_that_has_ended_changes_nothing(
    outer: House, departments: Departments
) -> None:
    departments.switch("card_centre", "late")
    case = licence(outer)
    story.approve(case)
    outer.run(lambda session: runtime.terminate(session, case.id, by="admin", reason="误报"))
    until(lambda: outer.calls)
    assert outer.calls == [202]
    assert (case.tasks, [state for _key, state in arrived(outer)]) == ([], ["buffered"])


def test_an_order_sent_back_by_the_centre_is_corrected(
    outer: House, departments: Departments
) -> None:
    departments.switch("card_centre", "reject_order")
    case = licence(outer)
    story.approve(case)
    comes_to(outer, case, "fix_card_data")
    assert case.incidents == []


def test_a_callback_before_the_case_waits_is_delivered_when_it_does(
    outer: House, departments: Departments
) -> None:
    departments.switch("card_centre", "slow")  # it never answers by itself
    outer.worker.remote = ("card_order",)
    case = licence(outer)
    order_no = f"{case.row.reference}-01"
    answer = callback(outer, departments, order_no)
    assert (answer.status_code, answer.get_json()) == (202, {"kind": "buffered"})
    outer.route()
    story.approve(case)
    outer.work()
    assert number(case) == order_no
    assert (case.waits_for, taken(outer, case)) == ({"verify"}, 1)


def test_a_callback_for_an_unknown_order_is_taken_and_in_the_end_an_incident(
    outer: House, departments: Departments
) -> None:
    answer = callback(outer, departments, "Y000000000000000000000-01")
    assert (answer.status_code, answer.get_json()) == (202, {"kind": "buffered"})
    outer.run(chores.all_due)
    with outer.session() as session:
        assert session.scalars(select(Incident)).all() == []
    with clock.travel(timedelta(days=31)):
        outer.run(chores.all_due)
    incident = outer.incident()
    assert incident.message == (
        "消息『card_posted』（Y000000000000000000000-01）在保留期内没有办件接收"
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"name":"card_posted"}', b"\xff\x00"])
def test_an_authentic_callback_that_is_nonsense_is_refused_in_words(
    outer: House, departments: Departments, body: bytes
) -> None:
    answer = post(outer, body, departments.env["CARD_CENTRE_KEY"].encode())
    assert (answer.status_code, answer.get_json()["code"]) == (403, "message_refused")
    assert arrived(outer) == []


def test_an_order_reaches_a_centre_that_was_down_once(
    outer: House, departments: Departments
) -> None:
    departments.switch("card_centre", "down", times=1)
    case = licence(outer)
    before = departments.did("card_centre", number_of(case))
    story.approve(case)
    job = outer.job("card_order")
    assert job.last_error == "『制作单位』暂时不可用（503）"
    assert (case.incidents, departments.did("card_centre", number_of(case))) == ([], before)
    outer.due("card_order")
    outer.work()
    comes_to(outer, case, "verify")
    assert departments.did("card_centre", number_of(case)) == before + 1


def number_of(case: PlayedCase) -> str:
    return f"<td>{case.row.reference}-01</td>"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("refuse", "『制作单位』拒绝了请求（422）：对方系统拒绝受理"),
        ("garbage", "『制作单位』的答复无法识别"),
    ],
)
def test_a_centre_that_refuses_is_an_incident_that_the_administrator_ends(
    outer: House, departments: Departments, mode: str, words: str
) -> None:
    departments.switch("card_centre", mode)
    case = licence(outer)
    story.approve(case)
    assert outer.incident().message.startswith(words)
    assert "card_posted" in case.awaits
    departments.switch("card_centre", "normal")
    outer.retry()
    comes_to(outer, case, "verify")
    assert case.incidents == []


def test_a_route_to_a_channel_that_is_off_is_an_incident(outer: House) -> None:
    outer.worker.channels = {}
    story.approve(licence(outer))
    assert outer.incident().message == "报文『card_order』的通道『card_centre』没有启用"


def test_messages_of_a_case_keep_their_order_when_the_first_has_to_wait(
    outer: House, departments: Departments
) -> None:
    departments.switch("card_centre", "down")
    case = licence(outer)
    story.approve(case)
    callback(outer, departments, number(case))
    comes_to(outer, case, "verify")
    story.verify(case)
    waiting: list[Any] = [outer.job(topic) for topic in ("card_order", "card_received")]
    assert waiting[0].last_error
    assert not waiting[1].last_error, "a later message does not overtake"
