"""The ministry's repository of certificates: keeps files by certificate, answers batches."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from adapters._shared import signing
from adapters._shared.signing import Keys, Subject
from adapters._simulators.correspondent import Body, Correspondent, Reply
from adapters._simulators.simulator import Answer


class CertificateRepository(Correspondent):
    """Takes a record only if its file was deposited with the hash that the record names."""

    title = "自然资源部不动产登记电子证照库"
    key_member = "batch_no"

    def __init__(self, callback: str, *, keys: Keys, seconds: float = 1.0) -> None:
        super().__init__(callback, keys=keys, seconds=seconds)
        self._files: dict[str, str] = {}

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if method != "PUT" or not path.startswith("/deposits/"):
            return super().answer(method, path, body, headers)
        digest = hashlib.sha256(body).hexdigest()
        signing.verify(Subject("deposit", path, "PUT"), body, headers, keys=self.keys)
        number = unquote(path.removeprefix("/deposits/"))
        told = {"ecert_no": number, "sha256": digest}
        if self.faults.mode == "wrong_case":
            return 200, {**told, "ecert_no": "other", "deposit_no": "D"}
        if self.faults.mode == "reject_order":
            return 200, {**told, "refused": "证照元数据版本不受支持"}
        with self.lock:
            self._files[number] = digest
        self._note("deposit", number)
        return 201, {**told, "deposit_no": f"BD{digest[:16].upper()}"}

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        del number
        if name != "exchange_package":
            return
        records = (body.get("package") or {}).get("records") or []
        rejected = [
            {"key": one.get("key"), "reason": reason}
            for one in records
            if (reason := self._fault(one, mode))
        ]
        accepted = str(len(records) - len(rejected))
        yield "exchange_receipt", {"accepted": accepted, "rejected": rejected}

    def _fault(self, record: Mapping[str, Any], mode: str) -> str:
        if mode == "reject_order":
            return "证照元数据版本不受支持"
        kept = self._files.get(str(record.get("key")))
        return "" if kept == record.get("sha256") else "没有收到证照文件，或文件摘要不符"
