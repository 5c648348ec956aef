"""Keys derived from the master key, and what is done with them.

Invariant: each purpose has a key of its own, so that a hash of one place says nothing in another;
nothing sealed for one context opens in another.
"""

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from processes import settings

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12


def keyed_hash(text: str, *, purpose: str) -> str:
    """The same text always gives the same 64 hex digits, which only this installation can make."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def seal(content: bytes, *, context: str) -> bytes:
    """Encrypt and authenticate: version, nonce, AES-256-GCM."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(_key("seal")).encrypt(nonce, content, context.encode())


def unseal(stored: bytes, *, context: str) -> bytes:
    """What `seal` was given.

    Raises:
        ValueError: a version of another program.
        cryptography.exceptions.InvalidTag: changed, of another place, or another key.
    """
    if stored[:1] != _VERSION:
        raise ValueError(f"unknown key version {stored[:1]!r}")
    nonce, body = stored[1 : 1 + _NONCE_BYTES], stored[1 + _NONCE_BYTES :]
    return AESGCM(_key("seal")).decrypt(nonce, body, context.encode())


def sign(content: bytes) -> bytes:
    """An Ed25519 signature of this installation (RFC 8032), which anybody can check."""
    return _signer().sign(content)


def public_key() -> str:
    """What signatures of this installation are checked with: 64 hex digits, to be published."""
    return _signer().public_key().public_bytes_raw().hex()


def _signer() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_key("signature"))


def _key(purpose: str) -> bytes:
    return _derive(settings.current().secret_key, purpose)


@lru_cache(maxsize=64)
def _derive(master: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"banli", info=purpose.encode()).derive(
        master.encode()
    )
