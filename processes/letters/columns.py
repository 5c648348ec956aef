"""How wide the columns of a table are: short words, numbers and dates stay on one line.

Invariant: the widths add up to the room there is; what a column needs is taken from those that can
give, in proportion to what they have to spare.
"""

import re
from collections.abc import Sequence
from typing import Final

_DATE: Final = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
_SHORT: Final = 4
"""A word of so many characters is not broken."""


def whole(text: str) -> bool:
    """Whether a text is too short, or too much one thing, to stand on two lines."""
    return len(text) <= _SHORT or _DATE.fullmatch(text) is not None


def fitted(wanted: Sequence[float], needed: Sequence[float]) -> list[float]:
    """The wanted widths, changed as little as gives each column what it needs, if all can have it.

    Both in points, one for each column.
    """
    lacking = sum(max(need - want, 0) for want, need in zip(wanted, needed, strict=True))
    spare = sum(max(want - need, 0) for want, need in zip(wanted, needed, strict=True))
    if not 0 < lacking <= spare:
        return list(wanted)
    share = lacking / spare
    return [
        need if want < need else want - (want - need) * share
        for want, need in zip(wanted, needed, strict=True)
    ]
