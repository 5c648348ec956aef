"""The card machine: takes print jobs, prints for a moment, reports printed, misprint or fault."""

import threading
import time
from typing import Any

from adapters._shared import wire
from adapters._simulators.simulator import Answer, Refused, Simulator
from engine import clock


class CardMachine(Simulator):
    """Remembers every job by its key; the same key is never printed twice."""

    title = "制证机"

    def __init__(self, *, seconds: float = 1.0) -> None:
        super().__init__()
        self._seconds = seconds
        self._jobs: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        del headers
        if method == "POST" and path == "/jobs":
            return 202, self._state(self._accept(wire.load(body)))
        if method == "GET" and path.startswith("/jobs/"):
            job = self._jobs.get(path.removeprefix("/jobs/"))
            if job is not None:
                return 200, self._state(job)
        return 404, {"reason": "没有这项打印任务"}

    def summary(self) -> list[tuple[str, str]]:
        return [
            (str(job["card"].get("card_order_no", "")), f"{job['blank_serial']} {job['result']}")
            for job in reversed(self._jobs.values())
        ][:50]

    def _accept(self, order: dict[str, Any]) -> dict[str, Any]:
        card = order.get("card")
        if not isinstance(card, dict) or not card.get("blank_serial"):
            raise Refused("打印任务缺少印刷号")
        key = wire.text(order, "key")
        mode = self.faults.mode
        with self._lock:
            if key not in self._jobs:
                self._jobs[key] = {
                    "key": key,
                    "card": card,
                    "blank_serial": card["blank_serial"],
                    "result": mode if mode in {"misprint", "fault"} else "printed",
                    "done_at": time.monotonic() + self._seconds,
                }
            return self._jobs[key]

    def _state(self, job: dict[str, Any]) -> dict[str, Any]:
        if time.monotonic() < job["done_at"]:
            return {"key": job["key"], "state": "printing"}
        serial = "0000000000" if self.faults.mode == "wrong_case" else job["blank_serial"]
        reasons = {"misprint": "色带偏移", "fault": "进卡故障"}
        return {
            "key": job["key"],
            "state": "done",
            "blank_serial": serial,
            "result": job["result"],
            "machine": "制证机 01",
            "printed_at": clock.now(),
            "reason": reasons.get(job["result"], ""),
        }
