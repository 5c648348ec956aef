"""A certificate centre with a system of its own, talking in the messages of the card order.

Outward: card_order, card_received, card_closed, card_remake_requested, card_lost,
card_order_cancelled. Inward, as signed callbacks: card_order_rejected, card_posted.
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange

CONTRACT: Final = Contract(
    channel="card_centre",
    title="制作单位",
    # message → members that its body needs, from the table of messages of the domain
    inward={
        "card_order_rejected": ("reasons",),
        "card_posted": ("blank_serial", "parcel_no", "express_no", "posted_at"),
    },
    key="card_order_no",
    key_title="制证单号",
    instants=frozenset({"posted_at", "prechecked_at"}),
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
