"""A drawn sheet as the objects of an OFD page: paths, texts, pictures.

Invariant: an operator that is not known here is an error, so that an OFD never shows less than the
PDF that was drawn with it.
Source: ISO 32000-1, 8 and 9 (operators); GB/T 33190-2016, 9 (path), 10 (image), 11 (text).
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics

from processes.letters.canvas import Sheet
from processes.letters.ofd import operators
from processes.letters.ofd.geometry import MM, Box, Matrix

Colour = tuple[float, float, float]
BLACK: Final[Colour] = (0.0, 0.0, 0.0)
_ASCENT, _DESCENT = 1.1, 0.35
"""How far a text may reach above and below its base line, in parts of its size."""
_PAINTED: Final = {
    "f": (False, True, False), "f*": (False, True, True), "S": (True, False, False),
    "s": (True, False, False), "B": (True, True, False), "B*": (True, True, True),
    "b": (True, True, False), "b*": (True, True, True),
}  # fmt: skip
"""By operator: stroked, filled, by the even-odd rule."""


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and areas: steps of a path with their points in millimetres of the page."""

    box: Box
    steps: Sequence[tuple[str, Sequence[tuple[float, float]]]]
    stroke: Colour | None
    fill: Colour | None
    width: float
    alpha: float
    even_odd: bool
    dash: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Characters on one base line; `advances` are the steps from each to the next.

    `matrix` is that of the object where it is turned or stretched; lengths in millimetres.
    """

    box: Box
    font: str
    size: float
    text: str
    advances: Sequence[float]
    fill: Colour
    alpha: float
    matrix: Matrix | None
    base: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that fills its box."""

    box: Box
    name: str


Object = Path | Text | Picture


@dataclass(slots=True)
class _State:
    matrix: Matrix
    fill: Colour = BLACK
    stroke: Colour = BLACK
    width: float = 1.0
    alpha: float = 1.0
    dash: tuple[float, ...] = ()


@dataclass(slots=True)
class _Line:
    """Characters shown since the last move, with the step behind each, in points."""

    matrix: Matrix
    font: str
    size: float
    fill: Colour
    alpha: float
    marks: list[tuple[str, float]] = field(default_factory=list)


def objects(sheet: Sheet) -> list[Object]:
    """What stands on a sheet, in the order it was drawn.

    Raises:
        ValueError: an operator is not known.
    """
    page = _Page(sheet)
    for name, operands in operators.read(sheet.operators):
        page.do(name, operands)
    page.end()
    return page.found


class _Page:
    """The machine that the operators drive."""

    def __init__(self, sheet: Sheet) -> None:
        self.found: list[Object] = []
        self._sheet = sheet
        # the page upside down, in millimetres
        self._state = _State(Matrix(MM, 0, 0, -MM, 0, sheet.height * MM))
        self._kept: list[_State] = []
        self._steps: list[tuple[str, list[tuple[float, float]]]] = []
        self._text = self._start = Matrix()
        self._font, self._size, self._spacing, self._leading = "", 0.0, 0.0, 0.0
        self._line: _Line | None = None

    def do(self, name: str, operands: list[Any]) -> None:
        """Obey one operator."""
        if name in _PAINTED:
            self._paint(name)
            return
        act = _ACTS.get(name)
        if act is None:
            raise ValueError(f"unknown operator {name!r}")
        act(self, *operands)

    def end(self) -> None:
        """Show what was not shown yet."""
        line, self._line = self._line, None
        if line is not None and "".join(mark for mark, _step in line.marks).strip():
            self.found.append(_text(line))

    def save(self) -> None:
        self._kept.append(copy(self._state))

    def restore(self) -> None:
        self._state = self._kept.pop()

    def transform(self, *told: float) -> None:
        self._state.matrix = Matrix(*told).within(self._state.matrix)

    def fill_with(self, *colour: float) -> None:
        self._state.fill = _rgb(colour)

    def stroke_with(self, *colour: float) -> None:
        self._state.stroke = _rgb(colour)

    def line_width(self, width: float) -> None:
        self._state.width = width

    def dashed(self, *told: float) -> None:
        self._state.dash = told[:-1]

    def graphics_state(self, name: str) -> None:
        self._state.alpha = self._sheet.alphas.get(name, self._state.alpha)

    def no_path(self) -> None:
        self._steps = []

    def move(self, x: float, y: float) -> None:
        self._step("M", (x, y))

    def line(self, x: float, y: float) -> None:
        self._step("L", (x, y))

    def curve(self, *told: float) -> None:
        self._step("B", *zip(told[::2], told[1::2], strict=True))

    def rectangle(self, x: float, y: float, width: float, height: float) -> None:
        at = self._state.matrix.at
        right, top = x + width, y + height
        self._steps += (
            ("M", [at(x, y)]), ("L", [at(right, y)]), ("L", [at(right, top)]), ("L", [at(x, top)]),
            ("C", []),
        )  # fmt: skip

    def close(self) -> None:
        self._step("C")

    def _step(self, kind: str, *points: tuple[float, float]) -> None:
        self._steps.append((kind, [self._state.matrix.at(*point) for point in points]))

    def _paint(self, name: str) -> None:
        stroked, filled, even_odd = _PAINTED[name]
        if name in ("s", "b", "b*"):
            self.close()
        self.end()
        state, steps = self._state, self._steps
        width = max(state.width * state.matrix.scale, 0.05) if stroked else 0.0
        self.found.append(
            Path(
                box=Box.around((point for _kind, points in steps for point in points), width),
                steps=steps,
                stroke=state.stroke if stroked else None,
                fill=state.fill if filled else None,
                width=width,
                alpha=state.alpha,
                even_odd=even_odd,
                dash=tuple(one * state.matrix.scale for one in state.dash),
            )
        )
        self._steps = []

    def picture(self, name: str) -> None:
        self.end()
        matrix = self._state.matrix
        box = Box.around((matrix.at(0, 0), matrix.at(1, 1)))
        self.found.append(Picture(box, name))

    def begin_text(self) -> None:
        self._place(Matrix())

    def text_matrix(self, *told: float) -> None:
        self._place(Matrix(*told))

    def next_line(self) -> None:
        self._place(Matrix(f=-self._leading).within(self._start))

    def text_move(self, x: float, y: float) -> None:
        self._place(Matrix(e=x, f=y).within(self._start))

    def _place(self, matrix: Matrix) -> None:
        self.end()
        self._text = self._start = matrix

    def font(self, name: str, size: float) -> None:
        self._font, self._size = name, size

    def leading(self, value: float) -> None:
        self._leading = value

    def spacing(self, value: float) -> None:
        self._spacing = value

    def show(self, shown: bytes) -> None:
        internal, _plus, number = self._font.partition("+")
        face = self._sheet.faces[internal]
        codes = face.subsets[int(number)]
        line = self._continued(face.font)
        font = pdfmetrics.getFont(face.font)
        moved = 0.0
        for byte in shown:
            mark = chr(codes[byte])
            step = font.stringWidth(mark, self._size) + self._spacing
            line.marks.append((mark, step))
            moved += step
        self._text = Matrix(e=moved).within(self._text)

    def _continued(self, font: str) -> _Line:
        """The line that is being written, or a new one where it cannot go on."""
        told = (font, self._size, self._state.fill, self._state.alpha)
        line = self._line
        if line is None or (line.font, line.size, line.fill, line.alpha) != told:
            self.end()
            line = self._line = _Line(self._text.within(self._state.matrix), *told)
        return line


def _text(line: _Line) -> Text:
    matrix = line.matrix
    ascent, descent = _ASCENT * line.size, _DESCENT * line.size
    length = sum(step for _mark, step in line.marks)
    corners = [(0, ascent), (length, ascent), (0, -descent), (length, -descent)]
    box = Box.around(matrix.at(*corner) for corner in corners)
    upright = abs(matrix.b) + abs(matrix.c) < 1e-9 and abs(matrix.a - MM) < 1e-9
    x, y = matrix.e - box.x, matrix.f - box.y
    # in the object's own plane y grows downwards, and a unit is a millimetre already
    turned = Matrix(matrix.a / MM, matrix.b / MM, -matrix.c / MM, -matrix.d / MM, x, y)
    return Text(
        box=box,
        font=line.font,
        size=line.size * MM,
        text="".join(mark for mark, _step in line.marks),
        advances=[step * MM for _mark, step in line.marks[:-1]],
        fill=line.fill,
        alpha=line.alpha,
        matrix=None if upright else turned,
        base=y if upright else 0.0,
    )


def _rgb(colour: Sequence[float]) -> Colour:
    if len(colour) == 1:
        return colour[0], colour[0], colour[0]
    red, green, blue = colour
    return red, green, blue


_ACTS: Final[dict[str, Callable[..., None]]] = {
    "q": _Page.save, "Q": _Page.restore, "cm": _Page.transform,
    "rg": _Page.fill_with, "g": _Page.fill_with, "RG": _Page.stroke_with, "G": _Page.stroke_with,
    "w": _Page.line_width, "d": _Page.dashed, "gs": _Page.graphics_state,
    "J": lambda *_told: None, "j": lambda *_told: None,
    "n": _Page.no_path, "m": _Page.move, "l": _Page.line, "c": _Page.curve,
    "re": _Page.rectangle, "h": _Page.close, "Do": _Page.picture,
    "BT": _Page.begin_text, "ET": lambda *_told: None, "Tm": _Page.text_matrix,
    "Td": _Page.text_move, "T*": _Page.next_line, "Tf": _Page.font, "TL": _Page.leading,
    "Tc": _Page.spacing, "Tj": _Page.show,
}  # fmt: skip
