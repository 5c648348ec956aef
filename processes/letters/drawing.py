"""A filled template as PDF, by the kind of its paper.

Invariant: the PDF library is loaded with the first drawing: it takes a tenth of a server's start.
"""

from collections.abc import Mapping
from typing import Any

from processes.letters.drawn import Drawing, Images
from processes.letters.template import Template


def draw(template: Template, values: Mapping[str, Any], *, images: Images) -> Drawing:
    """The PDF, its pages, and where its seal belongs.

    Raises:
        LetterInvalid: a value is missing or cannot be drawn.
    """
    from processes.letters import card, paper  # noqa: PLC0415 - see the invariant

    if template.kind == "card":
        return card.draw(template, values, images=images)
    return paper.draw(template, values, images=images)
