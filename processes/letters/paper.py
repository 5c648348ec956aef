"""A letter on A4 as agencies write it: red head, number, title, body, signature with date.

Invariant: values are drawn as text, there is no markup; sizes and margins are those of official
letters. Source: GB/T 9704-2012 (格式), margins 5.2, head 7.2, body 7.3.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from math import inf
from typing import Any, Final

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Spacer,
    Table,
    TableStyle,
)

from processes.letters import columns, fonts, pictures
from processes.letters.canvas import Canvas
from processes.letters.drawn import Drawing, Images, SealPlace
from processes.letters.filling import chinese_date, fill, rows, shown, value
from processes.letters.heads import RedHead, RedLine
from processes.letters.lines import Style, TextBlock, draw_text
from processes.letters.template import Block, Column, Template

GREY: Final = HexColor("#666666")
_LEFT, _RIGHT, _TOP, _BOTTOM = 28 * mm, 26 * mm, 26 * mm, 30 * mm
_WIDTH: Final = A4[0] - _LEFT - _RIGHT
_HEIGHT: Final = A4[1] - _TOP - _BOTTOM
_SIZE, _LEADING = 15.0, 27.0
_CELL: Final = 11.0
_PICTURE: Final = 12 * mm
_SEAL: Final = 42 * mm
_WITH_SEAL: Final = 2
"""So many paragraphs go to the next page with agency, date and seal."""
_BELOW, _APART, _SIGNED = 3 * mm, 4 * mm, 42 * mm
"""Below a table; above agency, date and seal; these themselves."""
_SMALL: Final = Style(size=5.5, leading=7, colour="#666666")
_TIGHTER: Final = (24.0, 21.5)
_FEW: Final = 3
"""Lines of a letter of so few pages are set tighter if that saves a page (GB/T 9704, 7.3.5.4)."""
_PADDING: Final = 13
"""Left and right of a cell's text, with a little to spare."""


class _Set:
    """How the paragraphs of a letter are set, by the distance of their lines in points."""

    def __init__(self, leading: float) -> None:
        self.to = Style(size=_SIZE, leading=leading)
        self.body = Style(size=_SIZE, leading=leading, align="justify", indent=2 * _SIZE)
        self.heading = Style(
            size=_SIZE, leading=leading, font=fonts.BOLD, indent=2 * _SIZE, keep_with_next=True
        )


def draw(template: Template, values: Mapping[str, Any], *, images: Images) -> Drawing:
    """The letter as PDF; `number` and `verification_code` come with the values.

    Raises:
        LetterInvalid: a place has no value, or a character no glyph.
    """
    fonts.register()
    drawn = _drawn(template, values, images, _Set(_LEADING))
    if 1 < drawn.pages <= _FEW:
        for leading in _TIGHTER:
            tighter = _drawn(template, values, images, _Set(leading))
            if tighter.pages < drawn.pages:
                return tighter
    return drawn


def _drawn(template: Template, values: Mapping[str, Any], images: Images, set_: _Set) -> Drawing:
    out = io.BytesIO()
    document = BaseDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_LEFT,
        rightMargin=_RIGHT,
        topMargin=_TOP,
        bottomMargin=_BOTTOM,
        title=template.title,
        author=fill(template.head, values) if template.head else "",
        creator="Banli",
        lang="zh-CN",
        invariant=True,
    )
    frame = Frame(_LEFT, _BOTTOM, _WIDTH, _HEIGHT, 0, 0, 0, 0)
    foot = _Foot(template, values)
    document.addPageTemplates([PageTemplate(frames=[frame], onPage=foot)])
    places: list[SealPlace] = []
    body = _body(template, values, images, set_)
    document.build(_story(template, values, body, places), canvasmaker=Canvas)
    electronic = template.seal == "electronic" and places
    place = places[-1] if electronic else None
    return Drawing(out.getvalue(), document.page, place, document.canv.sheets)


class _Foot:
    """Page number, verification code and its QR code at the foot of each page."""

    def __init__(self, template: Template, values: Mapping[str, Any]) -> None:
        self.code = str(values.get("verification_code", ""))
        self.qr = fill(template.qr, values) if template.qr else ""

    def __call__(self, canvas: Canvas, _document: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(fonts.REGULAR, 12)
        canvas.drawCentredString(A4[0] / 2, 17 * mm, f"— {canvas.getPageNumber()} —")
        if self.qr:
            draw_qr(canvas, self.qr, x=_LEFT, y=10 * mm, side=16 * mm)
        if self.code:
            canvas.setFillColor(GREY)
            canvas.setFont(fonts.REGULAR, 8)
            x = _LEFT + (18 * mm if self.qr else 0)
            canvas.drawString(x, 13.5 * mm, "扫码核验真伪" if self.qr else "文书核验码")
            canvas.drawString(x, 10.5 * mm, self.code)
        canvas.restoreState()


def _body(
    template: Template, values: Mapping[str, Any], images: Images, set_: _Set
) -> list[Flowable]:
    body: list[Flowable] = []
    if template.to:
        body.append(TextBlock(f"{fill(template.to, values)}：", set_.to))
    for block in template.body:
        if shown(block.shown_if, values):
            body += _block(block, values, images, set_)
    return body


def _story(
    template: Template,
    values: Mapping[str, Any],
    body: Sequence[Flowable],
    places: list[SealPlace],
) -> list[Flowable]:
    story = [
        *_top(template, values),
        Spacer(1, 9 * mm),
        _title(template, values),
        Spacer(1, 7 * mm),
        *body,
    ]
    if template.note:
        story += [Spacer(1, 3 * mm), _note(f"附注：{fill(template.note, values)}")]
    if closing := _closing(template, values, places):
        if len(story) > 1 and isinstance(table := story[-2], _Rows):
            table.followed = True
        story.append(KeepTogether([*_end_of(story), *closing]))
    if template.copies:
        story += [Spacer(1, 8 * mm), _note(f"抄送：{fill(template.copies, values)}")]
    return story


def _end_of(story: list[Flowable]) -> list[Flowable]:
    """Take the last paragraphs off the story: agency, date and seal never stand on a page alone."""
    taken: list[Flowable] = []
    while len(taken) < _WITH_SEAL and isinstance(story[-1], TextBlock):
        taken.insert(0, story.pop())
    return taken


def _top(template: Template, values: Mapping[str, Any]) -> list[Flowable]:
    top: list[Flowable] = []
    if template.head:
        top += [RedHead(fill(template.head, values)), Spacer(1, 5 * mm)]
    if values.get("number"):
        style = Style(size=13, leading=20, align="center")
        top.append(TextBlock(str(values["number"]), style))
    if template.head:
        top += [Spacer(1, 2 * mm), RedLine()]
    return top


def _title(template: Template, values: Mapping[str, Any]) -> TextBlock:
    style = Style(size=21, leading=30, font=fonts.BOLD, align="center", keep_with_next=True)
    return TextBlock(fill(template.heading or template.title, values), style)


def _block(block: Block, values: Mapping[str, Any], images: Images, set_: _Set) -> list[Flowable]:
    if block.kind == "table":
        return [Spacer(1, 2 * mm), _table(block, values, images), Spacer(1, _BELOW)]
    if block.kind == "items":
        found = rows(block.rows, values)
        return [
            TextBlock(fill(block.text, {**values, "row": row, "position": position}), set_.body)
            for position, row in enumerate(found, 1)
        ]
    if block.kind == "heading":
        return [TextBlock(fill(block.text, values), set_.heading)]
    lines = fill(block.text, values).strip().split("\n")
    return [TextBlock(line, set_.body) for line in lines if line.strip()]


def _table(block: Block, values: Mapping[str, Any], images: Images) -> Table:
    known = [
        {**values, "row": row, "position": position}
        for position, row in enumerate(rows(block.rows, values), 1)
    ]
    texts = [[fill(column.value, here) for column in block.columns] for here in known]
    widths = _widths(block.columns, texts)
    head = [_cell(column.title, column, bold=True) for column in block.columns]
    lines = [
        [
            _filled(column, text, here, images, width)
            for column, text, width in zip(block.columns, written, widths, strict=True)
        ]
        for here, written in zip(known, texts, strict=True)
    ]
    table = _Rows([head, *lines], colWidths=widths, repeatRows=1, splitByRow=1)
    table.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), fonts.REGULAR),
                ("GRID", (0, 0), (-1, -1), 0.6, HexColor("#000000")),
                ("BACKGROUND", (0, 0), (-1, 0), HexColor("#f2f2f2")),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ]
        )
    )
    return table


def _widths(chosen: Sequence[Column], texts: Sequence[Sequence[str]]) -> list[float]:
    """In points; those of the template, wider where a short word would be broken."""
    total = sum(column.width for column in chosen)
    needed = []
    for number, column in enumerate(chosen):
        spans = (
            [fonts.width(column.title, _CELL, fonts.BOLD)] if columns.whole(column.title) else []
        )
        found = {line[number] for line in texts if columns.whole(line[number])}
        spans += [fonts.width(text, _CELL) for text in found]
        needed.append(max(spans, default=0) + _PADDING)
    return columns.fitted([_WIDTH * column.width / total for column in chosen], needed)


def _filled(
    column: Column, text: str, values: Mapping[str, Any], images: Images, width: float
) -> list[Flowable]:
    """What stands in a cell: the text, a picture below it, fine print below that."""
    parts: list[Flowable] = [_cell(text, column)]
    if picture := column.image and value(column.image.strip("{} "), values):
        box = {"width": width - 14, "height": _PICTURE}
        parts.append(pictures.placed(images(str(picture)), **box))
    if small := column.small and fill(column.small, values):
        parts.append(TextBlock(small, _SMALL))
    return parts


def _cell(text: str, column: Column, *, bold: bool = False) -> TextBlock:
    align: Any = "center" if bold else column.align
    font = fonts.BOLD if bold else fonts.REGULAR
    return TextBlock(text, Style(size=_CELL, leading=16, font=font, align=align))


def _closing(
    template: Template, values: Mapping[str, Any], places: list[SealPlace]
) -> list[Flowable]:
    if not template.signature:
        return []
    name = fill(template.signature, values)
    day = value(template.date.strip("{} "), values) if template.date else values.get("issued_on")
    written = chinese_date(day) if isinstance(day, date) else fill(template.date, values)
    block = _Signature(name, written, seal=template.seal is True, places=places)
    return [Spacer(1, _APART), block]


class _Rows(Table):  # type: ignore[misc]
    """A table; one that ends a letter gives its last row to the page of agency, date and seal."""

    followed = False

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        wide, high = super().wrap(width, height)
        whole = high + _BELOW + _APART + _SIGNED
        return wide, whole if self.followed and height < whole <= self._most() else high

    def _most(self) -> float:
        """So much is kept on one page; more can only be split."""
        return _HEIGHT if len(self._cellvalues) == 2 else inf

    def split(self, width: float, height: float) -> list[Flowable]:
        last = sum(self._rowHeights) - 1  # so that at least one row goes on
        parts: list[Flowable] = super().split(width, min(height, last) if self.followed else height)
        if self.followed and parts:
            parts[-1].followed = True
        return parts


class _Signature(Flowable):  # type: ignore[misc]
    """Agency and date at the right, the date four characters in, with room for the seal."""

    def __init__(self, name: str, day: str, *, seal: bool, places: list[SealPlace]) -> None:
        super().__init__()
        self.name, self.day, self.seal, self.places = name, day, seal, places

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width = width
        return width, _SIGNED

    def draw(self) -> None:
        right = self.width - 4 * _SIZE
        span = max(fonts.width(self.day, _SIZE), fonts.width(self.name, _SIZE))
        middle = min(right - fonts.width(self.day, _SIZE) / 2, self.width - span / 2)
        # the seal covers the date and the last of the name (GB/T 9704-2012, 7.3.5.1)
        left, bottom = self.canv.absolutePosition(middle - _SEAL / 2, 18 * mm - _SEAL / 2)
        page = self.canv.getPageNumber()
        self.places.append(SealPlace(page, left, bottom, _SEAL, _SEAL))
        if self.seal:
            self._place_of_seal(middle)
        for text, y in ((self.name, 22 * mm), (self.day, 22 * mm - _LEADING)):
            x = middle - fonts.width(text, _SIZE) / 2
            draw_text(self.canv, text, x=x, y=y, size=_SIZE)

    def _place_of_seal(self, middle: float) -> None:
        self.canv.saveState()
        self.canv.setFillColor(HexColor("#999999"))
        text = "（加盖印章）"
        x = middle - fonts.width(text, 9) / 2
        draw_text(self.canv, text, x=x, y=33 * mm, size=9)
        self.canv.restoreState()


def _note(text: str) -> TextBlock:
    return TextBlock(text, Style(size=10.5, leading=17))


def draw_qr(canvas: Canvas, content: str, *, x: float, y: float, side: float) -> None:
    """Draw a QR code as squares, not as a picture; the unit of its page is one square."""
    matrix = [bytes(row) for row in segno.make_qr(content, error="m").matrix]
    step = side / len(matrix)
    canvas.saveState()
    canvas.setFillColor(HexColor("#000000"))
    canvas.transform(step, 0, 0, -step, x, y + side)
    squares: list[str] = []
    for line, row in enumerate(matrix):
        column = 0
        for dark, run in groupby(row):
            wide = len([*run])
            if dark:
                squares.append(f"{column} {line} {wide} 1 re")
            column += wide
    canvas.addLiteral("\n".join((*squares, "f")))
    canvas.restoreState()
