"""What people of the country hand in: a portrait, a signature, a scan; drawn, of nobody.

Invariant: the same few files stand for all, so that thousands of cases keep a handful of bytes.
"""

import io
import math
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy.orm import Session

from processes.documents import files


def hand_in(session: Session) -> dict[str, Mapping[str, Any]]:
    """Store them, once; what a form's file field holds, by kind of field."""
    drawn = {
        "image": ("照片.png", _portrait()),
        "signature": ("签名.png", _signature()),
        "scan": ("扫描件.pdf", _scan()),
    }
    found: dict[str, Mapping[str, Any]] = {}
    for kind, (name, content) in drawn.items():
        kept = files.store(session, content, by=None)
        facts = {"file": kept.sha256, "name": name, "size": kept.size, "type": kept.content_type}
        found[kind] = facts
    return found


def _portrait() -> bytes:
    """A head and shoulders, 35:45, on white."""
    picture = Image.new("RGB", (350, 450), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((40, 290, 310, 700), fill=(52, 73, 104))
    pen.rectangle((150, 250, 200, 320), fill=(226, 190, 160))
    pen.ellipse((105, 90, 245, 290), fill=(236, 203, 175))
    pen.pieslice((98, 70, 252, 240), 180, 360, fill=(44, 40, 40))
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
