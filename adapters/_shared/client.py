"""HTTP to one department: allowed host only, time-outs, size cap, no redirects, circuit breaker.

Invariant: a connection goes to an address that was looked at. A passing failure (no connection,
time-out, 5xx, 429, open circuit) raises `Retry`; what no repetition mends (4xx, an answer that is
no JSON object) raises `WorkRefused`.
"""

import contextlib
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

import urllib3

from adapters._shared import wire
from adapters._shared.breaker import PAUSE, Breaker
from adapters._shared.reach import addresses
from engine import limits
from engine.errors import MessageRefused, Paused, Retry, WorkRefused
from engine.variables import Value

_ADDRESSES: Final = 4
"""Of one department at a time whose connections are kept."""
_PROBE: Final = urllib3.Timeout(connect=2, read=3)
"""Somebody waits before the page."""
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_BAD_REQUEST: Final = 400


class Department:
    """The HTTP side of one department; safe to share between threads."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        signed: bool = False,
        patience: timedelta | None = None,
    ) -> None:
        """`base_url` is the only place this client ever calls.

        `signed`: nothing but what everybody may read and its maker signed is fetched there, so that
        plain http may lead off this machine (RFC 5280, 8: lists are fetched that way).
        `patience` is for a whole answer (`CALL_TOTAL`).

        Raises:
            ValueError: not an http(s) address; plain http is for this machine only.
        """
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"『{name}』的地址（URL）不正确：{base_url!r}")
        self.name = name
        self._authority = parts.netloc.rpartition("@")[2]
        self.address = f"{parts.scheme}://{self._authority}"
        self._base = parts.path.rstrip("/")
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._plain = parts.scheme == "http"
        self._signed = signed
        self._patience = patience
        self._pool = urllib3.PoolManager(
            num_pools=_ADDRESSES,
            maxsize=4,
            retries=False,
            timeout=urllib3.Timeout(
                connect=limits.CALL_CONNECT.total_seconds(),
                total=(patience or limits.CALL_TOTAL).total_seconds(),
            ),
        )
        self.breaker = Breaker()

    def post(
        self, path: str, body: Mapping[str, Value] | bytes, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """POST a JSON object and return the JSON object of the answer."""
        content = body if isinstance(body, bytes) else wire.dump(body)
        return self._call("POST", path, content, dict(headers or {}))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET a JSON object."""
        return self._call("GET", path, None, dict(headers or {}))

    def transfer(
        self, method: str, path: str, content: BinaryIO | None, headers: Mapping[str, str]
    ) -> bytes:
        """PUT a file as a stream, or GET one; the bytes of the answer, which may be a file too."""
        told = {"Content-Type": "application/octet-stream", **headers}
        status, answer = self._ask(method, path, content, told, most=limits.UPLOAD_BYTES)
        self._check(status, answer, limits.UPLOAD_BYTES)
        return answer

    def fetch(self, path: str) -> bytes:
        """GET what is published, whatever its type; no longer than a reply."""
        status, answer = self._ask("GET", path, None, {}, most=limits.REPLY_BYTES)
        self._check(status, answer, limits.REPLY_BYTES)
        return answer

    def probe(self) -> float:
        """Whether somebody answers at `/health`, whatever he answers; the seconds it took.

        Asked outside of the circuit breaker: a probe neither opens nor closes it.

        Raises:
            Retry: no connection, or no answer in time. WorkRefused: the address is not allowed.
        """
        begun = time.monotonic()
        try:
            response = self._open("GET", "/health", {}, timeout=_PROBE)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Retry(f"『{self.name}』无法连接或超时：{type(error).__name__}") from error
        if response.status >= _SERVER_ERROR:
            raise Retry(f"『{self.name}』暂时不可用（{response.status}）")
        return time.monotonic() - begun

    def _call(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        told = {"Content-Type": "application/json; charset=utf-8", **headers}
        status, answer = self._ask(method, path, content, told, most=limits.REPLY_BYTES)
        self._check(status, answer, limits.REPLY_BYTES)
        try:
            return wire.load(answer)
        except MessageRefused as error:
            raise WorkRefused(f"『{self.name}』的答复无法识别：{error.message}") from error

    def _ask(
        self,
        method: str,
        path: str,
        content: bytes | BinaryIO | None,
        headers: dict[str, str],
        *,
        most: int,
    ) -> tuple[int, bytes]:
        """Status and body of an answer that came; what passes by itself raises `Retry`."""
        if not self.breaker.admits():
            raise Paused(f"『{self.name}』暂停调用，稍后再试", after=PAUSE)
        try:
            response = self._open(method, path, headers, body=content, preload_content=False)
            answer = _body(response, most, self._patience or limits.CALL_TOTAL)
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self.breaker.failed()
            raise Retry(f"『{self.name}』无法连接或超时：{type(error).__name__}") from error
        if response.status >= _SERVER_ERROR or response.status == _TOO_MANY:
            self.breaker.failed()
            raise Retry(f"『{self.name}』暂时不可用（{response.status}）")
        self.breaker.succeeded()
        return response.status, answer

    def _open(
        self, method: str, path: str, headers: Mapping[str, str], **told: Any
    ) -> urllib3.BaseHTTPResponse:
        """Ask at an address that was looked at; certificate and `Host` are still by the name."""
        url = self._base + path
        sent = {"Host": self._authority, **headers}
        by_name = {} if self._plain else {"server_hostname": self._host}
        failure: Exception = ConnectionError()
        bare = self._plain and not self._signed
        for address in addresses(self.name, self._host, self._port, plain=bare):
            scheme = "http" if self._plain else "https"
            pool = self._pool.connection_from_host(address, self._port, scheme, by_name)
            try:
                return pool.urlopen(method, url or "/", headers=sent, redirect=False, **told)
            except (
                urllib3.exceptions.NewConnectionError,
                urllib3.exceptions.ConnectTimeoutError,
            ) as error:
                failure = error  # nothing was sent yet: the next one may answer
        raise failure

    def _check(self, status: int, answer: bytes, most: int) -> None:
        if len(answer) > most:
            raise WorkRefused(f"『{self.name}』的答复超过 {most >> 20} MiB")
        if status >= _BAD_REQUEST or status < 200 or status >= 300:
            raise WorkRefused(f"『{self.name}』拒绝了请求（{status}）：{_reason(answer)}")


def _reason(answer: bytes) -> str:
    with contextlib.suppress(MessageRefused):
        reason = wire.load(answer).get("reason")
        if isinstance(reason, str):
            return reason[:200].replace("\n", " ")
    return answer[:200].decode("utf-8", "replace").replace("\n", " ")


def _body(response: urllib3.BaseHTTPResponse, most: int, patience: timedelta) -> bytes:
    """The body, read under one deadline: a time-out of the socket alone lets a body drip for ever.

    One byte more than allowed is enough to know that it is too much.
    """
    deadline = time.monotonic() + patience.total_seconds()
    parts, size = [], 0
    while size <= most and (part := response.read1(65_536, decode_content=True)):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)[: most + 1]
