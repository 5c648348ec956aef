"""Chinese text set in lines: where it may break, and spread so that both edges are straight.

Invariant: no line begins with a closing mark or ends with an opening one, numbers and Latin words
are not torn, and a text is drawn as it is: there is no markup a value could become.
Source: GB/T 15834-2011, 5.1 (marks at the ends of lines); CLREQ 3.1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from processes.letters import fonts

_TOKEN: Final = re.compile(r"[!-~\u00a1-\u024f]*[0-9][年月日号个条项]|[!-~\u00a1-\u024f]+| |[^\n]")
_NOT_FIRST: Final = frozenset("，。、；：？！）》」』”’】〕〉％‰℃…—·々,.;:?!)]}%")
_NOT_LAST: Final = frozenset("（《「『“‘【〔〈([{￥¥$№")
_SPREAD: Final = 0.16
"""A line is spread by at most this part of a character a gap; a shorter one stays ragged."""
_FUZZ: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a text is set; `indent` is that of the first line, in points."""

    size: float
    leading: float
    font: str = fonts.REGULAR
    align: Literal["left", "center", "right", "justify"] = "left"
    indent: float = 0.0
    colour: str = "#000000"
    keep_with_next: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its pieces, how wide they are, and whether a paragraph ends with it."""

    tokens: tuple[str, ...]
    width: float
    room: float
    indent: float
    ends: bool


class TextBlock(Flowable):  # type: ignore[misc]
    """A text that flows over lines and pages."""

    def __init__(self, text: str, style: Style, lines: Sequence[Line] = ()) -> None:
        super().__init__()
        self.text = text
        self.style = style
        self.lines = list(lines)
        self.keepWithNext = style.keep_with_next
        self._broken_at = lines[0].room + lines[0].indent if lines else 0.0

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        if not self.lines or abs(self._broken_at - width) > _FUZZ:
            self.lines, self._broken_at = break_lines(self.text, self.style, width), width
        self.width, self.height = width, len(self.lines) * self.style.leading
        return width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        """The part that fits and the rest; never a single line alone on either side."""
        self.wrap(width, height)
        fits = int((height + _FUZZ) / self.style.leading)
        if fits >= len(self.lines):
            return [self]
        fits = min(fits, len(self.lines) - 2)
        if fits < 2:
            return []
        return [
            TextBlock(self.text, self.style, self.lines[:fits]),
            TextBlock(self.text, self.style, self.lines[fits:]),
        ]

    def draw(self) -> None:
        y = self.height - self.style.leading + (self.style.leading - self.style.size) * 0.62
        for line in self.lines:
            _draw(self.canv, line, self.style, y)
            y -= self.style.leading


def break_lines(text: str, style: Style, width: float) -> list[Line]:
    """The lines of a text within a width."""
    lines: list[Line] = []
    for number, paragraph in enumerate(text.split("\n")):
        indent = style.indent if number == 0 else 0.0
        tokens = _tokens(paragraph, style, width)
        while True:
            room = width - indent
            end = _fitting(tokens, style, room)
            rest = tokens[end:]
            while rest and rest[0] == " ":
                rest = rest[1:]
            shown = tuple(tokens[:end])
            span = fonts.width("".join(shown), style.size, style.font)
            lines.append(Line(shown, span, room, indent, not rest))
            if not rest:
                break
            tokens, indent = rest, 0.0
    return lines


def _tokens(text: str, style: Style, width: float) -> list[str]:
    found: list[str] = []
    for token in _TOKEN.findall(text):
        if len(token) > 1 and fonts.width(token, style.size, style.font) > width / 2:
            found += token  # too long to be kept whole
        else:
            found.append(token)
    return found


def _fitting(tokens: Sequence[str], style: Style, room: float) -> int:
    used, count = 0.0, 0
    for token in tokens:
        used += fonts.width(token, style.size, style.font)
        if used > room + _FUZZ:
            break
        count += 1
    if count == len(tokens):
        return count
    for end in range(count, max(count // 2, 0), -1):
        if tokens[end][0] not in _NOT_FIRST and tokens[end - 1][-1] not in _NOT_LAST:
            return end
    return max(count, 1)


def draw_lines(canvas: Canvas, lines: Sequence[Line], style: Style, *, x: float, y: float) -> None:
    """Draw broken lines one below the other, the first on the base line `y`."""
    canvas.saveState()
    canvas.translate(x, y)
    for number, line in enumerate(lines):
        _draw(canvas, line, style, -number * style.leading)
    canvas.restoreState()


def _draw(canvas: Canvas, line: Line, style: Style, y: float) -> None:
    gaps = len(line.tokens) - 1
    free = line.room - line.width
    gap, x = 0.0, line.indent
    if style.align == "justify" and not line.ends and gaps and free / gaps < style.size * _SPREAD:
        gap = free / gaps
    elif style.align == "center":
        x += free / 2
    elif style.align == "right":
        x += free
    text = canvas.beginText(x, y)
    text.setFillColor(HexColor(style.colour))
    if not gap:
        for chosen, piece in fonts.runs("".join(line.tokens), style.font):
            text.setFont(chosen, style.size)
            text.textOut(piece)
        canvas.drawText(text)
        return
    for token in line.tokens:
        for chosen, piece in fonts.runs(token, style.font):
            text.setFont(chosen, style.size)
            text.setCharSpace(0)
            text.textOut(piece[:-1])
            # the space goes behind the last character of a token, so that words stay whole
            text.setCharSpace(gap if token.endswith(piece) else 0)
            text.textOut(piece[-1])
    text.setCharSpace(0)  # it would hold for whatever is drawn next
    canvas.drawText(text)


def draw_text(
    canvas: Canvas, text: str, *, x: float, y: float, size: float, font: str = fonts.REGULAR
) -> None:
    """Draw one line, rare characters in the font that has them."""
    for chosen, piece in fonts.runs(text, font):
        canvas.setFont(chosen, size)
        canvas.drawString(x, y, piece)
        x += fonts.span(piece, size, chosen)
