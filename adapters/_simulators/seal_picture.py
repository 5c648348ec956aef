"""The picture of a seal: red circle, star, the holder's name along the rim (国发〔1999〕25号)."""

import io
import math
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
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
_INK: Final = (215, 0, 15, 255)
_DOTS: Final = 504
"""Of a picture of dots, a side: 42 mm at 305 to the inch."""


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


def png(holder: str, use: str) -> bytes:
    """The same as a picture of dots without ground, as seals on OFD files have it."""
    paper = Image.new("RGBA", (_DOTS, _DOTS))
    pen, middle, dot = ImageDraw.Draw(paper), _DOTS / 2, _DOTS / 42
    pen.ellipse((dot, dot, _DOTS - dot, _DOTS - dot), outline=_INK, width=round(1.2 * dot))
    star = []
    for step in range(10):
        reach = 6.5 * dot * (1 if step % 2 == 0 else 0.382)
        angle = math.pi / 2 + step * math.pi / 5
        star.append((middle + reach * math.cos(angle), middle - reach * math.sin(angle)))
    pen.polygon(star, fill=_INK)
    small = ImageFont.truetype(str(_FILE), round(9 / 72 * 25.4 * dot))
    pen.text((middle, middle + 12 * dot), use, fill=_INK, font=small, anchor="mm")
    size = 13.0 if len(holder) <= 12 else 10.5
    span = min(230.0, 19.0 * (len(holder) - 1))
    large = ImageFont.truetype(str(_FILE), round(size / 72 * 25.4 * dot))
    for place, mark in enumerate(holder):
        turn = span / 2 - place * (span / max(len(holder) - 1, 1))
        layer = Image.new("RGBA", paper.size)
        top = 2.8 * dot + large.size / 2
        ImageDraw.Draw(layer).text((middle, top), mark, fill=_INK, font=large, anchor="mm")
        paper.alpha_composite(layer.rotate(turn, Image.Resampling.BICUBIC))
    return _written(paper)


def signature(name: str) -> bytes:
    """The name of a person who signs, as a picture of dots without ground."""
    paper = Image.new("RGBA", (_DOTS, _DOTS))
    font = ImageFont.truetype(str(_FILE), min(120, _DOTS // max(len(name), 1)))
    middle = (_DOTS / 2, _DOTS / 2)
    ImageDraw.Draw(paper).text(middle, name, fill=(20, 20, 20, 255), font=font, anchor="mm")
    return _written(paper)


def _written(paper: Image.Image) -> bytes:
    out = io.BytesIO()
    paper.quantize(32, Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
    return out.getvalue()
