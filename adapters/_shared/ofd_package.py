"""The package of an OFD document: a zip whose every byte belongs to one named file.

Invariant: what is read here another program reads in the same way: no file twice, none hidden
between others, before them or behind, no name that leads out of the package, nothing encrypted;
what would unpack beyond the bounds is refused before it is unpacked. Written anew, the same files
give the same bytes.
Source: GB/T 33190-2016, 7.1; APPNOTE.TXT 6.3.3 (zip), 4.3.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

FILES: Final = 2_000
BYTES: Final = 100 << 20
ENTRY_BYTES: Final = 50 << 20
_NAME: Final = re.compile(r"(?!(?:.*/)?\.{0,2}(?:/|$))[^\\:\x00-\x1f]{1,250}")
"""No part of it empty, `.` or `..`."""
_UNREADABLE: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, ValueError, LookupError,
    NotImplementedError, OSError, EOFError, RuntimeError,
)  # fmt: skip
_HEAD: Final = 30
_END: Final = 22
_DESCRIBED: Final = 0x8
_ENCRYPTED: Final = 0x1


class PackageUnreadable(ValueError):
    """The bytes are no package, or one that programs would read differently; which file it is."""

    def __init__(self, message: str, file: str = "") -> None:
        super().__init__(message)
        self.file = file


def packed(files: Mapping[str, bytes]) -> bytes:
    """The package of these files, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a package by name.

    Raises:
        PackageUnreadable: it is none, breaks the bounds or the invariant.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            listed = [one for one in opened.infolist() if not one.is_dir()]
            _check(opened, listed, content)
            return {one.filename.removeprefix("/"): _read(opened, one) for one in listed}
    except PackageUnreadable:
        raise
    except _UNREADABLE as error:
        raise PackageUnreadable(f"no package: {error}") from error


def _read(opened: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    try:
        return opened.read(one)
    except _UNREADABLE as error:
        raise PackageUnreadable(f"no file: {error}", one.filename.removeprefix("/")) from error


def _check(opened: zipfile.ZipFile, listed: list[zipfile.ZipInfo], content: bytes) -> None:
    if len(listed) > FILES or sum(one.file_size for one in listed) > BYTES:
        raise PackageUnreadable("too much in it")
    names = [one.filename.removeprefix("/") for one in listed]
    if len({name.casefold() for name in names}) < len(names):
        raise PackageUnreadable("a file twice")
    for name, one in zip(names, listed, strict=True):
        named = _NAME.fullmatch(name) and one.orig_filename == one.filename
        if one.flag_bits & _ENCRYPTED or one.file_size > ENTRY_BYTES or not named:
            raise PackageUnreadable("a file that may not be in it")
    _check_tiles(opened, content)


def _check_tiles(opened: zipfile.ZipFile, content: bytes) -> None:
    """Every byte belongs to a file, the directory or the end: nothing lies between."""
    at = 0
    for one in sorted(opened.infolist(), key=lambda entry: entry.header_offset):
        if one.header_offset != at or content[at : at + 4] != b"PK\x03\x04":
            raise PackageUnreadable("something between its files")
        name, extra = struct.unpack("<HH", content[at + 26 : at + _HEAD])
        at += _HEAD + name + extra + one.compress_size
        if one.flag_bits & _DESCRIBED:
            at += 16 if content[at : at + 4] == b"PK\x07\x08" else 12
    size, start, comment = struct.unpack("<LLH", content[-_END:][12:])
    if start != at or at + size + _END != len(content) or comment or opened.comment:
        raise PackageUnreadable("something behind its files")
