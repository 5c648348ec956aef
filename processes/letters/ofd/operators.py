"""The operators of a drawn page, one by one.

Source: ISO 32000-1, 7.2 (tokens), 7.3.4.2 (literal strings).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

Operand = float | str | bytes
"""A number, a name without its slash, or the bytes of a string."""

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+))(?=[\s/(\[\]]|$)
    |/(?P<name>[^\s/()\[\]]+)
    |\((?P<text>(?:\\.|[^\\()])*)\)
    |(?P<bracket>[\[\]])
    |(?P<operator>[A-Za-z*'"]+\d?))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
_MARKS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def read(lines: Sequence[str]) -> Iterator[tuple[str, list[Operand]]]:
    """Each operator with what stands before it.

    Raises:
        ValueError: something is no operator of a page.
    """
    text = "\n".join(lines)
    operands: list[Operand] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"no operator: {text[at : at + 40]!r}")
        at = found.end()
        if found["operator"] is not None:
            yield found["operator"], operands
            operands = []
        elif found["bracket"] is None:
            operands.append(_operand(found))


def _operand(found: re.Match[str]) -> Operand:
    if found["number"] is not None:
        return float(found["number"])
    if found["name"] is not None:
        return found["name"]
    return _ESCAPE.sub(_unescaped, found["text"]).encode("latin-1")


def _unescaped(found: re.Match[str]) -> str:
    mark = found[1]
    return chr(int(mark, 8)) if mark.isdigit() else _MARKS.get(mark, mark)
