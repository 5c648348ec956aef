"""A simulated department that takes our signed messages and answers with callbacks of its own."""

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import urllib3

from adapters._shared import signing, wire
from adapters._simulators.server import Answer, Simulator

_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
Body = Mapping[str, Any]
Reply = tuple[str, dict[str, Any]]
"""A message name and its body, without the number of the case."""


class Correspondent(Simulator):
    """Remembers every message by its id; answers a new one after a while.

    Faults of the answers: late, duplicate, for another case, with a wrong signature.
    """

    key_member = "work_order_no"

    def __init__(self, callback: str, *, key: bytes, key_id: str, seconds: float = 1.0) -> None:
        super().__init__()
        self._callback = callback
        self._key = key
        self._key_id = key_id
        self._seconds = seconds
        self._seen: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=10))

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        """What the department sends back for a message, in its order."""
        raise NotImplementedError

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if method != "POST" or path != "/messages":
            return 404, {"reason": "没有这项服务"}
        signing.verify(body, headers, keys={self._key_id: self._key})
        envelope = wire.load(body)
        message_id = wire.text(envelope, "message_id")
        with self.lock:
            new = message_id not in self._seen
            self._seen[message_id] = envelope
        if new:
            threading.Thread(target=self._work, args=(envelope,), daemon=True).start()
        return 202, {"message_id": message_id}

    def summary(self) -> list[tuple[str, str]]:
        with self.lock:
            seen = list(reversed(self._seen.values()))[:50]
        return [(str(e.get("name")), str(e.get("correlation_key"))) for e in seen]

    def _work(self, envelope: dict[str, Any]) -> None:
        mode = self.faults.now()
        number = str(envelope["correlation_key"])
        found = self.replies(str(envelope["name"]), number, envelope.get("body") or {}, mode)
        for name, content in found:
            time.sleep(self._seconds * (4 if mode == "late" else 1))
            self._send(name, number, content, mode)

    def _send(self, name: str, number: str, content: dict[str, Any], mode: str) -> None:
        if mode == "wrong_case":
            number = number[:-1] + ("0" if number[-1] != "0" else "1")
        body = wire.dump(
            {
                "message_id": secrets.token_hex(16),
                "name": name,
                "correlation_key": number,
                "body": {**content, self.key_member: number},
            }
        )
        key = b"not the shared key at all" if mode == "bad_signature" else self._key
        for _ in range(2 if mode == "duplicate" else 1):
            self._call_back(body, key)

    def _call_back(self, body: bytes, key: bytes) -> None:
        for pause in _RETRY_SECONDS:
            headers = signing.sign(body, key_id=self._key_id, key=key)
            headers["Content-Type"] = "application/json"
            try:
                response = self._pool.request("POST", self._callback, body=body, headers=headers)
            except urllib3.exceptions.HTTPError:
                response = None
            if response is not None and response.status < 500:
                return
            time.sleep(pause)
