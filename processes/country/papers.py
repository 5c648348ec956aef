"""What people of the country hand in: a portrait, a signature, a scan; drawn, of nobody.

Invariant: the same few files stand for all, so that thousands of cases keep a handful of bytes.
"""

import io
import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy.orm import Session

from processes.documents import files

_JACKETS: Final = ((52, 73, 104), (70, 70, 76), (38, 84, 92), (92, 60, 66))


def hand_in(session: Session) -> dict[str, Mapping[str, Any]]:
    """Store them, once; what a form's file field holds, by kind of field."""
    drawn = {
        "image": ("照片.png", _portrait("male", 0)),
        "signature": ("签名.png", _signature()),
        "scan": ("扫描件.pdf", _scan()),
    }
    return {kind: _kept(session, name, content) for kind, (name, content) in drawn.items()}


def portraits(session: Session) -> dict[str, list[Mapping[str, Any]]]:
    """Portraits for the people of the ledgers, by sex: stored once, the same few for all."""
    return {
        sex: [_kept(session, "照片.png", _portrait(sex, number)) for number in range(len(_JACKETS))]
        for sex in ("male", "female")
    }


def _kept(session: Session, name: str, content: bytes) -> Mapping[str, Any]:
    """What a field for a file holds of a file that is stored."""
    kept = files.store(session, content, by=None)
    return {"file": kept.sha256, "name": name, "size": kept.size, "type": kept.content_type}


@cache  # asked for with every batch of people
def _portrait(sex: str, number: int) -> bytes:
    """A head and shoulders, 35:45, on white; nobody's face."""
    picture = Image.new("RGB", (350, 450), "white")
    pen = ImageDraw.Draw(picture)
    hair = (44, 40, 40)
    if sex == "female":
        pen.rounded_rectangle((84, 90, 266, 330), 80, fill=hair)
    pen.ellipse((40, 290, 310, 700), fill=_JACKETS[number])
    pen.polygon(((140, 296), (175, 372), (210, 296)), fill="white")
    pen.rectangle((150, 250, 200, 320), fill=(226, 190, 160))
    pen.ellipse((105, 90, 245, 290), fill=(236, 203, 175))
    pen.pieslice((98, 70, 252, 240), 180, 360, fill=hair)
    return _png(picture)


def _signature() -> bytes:
    """A stroke of the pen."""
    picture = Image.new("RGB", (300, 100), "white")
    points = [(20 + x, 50 + 28 * math.sin(x / 17) * math.cos(x / 41)) for x in range(0, 260, 4)]
    ImageDraw.Draw(picture).line(points, fill=(20, 30, 60), width=3)
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def _scan() -> bytes:
    """One page of a paper nobody wrote."""
    written = io.BytesIO()
    page = Canvas(written, pagesize=(595, 842), invariant=1)
    page.setFont("Helvetica", 14)
    page.drawString(220, 760, "DEMO DOCUMENT")
    for line in range(24):
        page.setLineWidth(0.4)
        page.line(70, 700 - line * 24, 525 - line * 37 % 160, 700 - line * 24)
    page.save()
    return written.getvalue()
