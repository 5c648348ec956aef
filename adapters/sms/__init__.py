"""Text messages to a mobile telephone by the gateway of the province (P-71).

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, ServiceType

CONTRACT: Final = Contract(
    channel="sms",
    title="短信平台",
    services={
        "sms.send": ServiceType(
            "发送短信",
            asked=(
                Member("phone", "手机号码", mask="phone"),
                Member("text", "内容"),
            ),
            answered=(
                Member("receipt_no", "发送编号"),
                Member("accepted_at", "受理时间", "instant"),
            ),
            refusals={"number_refused": "号码停机、空号或已退订"},
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
