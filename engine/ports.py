"""The ports to the outside: workers of topics, channels of messages, a provider of identities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol, runtime_checkable

from engine.errors import WorkRefused
from engine.variables import Value, Variables


@dataclass(frozen=True, slots=True)
class HandedFile:
    """A file that an external task names, as the adapter gets it; `open` gives its bytes anew."""

    name: str
    content_type: str
    size: int
    sha256: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that an adapter gives back; the case gets a reference to it, once stored."""

    name: str
    content_type: str
    content: bytes


Result = Mapping[str, Value | MadeFile]
"""What the work gives: variables, and files by the name of the variable that will refer to them."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an external task asks for.

    `key` is the same at every retry: the receiver's idempotency key. `files` are those that its
    variables refer to, by SHA-256, and no others.
    """

    key: str
    topic: str
    business_key: str
    variables: Variables
    retries: int = 0
    files: Mapping[str, HandedFile] = field(default_factory=dict)

    def file(self, name: str) -> HandedFile:
        """The file that a variable refers to.

        Raises:
            WorkRefused: the variable is missing or refers to no file; names it.
        """
        value = self.variables.get(name)
        found = self.files.get(str(value.get("file"))) if isinstance(value, Mapping) else None
        if found is None:
            raise WorkRefused(f"作业『{self.topic}』的『{name}』应为文件", name=name)
        return found


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


@dataclass(frozen=True, slots=True)
class Errand:
    """A browser sent out to an identity provider, and what is remembered until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


@runtime_checkable
class IdentityProvider(Protocol):
    """Vouches for people of the public: a browser goes there and comes back with a code."""

    name: str
    title: str
    issuer: str

    def begin(self, *, redirect_uri: str, silent: bool = False, level: int = 0) -> Errand:
        """Where to send the browser.

        `silent`: only whoever is logged in there comes back in; `level`: how surely it has to be
        him (3: the face compared).
        """
        ...

    def finish(self, answer: Mapping[str, str], errand: Errand, *, redirect_uri: str) -> Variables:
        """The claims of whoever came back with this answer.

        Raises:
            MessageRefused: the answer or a token in it is not in order.
            Retry: the provider cannot be reached.
        """
        ...

    def leave(self, *, back_to: str) -> str:
        """Where to send the browser to log out there as well."""
        ...


@runtime_checkable
class Worker(Protocol):
    """Does the work of one topic, outside any transaction, at least once."""

    topic: str

    def execute(self, work: Work) -> Result:
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
