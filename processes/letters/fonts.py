"""The fonts of documents: embedded, with a fallback for rare characters.

Invariant: a text is drawn only if each of its characters has a glyph in one of our fonts; STSong
and its like are never used, because nothing of them is embedded.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics, ttfonts

from processes.letters.errors import LetterInvalid

REGULAR: Final = "BanliSans-Regular"
BOLD: Final = "BanliSans-Bold"
RARE: Final = "BanliRare-Regular"
_FOLDER: Final = Path(__file__).parents[1] / "fonts"
_FALLBACKS: Final = {REGULAR: (REGULAR, RARE), BOLD: (BOLD, REGULAR, RARE)}


def to_unicode(fontname: str, subset: Sequence[int]) -> str:
    """The map from glyphs back to text, right above U+FFFF too (UTF-16, blocks of 100).

    reportlab writes five hex digits there, which readers take for another character.
    Source: PDF 32000-1, 9.10.3; Adobe Technical Note 5014.
    """
    lines = [f"<{index:02X}> <{_utf16(code)}>" for index, code in enumerate(subset)]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    body = [line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")]
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            f"/CIDSystemInfo << /Registry ({fontname}) /Ordering ({fontname}) /Supplement 0 >> def",
            f"/CMapName /{fontname} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            f"<00> <{len(subset) - 1:02X}>",
            "endcodespacerange",
            *body,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        )
    )


@cache
def register() -> None:
    """Read the font files, once in a process, and put our map into reportlab."""
    ttfonts.makeToUnicodeCMap = to_unicode
    for name in (REGULAR, BOLD, RARE):
        pdfmetrics.registerFont(ttfonts.TTFont(name, str(_FOLDER / f"{name}.ttf")))
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFontFamily(name, normal=name, bold=BOLD, italic=name, boldItalic=BOLD)
    rl_config.canvas_basefontname = REGULAR  # else each file names Helvetica, which is not embedded
    rl_config.useA85 = 0  # a file is bytes: as text it would be a quarter larger


def runs(text: str, font: str = REGULAR) -> Iterator[tuple[str, str]]:
    """The text in pieces with the font that has their glyphs.

    Raises:
        LetterInvalid: a character is in none of our fonts; names it.
    """
    first = _marks(font)
    if all(map(first.__contains__, text)):
        if text:
            yield font, text
        return
    for chosen, marks in groupby(text, key=lambda mark: _font_of(mark, font)):
        yield chosen, "".join(marks)


@cache
def _marks(font: str) -> frozenset[str]:
    """The characters a font has; most texts need no other font."""
    register()
    return frozenset(map(chr, pdfmetrics.getFont(font).face.charToGlyph))


def width(text: str, size: float, font: str = REGULAR) -> float:
    """How wide a text is, in points."""
    return sum(span(piece, size, chosen) for chosen, piece in runs(text, font))


def span(piece: str, size: float, font: str) -> float:
    """How wide a text is in a font that has all of it."""
    return sum(map(_advances(font).__getitem__, piece)) * size / 1000


@cache
def _advances(font: str) -> Mapping[str, float]:
    """How far each character of a font goes on, in thousandths of its size."""
    face = pdfmetrics.getFont(font).face
    return {chr(code): face.charWidths.get(code, face.defaultWidth) for code in face.charToGlyph}


def missing(text: str) -> str:
    """The characters no font of ours has."""
    register()
    return "".join(mark for mark in text if not any(_has(name, mark) for name in _FALLBACKS[BOLD]))


def _font_of(mark: str, font: str) -> str:
    for name in _FALLBACKS[font]:
        if _has(name, mark):
            return name
    raise LetterInvalid(
        f"字符『{mark}』（U+{ord(mark):04X}）不在文书字体中，无法打印", character=mark
    )


def _has(name: str, mark: str) -> bool:
    return mark in _marks(name)


def _utf16(code: int) -> str:
    return chr(code).encode("utf-16-be", "surrogatepass").hex().upper()
