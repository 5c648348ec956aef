"""An outer certificate centre: takes card orders, makes the cards, calls back with signatures."""

from collections.abc import Iterator
from typing import Any

from adapters._shared.signing import Keys
from adapters._simulators.correspondent import Body, Correspondent, Reply
from engine import clock


class CardCentre(Correspondent):
    """Answers each order with `card_posted` (or `card_order_rejected`) after a while."""

    title = "制作单位（外部系统）"
    key_member = "card_order_no"

    def __init__(self, callback: str, *, keys: Keys, seconds: float = 1.0) -> None:
        super().__init__(callback, keys=keys, seconds=seconds)
        self._serial = 0

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        del number, body
        if name != "card_order":
            return
        if mode == "reject_order":
            yield "card_order_rejected", {"reasons": ["photo_unusable"], "by": "外部制作单位"}
        else:
            yield "card_posted", self._posted()

    def _posted(self) -> dict[str, Any]:
        with self.lock:
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
