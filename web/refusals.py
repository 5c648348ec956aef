"""What the packages below the pages say, in the language of the reader.

Invariant: those packages write Chinese alone; their texts are found again here, whole or by the
pattern they were filled from (`%(v0)s` stands for what was filled in), and else shown as they are.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from web.i18n import CATALOGUE, language

REFUSALS: Final = CATALOGUE.with_name("refusals.po")
_PLACE: Final = re.compile(r"%\((v\d+)\)s")


def said(message: str) -> str:
    """A message of the layers below in the language of this request."""
    if language() == "zh":
        return message
    whole, patterns = _catalogue(REFUSALS)
    if message in whole:
        return whole[message]
    for pattern, english in patterns:
        if found := pattern.fullmatch(message):
            return english % found.groupdict()
    return message


@cache
def _catalogue(file: Path) -> tuple[Mapping[str, str], list[tuple[re.Pattern[str], str]]]:
    with file.open("rb") as source:
        entries = {str(one.id): str(one.string) for one in read_po(source, locale="en") if one.id}
    # the longest first: a short pattern must not swallow what a longer one says better
    filled = sorted((zh for zh in entries if _PLACE.search(zh)), key=len, reverse=True)
    return entries, [(_pattern(zh), entries[zh]) for zh in filled]


def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)
    written = [
        f"(?P<{part}>.+?)" if odd else re.escape(part)
        for part, odd in zip(parts, [False, True] * len(parts), strict=False)
    ]
    return re.compile("".join(written), re.DOTALL)
