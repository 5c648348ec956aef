"""A department that exchanges our messages with us: signed envelopes over HTTP, both ways.

Outward, an envelope is posted to `/messages`; inward, the department calls back with one. What it
answers at once is a service below `/services/`. Which messages it may send, what services it has,
and what their bodies need, is data of its adapter.

Invariant: what a department sends is taken only by its own key, by name, whole, and for the case
that the body itself names. An id seen before changes nothing on either side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from adapters._shared import signing, wire
from adapters._shared.client import Department
from adapters._shared.members import EMPTY, WORK_ORDER, Member, MessageType, ServiceType
from adapters._shared.service import Service
from adapters._shared.signing import Keys, Subject
from engine import clock
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Message, Worker
from engine.variables import Value

WAYS: Final = ("push", "pull", "file")


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
        self,
        contract: Contract,
        department: Department | None,
        *,
        keys: Keys,
        way: str = "push",
    ) -> None:
        """`department` is where messages are posted to; it is needed for `push` alone."""
        self.contract = contract
        self.name = contract.channel
        self.department = department
        self.way = way
        self._keys = keys
        self.workers: Mapping[str, Worker] = {}
        if department is not None:
            self.workers = {
                topic: Service(topic, asked, department, keys=keys)
                for topic, asked in contract.services.items()
            }

    def send(self, message: Message) -> None:
        """Post a message; the department ignores an id that it has seen.

        Raises:
            Retry: not delivered, send again. WorkRefused: the department will never take it.
        """
        if self.department is None:
            raise WorkRefused(f"{self.contract.title}不接受推送，报文由其自行领取")
        body = wire.dump(envelope(message))
        answer = self.department.post(
            "/messages", body, self.sign(Subject("message", "/messages"), body)
        )
        if answer.get("message_id") != message.id:
            raise WorkRefused(f"{self.contract.title}的回执与报文不符")

    def sign(self, subject: Subject, body: bytes | BinaryIO) -> dict[str, str]:
        """The headers of what we send to this department, or answer it."""
        return signing.sign(subject, body, keys=self._keys)

    def verify(self, subject: Subject, body: bytes, headers: Mapping[str, str]) -> None:
        """Whether a request is this department's own.

        Raises:
            MessageRefused: it is not.
        """
        signing.verify(subject, body, headers, keys=self._keys)

    def seal(self, body: bytes) -> str:
        """What shows that a file is ours and whole; unlike a signature it has no time."""
        return signing.seal(body, keys=self._keys)

    def sealed(self, body: bytes, seal: str) -> bool:
        """Whether a file is this department's own and whole."""
        return signing.sealed(body, seal, keys=self._keys)

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Message:
        """A signed callback of the department as a message.

        Raises:
            MessageRefused: signature, time, name or a member of the body is wrong.
        """
        self.verify(Subject("message", f"/api/channels/{self.name}"), body, headers)
        return self.read(wire.load(body))

    def read(self, envelope: Mapping[str, Any]) -> Message:
        """An envelope that is known to be this department's, as a message.

        Raises:
            MessageRefused: name or a member of the body is wrong.
        """
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


def envelope(message: Message) -> dict[str, Value]:
    """A message as it goes over the wire."""
    return {
        "message_id": message.id,
        "name": message.name,
        "correlation_key": message.correlation_key,
        "sent_at": message.sent_at,
        "body": message.variables,
    }


def create(contract: Contract, settings: Mapping[str, str]) -> Exchange:
    """The channel from the settings `URL`, those of its keys (`signing.keys_from`), and `WAY`.

    `WAY`: `push` (we post; the default), `pull` (it fetches by API), `file` (packages of files).

    Raises:
        ValueError: a setting is missing or not of its form.
    """
    keys = signing.keys_from(settings, contract.channel)
    way = settings.get("WAY", "push")
    if way not in WAYS:
        raise ValueError(f"适配器『{contract.channel}』的方式（WAY）只能是 {'、'.join(WAYS)}")
    address = settings.get("URL", "")
    reached = Department(contract.title, address) if way == "push" or address else None
    return Exchange(contract, reached, keys=keys, way=way)
