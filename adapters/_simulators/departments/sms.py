"""The gateway for text messages."""

from typing import Any

from adapters._simulators.correspondent import Body, Correspondent, Refusal
from engine import clock


class SmsGateway(Correspondent):
    """Takes every message for a number that exists."""

    title = "短信平台"

    def serve(self, name: str, body: Body, mode: str) -> dict[str, Any]:
        phone = str(body.get("phone"))
        if mode == "address_refused" or phone.endswith("0000000"):
            raise Refusal("number_refused", "号码停机、空号或已退订")
        return {
            "receipt_no": f"DX{clock.now():%Y%m%d%H%M%S}{phone[-4:]}",
            "accepted_at": clock.now(),
        }
