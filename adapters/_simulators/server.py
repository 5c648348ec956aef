"""The HTTP server that all simulated departments share: JSON in and out, faults applied."""

import html
import json
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs

from adapters._shared import wire
from adapters._simulators.faults import MODES, Faults
from engine.errors import MessageRefused

Answer = tuple[int, dict[str, Any]]
_SLOW_SECONDS: Final = 35.0


class Refused(Exception):
    """The department says no; the text is the reason."""


class Simulator:
    """A department: its name, its faults and a route from method, path and body to an answer.

    One with `parts` is several departments below their names: `/tax_prov/messages`.
    """

    title = ""

    def __init__(self) -> None:
        self.faults = Faults()
        self.parts: Mapping[str, Simulator] = {}

    def part(self, path: str) -> "tuple[Simulator, str]":
        """The department that a path leads to, and the path inside of it."""
        name, _, rest = path.removeprefix("/").partition("/")
        found = self.parts.get(name)
        return (self, path) if found is None else (found, f"/{rest}")

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """The department's own answer; 404 where it has none."""
        raise NotImplementedError

    def summary(self) -> list[tuple[str, str]]:
        """Rows for the page of the simulator: what it did lately."""
        return []


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
            self._page()
        else:
            self._department("GET")

    def do_POST(self) -> None:
        if self.path == "/_faults":
            self._switch()
        else:
            self._department("POST")

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
            status, answer = self._ask(method, body)
            self._send(status, wire.dump(answer))

    def _ask(self, method: str, body: bytes) -> Answer:
        try:
            return self.there.answer(method, self.path, body, dict(self.headers.items()))
        except (Refused, MessageRefused) as error:
            return 422, {"reason": str(error)}

    def _switch(self) -> None:
        body = self._body()
        form = "urlencoded" in self.headers.get("Content-Type", "")
        order = {k: v[0] for k, v in parse_qs(body.decode()).items()} if form else json.loads(body)
        try:
            self.there.faults.switch(order)
        except ValueError as error:
            self._send(422, wire.dump({"reason": str(error)}))
            return
        if form:
            self.send_response(303)
            self.send_header("Location", "./")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(200, wire.dump({"mode": self.there.faults.mode}))

    def _page(self) -> None:
        faults = self.there.faults
        options = "".join(
            f'<button name="mode" value="{mode}"{" disabled" if mode == faults.mode else ""}>'
            f"{label}</button> "
            for mode, label in MODES.items()
        )
        rows = "".join(
            f"<tr><td>{html.escape(a)}</td><td>{html.escape(b)}</td></tr>"
            for a, b in self.there.summary()
        )
        parts = " ".join(
            f'<a href="/{name}/">{html.escape(one.title)}</a>'
            for name, one in self.there.parts.items()
        )
        page = (
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
            f"<title>{self.there.title}（模拟）</title>"
            "<style>body{font:15px/1.7 sans-serif;max-width:60em;margin:2em auto}"
            "td{border-bottom:1px solid #ccc;padding:.2em 1em}</style>"
            f"<h1>{self.there.title}（模拟）</h1><p>当前状态：{MODES[faults.mode]}</p>"
            f'<form method="post" action="_faults">{options}</form>'
            f"<table>{rows}</table><p>{parts}</p></html>"
        )
        self._send(200, page.encode(), content_type="text/html; charset=utf-8")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - overridden name
        """Stay quiet: the page shows what happened."""
