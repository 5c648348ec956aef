"""A department that exchanges our messages with us: signed envelopes over HTTP, both ways.

Outward, an envelope is posted to `/messages`; inward, the department calls back with one. Which
messages it may send, and what their bodies need, is data of its adapter.

Invariant: what a department sends is taken only by its own key, by name, whole, and for the case
that the body itself names. An id seen before changes nothing on either side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters._shared import signing, wire
from adapters._shared.client import Department
from engine import clock
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Message
from engine.variables import Variables


@dataclass(frozen=True, slots=True)
class Contract:
    """What a department may send: message → members that its body needs; and what it is sent.

    `outward` are the messages that go to it wherever the adapter is switched on; others need a
    route of the installation. `key` is the member that repeats the correlation key, called
    `key_title` in messages to people; `instants` travel as text with a zone.
    """

    channel: str
    title: str
    inward: Mapping[str, tuple[str, ...]]
    outward: tuple[str, ...] = ()
    key: str = "work_order_no"
    key_title: str = "工作单号"
    instants: frozenset[str] = field(default_factory=frozenset)


class Exchange:
    """The channel of one department."""

    def __init__(
        self, contract: Contract, department: Department, *, key_id: str, key: bytes
    ) -> None:
        self.contract = contract
        self.name = contract.channel
        self.department = department
        self._key_id = key_id
        self._key = key

    def send(self, message: Message) -> None:
        """Post a message; the department ignores an id that it has seen.

        Raises:
            Retry: not delivered, send again. WorkRefused: the department will never take it.
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
            raise WorkRefused(f"{self.contract.title}的回执与报文不符")

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Message:
        """A signed callback of the department as a message.

        Raises:
            MessageRefused: signature, time, name or a member of the body is wrong.
        """
        signing.verify(body, headers, keys={self._key_id: self._key})
        envelope = wire.load(body)
        name = wire.text(envelope, "name")
        content = envelope.get("body")
        if name not in self.contract.inward:
            raise MessageRefused(f"{self.contract.title}不能发送『{name}』报文")
        if not isinstance(content, dict):
            raise MessageRefused("报文缺少正文『body』")
        correlation_key = wire.text(envelope, "correlation_key")
        self._check(name, content, correlation_key)
        return Message(
            id=wire.text(envelope, "message_id"),
            name=name,
            correlation_key=correlation_key,
            variables={**wire.variables(content), **self._instants(content)},
            sent_at=clock.now(),
        )

    def _check(self, name: str, content: Mapping[str, Any], correlation_key: str) -> None:
        for member in (self.contract.key, *self.contract.inward[name]):
            if content.get(member) in (None, "", [], {}):
                raise MessageRefused(f"报文『{name}』缺少『{member}』")
        if content[self.contract.key] != correlation_key:
            raise MessageRefused(f"{self.contract.key_title}与关联号不一致")

    def _instants(self, content: Mapping[str, Any]) -> Variables:
        found: Variables = {}
        for name in self.contract.instants & content.keys():
            try:
                instant = datetime.fromisoformat(content[name])
            except (TypeError, ValueError):
                raise MessageRefused(f"报文的『{name}』不是有效的时间") from None
            if instant.tzinfo is None:
                raise MessageRefused(f"报文的『{name}』没有时区")
            found[name] = instant
        return found


def create(contract: Contract, settings: Mapping[str, str]) -> Exchange:
    """The channel from the settings `URL`, `KEY` (at least 16 bytes) and optional `KEY_ID`."""
    key_id, key = signing.key_from(settings, contract.channel)
    department = Department(contract.title, settings.get("URL", ""))
    return Exchange(contract, department, key_id=key_id, key=key)
