"""Regions of a decision table's inputs that none of some rules takes.

Invariant: every state (column, rules that may still apply) is looked at once, and the work is paid
from a purse that the whole table shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.dmn.atoms import Axis, TooLarge

Region = tuple[int, ...]
"""For each column the pieces of it, as bits; where it ends early: every piece of the rest."""

MOST_FOUND: Final = 6


@dataclass(slots=True)
class Purse:
    """What the check of one table may cost, in pieces looked at."""

    left: int = 400_000

    def spend(self, amount: int) -> None:
        """Pay for work about to be done."""
        self.left -= amount
        if self.left < 0:
            raise TooLarge


def taking(axes: Sequence[Axis], *, surely: bool) -> list[list[int]]:
    """For each column and piece the rules (bits) that take it, surely or possibly."""
    columns = []
    for line in axes:
        bits = line.surely if surely else line.possibly
        columns.append(
            [
                sum(1 << rule for rule, taken in enumerate(bits) if taken >> piece & 1)
                for piece in range(len(line.atoms))
            ]
        )
    return columns


@dataclass(slots=True)
class Sweep:
    """One search; `within` are the pieces of each column that are looked at."""

    columns: Sequence[Sequence[int]]
    within: Region
    purse: Purse
    _seen: dict[tuple[int, int], tuple[Region, ...]] = field(default_factory=dict)

    def free(self, rules: int, column: int = 0) -> tuple[Region, ...]:
        """Regions where none of the rules (bits) applies, the first ones found."""
        if not rules:
            return ((),)
        if column == len(self.columns):
            return ()
        key = (column, rules)
        if key not in self._seen:
            self.purse.spend(len(self.columns[column]))
            self._seen[key] = self._split(rules, column)
        return self._seen[key]

    def _split(self, rules: int, column: int) -> tuple[Region, ...]:
        groups: dict[int, int] = {}
        for piece, takers in enumerate(self.columns[column]):
            if self.within[column] >> piece & 1:
                groups[rules & takers] = groups.get(rules & takers, 0) | 1 << piece
        found: list[Region] = []
        for left, pieces in groups.items():
            found += [(pieces, *rest) for rest in self.free(left, column + 1)]
        return tuple(found[:MOST_FOUND])
