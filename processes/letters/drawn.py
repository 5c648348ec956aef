"""A letter as it was drawn: the PDF and where its seal belongs."""

from collections.abc import Callable
from dataclasses import dataclass

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
    """A template drawn; `seal` only where the template leaves room for an electronic seal."""

    content: bytes
    pages: int
    seal: SealPlace | None = None
