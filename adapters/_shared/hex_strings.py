"""Hexadecimal strings of a PDF read at once: the library reads one digit after another.

A signature is some ten thousand digits, each of which cost a call, every time a file was examined.
Source: ISO 32000-1, 7.3.4.3.
"""

from binascii import Error, unhexlify
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStreamError

_WHITE: Final = b" \t\r\n\x0c\x00"
_AT_ONCE: Final = 1 << 14


def read_at_once() -> None:
    """Have the library read them by `read` from now on."""
    generic.read_hex_string_from_stream = read


def read(stream: BinaryIO) -> Any:
    """The string that begins here, as `pyhanko.pdf_utils.generic.read_hex_string_from_stream`.

    Raises:
        PdfStreamError: it has another character in it, or no end.
    """
    stream.read(1)
    parts: list[bytes] = []
    while True:
        part = stream.read(_AT_ONCE)
        end = part.find(b">")
        if end >= 0:
            stream.seek(end + 1 - len(part), 1)
            parts.append(part[:end])
            break
        if not part:
            raise PdfStreamError("Stream has ended unexpectedly")
        parts.append(part)
    digits = b"".join(parts).translate(None, _WHITE)
    try:
        return generic.pdf_string(unhexlify(digits + b"0" * (len(digits) % 2)))
    except Error as error:
        raise PdfStreamError(f"Unexpected token in hex string: {error}") from error
