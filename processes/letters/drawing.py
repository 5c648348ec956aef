"""A filled template as PDF, by the kind of its paper.

Invariant: the PDF library is loaded with the first drawing: it takes a tenth of a server's start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from processes.letters.template import Template

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


def draw(template: Template, values: Mapping[str, Any], *, images: Images) -> Drawing:
    """The PDF, its pages, and where its seal belongs.

    Raises:
        LetterInvalid: a value is missing or cannot be drawn.
    """
    from processes.letters import card, paper  # noqa: PLC0415 - see the invariant

    if template.kind == "card":
        return card.draw(template, values, images=images)
    return paper.draw(template, values, images=images)
