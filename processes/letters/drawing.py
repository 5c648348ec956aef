"""A filled template as PDF, by the kind of its paper; as OFD beside it where it names that format.

Invariant: the PDF library is loaded with the first drawing: it takes a tenth of a server's start.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from processes.letters.drawn import Drawing, Images
from processes.letters.template import OFD, Template


def draw(template: Template, values: Mapping[str, Any], *, images: Images) -> Drawing:
    """The PDF, its pages, where its seal belongs, and the OFD.

    Raises:
        LetterInvalid: a value is missing or cannot be drawn.
    """
    from processes.letters import card, ofd, paper  # noqa: PLC0415 - see the invariant

    draw_paper = card.draw if template.kind == "card" else paper.draw
    drawn = draw_paper(template, values, images=images)
    if OFD not in template.formats:
        return drawn
    custom = {"文号": values.get("number"), "核验码": values.get("verification_code")}
    facts = ofd.Facts(
        title=template.title,
        author=str(values.get("org_name") or ""),
        created=values.get("issued_on"),
        custom={name: str(value) for name, value in custom.items() if value},
    )
    return replace(drawn, ofd=ofd.write(drawn.sheets, facts))
