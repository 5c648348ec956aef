"""Adapters against the simulated departments, each a separate HTTP server with faults."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from adapters import registry
from adapters._shared import signing, wire
from adapters._shared.client import Department
from adapters._shared.exchange import Exchange
from adapters._shared.signing import SharedKey, Subject
from adapters._simulators.card_centre import CardCentre as OuterCentre
from adapters._simulators.card_machine import CardMachine as Machine
from adapters._simulators.courier import Courier as CourierCompany
from adapters._simulators.server import serve
from adapters._simulators.simulator import Answer, Raw, Simulator
from adapters.card_centre import create as create_centre
from adapters.card_machine import CardMachine
from adapters.card_machine import create as create_machine
from adapters.courier import Courier
from adapters.courier import create as create_courier
from engine import clock, limits
from engine.errors import BpmnError, MessageRefused, Retry, WorkRefused
from engine.ports import Channel, Message, Work, Worker

KEY = "a shared secret of the tests"


class Running:
    """A simulator on a free port of this machine."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.server = serve(simulator, 0)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def machine() -> Iterator[Running]:
    running = Running(Machine(seconds=0.05))
    yield running
    running.stop()


@pytest.fixture
def courier() -> Iterator[Running]:
    running = Running(CourierCompany())
    yield running
    running.stop()


def printing(url: str) -> CardMachine:
    return create_machine({"URL": url, "WAIT": "5"})


def print_job(key: str = "job-1") -> Work:
    return Work(key, "card_machine.print", "Y1", {"card_order_no": "Y1-01", "blank_serial": "B001"})


def parcel(key: str = "parcel-1") -> Work:
    return Work(key, "courier.dispatch", "Y1", {"address": {"receiver": "收件岗"}, "org": "370001"})


def test_every_adapter_folder_is_discovered_and_follows_a_port() -> None:
    assert set(registry.available()) >= {"card_centre", "card_machine", "courier"}
    made = registry.create(
        ["card_machine", "courier", "card_centre"],
        {
            "CARD_MACHINE_URL": "http://127.0.0.1:1",
            "COURIER_URL": "http://127.0.0.1:1",
            "CARD_CENTRE_URL": "http://127.0.0.1:1",
            "CARD_CENTRE_KEY": KEY,
        },
    )
    assert all(isinstance(worker, Worker) for worker in made.workers.values())
    assert all(isinstance(channel, Channel) for channel in made.channels.values())
    assert set(made.workers) == {"card_machine.print", "courier.dispatch"}
    assert set(made.channels) == {"card_centre"}


def test_an_unknown_adapter_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="没有名为『fax』的适配器"):
        registry.create(["fax"], {})


def test_a_missing_or_short_key_stops_the_start() -> None:
    with pytest.raises(ValueError, match="不足 16 字节"):
        create_centre({"URL": "http://127.0.0.1:1", "KEY": "short"})


def test_a_card_is_printed_once_per_key(machine: Running) -> None:
    adapter = printing(machine.url)
    first = adapter.execute(print_job())
    again = adapter.execute(print_job())
    assert first["result"] == again["result"] == "printed"
    assert len(machine.simulator.summary()) == 1


@pytest.mark.parametrize("result", ["misprint", "fault"])
def test_a_misprint_or_a_fault_of_the_machine_is_a_result(machine: Running, result: str) -> None:
    machine.simulator.faults.switch({"mode": result})
    assert printing(machine.url).execute(print_job())["result"] == result


def test_an_answer_for_another_blank_is_refused(machine: Running) -> None:
    machine.simulator.faults.switch({"mode": "wrong_case"})
    with pytest.raises(WorkRefused, match="不符"):
        printing(machine.url).execute(print_job())


def test_a_courier_that_was_started_again_gives_no_number_twice() -> None:
    order = b'{"key": "a", "address": {"street": "b"}}'
    first = CourierCompany().answer("POST", "/parcels", order, {})[1]
    with clock.travel(timedelta(seconds=1)):
        second = CourierCompany().answer("POST", "/parcels", order, {})[1]
    assert first["express_no"] != second["express_no"]


def test_a_department_that_is_down_is_tried_again(courier: Running) -> None:
    courier.simulator.faults.switch({"mode": "down", "times": 1})
    adapter = create_courier({"URL": courier.url})
    with pytest.raises(Retry, match="暂时不可用"):
        adapter.execute(parcel())
    assert str(adapter.execute(parcel())["express_no"]).startswith("BLSF")


def test_a_department_nobody_answers_at_is_tried_again() -> None:
    with pytest.raises(Retry, match="无法连接"):
        create_courier({"URL": "http://127.0.0.1:9"}).execute(parcel())


def test_after_five_failures_the_department_is_left_in_peace() -> None:
    adapter = create_courier({"URL": "http://127.0.0.1:9"})
    for _ in range(5):
        with pytest.raises(Retry, match="无法连接"):
            adapter.execute(parcel())
    with pytest.raises(Retry, match="暂停调用"):
        adapter.execute(parcel())


def test_a_refusal_or_garbage_is_not_repeated(courier: Running) -> None:
    adapter = create_courier({"URL": courier.url})
    for mode, words in (("refuse", "拒绝了请求"), ("garbage", "无法识别")):
        courier.simulator.faults.switch({"mode": mode, "times": 1})
        with pytest.raises(WorkRefused, match=words):
            adapter.execute(parcel())


def test_an_address_outside_the_service_is_a_business_error(courier: Running) -> None:
    courier.simulator.faults.switch({"mode": "address_refused"})
    with pytest.raises(BpmnError) as caught:
        create_courier({"URL": courier.url}).execute(parcel())
    assert caught.value.error_code == "address_refused"


def test_a_receipt_for_another_parcel_is_refused(courier: Running) -> None:
    courier.simulator.faults.switch({"mode": "wrong_case"})
    with pytest.raises(WorkRefused, match="不符"):
        create_courier({"URL": courier.url}).execute(parcel())


def test_the_same_parcel_keeps_its_number(courier: Running) -> None:
    adapter: Courier = create_courier({"URL": courier.url})
    assert adapter.execute(parcel())["express_no"] == adapter.execute(parcel())["express_no"]


@pytest.mark.parametrize("url", ["ftp://example.org", "", "127.0.0.1"])
def test_an_address_that_is_not_http_stops_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="地址"):
        create_courier({"URL": url})


def test_plain_http_is_for_this_machine_only() -> None:
    with pytest.raises(WorkRefused, match="必须加密（TLS）"):
        create_courier({"URL": "http://10.0.0.1"}).execute(parcel())


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (500, Retry), (502, Retry), (503, Retry), (429, Retry),
        (301, WorkRefused), (400, WorkRefused), (401, WorkRefused), (404, WorkRefused),
        (409, WorkRefused), (422, WorkRefused),
    ],
)  # fmt: skip
def test_the_status_decides_whether_it_is_asked_again(
    status: int, outcome: type[Exception]
) -> None:
    """Rule 16: 5xx and 429 pass, 4xx never does; nobody is followed to another address."""

    class Answering(Simulator):
        title = "税务"

        def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
            return status, Raw(b"{}", "application/json", {"Location": "http://127.0.0.1:1/x"})

    running = Running(Answering())
    try:
        with pytest.raises(outcome):
            Department("税务", running.url).post("/x", {})
    finally:
        running.stop()


def test_an_answer_over_5_mib_is_refused_and_not_kept() -> None:
    class Chatty(Simulator):
        """Answers more than anybody asked for."""

        def answer(
            self, method: str, path: str, body: bytes, headers: dict[str, str]
        ) -> tuple[int, dict[str, object]]:
            return 200, {"key": "parcel-1", "express_no": "x" * (6 << 20)}

    running = Running(Chatty())
    try:
        with pytest.raises(WorkRefused, match="超过 5 MiB"):
            create_courier({"URL": running.url}).execute(parcel())
    finally:
        running.stop()


def test_a_body_that_drips_ends_at_the_total_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CALL_TOTAL", timedelta(seconds=0.3))

    class Dripping(Simulator):
        """Has its bytes sent one by one by the handler below."""

    running = Running(Dripping())
    running.server.RequestHandlerClass = DrippingHandler  # type: ignore[assignment]
    try:
        with pytest.raises(Retry, match="无法连接或超时"):
            create_courier({"URL": running.url}).execute(parcel())
    finally:
        running.stop()


class DrippingHandler(BaseHTTPRequestHandler):
    """Promises a body and hands it out byte by byte, each in good time."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(20):
            self.wfile.write(b" ")
            self.wfile.flush()
            if threading.Event().wait(0.05):
                return

    def log_message(self, *args: object) -> None:
        """Stay quiet."""


# --- the outer centre: signed messages both ways --------------------------------------------


def centre(url: str = "http://127.0.0.1:1") -> Exchange:
    return create_centre({"URL": url, "KEY": KEY})


def posted(**changes: object) -> bytes:
    body = {
        "card_order_no": "Y1-01",
        "blank_serial": "WB1",
        "parcel_no": "P1",
        "express_no": "E1",
        "posted_at": "2026-11-22T08:00:00+00:00",
    }
    envelope = {"message_id": "m1", "name": "card_posted", "correlation_key": "Y1-01", "body": body}
    return wire.dump({**envelope, **changes})


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    subject = Subject("message", "/api/channels/card_centre")
    return signing.sign(subject, body, keys=SharedKey("card_centre", key.encode()))


def test_a_signed_callback_becomes_a_message() -> None:
    message = centre().receive(posted(), signed(posted()))
    assert (message.id, message.name, message.correlation_key) == ("m1", "card_posted", "Y1-01")
    assert message.variables["express_no"] == "E1"


def test_a_changed_byte_or_a_wrong_key_is_refused() -> None:
    headers = signed(posted())
    with pytest.raises(MessageRefused, match="签名不正确"):
        centre().receive(posted(message_id="m2"), headers)
    with pytest.raises(MessageRefused, match="签名不正确"):
        centre().receive(posted(), signed(posted(), key="some other secret key"))


def test_an_unsigned_callback_is_refused() -> None:
    with pytest.raises(MessageRefused, match="没有签名"):
        centre().receive(posted(), {})


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_callback_outside_five_minutes_is_refused(minutes: int) -> None:
    headers = signed(posted())
    with (
        clock.travel(timedelta(minutes=minutes)),
        pytest.raises(MessageRefused, match="超过 5 分钟"),
    ):
        centre().receive(posted(), headers)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "approve_case"}, "不能发送"),
        ({"correlation_key": "Y2-01"}, "不一致"),
        ({"body": "text"}, "缺少正文"),
        ({"body": {"card_order_no": "Y1-01"}}, "缺少『blank_serial』"),
        ({"message_id": None}, "message_id"),
    ],
)
def test_a_callback_that_does_not_fit_is_refused_by_name(
    change: dict[str, object], words: str
) -> None:
    body = posted(**change)
    with pytest.raises(MessageRefused, match=words):
        centre().receive(body, signed(body))


@pytest.mark.parametrize("body", [b"[]", b"\xff", b'{"a":1,"a":2}', b'{"a":NaN}', b"{" * 50])
def test_a_callback_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(MessageRefused):
        centre().receive(body, signed(body))


def test_the_outer_centre_takes_an_order_once_and_calls_back_signed() -> None:
    received: list[Message] = []
    arrived = threading.Event()

    class Product(Simulator):
        """Stands where the product stands: it receives the centre's callback."""

        def answer(
            self, method: str, path: str, body: bytes, headers: dict[str, str]
        ) -> tuple[int, dict[str, object]]:
            received.append(centre().receive(body, headers))
            arrived.set()
            return 202, {}

    product = Running(Product())
    outer = Running(
        OuterCentre(
            f"{product.url}/callback", keys=SharedKey("card_centre", KEY.encode()), seconds=0.05
        )
    )
    order = Message("o1", "card_order", "Y1-01", {"card_order_no": "Y1-01"})
    try:
        centre(outer.url).send(order)
        centre(outer.url).send(order)
        assert arrived.wait(10)
        assert [message.name for message in received] == ["card_posted"]
        assert received[0].correlation_key == "Y1-01"
    finally:
        outer.stop()
        product.stop()


def test_the_outer_centre_refuses_a_wrong_signature() -> None:
    outer = Running(
        OuterCentre(
            "http://127.0.0.1:1/", keys=SharedKey("card_centre", b"a key that nobody else has")
        )
    )
    try:
        with pytest.raises(WorkRefused, match="签名不正确"):
            centre(outer.url).send(Message("o1", "card_order", "Y1-01", {}))
    finally:
        outer.stop()
