"""Diagrams that an analyst can read: no crossing lines, no overlapping nodes, all lines square.

Every line goes from its source to its target and through nothing else.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

ROOT: Final = Path(__file__).parents[2] / "bpmn"
MODELS: Final = sorted(ROOT.glob("*/*/*.bpmn"))
_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_OPEN: Final = {"participant", "lane", "subProcess", "transaction", "adHocSubProcess", "group"}

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One straight piece of a sequence flow."""

    flow: str
    source: str
    target: str
    start: Point
    end: Point

    @property
    def square(self) -> bool:
        """Along an axis of the page."""
        return self.level or abs(self.start[0] - self.end[0]) < 1

    @property
    def level(self) -> bool:
        return abs(self.start[1] - self.end[1]) < 1

    def meets(self, place: list[float]) -> bool:
        """Whether it goes through a place, by more than its edge."""
        left, right = sorted((self.start[0], self.end[0]))
        top, bottom = sorted((self.start[1], self.end[1]))
        x, y, width, height = place
        level = left < x + width - 1 and right > x + 1
        return level and top < y + height - 1 and bottom > y + 1

    def crosses(self, other: "Line") -> bool:
        """Whether two lines of different flows cross; those that part or meet share a piece."""
        if self.source == other.source or self.target == other.target or self.level == other.level:
            return False
        across, down = (self, other) if self.level else (other, self)
        left, right = sorted((across.start[0], across.end[0]))
        top, bottom = sorted((down.start[1], down.end[1]))
        return left + 1 < down.start[0] < right - 1 and top + 1 < across.start[1] < bottom - 1


def _numbers(element: etree._Element, *names: str) -> list[float]:
    return [float(str(element.get(name))) for name in names]


def lines(root: etree._Element) -> list[Line]:
    """Every piece of every sequence flow that is drawn."""
    flows = {str(one.get("id")): one for one in root.iter(f"{_BPMN}sequenceFlow")}
    found = []
    for edge in root.iter(f"{_DI}BPMNEdge"):
        key = str(edge.get("bpmnElement"))
        if key not in flows:
            continue
        ends = str(flows[key].get("sourceRef")), str(flows[key].get("targetRef"))
        points = [
            (float(one.get("x", "")), float(one.get("y", "")))
            for one in edge
            if one.tag.endswith("waypoint")
        ]
        found += [Line(key, *ends, a, b) for a, b in pairwise(points)]
    return found


def shapes(root: etree._Element) -> dict[str, list[float]]:
    """Places of all that is drawn, as x, y, width and height."""
    found = {}
    for shape in root.iter(f"{_DI}BPMNShape"):
        bounds = next(one for one in shape if one.tag.endswith("Bounds"))
        found[str(shape.get("bpmnElement"))] = _numbers(bounds, "x", "y", "width", "height")
    return found


def nodes(root: etree._Element) -> dict[str, list[float]]:
    """Places of what is drawn and holds nothing else; boundary events sit on others."""
    elements = {
        str(one.get("id")): etree.QName(one).localname for one in root.iter() if one.get("id")
    }
    aside = _OPEN | {"boundaryEvent", "textAnnotation"}
    return {key: at for key, at in shapes(root).items() if elements.get(key) not in aside}


def touches(point: Point, place: list[float]) -> bool:
    x, y, width, height = place
    return x - 1 <= point[0] <= x + width + 1 and y - 1 <= point[1] <= y + height + 1


def overlap(a: list[float], b: list[float]) -> bool:
    apart = a[0] >= b[0] + b[2] or b[0] >= a[0] + a[2] or a[1] >= b[1] + b[3] or b[1] >= a[1] + a[3]
    return not apart


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_no_lines_cross_and_no_nodes_overlap(path: Path) -> None:
    root = etree.parse(path).getroot()
    drawn = lines(root)
    assert [one.flow for one in drawn if not one.square] == []
    assert [(a.flow, b.flow) for a, b in combinations(drawn, 2) if a.crosses(b)] == []
    places = nodes(root)
    assert [(a, b) for a, b in combinations(places, 2) if overlap(places[a], places[b])] == []


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_line_goes_from_its_source_to_its_target_and_through_nothing_else(path: Path) -> None:
    root = etree.parse(path).getroot()
    drawn, places, every = lines(root), nodes(root), shapes(root)
    others = [
        (one.flow, key)
        for one in drawn
        for key, place in places.items()
        if key not in (one.source, one.target) and one.meets(place)
    ]
    assert others == []
    first, last = {one.flow: one for one in reversed(drawn)}, {one.flow: one for one in drawn}
    assert [key for key, one in first.items() if not touches(one.start, every[one.source])] == []
    assert [key for key, one in last.items() if not touches(one.end, every[one.target])] == []


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_what_belongs_to_something_is_drawn_on_it(path: Path) -> None:
    """Boundary events on their activity, nodes within the pool."""
    root = etree.parse(path).getroot()
    every = shapes(root)
    adrift = [
        str(one.get("id"))
        for one in root.iter(f"{_BPMN}boundaryEvent")
        if not overlap(every[str(one.get("id"))], every[str(one.get("attachedToRef"))])
    ]
    assert adrift == []
    pools = [every[str(one.get("id"))] for one in root.iter(f"{_BPMN}participant")]
    outside = [key for key, at in nodes(root).items() if not any(overlap(at, p) for p in pools)]
    assert not pools or outside == []
