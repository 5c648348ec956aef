"""A filled template as PDF, by the kind of its paper.

Invariant: the PDF library is loaded with the first drawing: it takes a tenth of a server's start.
"""

from collections.abc import Callable, Mapping
from typing import Any

from processes.letters.template import Template

Images = Callable[[str], bytes]
"""Gives the bytes of a stored file by its hash."""


def draw(template: Template, values: Mapping[str, Any], *, images: Images) -> tuple[bytes, int]:
    """The PDF and its pages.

    Raises:
        LetterInvalid: a value is missing or cannot be drawn.
    """
    from processes.letters import card, paper  # noqa: PLC0415 - see the invariant

    if template.kind == "card":
        return card.draw(template, values, images=images)
    return paper.draw(template, values, images=images)
