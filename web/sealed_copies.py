"""Encryption of a copy of the database under a secret that is kept apart from it.

A sealed file is a header and chunks of 1 MiB, each AES-256-GCM with a nonce of its own that counts
the chunks and marks the last one: chunks changed, left out, repeated, put in another order or cut
off at the end do not open. The key is derived from the secret and the salt of the header, so that
no key is used for two files.
Source: Hoang, Reyhanitabar, Rogaway, Vizár, Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance (STREAM), 2015; RFC 7914 (scrypt).
"""

import hmac
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from engine.errors import BanliError

_MAGIC: Final = b"BANLI COPY 1\n"
_SALT: Final = 16
_CHUNK: Final = 1 << 20
_TAG: Final = 16
_SHORTEST: Final = 20
_LIMIT: Final = 1 << 32
_READABLE_BY_OTHERS: Final = 0o077


class CopySealed(BanliError):
    """A sealed copy does not open, or its secret is unfit."""

    code = "copy_sealed"


class Secret:
    """The secret of copies, a key or a passphrase of at least 20 characters."""

    def __init__(self, text: str) -> None:
        """A secret from its text.

        Raises:
            CopySealed: too short.
        """
        if len(text) < _SHORTEST:
            raise CopySealed(f"备份口令或密钥至少 {_SHORTEST} 个字符")
        self._text = text.encode()

    @classmethod
    def of_file(cls, file: Path) -> "Secret":
        """The secret that a file holds; others must not be able to read it.

        Raises:
            CopySealed: it cannot be read, others may read it, or it is too short.
        """
        try:
            if file.stat().st_mode & _READABLE_BY_OTHERS:
                raise CopySealed(f"备份密钥文件 {file} 可被他人读取：请 chmod 600")
            return cls(file.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise CopySealed(f"备份密钥文件 {file} 不能读取") from error

    def derived(self, salt: bytes, purpose: bytes) -> bytes:
        """A key of 32 bytes for one purpose; slow on purpose, as the secret may be words."""
        root = Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(self._text)
        return HKDFExpand(hashes.SHA256(), 32, purpose).derive(root)

    def proof(self, salt: bytes, content: bytes) -> str:
        """A keyed hash over something that is kept beside a copy in the clear."""
        return hmac.digest(self.derived(salt, b"banli manifest"), content, "sha256").hex()


def seal(source: Path, target: Path, secret: Secret) -> None:
    """Encrypt a file into a new one."""
    header = _MAGIC + os.urandom(_SALT)
    cipher = AESGCM(secret.derived(header[len(_MAGIC) :], b"banli copy"))
    with source.open("rb") as taken, target.open("xb") as written:
        written.write(header)
        for nonce, chunk in _numbered(taken, _CHUNK):
            written.write(cipher.encrypt(nonce, chunk, header))
        written.flush()
        os.fsync(written.fileno())


def open_sealed(source: Path, target: Path, secret: Secret) -> None:
    """Decrypt a file into a new one, which is there only if every chunk of it opened.

    Raises:
        CopySealed: another secret, or the file was changed or cut.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        with source.open("rb") as taken, part.open("xb") as written:
            header = taken.read(len(_MAGIC) + _SALT)
            if not header.startswith(_MAGIC) or len(header) != len(_MAGIC) + _SALT:
                raise CopySealed(f"{source.name} 不是加密的备份")
            cipher = AESGCM(secret.derived(header[len(_MAGIC) :], b"banli copy"))
            for nonce, chunk in _numbered(taken, _CHUNK + _TAG):
                written.write(cipher.decrypt(nonce, chunk, header))
        part.rename(target)
    except InvalidTag as error:
        raise CopySealed("备份打不开：口令或密钥不对，或备份已被改动") from error
    finally:
        part.unlink(missing_ok=True)


def _numbered(taken: BinaryIO, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a file, each with its nonce: number and whether it is the last."""
    chunk, number = taken.read(size), 0
    while True:
        following = taken.read(size)
        yield number.to_bytes(11, "big") + (b"\0" if following else b"\1"), chunk
        if not following:
            return
        chunk, number = following, number + 1
        if number >= _LIMIT:
            raise CopySealed("备份过大")
