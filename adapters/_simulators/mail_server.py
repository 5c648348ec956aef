"""A mail server that delivers to its own page: SMTP with TLS, log-in and every kind of no.

It speaks as much of RFC 5321 as a client of ours uses: EHLO, STARTTLS, AUTH PLAIN, MAIL, RCPT,
DATA, RSET, NOOP, QUIT. A `Message-ID` that came before is taken again and shown once.
"""

import base64
import html
import socketserver
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

from adapters._simulators.simulator import Answer, Raw, Simulator
from engine import clock

_KEPT: Final = 200
_LONGEST: Final = 30 << 20
_SLOW_SECONDS: Final = 35.0
_NOBODY: Final = "nobody"
"""The local part of a mailbox that no server has."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message that was taken."""

    to: str
    message: EmailMessage
    secured: bool
    at: str = field(default_factory=lambda: f"{clock.now().astimezone(clock.SHANGHAI):%H:%M:%S}")

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    @property
    def attachments(self) -> list[str]:
        return [str(part.get_filename()) for part in self.message.iter_attachments()]


class MailBoxes(Simulator):
    """All mailboxes in one; its page shows what came."""

    title = "邮件服务器"

    def __init__(
        self, *, context: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
    ) -> None:
        """`context`: the certificate of the server; `login`: user and password it asks for."""
        super().__init__()
        self.context = context
        self.login = login
        self.lock = threading.Lock()
        self._boxes: deque[Delivered] = deque(maxlen=_KEPT)

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if path != "/inbox":
            return 404, {"reason": "没有这个页面"}
        shown = "".join(
            f"<li><b>{html.escape(str(one.message['Subject']))}</b> → {html.escape(one.to)}"
            f"<pre>{html.escape(one.text)}</pre>{html.escape('、'.join(one.attachments))}</li>"
            for one in self.delivered()
        )
        return 200, Raw(f'<!doctype html><meta charset="utf-8"><ul>{shown}</ul>'.encode())

    def delivered(self) -> list[Delivered]:
        """What was taken, the latest first."""
        with self.lock:
            return list(self._boxes)

    def take(self, to: str, content: bytes, *, secured: bool) -> None:
        """Put a message into its box, a copy only once."""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - by the policy
        with self.lock:
            if all(one.message["Message-ID"] != message["Message-ID"] for one in self._boxes):
                self._boxes.appendleft(Delivered(to, message, secured))

    def summary(self) -> list[tuple[str, str]]:
        return [(f"{one.at} {one.to}", str(one.message["Subject"])) for one in self.delivered()]


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def listen(boxes: MailBoxes, port: int = 0) -> socketserver.ThreadingTCPServer:
    """The SMTP side on a port of this machine (0: a free one); the caller runs it."""

    class Session(_Session):
        server_side = boxes

    return _Listener(("127.0.0.1", port), Session)


class _Session(socketserver.StreamRequestHandler):
    """One connection: commands in their order, until QUIT."""

    server_side: MailBoxes
    timeout = 60

    def handle(self) -> None:
        self.secured = self.known = False
        self.sender = self.to = ""
        self.mode = self.server_side.faults.take()
        if self.mode == "slow":
            time.sleep(_SLOW_SECONDS)
        if self.mode in {"down", "slow"}:
            self._say(421, "closing")
            return
        self._say(220, "simulated ESMTP")
        while line := self.rfile.readline(1_000):
            command, _, rest = line.decode("latin-1").strip().partition(" ")
            if command.upper() == "QUIT":
                self._say(221, "bye")
                return
            self._do(command.upper(), rest)

    def finish(self) -> None:
        super().finish()
        self.request.close()  # TLS put another socket in its place

    def _do(self, command: str, rest: str) -> None:
        found = getattr(self, f"_{command.lower()}", None)
        if not command.isalpha() or found is None:
            self._say(502, "not implemented")
        elif command in {"MAIL", "RCPT", "DATA"} and self.server_side.login and not self.known:
            self._say(530, "authentication required")
        else:
            found(rest)

    def _say(self, code: int, *lines: str) -> None:
        if self.mode == "garbage":
            self.wfile.write(b"<html>502</html>\xff\r\n")
            return
        for n, line in enumerate(lines, 1):
            self.wfile.write(f"{code}{'-' if n < len(lines) else ' '}{line}\r\n".encode("latin-1"))

    def _ehlo(self, _rest: str) -> None:
        offers = ["SIZE 31457280", "8BITMIME"]
        if self.server_side.context and not self.secured:
            offers.append("STARTTLS")
        if self.server_side.login and (self.secured or not self.server_side.context):
            offers.append("AUTH PLAIN")
        self._say(250, "localhost", *offers)

    def _starttls(self, _rest: str) -> None:
        if self.server_side.context is None:
            self._say(502, "no TLS")
            return
        self._say(220, "go ahead")
        self.request = self.server_side.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.secured = True

    def _auth(self, rest: str) -> None:
        kind, _, token = rest.partition(" ")
        _as, user, password = [*base64.b64decode(token).decode().split("\0"), "", ""][:3]
        self.known = kind == "PLAIN" and (user, password) == self.server_side.login
        self._say(*((235, "welcome") if self.known else (535, "wrong user or password")))

    def _mail(self, rest: str) -> None:
        self.sender = _address(rest)
        self._say(250, "ok")

    def _rcpt(self, rest: str) -> None:
        self.to = _address(rest)
        if self.mode == "address_refused" or self.to.startswith(f"{_NOBODY}@"):
            self._say(550, "no such mailbox")
        elif self.mode == "late":
            self._say(450, "mailbox busy, try later")
        else:
            self._say(250, "ok")

    def _data(self, _rest: str) -> None:
        if not (self.sender and self.to):
            self._say(503, "MAIL and RCPT first")
            return
        self._say(354, "end with a dot")
        lines, size = [], 0
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            size += len(line)
            if size <= _LONGEST:
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if self.mode == "refuse":
            self._say(554, "rejected by policy")
        elif size > _LONGEST:
            self._say(552, "too large")
        else:
            self.server_side.take(self.to, b"".join(lines), secured=self.secured)
            lost = self.mode == "wrong_answer"
            self._say(*((451, "lost after it was taken") if lost else (250, "taken")))

    def _rset(self, _rest: str) -> None:
        self.sender = self.to = ""
        self._say(250, "ok")

    def _noop(self, _rest: str) -> None:
        self._say(250, "ok")


def _address(said: str) -> str:
    return said.partition("<")[2].partition(">")[0]
