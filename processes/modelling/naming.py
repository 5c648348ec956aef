"""What a new process is called in files and addresses: `business_words`, proposed from its name.

Invariant: what is proposed is a key nobody has yet, of at most `LONGEST` characters.
"""

import os
import re
from collections.abc import Collection, Iterator
from itertools import count
from typing import Final

LONGEST: Final = 64
BUSINESS: Final = re.compile(r"[a-z][a-z0-9]{1,15}")
"""The code of a business: the beginning of the keys of its processes."""
KEY: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
_ROOM: Final = 4  # for `_` and a number, if the key is taken


def proposed(business: str, name: str, *, taken: Collection[str]) -> str:
    """A free key for a process: the business, then the name in pinyin; empty without either."""
    key, words = business, list(_syllables(name))
    for word in words:
        if len(key) + 1 + len(word) > LONGEST - _ROOM:
            break
        key += f"_{word}"
    if not business or not words or key == business:
        return ""
    more = (f"{key}_{n}" for n in count(2))
    return key if key not in taken else next(one for one in more if one not in taken)


def _syllables(name: str) -> Iterator[str]:
    """The words of a name in small letters and digits; punctuation falls away."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # 30 MB that names of processes spare
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - a tenth of a second of each start

    for part in lazy_pinyin(name):
        yield from re.findall(r"[a-z0-9]+", part.lower())
