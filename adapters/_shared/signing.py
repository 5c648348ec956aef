"""Signatures of messages between us and a department, over the raw bytes.

`X-Banli-Signature` is HMAC-SHA-256 over `timestamp LF nonce LF hex(SHA-256(body))`, with the key
that `X-Banli-Key-Id` names. A replay inside the window is harmless: the message id is stored for
good and a copy changes nothing.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from engine import clock
from engine.errors import MessageRefused

WINDOW: Final = timedelta(minutes=5)
_MIN_KEY: Final = 16


def sign(body: bytes, *, key_id: str, key: bytes) -> dict[str, str]:
    """The headers that authenticate a body sent now."""
    timestamp = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    nonce = secrets.token_urlsafe(16)
    return {
        "X-Banli-Key-Id": key_id,
        "X-Banli-Timestamp": timestamp,
        "X-Banli-Nonce": nonce,
        "X-Banli-Signature": _signature(body, timestamp, nonce, key),
    }


def verify(body: bytes, headers: Mapping[str, str], *, keys: Mapping[str, bytes]) -> None:
    """Check the headers of a body that came in.

    Raises:
        MessageRefused: unknown key, wrong signature, or a time outside ±5 minutes.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    key = keys.get(lower.get("x-banli-key-id", ""))
    timestamp = lower.get("x-banli-timestamp", "")
    nonce = lower.get("x-banli-nonce", "")
    if key is None or not nonce:
        raise MessageRefused("报文没有签名，或签名所用的密钥未登记")
    expected = _signature(body, timestamp, nonce, key)
    if not hmac.compare_digest(expected, lower.get("x-banli-signature", "")):
        raise MessageRefused("报文签名不正确")
    try:
        sent_at = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise MessageRefused("报文时间格式不正确") from error
    if abs(clock.now() - sent_at) > WINDOW:
        raise MessageRefused("报文时间与本系统相差超过 5 分钟")


def key_from(settings: Mapping[str, str], adapter: str) -> tuple[str, bytes]:
    """Key id and key of an adapter's settings `KEY_ID` and `KEY`.

    Raises:
        ValueError: missing or shorter than 16 bytes.
    """
    key = settings.get("KEY", "").encode()
    if len(key) < _MIN_KEY:
        raise ValueError(f"适配器『{adapter}』的密钥（KEY）未设置或不足 {_MIN_KEY} 字节")
    return settings.get("KEY_ID", adapter), key


def seal(body: bytes, *, key: bytes) -> str:
    """HMAC-SHA-256 of a file that travels on a disk, as hex; it holds whenever it arrives."""
    return hmac.new(key, b"file\n" + body, hashlib.sha256).hexdigest()


def _signature(body: bytes, timestamp: str, nonce: str, key: bytes) -> str:
    digest = hashlib.sha256(body).hexdigest()
    return hmac.new(key, f"{timestamp}\n{nonce}\n{digest}".encode(), hashlib.sha256).hexdigest()
