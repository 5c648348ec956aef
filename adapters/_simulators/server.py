"""The HTTP server that all simulated departments share: JSON in and out, faults applied."""

import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from adapters._shared import wire
from adapters._simulators import page
from adapters._simulators.simulator import Answer, Raw, Refused, Simulator
from engine.errors import MessageRefused

_SLOW_SECONDS: Final = 35.0


def serve(simulator: Simulator, port: int) -> ThreadingHTTPServer:
    """A server bound to a port of this machine (0: a free one); the caller runs it."""

    class Handler(_Handler):
        department = simulator

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


class _Handler(BaseHTTPRequestHandler):
    department: Simulator
    there: Simulator
    protocol_version = "HTTP/1.1"

    def parse_request(self) -> bool:
        """Turn to the department that the address names."""
        good = super().parse_request()
        if good:
            self.there, self.path = self.department.part(self.path)
        return good

    def do_GET(self) -> None:
        if self.path == "/":
            content = page.of(self.there, self.department)
            self._send(200, content.encode(), content_type="text/html; charset=utf-8")
        elif self.path == "/_state":
            self._send(200, wire.dump(page.state(self.there)))
        else:
            self._department("GET")

    def do_POST(self) -> None:
        if self.path == "/_faults":
            self._ordered(self.there.faults.switch, page.order)
        elif self.path == "/_say":
            self._ordered(self.there.say, page.told)
        else:
            self._department("POST")

    def do_PUT(self) -> None:
        self._department("PUT")

    def _department(self, method: str) -> None:
        body = self._body()
        mode = self.there.faults.take()
        if mode == "down":
            self._send(503, b"{}")
        elif mode == "refuse":
            self._send(422, '{"reason":"对方系统拒绝受理"}'.encode())
        elif mode == "garbage":
            self._send(200, b"<html>502</html>\xff")
        elif mode == "slow":
            # longer than any caller waits: the answer goes nowhere
            time.sleep(_SLOW_SECONDS)
            self.close_connection = True
        else:
            self._answer(*self._ask(method, body))

    def _answer(self, status: int, answer: dict[str, Any] | Raw) -> None:
        if isinstance(answer, Raw):
            self._send(status, answer.content, answer.content_type, answer.headers)
        else:
            self._send(status, wire.dump(answer))

    def _ask(self, method: str, body: bytes) -> Answer:
        if self.path == "/health":
            return 200, {"status": "ok"}
        try:
            return self.there.answer(method, self.path, body, dict(self.headers.items()))
        except (Refused, MessageRefused) as error:
            return 422, {"reason": str(error)}

    def _ordered(
        self,
        act: Callable[[Mapping[str, Any]], None],
        read: Callable[[str], Mapping[str, Any]],
    ) -> None:
        """Do what the form of the page, or a program by JSON, orders."""
        body = self._body()
        form = "urlencoded" in self.headers.get("Content-Type", "")
        try:
            act(read(body.decode()) if form else json.loads(body))
        except (ValueError, LookupError) as error:
            self._send(422, wire.dump({"reason": str(error)}))
            return
        if form:
            self._answer(303, Raw(headers={"Location": "./"}))
        else:
            self._send(200, wire.dump(page.state(self.there)))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - overridden name
        """Stay quiet: the page shows what happened."""
