"""From the plane of PDF (points, from the lower left) to that of OFD (millimetres, upper left).

Source: ISO 32000-1, 8.3; GB/T 33190-2016, 8.1 (coordinates), 8.5 (CTM of an object).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MM: Final = 25.4 / 72
"""Millimetres in a point."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """`x' = a·x + c·y + e`, `y' = b·x + d·y + f`."""

    a: float = 1
    b: float = 0
    c: float = 0
    d: float = 1
    e: float = 0
    f: float = 0

    def within(self, outer: "Matrix") -> "Matrix":
        """This one first, then the outer one."""
        return Matrix(
            self.a * outer.a + self.b * outer.c,
            self.a * outer.b + self.b * outer.d,
            self.c * outer.a + self.d * outer.c,
            self.c * outer.b + self.d * outer.d,
            self.e * outer.a + self.f * outer.c + outer.e,
            self.e * outer.b + self.f * outer.d + outer.f,
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point comes to lie."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    @property
    def scale(self) -> float:
        """How much larger it makes what it moves."""
        return math.sqrt(abs(self.a * self.d - self.b * self.c))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle from its upper left corner, in millimetres."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def around(cls, points: Iterable[tuple[float, float]], margin: float = 0) -> "Box":
        """The smallest that holds the points, and so much more on each side."""
        xs, ys = zip(*points, strict=True)
        left, top = min(xs) - margin, min(ys) - margin
        return cls(left, top, max(xs) + margin - left, max(ys) + margin - top)


def numbers(values: Sequence[float]) -> str:
    """Numbers as attributes have them, to a thousandth."""
    return " ".join(f"{round(value, 3) + 0:.3f}".rstrip("0").rstrip(".") for value in values)
