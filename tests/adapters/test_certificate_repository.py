"""The ministry's repository takes files one by one and their data in batches (P-40, P-56)."""

import hashlib
import io
import threading
from collections.abc import Iterator

import pytest

from adapters._shared.signing import SharedKey
from adapters._simulators.departments.mnr_cert_repo import CertificateRepository
from adapters._simulators.server import serve
from adapters.mnr_cert_repo import create
from adapters.mnr_cert_repo.deposit import TOPIC
from engine.errors import Retry, WorkRefused
from engine.ports import HandedFile, Work, Worker
from engine.variables import Variables

KEY = "a shared secret of the tests"
PDF = b"%PDF-1.7 a sealed certificate"
NUMBER = "1.2.156.3005.2.11100000MB03271699021.11610100MB29145699.0000000001.001.I"


class Outside:
    """The repository as a program, and the worker that reaches it."""

    def __init__(self) -> None:
        self.repository = CertificateRepository(
            "http://127.0.0.1:1", keys=SharedKey("mnr_cert_repo", KEY.encode())
        )
        self.repository.faults.latency = 0
        self.server = serve(self.repository, 0)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def deposit(self, content: bytes = PDF, *, key: str = KEY) -> Variables:
        worker = create({"URL": self.url, "KEY": key}).workers[TOPIC]
        assert isinstance(worker, Worker)
        digest = hashlib.sha256(content).hexdigest()
        handed = HandedFile(
            "证书.pdf", "application/pdf", len(content), digest, lambda: io.BytesIO(content)
        )
        value = {"file": digest, "name": "证书.pdf", "size": len(content), "type": "x"}
        asked = {"document": value, "ecert_no": NUMBER, "certificate_no": "陕(2026)第1号"}
        return dict(worker.execute(Work("k", TOPIC, "P1", asked, files={digest: handed})))


@pytest.fixture
def outside() -> Iterator[Outside]:
    made = Outside()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_certificate_deposited_twice_is_one_deposit(outside: Outside) -> None:
    first = outside.deposit()
    assert first["refused"] is None
    assert outside.deposit() == first


def test_a_refusal_is_an_answer_with_its_reason(outside: Outside) -> None:
    outside.repository.faults.switch({"mode": "reject_order", "latency": 0})
    told = outside.deposit()
    assert (told["deposit_no"], told["refused"]) == (None, "证照元数据版本不受支持")


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("down", Retry),
        ("garbage", WorkRefused),
        ("wrong_case", WorkRefused),
        ("refuse", WorkRefused),
    ],
)
def test_faults_are_told_apart(outside: Outside, mode: str, error: type[Exception]) -> None:
    outside.repository.faults.switch({"mode": mode, "latency": 0})
    with pytest.raises(error):
        outside.deposit()


def test_a_foreign_key_deposits_nothing(outside: Outside) -> None:
    with pytest.raises(WorkRefused, match="签名"):
        outside.deposit(key="the key of another department")


def test_a_batch_is_taken_only_for_files_that_arrived(outside: Outside) -> None:
    outside.deposit()
    digest = hashlib.sha256(PDF).hexdigest()
    records = [{"key": NUMBER, "sha256": digest}, {"key": "missing", "sha256": digest}]
    body = {"package": {"records": records}}
    (reply,) = outside.repository.replies("exchange_package", "EX1", body, "normal")
    assert reply[1]["accepted"] == "1"
    assert [one["key"] for one in reply[1]["rejected"]] == ["missing"]
