"""Which fault a simulated department shows, switchable while it runs (`POST /_faults`)."""

import random
import threading
import time
from collections.abc import Mapping
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
    "disorder": "乱序回执",
    "wrong_answer": "回执缺项",
    "wrong_case": "串号回执",
    "bad_signature": "签名错误",
    "misprint": "打印错误",
    "fault": "设备故障",
    "address_refused": "地址不可送达",
    "reject_order": "不予办理",
    "supplement": "要求补正",
    "tampered": "交回的文件被改动",
}


@dataclass(slots=True)
class Faults:
    """The mode in force and how many requests it still applies to (None: until switched).

    `rates` are faults that come by chance while the mode is normal: mode → share of the requests.
    """

    latency: float = 0.05
    mode: str = "normal"
    remaining: int | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def switch(self, order: Mapping[str, Any]) -> None:
        """Set mode, number of requests and latency in seconds; unknown modes are refused."""
        mode = str(order.get("mode", "normal"))
        rates = {str(name): float(share) for name, share in (order.get("rates") or {}).items()}
        if unknown := {mode, *rates} - MODES.keys():
            raise ValueError(f"没有『{'、'.join(sorted(unknown))}』这种故障")
        with self._lock:
            self.mode = mode
            self.remaining = order.get("times")
            self.latency = float(order.get("latency", self.latency))
            self.rates = rates

    def now(self) -> str:
        """The mode in force, or one that chance brings."""
        if self.mode != "normal" or not self.rates:
            return self.mode
        drawn = random.random()  # noqa: S311 - chance of a simulator
        for mode, share in self.rates.items():
            drawn -= share
            if drawn < 0:
                return mode
        return self.mode

    def take(self) -> str:
        """The mode for one request; counts it."""
        with self._lock:
            mode = self.now()
            if self.remaining is not None and mode != "normal":
                self.remaining -= 1
                if self.remaining <= 0:
                    self.mode, self.remaining = "normal", None
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - latency of a simulator
        time.sleep(self.latency * jitter)
        return mode
