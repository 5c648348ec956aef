"""Pictures that people handed in, made fit for paper.

Invariant: decoded and made anew, so that what was hidden in the file does not reach the paper; what
is transparent becomes white.
"""

import io
from typing import Final

from PIL import Image, UnidentifiedImageError
from reportlab.platypus import Image as Placed

from processes.letters.errors import LetterInvalid

_PIXELS: Final = 4_000


def decoded(content: bytes) -> Image.Image:
    """The picture of a PNG or JPEG file, in RGB.

    Raises:
        LetterInvalid: it cannot be opened, or is more than 4000 pixels wide or high.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
            if max(opened.size) > _PIXELS:
                raise LetterInvalid("照片尺寸过大")
            drawn = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise LetterInvalid("照片无法使用") from error
    paper = Image.new("RGB", drawn.size, "white")
    paper.paste(drawn, mask=drawn.getchannel("A"))
    return paper


def placed(content: bytes, *, width: float, height: float) -> Placed:
    """The picture as a part of a page, as large as fits into a box (points).

    Raises:
        LetterInvalid: it cannot be used.
    """
    picture, out = decoded(content), io.BytesIO()
    picture.save(out, "PNG")
    out.seek(0)
    scale = min(width / picture.width, height / picture.height)
    found = Placed(out, picture.width * scale, picture.height * scale)
    found.hAlign = "LEFT"
    return found
