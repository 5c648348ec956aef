"""The picture of a seal: red circle, star, the holder's name along the rim (国发〔1999〕25号)."""

import math
from pathlib import Path
from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

_RED: Final = HexColor("#d7000f")
_FONT: Final = "SealSans"
# the simulator is no part of the product: it only borrows the font that lies beside
_FILE: Final = Path(__file__).parents[2] / "processes" / "fonts" / "BanliSans-Bold.ttf"
SIDE: Final = 42 * mm


def draw(file: Path, holder: str, use: str) -> None:
    """Write the picture, 42 mm wide, as a page without ground; `use` stands below the star."""
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(_FILE)))
    canvas = Canvas(str(file), pagesize=(SIDE, SIDE), invariant=1)
    canvas.translate(SIDE / 2, SIDE / 2)
    canvas.setFillColor(_RED)
    canvas.setStrokeColor(_RED)
    canvas.setLineWidth(1.2 * mm)
    canvas.circle(0, 0, SIDE / 2 - 0.8 * mm)
    _star(canvas, 6.5 * mm)
    _rim(canvas, holder)
    canvas.setFont(_FONT, 9)
    canvas.drawCentredString(0, -13 * mm, use)
    canvas.save()


def _star(canvas: Canvas, radius: float) -> None:
    path = canvas.beginPath()
    for step in range(10):
        reach = radius if step % 2 == 0 else radius * 0.382
        angle = math.pi / 2 + step * math.pi / 5
        point = (reach * math.cos(angle), reach * math.sin(angle))
        (path.moveTo if step == 0 else path.lineTo)(*point)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _rim(canvas: Canvas, text: str) -> None:
    size = 13.0 if len(text) <= 12 else 10.5
    span = min(230.0, 19.0 * (len(text) - 1))
    canvas.setFont(_FONT, size)
    for place, mark in enumerate(text):
        turn = span / 2 - place * (span / max(len(text) - 1, 1))
        canvas.saveState()
        canvas.rotate(turn)
        canvas.drawCentredString(0, SIDE / 2 - 2.6 * mm - size, mark)
        canvas.restoreState()
