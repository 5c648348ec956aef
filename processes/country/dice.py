"""Chance that can be repeated: what a seed and a name say, whoever asks and however often.

Invariant: the draws of one name do not depend on those of any other.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class Dice:
    """Draws of one name."""

    def __init__(self, *name: object) -> None:
        self._random = random.Random(":".join(str(part) for part in name))  # noqa: S311

    def chance(self, probability: float) -> bool:
        """Whether something of this probability (0 to 1) happens."""
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def early(self, low: int, high: int) -> int:
        """A whole number between the two; the lower ones come more often."""
        return min(self._random.randint(low, high), self._random.randint(low, high))

    def one(self, among: Sequence[T]) -> T:
        """One of them."""
        return among[self._random.randrange(len(among))]

    def some(self, among: Sequence[T], number: int) -> list[T]:
        """So many of them, each once; all if there are fewer."""
        return self._random.sample(list(among), min(number, len(among)))

    def weighed(self, weights: Mapping[Any, float]) -> Any:
        """One of the keys, by their weights."""
        return self._random.choices(list(weights), weights=list(weights.values()))[0]

    def day(self, first: date, last: date) -> date:
        """A day between the two, both included."""
        return first + timedelta(days=self.between(0, max(0, (last - first).days)))
