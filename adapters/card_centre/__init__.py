"""A certificate centre with a system of its own, talking in the messages of the card order.

Outward, where the installation routes them here: card_order, card_received, card_closed,
card_remake_requested, card_lost, card_order_cancelled.
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType

CONTRACT: Final = Contract(
    channel="card_centre",
    title="制作单位",
    inward={
        "card_order_rejected": MessageType(
            "退回制证单",
            (
                Member("reasons", "理由", "list"),
                Member("by", "退回人", required=False),
                Member("at", "退回时间", "instant", required=False),
            ),
        ),
        "card_posted": MessageType(
            "已邮寄",
            (
                Member("blank_serial", "印刷号"),
                Member("parcel_no", "邮件编号"),
                Member("express_no", "快递单号"),
                Member("posted_at", "邮寄时间", "instant"),
                Member("express_company", "快递公司", required=False),
                Member("prechecked_by", "预核人", required=False),
                Member("prechecked_at", "预核时间", "instant", required=False),
            ),
        ),
    },
    key=Member("card_order_no", "制证单号"),
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
