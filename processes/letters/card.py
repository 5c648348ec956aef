"""A card: one page a side, text, photo and QR code at their places; or one for each row.

Invariant: a text never leaves its width: it is set smaller, and refused below the smallest size.
"""

import io
import re
from collections.abc import Mapping
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader

from processes.letters import fonts, pictures
from processes.letters.canvas import Canvas
from processes.letters.drawn import Drawing, Images, SealPlace
from processes.letters.errors import LetterInvalid
from processes.letters.filling import fill, value
from processes.letters.lines import Line, Style, break_lines, draw_lines, draw_text
from processes.letters.paper import draw_qr
from processes.letters.template import Element, Template

_SMALLEST: Final = 4.0


def draw(template: Template, values: Mapping[str, Any], *, images: Images) -> Drawing:
    """The card as PDF, one page a side.

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
    pages = len(cards) * len(template.sides)
    return Drawing(out.getvalue(), pages, _seal_place(template, height), canvas.sheets)


def _seal_place(template: Template, height: float) -> SealPlace | None:
    """Where the first side that has one wants its seal."""
    for page, side in enumerate(template.sides, 1):
        for one in side:
            if one.kind == "seal":
                side_length = one.width * mm
                bottom = height - one.y * mm - side_length
                return SealPlace(page, one.x * mm, bottom, side_length, side_length)
    return None


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
    text = _told(element, values)
    if element.lines > 1:
        lines, style = _broken(text, element, room, font)
        draw_lines(canvas, lines, style, x=x, y=y)
        return
    size = _fitting(text, element.size, room, font)
    canvas.setFillColor(HexColor(element.colour))
    span = fonts.width(text, size, font)
    if element.align == "center":
        x += (room - span) / 2
    elif element.align == "right":
        x += room - span
    draw_text(canvas, text, x=x, y=y, size=size, font=font)


def _told(element: Element, values: Mapping[str, Any]) -> str:
    """The text of an element; one that is missing is named as the card labels it."""
    try:
        return fill(element.value, values)
    except LetterInvalid as error:
        if not element.label or "expression" not in error.details:
            raise
        label = re.sub(r"\s", "", element.label)
        raise LetterInvalid(f"证件缺少『{label}』", **error.details) from error


def _fitting(text: str, size: float, room: float, font: str) -> float:
    while room and fonts.width(text, size, font) > room:
        size -= 0.25
        if size < _SMALLEST:
            raise LetterInvalid(f"『{text[:20]}』太长，证件版面放不下")
    return size


def _broken(text: str, element: Element, room: float, font: str) -> tuple[list[Line], Style]:
    """The lines of a text, set smaller until there are few enough."""
    size = element.size
    while size >= _SMALLEST:
        style = Style(
            size=size,
            leading=size * 1.45,
            font=font,
            align=element.align,
            colour=element.colour,
        )
        lines = break_lines(text, style, room)
        if len(lines) <= element.lines:
            return lines, style
        size -= 0.25
    raise LetterInvalid(f"『{text[:20]}』太长，证件版面放不下")


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
        ImageReader(io.BytesIO(picture.png)),
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


def _mark(
    canvas: Canvas, element: Element, values: Mapping[str, Any], height: float, _images: Images
) -> None:
    """A pale text aslant over the page, again and again: what this copy is, and for whom."""
    text = fill(element.value, values)
    step = fonts.width(text, element.size) + 12 * mm
    canvas.saveState()
    canvas.setFillColor(HexColor(element.colour), alpha=0.35)
    canvas.rotate(30)
    for row in range(-8, 24):
        for column in range(-2, 8):
            x, y = column * step + row % 2 * step / 2, row * 22 * mm - height / 2
            draw_text(canvas, text, x=x, y=y, size=element.size)
    canvas.restoreState()


def _no_mark(*_told: Any) -> None:
    """A seal is set on the finished file, not drawn."""


_DRAWERS: Final = {
    "text": _text,
    "image": _image,
    "qr": _qr,
    "box": _box,
    "line": _line,
    "mark": _mark,
    "seal": _no_mark,
}
