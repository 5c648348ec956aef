"""A simulated department: takes our signed messages, calls back, answers questions at once."""

import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3

from adapters._shared import signing, wire
from adapters._shared.signing import Keys, Subject
from adapters._simulators import packages
from adapters._simulators.simulator import Answer, Simulator

_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 10.0, 10.0, 20.0, 30.0)
_REMEMBERED: Final = 50
Body = Mapping[str, Any]
Reply = tuple[str, dict[str, Any]]
"""A message name and its body, without the number of the case."""


@dataclass(frozen=True, slots=True)
class Example:
    """A message that the department can be told to send: its button on the page."""

    title: str
    name: str
    number: str
    body: dict[str, Any]


class Refusal(Exception):
    """A service says no for a reason of its business; the code is one of its contract."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Correspondent(Simulator):
    """Remembers every message and question by its id; answers a new message after a while.

    Faults of the answers: late, duplicate, in the wrong order, for another case, with a wrong
    signature, with nothing in them.
    """

    takes_packages = True
    key_member = "work_order_no"
    key_members: Mapping[str, str] = {}
    """Messages whose correlation key is another member."""

    def __init__(self, callback: str, *, keys: Keys, seconds: float = 1.0) -> None:
        super().__init__()
        self._callback = callback
        self.keys = keys
        self._seconds = seconds
        self._seen: dict[str, dict[str, Any]] = {}
        self.last = ""
        """The number of the last message of its own accord."""
        self._answers: dict[str, dict[str, Any]] = {}
        self._log: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED)
        self.lock = threading.Lock()
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=10))

    def key_of(self, name: str) -> str:
        """The member that repeats the correlation key of a message."""
        return self.key_members.get(name, self.key_member)

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        """What the department sends back for a message, in its order; nothing by default."""
        del name, number, body, mode
        yield from ()

    def serve(self, name: str, body: Body, mode: str) -> dict[str, Any]:
        """What the department answers to a question at once; may raise `Refusal`."""
        raise NotImplementedError

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if (method, path) == ("POST", "/package"):
            sent = packages.uploaded(body, headers.get("Content-Type", ""))
            return 200, packages.answered(sent, self._said, keys=self.keys)
        if method != "POST" or not path.startswith(("/messages", "/services/")):
            return 404, {"reason": "没有这项服务"}
        purpose = "message" if path == "/messages" else "service"
        signing.verify(Subject(purpose, path), body, headers, keys=self.keys)
        envelope = wire.load(body)
        if path != "/messages":
            return self._served(path.removeprefix("/services/"), envelope)
        message_id = wire.text(envelope, "message_id")
        with self.lock:
            new = message_id not in self._seen
            self._seen[message_id] = envelope
        if new:
            self._note(wire.text(envelope, "name"), wire.text(envelope, "correlation_key"))
            threading.Thread(target=self._work, args=(envelope,), daemon=True).start()
        return 202, {"message_id": message_id}

    def summary(self) -> list[tuple[str, str]]:
        with self.lock:
            return list(self._log)

    def examples(self) -> list[Example]:
        """What the department can be told to send of its own accord."""
        return []

    def say(self, told: Mapping[str, Any]) -> None:
        """Send an example by its index, or the name, number and body given; the fault applies."""
        if "example" in told:
            chosen = self.examples()[int(told["example"])]
        else:
            chosen = Example("", told["name"], told["number"], dict(told["body"]))
        self.last = chosen.number
        given = (chosen.name, chosen.number, chosen.body, self.faults.now())
        threading.Thread(target=self._send, args=given, daemon=True).start()

    def _said(self, envelope: dict[str, Any]) -> Iterator[Reply]:
        """What is said in return for a message of a package."""
        name, number = wire.text(envelope, "name"), wire.text(envelope, "correlation_key")
        self._note(name, number)
        for said, content in self.replies(name, number, envelope.get("body") or {}, "normal"):
            yield said, {**content, self.key_of(said): number}

    def _note(self, name: str, number: str) -> None:
        with self.lock:
            self._log.appendleft((name, number))

    def _served(self, name: str, envelope: dict[str, Any]) -> Answer:
        request_id = wire.text(envelope, "request_id")
        mode = self.faults.now()
        with self.lock:
            known = self._answers.get(request_id)
        if known is None:
            self._note(name, request_id)
            try:
                known = {"body": self.serve(name, envelope.get("body") or {}, mode)}
            except NotImplementedError:
                return 404, {"reason": "没有这项服务"}
            except Refusal as no:
                known = {"refusal": {"code": no.code, "reason": str(no)}}
            with self.lock:
                known = self._answers.setdefault(request_id, known)
        if mode == "wrong_answer":
            known = {"body": {}}
        return 200, {"request_id": "other" if mode == "wrong_case" else request_id, **known}

    def _work(self, envelope: dict[str, Any]) -> None:
        mode = self.faults.now()
        name, number = str(envelope["name"]), str(envelope["correlation_key"])
        found = self.replies(name, number, envelope.get("body") or {}, mode)
        for said, content in reversed(list(found)) if mode == "disorder" else found:
            time.sleep(self._seconds * (4 if mode == "late" else 1))
            self._send(said, number, content, mode)

    def _send(self, name: str, number: str, content: dict[str, Any], mode: str) -> None:
        if mode == "wrong_case":
            number = number[:-1] + ("0" if number[-1] != "0" else "1")
        told = {} if mode == "wrong_answer" else content
        body = wire.dump(
            {
                "message_id": secrets.token_hex(16),
                "name": name,
                "correlation_key": number,
                "body": {**told, self.key_of(name): number},
            }
        )
        signed = b"what was never sent" if mode == "bad_signature" else body
        for _ in range(2 if mode == "duplicate" else 1):
            self._call_back(body, signed)

    def _call_back(self, body: bytes, signed: bytes) -> None:
        subject = Subject("message", f"/api/channels/{self.keys.id}")
        for pause in _RETRY_SECONDS:
            headers = signing.sign(subject, signed, keys=self.keys)
            headers["Content-Type"] = "application/json"
            try:
                response = self._pool.request("POST", self._callback, body=body, headers=headers)
            except urllib3.exceptions.HTTPError:
                response = None
            if response is not None and response.status < 500:
                return
            time.sleep(pause)
