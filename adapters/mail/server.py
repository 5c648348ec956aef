"""The mail server of the installation: TLS, log-in, one message a connection, circuit breaker.

Invariant: a passing failure raises `Retry`, what no repetition mends `WorkRefused`; off this
machine nothing goes in clear text, and a certificate that does not hold ends the matter.
"""

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from adapters._shared.breaker import PAUSE, Breaker
from adapters._shared.reach import addresses
from engine import limits
from engine.errors import BpmnError, Paused, Retry, WorkRefused

_PORTS: Final = {"smtp": 587, "smtps": 465}
_PROBE_SECONDS: Final = 3
_READY: Final = 220
_FOR_GOOD: Final = 500
_NO_SUCH_BOX: Final = frozenset({550, 551, 553})


@dataclass(frozen=True, slots=True)
class _Place:
    host: str
    port: int
    tls: str
    """`implicit`, `starttls` or `none`."""
    user: str
    password: str
    context: ssl.SSLContext


class _Smtp(smtplib.SMTP):
    """Connects to addresses that were looked at; the certificate is still by the name."""

    known: Sequence[str] = ()

    def reached(self, place: _Place, known: Sequence[str]) -> smtplib.SMTP:
        """Connected to the first of the addresses that answers.

        Raises:
            SMTPException: it is no mail server. OSError: none answers.
        """
        self.known = known
        self._host = place.host  # what certificates are compared with
        code, said = self.connect(place.host, place.port)
        if code != _READY:
            self.close()
            raise smtplib.SMTPConnectError(code, said)
        return self

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del host  # the name, which is not resolved again
        failure: OSError = ConnectionError()
        for address in self.known:
            try:
                return socket.create_connection((address, port), timeout)
            except OSError as error:
                failure = error
        raise failure


class _Implicit(smtplib.SMTP_SSL, _Smtp):
    """The same in TLS from the first byte."""


class MailServer:
    """The SMTP side; safe to share between threads, each message has its own connection."""

    name = "邮件服务器"

    def __init__(self, place: _Place) -> None:
        self._place = place
        scheme = "smtps" if place.tls == "implicit" else "smtp"
        self.address = f"{scheme}://{place.host}:{place.port}"
        self.breaker = Breaker()

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "MailServer":
        """The server from its settings; see the adapter.

        Raises:
            ValueError: one is missing or not of its form.
        """
        parts = urlsplit(settings.get("URL", ""))
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("适配器『mail』的地址（URL）应为 smtp:// 或 smtps:// 开头的网址")
        tls = "implicit" if parts.scheme == "smtps" else settings.get("TLS", "starttls")
        if tls not in {"implicit", "starttls", "none"}:
            raise ValueError("适配器『mail』的加密方式（TLS）只能是 starttls 或 none")
        user, password = settings.get("USER", ""), settings.get("PASSWORD", "")
        if bool(user) != bool(password):
            raise ValueError("适配器『mail』的 USER 与 PASSWORD 须一同设置")
        context = ssl.create_default_context()
        if authorities := settings.get("CA"):
            context.load_verify_locations(cadata=Path(authorities).read_text("ascii"))
        port = parts.port or _PORTS[parts.scheme]
        return cls(_Place(parts.hostname, port, tls, user, password, context))

    def send(self, message: EmailMessage, *, sender: str, to: str) -> None:
        """Hand over one message; returning means that the server answers for it.

        Raises:
            BpmnError: `address_refused`. Retry: not now. WorkRefused: never.
        """
        if not self.breaker.admits():
            raise Paused(f"『{self.name}』暂停调用，稍后再试", after=PAUSE)
        with self._told(), self._connection(limits.CALL_TOTAL.total_seconds()) as smtp:
            if self._place.user:
                smtp.login(self._place.user, self._place.password)
            smtp.send_message(message, sender, [to])
        self.breaker.succeeded()

    def probe(self) -> float:
        """Whether somebody answers; the seconds it took. See `Reachable.probe`."""
        begun = time.monotonic()
        try:
            with self._connection(_PROBE_SECONDS) as smtp:
                smtp.noop()
        except ssl.SSLCertVerificationError as error:
            raise WorkRefused(f"『{self.name}』的证书不可信：{error.verify_message}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Retry(f"『{self.name}』无法连接或超时：{type(error).__name__}") from error
        return time.monotonic() - begun

    @contextlib.contextmanager
    def _connection(self, seconds: float) -> Iterator[smtplib.SMTP]:
        """A connection under one deadline: a time-out of the socket alone lets answers drip."""
        place = self._place
        known = addresses(self.name, place.host, place.port, plain=place.tls == "none")
        connect = limits.CALL_CONNECT.total_seconds()
        if place.tls == "implicit":
            made: _Smtp = _Implicit(timeout=connect, context=place.context)
        else:
            made = _Smtp(timeout=connect)
        smtp = made.reached(place, known)
        assert smtp.sock is not None  # noqa: S101 - connected, or it would have raised
        smtp.sock.settimeout(seconds)
        watch = threading.Timer(seconds, smtp.close)
        watch.daemon = True
        watch.start()
        try:
            if place.tls == "starttls":
                smtp.starttls(context=place.context)
            yield smtp
        except AttributeError as error:
            raise TimeoutError from error  # closed by the watch in the middle of a command
        finally:
            watch.cancel()
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What the server says, in our words."""
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _said),) = error.recipients.values()
            self._answered(code, error, "收件地址")
        except smtplib.SMTPResponseException as error:
            what = "登录" if isinstance(error, smtplib.SMTPAuthenticationError) else "邮件"
            self._answered(error.smtp_code, error, what)
        except smtplib.SMTPNotSupportedError as error:
            raise WorkRefused(f"『{self.name}』不支持所要求的加密或登录方式") from error
        except ssl.SSLCertVerificationError as error:
            raise WorkRefused(f"『{self.name}』的证书不可信：{error.verify_message}") from error
        except (smtplib.SMTPException, OSError) as error:
            self.breaker.failed()
            raise Retry(f"『{self.name}』无法连接或超时：{type(error).__name__}") from error

    def _answered(self, code: int, error: Exception, what: str) -> None:
        """The server answered no: for good, or only now (RFC 5321, 4.2.1)."""
        if code in _NO_SUCH_BOX and what == "收件地址":
            self.breaker.succeeded()
            raise BpmnError("address_refused", "对方服务器没有这个邮箱") from error
        if code >= _FOR_GOOD:
            self.breaker.succeeded()
            raise WorkRefused(f"『{self.name}』拒绝了{what}（{code}）") from error
        self.breaker.failed()
        raise Retry(f"『{self.name}』暂时不可用（{code}）") from error
