"""A certificate centre with a system of its own, talking in the messages of the card order.

Outward: card_order, card_received, card_closed, card_remake_requested, card_lost,
card_order_cancelled. Inward, as signed callbacks: card_order_rejected, card_posted.
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from adapters._shared import signing, wire
from adapters._shared.client import Department
from engine import clock
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Message
from engine.variables import Variables

# message → members that its body needs, from the table of messages of the domain
_INWARD: Final[Mapping[str, tuple[str, ...]]] = {
    "card_order_rejected": ("card_order_no", "reasons"),
    "card_posted": ("card_order_no", "blank_serial", "parcel_no", "express_no", "posted_at"),
}
_INSTANTS: Final = frozenset({"posted_at", "prechecked_at"})


class CardCentre:
    """The channel `card_centre`."""

    name = "card_centre"

    def __init__(self, department: Department, *, key_id: str, key: bytes) -> None:
        self.department = department
        self._key_id = key_id
        self._key = key

    def send(self, message: Message) -> None:
        """Post a message; the centre ignores an id that it has seen.

        Raises:
            Retry: not delivered, send again. WorkRefused: the centre will never take it.
        """
        body = wire.dump(
            {
                "message_id": message.id,
                "name": message.name,
                "correlation_key": message.correlation_key,
                "sent_at": message.sent_at,
                "body": message.variables,
            }
        )
        headers = signing.sign(body, key_id=self._key_id, key=self._key)
        answer = self.department.post("/messages", body, headers)
        if answer.get("message_id") != message.id:
            raise WorkRefused("制作单位的回执与报文不符")

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Message:
        """A signed callback of the centre as a message.

        Raises:
            MessageRefused: signature, time, name or a member of the body is wrong.
        """
        signing.verify(body, headers, keys={self._key_id: self._key})
        envelope = wire.load(body)
        name = wire.text(envelope, "name")
        content = envelope.get("body")
        if name not in _INWARD:
            raise MessageRefused(f"制作单位不能发送『{name}』报文")
        if not isinstance(content, dict):
            raise MessageRefused("报文缺少正文『body』")
        correlation_key = wire.text(envelope, "correlation_key")
        self._check(name, content, correlation_key)
        return Message(
            id=wire.text(envelope, "message_id"),
            name=name,
            correlation_key=correlation_key,
            variables={**wire.variables(content), **_instants(content)},
            sent_at=clock.now(),
        )

    def _check(self, name: str, content: Mapping[str, Any], correlation_key: str) -> None:
        for member in _INWARD[name]:
            if not content.get(member):
                raise MessageRefused(f"报文『{name}』缺少『{member}』")
        if content["card_order_no"] != correlation_key:
            raise MessageRefused("报文正文的制证单号与关联号不一致")


def _instants(content: Mapping[str, Any]) -> Variables:
    """The members that are instants, which travel as text."""
    found: Variables = {}
    for name in _INSTANTS & content.keys():
        try:
            instant = datetime.fromisoformat(content[name])
        except (TypeError, ValueError):
            raise MessageRefused(f"报文的『{name}』不是有效的时间") from None
        if instant.tzinfo is None:
            raise MessageRefused(f"报文的『{name}』没有时区")
        found[name] = instant
    return found


def create(settings: Mapping[str, str]) -> CardCentre:
    """Make the channel; `URL` and `KEY` are required."""
    key_id, key = signing.key_from(settings, "card_centre")
    return CardCentre(Department("制作单位", settings.get("URL", "")), key_id=key_id, key=key)
