"""The red head of an official letter: the agency's name and the line under it.

Source: GB/T 9704-2012, 7.2.4 (发文机关标志), 7.2.7 (分隔线).
"""

from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from processes.letters import fonts
from processes.letters.lines import draw_text

RED: Final = HexColor("#c8102e")


class RedLine(Flowable):  # type: ignore[misc]
    """The red line under the head."""

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width = width
        return width, 3

    def draw(self) -> None:
        self.canv.setStrokeColor(RED)
        self.canv.setLineWidth(2)
        self.canv.line(0, 1, self.width, 1)


class RedHead(Flowable):  # type: ignore[misc]
    """The agency's name, red, as wide as the text block allows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width = width
        size = 34.0
        while size > 14 and self._span(size) > width * 0.94:
            size -= 0.5
        self.size = size
        return width, size * 1.25

    def _span(self, size: float) -> float:
        return fonts.width(self.text, size, fonts.BOLD) + self._gap(size) * (len(self.text) - 1)

    def _gap(self, size: float) -> float:
        return size * (0.32 if len(self.text) <= 8 else 0.12)

    def draw(self) -> None:
        x = (self.width - self._span(self.size)) / 2
        self.canv.setFillColor(RED)
        for mark in self.text:
            draw_text(self.canv, mark, x=x, y=self.size * 0.25, size=self.size, font=fonts.BOLD)
            x += fonts.width(mark, self.size, fonts.BOLD) + self._gap(self.size)
