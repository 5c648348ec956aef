"""A card: one page a side, text, photo and QR code at their places; or one for each row.

Invariant: a text never leaves its width: it is set smaller, and refused below the smallest size.
"""

import io
from collections.abc import Mapping
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from processes.letters import fonts, pictures
from processes.letters.drawing import Images
from processes.letters.errors import LetterInvalid
from processes.letters.filling import fill, value
from processes.letters.lines import draw_text
from processes.letters.paper import draw_qr
from processes.letters.template import Element, Template

_SMALLEST: Final = 4.0


def draw(template: Template, values: Mapping[str, Any], *, images: Images) -> tuple[bytes, int]:
    """The card as PDF and its pages, one a side.

    Raises:
        LetterInvalid: a place has no value, a text does not fit, or a picture cannot be used.
    """
    fonts.register()
    out = io.BytesIO()
    width, height = template.size[0] * mm, template.size[1] * mm
    canvas = Canvas(out, pagesize=(width, height), invariant=1, lang="zh-CN")
    canvas.setTitle(template.title)
    canvas.setCreator("Banli")
    cards = _cards(template, values)
    for card in cards:
        for side in template.sides:
            for element in side:
                _DRAWERS[element.kind](canvas, element, card, height, images)
            canvas.showPage()
    canvas.save()
    return out.getvalue(), len(cards) * len(template.sides)


def _cards(template: Template, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What each card is drawn with: the letter's values, or these with each of the rows."""
    if not template.rows:
        return [values]
    rows = value(template.rows, values)
    if not isinstance(rows, list) or not rows:
        raise LetterInvalid("没有要制作的证件", expression=template.rows)
    return [{**values, "row": row, "position": at} for at, row in enumerate(rows, 1)]


def _text(
    canvas: Canvas, element: Element, values: Mapping[str, Any], height: float, _images: Images
) -> None:
    font = fonts.BOLD if element.bold else fonts.REGULAR
    y = height - element.y * mm
    x = element.x * mm
    if element.label:
        canvas.setFillColor(HexColor("#5a6b7b"))
        draw_text(canvas, element.label, x=x, y=y, size=element.size * 0.85)
        x += element.label_width * mm
    room = (element.width - element.label_width) * mm if element.width else 0
    text = fill(element.value, values)
    size = _fitting(text, element.size, room, font)
    canvas.setFillColor(HexColor(element.colour))
    span = fonts.width(text, size, font)
    if element.align == "center":
        x += (room - span) / 2
    elif element.align == "right":
        x += room - span
    draw_text(canvas, text, x=x, y=y, size=size, font=font)


def _fitting(text: str, size: float, room: float, font: str) -> float:
    while room and fonts.width(text, size, font) > room:
        size -= 0.25
        if size < _SMALLEST:
            raise LetterInvalid(f"『{text[:20]}』太长，证件版面放不下")
    return size


def _image(
    canvas: Canvas, element: Element, values: Mapping[str, Any], height: float, images: Images
) -> None:
    stored = value(element.value.strip("{} "), values)
    if not isinstance(stored, dict) or not stored.get("file"):
        if element.optional:
            return
        raise LetterInvalid("证件缺少照片", expression=element.value)
    picture = pictures.decoded(images(str(stored["file"])))
    canvas.drawImage(
        ImageReader(picture),
        element.x * mm,
        height - (element.y + element.height) * mm,
        element.width * mm,
        element.height * mm,
        preserveAspectRatio=True,
        anchor="c",
    )


def _qr(
    canvas: Canvas, element: Element, values: Mapping[str, Any], height: float, _images: Images
) -> None:
    side = element.width * mm
    bottom = height - element.y * mm - side
    draw_qr(canvas, fill(element.value, values), x=element.x * mm, y=bottom, side=side)


def _box(
    canvas: Canvas, element: Element, _values: Mapping[str, Any], height: float, _images: Images
) -> None:
    canvas.setFillColor(HexColor(element.colour))
    bottom = height - (element.y + element.height) * mm
    canvas.rect(element.x * mm, bottom, element.width * mm, element.height * mm, stroke=0, fill=1)


def _line(
    canvas: Canvas, element: Element, _values: Mapping[str, Any], height: float, _images: Images
) -> None:
    canvas.setStrokeColor(HexColor(element.colour))
    canvas.setLineWidth(element.size / 10)
    y = height - element.y * mm
    canvas.line(element.x * mm, y, (element.x + element.width) * mm, y - element.height * mm)


_DRAWERS: Final = {"text": _text, "image": _image, "qr": _qr, "box": _box, "line": _line}
