"""An outer certificate centre: takes card orders, makes the cards, calls back with signatures."""

import secrets
import threading
import time
from typing import Any

import urllib3

from adapters._shared import signing, wire
from adapters._simulators.server import Answer, Simulator
from engine import clock

_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class CardCentre(Simulator):
    """Answers each order with `card_posted` (or `card_order_rejected`) after a while."""

    title = "制作单位（外部系统）"

    def __init__(
        self, callback: str, *, key: bytes, key_id: str = "card_centre", seconds: float = 1.0
    ) -> None:
        super().__init__()
        self._callback = callback
        self._key = key
        self._key_id = key_id
        self._seconds = seconds
        self._seen: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._serial = 0
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=10))

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if method != "POST" or path != "/messages":
            return 404, {"reason": "没有这项服务"}
        signing.verify(body, headers, keys={self._key_id: self._key})
        envelope = wire.load(body)
        message_id = wire.text(envelope, "message_id")
        with self._lock:
            new = message_id not in self._seen
            self._seen[message_id] = envelope
        if new and envelope.get("name") == "card_order":
            threading.Thread(target=self._make, args=(envelope,), daemon=True).start()
        return 202, {"message_id": message_id}

    def summary(self) -> list[tuple[str, str]]:
        return [
            (str(e.get("name")), str(e.get("correlation_key")))
            for e in reversed(self._seen.values())
        ][:50]

    def _make(self, order: dict[str, Any]) -> None:
        mode = self.faults.mode
        number = str(order["correlation_key"])
        time.sleep(self._seconds * (4 if mode == "late" else 1))
        if mode == "wrong_case":
            number = number[:-1] + ("0" if number[-1] != "0" else "1")
        if mode == "reject_order":
            content: dict[str, Any] = {"reasons": ["photo_unusable"], "by": "外部制作单位"}
            name = "card_order_rejected"
        else:
            name, content = "card_posted", self._posted()
        content["card_order_no"] = number
        body = wire.dump(
            {
                "message_id": secrets.token_hex(16),
                "name": name,
                "correlation_key": number,
                "body": content,
            }
        )
        key = b"not the shared key at all" if mode == "bad_signature" else self._key
        for _ in range(2 if mode == "duplicate" else 1):
            self._call_back(body, key)

    def _posted(self) -> dict[str, Any]:
        with self._lock:
            self._serial += 1
            serial = self._serial
        now = clock.now()
        return {
            "blank_serial": f"WB{serial:08d}",
            "prechecked_by": "外部预核岗",
            "prechecked_at": now,
            "parcel_no": f"WP{serial:06d}",
            "express_company": "演示快递",
            "express_no": f"WBSF{now:%Y%m%d}{serial:05d}",
            "posted_at": now,
        }

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
