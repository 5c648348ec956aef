"""The canvas that letters are drawn on: it makes the PDF and remembers what it drew.

Invariant: one drawing, however many formats come of it; what is remembered is the page's own
content stream, so that nothing a flowable does is missing from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas as PdfCanvas

from processes.letters import fonts


@dataclass(frozen=True, slots=True)
class Face:
    """A font as a page names it: whose it is, and the code points of each of its subsets."""

    font: str
    subsets: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it was drawn: its size in points, its operators, and what these refer to.

    `alphas`: by graphics state, how much of what is filled covers (1 all of it).
    """

    width: float
    height: float
    operators: Sequence[str]
    faces: Mapping[str, Face]
    alphas: Mapping[str, float]
    pictures: Mapping[str, ImageReader]


class Canvas(PdfCanvas):  # type: ignore[misc]
    """A PDF canvas that keeps its pages as `sheets`."""

    def __init__(self, *told: Any, **named: Any) -> None:
        self.sheets: list[Sheet] = []
        self._pictures: dict[str, ImageReader] = {}
        super().__init__(*told, **named)

    def showPage(self) -> None:  # noqa: N802 - overridden
        """Keep the page's operators before they are written."""
        width, height = self._pagesize
        states = self._extgstate._c.items()
        alphas = {name: float(value) for (kind, value), name in states if kind == "ca"}
        operators = tuple(self._code)
        self.sheets.append(
            Sheet(width, height, operators, self._faces(), alphas, dict(self._pictures))
        )
        super().showPage()

    def drawImage(self, image: Any, *told: Any, **named: Any) -> Any:  # noqa: N802 - overridden
        """Keep the picture under the name that the operator has for it."""
        reader = image if isinstance(image, ImageReader) else ImageReader(image)
        size = super().drawImage(reader, *told, **named)
        shown = next(one for one in reversed(self._code) if one.endswith(" Do"))
        self._pictures[shown.split()[0].removeprefix("/")] = reader
        return size

    def _faces(self) -> dict[str, Face]:
        found = {}
        for name in (fonts.REGULAR, fonts.BOLD, fonts.RARE):
            state = pdfmetrics.getFont(name).state.get(self._doc)
            if state is not None and state.internalName is not None:
                found[state.internalName] = Face(name, state.subsets)
        return found
