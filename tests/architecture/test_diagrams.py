"""Diagrams that an analyst can read: no crossing lines, no overlapping nodes, all lines square."""

from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

ROOT: Final = Path(__file__).parents[2] / "bpmn"
MODELS: Final = sorted(
    path for domain in ("common", "explosives", "yacht") for path in ROOT.glob(f"{domain}/*/*.bpmn")
)
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


def nodes(root: etree._Element) -> dict[str, list[float]]:
    """Places of what is drawn and holds nothing else; boundary events sit on others."""
    elements = {
        str(one.get("id")): etree.QName(one).localname for one in root.iter() if one.get("id")
    }
    found = {}
    for shape in root.iter(f"{_DI}BPMNShape"):
        key = str(shape.get("bpmnElement"))
        if elements.get(key) in _OPEN | {"boundaryEvent", "textAnnotation"}:
            continue
        bounds = next(one for one in shape if one.tag.endswith("Bounds"))
        found[key] = _numbers(bounds, "x", "y", "width", "height")
    return found


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
