"""The courier: books a parcel once per key and gives it an express number."""

import threading
from typing import Any

from adapters._shared import wire
from adapters._simulators.simulator import Answer, Refused, Simulator
from engine import clock


class Courier(Simulator):
    """Remembers every parcel by its key."""

    title = "快递公司"

    def __init__(self) -> None:
        super().__init__()
        self._parcels: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        del headers
        if method != "POST" or path != "/parcels":
            return 404, {"reason": "没有这项服务"}
        order = wire.load(body)
        key = wire.text(order, "key")
        if not order.get("address"):
            raise Refused("寄件单缺少收件地址")
        if self.faults.mode == "address_refused":
            return 200, {"key": key, "state": "address_refused", "reason": "收件地址不在服务范围"}
        with self._lock:
            if key not in self._parcels:
                # the time too: after a restart the numbers of the day are not given again
                at = clock.now().astimezone(clock.SHANGHAI)
                number = f"BLSF{at:%Y%m%d%H%M%S}{len(self._parcels) + 1:03d}"
                self._parcels[key] = {
                    "key": key,
                    "state": "booked",
                    "express_no": number,
                    "express_company": "演示快递",
                    "booked_at": clock.now(),
                }
            answer = dict(self._parcels[key])
        if self.faults.mode == "wrong_case":
            answer["key"] = "other"
        return 201, answer

    def summary(self) -> list[tuple[str, str]]:
        return [(p["express_no"], p["key"]) for p in reversed(self._parcels.values())][:50]
