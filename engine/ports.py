"""The ports to the outside: a worker does the work of a topic, a channel carries messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from engine.variables import Variables


@dataclass(frozen=True, slots=True)
class Work:
    """What an external task asks for.

    `key` is the same at every retry: the receiver's idempotency key.
    """

    key: str
    topic: str
    business_key: str
    variables: Variables
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A message to or from a department.

    `id` is the sender's idempotency key, `correlation_key` names the case for the receiver.
    """

    id: str
    name: str
    correlation_key: str
    variables: Variables
    sent_at: datetime | None = None


@runtime_checkable
class Worker(Protocol):
    """Does the work of one topic, outside any transaction, at least once."""

    topic: str

    def execute(self, work: Work) -> Variables:
        """Do the work and return its result.

        Raises:
            Retry: a passing failure; the job is tried again later.
            BpmnError: a business answer that the model catches.
        """
        ...


@runtime_checkable
class Channel(Protocol):
    """Carries messages to one department and reads its answers."""

    name: str

    def send(self, message: Message) -> None:
        """Hand a message over; returning means the department has it.

        Raises:
            Retry: the department did not take it; send it again later with the same id.
        """
        ...

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Message:
        """Authenticate and translate what the department posted.

        Raises:
            MessageRefused: signature, time window, nonce or schema is wrong.
        """
        ...
