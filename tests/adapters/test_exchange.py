"""What every department that exchanges messages with us has to keep to, whichever it is."""

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters import registry
from adapters._shared import exchange, signing, specification, wire
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType
from adapters._shared.signing import SharedKey, Subject
from adapters._simulators.faults import Faults
from adapters._simulators.province import Province, all_departments
from adapters._simulators.server import serve
from engine.clock import SHANGHAI
from engine.errors import MessageRefused
from engine.ports import Channel, Message

KEY = b"a shared secret of the tests"
DOCUMENT = Path(__file__).parents[2] / "docs" / "interfaces.md"
NUMBER = "P6101002026112300001X"
CONTRACTS = registry.contracts()
GIVEN = {
    "text": "有",
    "number": "1.5",
    "money": "65000.00",
    "boolean": True,
    "date": "2026-03-02",
    "instant": "2026-03-02T09:00:00+08:00",
    "list": [{"name": "有"}],
    "object": {"name": "有"},
}
READ = {
    **GIVEN,
    "number": Decimal("1.5"),
    "money": Decimal("65000.00"),
    "date": date(2026, 3, 2),
    "instant": datetime(2026, 3, 2, 9, tzinfo=SHANGHAI),
}


def channel(contract: Contract, url: str = "http://127.0.0.1:1") -> Exchange:
    return exchange.create(contract, {"URL": url, "KEY": KEY.decode()})


def envelope(contract: Contract, name: str, /, **changes: Any) -> bytes:
    told = contract.inward[name]
    members = {one.name: GIVEN[one.kind] for one in told.members}
    body = {**members, contract.key_of(told).name: NUMBER, **changes.pop("body", {})}
    said = {"message_id": "m-1", "name": name, "correlation_key": NUMBER, "body": body}
    return wire.dump({**said, **changes})


def receive(contract: Contract, body: bytes, key: bytes = KEY) -> Message:
    subject = Subject("message", f"/api/channels/{contract.channel}")
    headers = signing.sign(subject, body, keys=SharedKey(contract.channel, key))
    return channel(contract).receive(body, headers)


@pytest.fixture(params=[one for one in CONTRACTS if one.inward], ids=lambda one: one.channel)
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each department that sends something."""
    found: Contract = request.param
    return found


def test_each_is_a_channel_and_its_folder_bears_its_name(contract: Contract) -> None:
    assert isinstance(channel(contract), Channel)
    assert contract.channel in registry.available()


def test_every_message_it_may_send_is_taken_whole_each_member_by_its_kind(
    contract: Contract,
) -> None:
    for name, told in contract.inward.items():
        message = receive(contract, envelope(contract, name))
        assert (message.name, message.correlation_key) == (name, NUMBER)
        wanted = {one.name: READ[one.kind] for one in told.members}
        assert message.variables == {**wanted, contract.key_of(told).name: NUMBER}


def test_a_message_without_one_of_its_members_is_refused_by_name(contract: Contract) -> None:
    for name, told in contract.inward.items():
        for member in told.members:
            body = envelope(contract, name, body={member.name: None})
            if not member.required:
                assert receive(contract, body).name == name
                continue
            with pytest.raises(MessageRefused, match=member.name):
                receive(contract, body)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 5),
        ("money", "六万五"),
        ("money", True),
        ("number", "NaN"),
        ("boolean", "是"),
        ("date", "2026-02-30"),
        ("instant", "昨天"),
        ("instant", "2026-03-02T09:00:00"),
        ("list", "有"),
        ("object", ["有"]),
    ],
)
def test_a_member_that_is_not_of_its_kind_is_refused_by_name(kind: str, value: object) -> None:
    told = MessageType("试", (Member("it", "某项", kind),))
    with pytest.raises(MessageRefused, match="『it』（某项）"):
        told.read({"it": value})


def test_the_interface_document_says_what_the_contracts_say() -> None:
    """P-20: the interface specification is a deliverable; run `banli interfaces`."""
    assert DOCUMENT.read_text("utf-8") == specification.document(CONTRACTS)


def test_the_interfaces_are_valid_openapi_and_name_every_message() -> None:
    told = specification.openapi(CONTRACTS)
    OpenAPIV31SpecValidator(told).validate()
    written = json.dumps(told, ensure_ascii=False)
    for contract in CONTRACTS:
        for name in (*contract.inward, *contract.outward, *contract.services):
            sent = contract.outward.get(name)
            in_packages_only = sent is not None and bool(sent.packed_for)
            assert (f'"const": "{name}"' in written) is not in_packages_only


def test_a_body_for_another_case_than_its_envelope_is_refused(contract: Contract) -> None:
    for name, told in contract.inward.items():
        with pytest.raises(MessageRefused, match="不一致"):
            receive(contract, envelope(contract, name, body={contract.key_of(told).name: "Y-2"}))


def test_what_it_may_not_send_is_refused(contract: Contract) -> None:
    name = next(iter(contract.inward))
    for foreign in ("case_withdrawn", *contract.outward):
        with pytest.raises(MessageRefused, match=foreign):
            receive(contract, envelope(contract, name, name=foreign))


def test_a_foreign_key_opens_nothing(contract: Contract) -> None:
    name = next(iter(contract.inward))
    with pytest.raises(MessageRefused, match="签名"):
        receive(contract, envelope(contract, name), key=b"the key of another department")


def test_only_the_messages_of_the_switched_on_have_a_route() -> None:
    made = registry.create(
        ["tax_prov"], {"TAX_PROV_URL": "http://127.0.0.1:1", "TAX_PROV_KEY": KEY.decode()}
    )
    assert made.routes["tax_case_submitted"] == "tax_prov"
    assert not any(name.startswith("housing") for name in made.routes)


class Ours:
    """The place that departments call back: keeps what came in, by channel."""

    def __init__(self) -> None:
        ours = self
        self.taken: list[Message] = []
        self.channel = channel
        self.arrived = threading.Semaphore(0)
        self.refused = threading.Semaphore(0)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name = self.path.rpartition("/")[2]
                known = next(one for one in CONTRACTS if one.channel == name)
                try:
                    ours.taken.append(ours.channel(known).receive(body, dict(self.headers.items())))
                except MessageRefused:
                    self._answer(403, ours.refused)
                else:
                    self._answer(202, ours.arrived)

            def _answer(self, status: int, told: threading.Semaphore) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                told.release()

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def next(self, count: int) -> list[str]:
        for _ in range(count):
            assert self.arrived.acquire(timeout=20)
        return [one.name for one in self.taken]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def ours() -> Iterator[Ours]:
    made = Ours()
    yield made
    made.stop()


@pytest.fixture
def province(ours: Ours) -> Iterator[tuple[Province, str]]:
    played = Province(
        ours.url, keys={name: SharedKey(name, KEY) for name in all_departments()}, seconds=0.02
    )
    server = serve(played, 0)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield played, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def of(name: str) -> Contract:
    return next(one for one in CONTRACTS if one.channel == name)


def send(province: tuple[Province, str], name: str, message: str, **body: Any) -> None:
    made = channel(of(name), f"{province[1]}/{name}")
    made.send(Message("m-1", message, NUMBER, {"work_order_no": NUMBER, **body}))


def test_the_tax_system_assesses_takes_the_money_and_sends_the_voucher(
    province: tuple[Province, str], ours: Ours
) -> None:
    """P-26, P-31."""
    send(province, "tax_prov", "tax_case_submitted", price="1000000")
    send(province, "tax_prov", "tax_case_submitted", price="1000000")  # the same id: nothing new
    assert ours.next(3) == ["tax_assessed", "tax_paid", "tax_voucher"]
    assert str(ours.taken[0].variables["total"]) == "65000.000"


def test_a_fault_of_one_department_leaves_the_others_alone(
    province: tuple[Province, str], ours: Ours
) -> None:
    played, _url = province
    played.parts["tax_prov"].faults.switch({"mode": "duplicate", "latency": 0})
    send(province, "housing_local", "housing_case_submitted", contract_no="WQ1")
    assert ours.next(1) == ["contract_verified"]
    send(province, "tax_prov", "tax_case_withdrawn")
    assert ours.next(2)[1:] == ["tax_cancelled", "tax_cancelled"]
    assert ours.taken[1].id == ours.taken[2].id, "a duplicate is known by its id"


def test_faults_come_by_chance_in_the_share_that_was_set() -> None:

    faults = Faults(latency=0)
    faults.switch({"rates": {"down": 0.1, "duplicate": 0.1}})
    drawn = [faults.now() for _ in range(5_000)]
    assert 350 < drawn.count("down") < 650
    assert 350 < drawn.count("duplicate") < 650
    with pytest.raises(ValueError, match="melted"):
        faults.switch({"rates": {"melted": 1}})
