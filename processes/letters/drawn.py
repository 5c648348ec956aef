"""A letter as it was drawn: the PDF, the OFD if it is asked for, and where its seal belongs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes.letters.canvas import Sheet

Images = Callable[[str], bytes]
"""Gives the bytes of a stored file by its hash."""


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where an electronic seal belongs: page from 1, points from the lower left corner."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A template drawn; `seal` only where the template leaves room for an electronic seal.

    `ofd` is the same drawing in that format, where the template's `formats` name it.
    """

    content: bytes
    pages: int
    seal: SealPlace | None = None
    sheets: "Sequence[Sheet]" = ()
    ofd: bytes | None = None
