"""The part of a font that a document uses, as a TrueType file of its own that knows its characters.

The PDF's subsets know codes of one byte only; here every character has its own code point, so that
readers find, select and copy text.
Source: OpenType 1.9, cmap formats 4 and 12.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from struct import pack, unpack
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFontMaker

_PLANE: Final = 0x10000


def subset(font: str, characters: frozenset[str]) -> bytes:
    """The font file with the glyphs of these characters."""
    face = pdfmetrics.getFont(font).face
    codes = sorted(map(ord, characters))
    made = TTFontMaker()
    for tag, table in _tables(face.makeSubset(codes)):
        made.add(tag, table if tag != "cmap" else _cmap(_glyphs(face, codes)))
    written: bytes = made.makeStream()
    return written


def _tables(content: bytes) -> Iterator[tuple[str, bytes]]:
    (count,) = unpack(">H", content[4:6])
    for at in range(12, 12 + 16 * count, 16):
        tag, _checksum, offset, length = unpack(">4sLLL", content[at : at + 16])
        yield tag.decode("ascii"), content[offset : offset + length]


def _glyphs(face: Any, codes: Sequence[int]) -> Mapping[int, int]:
    """Which glyph of the subset each character has: they are numbered as they are first asked."""
    numbers = {0: 0}
    return {code: numbers.setdefault(face.charToGlyph.get(code, 0), len(numbers)) for code in codes}


def _cmap(glyphs: Mapping[int, int]) -> bytes:
    plane = _narrow([*_segments({code: at for code, at in glyphs.items() if code < _PLANE})])
    whole = _wide([*_segments(glyphs)])
    head = pack(">HH", 0, 2)
    first = len(head) + 16
    head += pack(">HHL", 3, 1, first) + pack(">HHL", 3, 10, first + len(plane))
    return head + plane + whole


def _segments(glyphs: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """First and last character and the first glyph of each run of both."""
    for _key, run in groupby(
        enumerate(glyphs.items()), key=lambda one: (one[1][0] - one[0], one[1][1] - one[0])
    ):
        pairs = [pair for _at, pair in run]
        yield pairs[0][0], pairs[-1][0], pairs[0][1]


def _narrow(segments: list[tuple[int, int, int]]) -> bytes:
    ended = [*segments, (0xFFFF, 0xFFFF, 0)]
    count = len(ended)
    power = 1 << count.bit_length() - 1
    starts = [start for start, _end, _glyph in ended]
    ends = [end for _start, end, _glyph in ended]
    deltas = [(glyph - start) & 0xFFFF for start, _end, glyph in ended[:-1]] + [1]
    body = pack(
        f">HHHH{count}HH{count}H{count}H{count}H",
        *(2 * count, 2 * power, power.bit_length() - 1, 2 * (count - power)),
        *ends, 0, *starts, *deltas, *[0] * count,
    )  # fmt: skip
    return pack(">HHH", 4, len(body) + 6, 0) + body


def _wide(segments: list[tuple[int, int, int]]) -> bytes:
    groups = b"".join(pack(">LLL", *one) for one in segments)
    return pack(">HHLLL", 12, 0, 16 + len(groups), 0, len(segments)) + groups
