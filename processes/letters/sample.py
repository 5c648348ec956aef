"""A template drawn without a case: every place shows what will stand there, between 〔 and 〕.

Invariant: nothing is computed and nothing is numbered; a sample cannot be taken for a letter.
"""

import dataclasses
from typing import Any, Final

from engine import clock
from processes.letters import drawing
from processes.letters.template import PLACE, Block, Column, Element, Template

_ROWS: Final = '["", ""]'


def draw(template: Template) -> bytes:
    """The sample as PDF: all parts shown, tables with two rows, a grey box for each photo.

    Raises:
        LetterInvalid: something in it cannot be drawn.
    """
    values: dict[str, Any] = {"issued_on": clock.today(), "verification_code": "样张"}
    if template.number:
        values["number"] = f"{template.number}〔{clock.today().year}〕第00000号"
    plain = _sampled(template)
    return drawing.draw(plain, values, images=_no_image).content


def _sampled(template: Template) -> Template:
    return dataclasses.replace(
        template,
        head=_said(template.head),
        heading=_said(template.heading),
        to=_said(template.to),
        signature=_said(template.signature),
        note=_said(template.note),
        copies=_said(template.copies),
        qr=_said(template.qr),
        date="",
        body=tuple(_block(block) for block in template.body),
        rows=_ROWS if template.rows else "",
        sides=tuple(tuple(_element(one) for one in side) for side in template.sides),
    )


def _said(text: str) -> str:
    return PLACE.sub(lambda found: f"〔{' '.join(found[1].split())[:24]}〕", text)


def _block(block: Block) -> Block:
    columns = tuple(_column(one) for one in block.columns)
    rows = _ROWS if block.rows else ""
    return dataclasses.replace(
        block, text=_said(block.text), rows=rows, columns=columns, shown_if=""
    )


def _column(one: Column) -> Column:
    return dataclasses.replace(one, value=_said(one.value), image="", small=_said(one.small))


def _element(one: Element) -> Element:
    if one.kind == "image":
        return dataclasses.replace(one, kind="box", value="", colour="#dddddd")
    return dataclasses.replace(one, value=PLACE.sub("〇〇", one.value))


def _no_image(_digest: str) -> bytes:
    raise AssertionError("a sample has no images")
