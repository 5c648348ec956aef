"""A department that exchanges our messages with us: signed envelopes over HTTP, both ways.

Outward, an envelope is posted to `/messages`; inward, the department calls back with one. What it
answers at once is a service below `/services/`. Which messages it may send, what services it has,
and what their bodies need, is data of its adapter.

Invariant: what a department sends is taken only by its own key, by name, whole, and for the case
that the body itself names. An id seen before changes nothing on either side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters._shared import signing, wire
from adapters._shared.client import Department
from adapters._shared.members import EMPTY, WORK_ORDER, Member, MessageType, ServiceType
from adapters._shared.service import Service
from engine import clock
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Message, Worker


@dataclass(frozen=True, slots=True)
class Contract:
    """What a department may send and is sent: message name → what it is about and its members.

    The outward messages go to it wherever the adapter is switched on; others need a route of the
    installation. `key` is the member that repeats the correlation key. `services` are by topic,
    `<channel>.<name>`: a service task with that topic asks for one.
    """

    channel: str
    title: str
    inward: Mapping[str, MessageType] = field(default_factory=dict)
    outward: Mapping[str, MessageType] = field(default_factory=dict)
    key: Member = WORK_ORDER
    services: Mapping[str, ServiceType] = field(default_factory=dict)

    def key_of(self, told: MessageType) -> Member:
        """The member of a message that repeats its correlation key."""
        return told.key or self.key


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
        self.workers: Mapping[str, Worker] = {
            topic: Service(topic, asked, department, key_id=key_id, key=key)
            for topic, asked in contract.services.items()
        }

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
        told = self.contract.inward[name]
        _check(self.contract.key_of(told), content, correlation_key)
        return Message(
            id=wire.text(envelope, "message_id"),
            name=name,
            correlation_key=correlation_key,
            variables={**wire.variables(content), **told.read(content)},
            sent_at=clock.now(),
        )


def _check(key: Member, content: Mapping[str, Any], correlation_key: str) -> None:
    if content.get(key.name) in EMPTY:
        raise MessageRefused(f"报文缺少『{key.name}』（{key.title}）")
    if content[key.name] != correlation_key:
        raise MessageRefused(f"{key.title}与关联号不一致")


def create(contract: Contract, settings: Mapping[str, str]) -> Exchange:
    """The channel from the settings `URL`, `KEY` (at least 16 bytes) and optional `KEY_ID`."""
    key_id, key = signing.key_from(settings, contract.channel)
    department = Department(contract.title, settings.get("URL", ""))
    return Exchange(contract, department, key_id=key_id, key=key)
