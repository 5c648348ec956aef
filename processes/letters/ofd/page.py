"""The XML of an OFD page.

Source: GB/T 33190-2016, 7.7 (page), 8.5 (objects), 9.1 (path data), 10 (image), 11 (text).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from lxml import etree

from adapters._shared.ofd_xml import child, element, written
from processes.letters.ofd.geometry import MM, Box, numbers
from processes.letters.ofd.graphics import Colour, Object, Path, Picture, Text

_PLANE: Final = 0xFFFF


class Numbers:
    """Identifiers of a document: every object and resource has its own."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> str:
        """One not used before."""
        self.last += 1
        return str(self.last)


def area(width: float, height: float) -> str:
    """The box of a page of so many points."""
    return numbers((0, 0, width * MM, height * MM))


def content(
    size: str, objects: Sequence[Object], resources: Mapping[str, str], ids: Numbers
) -> bytes:
    """The file of a page; `resources` has the id of each font and picture."""
    root = element("Page")
    child(child(root, "Area"), "PhysicalBox", size)
    layer = child(child(root, "Content"), "Layer", ID=ids.next(), Type="Body")
    for one in objects:
        layer.append(_drawn(one, resources, ids))
    return written(root)


def _drawn(one: Object, resources: Mapping[str, str], ids: Numbers) -> etree._Element:
    if isinstance(one, Path):
        return _path(one, ids)
    if isinstance(one, Picture):
        return _picture(one, resources, ids)
    return _text(one, resources, ids)


def _path(one: Path, ids: Numbers) -> etree._Element:
    made = element(
        "PathObject",
        ID=ids.next(),
        Boundary=_box(one.box),
        Stroke="true" if one.stroke else "false",
        Fill="true" if one.fill else "false",
    )
    if one.stroke:
        made.set("LineWidth", numbers((one.width,)))
    if one.dash:
        made.set("DashPattern", numbers(one.dash))
    if one.even_odd:
        made.set("Rule", "Even-Odd")
    if one.stroke:
        _colour(made, "StrokeColor", one.stroke)
    if one.fill:
        _colour(made, "FillColor", one.fill)
        _alpha(made, one.alpha)
    child(made, "AbbreviatedData", " ".join(_steps(one)))
    return made


def _steps(one: Path) -> Iterator[str]:
    for kind, points in one.steps:
        yield kind
        for x, y in points:
            yield numbers((x - one.box.x, y - one.box.y))


def _picture(one: Picture, resources: Mapping[str, str], ids: Numbers) -> etree._Element:
    return element(
        "ImageObject",
        ID=ids.next(),
        Boundary=_box(one.box),
        CTM=numbers((one.box.width, 0, 0, one.box.height, 0, 0)),
        ResourceID=resources[one.name],
    )


def _text(one: Text, resources: Mapping[str, str], ids: Numbers) -> etree._Element:
    made = element(
        "TextObject",
        ID=ids.next(),
        Boundary=_box(one.box),
        Font=resources[one.font],
        Size=numbers((one.size,)),
    )
    if one.matrix is not None:
        matrix = one.matrix
        told = (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)
        made.set("CTM", numbers(told))
    _colour(made, "FillColor", one.fill)
    _alpha(made, one.alpha)
    at = 0.0
    for text, advances, moved in _codes(one):
        code = child(made, "TextCode", text, X=numbers((at,)), Y=numbers((one.base,)))
        if advances:
            code.set("DeltaX", _deltas(advances))
        at += moved
    return made


def _codes(one: Text) -> Iterator[tuple[str, Sequence[float], float]]:
    """Pieces of a text with their steps: readers count a character above U+FFFF as two.

    Such a character therefore stands in a piece of its own, which has no steps.
    """
    pairs = [*zip(one.text, [*one.advances, 0.0], strict=True)]
    for _key, run in groupby(enumerate(pairs), key=lambda it: ord(it[1][0]) > _PLANE and it[0] + 1):
        found = [pair for _at, pair in run]
        steps = [step for _mark, step in found]
        yield "".join(mark for mark, _step in found), steps[:-1], sum(steps)


def _deltas(advances: Sequence[float]) -> str:
    """Steps, with `g n step` for n equal ones."""
    found = []
    for step, run in groupby(numbers((one,)) for one in advances):
        count = len([*run])
        found.append(f"g {count} {step}" if count > 2 else " ".join([step] * count))
    return " ".join(found)


def _colour(parent: etree._Element, name: str, colour: Colour) -> None:
    child(parent, name, Value=" ".join(str(round(one * 255)) for one in colour))


def _alpha(made: etree._Element, alpha: float) -> None:
    if alpha < 1:
        made.set("Alpha", str(round(alpha * 255)))


def _box(box: Box) -> str:
    return numbers((box.x, box.y, box.width, box.height))
