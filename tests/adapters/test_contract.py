"""The contract of the port: what any implementation of any department has to keep to.

Every adapter with a contract is tried here against its simulated department, a new one without a
line more: health, sending, asking, duplicates, wrong order, garbage, time-outs, signatures
(P-13, P-19, P-20, P-26 至 P-35, P-48, P-49, P-71, P-79, P-82, P-89).
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from adapters import registry
from adapters._shared import exchange
from adapters._shared.breaker import FAILURES, PAUSE
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.signing import SharedKey
from adapters._simulators.correspondent import Correspondent
from adapters._simulators.province import Province, all_departments
from adapters._simulators.server import serve
from engine import clock, limits
from engine.errors import BpmnError, Retry, WorkRefused
from engine.ports import Message, Work
from engine.variables import Value
from tests.adapters.test_exchange import GIVEN, KEY, NUMBER, Ours

CONTRACTS = [one for one in registry.contracts() if one.channel != "card_centre"]
ASKING = [(one, topic) for one in CONTRACTS for topic in one.services]


class Place:
    """The province of the tests, and the place it calls back."""

    def __init__(self) -> None:
        self.ours = Ours()
        self.province = Province(
            self.ours.url,
            keys={name: SharedKey(name, KEY) for name in all_departments()},
            seconds=0.01,
        )
        self.server = serve(self.province, 0)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def department(self, contract: Contract) -> Correspondent:
        found = self.province.parts[contract.channel]
        assert isinstance(found, Correspondent)
        return found

    def show(self, contract: Contract, mode: str) -> None:
        self.department(contract).faults.switch({"mode": mode, "latency": 0})

    def reach(self, contract: Contract, key: bytes = KEY) -> Exchange:
        address = f"{self.url}/{contract.channel}"
        return exchange.create(contract, {"URL": address, "KEY": key.decode()})

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.ours.stop()


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    made.stop()


every = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda one: one.channel)
sending = pytest.mark.parametrize(
    "contract", [one for one in CONTRACTS if one.outward], ids=lambda one: one.channel
)
asking = pytest.mark.parametrize(("contract", "topic"), ASKING, ids=lambda one: str(one)[:40])


def outgoing(contract: Contract, name: str, *, number: str = "m-1") -> Message:
    told = contract.outward[name]
    body = {one.name: GIVEN[one.kind] for one in told.members}
    return Message(number, name, NUMBER, {**body, contract.key_of(told).name: NUMBER})


def question(contract: Contract, topic: str, **changes: Any) -> Work:
    asked: dict[str, Value] = {one.name: GIVEN[one.kind] for one in contract.services[topic].asked}
    return Work("q-1", topic, NUMBER, {**asked, "secret_of_the_case": "x", **changes})


def call(place: Place, contract: Contract, key: bytes = KEY) -> Any:
    """One call to the department, of whatever kind it knows."""
    reached = place.reach(contract, key)
    if contract.outward:
        return reached.send(outgoing(contract, next(iter(contract.outward))))
    topic = next(iter(contract.services))
    return reached.workers[topic].execute(question(contract, topic))


def test_every_department_of_a_contract_is_simulated() -> None:
    assert {one.channel for one in CONTRACTS} <= set(all_departments())


def test_no_two_departments_are_sent_the_same_message_or_answer_the_same_topic() -> None:
    sent = [name for one in registry.contracts() for name in one.outward]
    asked = [topic for one in registry.contracts() for topic in one.services]
    assert len(sent) == len(set(sent))
    assert len(asked) == len(set(asked))
    assert all(topic.startswith(f"{one.channel}.") for one in CONTRACTS for topic in one.services)


@every
def test_its_health_is_told_by_a_probe(place: Place, contract: Contract) -> None:
    reached = place.reach(contract)
    assert reached.department.probe() < 5
    place.show(contract, "down")
    with pytest.raises(Retry, match="暂时不可用"):
        reached.department.probe()


@sending
def test_it_takes_every_message_that_it_may_be_sent(place: Place, contract: Contract) -> None:
    place.show(contract, "normal")
    reached = place.reach(contract)
    for name in contract.outward:
        reached.send(outgoing(contract, name, number=f"m-{name}"))
    assert [row[0] for row in place.department(contract).summary()] == [*contract.outward][::-1]


@sending
def test_a_message_sent_twice_is_taken_once(place: Place, contract: Contract) -> None:
    place.show(contract, "normal")
    name = next(iter(contract.outward))
    for _ in range(2):
        place.reach(contract).send(outgoing(contract, name))
    assert len(place.department(contract).summary()) == 1


@every
def test_one_that_is_down_is_asked_again_later(place: Place, contract: Contract) -> None:
    place.show(contract, "down")
    with pytest.raises(Retry, match="暂时不可用"):
        call(place, contract)


@every
def test_one_that_does_not_answer_in_time_is_asked_again_later(
    place: Place, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CALL_TOTAL", timedelta(seconds=0.2))
    monkeypatch.setattr("adapters._simulators.server._SLOW_SECONDS", 0.6)
    place.show(contract, "slow")
    with pytest.raises(Retry, match="无法连接或超时"):
        call(place, contract)


@every
def test_a_refusal_or_an_answer_nobody_can_read_is_not_repeated(
    place: Place, contract: Contract
) -> None:
    for mode, words in (("refuse", "拒绝了请求"), ("garbage", "无法识别")):
        place.show(contract, mode)
        with pytest.raises(WorkRefused, match=words):
            call(place, contract)


@every
def test_what_is_signed_with_another_key_is_refused_there(place: Place, contract: Contract) -> None:
    place.show(contract, "normal")
    with pytest.raises(WorkRefused, match="签名不正确"):
        call(place, contract, key=b"the key of another department")
    assert place.department(contract).summary() == []


@every
def test_after_failures_in_a_row_it_is_left_in_peace_and_then_tried_once(
    place: Place, contract: Contract
) -> None:
    place.show(contract, "down")
    department = place.reach(contract).department
    for _ in range(FAILURES):
        with pytest.raises(Retry, match="暂时不可用"):
            department.post("/messages", {})
    assert department.breaker.state == "open"
    with pytest.raises(Retry, match="暂停调用"):
        department.post("/messages", {})
    with clock.travel(PAUSE):
        assert department.breaker.state == "half_open"
        with pytest.raises(Retry, match="暂时不可用"):
            department.post("/messages", {})
        assert department.breaker.state == "open"
    place.show(contract, "normal")
    with clock.travel(PAUSE * 3):
        with pytest.raises(WorkRefused):
            department.post("/messages", {})
        assert department.breaker.state == "closed", "it answered, whatever it said"


@asking
def test_a_question_is_answered_member_by_member(
    place: Place, contract: Contract, topic: str
) -> None:
    place.show(contract, "normal")
    answer = place.reach(contract).workers[topic].execute(question(contract, topic))
    needed = {one.name for one in contract.services[topic].answered if one.required}
    assert needed <= answer.keys() <= {one.name for one in contract.services[topic].answered}


@asking
def test_a_question_asked_twice_gets_the_same_answer_and_counts_once(
    place: Place, contract: Contract, topic: str
) -> None:
    place.show(contract, "normal")
    worker = place.reach(contract).workers[topic]
    answers = [worker.execute(question(contract, topic)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(place.department(contract).summary()) == 1


@asking
def test_nothing_goes_out_that_the_contract_does_not_name(
    place: Place, contract: Contract, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.show(contract, "normal")
    seen: list[Any] = []
    served = place.department(contract).serve
    monkeypatch.setattr(
        place.department(contract),
        "serve",
        lambda name, body, mode: seen.append(body) or served(name, body, mode),
    )
    place.reach(contract).workers[topic].execute(question(contract, topic))
    assert seen[0].keys() == {one.name for one in contract.services[topic].asked}


@asking
def test_an_answer_to_another_question_or_without_its_members_is_refused(
    place: Place, contract: Contract, topic: str
) -> None:
    worker = place.reach(contract).workers[topic]
    for mode, words in (("wrong_case", "不是对本次请求的"), ("wrong_answer", "缺少")):
        place.show(contract, mode)
        with pytest.raises(WorkRefused, match=words):
            worker.execute(question(contract, topic))


@asking
def test_a_question_that_lacks_a_member_is_not_asked(
    place: Place, contract: Contract, topic: str
) -> None:
    needed = next(one for one in contract.services[topic].asked if one.required)
    with pytest.raises(WorkRefused, match=needed.name):
        place.reach(contract).workers[topic].execute(
            question(contract, topic, **{needed.name: None})
        )
    assert place.department(contract).summary() == []


def test_a_refusal_of_the_contract_is_a_business_error_that_a_model_catches(place: Place) -> None:
    """P-25: data of somebody who cannot be found is no failure of the exchange."""
    contract = next(one for one in CONTRACTS if one.channel == "data_share")
    worker = place.reach(contract).workers["data_share.identity"]
    with pytest.raises(BpmnError) as caught:
        worker.execute(question(contract, "data_share.identity", id_no="990000"))
    assert caught.value.error_code == "not_found"


def test_a_department_told_to_sends_of_its_own_accord(place: Place) -> None:
    """P-34: the national platform forwards a case of another province."""
    contract = next(one for one in CONTRACTS if one.channel == "national_one_window")
    place.show(contract, "normal")
    place.department(contract).say({"example": 0})
    assert place.ours.next(1) == ["case_forwarded"]
    place.department(contract).say({"example": 2})
    assert place.ours.next(1)[1:] == ["case_recalled"]
    forwarded, recalled = place.ours.taken
    assert recalled.correlation_key == forwarded.correlation_key


def test_answers_in_the_wrong_order_are_all_taken(place: Place) -> None:
    """The model, not the order of arrival, decides what each is for (P-26)."""
    contract = next(one for one in CONTRACTS if one.channel == "tax_prov")
    place.show(contract, "disorder")
    place.reach(contract).send(outgoing(contract, "tax_case_submitted"))
    assert place.ours.next(1)[0] == "tax_voucher"


def test_an_answer_that_lacks_a_member_is_not_taken(place: Place) -> None:
    contract = next(one for one in CONTRACTS if one.channel == "housing_local")
    place.show(contract, "wrong_answer")
    place.reach(contract).send(outgoing(contract, "housing_case_submitted"))
    assert place.ours.refused.acquire(timeout=20)
    assert place.ours.taken == []
