"""Signatures of what goes between us and a department, over the whole request.

What is signed are these lines, LF between them (`docs/interfaces.md`):

    algorithm   BANLI-HMAC-SHA256 or BANLI-SM2-SM3: of the adapter, never of the request
    purpose     what the request is for: `message`, `fetch`, `confirm`, `service`, …
    method      in capitals
    path        below the agreed address, as sent
    query       as sent, without `?`
    timestamp   X-Banli-Timestamp, UTC
    nonce       X-Banli-Nonce
    digest      of the raw body, hex: SHA-256, or SM3 with SM2

Invariant: a signature counts for one purpose at one place and within five minutes. A replay of a
message in that time is harmless: its id is stored for good and a copy changes nothing; other
requests spend their nonce.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from cryptography.hazmat.primitives import hashes

from engine import clock
from engine.errors import MessageRefused

WINDOW: Final = timedelta(minutes=5)
KINDS: Final = ("hmac", "sm2")
_MIN_KEY: Final = 16
_CHUNK: Final = 1 << 20


class Keys(Protocol):
    """What both sides of an interface sign with; the port behind which the algorithms stand."""

    id: str
    algorithm: str

    def hash(self) -> hashes.HashAlgorithm:
        """The digest that belongs to the algorithm."""
        ...

    def sign(self, text: bytes) -> str:
        """Our signature."""
        ...

    def verifies(self, text: bytes, signature: str) -> bool:
        """Whether a signature is the other side's; anything at all may be given."""
        ...


@dataclass(slots=True)
class SharedKey:
    """HMAC-SHA-256 with one secret that both sides hold; signatures are hex."""

    id: str
    secret: bytes
    algorithm: str = "BANLI-HMAC-SHA256"

    def hash(self) -> hashes.HashAlgorithm:
        """SHA-256."""
        return hashes.SHA256()

    def sign(self, text: bytes) -> str:
        """The code of a text."""
        return hmac.new(self.secret, text, "sha256").hexdigest()

    def verifies(self, text: bytes, signature: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


@dataclass(frozen=True, slots=True)
class Subject:
    """What a signature covers besides the body.

    An answer has the purpose `answer`, method and path of its question, and in place of the query
    the question's nonce.
    """

    purpose: str
    path: str
    method: str = "POST"
    query: str = ""


def sign(subject: Subject, body: bytes | BinaryIO, *, keys: Keys) -> dict[str, str]:
    """The headers that authenticate a request sent now; a stream is read and set back."""
    timestamp = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    nonce = secrets.token_urlsafe(16)
    return {
        "X-Banli-Key-Id": keys.id,
        "X-Banli-Timestamp": timestamp,
        "X-Banli-Nonce": nonce,
        "X-Banli-Signature": keys.sign(_text(subject, body, timestamp, nonce, keys)),
    }


def key_id_of(headers: Mapping[str, str]) -> str:
    """Which key a request says it is signed with; nothing is believed yet."""
    return {name.lower(): value for name, value in headers.items()}.get("x-banli-key-id", "")


def verify(subject: Subject, body: bytes, headers: Mapping[str, str], *, keys: Keys) -> None:
    """Check the headers of a request that came in.

    Raises:
        MessageRefused: unknown key, wrong signature, or a time outside ±5 minutes.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = lower.get("x-banli-timestamp", "")
    nonce = lower.get("x-banli-nonce", "")
    if lower.get("x-banli-key-id") != keys.id or not nonce:
        raise MessageRefused("报文没有签名，或签名所用的密钥未登记")
    text = _text(subject, body, timestamp, nonce, keys)
    if not keys.verifies(text, lower.get("x-banli-signature", "")):
        raise MessageRefused("报文签名不正确")
    try:
        sent_at = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise MessageRefused("报文时间格式不正确") from error
    if abs(clock.now() - sent_at) > WINDOW:
        raise MessageRefused("报文时间与本系统相差超过 5 分钟")


def keys_from(settings: Mapping[str, str], adapter: str) -> Keys:
    """The keys of an adapter by its setting `SIGNATURE`.

    `hmac` (the default): `KEY`, at least 16 bytes. `sm2`: the PEM files `SM2_KEY` (our private key)
    and `SM2_PEER` (the department's public key or certificate). For both, optional `KEY_ID`.

    Raises:
        ValueError: missing, too short, or unfit.
    """
    kind, key_id = settings.get("SIGNATURE", "hmac"), settings.get("KEY_ID", adapter)
    if kind not in KINDS:
        raise ValueError(f"适配器『{adapter}』的签名算法（SIGNATURE）只能是 {'、'.join(KINDS)}")
    if kind == "hmac":
        key = settings.get("KEY", "").encode()
        if len(key) < _MIN_KEY:
            raise ValueError(f"适配器『{adapter}』的密钥（KEY）未设置或不足 {_MIN_KEY} 字节")
        return SharedKey(key_id, key)
    for name in ("SM2_KEY", "SM2_PEER"):
        if not settings.get(name):
            raise ValueError(f"适配器『{adapter}』选用 SM2 签名，但没有设置密钥文件 {name}")
    from adapters._shared import sm2  # noqa: PLC0415 - the library is an extra

    return sm2.keys(key_id, Path(settings["SM2_KEY"]), Path(settings["SM2_PEER"]))


def seal(body: bytes, *, keys: Keys) -> str:
    """Our signature of a file that travels on a disk; it holds whenever it arrives."""
    return keys.sign(b"file\n" + body)


def sealed(body: bytes, given: str, *, keys: Keys) -> bool:
    """Whether a file is the other side's and whole."""
    return keys.verifies(b"file\n" + body, given)


def _text(
    subject: Subject, body: bytes | BinaryIO, timestamp: str, nonce: str, keys: Keys
) -> bytes:
    lines = (
        keys.algorithm,
        subject.purpose,
        subject.method,
        subject.path,
        subject.query,
        timestamp,
        nonce,
        _digest(body, keys.hash()),
    )
    return "\n".join(lines).encode()


def _digest(body: bytes | BinaryIO, algorithm: hashes.HashAlgorithm) -> str:
    found = hashes.Hash(algorithm)
    if isinstance(body, bytes):
        found.update(body)
    else:
        while chunk := body.read(_CHUNK):
            found.update(chunk)
        body.seek(0)
    return found.finalize().hex()
