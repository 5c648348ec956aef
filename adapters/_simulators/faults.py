"""Which fault a simulated department shows, switchable while it runs (`POST /_faults`)."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

MODES: Final = {
    "normal": "正常",
    "slow": "响应缓慢",
    "down": "停机",
    "refuse": "拒绝请求",
    "garbage": "答复乱码",
    "duplicate": "重复回执",
    "late": "迟到回执",
    "wrong_case": "串号回执",
    "bad_signature": "签名错误",
    "misprint": "打印错误",
    "fault": "设备故障",
    "address_refused": "地址不可送达",
    "reject_order": "退回制证单",
}


@dataclass(slots=True)
class Faults:
    """The mode in force and how many requests it still applies to (None: until switched)."""

    latency: float = 0.05
    mode: str = "normal"
    remaining: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def switch(self, order: dict[str, Any]) -> None:
        """Set mode, number of requests and latency in seconds; unknown modes are refused."""
        mode = str(order.get("mode", "normal"))
        if mode not in MODES:
            raise ValueError(f"没有『{mode}』这种故障")
        with self._lock:
            self.mode = mode
            self.remaining = order.get("times")
            self.latency = float(order.get("latency", self.latency))

    def take(self) -> str:
        """The mode for one request; counts it."""
        with self._lock:
            mode = self.mode
            if self.remaining is not None and mode != "normal":
                self.remaining -= 1
                if self.remaining <= 0:
                    self.mode, self.remaining = "normal", None
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - latency of a simulator
        time.sleep(self.latency * jitter)
        return mode
