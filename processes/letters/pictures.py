"""Pictures that people handed in, made fit for paper.

Invariant: decoded and made anew, so that what was hidden in the file does not reach the paper; what
is transparent becomes white. Decoding is the work of a child process with bounds.
"""

import base64
import io
from dataclasses import dataclass

from reportlab.platypus import Image as Placed

from engine import confined
from engine.confined import Exhausted
from processes.letters.errors import LetterInvalid


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture made anew: PNG in RGB, its size in pixels."""

    png: bytes
    width: int
    height: int


def decoded(content: bytes) -> Picture:
    """The picture of a PNG or JPEG file.

    Raises:
        LetterInvalid: it cannot be opened, is more than 4000 pixels wide or high, or takes more
            time or memory than a picture does.
    """
    try:
        told = confined.run("processes.letters.decoding:drawn", content)
    except Exhausted as error:
        raise LetterInvalid(error.message) from error
    if "refused" in told:
        raise LetterInvalid(told["refused"])
    return Picture(base64.b64decode(told["png"]), told["width"], told["height"])


def placed(content: bytes, *, width: float, height: float) -> Placed:
    """The picture as a part of a page, as large as fits into a box (points).

    Raises:
        LetterInvalid: it cannot be used.
    """
    picture = decoded(content)
    scale = min(width / picture.width, height / picture.height)
    found = Placed(io.BytesIO(picture.png), picture.width * scale, picture.height * scale)
    found.hAlign = "LEFT"
    return found
