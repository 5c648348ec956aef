"""Files: kept once under their content hash, sealed, outside the web root.

Invariant: a file is complete and synced on disk before its row exists; its type is what its content
says, and only types on the list come in. Reading checks the hash.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import puremagic
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import BanliError, NotFound
from processes import keys, settings
from processes.model.documents import StoredFile

OFD: Final = "application/ofd"
ALLOWED: Final = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    OFD: (".ofd",),
}
"""What people may hand in: type by content → usual endings."""
_MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)

_ZIP, _ROOT = b"PK\x03\x04", b"OFD.xml"
_DIRECTORY: Final = 1 << 18
"""In so many bytes at the end of a package the list of its files is looked for."""
_NOT_IN_NAMES: Final = '<>:"|?*'
_NAME_LENGTH: Final = 120

Scan = Callable[[bytes], str | None]
"""Looks into a file; returns why it is refused, or None."""

scans: list[Scan] = []
"""Run over every file handed in (virus scanner of the installation)."""


class FileRefused(BanliError):
    """A file may not come in; the message says why."""

    code = "file_refused"


_synced: Final[set[Path]] = set()
"""Folders whose own entry this program has synced: at most 256 in a home."""
_rehearsing: ContextVar[bool] = ContextVar("files_rehearsing", default=False)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Write no file within: what is done here is rolled back."""
    token = _rehearsing.set(True)
    try:
        yield
    finally:
        _rehearsing.reset(token)


def store(
    session: Session,
    content: bytes,
    *,
    by: int | None,
    at_most: int | None = None,
    content_type: str | None = None,
) -> StoredFile:
    """Keep bytes; the same bytes are kept once.

    Args:
        session: the one of the command.
        content: the bytes.
        by: who hands them in.
        at_most: a bound below that of the settings (a photo: 200 KB).
        content_type: for files we made ourselves; otherwise the content tells.

    Raises:
        FileRefused: empty, too large, a type not on the list, or refused by a scan.
    """
    found = content_type or check(content, at_most=at_most)
    digest = hashlib.sha256(content).hexdigest()
    row = session.get(StoredFile, digest)
    if not _rehearsing.get():
        lay_down(content)
    if row is None:
        row = StoredFile(sha256=digest, size=len(content), content_type=found, created_by=by)
        session.add(row)
        session.flush()
    return row


def lay_down(content: bytes) -> None:
    """Put bytes on the disk before the transaction that writes their row; again changes nothing.

    What is never named by a row afterwards is an orphan, swept when it is old (`sweeping`).
    """
    digest = hashlib.sha256(content).hexdigest()
    try:
        os.utime(_path(digest))  # it is wanted again
    except FileNotFoundError:
        _write(digest, content)


def reference(row: StoredFile, *, name: str) -> dict[str, Any]:
    """The value by which forms, variables and ledgers refer to a stored file."""
    return {
        "file": row.sha256,
        "name": clean_name(name),
        "size": row.size,
        "type": row.content_type,
    }


def rows(session: Session, digests: Collection[str]) -> dict[str, StoredFile]:
    """The stored files among these, by SHA-256."""
    found = session.scalars(select(StoredFile).where(StoredFile.sha256.in_(digests)))
    return {one.sha256: one for one in found}


def check(content: bytes, *, at_most: int | None = None) -> str:
    """The type of a file handed in, if it may come in.

    Raises:
        FileRefused: empty, too large, a type not on the list, or refused by a scan.
    """
    limit = min(at_most or settings.current().upload_bytes, settings.current().upload_bytes)
    if not content:
        raise FileRefused("文件是空的")
    if len(content) > limit:
        raise FileRefused(f"文件超过 {_size(limit)}")
    found = content_type(content)
    if found not in ALLOWED:
        raise FileRefused("只接受 PDF、OFD、PNG、JPG 文件")
    for scan in scans:
        if reason := scan(content):
            raise FileRefused(reason)
    return found


def clean_name(name: str) -> str:
    """The name of a file handed in as it may be kept: no path, no control, no reserved character.

    What is too long loses its front, so that the ending stays.
    """
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in plain if c.isprintable() and c not in _NOT_IN_NAMES).strip(". ")
    return plain[-_NAME_LENGTH:] or "附件"


def content_type(content: bytes) -> str:
    """The type that the content itself tells; octet-stream if it tells none."""
    for magic, name in _MAGIC:
        if content.startswith(magic):
            return name
    if content.startswith(_ZIP) and _ROOT in content[-_DIRECTORY:]:
        return OFD
    try:
        return str(puremagic.from_string(content, mime=True)) or "application/octet-stream"
    except puremagic.PureError:
        return "application/octet-stream"


def read(session: Session, sha256: str) -> bytes:
    """The bytes of a file.

    Raises:
        NotFound: no such file.
        FileRefused: what is on the disk is not what was stored.
    """
    if session.get(StoredFile, sha256) is None:
        raise NotFound("没有这个文件", file=sha256)
    return content(sha256)


def content(sha256: str) -> bytes:
    """The bytes of a file whose row is known to be there; no transaction waits for the disk.

    Raises:
        NotFound: not on the disk. FileRefused: what is there is not what was stored.
    """
    path = _path(sha256)
    if not path.exists():
        raise NotFound("文件已不在存储中", file=sha256)
    found = keys.unseal(path.read_bytes(), context=f"file:{sha256}")
    if hashlib.sha256(found).hexdigest() != sha256:
        raise FileRefused("文件已损坏", file=sha256)
    return found


def folder(prefix: str) -> Path:
    """Where the files are whose hash begins with these two digits."""
    return settings.current().home / "files" / prefix


def _path(sha256: str) -> Path:
    return folder(sha256[:2]) / sha256


def _write(sha256: str, content: bytes) -> None:
    path = _path(sha256)
    _make_folder(path.parent)
    part = path.with_name(f".{sha256}.{secrets.token_hex(4)}")
    try:
        with part.open("xb") as out:
            out.write(keys.seal(content, context=f"file:{sha256}"))
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    """Have a folder that outlasts a crash: synced once by each program that writes into it.

    Another program may have made it and not come to sync it.
    """
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        if folder in _synced:
            return
    _sync_folder(folder.parent)
    _synced.add(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _size(limit: int) -> str:
    return f"{limit >> 20} MB" if limit >= 1 << 20 else f"{limit >> 10} KB"
