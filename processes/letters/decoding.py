"""Decodes a picture that somebody handed in; runs in the child process of `engine.confined`."""

import base64
import io
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

_PIXELS: Final = 4_000
_UNUSABLE: Final = (UnidentifiedImageError, OSError, SyntaxError, ValueError)


def drawn(content: bytes) -> dict[str, Any]:
    """A PNG or JPEG file as a new PNG in RGB on white, or why it cannot be used."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
            if max(opened.size) > _PIXELS:
                return {"refused": "照片尺寸过大"}
            given = opened.convert("RGBA")
    except (*_UNUSABLE, Image.DecompressionBombError):
        return {"refused": "照片无法使用"}
    paper = Image.new("RGB", given.size, "white")
    paper.paste(given, mask=given.getchannel("A"))
    out = io.BytesIO()
    paper.save(out, "PNG")
    png = base64.b64encode(out.getvalue()).decode()
    return {"png": png, "width": paper.width, "height": paper.height}
