"""A name that leads elsewhere when it is asked again (DNS rebinding) leads nowhere (rule 44).

The address that was looked at is the one that is connected to, by HTTP and by SMTP; certificate and
`Host` are still by the name.
"""

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters._shared.client import Department
from adapters._simulators.mail_server import MailBoxes
from engine import limits
from engine.errors import Retry, WorkRefused
from tests.adapters.test_mail import certificate, served, work

HERE, METADATA, AWAY = "127.0.0.1", "169.254.169.254", "203.0.113.7"
NAME = "localhost"


class Resolver:
    """Answers each question about a name with the next of its answers, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = [*answers]
        self.asked = 0

    def __call__(self, host: str, port: int, *told: Any, **more: Any) -> list[Any]:
        if host != NAME:
            return REAL(host, port, *told, **more)
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port),
            )
            for one in found
        ]


REAL = socket.getaddrinfo


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """Here when the address is looked at, at the metadata service ever after."""
    made = Resolver([HERE], [METADATA])
    monkeypatch.setattr("socket.getaddrinfo", made)
    return made


class Desk(http.server.BaseHTTPRequestHandler):
    """Tells by which name it was called."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"host": "%s"}' % self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: object) -> None:
        """Nothing."""


@contextmanager
def desk(context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer((HERE, 0), Desk)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_department_is_called_at_the_address_that_was_looked_at(resolver: Resolver) -> None:
    with desk() as port:
        department = Department("税务", f"http://{NAME}:{port}/api")
        assert department.get("/x") == {"host": f"{NAME}:{port}"}
        assert resolver.asked == 1
        with pytest.raises(WorkRefused, match="不允许访问"):
            department.get("/x")


def test_a_probe_is_no_way_around(resolver: Resolver) -> None:
    with desk() as port:
        assert Department("税务", f"http://{NAME}:{port}").probe() >= 0
    assert resolver.asked == 1


def test_the_certificate_is_still_by_the_name(
    resolver: Resolver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certificate(tmp_path)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with desk(context) as port:
        found = Department("税务", f"https://{NAME}:{port}").get("/x")
        assert (found, asked) == ({"host": f"{NAME}:{port}"}, [NAME])
        with pytest.raises(Retry, match="SSLError"):  # the certificate is not for the bare address
            Department("税务", f"https://{HERE}:{port}").get("/x")


def test_the_next_address_is_tried_where_one_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", Resolver(["127.0.0.9", HERE]))
    with desk() as port:
        assert Department("税务", f"http://{NAME}:{port}").get("/x")
    with pytest.raises(Retry, match="无法连接"):
        Department("税务", f"http://{NAME}:{port}").get("/x")


@pytest.mark.parametrize(
    "answer", [[HERE, METADATA], ["::ffff:169.254.169.254"], ["fe80::1"], ["::"], ["ff02::1"]]
)
def test_one_address_that_nobody_may_call_spoils_the_name(
    answer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", Resolver(answer))
    with desk() as port, pytest.raises(WorkRefused, match="不允许访问"):
        Department("税务", f"http://{NAME}:{port}").get("/x")


def test_mail_goes_to_the_address_that_was_looked_at(resolver: Resolver, tmp_path: Path) -> None:
    with served(MailBoxes()) as post:
        post.adapter().execute(work())
        assert post.only()
        assert resolver.asked == 1
        with pytest.raises(WorkRefused, match="不允许访问"):
            post.adapter().execute(work(key="2"))


def test_mail_in_tls_is_by_the_name_as_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Resolver([HERE], [AWAY])
    monkeypatch.setattr("socket.getaddrinfo", made)
    monkeypatch.setattr(limits, "CALL_CONNECT", timedelta(seconds=1))
    context, authority = certificate(tmp_path)
    with served(MailBoxes(context=context)) as post:
        post.adapter(TLS="starttls", CA=str(authority)).execute(work())
        assert post.only().secured
    assert made.asked == 1
