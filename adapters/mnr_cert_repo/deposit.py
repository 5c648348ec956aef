"""Depositing one certificate: `PUT /deposits/<key>` streams the file, a JSON receipt comes back."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from adapters._shared import wire
from adapters._shared.client import Department
from adapters._shared.exchange import Exchange
from adapters._shared.signing import Subject
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Work
from engine.variables import Variables

TOPIC: Final = "mnr_cert_repo.deposit"


class Deposit:
    """Puts the file `document` into the repository; the same certificate is one deposit for good.

    Takes `document`, `ecert_no`, `certificate_no`; gives `deposit_no`, or `refused` with the
    repository's reason: a refusal is an answer, the other certificates of the batch go on.
    """

    topic = TOPIC

    def __init__(self, exchange: Exchange, department: Department) -> None:
        self._exchange = exchange
        self._department = department

    def execute(self, work: Work) -> Variables:
        """Deposit.

        Raises:
            Retry: a passing failure. WorkRefused: the receipt is not for this file.
        """
        document = work.file("document")
        number = str(work.variables.get("ecert_no") or "")
        path = f"/deposits/{quote(number, safe='')}"
        told = {
            "Content-Length": str(document.size),
            "X-Banli-Certificate": quote(str(work.variables.get("certificate_no") or "")),
        }
        with document.open() as stream:
            headers = {**self._exchange.sign(Subject("deposit", path, "PUT"), stream), **told}
            answer = self._department.transfer("PUT", path, stream, headers)
        return self._read(number, document.sha256, answer)

    def _read(self, number: str, sha256: str, answer: bytes) -> Variables:
        try:
            receipt: Mapping[str, Any] = wire.load(answer)
        except MessageRefused as error:
            raise WorkRefused(f"证照库的存入回执无法识别：{error.message}") from error
        if receipt.get("ecert_no") != number or receipt.get("sha256") != sha256:
            raise WorkRefused("证照库的存入回执与送交的文件不符", ecert=number)
        if receipt.get("refused"):
            return {"deposit_no": None, "refused": str(receipt["refused"])[:300]}
        if not isinstance(receipt.get("deposit_no"), str):
            raise WorkRefused("证照库的存入回执没有存入编号", ecert=number)
        return {"deposit_no": receipt["deposit_no"], "refused": None}
